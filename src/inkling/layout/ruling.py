"""Ruled lines traced over a page, each where it really runs: bent with the paper, broken, or faint."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Grey = NDArray[np.uint8]

WORK_SIDE = 1600
"""Pixels of the longer side of the picture in which rules are traced."""

REACH = WORK_SIDE // 28
"""A rule is seen where this many pixels along it are dark, nearly without a break."""

_HALF = 5
"""Rows above and below a rule at which the paper beside it is looked at; rules are thinner."""

_FAINTEST = 6
"""Grey levels by which a rule is darker than the paper on both sides of it, at least."""

_COVER = 0.66
"""Part of `REACH` that must be dark for a rule to be seen."""

_EDGE = 40
"""Grey levels between two coloured bands that meet without a rule, at least."""

_SLOPES = tuple(round(0.04 * step, 2) for step in range(-4, 5))
"""Rules are looked for in these directions: a flattened page still has its curls."""

_EVEN, _LIGHT = 0.35, 0.15
"""No more than this second part of what is seen of a rule is lighter than the first part of its
median depth; a line of text is, between the letters."""

_BRIDGE = round(0.7 * REACH)
"""Pixels that may be missing of a rule between two pieces of it."""

_MISS = 4.0
"""Pixels by which pieces of one rule miss each other at most."""

_MOST = 0.11
"""A picture of which more than this part is rules is noise."""

_BREAK = 4
"""A rule has ended where so many pixels are not dark."""

_STEP = 4
"""Rules are followed from one of every so many columns to the next."""


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """A traced piece of a rule: how far across the page it lies, by the place along it.

    Of a horizontal rule, `along` is x and `across` is y; of a vertical one it is the other way round.

    Attributes:
        along: float64 (N,), increasing, in pixels; gaps in it are gaps in the rule.
        across: float64 (N,), in pixels.
        darkness: How much darker it is than its surroundings, in grey levels, the median along it.
    """

    along: Floats
    across: Floats
    darkness: float

    @property
    def length(self) -> float:
        """From one end to the other, in pixels."""
        return float(self.along[-1] - self.along[0])


def trace_rules(grey: Grey) -> tuple[list[Rule], list[Rule]]:
    """Find the ruled lines of a level page.

    A rule is a ridge of the grey levels, dark on paper or light on a coloured band, or the edge where
    two bands meet. Ridges are averaged over `REACH` pixels in each of `_SLOPES`, which text does not
    survive and a faint rule does, and the peaks of the average are followed over the page.

    Args:
        grey: uint8 (H, W), paper near 255.

    Returns:
        Horizontal and vertical ones, in pixels of `grey`.
    """
    return _trace_across(grey), _trace_across(np.ascontiguousarray(grey.T))


def _trace_across(grey: Grey) -> list[Rule]:
    depth = depths(grey)
    return _joined(_follow(_covered(depth >= _FAINTEST), depth))


def _joined(rules: list[Rule]) -> list[Rule]:
    """Join pieces that go on in one line across a gap of up to `_BRIDGE` pixels."""
    done: list[Rule] = []
    for rule in sorted(rules, key=lambda rule: float(rule.along[0])):
        for place, before in enumerate(done):
            gap = float(rule.along[0] - before.along[-1])
            if 0 < gap <= _BRIDGE and _miss(before, rule) <= _MISS:
                darkness = np.average([before.darkness, rule.darkness], weights=[before.length, rule.length])
                along, across = np.append(before.along, rule.along), np.append(before.across, rule.across)
                done[place] = Rule(along, across, float(darkness))
                break
        else:
            done.append(rule)
    return done


def _miss(before: Rule, after: Rule) -> float:
    """Pixels by which two pieces, each gone on with straight, miss each other in the middle of the gap."""
    middle = (before.along[-1] + after.along[0]) / 2
    ends = []
    for rule, at, inner in (
        (before, -1, -min(len(before.along), 16)),
        (after, 0, min(len(after.along), 16) - 1),
    ):
        slope = (rule.across[at] - rule.across[inner]) / (rule.along[at] - rule.along[inner])
        ends.append(rule.across[at] + slope * (middle - rule.along[at]))
    return float(abs(ends[0] - ends[1]))


def depths(grey: Grey) -> Grey:
    """How much each pixel looks like one of a horizontal rule, in grey levels.

    On paper, by how much it is darker than what lies above and below; in a dark band also lighter.
    Where bands meet, the difference between them. 0 where it is no such thing.
    """
    soft = cv2.blur(grey, (3, 1)).astype(np.int16)
    padded = np.pad(soft, ((_HALF, _HALF), (0, 0)), mode="edge")
    up, down = padded[: -2 * _HALF], padded[2 * _HALF :]
    depth = np.minimum(up, down) - soft
    band = cv2.blur(grey, (10 * _HALF, 4 * _HALF)) < 170
    depth = np.where(band, np.maximum(depth, soft - np.maximum(up, down)), depth)
    near = padded[_HALF - 2 : -_HALF - 2] - padded[_HALF + 2 : len(padded) - _HALF + 2]
    edge = np.minimum(np.abs(near), np.abs(up - down)) * (near * np.sign(up - down) > 0)
    depth = np.where(edge >= _EDGE, np.maximum(depth, edge), depth)
    return np.asarray(np.clip(depth, 0, 255).astype(np.uint8))


def _covered(dark: NDArray[np.bool_]) -> NDArray[np.float32]:
    """The greatest part of `REACH` pixels along any slope that are dark, 0 to 1, for each pixel."""
    height, width = dark.shape
    wide = np.asarray(cv2.dilate(dark.astype(np.uint8) * np.uint8(255), np.ones((3, 1), np.uint8)), np.uint8)
    best = np.zeros((height, width), np.uint8)
    for slope in _SLOPES:
        shear = np.array([[1.0, 0.0, 0.0], [slope, 1.0, -slope * width / 2]])
        level = cv2.warpAffine(wide, shear, (width, height), flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP)
        mean = cv2.boxFilter(level, -1, (REACH, 1), borderType=cv2.BORDER_REPLICATE)
        best = np.maximum(best, cv2.warpAffine(mean, shear, (width, height), flags=cv2.INTER_NEAREST))
    return np.asarray(cv2.GaussianBlur(best.astype(np.float32) / 255, (1, 5), 1.2), np.float32)


def _follow(seen: NDArray[np.float32], depth: Grey) -> list[Rule]:
    """Follow the peaks of every `_STEP`th column into the next ones, over gaps of half of `REACH`."""
    columns = np.ascontiguousarray(seen[:, ::_STEP])
    top = cv2.dilate(columns, np.ones((7, 1), np.uint8))
    peaks = (columns >= _COVER) & (columns >= top)
    if peaks.mean() > _MOST:
        return []
    tracks: list[list[tuple[int, float]]] = []
    live: list[int] = []
    for place in range(columns.shape[1]):
        x = place * _STEP
        live = [track for track in live if x - tracks[track][-1][0] <= REACH // 2]
        rows = _peak_rows(peaks[:, place])
        taken = np.zeros(len(rows), bool)
        expected = np.array([_ahead(tracks[track], x) for track in live])
        for near in np.argsort(-np.array([len(tracks[track]) for track in live], int), kind="stable"):
            if not len(rows):
                break
            miss = np.where(taken, np.inf, np.abs(rows - expected[near]))
            best = int(np.argmin(miss))
            if miss[best] <= 3.0:
                taken[best] = True
                tracks[live[near]].append((x, float(rows[best])))
        for row in rows[~taken]:
            live.append(len(tracks))
            tracks.append([(x, float(row))])
    return _rules_of(tracks, depth)


def _peak_rows(peaks: NDArray[np.bool_]) -> Floats:
    """Middles of the runs of peaks in a column."""
    rows = np.flatnonzero(peaks)
    if not len(rows):
        return np.zeros(0)
    runs = np.split(rows, np.flatnonzero(np.diff(rows) > 2) + 1)
    return np.array([run.mean() for run in runs])


def _ahead(track: list[tuple[int, float]], x: int) -> float:
    """Where a track is to be expected at x."""
    last_x, last_y = track[-1]
    if len(track) < 6:
        return last_y
    first_x, first_y = track[-min(len(track), 20)]
    return last_y + (last_y - first_y) / (last_x - first_x) * (x - last_x)


def _rules_of(tracks: list[list[tuple[int, float]]], depth: Grey) -> list[Rule]:
    """Those tracks that are evenly dark, as a rule is and a line of text is not."""
    rules = []
    for track in tracks:
        along, across = np.array(track, np.float64).T
        length = along[-1] - along[0]
        if length < REACH or len(track) * _STEP < length / 2:
            continue
        x = np.arange(along[0], along[-1] + 1)
        rows, columns = np.round(np.interp(x, along, across)).astype(int), x.astype(int)
        nearby = [depth[np.clip(rows + shift, 0, len(depth) - 1), columns] for shift in (-1, 0, 1)]
        profile = np.max(nearby, axis=0)[np.isin(columns // _STEP, along.astype(int) // _STEP)]
        stretches = np.array_split(profile, max(1, 2 * len(profile) // REACH))
        light = sum(np.count_nonzero(stretch < _EVEN * np.median(stretch)) for stretch in stretches)
        if light <= _LIGHT * len(profile):
            ends = [_end(along, across, side, depth) for side in (-1, 1)]
            along = np.concatenate([ends[0][:1], along, ends[1][:1]])
            across = np.concatenate([ends[0][1:], across, ends[1][1:]])
            rules.append(Rule(along, across, float(np.median(profile))))
    return rules


def _end(along: Floats, across: Floats, side: int, depth: Grey) -> Floats:
    """Where a rule ends: along and across, or nothing when that is where its track does.

    The average over `REACH` is full only well inside a rule; from there on it is followed straight.
    """
    at = 0 if side < 0 else -1
    inner = min(len(along) - 1, REACH // _STEP) * -side + at
    slope = (across[at] - across[inner]) / (along[at] - along[inner])
    steps = np.arange(1, REACH)
    columns = along[at].astype(int) + side * steps
    rows = np.round(across[at] + slope * side * steps).astype(int)
    inside = (columns >= 0) & (columns < depth.shape[1])
    columns, rows = columns[inside], rows[inside]
    nearby = [depth[np.clip(rows + shift, 0, len(depth) - 1), columns] for shift in (-1, 0, 1)]
    dark = np.append(np.max(nearby, axis=0) >= _FAINTEST, [False] * _BREAK)
    stop = int(np.argmax(np.convolve(~dark, np.ones(_BREAK), mode="valid") == _BREAK))
    if stop == 0:
        return np.zeros(0)
    return np.array([columns[stop - 1], across[at] + slope * side * stop])
