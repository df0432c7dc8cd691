"""Following a ruled line through the ink, column by column."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inkling.preprocessing.strips import Course

_LEAST_OWN = 0.3
"""Part of the columns in which a line stands alone, at least."""

_MOST_TEXT = 0.06
"""Part of columns crossed by ink times part without ink, at most."""

_STRETCH = 4.0
"""Usual length of the stretches in which a solid line stands alone, in its thickness, at least."""

_RAGGED, _RAGGED_PER_THICKNESS = 0.2, 0.08
"""Pixels by which the height of a solid line changes from column to column, on average, at most."""

_DOTS, _MOST_CROSSED, _UNEVEN, _ALIKE = 6, 0.2, 0.35, 0.75
"""A dotted line has so many dots, at most such a part of it is crossed by ink, and such a part of the
dots and of the distances is as long and as high as usual, within such a part of that."""


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """A line of ink from left to right.

    Attributes:
        columns: int (n,), x of each column in which it was followed, one after the other.
        middle: float (n,), y of its middle there.
        thickness: Its usual height in pixels.
        first, last: int (n,), rows of the run of ink that holds the middle; last before first where
            there is no ink.
    """

    columns: NDArray[np.int64]
    middle: NDArray[np.float64]
    thickness: float
    first: NDArray[np.int64]
    last: NDArray[np.int64]

    @property
    def run(self) -> NDArray[np.int64]:
        """Height of the ink in each column; 0 where there is none."""
        return self.last - self.first + 1

    @property
    def own(self) -> NDArray[np.bool_]:
        """The columns in which nothing but the line itself is there."""
        return (self.run > 0) & (self.run <= most_run(self.thickness))

    @property
    def crossed(self) -> NDArray[np.bool_]:
        """The columns in which other ink touches or crosses the line."""
        return self.run > most_run(self.thickness)

    @property
    def is_solid(self) -> bool:
        """Whether it looks like a drawn line: smooth, and in long stretches.

        A row of small print is ragged, and has both gaps and tall letters; a line that is broken has
        few tall things in it, one that is written on has few gaps.
        """
        own, run = self.own, self.run
        gaps, crossed = float((run == 0).mean()), float(self.crossed.mean())
        if own.mean() < _LEAST_OWN or crossed * gaps > _MOST_TEXT:
            return False
        _, lengths = _stretches(own)
        stretch = float((lengths**2).sum() / lengths.sum())
        raggedness = float(np.abs(np.diff(run[own])).mean()) if own.sum() > 1 else 0.0
        most = _RAGGED + _RAGGED_PER_THICKNESS * self.thickness
        return stretch >= _STRETCH * self.thickness and raggedness <= most

    @property
    def is_dotted(self) -> bool:
        """Whether it looks like a row of dots or dashes of one length and one distance."""
        starts, lengths = _stretches(self.run > 0)
        if len(starts) < _DOTS or self.crossed.mean() > _MOST_CROSSED:
            return False
        steps = np.diff(starts)
        step, length = np.median(steps), np.median(lengths)
        alike = np.abs(steps - step) <= np.maximum(_UNEVEN * step, 1)
        same = np.abs(lengths - length) <= np.maximum(_UNEVEN * length, 1)
        heights = self.run[starts + lengths // 2]
        level = np.abs(heights - np.median(heights)) <= np.maximum(_UNEVEN * np.median(heights), 1)
        return min(float(part.mean()) for part in (alike, same, level)) >= _ALIKE

    @property
    def length(self) -> int:
        """In pixels."""
        return len(self.columns)


def _stretches(there: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Starts and lengths of the stretches that are True."""
    edges = np.flatnonzero(np.diff(there, prepend=False, append=False))
    return edges[::2], edges[1::2] - edges[::2]


def most_run(thickness: float) -> float:
    """A run of ink across a line that is higher than this has other ink in it."""
    return 1.15 * thickness + 1.8


