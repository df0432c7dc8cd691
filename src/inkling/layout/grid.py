"""Traced rules made into grids: rows, columns, and which of the borders between cells are there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.layout.bend import Bend
from inkling.layout.crossings import TOUCH, Bends, tables_of
from inkling.layout.ruling import REACH, Rule, depths, trace_rules

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Grey = NDArray[np.uint8]

_SAME = 5.0
"""Pixels between pieces of one rule, across it, once the bend is taken out."""

_DOUBLE = 0.25
"""Rules closer than this part of the usual distance are one, drawn double."""

_DARK = 4
"""Grey levels by which a rule is darker than the paper where it is looked for."""

_HALF_DARK = 0.3
"""The same as a part of the darkness of the rule itself, or of the table's rules if they are paler."""

_TILTS = (-0.03, -0.015, 0.0, 0.015, 0.03)
"""Slopes, against the other rules of its table, of a line that was not traced."""

_MOST_ALIKE, _UNEVEN, _HIDDEN = 4, 0.15, 0.3
"""Rows that tell how high rows are; by which part of that they may differ; and the part of a line that
must be dark, at least, between rows so alike."""

_PAR = 0.7
"""A border that is dark over more than this part speaks for its line, one below against it."""

_LIKELY = 0.4
"""A border that is dark over less than this part is not there, whatever its line does beside it."""

_ALONE = 0.9
"""A line with one border of several is dark over at least this part of it."""

_ENOUGH = 11.0
"""Pixels, counted from `_PAR`, by which the borders of a stretch of a line must speak for it."""

_COARSE = 16
"""The straightened picture is computed at one of every so many pixels, and in between interpolated."""


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """One line of a grid: all pieces of it that were traced, perhaps none.

    Attributes:
        level: Where it lies in straightened coordinates.
        rules: Its pieces.
        cut: Whether the picture ends there, and the table with it.
        hidden: Whether it is there although nothing of it was traced.
    """

    level: float
    rules: tuple[Rule, ...] = ()
    cut: bool = False
    hidden: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """A table's lines, with R rows and C columns between them.

    Attributes:
        corners: float64 (R + 1, C + 1, 2), x and y where the lines meet.
        above: bool (R + 1, C), whether the border above each cell is there, and below the last.
        beside: bool (R, C + 1), whether the border left of each cell is there, and right of the last.
    """

    corners: Floats
    above: Bools
    beside: Bools


def find_grids(grey: Grey) -> list[Grid]:
    """Find the ruled grids of a level page.

    Args:
        grey: uint8 (H, W), paper near 255, `WORK_SIDE` pixels on its longer side.

    Returns:
        Grids from top to bottom, in pixels of `grey`.
    """
    horizontal, vertical = trace_rules(grey)
    ridge = depths(grey), np.ascontiguousarray(depths(np.ascontiguousarray(grey.T)).T)
    tables = tables_of(horizontal, vertical, grey.shape)
    grids = [grid for table in tables if (grid := _grid_of(*table, ridge)) is not None]
    return sorted(
        grids, key=lambda grid: (float(grid.corners[..., 1].min()), float(grid.corners[..., 0].min()))
    )


def _grid_of(level: list[Rule], upright: list[Rule], bends: Bends, ridge: tuple[Grey, Grey]) -> Grid | None:
    """The grid of rules that hang together, or None when there is none."""
    rows, columns = _lines(level, bends[0]), _lines(upright, bends[1])
    height, width = ridge[0].shape
    rows, columns = (
        _with_open_sides(rows, columns, bends, height),
        _with_open_sides(columns, rows, bends[::-1], width),
    )
    if len(rows) < 2 or len(columns) < 2:
        return None
    flat = _Straight.of(rows, columns, bends, ridge)
    while True:
        above, beside = _there(flat, rows, columns)
        keep_rows, keep_columns = np.asarray(above.any(axis=1)), np.asarray(beside.any(axis=0))
        if keep_rows.sum() < 2 or keep_columns.sum() < 2:
            return None
        if keep_rows.all() and keep_columns.all():
            break
        rows = [line for line, keep in zip(rows, keep_rows, strict=True) if keep]
        columns = [line for line, keep in zip(columns, keep_columns, strict=True) if keep]
    if hidden := _hidden_rows(rows, columns, beside, flat):
        rows = sorted([*rows, *(line for line, _ in hidden)], key=lambda line: line.level)
        above, beside = _there(flat, rows, columns)
        above[[line.hidden for line in rows]] = [borders for _, borders in hidden]
    return Grid(_corners(rows, columns, bends), above, beside)


