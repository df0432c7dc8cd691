"""Which cells of a table are printed, and which were filled in by hand."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.elements import Region
from inkling.layout.evidence import likeness
from inkling.layout.pieces import Floats, Pieces, Places, find_pieces
from inkling.preprocessing.ink import ink_mask

Grey = NDArray[np.uint8]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

EVIDENCE = ("same", "feet", "heads", "pen", "evenness", "count", "height", "darkness", "middle", "peers")

WEIGHTS = (5.726, -11.02, -7.011, 11.401, 2.674, 0.964, -16.628, 0.363, -11.134, 5.349, 5.033)
"""Of `EVIDENCE`, then the constant; fitted on drawn tables by `python benchmarks/printed_cells.py`."""

COMPANY = (0.98, 0.549, 0.372, 1.139)
"""Of a cell's own score, of the mean scores of its row and of its column, then the constant."""

_MOST_COMPANY = 4.0
"""Log-odds of a neighbour count no further than to this."""

_BAND = 150
"""A cell whose median is darker than this is a coloured band, and what stands on it is print."""

_UNTOLD = 0.25
"""How like others pieces are taken to be of which none is telling."""

_LEAST_HEIGHT = 6
"""Pixels that writing must be high."""


def printed_cells(grey: Grey, cells: Sequence[Region]) -> list[bool]:
    """Tell printed cells from handwritten ones; cells without ink are not printed.

    Print comes again in the same shape elsewhere on the page, stands on a straight line, and is of
    one height and one darkness; and a printed cell seldom stands alone in its row and its column.

    Args:
        grey: uint8 (H, W), paper near 255, without ruled lines.
        cells: Of tables on it.

    Returns:
        For each cell, whether what stands there is print.
    """
    if not cells:
        return []
    evidence, dark = cell_evidence(grey, cells)
    scores = evidence @ WEIGHTS[:-1] + WEIGHTS[-1]
    scores[dark] = _MOST_COMPANY
    own, row, column, constant = COMPANY
    beside = np.stack([_company(scores, keys) for keys in _neighbours(cells)])
    whole = own * scores + row * beside[0] + column * beside[1] + constant
    return [bool(band or score > 0) for band, score in zip(dark, whole, strict=True)]


def cell_evidence(grey: Grey, cells: Sequence[Region]) -> tuple[Floats, Bools]:
    """What the ink in cells says.

    Returns:
        float64 (N, len(EVIDENCE)), NaN for cells without ink; and which cells are dark bands.
    """
    ink = ink_mask(grey)
    pieces = find_pieces(ink, np.zeros_like(ink))
    owner, dark = _owners(grey, cells)
    centres = ((pieces.boxes[:, :2] + pieces.boxes[:, 2:]) // 2).astype(np.int64)
    home = owner[centres[:, 1], centres[:, 0]]
    home[pieces.heights < _LEAST_HEIGHT] = -1
    alike = likeness(pieces)
    ridge = _ridge(ink)
    evidence = np.full((len(cells), len(EVIDENCE)), np.nan)
    for place, cell in enumerate(cells):
        members = np.flatnonzero(home == place)
        if len(members) and not dark[place]:
            evidence[place] = _evidence_of(grey, pieces, members, alike, ridge, cell)
    return evidence, dark


def _owners(grey: Grey, cells: Sequence[Region]) -> tuple[Ints, Bools]:
    """Which cell each pixel is of, −1 for none; and which cells are dark."""
    owner = np.full(grey.shape, -1, np.int32)
    dark = np.zeros(len(cells), bool)
    for place, cell in enumerate(cells):
        corners = np.round(cell.quad.corners).astype(np.int32)
        cv2.fillConvexPoly(owner, corners, place)
        box = cell.quad.box
        window = (
            slice(max(int(box.top), 0), int(box.bottom) + 1),
            slice(max(int(box.left), 0), int(box.right) + 1),
        )
        inside = grey[window][owner[window] == place]
        dark[place] = len(inside) > 0 and float(np.median(inside)) < _BAND
    return owner.astype(np.int64), dark


def _ridge(ink: Bools) -> NDArray[np.float32]:
    """Half the width of the pen in the middle of strokes, 0 elsewhere."""
    inside = cv2.distanceTransform(ink.astype(np.uint8), cv2.DIST_L2, 3)
    top = cv2.dilate(inside, np.ones((3, 3), np.uint8))
    return np.where((inside > 0) & (inside >= top), inside, 0).astype(np.float32)


def _evidence_of(
    grey: Grey, pieces: Pieces, members: Places, alike: Floats, ridge: NDArray[np.float32], cell: Region
) -> Floats:
    heights = pieces.heights[members]
    tall = members[heights >= 0.5 * heights.max()]
    boxes, heights = pieces.boxes[tall], pieces.heights[tall]
    height = float(np.median(heights))
    told = alike[members][~np.isnan(alike[members])]
    left, top = boxes[:, :2].min(axis=0)
    right, bottom = boxes[:, 2:].max(axis=0)
    window = np.isin(pieces.labels[top:bottom, left:right], tall + 1)
    pens = ridge[top:bottom, left:right][window]
    pens = pens[pens > 0]
    shades = grey[top:bottom, left:right][window]
    near = np.abs(pieces.heights - height) <= np.maximum(0.04 * height, 1)
    peers = alike[near & ~np.isnan(alike)]
    box = cell.quad.box
    return np.array(
        [
            float(told.mean()) if len(told) else _UNTOLD,
            min(float(np.std(boxes[:, 3])) / height, 0.4),
            min(float(np.std(boxes[:, 1])) / height, 0.4),
            float(pens.mean()) / height if len(pens) else 0.05,
            float(pens.std() / pens.mean()) if len(pens) else 0.3,
            float(np.log(len(tall))),
            min(height / max(box.bottom - box.top, 1.0), 1.2),
            (255 - float(np.median(shades))) / 255,
            min(abs((left + right) / 2 - (box.left + box.right) / 2) / height, 1.0),
            float(peers.mean()) if len(peers) > 2 else _UNTOLD,
        ]
    )


def _neighbours(cells: Sequence[Region]) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Table and row, and table and column, of each cell."""
    rows = [(cell.table or 0, cell.row or 0) for cell in cells]
    columns = [(cell.table or 0, cell.column or 0) for cell in cells]
    return rows, columns


def _company(scores: Floats, keys: Sequence[tuple[int, int]]) -> Floats:
    """Mean score of the others with the same key, 0 where there are none."""
    _, groups = np.unique(np.array(keys), axis=0, return_inverse=True)
    groups = groups.ravel()
    there = ~np.isnan(scores)
    bounded = np.where(there, np.clip(np.nan_to_num(scores), -_MOST_COMPANY, _MOST_COMPANY), 0.0)
    sums = np.bincount(groups, bounded)[groups] - bounded
    others = np.bincount(groups, there)[groups] - there
    return np.asarray(sums / np.maximum(others, 1))
