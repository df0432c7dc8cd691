"""Print and handwriting told apart, cell by cell."""

from __future__ import annotations

import cv2
import numpy as np

from inkling.elements import Box, Quadrilateral, Region
from inkling.layout.printed import printed_cells

HIGH, WIDE = 50, 90


def cell(row: int, column: int) -> Region:
    """Where a cell stands on a page of cells without rules."""
    box = Box(column * WIDE, row * HIGH, (column + 1) * WIDE, (row + 1) * HIGH)
    return Region("cell", Quadrilateral.of(box), table=0, row=row, column=column)


def scrawl(page: np.ndarray, row: int, column: int, rng: np.random.Generator) -> None:
    """A few strokes such as no machine makes twice."""
    left, top = column * WIDE + int(rng.integers(8, 20)), row * HIGH + 4
    for digit in range(int(rng.integers(1, 4))):
        at = np.array([left + 22 * digit, top], np.float64)
        knots = np.column_stack([rng.uniform(0, 18, 5), np.sort(rng.uniform(0, rng.uniform(28, 42), 5))]) + at
        curve = np.array([np.interp(np.linspace(0, 4, 40), range(5), knots[:, axis]) for axis in (0, 1)]).T
        cv2.polylines(page, [curve.round().astype(np.int32)], False, 70, 2, cv2.LINE_AA)


def page_of(rows: int, columns: int, *, head: int) -> tuple[np.ndarray, list[Region]]:
    """Rows of print above rows of scrawls."""
    rng = np.random.default_rng(3)
    page = np.full((rows * HIGH, columns * WIDE), 255, np.uint8)
    for row in range(rows):
        for column in range(columns):
            if row < head:
                text = str(100 + 37 * row + 11 * column)
                cv2.putText(page, text, (column * WIDE + 22, row * HIGH + 32), 0, 0.7, 40, 2, cv2.LINE_AA)
            else:
                scrawl(page, row, column, rng)
    return page, [cell(row, column) for row in range(rows) for column in range(columns)]


def test_print_above_and_handwriting_below_are_told_apart() -> None:
    page, cells = page_of(7, 8, head=3)
    found = np.array(printed_cells(page, cells)).reshape(7, 8)
    assert found[:3].mean() >= 0.9
    assert found[3:].mean() <= 0.1


def test_a_blank_cell_is_not_printed() -> None:
    page, cells = page_of(4, 6, head=2)
    page[:HIGH, :WIDE] = 255
    assert not printed_cells(page, cells)[0]


def test_light_characters_on_a_dark_band_are_print() -> None:
    page, cells = page_of(4, 6, head=0)
    page[:HIGH] = 60
    for column in range(6):
        cv2.putText(page, "72", (column * WIDE + 22, 32), 0, 0.7, 255, 2, cv2.LINE_AA)
    found = printed_cells(page, cells)
    assert found[:6] == [True] * 6


def test_no_cells_and_cells_beyond_the_page() -> None:
    page = np.full((100, 100), 255, np.uint8)
    assert printed_cells(page, []) == []
    assert printed_cells(page, [cell(5, 5)]) == [False]
