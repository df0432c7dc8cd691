"""Ruled tables found on a page: cells with their rows and columns, also on curled paper."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.documents.picture import to_grey
from inkling.elements import Layout, Page, Quadrilateral, Region
from inkling.layout.erasing import without_grids
from inkling.layout.grid import Grid, find_grids
from inkling.layout.printed import printed_cells
from inkling.layout.ruling import WORK_SIDE

_MOST_SCALE = 3.5
"""A small picture is enlarged by no more than this, or its rules become bars."""

_BORDERED = 0.6
"""Part of a cell's outline that is drawn, at least."""


def find_tables(page: Page) -> Layout:
    """Find the ruled tables of a page, and their cells.

    Args:
        page: Flat and upright, dark writing on paper near 255.

    Returns:
        Regions of the kind `cell`, table by table from top to bottom, each row by row.
    """
    grey = to_grey(page.image)
    scale = min(WORK_SIDE / max(grey.shape), _MOST_SCALE)
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    work = np.asarray(cv2.resize(grey, None, fx=scale, fy=scale, interpolation=way), np.uint8)
    tables = [(grid, cells) for grid in find_grids(work) if len(cells := _cells(grid, scale)) > 1]
    plain = without_grids(grey, [grid for grid, _ in tables], scale)
    regions = [replace(cell, table=table) for table, (_, cells) in enumerate(tables) for cell in cells]
    by_machine = printed_cells(plain, regions)
    regions = [replace(cell, printed=is_print) for cell, is_print in zip(regions, by_machine, strict=True)]
    return Layout(page.changed(plain, "rules removed", "of tables"), tuple(regions))


def _cells(grid: Grid, scale: float) -> list[Region]:
    """The cells of a grid, merged where the border between them is missing."""
    rows, columns = grid.corners.shape[0] - 1, grid.corners.shape[1] - 1
    taken = np.zeros((rows, columns), bool)
    cells = []
    for row in range(rows):
        for column in range(columns):
            if taken[row, column]:
                continue
            bottom, right = _reach(grid, taken, row, column)
            taken[row:bottom, column:right] = True
            if _drawn(grid, row, column, bottom, right) >= _BORDERED:
                cells.append(_region(grid.corners / scale, row, column, bottom, right))
    return cells


def _reach(grid: Grid, taken: NDArray[np.bool_], row: int, column: int) -> tuple[int, int]:
    """One past the last row and the last column of the cell that begins here."""
    rows, columns = taken.shape
    right = column + 1
    while right < columns and not grid.beside[row, right] and not taken[row, right]:
        right += 1
    bottom = row + 1
    while (
        bottom < rows
        and not grid.above[bottom, column:right].any()
        and not grid.beside[bottom, column + 1 : right].any()
    ):
        bottom += 1
    return bottom, right


def _drawn(grid: Grid, top: int, left: int, bottom: int, right: int) -> float:
    """Part of a cell's outline that is drawn; each side counts the same."""
    sides = (
        grid.above[top, left:right],
        grid.above[bottom, left:right],
        grid.beside[top:bottom, left],
        grid.beside[top:bottom, right],
    )
    return float(np.mean([side.mean() for side in sides]))


def _region(corners: NDArray[np.float64], top: int, left: int, bottom: int, right: int) -> Region:
    at = [(top, left), (top, right), (bottom, right), (bottom, left)]
    a, b, c, d = ((float(corners[i, j, 0]), float(corners[i, j, 1])) for i, j in at)
    return Region(
        "cell",
        Quadrilateral((a, b, c, d)),
        row=top,
        column=left,
        row_span=bottom - top,
        column_span=right - left,
    )
