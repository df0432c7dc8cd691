"""The one normalisation of the boxes of combs that training and reading share.

A box is seen whole, but enlarged where what stands in it is small, and its grey is stretched so that
paper is 0 and the darkest of the ink 255. What is left at its sides of its printed border or of a
neighbour does not keep it from being enlarged. `transforms.normalize.to_input` does the rest.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.documents.picture import to_grey
from inkling.transforms.normalize import SIDE

_LOOK_SIDE = 70
"""Longer side of the picture in which ink is looked for; what is enlarged most shows `SIDE` of it."""

_MARGIN = 1.3
"""What is seen, to the longer side of the ink."""

_INK = 0.4
"""What is darker than the paper by this part of the darkest is ink."""

_LEAST_RANGE = 28
"""Grey levels that are stretched at most to the whole range: paper's own grain is to stay faint."""

_EDGE = 0.14
"""What stands wholly within this part of a side is left of the border, or of a neighbour."""

_DUST = 0.002
"""A piece smaller than this part of the picture is dust."""


def frame_box(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Make a picture of a box, dark ink on light paper, into what box readers see.

    Args:
        picture: uint8 of shape (H, W), or (H, W, 3) RGB; at least one pixel.

    Returns:
        uint8 of shape (28, 28), ink high, the aspect kept; beside a narrow box is paper.
    """
    ink = _stretch(to_grey(picture))
    left, top, side = _window(ink)
    down, across = (_LOOK_SIDE - length for length in ink.shape)
    square = np.pad(ink, ((down // 2, down - down // 2), (across // 2, across - across // 2)))
    seen = square[top + down // 2 :, left + across // 2 :][:side, :side]
    return np.asarray(cv2.resize(seen, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8)


def _stretch(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Ink high, at the size in which it is looked for."""
    factor = _LOOK_SIDE / max(grey.shape)
    rows, columns = (max(1, round(length * factor)) for length in grey.shape)
    way = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    scaled = np.asarray(cv2.resize(grey, (columns, rows), interpolation=way), np.uint8)
    # A box may be scribbled over, and its border darker than what stands in it.
    inner = scaled[rows // 8 : rows - rows // 8, columns // 8 : columns - columns // 8]
    paper, dark = _level(scaled, 0.75), _level(inner, 0.01)
    levels = (paper - np.arange(256.0)) * (255 / max(paper - dark, _LEAST_RANGE))
    return np.clip(np.round(levels), 0, 255).astype(np.uint8)[scaled]


def _level(grey: NDArray[np.uint8], part: float) -> int:
    """The grey that a part of the pixels does not exceed."""
    below = np.cumsum(np.bincount(grey.ravel(), minlength=256))
    return int(np.searchsorted(below, part * grey.size))


def _window(ink: NDArray[np.uint8]) -> tuple[int, int, int]:
    """Left, top and side of the square that is to be seen, which lies within the padded picture."""
    rows, columns = ink.shape
    found = cv2.connectedComponentsWithStats((ink > _INK * 255).astype(np.uint8), connectivity=8)[2][1:]
    low, high = found[:, :2], found[:, :2] + found[:, 2:4]  # (x, y) each
    inner = np.array([columns, rows]) * np.array([[_EDGE], [1 - _EDGE]])
    counts = (found[:, 4] >= _DUST * ink.size) & (high > inner[0]).all(axis=1) & (low < inner[1]).all(axis=1)
    if not counts.any():
        low, high = np.array([[0, 0]]), np.array([[columns, rows]])
        counts = np.array([True])
    first, last = low[counts].min(axis=0), high[counts].max(axis=0)
    side = int(np.clip(round(_MARGIN * float((last - first).max())), SIDE, _LOOK_SIDE))
    room = (_LOOK_SIDE - np.array([columns, rows])) // 2  # of the padding before the picture
    left, top = np.clip(np.round((first + last - side) / 2), -room, _LOOK_SIDE - side - room).astype(int)
    return int(left), int(top), side
