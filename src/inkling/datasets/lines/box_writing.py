"""What people write into a box of a comb: a digit; or, where it is not needed, what crosses it out."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inkling.datasets.lines.hand import EM, TOP, Cuttings, Hand, draw_stroke, write_text
from inkling.datasets.lines.scribbles import cross_out

Rng = np.random.Generator
Sheet = NDArray[np.uint8]

CROSSINGS = {"cross": 0.3, "small cross": 0.34, "dash": 0.12, "slash": 0.04, "scribble": 0.1, "struck": 0.1}
"""Ways to cross a box out, and how common they are."""

_SEGMENTS: dict[int, tuple[tuple[int, ...], ...]] = {
    0: ((0, 1, 5, 4, 0),),
    1: ((1, 5),),
    2: ((0, 1, 3, 2, 4, 5),),
    3: ((0, 1, 5, 4), (2, 3)),
    4: ((0, 2, 3), (1, 5)),
    5: ((1, 0, 2, 3, 5, 4),),
    6: ((1, 0, 4, 5, 3, 2),),
    7: ((0, 1, 5),),
    8: ((0, 1, 5, 4, 0), (2, 3)),
    9: ((3, 2, 0, 1, 5, 4),),
}
"""Digits as they are drawn along seven printed segments, whose ends are numbered in rows from the top."""


class Spot(NamedTuple):
    """A box on its sheet, in pixels of the sheet."""

    left: float
    top: float
    width: float
    height: float

    def at(self, x: float, y: float) -> tuple[float, float]:
        """A point of it, 0 to 1 from its left and from its top."""
        return self.left + x * self.width, self.top + y * self.height

    def segment_ends(self) -> list[tuple[float, float]]:
        """The six points that seven segments join, in rows from the top."""
        return [self.at(x, y) for y in (0.15, 0.5, 0.85) for x in (0.25, 0.75)]


def write_digit(sheet: Sheet, box: Spot, digit: int, hand: Hand, cuttings: Cuttings, rng: Rng) -> None:
    """Write a digit into a box, seldom quite in its middle."""
    _lay(sheet, _tile(digit, hand, cuttings, rng, struck=False), box, rng)


def write_along_guides(sheet: Sheet, box: Spot, digit: int, hand: Hand, rng: Rng) -> None:
    """Write a digit along the seven segments that are printed in a box, or were."""
    ends = np.array(box.segment_ends()) + rng.normal(0, 0.03, (6, 2)) * box.height
    if digit == 1 and rng.random() < 0.5:  # down the middle
        ends[[1, 5], 0] = box.at(0.5, 0)[0] + rng.normal(0, 0.04, 2) * box.width
    for path in _SEGMENTS[digit]:
        draw_stroke(sheet, ends[list(path)], hand.pen, rounded=rng.random() < 0.25)


def cross_box_out(sheet: Sheet, box: Spot, way: str, hand: Hand, cuttings: Cuttings, rng: Rng) -> None:
    """Cross a box out in one of the ways of `CROSSINGS`."""
    if way == "cross":
        _cross(sheet, box, hand, rng)
    elif way == "small cross":
        height = EM * rng.uniform(0.55, 1.2)
        width = min(height * rng.uniform(0.6, 1.3), box.width)
        spare = np.clip(rng.normal(0.5, 0.15, 2), 0, 1) * (box.width - width, box.height - height)
        _cross(sheet, Spot(box.left + spare[0], box.top + spare[1], width, height), hand, rng)
    elif way == "slash":
        _diagonal(sheet, box, hand, rng, falls=rng.random() < 0.25)
    elif way == "struck":
        _lay(sheet, _tile(int(rng.integers(0, 10)), hand, cuttings, rng, struck=True), box, rng)
    elif way == "dash":
        half, level = rng.uniform(0.12, 0.55), rng.normal(0.5, 0.08)
        cross_through(sheet, box.at(0.5 - half, level), box.at(0.5 + half, level), hand, rng)
    else:
        _scribble(sheet, box, hand, rng)


def cross_through(
    sheet: Sheet, start: tuple[float, float], end: tuple[float, float], hand: Hand, rng: Rng
) -> None:
    """One stroke, nearly level, through a box or through several in a row."""
    xs = np.linspace(start[0], end[0], 4)
    ys = (
        np.linspace(start[1], end[1], 4)
        + rng.normal(0, 0.05, 4) * EM
        + np.arange(4) * rng.normal(0, 0.04) * EM
    )
    draw_stroke(sheet, np.column_stack([xs, ys]), hand.pen, rounded=True)


def _tile(digit: int, hand: Hand, cuttings: Cuttings, rng: Rng, *, struck: bool) -> Sheet:
    """A digit, maybe struck through, between half a digit above and below it."""
    ink = write_text(str(digit), hand, cuttings, rng)
    if struck:
        cross_out(ink, hand, rng)
    columns = np.flatnonzero(ink.sheet.any(axis=0))
    return ink.sheet[TOP - EM // 2 : TOP + EM + EM // 2, columns[0] : columns[-1] + 1]


def _lay(sheet: Sheet, tile: Sheet, box: Spot, rng: Rng) -> None:
    """Lay a tile into a box; where there is room, it may stand anywhere in it."""
    spare = np.array([box.width - tile.shape[1], box.height - EM])
    off = np.clip(rng.normal(0, 0.2, 2), -0.5, 0.5) * np.maximum(spare, 0)
    off += rng.normal(0, 0.05, 2) * (box.width, box.height)
    x, y = (spare / 2 + off + (box.left, box.top - EM // 2)).round().astype(int)
    rows, columns = slice(max(y, 0), max(y + len(tile), 0)), slice(max(x, 0), max(x + tile.shape[1], 0))
    spot = sheet[rows, columns]
    part = tile[max(-y, 0) :, max(-x, 0) :][: spot.shape[0], : spot.shape[1]]
    np.maximum(spot, part, out=spot)


def _cross(sheet: Sheet, box: Spot, hand: Hand, rng: Rng) -> None:
    for falls in (True, False):
        _diagonal(sheet, box, hand, rng, falls=falls)


def _diagonal(sheet: Sheet, box: Spot, hand: Hand, rng: Rng, *, falls: bool) -> None:
    """A stroke from corner to corner, somewhat within the box or beyond it."""
    inset = rng.normal(0.12, 0.1, 4)
    xs, ys = np.array([inset[0], 1 - inset[1]]), np.array([inset[2], 1 - inset[3]])
    ends = np.array([box.at(x, y) for x, y in zip(xs, ys if falls else ys[::-1], strict=True)])
    middle = ends.mean(axis=0) + rng.normal(0, 0.05, 2) * box.height
    draw_stroke(sheet, np.array([ends[0], middle, ends[1]]), hand.pen, rounded=rng.random() < 0.5)


def _scribble(sheet: Sheet, box: Spot, hand: Hand, rng: Rng) -> None:
    """Back and forth over the box, or a part of it."""
    turns = int(rng.integers(5, 16))
    low, high = rng.uniform(0.0, 0.3), rng.uniform(0.7, 1.0)
    along = np.linspace(low, high, turns) + rng.normal(0, 0.05, turns)
    across = np.where(np.arange(turns) % 2, low, high) + rng.normal(0, 0.08, turns)
    pair = (along, across) if rng.random() < 0.6 else (across, along)
    path = np.array([box.at(x, y) for x, y in zip(*pair, strict=True)])
    draw_stroke(sheet, path, hand.pen, rounded=rng.random() < 0.5)
