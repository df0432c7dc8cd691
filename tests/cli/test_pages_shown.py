"""What people see of the pages that were read, at 80 columns."""

from __future__ import annotations

import pytest

from inkling.cli.pages_shown import ShownPages
from inkling.elements import Box, PageReadings, Quadrilateral, Reading, Region

PLACE = Quadrilateral.of(Box(0, 0, 9, 9))


def cell(row: int, column: int, text: str, table: int = 0) -> Reading:
    region = Region("cell", PLACE, table=table, row=row, column=column)
    signs = {"·": "blank", "?": "illegible", "!": "failed"}
    if text in signs:
        return Reading("", 0.5, signs[text], "Why.", region=region)  # type: ignore[arg-type]
    if text.endswith("*"):
        return Reading(text[:-1], 0.5, "doubtful", "Why.", region=region)
    return Reading(text, 0.99, "read", region=region)


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> ShownPages:
    monkeypatch.setenv("COLUMNS", "80")
    return ShownPages()


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [line.rstrip() for line in capsys.readouterr().out.splitlines()]


def test_a_table_has_its_shape_and_signs_where_no_number_is(
    shown: ShownPages, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [["12", "7", "·"], ["?", "305*", "!"], ["1", "", "9*"]]
    cells = [cell(y, x, text) for y, row in enumerate(rows) for x, text in enumerate(row) if text]
    shown.show([PageReadings("card.png", 1, tuple(cells))])
    shown.close()
    assert lines(capsys) == [
        "card.png, page 1",
        "  12    7  ·",
        "   ?  305* !",
        "   1       9*",
        "",
        "1 page: 3 read, 2 doubtful (*), 1 blank (·), 1 illegible (?), 1 failed (!)",
    ]


def test_a_table_that_is_too_wide_comes_in_parts(
    shown: ShownPages, capsys: pytest.CaptureFixture[str]
) -> None:
    cells = [cell(y, x, f"{x:03}{y}") for y in range(2) for x in range(30)]
    shown.show([PageReadings("card.png", 1, tuple(cells))])
    _, *table, end = lines(capsys)
    assert [line for line in table if "columns" in line] == [
        f"  columns {first} to {last}" for first, last in ((1, 13), (14, 26), (27, 30))
    ]
    for y in range(2):
        written = [
            word for line in table for word in line.split() if word.endswith(str(y)) and len(word) == 4
        ]
        assert written == [f"{x:03}{y}" for x in range(30)]
    assert all(len(line) <= 80 for line in table)
    assert end == ""


def test_each_table_of_a_page_is_shown_by_itself(
    shown: ShownPages, capsys: pytest.CaptureFixture[str]
) -> None:
    cells = (cell(0, 0, "1"), cell(0, 1, "2"), cell(0, 0, "33", table=1))
    shown.show([PageReadings("card.png", 1, cells)])
    assert lines(capsys)[1:3] == ["  1  2", "  33"]


@pytest.mark.parametrize(
    ("pages", "said"),
    [
        ([], "Nothing is left to read."),
        ([""], "1 page: no numbers"),
        (["It is torn."], "1 page, failed"),
        (["It is torn."] * 2, "2 pages, failed"),
        (["It is torn.", ""], "2 pages, 1 of them failed: no numbers"),
    ],
)
def test_the_end_says_what_came_of_all(
    shown: ShownPages, capsys: pytest.CaptureFixture[str], pages: list[str], said: str
) -> None:
    shown.show([PageReadings("a.pdf", number, reason=reason) for number, reason in enumerate(pages, 1)])
    shown.close()
    assert lines(capsys)[-1] == said