def _there(flat: _Straight, rows: Sequence[Line], columns: Sequence[Line]) -> tuple[Bools, Bools]:
    """Which borders are there: above cells (R + 1, C), beside them (R, C + 1)."""
    above, beside = flat.borders(rows, columns)
    levels, places = [line.level for line in rows], [line.level for line in columns]
    return _present(above, places), _present(beside.T, levels).T


def _hidden_rows(
    rows: Sequence[Line], columns: Sequence[Line], beside: Bools, flat: _Straight
) -> list[tuple[Line, Bools]]:
    """Lines between rows that writing hides so much of that they were not traced, and their borders (C,).

    Where most rows are equally high, one that is a few times as high has lines in it, if something of
    them can be made out where they should be; in a cell that is meant to be higher nothing can. A title
    that reaches over all columns is no row.
    """
    levels = np.array([line.level for line in rows])
    heights = np.diff(levels)
    if len(heights) < _MOST_ALIKE:
        return []
    height = float(np.median(heights))
    reach = np.arange(-_UNEVEN * height, _UNEVEN * height + 1)
    around: list[Floats] = []
    for top, whole, borders in zip(levels, heights, beside, strict=False):
        count = round(whole / height)
        title = len(columns) > 2 and not borders[1:-1].any()
        if title or count < 2 or abs(whole / count - height) > _UNEVEN * height:
            continue
        around += [top + part * whole / count + reach for part in range(1, count)]
    if not around:
        return []
    drawn = flat.borders_at(np.concatenate(around), rows, columns)
    widths = np.diff([line.level for line in columns])
    found: list[tuple[Line, Bools]] = []
    for near, borders in zip(around, np.split(drawn, len(around)), strict=True):
        covers = borders @ widths / widths.sum()
        best = int(covers.argmax())
        if covers[best] >= _HIDDEN:
            found.append((Line(float(near[best]), hidden=True), borders[best] >= _HIDDEN))
    return found


def _lines(rules: Sequence[Rule], bend: Bend) -> list[Line]:
    """The lines that rules are pieces of: those of one level, in the order of their levels."""
    levels = [bend.level(rule.along, rule.across) for rule in rules]
    straight = [
        (float(np.median(level)), rule)
        for level, rule in zip(levels, rules, strict=True)
        if np.std(level) <= 1.5 + 0.004 * rule.length
    ]
    straight.sort(key=lambda pair: pair[0])
    groups: list[list[tuple[float, Rule]]] = []
    for pair in straight:
        if groups and pair[0] - groups[-1][-1][0] <= _SAME:
            groups[-1].append(pair)
        else:
            groups.append([pair])
    gaps = np.diff([group[0][0] for group in groups])
    least = _DOUBLE * float(np.median(gaps[gaps > 2 * _SAME])) if (gaps > 2 * _SAME).any() else 0.0
    for place_ in range(len(groups) - 1, 0, -1):
        if groups[place_][0][0] - groups[place_ - 1][-1][0] < least:
            groups[place_ - 1] += groups.pop(place_)
    return [_line_of(group) for group in groups]


def _line_of(group: Sequence[tuple[float, Rule]]) -> Line:
    lengths = [rule.length for _, rule in group]
    return Line(float(np.average([level for level, _ in group], weights=lengths)), tuple(r for _, r in group))


