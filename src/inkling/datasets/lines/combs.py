"""Combs that nobody filled in: boxes with a digit each, empty ones, and ones that were crossed out.

Comb `i` of seed `s` is a function of `(s, i)` and of the digits it is cut from, whoever draws it.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.datasets.lines.hand import EM, TOP, Cuttings, Hand, cross_out, pick_hand, write_text
from inkling.datasets.lines.paper import cast_light
from inkling.datasets.lines.synthesis import cover_paper, expose

Rng = np.random.Generator
Light = NDArray[np.float32]

CROSSED = "x"
"""What a box that was crossed out is noted as."""

_MOST_BOXES = 8


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

    def corner(self, place: int) -> tuple[float, float]:
        """Left and top of a box."""
        return EM + place * (self.width + self.gap), float(EM)

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns of the sheet, with the height of a digit around the comb."""
        width = self.count * self.width + (self.count - 1) * self.gap
        return round(self.height + 2 * EM), round(width + 2 * EM)


def draw_comb(cuttings: Cuttings, *, seed: int, index: int) -> CombPicture:
    """Draw comb `index` of the endless series that `seed` stands for."""
    rng = np.random.Generator(np.random.PCG64([seed, index]))
    held = _fill(rng)
    room = float(rng.triangular(1.1, 1.4, 3.2))
    gap = EM * float(rng.uniform(0.05, 0.4)) if rng.random() < 0.25 else 0.0
    grid = _Grid(len(held), EM * max(room * float(rng.uniform(0.5, 1.1)), 0.8), EM * room, gap)
    ink = _write(held, grid, pick_hand(rng), cuttings, rng)
    unit = float(np.exp(rng.uniform(np.log(11), np.log(50))))
    scale = unit / EM
    rows, columns = (max(round(side * scale), 8) for side in ink.shape)
    seen = cv2.resize(ink, (columns, rows), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    dark = float(rng.triangular(0.25, 0.7, 0.98))
    wear = float(rng.random() ** 2)
    cover = cover_paper(np.divide(seen, 255, dtype=np.float32), unit, dark, wear, rng)
    paper = np.full((rows, columns), float(rng.triangular(0.5, 0.9, 1.0)), np.float32)
    _print_boxes(paper, grid, scale, rng)
    image = expose(cast_light(paper * (1 - cover), rng), unit, dark, wear, rng)
    return CombPicture(_cut(image, grid, scale, rng), held)


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


def _write(held: tuple[str, ...], grid: _Grid, hand: Hand, cuttings: Cuttings, rng: Rng) -> NDArray[np.uint8]:
    """The ink of a comb on its sheet."""
    sheet = np.zeros(grid.size, np.uint8)
    way = rng.choice(["cross", "slash", "dash", "struck"], p=[0.6, 0.1, 0.2, 0.1])
    for place, what in enumerate(held):
        if what == CROSSED and way == "cross":
            _cross(sheet, grid, place, hand, rng)
        elif what:
            sign = {"slash": "/", "dash": "-", "struck": str(rng.integers(0, 10))}.get(str(way), "")
            ink = write_text(sign if what == CROSSED else what, hand, cuttings, rng)
            if what == CROSSED and way == "struck":
                cross_out(ink, hand, rng)
            columns = np.flatnonzero(ink.sheet.any(axis=0))
            tile = ink.sheet[TOP - EM // 2 : TOP + EM + EM // 2, columns[0] : columns[-1] + 1]
            _lay(sheet, tile, grid, place, rng)
    return sheet


def _lay(sheet: NDArray[np.uint8], tile: NDArray[np.uint8], grid: _Grid, place: int, rng: Rng) -> None:
    """Lay a character, whose tile is two digits high, into a box, seldom quite in its middle."""
    left, top = grid.corner(place)
    x = left + (grid.width - tile.shape[1]) / 2 + rng.normal(0, 0.08) * grid.width
    y = top + (grid.height - len(tile)) / 2 + rng.normal(0, 0.07) * grid.height
    across = int(np.clip(round(x), 0, max(sheet.shape[1] - tile.shape[1], 0)))
    down = int(np.clip(round(y), 0, max(len(sheet) - len(tile), 0)))
    spot = sheet[down : down + len(tile), across : across + tile.shape[1]]
    np.maximum(spot, tile[: len(spot), : spot.shape[1]], out=spot)


def _cross(sheet: NDArray[np.uint8], grid: _Grid, place: int, hand: Hand, rng: Rng) -> None:
    """Two strokes from corner to corner, somewhat within the box or beyond it."""
    left, top = grid.corner(place)
    for falls in (True, False):
        inset = rng.normal(0.15, 0.1, 4)
        xs = left + grid.width * np.array([inset[0], 1 - inset[1]])
        ys = top + grid.height * np.array([inset[2], 1 - inset[3]])
        points = np.column_stack([xs, ys if falls else ys[::-1]])
        bent = (points[0] + points[1]) / 2 + rng.normal(0, 0.04, 2) * grid.height
        path = np.round(np.array([points[0], bent, points[1]]) * 16).astype(np.int32)
        cv2.polylines(sheet, [path], False, 255, max(round(hand.pen), 1), cv2.LINE_AA, 4)


def _print_boxes(paper: Light, grid: _Grid, scale: float, rng: Rng) -> None:
    """Borders, whole or as faint as what is left after they were taken away; guides in some."""
    mask = np.zeros(paper.shape, np.float32)
    thick = max(1, round(EM * scale * rng.uniform(0.02, 0.09)))
    strength = rng.uniform(0.4, 0.95) * (rng.uniform(0.0, 0.4) if rng.random() < 0.5 else 1.0)
    guide = float(rng.uniform(0.1, 0.45))
    kind = str(rng.choice(["none", "dots", "segments"], p=[0.7, 0.15, 0.15]))
    for place in range(grid.count):
        left, top = (side * scale for side in grid.corner(place))
        right, bottom = left + grid.width * scale, top + grid.height * scale
        low, high = (round(left), round(top)), (round(right), round(bottom))
        cv2.rectangle(mask, low, high, strength, thick)
        xs = left + (right - left) * np.array([0.25, 0.75])
        ys = top + (bottom - top) * np.array([0.15, 0.5, 0.85])
        points = [(round(float(x)), round(float(y))) for y in ys for x in xs]
        if kind == "dots":
            for point in points:
                cv2.circle(mask, point, max(1, round(EM * scale * 0.05)), guide, -1)
        elif kind == "segments":
            for a, b in ((0, 1), (2, 3), (4, 5), (0, 2), (1, 3), (2, 4), (3, 5)):
                cv2.line(mask, points[a], points[b], guide, 1)
    if strength < 0.4:  # what is left of a border that was taken away is in pieces
        mask *= rng.random(mask.shape) < 0.7
    paper *= 1 - mask


def _cut(image: NDArray[np.uint8], grid: _Grid, scale: float, rng: Rng) -> tuple[NDArray[np.uint8], ...]:
    """Cut the boxes apart, about a tenth of their size too far to some side."""
    error = rng.normal(0, 0.03, 2) * grid.height * scale
    inset = rng.uniform(0.0, 0.06) * grid.height * scale
    boxes = []
    for place in range(grid.count):
        left, top = np.array(grid.corner(place)) * scale + error
        right, bottom = left + grid.width * scale, top + grid.height * scale
        rows = slice(max(round(top + inset), 0), max(round(bottom - inset), 8))
        columns = slice(max(round(left + inset), 0), max(round(right - inset), 8))
        boxes.append(np.ascontiguousarray(image[rows, columns]))
    return tuple(boxes)
