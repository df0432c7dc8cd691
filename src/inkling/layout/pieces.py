"""Ink in pieces that hang together, and the pieces that stand together as words and numbers do."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]
Places = NDArray[np.int64]

LEAST_SIDE = 8
"""Pixels that writing must be high or wide; what is smaller is a point or dust."""

_LEAST_AREA = 6
"""Pixels of ink that a point has at least."""

_MOST_PART = 0.25
"""Part of the page's width or height that no piece of writing reaches."""

_MOST_PIECES = 20_000
"""More pieces than that are a picture or noise; the largest are looked at."""

_LEAST_OVERLAP = 0.4
"""Of two neighbours, the part of the lower one's height that stands beside the other."""

_REACH_ABOVE = 0.35
"""A part above or below, such as the dot of an i, is no further away, in heights of the higher one."""


_BELOW = 0.1
"""A comma begins no further below the foot of a digit, in heights of the digit."""

_CLOSE, _RULED, _REMAIN = 2, 0.2, 0.01
"""What is left of a rule has rules, within so many pixels of it, on this part of its box, and is no
longer than this part of the page's longer side, 3 mm on A4."""

_TOOTH = 1.5
"""A box of a comb is at most so many times as wide as high."""

_MOST_CELLS = 2000
"""Closed boxes in which combs are looked for."""


class Pieces(NamedTuple):
    """Pieces of ink that hang together.

    Attributes:
        labels: int32 (H, W), 0 where there is no ink, else 1 + the place of the piece in the others.
        boxes: int32 (N, 4), left, top, right and bottom, in pixels.
        areas: int32 (N,), pixels of ink.
        cells: int32 (N,), in which of the page's closed boxes each stands; 0 when in none.
        remains: bool (N,), whether each may be what is left of a ruled line.
    """

    labels: Ints
    boxes: Ints
    areas: Ints
    cells: Ints
    remains: NDArray[np.bool_]

    @property
    def heights(self) -> Ints:
        """int32 (N,)."""
        return np.asarray(self.boxes[:, 3] - self.boxes[:, 1])

    @property
    def widths(self) -> Ints:
        """int32 (N,)."""
        return np.asarray(self.boxes[:, 2] - self.boxes[:, 0])


def find_pieces(ink: NDArray[np.bool_], rules: NDArray[np.bool_]) -> Pieces:
    """Take ink apart into pieces; specks, and what is too large to be writing, are left out.

    Args:
        ink: bool (H, W), without ruled lines.
        rules: bool (H, W), the ruled lines and boxes of the page.
    """
    _, labels, stats, centres = cv2.connectedComponentsWithStats(ink.astype(np.uint8), connectivity=8)
    left, top, across, down, area = stats.T
    height, width = ink.shape
    fits = (across <= max(_MOST_PART * width, 400)) & (down <= max(_MOST_PART * height, 400))
    keep = np.flatnonzero(fits & (area >= _LEAST_AREA) & (np.arange(len(stats)) > 0))
    keep = np.sort(keep[np.argsort(-area[keep], kind="stable")][:_MOST_PIECES])
    renamed = np.zeros(len(stats), np.int32)
    renamed[keep] = np.arange(1, len(keep) + 1)
    boxes = np.stack([left, top, left + across, top + down], axis=1)[keep].astype(np.int32)
    cells = closed_boxes(rules)
    columns, rows = centres[keep].round().astype(np.int64).T
    in_cells = cells[rows, columns]
    return Pieces(renamed[labels], boxes, area[keep].astype(np.int32), in_cells, _remains(boxes, rules))


