"""Numbers that stand anywhere on a page, among words, print, boxes and doodles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.elements import Box, Layout, Page, Quadrilateral, Region
from inkling.layout.evidence import picture_of, read_evidence, shape_evidence
from inkling.layout.judgement import PRINTED_AT, lone_scores, number_scores, printed_scores
from inkling.layout.order import reading_order
from inkling.layout.pieces import LEAST_SIDE, Floats, Ints, Pieces, Places, find_pieces, members_of, words
from inkling.preprocessing.ink import ink_mask
from inkling.preprocessing.rules import find_rules, without_rules

Grey = NDArray[np.uint8]
Bools = NDArray[np.bool_]

WIDE, NARROW, IN_A_BOX, IN_A_ROW = 0.7, 0.3, 2.5, 2.5
"""Gaps, in heights: between digits that are written wide, between the letters of a word, between digits
in a closed box, between the words of a row."""

_LEAST_HEIGHT = 0.005
"""Numbers are at least as high as this part of the page's longer side, 1.5 mm on A4."""

_LINE_JUMP = 0.6
"""The next line begins where the middles of tall pieces jump by this part of their height."""

_MOST_MINUS = 1.0
"""A minus is no longer than digits are high, by this factor."""

_MOST_ASPECT = 25
"""No number is so many times as wide as high."""


class Candidates(NamedTuple):
    """Groups of pieces that may be numbers.

    Attributes:
        members: Of each of N, int64 (n,), the places of its pieces.
        wholes: int64 (N,), the place of the candidate that it is a part of, or −1.
        rows: int32 (N,), the row of writing that it stands in.
        boxes: int32 (N, 4), left, top, right and bottom, in pixels.
        shapes: float64 (N, len(SHAPES)), what `shape_evidence` says of it.
    """

    members: list[Places]
    wholes: Places
    rows: Ints
    boxes: Ints
    shapes: Floats


def find_numbers(page: Page, *, printed: bool = False) -> Layout:
    """Find every handwritten number on a page; letters, words and doodles are left alone.

    Ink is taken apart into pieces, and pieces that stand together are a candidate: once with wide
    gaps and, where that is no number, once more with narrow ones. Whether it is print is judged by
    its shapes, whether it is a number by what the line reader makes of it and of its row.

    Args:
        page: Grey uint8 (H, W), upright and levelled, paper near 255, as `flatten` gives it.
        printed: Whether printed numbers are wanted, too.

    Returns:
        A line for each number, in reading order, and the page with all but the numbers painted over.
    """
    ink = ink_mask(page.image)
    rules = find_rules(ink)
    grey = without_rules(page.image, rules)
    pieces = find_pieces(ink & ~rules.mask, rules.mask)
    candidates = find_candidates(pieces)
    by_machine = printed_scores(candidates.shapes, candidates.wholes) > PRINTED_AT
    numbers = _numbers(grey, pieces, candidates, by_machine, wanted=~by_machine | printed)
    found = [place for place in _ordered(candidates, numbers) if numbers[place]]
    regions = tuple(
        Region(
            "line",
            Quadrilateral.of(Box(*candidates.boxes[place].tolist())),
            printed=bool(by_machine[place]),
        )
        for place in found
    )
    alone = _alone(grey, ink, pieces, [candidates.members[place] for place in found])
    return Layout(page.changed(alone, "cleared", "of all but the numbers"), regions)


def find_candidates(pieces: Pieces) -> Candidates:
    """Group pieces: those that stand wide apart, each group followed by its narrower parts."""
    wide, narrow = words(pieces, WIDE, within_boxes=IN_A_BOX), words(pieces, NARROW)
    rows = np.empty(len(pieces.heights), np.int32)
    for number, line in enumerate(_lines(pieces, words(pieces, IN_A_ROW))):
        rows[line] = number
    least = max(LEAST_SIDE, _LEAST_HEIGHT * max(pieces.labels.shape))
    groups: list[Places] = []
    wholes: list[int] = []
    for members in (_without_guide(pieces, line) for line in _lines(pieces, wide)):
        if pieces.heights[members].max() < least or pieces.remains[members].all():
            continue
        whole, parts = len(groups), [members[part] for part in members_of(narrow[members])]
        parts = [part for part in parts if len(parts) > 1 and pieces.heights[part].max() >= least]
        groups += [members, *parts]
        wholes += [-1] + [whole] * len(parts)
    ends = [
        (*pieces.boxes[members, :2].min(axis=0), *pieces.boxes[members, 2:].max(axis=0)) for members in groups
    ]
    return Candidates(
        groups,
        np.array(wholes, np.int64),
        np.array([rows[members[0]] for members in groups], np.int32),
        np.array(ends, np.int32).reshape(-1, 4),
        shape_evidence(pieces, groups, rows),
    )


