"""What was printed on a form taken away from a filled page; what was written stays."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.layout.curl import bent_picture
from inkling.layout.projection import Window
from inkling.layout.registration import Blank, Registration

_FAINT = 12
"""Grey levels below white from which the blank counts as printed."""

_DARK = 100
"""Grey levels below white from which print is as dark as writing may be; guides are paler."""

_UNSEEN = 223
"""Where paper should be, a darker level is something that lies on it, or writing."""

_COVERED = 0.45
"""Part of the paper around a field that no writing makes dark."""

_MARGIN = 28
"""Grey levels by which writing is darker than pale print."""

_PALEST = 0.4
"""A page shows print at least as dark as this part of what the blank has."""

_LEAST_PRINT = 50
"""Pixels of print that tell whether the blank is there."""

_INK = 50
"""Grey levels below white from which a pixel counts as ink where strokes are mended."""


def expected_print(blank: Blank, found: Registration, shape: tuple[int, int]) -> NDArray[np.uint8]:
    """The blank as a page shows it, uint8 of `shape`: in that frame, and bent as the paper is."""
    height, width = shape
    way = cv2.INTER_AREA if height < blank.grey.shape[0] else cv2.INTER_LINEAR
    flat = np.asarray(cv2.resize(blank.grey, (width, height), interpolation=way), np.uint8)
    return bent_picture(flat, found.bend * (height / blank.grey.shape[0]))


def shown_print(seen: NDArray[np.uint8], printed: NDArray[np.uint8]) -> float | None:
    """The part of what should be printed that a page shows, 0 to 1.

    Args:
        seen: uint8 (h, w), a part of the page in the frame of the blank, paper near 255.
        printed: uint8 (h, w), the same part of the blank.

    Returns:
        None when too little is printed there to tell; 0 where something dark covers the paper.
    """
    depth = 255 - printed
    mask = depth >= _FAINT
    count = np.count_nonzero(mask)
    if count < _LEAST_PRINT:
        return None
    if np.count_nonzero((seen < _UNSEEN) & ~mask) > _COVERED * (mask.size - count):
        return 0.0
    near = 255 - cv2.erode(seen, _disc(2))
    return float((near[mask] > np.maximum(_PALEST * depth[mask], _FAINT)).mean())


def without_print(
    seen: NDArray[np.uint8], printed: NDArray[np.uint8], windows: Sequence[Window], *, error: float
) -> NDArray[np.uint8]:
    """Take the print of a blank form away from a page that was laid on it.

    Where the blank has pale print, only what is clearly darker stays. Dark print goes, and a stroke
    that crosses it, which cannot be told from it there, is mended from both sides.

    Args:
        seen: uint8 (h, w), the page in the frame of the blank, at any scale, paper near 255.
        printed: uint8 (h, w), the blank as the page shows it.
        windows: Rows and columns that are wanted.
        error: By how many pixels the two may miss each other.

    Returns:
        uint8 (h, w), white outside of the windows.
    """
    reach = int(np.clip(round(1 + 2 * error), 1, 4))
    pale = _pale_level(seen, printed, windows)
    clean = np.full_like(seen, 255)
    for window in windows:
        if 0 not in seen[window].shape:
            clean[window] = _clean(seen[window], printed[window], pale, reach)
    return clean


def _pale_level(seen: NDArray[np.uint8], printed: NDArray[np.uint8], windows: Sequence[Window]) -> float:
    """How dark pale print is on this page, in grey levels below white.

    A page may show it paler than the blank or darker. Most of it is not written over, so its upper
    quartile is that of print.
    """
    depths = [np.zeros(0, np.uint8)]
    for window in windows:
        depth = 255 - printed[window]
        depths.append(255 - seen[window][(depth >= _FAINT) & (depth < _DARK)])
    together = np.concatenate(depths)
    return float(np.quantile(together, 0.75)) if len(together) >= 20 else _FAINT


def _clean(seen: NDArray[np.uint8], printed: NDArray[np.uint8], pale: float, reach: int) -> NDArray[np.uint8]:
    here = 255 - seen
    near = 255 - cv2.erode(printed, _disc(reach + 1))
    dark = 255 - cv2.erode(printed, _disc(reach)) >= _DARK
    kept = (here > np.where(near >= _FAINT, np.uint8(min(pale + _MARGIN, 255)), np.uint8(0))) & ~dark
    kept &= ~_slivers(kept & (here > _INK), near >= _FAINT, reach)
    kept |= _mended(kept & (here > _INK), here > _INK, dark)
    return np.where(kept, seen, 255).astype(np.uint8)


def _disc(reach: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1)), np.uint8)


def _slivers(ink: NDArray[np.bool_], printed: NDArray[np.bool_], reach: int) -> NDArray[np.bool_]:
    """Thin pieces of ink along print, which is what remains of it where it is wider than expected."""
    count, pieces, stats, _ = cv2.connectedComponentsWithStats(ink.astype(np.uint8), connectivity=8)
    beside = cv2.dilate(printed.astype(np.uint8), _disc(2)) > 0
    labels = pieces[ink]  # few of the pixels
    away = np.bincount(labels[~beside[ink]], minlength=count) > 0
    thickness = np.minimum(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT])
    slivers = np.zeros_like(ink)
    slivers[ink] = (~away & (thickness <= reach + 1))[labels]
    return slivers


def _mended(ink: NDArray[np.bool_], all_ink: NDArray[np.bool_], dark: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Pixels of dark print that lie between two ends of a stroke."""
    if not dark.any():
        return np.zeros_like(ink)
    length = _thickness(dark) + 3
    between = np.zeros(ink.shape, np.uint8)
    for kernel in _strokes(length):
        between |= cv2.morphologyEx(ink.astype(np.uint8), cv2.MORPH_CLOSE, kernel)
    return np.asarray((between > 0) & all_ink & dark)


def _thickness(mask: NDArray[np.bool_]) -> int:
    """Mean thickness of the lines of a mask, in pixels."""
    inner = cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=1)
    count = int(np.count_nonzero(mask))
    edge = count - int(np.count_nonzero(inner))
    return min(25, round(2 * count / max(edge, 1)))


def _strokes(length: int) -> list[NDArray[np.uint8]]:
    """Lines of a length in four directions."""
    side = length | 1
    upright = np.zeros((side, side), np.uint8)
    upright[:, side // 2] = 1
    slanted = np.eye(side, dtype=np.uint8)
    return [upright, upright.T.copy(), slanted, slanted[::-1].copy()]
