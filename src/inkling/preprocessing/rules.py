"""Ruled lines, the borders of boxes and the teeth of combs, told from writing and painted over."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.preprocessing.strips import find_courses, reduced
from inkling.preprocessing.tracing import Trace, follow

_THICKEST, _THICKEST_IN_WRITING = 150, 6
"""A rule is no thicker than this part of the longer side, 2 mm on A4, or of the height of writing."""

_LENGTH = 25
"""A rule that stands alone is at least as long as this part of the longer side: 14 mm on A4."""

_LENGTH_PER_WRITING = 4.0
"""A rule that stands alone is at least as long as writing is high, times this."""

_LEAD = 300
"""Columns of a line that tell where it leads to."""

_FILLED = (0.12, 0.6)
"""Part of their box that signs fill with ink: frames fill less of it, blocks more."""

_TOOTH, _TOOTH_THICKNESS = 0.6, 1.5
"""A tooth of a comb or a side of a box is at least as long as writing is high, times this; and as
thick as what it stands on, times this."""


@dataclass(frozen=True, slots=True, eq=False)
class Rules:
    """The ruled lines of a page.

    Attributes:
        horizontal: float64 (N, 5): x and y of the left end, of the right end, and thickness, pixels.
        vertical: float64 (M, 5): x and y of the upper end, of the lower end, and thickness.
        mask: bool (H, W), pixels that show a rule and nothing else, its pale fringe included; where
            a stroke crosses, the pixels are the stroke's.
    """

    horizontal: NDArray[np.float64]
    vertical: NDArray[np.float64]
    mask: NDArray[np.bool_]


def find_rules(ink: NDArray[np.bool_]) -> Rules:
    """Find ruled lines: solid, dotted, broken or faint, tilted or bent by up to 7 degrees.

    Strips that are thin one way and long the other are joined along their line and followed column
    by column. A long one is a rule; a short one is when both ends stand on other rules, as the sides
    of boxes and the teeth of combs do.

    Args:
        ink: (H, W), contiguous.

    Returns:
        The rules; those across from the left, those down from the top.
    """
    small, factor = reduced(ink)
    writing = _writing_height(small)
    thickest = max(3, round(max(max(small.shape) / _THICKEST, writing / _THICKEST_IN_WRITING)))
    turned = np.asarray(cv2.transpose(ink.view(np.uint8))).view(bool)
    across, down = _supported(
        _traces(ink, small, thickest),
        _traces(turned, np.asarray(cv2.transpose(small)), thickest),
        ink.shape,
        shortest=_TOOTH * writing / factor,
        alone=max(max(ink.shape) / _LENGTH, _LENGTH_PER_WRITING * writing / factor),
    )
    return Rules(
        np.array([_ends(trace) for trace in across]).reshape(-1, 5),
        np.array([_ends(trace) for trace in down]).reshape(-1, 5)[:, [1, 0, 3, 2, 4]],
        _mask(ink, across, down),
    )


def without_rules(grey: NDArray[np.uint8], rules: Rules) -> NDArray[np.uint8]:
    """Paint the rules white; strokes that cross them stay whole.

    Args:
        grey: uint8 (H, W), levelled, of the shape of `rules.mask`.
        rules: As found on its ink.

    Returns:
        A new picture, uint8 (H, W).
    """
    return np.where(rules.mask, np.uint8(255), grey)


def _traces(ink: NDArray[np.bool_], small: NDArray[np.uint8], thickest: int) -> list[Trace]:
    """Lines from left to right that may be rules; at the reduced size they are `thickest` at most."""
    factor = small.shape[1] / ink.shape[1]
    courses = find_courses(small, thickest)
    traces = (follow(ink, (course + 0.5) / factor - 0.5, round(2 * thickest / factor)) for course in courses)
    return _once([trace for trace in traces if trace is not None and (trace.is_solid or trace.is_dotted)])


def _once(traces: list[Trace]) -> list[Trace]:
    """Drop what lies along a longer line: both were followed into each other."""
    kept: list[Trace] = []
    for trace in sorted(traces, key=lambda trace: -trace.length):
        if not any(_lies_on(trace, other) for other in kept):
            kept.append(trace)
    return sorted(kept, key=lambda trace: (int(trace.columns[0]), float(trace.middle[0])))


def _lies_on(trace: Trace, longer: Trace) -> bool:
    first = max(int(trace.columns[0]), int(longer.columns[0]))
    last = min(int(trace.columns[-1]), int(longer.columns[-1]))
    if last - first < trace.length / 2:
        return False
    middle = (first + last) // 2
    apart = trace.middle[middle - int(trace.columns[0])] - longer.middle[middle - int(longer.columns[0])]
    return bool(abs(apart) <= (trace.thickness + longer.thickness) / 2)


def _ends(trace: Trace) -> tuple[float, float, float, float, float]:
    x, y = trace.columns, trace.middle
    return float(x[0]), float(y[0]), float(x[-1]), float(y[-1]), trace.thickness


def _writing_height(small: NDArray[np.uint8]) -> float:
    """Height of the pieces of ink that may be signs, half of their ink in taller ones; 0 if none."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(small, connectivity=8)
    width, height, area = stats[1:, 2], stats[1:, 3], stats[1:, 4]
    sign = (height >= 6) & (height < max(small.shape) / 8) & (width < 3 * height) & (height < 8 * width)
    sign &= (area > _FILLED[0] * width * height) & (area < _FILLED[1] * width * height)
    order = np.argsort(height[sign])
    below = np.cumsum(area[sign][order])
    return float(height[sign][order][np.searchsorted(below, below[-1] / 2)]) if len(order) else 0.0