def _lines(pieces: Pieces, names: Ints) -> Iterator[Places]:
    """What stands together, line by line."""
    for members in members_of(names):
        yield from _lines_of(pieces, members)


def _lines_of(pieces: Pieces, members: Places) -> list[Places]:
    """A group, line by line where several stand close above each other, as in narrow rows they do."""
    middles = pieces.boxes[members, 1::2].mean(axis=1)
    heights = pieces.heights[members]
    tall = heights >= 0.5 * heights.max()
    levels = np.sort(middles[tall])
    jumps = np.flatnonzero(np.diff(levels) > _LINE_JUMP * np.median(heights[tall]))
    if len(jumps) == 0:
        return [members]
    lines = np.searchsorted((levels[jumps] + levels[jumps + 1]) / 2, middles)
    return [members[lines == line] for line in range(len(jumps) + 1)]


def _without_guide(pieces: Pieces, members: Places) -> Places:
    """A group without the stroke that leads to it from the left: it is longer than a minus, and as flat."""
    if len(members) < 2:
        return members
    first = members[pieces.boxes[members, 0].argmin()]
    left, top, right, bottom = pieces.boxes[first].tolist()
    height = float(pieces.heights[members].max())
    leads = right - left > _MOST_MINUS * height and bottom - top < 0.4 * height
    return members[members != first] if leads else members


def read_candidates(grey: Grey, pieces: Pieces, candidates: Candidates, places: Places) -> Floats:
    """`read_evidence` of some candidates."""
    return read_evidence([picture_of(grey, pieces, candidates.members[place]) for place in places])


def _numbers(grey: Grey, pieces: Pieces, candidates: Candidates, by_machine: Bools, wanted: Bools) -> Bools:
    """Which of the candidates wanted are numbers; a part is looked at only when its whole is none."""
    boxes, wholes = candidates.boxes, candidates.wholes
    short = boxes[:, 2] - boxes[:, 0] <= _MOST_ASPECT * (boxes[:, 3] - boxes[:, 1])
    alone = np.full(len(wholes), np.nan)
    numbers = np.zeros(len(wholes), bool)
    for turn in (wholes < 0, wholes >= 0):
        places = np.flatnonzero(turn & wanted & short & ~((wholes >= 0) & numbers[wholes]))
        read = read_candidates(grey, pieces, candidates, places)
        alone[places] = lone_scores(read, candidates.shapes[places], by_machine[places])
        scores = number_scores(alone, by_machine, candidates.rows, wholes)
        numbers[places] = scores[places] > 0
    return numbers


def _ordered(candidates: Candidates, numbers: Bools) -> list[int]:
    """Numbers and words in reading order: it is by the words that columns show."""
    wholes = candidates.wholes
    split = np.isin(np.arange(len(wholes)), wholes)
    standing = np.flatnonzero(numbers | ~(split | ((wholes >= 0) & numbers[wholes])))
    return [int(standing[place]) for place in reading_order(candidates.boxes[standing].astype(np.float64))]


def _alone(grey: Grey, ink: Bools, pieces: Pieces, groups: list[Places]) -> Grey:
    """A page on which nothing is left but some pieces."""
    wanted = np.zeros(len(pieces.boxes) + 1, np.uint8)
    for members in groups:
        wanted[members + 1] = 1
    fringe = np.ones((5, 5), np.uint8)
    kept, all_ink = cv2.dilate(wanted[pieces.labels], fringe), cv2.dilate(ink.astype(np.uint8), fringe)
    return np.where(all_ink > kept, np.uint8(255), grey).astype(np.uint8)
