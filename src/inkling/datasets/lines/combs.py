"""Combs that nobody filled in: boxes with a digit each, empty ones, and ones that were crossed out.

Comb `i` of seed `s` is a function of `(s, i)` and of the digits it is cut from, whoever draws it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.datasets.lines.box_writing import (
    CROSSINGS,
    Spot,
    cross_box_out,
    cross_through,
    write_along_guides,
    write_digit,
)
from inkling.datasets.lines.hand import EM, Cuttings, Hand, pick_hand
from inkling.datasets.lines.paper import cast_light
from inkling.datasets.lines.synthesis import bleed_through, cover_paper, expose

Rng = np.random.Generator
Light = NDArray[np.float32]

CROSSED = "x"
"""What a box that was crossed out is noted as."""

_MOST_BOXES = 8

_GUIDES = {"none": 0.55, "dots": 0.12, "segments": 0.2, "diamonds": 0.13}
"""What is printed in boxes to write along, and how common it is."""


@dataclass(frozen=True, slots=True, eq=False)
class CombPicture:
    """The boxes of one comb, cut apart, with what stands in them.

    Attributes:
        boxes: Of each, uint8 (H, W), grey, with what is left of its printed border.
        held: What each holds: a digit, `CROSSED`, or nothing.
    """

    boxes: tuple[NDArray[np.uint8], ...]
    held: tuple[str, ...]

    @property
    def text(self) -> str:
        """The number: what remains without the boxes that are not used."""
        return "".join(self.held).replace(CROSSED, "")


@dataclass(frozen=True, slots=True)
class _Grid:
    """Where the boxes of a comb are on its sheet, in pixels.

    Attributes:
        count: Of boxes.
        width, height: Of a box.
        gap: Between two.
    """

    count: int
    width: float
    height: float
    gap: float

    def box(self, place: int) -> Spot:
        """Where a box is; -1 is the one that would be before the first."""
        return Spot(EM + place * (self.width + self.gap), float(EM), self.width, self.height)

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns of the sheet, with the height of a digit around the comb."""
        width = self.count * self.width + (self.count - 1) * self.gap
        return round(self.height + 2 * EM), round(width + 2 * EM)