def _remains(boxes: Ints, rules: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Small pieces that lie close along ruled lines."""
    height, width = rules.shape
    sums = cv2.integral(rules.astype(np.uint8))
    left, top = np.maximum(boxes[:, :2] - _CLOSE, 0).T
    right, bottom = np.minimum(boxes[:, 2:] + _CLOSE, (width, height)).T
    ruled = sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left]
    longest = (boxes[:, 2:] - boxes[:, :2]).max(axis=1, initial=0)
    small = longest <= _REMAIN * max(height, width)
    return np.asarray(small & (ruled >= _RULED * (right - left) * (bottom - top)))


def closed_boxes(rules: NDArray[np.bool_]) -> Ints:
    """In which closed box of ruled lines each pixel stands; the boxes of a comb are one.

    Small openings are closed first: lines are broken by scanners and crossed by writing.

    Returns:
        int32 (H, W), 0 in none.
    """
    height, width = rules.shape
    if not rules.any():
        return np.zeros((height, width), np.int32)
    step = 4
    small = cv2.resize(
        rules.astype(np.uint8) * 255, (-(-width // step), -(-height // step)), interpolation=cv2.INTER_AREA
    )
    walls = cv2.morphologyEx((small > 20).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    # A frame of paper, so that all that is not in a box hangs together with the corner.
    room = np.pad(1 - walls, 1, constant_values=1)
    _, cells, stats, _ = cv2.connectedComponentsWithStats(room, connectivity=4)
    names = _combs(stats)
    names[cells[0, 0]] = 0
    inner = np.asarray(names[cells[1:-1, 1:-1]], np.int32)
    return np.repeat(np.repeat(inner, step, axis=0), step, axis=1)[:height, :width]


def _combs(stats: Ints) -> Ints:
    """The same number for narrow boxes side by side that nothing like them stands above or below.

    Args:
        stats: int32 (N, 5) of closed boxes, as OpenCV gives them.

    Returns:
        int32 (N,), numbers from 1.
    """
    left, top, across, down, _ = stats[:_MOST_CELLS].T
    narrow = across <= _TOOTH * down
    alike = np.abs(across[:, None] - across) <= 0.3 * across
    alike &= (np.abs(down[:, None] - down) <= 0.3 * down) & narrow & narrow[:, None]
    one_row = np.abs(top[:, None] - top) <= 0.25 * down
    one_column = np.abs(left[:, None] - left) <= 0.25 * across
    near = 1.4
    stacked = (alike & one_column & ~one_row & (np.abs(top[:, None] - top) <= near * down)).any(axis=1)
    beside = alike & one_row & (left[:, None] > left) & (left[:, None] - left <= near * across)
    first, second = np.nonzero(beside & ~stacked & ~stacked[:, None])
    return _hanging_together(len(stats), first, second) + 1


def words(pieces: Pieces, gap: float, *, within_boxes: float = 0.0) -> Ints:
    """Which pieces stand together: those of one word have the same number.

    A graph over the pieces: two are joined that stand side by side on one line with a gap of less
    than `gap` heights, or closely one above the other, as the dot of an i does, or one at the foot of
    the other, as a comma; a word is what hangs together. No word leaves the closed box that it stands
    in.

    Args:
        pieces: Of the page.
        gap: Between two pieces, in heights of the lower one, or half of the higher if that is more.
        within_boxes: The same, for pieces in one closed box.

    Returns:
        int32 (N,), numbers from 0, in no order.
    """
    first, second = _beside(pieces)
    boxes, heights = pieces.boxes, np.maximum(pieces.heights, LEAST_SIDE)
    a, b = boxes[first], boxes[second]
    higher = np.maximum(heights[first], heights[second])
    lower = np.minimum(heights[first], heights[second])
    apart = np.maximum(a[:, 0], b[:, 0]) - np.minimum(a[:, 2], b[:, 2])
    shared = np.minimum(a[:, 3], b[:, 3]) - np.maximum(a[:, 1], b[:, 1])
    small = lower < 0.5 * higher
    reach = np.where(pieces.cells[first] > 0, max(gap, within_boxes), gap)
    side_by_side = (shared >= _LEAST_OVERLAP * lower) & (apart <= reach * np.maximum(lower, 0.5 * higher))
    narrower = np.minimum(a[:, 2] - a[:, 0], b[:, 2] - b[:, 0])
    stacked = small & (-apart >= 0.5 * narrower) & (-shared <= _REACH_ABOVE * higher)
    falls = (a[:, 1] + a[:, 3] > b[:, 1] + b[:, 3]) == (heights[first] < heights[second])
    at_foot = small & falls & (apart <= _REACH_ABOVE * higher) & (shared >= -_BELOW * higher)
    joined = (pieces.cells[first] == pieces.cells[second]) & (side_by_side | stacked | at_foot)
    return _hanging_together(len(boxes), first[joined], second[joined])


def members_of(names: Ints) -> list[Places]:
    """Of each word, the places of its pieces, in the order of `words`'s numbers."""
    if len(names) == 0:
        return []
    order = np.argsort(names, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(names[order])) + 1)


def _beside(pieces: Pieces) -> tuple[Places, Places]:
    """All pairs whose rows meet, or nearly so, each once."""
    reach = (_REACH_ABOVE * np.maximum(pieces.heights, LEAST_SIDE)).astype(np.int64)
    tops, bottoms = pieces.boxes[:, 1] - reach, pieces.boxes[:, 3] + reach
    order = np.argsort(tops, kind="stable")
    ends = np.searchsorted(tops[order], bottoms[order], side="right")
    counts = ends - np.arange(len(order)) - 1
    first = np.repeat(np.arange(len(order)), counts)
    within = np.arange(counts.sum()) - np.repeat(counts.cumsum() - counts, counts)
    return order[first], order[first + 1 + within]


def _hanging_together(count: int, first: Places, second: Places) -> Ints:
    """Connected parts of a graph: every node takes the lowest number that it can reach."""
    names = np.arange(count)
    while True:
        lowest = np.minimum(names[first], names[second])
        before = names.copy()
        np.minimum.at(names, first, lowest)
        np.minimum.at(names, second, lowest)
        names = names[names]
        if np.array_equal(names, before):
            return np.unique(names, return_inverse=True)[1].astype(np.int32)