def follow(ink: NDArray[np.bool_], course: Course, reach: int) -> Trace | None:
    """Follow a line, first along its rough course, then along its own middle.

    Args:
        ink: (H, W).
        course: Where the line runs, to about `reach` / 2 pixels.
        reach: Pixels above and below its middle that are looked at.

    Returns:
        The trace, from the first column to the last in which the line stands alone; None when there
        is no such column.
    """
    left = max(0, int(course[0, 0]) - reach)
    columns = np.arange(left, min(ink.shape[1] - 1, int(course[-1, 0]) + 1 + reach) + 1)
    middle = np.interp(columns, course[:, 0], course[:, 1])
    sure = (columns >= course[0, 0]) & (columns <= course[-1, 0])
    first, last = _runs(ink, columns, middle, reach)
    run = last - first + 1
    heights = run[sure & (run > 0) & (run < reach)]
    if len(heights) == 0:
        return None
    thickness = float(np.median(heights))
    plain = (run > 0) & (run <= most_run(thickness))
    plain[plain] = np.abs((first + last)[plain] / 2 - middle[plain]) <= thickness + 1
    seen = _connected(columns, plain, course, 1.5 * thickness + 1)
    if len(seen) == 0:
        return None
    middle = np.interp(columns, *_smooth(seen, (first + last)[seen - left] / 2))
    inner = slice(int(seen[0]) - left, int(seen[-1]) - left + 1)
    columns, middle = columns[inner], middle[inner]
    first, last = _runs(ink, columns, middle, reach)
    return Trace(columns, middle, thickness, first, last)


def _connected(
    columns: NDArray[np.int64], plain: NDArray[np.bool_], course: Course, gap: float
) -> NDArray[np.int64]:
    """The plain columns of a course, and those beyond its ends up to the first long gap."""
    seen = columns[plain]
    left, right = seen[seen < course[0, 0]], seen[seen > course[-1, 0]]
    inner = seen[(seen >= course[0, 0]) & (seen <= course[-1, 0])]
    if len(inner) == 0:
        return inner
    steps = np.diff(np.append(left, inner[0]))[::-1] > gap
    left = left[::-1][: int(np.argmax(steps)) if steps.any() else len(left)][::-1]
    steps = np.diff(np.append(inner[-1], right)) > gap
    right = right[: int(np.argmax(steps)) if steps.any() else len(right)]
    return np.concatenate([left, inner, right])


def _smooth(
    columns: NDArray[np.int64], values: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Knots of a smooth line: medians of 8 values, and of 9 of these where there are as many.

    A stroke that runs along the line moves it little.
    """
    whole = len(values) // 8 * 8
    if whole < 9 * 8:
        half = min(7, (len(values) - 1) // 2)
        padded = np.pad(values, half, mode="reflect", reflect_type="odd") if half else values
        windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * half + 1)
        return columns.astype(np.float64), np.asarray(np.median(windows, axis=1))
    knots = columns[:whole].reshape(-1, 8).mean(axis=1)
    medians = np.pad(np.median(values[:whole].reshape(-1, 8), axis=1), 4, mode="reflect", reflect_type="odd")
    return knots, np.asarray(np.median(np.lib.stride_tricks.sliding_window_view(medians, 9), axis=1))


def _runs(
    ink: NDArray[np.bool_], columns: NDArray[np.int64], middle: NDArray[np.float64], reach: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First and last row of the run of ink that is nearest to the middle of each column.

    Runs end at `reach` pixels from the middle; one pixel of gap between the middle and the ink is
    forgiven on either side.
    """
    centre = np.clip(np.round(middle).astype(np.int64), 0, len(ink) - 1)
    for step in (1, -2):
        empty = ~ink[centre, columns]
        centre[empty] = np.clip(centre[empty] + step, 0, len(ink) - 1)
    offsets = np.arange(1, reach + 1)[:, None]
    up = ink[np.maximum(centre - offsets, 0), columns] & (centre - offsets >= 0)
    down = ink[np.minimum(centre + offsets, len(ink) - 1), columns] & (centre + offsets < len(ink))
    above = np.where(up.all(axis=0), reach, np.argmin(up, axis=0))
    below = np.where(down.all(axis=0), reach, np.argmin(down, axis=0))
    there = ink[centre, columns]
    return np.where(there, centre - above, 0), np.where(there, centre + below, -1)
