"""Which pixels of a levelled page are ink."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

_WINDOW = 5
"""Pixels at half the size of the window in which the darkest ink is looked for: what is farther from
it than the blur of its edge has a threshold of its own."""

_LEAST_DEPTH, _MOST_DEPTH = 0.04, 0.2
"""Bounds of how much darker than the paper ink is, as a part of the paper's level."""

_DEPTH_PER_GRAIN = 3.0
"""Ink is darker than the paper by this many standard deviations of the paper's own grain."""

_DEPTH_PER_DARKEST = 0.4
"""And by this part of how much darker the darkest ink around it is."""

_CORE = 1.6
"""A piece of ink has a pixel which is darker than the paper by this many times the grain's depth."""

_BLOCKS = 100
"""The grain is measured in blocks of this part of the longer side, which fit between lines."""


def ink_mask(grey: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Tell ink from paper.

    A threshold about midway between the paper, which is known, and the darkest ink close by
    (J. Bernsen, Dynamic thresholding of grey-level images, ICPR 1986), so that strokes are as thick
    as they are and pencil beside black print survives. Where there is no such ink the grain of the
    paper decides, and a piece whose darkest pixel is barely below the threshold is grain (hysteresis,
    after J. Canny, IEEE PAMI 8, 1986). The thresholds that compare a pixel with the mean around it,
    such as that of Sauvola and Pietikäinen, lose faint writing and the middle of thick strokes.

    Args:
        grey: uint8 (H, W), levelled, as `level` gives it.

    Returns:
        bool (H, W), True where there is ink.
    """
    height, width = grey.shape
    soft = np.asarray(cv2.GaussianBlur(grey, (0, 0), 0.8), np.uint8)
    half = np.asarray(cv2.resize(soft, ((width + 1) // 2, (height + 1) // 2), interpolation=cv2.INTER_AREA))
    paper = float(np.quantile(half[::4, ::4], 0.75))
    depth = paper * float(np.clip(_DEPTH_PER_GRAIN * grain(soft) / 255, _LEAST_DEPTH, _MOST_DEPTH))
    darkest = np.asarray(cv2.erode(half, np.ones((_WINDOW, _WINDOW), np.uint8)), np.float32)
    step = (paper - darkest) * _DEPTH_PER_DARKEST
    threshold = np.clip(paper - np.maximum(step, depth), 0, 255).astype(np.uint8)
    ink = cv2.compare(
        soft, cv2.resize(threshold, (width, height), interpolation=cv2.INTER_LINEAR), cv2.CMP_LT
    )
    core = np.asarray(half < paper - _CORE * depth).astype(np.uint8)
    return np.asarray(cv2.bitwise_and(np.asarray(ink), _pieces_with_core(np.asarray(ink), core))).astype(bool)


def _pieces_with_core(ink: NDArray[np.uint8], core: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The pieces of ink that have a core, at the size of `ink` from one at half the size; 255 or 0."""
    height, width = ink.shape
    small = cv2.resize(ink, core.shape[::-1], interpolation=cv2.INTER_AREA)
    count, pieces = cv2.connectedComponents(np.asarray(small > 0).astype(np.uint8), connectivity=8)
    strong = np.zeros(count, np.uint8)
    strong[pieces[core > 0]] = 255
    strong[0] = 0
    return np.asarray(cv2.resize(strong[pieces], (width, height), interpolation=cv2.INTER_NEAREST), np.uint8)


def grain(grey: NDArray[np.uint8]) -> float:
    """Standard deviation of the paper's own grain, in grey levels, whatever is written on it.

    The lower quartile of the deviations within small blocks: a quarter of them have no ink.
    """
    side = max(8, max(grey.shape) // _BLOCKS)
    size = (max(1, grey.shape[1] // side), max(1, grey.shape[0] // side))
    mean = cv2.resize(grey.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    square = cv2.resize(np.square(grey, dtype=np.float32), size, interpolation=cv2.INTER_AREA)
    deviation = float(np.quantile(np.sqrt(np.maximum(square - mean * mean, 0)), 0.25))
    # What is lighter than the paper was cut off at 255: half the grain, with 0.58 of its deviation.
    return deviation / 0.58
