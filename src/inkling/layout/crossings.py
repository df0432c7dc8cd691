"""Which traced rules belong together: those of one table cross each other, and end at each other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from inkling.layout.bend import Bend
from inkling.layout.ruling import Rule
from inkling.layout.strokes import without_strokes

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

Bends = tuple[Bend, Bend]
"""Of the horizontal rules of a table, and of the vertical ones."""

Table = tuple[list[Rule], list[Rule], Bends]
"""The horizontal rules of a table, the vertical ones, and how they are bent."""

TOUCH = 12.0
"""Pixels by which a rule may stop short of the one that it is to meet."""

_SHORT = 0.12
"""A rule that meets no other may stop short of one by this part of its length: writing hides its end."""

_EXTENDED = 0.5
"""A rule that meets no other may end on one gone on with straight, by up to this part of its length."""

_HALF = 0.4
"""Stray pieces in one line are a rule of a table if they are together as long as this part of its width."""

_BEYOND = 2.5
"""A rule may run on beyond the last that it meets by this many usual distances between rules: it may
be broken there, or the next rule too faint to be seen."""

_FAINT = 0.25
"""Rules of one table and one direction are at least this part as dark as the median of them."""

_STEEPEST = 0.2
"""An edge along which rules end leans no more than this against the rules that they meet."""

_SAME_END = 0.2
"""Part of the rules beside it that must end where a rule runs on to, for that side to be open."""


def tables_of(horizontal: Sequence[Rule], vertical: Sequence[Rule], shape: tuple[int, ...]) -> list[Table]:
    """Sort rules by the tables that they belong to, and leave out those that belong to none.

    Args:
        horizontal: Rules from left to right.
        vertical: Rules from top to bottom.
        shape: Of the picture.

    Returns:
        Of each table, its horizontal and vertical rules, and how they are bent.
    """
    horizontal, vertical = without_strokes(horizontal), without_strokes(vertical)
    tables: list[Table] = []
    todo = _groups(horizontal, vertical, shape)
    while todo:
        level, upright = (_alike(rules) for rules in todo.pop())
        bends = Bend.fit(level), Bend.fit(upright)
        rows, columns = _extents(level, bends), _extents(upright, bends[::-1])
        keep, keep_upright = _ending(rows, columns)
        if keep.all() and keep_upright.all():
            tables.append((level, upright, bends))
        else:
            todo += _groups(_those(level, keep), _those(upright, keep_upright), shape)
    return _settled(tables, horizontal, vertical)


def _settled(tables: list[Table], horizontal: Sequence[Rule], vertical: Sequence[Rule]) -> list[Table]:
    """Let the largest table take what lies within it, and so on; some may have nothing left."""
    settled = []
    used: set[int] = set()
    for level, upright, bends in sorted(tables, key=_length, reverse=True):
        if any(id(rule) in used for rule in (*level, *upright)):
            continue
        own = {id(rule) for rule in (*level, *upright)}
        stray = [[r for r in rules if id(r) not in used | own] for rules in (horizontal, vertical)]
        settled.append(_with_stray(level, upright, bends, stray))
        used |= {id(rule) for rule in (*settled[-1][0], *settled[-1][1])}
    return settled


def _length(table: Table) -> float:
    return sum(rule.length for rule in (*table[0], *table[1]))


def _with_stray(level: list[Rule], upright: list[Rule], bends: Bends, stray: list[list[Rule]]) -> Table:
    """Take in the pieces within a table that do not reach the rules they are to meet.

    They go on with a rule of it, or are long enough to be one together with those in line with them.
    """
    rows, columns = _extents(level, bends), _extents(upright, bends[::-1])
    more_rows = _fitting(stray[0], rows, columns, bends)
    more_columns = _fitting(stray[1], columns, rows, bends[::-1])
    if not more_rows and not more_columns:
        return level, upright, bends
    level, upright = level + more_rows, upright + more_columns
    return level, upright, (Bend.fit(level), Bend.fit(upright))


def _fitting(stray: Sequence[Rule], rules: Floats, others: Floats, bends: Bends) -> list[Rule]:
    """Those pieces that fit in among the rules of a table, or at its open end."""
    if not stray:
        return []
    pieces = _extents(stray, bends)
    first, last = rules[:, 1].min() - TOUCH, rules[:, 2].max() + TOUCH
    inside = (pieces[:, 1] >= first) & (pieces[:, 2] <= last)
    inside &= (pieces[:, 0] >= others[:, 1].min() - TOUCH) & (pieces[:, 0] <= others[:, 2].max() + TOUCH)
    on_line = (np.abs(pieces[:, None, 0] - rules[None, :, 0]) <= TOUCH / 2).any(axis=1)
    together = (np.abs(pieces[:, None, 0] - pieces[None, :, 0]) <= TOUCH / 2) @ (
        inside * (pieces[:, 2] - pieces[:, 1])
    )
    return _those(stray, inside & (on_line | (together >= _HALF * (last - first))))


def _alike(rules: Sequence[Rule]) -> list[Rule]:
    """Those that are not much fainter than most: folds, shadows, what shows through."""
    darkness = np.array([rule.darkness for rule in rules])
    lengths = np.array([rule.length for rule in rules])
    order = np.argsort(darkness)
    usual = darkness[order][np.searchsorted(np.cumsum(lengths[order]), lengths.sum() / 2)]
    return _those(rules, darkness >= _FAINT * usual)


def _those(rules: Sequence[Rule], keep: Bools) -> list[Rule]:
    return [rule for rule, kept in zip(rules, keep, strict=True) if kept]


def _groups(
    horizontal: Sequence[Rule], vertical: Sequence[Rule], shape: tuple[int, ...]
) -> list[tuple[list[Rule], list[Rule]]]:
    """Rules that hang together by crossings."""
    if not horizontal or not vertical:
        return []
    meets = _crossings(horizontal, vertical, shape)
    none = len(horizontal)
    labels = np.arange(none)
    while True:
        of_vertical = np.where(meets, labels[:, None], none).min(axis=0)
        smallest = np.minimum(labels, np.where(meets, of_vertical, none).min(axis=1))
        if np.array_equal(smallest, labels):
            break
        labels = smallest
    groups = [
        (_those(horizontal, labels == label), _those(vertical, of_vertical == label)) for label in set(labels)
    ]
    return [group for group in groups if group[1]]


def _crossings(horizontal: Sequence[Rule], vertical: Sequence[Rule], shape: tuple[int, ...]) -> Bools:
    """Which rules meet: (horizontal, vertical)."""
    height, width = shape
    rows = np.stack([_gone_on(rule, np.arange(width)) for rule in horizontal])
    columns = np.stack([_gone_on(rule, np.arange(height)) for rule in vertical])
    row, column = np.arange(len(horizontal))[:, None], np.arange(len(vertical))[None, :]
    x = np.tile(columns.mean(axis=1), (len(horizontal), 1))
    y = np.zeros_like(x)
    for _ in range(3):
        y = rows[row, np.clip(x.round().astype(int), 0, width - 1)]
        x = columns[column, np.clip(y.round().astype(int), 0, height - 1)]
    ends, column_ends = (
        np.array([rule.along[[0, -1]] for rule in rules]) for rules in (horizontal, vertical)
    )
    return _meeting(x, ends, y, column_ends)


def _gone_on(rule: Rule, along: NDArray[np.int64]) -> Floats:
    """How far across a rule lies, and beyond its ends how far it would if it went on straight."""
    slope = float(np.polyfit(rule.along, rule.across, 1)[0])
    beyond = along - np.clip(along, rule.along[0], rule.along[-1])
    return np.asarray(np.interp(along, rule.along, rule.across) + slope * beyond)


def _meeting(x: Floats, rows: Floats, y: Floats, columns: Floats) -> Bools:
    """Which rules meet: (rows, columns).

    Args:
        x: (rows, columns), where each column lies along each row.
        rows: (rows, 2), where they begin and end.
        y: (rows, columns), where each row lies along each column.
        columns: (columns, 2), where they begin and end.
    """
    first, last = rows[:, :1], rows[:, 1:]
    top, bottom = columns[:, 0], columns[:, 1]
    on_columns = _between(y, top, bottom, TOUCH)
    meets = _between(x, first, last, TOUCH) & on_columns
    short = _between(x, first, last, TOUCH + _SHORT * (last - first)) & on_columns
    ends = np.minimum(np.abs(x - first), np.abs(x - last)) <= 1.5 * TOUCH
    ends &= _between(y, top, bottom, _EXTENDED * (bottom - top))
    lost = ~meets.any(axis=1, keepdims=True)
    return np.asarray(meets | (lost & (short | ends)))


def _between(places: Floats, first: Floats, last: Floats, slack: Floats | float) -> Bools:
    return np.asarray((places >= first - slack) & (places <= last + slack))


def _extents(rules: Sequence[Rule], bends: Bends) -> Floats:
    """Level, first and last end of each rule in straightened coordinates, (N, 3).

    Args:
        rules: Of one direction.
        bends: Of that direction, and of the other.
    """
    return np.array(
        [
            (
                np.median(bends[0].level(rule.along, rule.across)),
                *bends[1].level(rule.across[[0, -1]], rule.along[[0, -1]]),
            )
            for rule in rules
        ]
    )


def _meets(rows: Floats, columns: Floats) -> Bools:
    """Which rules meet in straightened coordinates: (rows, columns)."""
    shape = len(rows), len(columns)
    x, y = np.broadcast_to(columns[:, 0], shape), np.broadcast_to(rows[:, :1], shape)
    return _meeting(x, rows[:, 1:], y, columns[:, 1:])


def _ending(rows: Floats, columns: Floats) -> tuple[Bools, Bools]:
    """Which rules are left when those that run on beyond the others are dropped, the farthest first."""
    meets = _meets(rows, columns)
    keep, keep_upright = np.ones(len(rows), bool), np.ones(len(columns), bool)
    while keep.any() and keep_upright.any():
        farthest = -1.0
        for rules, others, met, kept, others_kept in (
            (rows, columns, meets, keep, keep_upright),
            (columns, rows, meets.T, keep_upright, keep),
        ):
            beyond = np.where(kept, _beyond(rules, others, met & others_kept, kept), 0.0)
            if beyond.max() > max(farthest, _BEYOND):
                farthest, worst = float(beyond.max()), (kept, int(np.argmax(beyond)))
        if farthest < 0:
            break
        worst[0][worst[1]] = False
    return keep, keep_upright


def _beyond(rules: Floats, others: Floats, meets: Bools, keep: Bools) -> Floats:
    """How far rules run on beyond the last that they meet, in usual distances between those.

    A crease or the stroke of a pen runs on. On an open side rules do as well, but to where others of
    their direction end; that is 0.
    """
    gaps = np.diff(np.sort(others[meets.any(axis=0), 0]))
    usual = float(np.median(gaps[gaps > TOUCH])) if (gaps > TOUCH).any() else max(np.ptp(rules[:, 1:]), 1.0)
    first = np.where(meets, others[None, :, 0], np.inf).min(axis=1) - rules[:, 1]
    last = rules[:, 2] - np.where(meets, others[None, :, 0], -np.inf).max(axis=1)
    farthest = np.zeros(len(rules))
    for beyond, end in ((first, rules[:, 1]), (last, rules[:, 2])):
        straight = end - _edge(rules[:, 0], end)
        alike = np.abs(straight[:, None] - straight[None]) <= TOUCH
        company = (alike & keep).sum(axis=1) - 1
        alone = company < max(1.0, _SAME_END * np.count_nonzero(keep))
        farthest = np.where(alone, np.maximum(farthest, beyond), farthest)
    farthest[~meets.any(axis=1)] = np.inf
    return farthest / usual


def _edge(levels: Floats, ends: Floats) -> Floats:
    """How far an edge at which rules end together moves with their levels, in pixels, (N,).

    A photograph cuts a table off along its own edge, which need not be parallel to the rules. The slope
    is the median of those of all pairs (H. Theil, 1950), so that up to a third of the rules may end
    elsewhere; a steep one is no edge.
    """
    apart = levels[:, None] - levels[None]
    pairs = np.abs(apart) > TOUCH
    if not pairs.any():
        return np.zeros(len(levels))
    slope = float(np.median((ends[:, None] - ends[None])[pairs] / apart[pairs]))
    return levels * slope if abs(slope) <= _STEEPEST else np.zeros(len(levels))