def _supported(
    across: list[Trace], down: list[Trace], shape: tuple[int, ...], *, shortest: float, alone: float
) -> tuple[list[Trace], list[Trace]]:
    """Drop what is shorter than `shortest`, or shorter than `alone` and has nothing that bears it out.

    What is borne out carries on a line that is long enough, or stands on others at both ends. One
    that goes takes its support away from others, so this is repeated until none goes.
    """
    height, width = shape
    across = [trace for trace in across if trace.length >= shortest]
    down = [trace for trace in down if trace.length >= shortest]
    while True:
        kept, kept_down = _borne_out(across, down, alone, width), _borne_out(down, across, alone, height)
        if len(kept) == len(across) and len(kept_down) == len(down):
            return kept, kept_down
        across, down = kept, kept_down


def _borne_out(traces: list[Trace], others: list[Trace], alone: float, width: int) -> list[Trace]:
    long = [trace for trace in traces if trace.length >= alone]
    return [
        trace
        for trace in traces
        if trace.length >= alone
        or _stands_on(trace, others, width)
        or any(_carries_on(trace, other, 2 * alone) for other in long)
    ]


def _carries_on(trace: Trace, long: Trace, reach: float) -> bool:
    """Whether a line lies where a longer one leads to, and is as thick."""
    after = trace.columns[0] > long.columns[-1]
    gap = trace.columns[0] - long.columns[-1] if after else long.columns[0] - trace.columns[-1]
    if not 0 < gap <= reach or abs(trace.thickness - long.thickness) > 1:
        return False
    near = slice(-_LEAD, None) if after else slice(_LEAD)
    slope, height = np.polyfit(long.columns[near], long.middle[near], 1)
    apart = np.abs(slope * trace.columns + height - trace.middle)
    return bool(np.median(apart) <= max(2.0, long.thickness / 2))


def _stands_on(trace: Trace, others: list[Trace], width: int) -> bool:
    """Whether both ends of a line lie on lines of the other direction that are about as thick.

    One of them may be cut off at the picture's edge instead.
    """
    bearing = [other for other in others if trace.thickness <= _TOOTH_THICKNESS * other.thickness + 1]
    ends = ((trace.columns[0], trace.middle[0]), (trace.columns[-1], trace.middle[-1]))
    stand = [any(_touches(x, y, other) for other in bearing) for x, y in ends]
    cut_off = [trace.columns[0] <= trace.thickness, trace.columns[-1] >= width - 1 - trace.thickness]
    return any(stand) and all(np.logical_or(stand, cut_off))


def _touches(x: float, y: float, other: Trace) -> bool:
    """Whether a line ends on one of the other direction, whose x and y are swapped."""
    near = other.thickness + 1.5
    if not other.columns[0] - near <= y <= other.columns[-1] + near:
        return False
    place = min(max(round(y - other.columns[0]), 0), other.length - 1)
    return bool(abs(other.middle[place] - x) <= near)


def _mask(ink: NDArray[np.bool_], across: list[Trace], down: list[Trace]) -> NDArray[np.bool_]:
    """Pixels of the rules alone, with their fringe."""
    own, band = _painted(ink.shape, across)
    own_down, band_down = (cv2.transpose(picture) for picture in _painted(ink.T.shape, down))
    # Where two rules cross, the ink of each is high as seen along the other.
    mask = cv2.bitwise_or(cv2.bitwise_or(own, own_down), cv2.bitwise_and(band, band_down))
    inked = ink.view(np.uint8)
    mask = cv2.bitwise_and(mask, inked)
    fringe = cv2.dilate(mask, np.ones((3, 3), np.uint8))
    return np.asarray(cv2.bitwise_or(mask, cv2.bitwise_and(fringe, 1 - inked)), np.uint8).view(bool)


def _painted(shape: tuple[int, ...], traces: list[Trace]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The columns in which lines stand alone, and the whole bands of the lines, 1 or 0."""
    own, band = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)
    for trace in traces:
        alone, half = trace.own, trace.thickness / 2 + 1
        _fill(own, trace.columns[alone], trace.first[alone], trace.last[alone])
        columns, middle = _lengthened(trace, shape[1])
        first, last = (np.round(middle + side).astype(np.int64) for side in (-half, half))
        _fill(band, columns, first, last)
    return own, band


def _lengthened(trace: Trace, width: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Columns and middles of a line that reaches into those it ends on."""
    beyond = round(2 * trace.thickness) + 2
    columns = np.arange(
        max(int(trace.columns[0]) - beyond, 0), min(int(trace.columns[-1]) + beyond + 1, width)
    )
    return columns, np.interp(columns, trace.columns, trace.middle)


def _fill(
    picture: NDArray[np.uint8], columns: NDArray[np.int64], first: NDArray[np.int64], last: NDArray[np.int64]
) -> None:
    """Set the pixels of each column from its first row to its last."""
    if len(columns) == 0:
        return
    first, last = np.maximum(first, 0), np.minimum(last, len(picture) - 1)
    for step in range(int((last - first).max()) + 1):
        inside = first + step <= last
        picture[(first + step)[inside], columns[inside]] = 1