def draw_comb(cuttings: Cuttings, *, seed: int, index: int) -> CombPicture:
    """Draw comb `index` of the endless series that `seed` stands for."""
    rng = np.random.Generator(np.random.PCG64([seed, index]))
    held = _fill(rng)
    hand = pick_hand(rng)
    grid = _draw_grid(len(held), rng)
    guide = str(rng.choice(list(_GUIDES), p=list(_GUIDES.values())))
    ink = _write(
        held, grid, hand, cuttings, rng, guided=rng.random() < (0.5 if guide == "segments" else 0.03)
    )
    # A stroke much thinner than a pixel would not have been scanned.
    unit = float(np.exp(rng.uniform(np.log(max(8.0, 0.7 * EM / hand.pen)), np.log(50))))
    scale = unit / EM
    rows, columns = (max(round(side * scale), 8) for side in ink.shape)
    seen = cv2.resize(ink, (columns, rows), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    covered = np.divide(seen, 255, dtype=np.float32)
    dark = float(rng.triangular(0.2, 0.7, 0.98))
    wear = float(rng.random() ** 3)
    cover = cover_paper(covered, unit, dark, wear, rng)
    paper = np.full((rows, columns), float(rng.triangular(0.5, 0.9, 1.0)), np.float32)
    cover = _print_boxes(paper, cover, grid, guide, scale, rng)
    if rng.random() < 0.25:
        _leave_remains(paper, unit, rng)
    if rng.random() < 0.04:
        paper = bleed_through(paper, covered, rng)
    image = expose(cast_light(paper * (1 - cover), rng), unit, dark, wear, rng)
    return CombPicture(_cut(image, grid, scale, rng), held)


def _draw_grid(count: int, rng: Rng) -> _Grid:
    """Boxes as high as a digit or several times as high, narrow or wide."""
    height = EM * float(np.clip(np.exp(rng.normal(np.log(1.6), 0.35)), 1.0, 3.8))
    width = height * float(np.clip(np.exp(rng.normal(np.log(0.85), 0.35)), 0.42, 2.2))
    gap = EM * float(rng.uniform(0.05, 0.4)) if rng.random() < 0.25 else 0.0
    return _Grid(count, max(width, 0.75 * EM), height, gap)


def _fill(rng: Rng) -> tuple[str, ...]:
    """What stands in each box: a number at the right, mostly, and how the others are shown unused."""
    count = int(rng.choice([1, 2, 3, 4, 5, 6, _MOST_BOXES], p=[0.05, 0.1, 0.45, 0.15, 0.1, 0.1, 0.05]))
    used = 0 if rng.random() < 0.05 else int(rng.integers(1, count + 1))
    before = count - used if rng.random() < 0.75 else int(rng.integers(0, count - used + 1))
    unused = CROSSED if rng.random() < 0.55 else ""
    digits = [str(digit) for digit in rng.integers(0, 10, used)]
    filled = [unused] * before + digits + [unused] * (count - used - before)
    if count > used + 1 and rng.random() < 0.1:  # some crossed out, others forgotten
        filled = [each if each.isdigit() else str(rng.choice(["", CROSSED])) for each in filled]
    return tuple(filled)


def _write(
    held: tuple[str, ...], grid: _Grid, hand: Hand, cuttings: Cuttings, rng: Rng, *, guided: bool
) -> NDArray[np.uint8]:
    """The ink of a comb on its sheet."""
    sheet = np.zeros(grid.size, np.uint8)
    way = str(rng.choice(list(CROSSINGS), p=list(CROSSINGS.values())))
    through = rng.random() < 0.07
    for place, what in enumerate(held):
        box = grid.box(place)
        if what == CROSSED and not through:
            cross_box_out(sheet, box, way, hand, cuttings, rng)
        elif what.isdigit() and guided:
            write_along_guides(sheet, box, int(what), hand, rng)
        elif what.isdigit():
            write_digit(sheet, box, int(what), hand, cuttings, rng)
    if through and CROSSED in held:
        _cross_runs_through(sheet, held, grid, hand, rng)
    if rng.random() < 0.12:  # the row above or below
        down = grid.height * rng.uniform(0.8, 1.1) * rng.choice([-1, 1])
        for place in range(grid.count):
            box = grid.box(place)
            digit = int(rng.integers(0, 10))
            write_digit(sheet, box._replace(top=box.top + down), digit, hand, cuttings, rng)
    return sheet


def _cross_runs_through(
    sheet: NDArray[np.uint8], held: tuple[str, ...], grid: _Grid, hand: Hand, rng: Rng
) -> None:
    """One stroke through each run of boxes that are crossed out."""
    start = 0
    for crossed, run in groupby(held, key=CROSSED.__eq__):
        stop = start + len(list(run))
        if crossed:
            ends = (
                grid.box(start).at(rng.uniform(0.0, 0.35), 0.5),
                grid.box(stop - 1).at(rng.uniform(0.65, 1.0), 0.5),
            )
            cross_through(sheet, *ends, hand, rng)
        start = stop


def _print_boxes(paper: Light, cover: Light, grid: _Grid, guide: str, scale: float, rng: Rng) -> Light:
    """Borders and guides, whole, or what is left of them after they were taken away.

    Returns:
        The ink, some of which went with the print.
    """
    mask = np.zeros(paper.shape, np.float32)
    thick = max(1, round(EM * scale * rng.uniform(0.02, 0.09)))
    strength = rng.uniform(0.4, 0.95)
    pale = float(rng.uniform(0.1, 0.6)) * strength
    for place in range(grid.count):
        box = Spot(*(value * scale for value in grid.box(place)))
        low, high = ((round(x), round(y)) for x, y in (box.at(0, 0), box.at(1, 1)))
        cv2.rectangle(mask, low, high, strength, thick)
        _print_guide(mask, box, guide, pale, max(1, round(EM * scale * 0.05)))
    if rng.random() < 0.4:
        paper *= 1 - mask
        return cover
    if rng.random() < 0.35:
        wide = cv2.dilate(mask, np.ones((2, 2), np.uint8)) if rng.random() < 0.5 else mask
        cover = np.asarray(cover * (1 - np.minimum(wide * rng.uniform(0.6, 1.6), 1)), np.float32)
    # What is left of print that was taken away is in pieces, here more and there less.
    pieces = cv2.resize(rng.random((3, 3 * grid.count), dtype=np.float32), mask.shape[::-1])
    left = np.clip(pieces * 2 - rng.uniform(0.4, 1.6), 0, 1) * (rng.random(mask.shape) < 0.7)
    paper *= 1 - mask * (left * rng.uniform(0.2, 1.0)).astype(np.float32)
    return cover


def _print_guide(mask: Light, box: Spot, guide: str, strength: float, dot: int) -> None:
    """What is printed in a box to write along."""
    points = [(round(x), round(y)) for x, y in box.segment_ends()]
    if guide == "dots":
        for point in points:
            cv2.circle(mask, point, dot, strength, -1)
    elif guide == "segments":
        for a, b in ((0, 1), (2, 3), (4, 5), (0, 2), (1, 3), (2, 4), (3, 5)):
            cv2.line(mask, points[a], points[b], strength, 1)
    elif guide == "diamonds":
        tips = np.array([box.at(*tip) for tip in ((0.5, 0.1), (0.85, 0.5), (0.5, 0.9), (0.15, 0.5))])
        for part in (tips, (tips + tips.mean(axis=0)) / 2):
            cv2.polylines(mask, [part.round().astype(np.int32)], True, strength, 1, cv2.LINE_AA)


def _leave_remains(paper: Light, unit: float, rng: Rng) -> None:
    """Specks and stains, and pale pieces of print that were not quite taken away."""
    rows, columns = paper.shape
    mask = np.zeros(paper.shape, np.uint8)
    if rng.random() < 0.4:
        letters = "".join(chr(code) for code in rng.integers(65, 91, int(rng.integers(1, 12))))
        at, pale = _anywhere(mask, rng), float(rng.uniform(20, 80))
        size = unit / 22 * float(rng.uniform(0.3, 0.8))
        cv2.putText(mask, letters, at, cv2.FONT_HERSHEY_SIMPLEX, size, pale, 1, cv2.LINE_AA)
    for _ in range(int(rng.integers(0, 1 + columns / unit))):
        across = round(unit * rng.uniform(0.0, 0.07))
        cv2.circle(mask, _anywhere(mask, rng), across, float(rng.uniform(50, 200)), -1)
    paper *= 1 - mask / np.float32(255)
    if rng.random() < 0.3:
        cells = (max(2, round(rows / unit * 4)), max(2, round(columns / unit * 4)))
        stain = cv2.resize(
            rng.random(cells, dtype=np.float32), (columns, rows), interpolation=cv2.INTER_CUBIC
        )
        paper *= 1 - np.clip(stain - 0.6, 0, 1) * np.float32(rng.uniform(0.1, 0.8))


def _anywhere(picture: NDArray[np.uint8], rng: Rng) -> tuple[int, int]:
    return int(rng.integers(0, picture.shape[1])), int(rng.integers(0, picture.shape[0]))


def _cut(image: NDArray[np.uint8], grid: _Grid, scale: float, rng: Rng) -> tuple[NDArray[np.uint8], ...]:
    """Cut the boxes apart, about a tenth of their size too far to some side."""
    error = rng.normal(0, 0.03 if rng.random() < 0.85 else 0.1, 2) * grid.height * scale
    inset = rng.uniform(-0.03, 0.07) * grid.height * scale
    boxes = []
    for place in range(grid.count):
        box = grid.box(place)
        left, top = np.array(box.at(0, 0)) * scale + error
        right, bottom = np.array(box.at(1, 1)) * scale + error
        rows = slice(max(round(top + inset), 0), max(round(bottom - inset), 8))
        columns = slice(max(round(left + inset), 0), max(round(right - inset), 8))
        boxes.append(np.ascontiguousarray(image[rows, columns]))
    return tuple(boxes)
