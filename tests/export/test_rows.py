from __future__ import annotations

from dataclasses import astuple

import pytest
from read_pages import cell, example, failed, page_of, reading

from inkling.elements import Alternative, Box, PageReadings, Quadrilateral
from inkling.export.rows import COLUMNS, Row, rows_of


def test_the_columns_begin_as_those_of_single_lines_do() -> None:
    assert COLUMNS[:6] == ("source", "text", "confidence", "status", "reason", "alternatives")


def test_a_reading_is_a_row_with_everything_a_table_can_hold() -> None:
    others = (Alternative("4011", 0.02), Alternative("407", 0.01))
    page = page_of(
        reading("4071", Box(10, 20, 90, 44), alternatives=others, name="sum", confidence=0.95), number=3
    )
    assert list(rows_of(page, ["crops/a.png"])) == [
        Row(
            source="scans/sheet.png",
            text="4071",
            confidence=0.95,
            status="read",
            reason="",
            alternatives="4011; 407",
            page=3,
            field="sum",
            table=None,
            row=None,
            column=None,
            left=10,
            top=20,
            right=90,
            bottom=44,
            crop="crops/a.png",
        )
    ]


def test_a_cell_names_its_table_row_and_column() -> None:
    (row,) = rows_of(page_of(cell(2, 1, "7")))
    assert (row.table, row.row, row.column) == (0, 2, 1)


def test_a_turned_number_has_the_upright_box_around_it() -> None:
    (row,) = rows_of(page_of(reading("7", Quadrilateral(((30, 10), (40, 20), (20, 40), (10, 30))))))
    assert (row.left, row.top, row.right, row.bottom) == (10, 10, 40, 40)


@pytest.mark.parametrize(
    ("page", "told"),
    [
        (failed("a.pdf"), ("a.pdf", None, "", 0, "failed", "It is encrypted.")),
        (failed("a.pdf", 4), ("a.pdf", 4, "", 0, "failed", "It is encrypted.")),
        (page_of(number=2), ("scans/sheet.png", 2, "", 0, "blank", "No number was found on the page.")),
    ],
)
def test_a_page_without_readings_leaves_a_row_that_says_why(page: PageReadings, told: tuple[object]) -> None:
    (row,) = rows_of(page)
    assert (row.source, row.page, row.text, row.confidence, row.status, row.reason) == told
    assert {row.left, row.top, row.right, row.bottom} == {None}


def test_every_reading_is_a_row_in_reading_order() -> None:
    texts = [astuple(row)[1] for row in rows_of(example())]
    assert texts == ["4071", "88", "2024", "", "", "7", "12", "0034", "", "-5.5"]