def _with_open_sides(lines: list[Line], crossed: list[Line], bends: Bends, size: int) -> list[Line]:
    """Add borders that nobody drew, where most rules of the other direction end together.

    Args:
        lines: Lines of one direction.
        crossed: Those of the other.
        bends: Of `lines`, and of `crossed`.
        size: Of the picture, along those that are crossed.
    """
    if not crossed:
        return lines
    bend = bends[0]
    firsts, lasts = [], []
    for line in crossed:
        ends = [
            (bend.level(rule.across[[0, -1]], rule.along[[0, -1]]), rule)  # along one is across the other
            for rule in line.rules
        ]
        firsts.append(min((level[0], rule.along[0] <= TOUCH) for level, rule in ends))
        lasts.append(max((level[1], rule.along[-1] >= size - TOUCH) for level, rule in ends))
    added = list(lines)
    levels = [line.level for line in lines]
    pitch = float(np.median(np.diff(levels))) if len(levels) > 1 else REACH
    for ends, side, outer in ((firsts, -1, min(levels, default=0)), (lasts, 1, max(levels, default=0))):
        farther = [(end, cut) for end, cut in ends if (end - outer) * side > max(0.4 * pitch, TOUCH)]
        beyond = np.array([end for end, _ in farther])
        if not levels or len(beyond) < max(2, len(ends) / 2):
            continue
        end = float(np.median(beyond))
        if np.mean(np.abs(beyond - end) <= 0.2 * abs(end - outer)) >= 0.6:
            added.append(Line(end, cut=bool(np.mean([cut for _, cut in farther]) > 0.5)))
    return sorted(added, key=lambda line: line.level)


@dataclass(frozen=True, slots=True, eq=False)
class _Straight:
    """The ridges of a page with the bend of one table taken out, so that its lines are straight."""

    across: Grey
    down: Grey
    left: float
    top: float

    @classmethod
    def of(cls, rows: list[Line], columns: list[Line], bends: Bends, ridge: tuple[Grey, Grey]) -> _Straight:
        left, right = columns[0].level - REACH, columns[-1].level + REACH
        top, bottom = rows[0].level - REACH, rows[-1].level + REACH
        u, v = np.arange(left, right + _COARSE, _COARSE), np.arange(top, bottom + _COARSE, _COARSE)
        x, y = place(
            np.broadcast_to(u, (len(v), len(u))), np.broadcast_to(v[:, None], (len(v), len(u))), bends
        )
        fine = np.mgrid[: (len(v) - 1) * _COARSE, : (len(u) - 1) * _COARSE].astype(np.float32) / _COARSE
        x, y = (cv2.remap(m.astype(np.float32), fine[1], fine[0], cv2.INTER_LINEAR) for m in (x, y))
        across, down = (np.asarray(cv2.remap(r, x, y, cv2.INTER_LINEAR), np.uint8) for r in ridge)
        return cls(across, down, left, top)

    def borders(self, rows: Sequence[Line], columns: Sequence[Line]) -> tuple[Floats, Floats]:
        """How much of each border is there, 0 to 1: above cells (R + 1, C), beside them (R, C + 1)."""
        ys = np.array([line.level for line in rows]) - self.top
        xs = np.array([line.level for line in columns]) - self.left
        above = _covers(self.across, _darkness(rows), ys, xs)
        beside = _covers(self.down.T, _darkness(columns), xs, ys).T
        # What nobody drew is there where the rules that end at it are.
        for place_, line in enumerate(columns):
            if not line.rules and not line.hidden:
                inner = min(place_, len(columns) - 2)
                ends = np.minimum(above[:-1, inner], above[1:, inner])
                beside[:, place_] = 1.0 if line.cut else ends
        for place_, line in enumerate(rows):
            if not line.rules and not line.hidden:
                inner = min(place_, len(rows) - 2)
                ends = np.minimum(beside[inner, :-1], beside[inner, 1:])
                above[place_] = 1.0 if line.cut else ends
        return above, beside

    def borders_at(self, levels: Floats, rows: Sequence[Line], columns: Sequence[Line]) -> Floats:
        """How much of each border a row's line would have at other levels, if tilted: (levels, C), 0 to 1."""
        xs = np.array([line.level for line in columns]) - self.left
        middle, size = (xs[0] + xs[-1]) / 2, self.across.shape[::-1]
        dark = np.full(len(levels), np.median(_darkness(rows)))
        tilted = []
        for tilt in _TILTS:
            shear = np.array([[1.0, 0.0, 0.0], [tilt, 1.0, -tilt * middle]])
            across = np.asarray(cv2.warpAffine(self.across, shear, size), np.uint8)
            tilted.append(_covers(across, dark, levels - self.top, xs))
        return np.max(tilted, axis=0)


