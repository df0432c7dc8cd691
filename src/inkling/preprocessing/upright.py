"""A page turned so that its writing stands upright and its lines lie level."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.elements import Page
from inkling.preprocessing.ink import ink_mask
from inkling.preprocessing.light import level
from inkling.preprocessing.shrinking import shrunk
from inkling.preprocessing.skew import LEAST_SKEW, skew
from inkling.preprocessing.warping import quarter_turns, take, turn

LOOK_SIDE = 1800
"""Pixels of the longer side at which pages are looked at; small print is 10 pixels high there."""

_LEAST_HEIGHT, _MOST_HEIGHT = 5, 60
"""Pixels that letters are high, or wide when they lie, at `LOOK_SIDE`."""

_MOST_LETTERS, _NEAREST = 4000, 4
"""Letters that are looked at, and their neighbours."""

_LEAST_PAIRS = 60
"""Pairs of neighbouring letters without which nothing is said."""

_LYING = 1.8
"""The page lies when so many times more letters have their neighbour above or below than beside."""

_SAME, _DIFFERENT = 0.1, 0.18
"""Parts of a letter's height up to which two heads, or feet, are level, and from which they are not."""

_SURE = 4.5
"""By how many standard deviations of chance letters reach down more often than up on a page that
stands on its head."""


def turn_upright(page: Page) -> Page:
    """Turn a page that lies on its side or stands on its head.

    Args:
        page: Grey or RGB.

    Returns:
        The page turned by 90, 180 or 270 degrees; the same page when it is upright, or when there is
        too little print on it to be sure.
    """
    quarters = quarters_to_upright(look_at(shrunk(page.image, LOOK_SIDE)[0]))
    return take(page, [quarter_turns(quarters, page.image.shape)]) if quarters else page


def deskew(page: Page) -> Page:
    """Turn a page by up to 15 degrees so that rules and lines of writing lie level.

    Args:
        page: Grey or RGB.

    Returns:
        The page turned; the same page when it is level to `LEAST_SKEW` degrees.
    """
    degrees = skew(look_at(shrunk(page.image, LOOK_SIDE)[0]))
    return take(page, [turn(degrees, page.image.shape)]) if abs(degrees) >= LEAST_SKEW else page


def look_at(image: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """The ink of a picture that is not levelled yet, grey or RGB."""
    return ink_mask(level(Page(image)).image)


def quarters_to_upright(ink: NDArray[np.bool_]) -> int:
    """Quarters, 0 to 3, by which a page must be turned clockwise to be upright.

    Print gives it away. Letters stand closer to their neighbours in the line than to those in the
    next (the docstrum of L. O'Gorman, IEEE PAMI 15, 1993), which tells lying from standing. And in
    Latin print far more letters reach above the others (capitals, b, d, f, h, k, l, t) than below
    (g, j, p, q, y), which tells heads from feet (after R. Caprari, Pattern Recognition Letters 21,
    2000); a page on its head shows the opposite.

    Args:
        ink: (h, w), at most `LOOK_SIDE` on its longer side.
    """
    lies = _lies(_letters(ink))
    if lies:
        ink = np.ascontiguousarray(np.rot90(ink, -1))
    evidence = _top_evidence(_letters(ink))
    if lies:
        return 3 if evidence < 0 else 1
    return 2 if evidence < -_SURE else 0


def _letters(ink: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Left, top, right and bottom (n, 4) of pieces of ink that may be letters."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink.view(np.uint8), connectivity=8)
    left, top, width, height, area = stats[1:].T
    longer, shorter = np.maximum(width, height), np.minimum(width, height)
    letter = (longer >= _LEAST_HEIGHT) & (longer <= _MOST_HEIGHT) & (longer <= 5 * shorter)
    letter &= area < 0.9 * width * height + 4
    boxes = np.column_stack([left, top, left + width, top + height])[letter].astype(np.float64)
    # A sign in a box of its own: neither is a letter among others.
    one, other = _neighbours(boxes)
    nested = (one[:, :2] <= other[:, :2]).all(axis=1) & (one[:, 2:] >= other[:, 2:]).all(axis=1)
    strange = {tuple(box) for box in np.vstack([one[nested], other[nested]])}
    return boxes[[tuple(box) not in strange for box in boxes]] if strange else boxes


def _neighbours(letters: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Pairs (n, 4), (n, 4) of letters of about one size, each with some of those nearest to it."""
    letters = letters[:_MOST_LETTERS]
    if len(letters) < _LEAST_PAIRS:
        return letters[:0], letters[:0]
    middle = ((letters[:, :2] + letters[:, 2:]) / 2).astype(np.float32)
    near = cv2.batchDistance(middle, middle, cv2.CV_32F, K=1 + _NEAREST, normType=cv2.NORM_L2)[1][:, 1:]
    one, other = np.repeat(letters, near.shape[1], axis=0), letters[near.ravel()]
    size, size_other = ((box[:, 2:] - box[:, :2]).max(axis=1) for box in (one, other))
    apart = np.abs(one - other)[:, [0, 1]].max(axis=1)
    alike = (np.maximum(size, size_other) < 2 * np.minimum(size, size_other)) & (
        apart < 2 * (size + size_other)
    )
    return one[alike], other[alike]


def _lies(letters: NDArray[np.float64]) -> bool:
    """Whether lines of print run from top to bottom."""
    one, other = _neighbours(letters)
    across, down = np.abs((one + np.roll(one, 2, axis=1) - other - np.roll(other, 2, axis=1))[:, :2]).T
    beside, stacked = int((across > 2 * down).sum()), int((down > 2 * across).sum())
    return stacked >= _LEAST_PAIRS and stacked > _LYING * beside


def _top_evidence(letters: NDArray[np.float64]) -> float:
    """How many standard deviations of chance letters reach up more often than down.

    Of two neighbours in a line whose feet agree and whose heads do not, one reaches up.
    """
    one, other = _neighbours(letters)
    height = np.maximum(one[:, 3] - one[:, 1], other[:, 3] - other[:, 1])
    gap = other[:, 0] - one[:, 2]
    beside = (gap > -_SAME * height) & (gap < height)
    heads, feet = (np.abs(one[:, side] - other[:, side]) / height for side in (1, 3))
    up = int((beside & (feet < _SAME) & (heads > _DIFFERENT) & (heads < 0.6)).sum())
    down = int((beside & (heads < _SAME) & (feet > _DIFFERENT) & (feet < 0.6)).sum())
    return (up - down) / float(np.sqrt(up + down)) if up + down else 0.0
