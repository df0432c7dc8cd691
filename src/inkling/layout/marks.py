"""The printed marks of a blank form, its corners and crossings, looked for on a page."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.layout.projection import Floats
from inkling.preprocessing.shrinking import shrunk

LEAST_MARKS = 12
"""Fewer say nothing."""

_MOST = 400
_REACH = 12
"""Pixels around a corner of the print that make up the mark."""

_ALIKE = 0.6
"""Normalised cross-correlation above which a mark is taken for found."""

_TOGETHER = 2.0
"""Pixels by which a mark may move otherwise than those around it."""


class Marks(NamedTuple):
    """Corners and crossings of the print of a blank form.

    Attributes:
        grey: uint8 (h, w), the blank reduced.
        scale: Pixels of `grey` to one of the blank.
        points: int (N, 2), x and y in `grey`.
    """

    grey: NDArray[np.uint8]
    scale: float
    points: NDArray[np.intp]

    def to_blank(self, points: NDArray[np.generic]) -> Floats:
        """Points of `grey` in pixels of the blank, float64 (N, 2)."""
        return np.asarray((points.astype(np.float64) + 0.5) / self.scale - 0.5)


def find_marks(grey: NDArray[np.uint8], ignored: NDArray[np.bool_] | None, side: int) -> Marks:
    """Find the corners and crossings of what is printed (J. Shi and C. Tomasi, 1994).

    Args:
        grey: uint8 (H, W), the blank, paper near 255.
        ignored: bool (H, W), True where it says nothing of the form; None for nowhere.
        side: Pixels to which its longer side is reduced, if it is longer.
    """
    small, scale = shrunk(grey, side)
    mask = np.zeros(small.shape, np.uint8)
    edge = _REACH + 1
    mask[edge:-edge, edge:-edge] = 255
    if ignored is not None:
        away = cv2.resize(ignored.astype(np.uint8), small.shape[::-1], interpolation=cv2.INTER_AREA)
        mask[cv2.dilate(away, np.ones((_REACH, _REACH), np.uint8)) > 0] = 0
    soft = cv2.GaussianBlur(small, (0, 0), 1.0)
    apart = max(_REACH, max(small.shape) / 60)
    corners = cv2.goodFeaturesToTrack(soft, 4 * _MOST, 0.02, apart, mask=mask, blockSize=5)
    points = np.zeros((0, 2), np.intp) if corners is None else corners.reshape(-1, 2).round().astype(np.intp)
    return Marks(small, scale, _spread(points, small.shape))


def _spread(points: NDArray[np.intp], shape: tuple[int, ...]) -> NDArray[np.intp]:
    """The strongest marks of every part of the form, so that no part outweighs the others."""
    if len(points) <= _MOST:
        return points
    cells = points // max(1, max(shape) // 12)
    rank = np.zeros(len(points), np.intp)
    seen: dict[tuple[int, ...], int] = {}
    for index, cell in enumerate(map(tuple, cells.tolist())):
        rank[index] = seen[cell] = seen.get(cell, -1) + 1
    return points[np.argsort(rank, kind="stable")[:_MOST]]


def look(
    marks: Marks, points: NDArray[np.intp], seen: NDArray[np.uint8], expected: Floats, reach: int
) -> tuple[Floats, Floats]:
    """Look for marks on a page, by normalised cross-correlation.

    Args:
        marks: The blank's.
        points: int (N, 2), those of them to look for.
        seen: uint8 (h, w), the page in the frame of `marks.grey`.
        expected: float64 (N, 2), how far from `points` each is expected, in pixels of `marks.grey`.
        reach: So many pixels around that place are looked at.

    Returns:
        float64 (N, 2), how far each is from `points`; and float64 (N,), how much what is there looks
        like the mark, -1 to 1.
    """
    start = expected.round().astype(np.intp)
    # Beyond the edges is white paper, so that all windows have the same size.
    margin = _REACH + reach + int(np.abs(start).max(initial=0))
    field = cv2.copyMakeBorder(seen, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=255)
    shifts, likeness = np.zeros((len(points), 2)), np.zeros(len(points))
    for index, ((x, y), (right, down)) in enumerate(zip(points.tolist(), start.tolist(), strict=True)):
        mark = marks.grey[y - _REACH : y + _REACH + 1, x - _REACH : x + _REACH + 1]
        left, top, side = margin + x + right, margin + y + down, _REACH + reach
        around = field[top - side : top + side + 1, left - side : left + side + 1]
        alike = cv2.matchTemplate(around, mark, cv2.TM_CCOEFF_NORMED)
        _, likeness[index], _, (column, row) = cv2.minMaxLoc(alike)
        shifts[index] = (
            right + column - reach + _peak(alike[row, :], column),
            down + row - reach + _peak(alike[:, column], row),
        )
    return shifts, np.nan_to_num(likeness, posinf=0, neginf=0)


def _peak(values: NDArray[np.float32], place: int) -> float:
    """How far the top of the parabola through three values is from the middle one, -0.5 to 0.5."""
    if not 0 < place < len(values) - 1:
        return 0.0
    before, top, after = (float(values[place + step]) for step in (-1, 0, 1))
    curve = before - 2 * top + after
    return 0.5 * (before - after) / curve if curve < 0 else 0.0


def agreeing(points: NDArray[np.intp], shifts: Floats, likeness: Floats) -> NDArray[np.bool_]:
    """Which marks were found, bool (N,): they look alike, and moved as those around them did.

    What repeats itself on a form is easily taken for its neighbour.

    Args:
        points: int (N, 2).
        shifts: float64 (N, 2), how far each was found from where it was expected, in the same pixels.
        likeness: float64 (N,), -1 to 1.
    """
    among = np.flatnonzero(likeness > _ALIKE)
    found = np.zeros(len(points), bool)
    if len(among) < LEAST_MARKS:
        return found
    places = points[among].astype(np.float64)
    squares = (places**2).sum(axis=1)
    distance = squares[:, None] + squares - 2 * places @ places.T
    near = np.argpartition(distance, 8, axis=1)[:, :9]
    middle = np.median(shifts[among][near], axis=1)
    found[among] = np.linalg.norm(shifts[among] - middle, axis=1) < _TOGETHER
    return found