def _darkness(lines: Sequence[Line]) -> Floats:
    """How dark each line is: as its palest piece, but no darker than pieces of all of them usually are."""
    usual = float(np.median([rule.darkness for line in lines for rule in line.rules] or [0.0]))
    return np.array([min([usual, *(rule.darkness for rule in line.rules)]) for line in lines])


def place(u: Floats, v: Floats, bends: Bends) -> tuple[Floats, Floats]:
    """Where on the page straightened coordinates lie; `bends` of the horizontal and vertical rules."""
    x, y = np.array(u, np.float64), np.array(v, np.float64)
    for _ in range(8):
        x, y = x + u - bends[1].level(y, x), y + v - bends[0].level(x, y)
    return x, y


def _covers(ridge: Grey, darkness: Floats, levels: Floats, others: Floats) -> Floats:
    """Part of the way from each other line to the next that is dark, near each line."""
    dark = np.maximum(_DARK, _HALF_DARK * darkness)[:, None, None]
    wide = np.asarray(cv2.dilate(ridge, np.ones((3, 1), np.uint8)))
    starts = np.clip(np.round(others[:-1]).astype(int) + 3, 0, wide.shape[1] - 1)
    ends = np.maximum(np.clip(np.round(others[1:]).astype(int) - 3, 1, wide.shape[1]), starts + 1)
    near = np.clip(np.round(levels).astype(int)[:, None] + np.arange(-3, 4), 0, len(wide) - 1)
    return np.asarray(_part(wide[near] >= dark, starts, ends).max(axis=1))


def _part(flags: Bools, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> Floats:
    """Part of each stretch of the last axis that is True."""
    sums = np.zeros((*flags.shape[:-1], flags.shape[-1] + 1), np.int32)
    np.cumsum(flags, axis=-1, out=sums[..., 1:])
    return np.asarray((sums[..., ends] - sums[..., starts]) / (ends - starts))


def _present(borders: Floats, levels: Sequence[float]) -> Bools:
    """Which borders are there: runs of likely ones that are dark enough as a whole.

    Args:
        borders: Dark part of each, 0 to 1; (lines, borders of a line).
        levels: Of the lines that end them.
    """
    gains = (borders - _PAR) * np.diff(levels)
    found = np.zeros(borders.shape, bool)
    for line, (border, gain) in enumerate(zip(borders, gains, strict=True)):
        likely = np.flatnonzero(border >= _LIKELY)
        for run in np.split(likely, np.flatnonzero(np.diff(likely) > 1) + 1):
            dark = run[border[run] >= _PAR]
            alone = len(dark) == 1 < len(border)
            if len(dark) == 0 or (alone and border[dark[0]] < _ALONE):
                continue
            stretch = slice(dark[0], dark[-1] + 1)
            found[line, stretch] = gain[stretch].sum() >= _ENOUGH
    return found


def _corners(rows: Sequence[Line], columns: Sequence[Line], bends: Bends) -> Floats:
    """Where lines meet: on the traced pieces where there are any, else where the bend has them."""
    u, v = np.meshgrid([line.level for line in columns], [line.level for line in rows])
    x, y = place(u, v, bends)
    for _ in range(2):
        y = np.stack([_on(line, x[i], bends[0]) for i, line in enumerate(rows)])
        x = np.stack([_on(line, y[:, j], bends[1]) for j, line in enumerate(columns)], axis=1)
    return np.stack([x, y], axis=2)


def _on(line: Line, along: Floats, bend: Bend) -> Floats:
    """Where a line lies across the page, at places along it."""
    across = bend.across(along, np.array(line.level))
    for rule in sorted(line.rules, key=lambda rule: rule.length):
        near = (along >= rule.along[0] - TOUCH) & (along <= rule.along[-1] + TOUCH)
        across = np.where(near, np.interp(along, rule.along, rule.across), across)
    return np.asarray(across)
