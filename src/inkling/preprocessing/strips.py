"""Strips of ink that may be ruled lines, found at a reduced size."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Course = NDArray[np.float64]
"""Knots (n, 2) of a line that runs from left to right, in pixels: x, strictly rising, and y."""

_LOOK_SIDE = 1800
"""Pixels of the longer side at which strips are looked for."""

_SHORTEST = 100
"""A strip of a rule is at least as long as this part of the longer side: 3 mm on A4."""

_DOT_GAP = 150
"""Dots and dashes of a rule are no farther apart than this part of the longer side."""

_REACH = 25
"""Strips on one line are joined across gaps of up to this part of the longer side: 12 mm on A4."""

_LEAST = 70
"""Strips that were joined are at least as long as this part of the longer side: 4 mm on A4, the
height of a comb."""

_MOST_MISS = 2.5
"""Pixels of the reduced picture by which a strip may lie beside the line that it carries on."""

_CROSSED = 0.9
"""Part of a gap that is ink where strokes cross a rule, at least."""

_TAIL = 60
"""Columns of a line from which it is told where it goes on."""

_STEEPEST = 0.12
"""Most slope of a rule against the side of the page: 7 degrees."""


def reduced(ink: NDArray[np.bool_]) -> tuple[NDArray[np.uint8], float]:
    """Ink at the size at which rules are looked for, 1 or 0, and its scale; thin lines stay whole."""
    bytes_ = ink.view(np.uint8) if ink.flags.c_contiguous else ink.astype(np.uint8)
    factor = min(1.0, _LOOK_SIDE / max(ink.shape))
    if factor == 1:
        return bytes_, 1.0
    size = (max(1, round(ink.shape[1] * factor)), max(1, round(ink.shape[0] * factor)))
    small = cv2.resize(bytes_ * np.uint8(255), size, interpolation=cv2.INTER_AREA)
    return np.asarray(small >= 64).astype(np.uint8), factor


def _strips(small: NDArray[np.uint8], thickest: int) -> NDArray[np.uint8]:
    """What is thin from top to bottom and long from left to right; rows of dots become whole."""
    side = max(small.shape)
    shortest, gap = max(5, side // _SHORTEST), max(3, side // _DOT_GAP)
    bulk = cv2.morphologyEx(small, cv2.MORPH_OPEN, np.ones((thickest + 1, 1), np.uint8))
    thin = cv2.subtract(small, bulk)
    solid = cv2.morphologyEx(thin, cv2.MORPH_CLOSE, np.ones((1, 3), np.uint8))
    solid = cv2.morphologyEx(solid, cv2.MORPH_OPEN, np.ones((1, shortest), np.uint8))
    dots = _flat_pieces(small, thickest, 2 * shortest)
    dots = cv2.morphologyEx(dots, cv2.MORPH_CLOSE, np.ones((1, gap), np.uint8))
    dots = cv2.morphologyEx(dots, cv2.MORPH_OPEN, np.ones((1, 2 * shortest), np.uint8))
    return np.asarray(cv2.bitwise_or(solid, dots), np.uint8)


def _flat_pieces(small: NDArray[np.uint8], thickest: int, longest: int) -> NDArray[np.uint8]:
    """Pieces of ink that may be dots or dashes of a rule."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(small, connectivity=8)
    flat = (stats[:, cv2.CC_STAT_HEIGHT] <= thickest) & (stats[:, cv2.CC_STAT_WIDTH] <= longest)
    flat[0] = False
    return flat.astype(np.uint8)[labels]


def find_courses(small: NDArray[np.uint8], thickest: int) -> list[Course]:
    """Where rules may run from left to right.

    Args:
        small: Ink (h, w), 1 or 0, as `reduced` gives it.
        thickest: Pixels that a rule is thick, at most.

    Returns:
        A course of each, in pixels of `small`; long strokes may be among them.
    """
    found = _strips(small, thickest)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(found, connectivity=8)
    side = max(found.shape)
    pieces = []
    for label in np.flatnonzero(stats[:, cv2.CC_STAT_WIDTH] >= side // _SHORTEST):
        if label == 0:
            continue
        left, top, width, height = (int(number) for number in stats[label, :4])
        if height <= _STEEPEST * width + thickest:
            inside = labels[top : top + height, left : left + width] == label
            pieces.append(_course_of(inside) + np.array([left, top]))
    courses = _join(pieces, small)
    return [course for course in courses if course[-1, 0] - course[0, 0] + 1 >= side // _LEAST]


def _course_of(piece: NDArray[np.bool_]) -> Course:
    """The middle of a strip in each of its columns that has any ink."""
    rows = np.arange(len(piece), dtype=np.float64)
    count = piece.sum(axis=0)
    columns = np.flatnonzero(count)
    return np.column_stack([columns, (rows @ piece)[columns] / count[columns]])


def _join(pieces: list[Course], small: NDArray[np.uint8]) -> list[Course]:
    """Join strips that lie on one line."""
    reach = max(small.shape) / _REACH
    done: list[list[Course]] = []
    open_: list[list[Course]] = []
    for piece in sorted(pieces, key=lambda course: float(course[0, 0])):
        x, y = float(piece[0, 0]), float(piece[:5, 1].mean())
        done += [chain for chain in open_ if x - chain[-1][-1, 0] > reach]
        open_ = [chain for chain in open_ if x - chain[-1][-1, 0] <= reach]
        misses = [_miss(chain, x, y, len(piece), small) for chain in open_]
        best = int(np.argmin(misses)) if misses else -1
        if best >= 0 and misses[best] <= _MOST_MISS:
            open_[best].append(piece)
        else:
            open_.append([piece])
    return [np.vstack(chain) for chain in done + open_]


def _miss(chain: list[Course], x: float, y: float, length: int, small: NDArray[np.uint8]) -> float:
    """By how many pixels a strip begins beside the line that a chain of others follows.

    Infinite where there is no gap between them, or one that is long for both and has no ink in it:
    a stroke that crosses a rule leaves no white, but the tooth of a comb and a one below it do.
    """
    before = chain[-1]
    end = float(before[-1, 0])
    longest = max(end - float(chain[0][0, 0]), length) / 6
    if x <= end or (
        x - end > max(min(len(before), length) / 2, longest, 12)
        and _inked(small, (end, float(before[-1, 1])), (x, y)) < _CROSSED
    ):
        return float("inf")
    tail = before if len(before) >= _TAIL or len(chain) == 1 else np.vstack(chain[-3:])
    tail = tail[-_TAIL:]
    ends = max(1, len(tail) // 4)
    (x0, y0), (x1, y1) = tail[:ends].mean(axis=0).tolist(), tail[-ends:].mean(axis=0).tolist()
    slope = min(max((y1 - y0) / (x1 - x0), -_STEEPEST), _STEEPEST) if len(tail) >= 20 else 0.0
    return abs(y1 + slope * (x - x1) - y)


def _inked(small: NDArray[np.uint8], start: tuple[float, float], end: tuple[float, float]) -> float:
    """Part of the way from one place to another that lies on ink."""
    columns = np.arange(int(start[0]) + 1, int(end[0]))
    rows = np.interp(columns, (start[0], end[0]), (start[1], end[1])).round().astype(np.int64)
    return float(small[rows, columns].mean()) if len(columns) else 1.0
