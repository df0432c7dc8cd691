"""The order in which people read what stands on a page."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Boxes = NDArray[np.floating]
Places = NDArray[np.int64]

_GUTTER = 1.5
"""Columns stand at least so many heights of their writing apart."""

_WORDS_IN_A_ROW = 2.0
"""Columns of text have so many words in a row, on the mean; with fewer it is a table, read by rows."""

_WORDS_APART = 1.0
"""Words of a text stand no further apart than so many heights, in the median."""

_SAME_ROW = 0.5
"""Two stand in one row when they share this part of the lower one's height."""


def reading_order(boxes: Boxes) -> list[int]:
    """Lines from top to bottom, each from left to right, one column of text after the other.

    The recursive cut of G. Nagy and S. Seth, Hierarchical representation of optically scanned
    documents (1984): a block is cut where nothing stands from its top to its bottom, if there is
    text on both sides, else at its widest gap from left to right. It differs in that columns of single
    words are taken for those of a table, and not cut apart.

    Args:
        boxes: (N, 4), left, top, right and bottom of all words of a page.

    Returns:
        The N places in this order.
    """
    if len(boxes) == 0:
        return []
    height = float(np.median(boxes[:, 3] - boxes[:, 1]))
    return [place for row in _cut(boxes, np.arange(len(boxes)), height) for place in row.tolist()]


def _cut(boxes: Boxes, places: Places, height: float) -> list[Places]:
    """Rows of a block, in order."""
    across, gutter = _widest_gap(boxes[places], 0)
    if gutter >= _GUTTER * height:
        left = places[boxes[places, 0] < across]
        right = places[boxes[places, 0] >= across]
        if _is_text(boxes, left, height) and _is_text(boxes, right, height):
            return _cut(boxes, left, height) + _cut(boxes, right, height)
    down, gap = _widest_gap(boxes[places], 1)
    if gap <= 0:
        return _rows(boxes, places)
    above = places[boxes[places, 1] < down]
    below = places[boxes[places, 1] >= down]
    return _cut(boxes, above, height) + _cut(boxes, below, height)


def _widest_gap(boxes: Boxes, axis: int) -> tuple[float, float]:
    """Where the widest gap along an axis ends, and how wide it is; (0, 0) when there is none."""
    order = np.argsort(boxes[:, axis], kind="stable")
    starts, reached = boxes[order, axis], np.maximum.accumulate(boxes[order, axis + 2])
    gaps = starts[1:] - reached[:-1]
    if len(gaps) == 0 or gaps.max() <= 0:
        return 0.0, 0.0
    widest = int(gaps.argmax())
    return float(starts[widest + 1]), float(gaps[widest])


def _is_text(boxes: Boxes, places: Places, height: float) -> bool:
    """Whether there are rows, of words enough, which stand close together."""
    rows = _rows(boxes, places)
    if len(rows) < 2 or len(places) < _WORDS_IN_A_ROW * len(rows):
        return False
    gaps = np.concatenate([boxes[row[1:], 0] - boxes[row[:-1], 2] for row in rows])
    return bool(np.median(gaps) <= _WORDS_APART * height)


def _rows(boxes: Boxes, places: Places) -> list[Places]:
    """What stands beside each other, from left to right, the rows from top to bottom."""
    rows: list[list[int]] = []
    for place in sorted(places.tolist(), key=lambda place: float(boxes[place, 1] + boxes[place, 3])):
        if rows and _beside(boxes[place], boxes[rows[-1]]):
            rows[-1].append(place)
        else:
            rows.append([place])
    return [np.array(sorted(row, key=lambda place: float(boxes[place, 0])), np.int64) for row in rows]


def _beside(box: Boxes, row: Boxes) -> bool:
    top, bottom = np.median(row[:, 1]), np.median(row[:, 3])
    shared = min(box[3], bottom) - max(box[1], top)
    return bool(shared >= _SAME_ROW * min(box[3] - box[1], bottom - top))
