"""The rules of a table painted over, and the strokes that cross them left whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.layout.grid import Grid
from inkling.preprocessing.ink import ink_mask

Grey = NDArray[np.uint8]
Bools = NDArray[np.bool_]
Places = NDArray[np.int64]

_REACH = 12
"""Pixels of the traced picture on both sides of a rule in which it is looked for; rules are drawn
double, and are traced to a pixel or two."""

_PAPER = 200
"""Beside a rule that is to be painted over there is paper at least as light as this."""

_FAINTEST = 6
"""Grey levels by which a rule is darker than its paper at least."""

_GAP, _FRINGE = 4, 2
"""Pixels between the two of a double rule, and those beside a rule that may be of it as well."""

_SOLID = 0.65
"""Part of a border that is dark, at least; a stroke that was taken for one is shorter."""

_CRUMB = 0.8
"""A piece of ink of which this part lies on rules is no writing."""

_DARKER = 45
"""Grey levels by which a stroke that runs along a rule is darker than the rule."""


@dataclass(frozen=True, slots=True, eq=False)
class _Strip:
    """The border of a cell, straight, with what lies on both sides of it.

    Attributes:
        rows, columns: int (2 * reach + 1, N), where its pixels are on the page.
        profile: uint8 (2 * reach + 1,), the usual grey across the rule.
        first, last: Rows of the strip that the rule fills, both inside.
        across: Whether the rule runs from left to right.
    """

    rows: Places
    columns: Places
    profile: Grey
    first: int
    last: int
    across: bool


def without_grids(grey: Grey, grids: Sequence[Grid], scale: float) -> Grey:
    """Paint the rules of tables white.

    A pixel of a rule stays when ink goes on from it on that side, when it is much darker than the
    rule is elsewhere, or when the paper beside is dark: then it is the edge of a band.

    Args:
        grey: uint8 (H, W), paper near 255.
        grids: As found on the page.
        scale: Pixels of the picture that the grids were found on to one of `grey`.

    Returns:
        A new picture, uint8 (H, W).
    """
    strips = [strip for grid in grids for strip in _strips(grey, grid, scale)]
    bands = np.zeros((2, *grey.shape), bool)
    for strip in strips:
        inside = slice(strip.first, strip.last + 1)
        bands[int(strip.across), strip.rows[inside], strip.columns[inside]] = True
    ink = ink_mask(grey)
    gone = np.zeros(grey.shape, bool)
    for strip in strips:
        inside = slice(strip.first, strip.last + 1)
        gone[strip.rows[inside], strip.columns[inside]] |= ~_strokes(strip, grey, ink, bands)
    gone |= _crumbs(ink & ~gone, bands[0] | bands[1])
    return np.where(gone, np.uint8(255), grey)


def _crumbs(ink: Bools, band: Bools) -> Bools:
    """Pieces of ink that lie within the rules, or nearly so: what is left of a wavering rule."""
    near = cv2.dilate(band.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    count, pieces = cv2.connectedComponents(ink.astype(np.uint8), connectivity=8)
    whole = np.bincount(pieces.ravel(), minlength=count)
    within = np.bincount(pieces[near], minlength=count)
    crumb = within >= _CRUMB * whole
    crumb[0] = False
    return np.asarray(
        cv2.dilate(crumb[pieces].astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool) & near
    )


def _strokes(strip: _Strip, grey: Grey, ink: Bools, bands: Bools) -> Bools:
    """Which pixels of a rule show a stroke, (last - first + 1, N)."""
    inside = slice(strip.first, strip.last + 1)
    rows, columns = strip.rows, strip.columns
    crossing = bands[int(not strip.across), rows, columns]
    written = ink[rows, columns] & ~crossing
    darker = (
        grey[rows, columns].astype(np.int16) < strip.profile[:, None].astype(np.int16) - _DARKER
    ) & written
    above = _beside(written[max(strip.first - 2, 0) : strip.first])
    below = _beside(written[strip.last + 1 : strip.last + 3])
    half = (np.arange(strip.last - strip.first + 1) * 2 < strip.last - strip.first)[:, None]
    goes_on = (above & below) | (above & half) | (below & ~half)
    return np.asarray((goes_on & ink[rows, columns][inside]) | darker[inside])


def _beside(written: Bools) -> Bools:
    """Columns in which, or next to which, there is writing."""
    there = np.pad(written.any(axis=0), 1)
    return np.asarray(there[1:-1] | there[:-2] | there[2:])


def _strips(grey: Grey, grid: Grid, scale: float) -> Iterator[_Strip]:
    """A strip of each border that is there and is a line on paper."""
    reach = max(7, round(_REACH / scale))
    corners = grid.corners / scale
    for row, column in np.argwhere(grid.above):
        strip = _strip(grey, corners[row, column], corners[row, column + 1], reach, across=True)
        if strip is not None:
            yield strip
    for row, column in np.argwhere(grid.beside):
        strip = _strip(grey, corners[row, column], corners[row + 1, column], reach, across=False)
        if strip is not None:
            yield strip


def _strip(
    grey: Grey, start: NDArray[np.float64], end: NDArray[np.float64], reach: int, *, across: bool
) -> _Strip | None:
    axis = 0 if across else 1
    along = np.arange(round(start[axis]), round(end[axis]) + 1)
    if len(along) < 3:
        return None
    middle = np.interp(along, (start[axis], end[axis]), (start[1 - axis], end[1 - axis]))
    side = np.round(middle[None] + np.arange(-reach, reach + 1)[:, None]).astype(np.int64)
    rows, columns = (side, along[None]) if across else (along[None], side)
    rows, columns = np.broadcast_arrays(
        np.clip(rows, 0, grey.shape[0] - 1), np.clip(columns, 0, grey.shape[1] - 1)
    )
    values = grey[rows, columns]
    profile = np.median(values, axis=1).astype(np.uint8)
    run = _rule_in(profile)
    if run is None:
        return None
    half = (int(profile[run[0]]) + int(profile[run[0] : run[1] + 1].min())) // 2
    if np.mean(values[run[0] : run[1] + 1].min(axis=0) <= half) < _SOLID:
        return None
    return _Strip(rows, columns, profile, run[0], run[1], across)


def _rule_in(profile: Grey) -> tuple[int, int] | None:
    """First and last place of a rule, single or double, near the middle; None if it has no paper beside."""
    middle = len(profile) // 2
    depth = int(np.quantile(profile, 0.75)) - profile.astype(np.int64)
    near = slice(middle - middle // 2, middle + middle // 2 + 1)
    darkest = near.start + int(np.argmax(depth[near]))
    dark = depth > max(_FAINTEST, 0.3 * depth[darkest])
    if not dark[darkest]:
        return None
    first, last = darkest, darkest
    for place in range(darkest, -1, -1):
        first = place if dark[place] and first - place <= _GAP else first
    for place in range(darkest, len(profile)):
        last = place if dark[place] and place - last <= _GAP else last
    first, last = first - _FRINGE, last + _FRINGE
    if first < 1 or last > len(profile) - 2 or min(profile[first - 1], profile[last + 1]) < _PAPER:
        return None
    return first, last
