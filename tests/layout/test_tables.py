"""Ruled tables: every cell is found, in its place, on flat, tilted and curled paper."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from inkling.elements import Page, Region
from inkling.layout.tables import find_tables

Edges = list[tuple[tuple[int, int], tuple[int, int]]]


def places(count: int, size: int, start: int = 60) -> list[int]:
    """Where lines stand that are `size` pixels apart."""
    return [start + size * line for line in range(count + 1)]


def sheet(rows: list[int], columns: list[int]) -> np.ndarray:
    """White paper with room for a table."""
    return np.full((rows[-1] + 60, columns[-1] + 60), 255, np.uint8)


def drawn(rows: list[int], columns: list[int], *, grey: int = 60, thick: int = 2) -> np.ndarray:
    """A table with all its lines."""
    page = sheet(rows, columns)
    for y in rows:
        cv2.line(page, (columns[0], y), (columns[-1], y), grey, thick)
    for x in columns:
        cv2.line(page, (x, rows[0]), (x, rows[-1]), grey, thick)
    return page


def cells_of(page: np.ndarray) -> dict[tuple[int, int, int], Region]:
    """The cells found, by table, row and column."""
    regions = find_tables(Page(page)).regions
    found = {(cell.table or 0, cell.row or 0, cell.column or 0): cell for cell in regions}
    assert len(found) == len(regions)
    return found


def furthest(cell: Region, corners: np.ndarray) -> float:
    """Greatest distance of a corner from where it should be."""
    return float(np.abs(np.array(cell.quad.corners) - corners).max())


def corners_at(rows: list[int], columns: list[int], row: int, column: int) -> np.ndarray:
    top, bottom, left, right = rows[row], rows[row + 1], columns[column], columns[column + 1]
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float64)


@settings(max_examples=8, deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate])
@given(
    st.integers(2, 9),
    st.integers(2, 8),
    st.integers(34, 70),
    st.integers(40, 110),
    st.floats(-0.03, 0.03),
    st.integers(1, 2),
    st.integers(0, 170),
)
def test_every_cell_of_a_grid_is_found_in_its_place(
    down: int, across: int, high: int, wide: int, tilt: float, thick: int, grey: int
) -> None:
    rows, columns = places(down, high, 160), places(across, wide, 160)
    page = drawn(rows, columns, grey=grey, thick=thick)
    matrix = np.array([[1.0, -tilt, tilt * page.shape[0] / 2], [tilt, 1.0, -tilt * page.shape[1] / 2]])
    page = cv2.warpAffine(page, matrix, page.shape[::-1], borderValue=255)
    found = cells_of(page)
    assert sorted(found) == [(0, row, column) for row in range(down) for column in range(across)]
    for (_, row, column), cell in found.items():
        corners = corners_at(rows, columns, row, column) @ matrix[:, :2].T + matrix[:, 2]
        assert furthest(cell, corners) <= 4
        assert (cell.row_span, cell.column_span) == (1, 1)


def test_cells_come_row_by_row() -> None:
    regions = find_tables(Page(drawn(places(3, 50), places(4, 80)))).regions
    assert [(cell.row, cell.column) for cell in regions] == [(r, c) for r in range(3) for c in range(4)]
    assert {cell.kind for cell in regions} == {"cell"}


@pytest.mark.parametrize("bulge", [12, -20])
def test_on_curled_paper_cells_follow_the_curl(bulge: int) -> None:
    rows, columns = places(7, 60), places(6, 100)
    page = drawn(rows, columns)
    height, width = page.shape
    y, x = np.mgrid[:height, :width].astype(np.float32)
    wave = bulge * np.sin(np.pi * x / width)
    bent = cv2.remap(page, x, (y - wave).astype(np.float32), cv2.INTER_LINEAR, borderValue=255)
    found = cells_of(bent)
    assert len(found) == 42
    for (_, row, column), cell in found.items():
        corners = corners_at(rows, columns, row, column)
        corners[:, 1] += bulge * np.sin(np.pi * corners[:, 0] / width)
        assert furthest(cell, corners) <= 5


def test_in_perspective() -> None:
    rows, columns = places(6, 60), places(5, 110)
    page = drawn(rows, columns)
    height, width = page.shape
    before = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    after = np.array([(14, 0), (width - 10, 16), (width, height), (0, height - 12)], np.float32)
    matrix = cv2.getPerspectiveTransform(before, after)
    found = cells_of(cv2.warpPerspective(page, matrix, (width, height), borderValue=255))
    assert len(found) == 30
    for (_, row, column), cell in found.items():
        corners = cv2.perspectiveTransform(corners_at(rows, columns, row, column)[None], matrix)[0]
        assert furthest(cell, corners) <= 4


def test_faint_lines_on_grainy_paper() -> None:
    rows, columns = places(6, 60), places(5, 110)
    page = drawn(rows, columns, grey=225).astype(np.float64)
    noise = np.random.default_rng(0).normal(0, 3, page.shape)
    assert len(cells_of(np.clip(page - 5 + noise, 0, 255).astype(np.uint8))) == 30


def test_broken_lines() -> None:
    rows, columns = places(6, 60), places(5, 110)
    page = drawn(rows, columns)
    rng = np.random.default_rng(1)
    for y in rows:
        for x in rng.integers(columns[0], columns[-1] - 10, 4):
            page[y - 3 : y + 4, x : x + 10] = 255
    for x in columns:
        for y in rng.integers(rows[0], rows[-1] - 8, 3):
            page[y : y + 8, x - 3 : x + 4] = 255
    found = cells_of(page)
    assert sorted(found) == [(0, row, column) for row in range(6) for column in range(5)]


def test_a_line_with_a_part_missing_goes_on_behind_it() -> None:
    rows, columns = places(5, 60), places(5, 110)
    page = drawn(rows, columns)
    page[rows[2] - 3 : rows[2] + 4, columns[1] + 40 : columns[2] - 20] = 255  # half of a border
    assert len(cells_of(page)) == 25


@pytest.mark.parametrize("side", ["left", "right"])
def test_rows_that_run_off_the_picture_have_their_cells_up_to_its_edge(side: str) -> None:
    """A column of numbers cut from a form: ruled on one side, each line begun with a stroke that fills it."""
    rows, columns = places(8, 70), [0, 400]
    page = drawn(rows, columns)
    for y in rows[2:6]:
        cv2.line(page, (0, y + 40), (180, y + 37), 40, 3)
    page = page if side == "left" else np.ascontiguousarray(page[:, ::-1])
    found = cells_of(page)
    assert sorted(found) == [(0, row, 0) for row in range(8)]
    edge = 0 if side == "left" else page.shape[1]
    for (_, row, _), cell in found.items():
        xs, ys = np.array(cell.quad.corners).T
        assert min(abs(xs - edge)) <= 5
        assert (ys.min(), ys.max()) == (pytest.approx(rows[row], abs=4), pytest.approx(rows[row + 1], abs=4))


@pytest.mark.parametrize("part", [0.5, 0.65])
def test_a_rule_that_writing_hides_most_of_still_parts_its_rows(part: float) -> None:
    rows, columns = places(8, 70), places(1, 400)
    page = drawn(rows, columns)
    hidden = round(part * 400)
    page[rows[3] - 2 : rows[3] + 3, 460 - hidden : 452] = 255
    for x in range(460 - hidden, 440, 50):  # zeros that reach across it
        cv2.ellipse(page, (x + 20, rows[3]), (17, 30), 0, 0, 360, 40, 3)
    assert len(cells_of(page)) == 8


def test_a_cell_that_is_twice_as_high_is_one_cell() -> None:
    rows, columns = places(8, 70), places(1, 400)
    page = drawn(rows, columns)
    page[rows[3] - 2 : rows[3] + 3, 65:455] = 255
    cv2.putText(page, "3407", (200, rows[3] + 25), cv2.FONT_HERSHEY_SIMPLEX, 2, 40, 3)
    found = cells_of(page)
    assert len(found) == 7
    assert found[0, 2, 0].row_span == 1


def test_merged_header_cells() -> None:
    rows, columns = places(5, 60), places(6, 100)
    page = drawn(rows, columns)
    for first, last in ((0, 2), (2, 6)):
        page[rows[0] + 3 : rows[1] - 2, columns[first] + 3 : columns[last] - 2] = 255
    page[rows[1] + 3 : rows[3] - 2, columns[0] + 3 : columns[1] - 2] = 255
    found = cells_of(page)
    spans = {place[1:]: (cell.row_span, cell.column_span) for place, cell in found.items()}
    merged = {place: span for place, span in spans.items() if span != (1, 1)}
    assert merged == {(0, 0): (1, 2), (0, 2): (1, 4), (1, 0): (2, 1)}
    assert len(found) == 2 + 1 + 4 * 6 - 2
    assert furthest(found[0, 0, 2], np.array([(260, 60), (660, 60), (660, 120), (260, 120)])) <= 3


def test_several_tables() -> None:
    first, second = drawn(places(3, 50), places(3, 120)), drawn(places(4, 50), places(3, 120))
    found = cells_of(np.vstack([first, second]))
    assert {place[0] for place in found} == {0, 1}
    assert sum(place[0] == 0 for place in found) == 9
    assert sum(place[0] == 1 for place in found) == 12


@pytest.mark.parametrize("side", ["left", "right", "both"])
def test_a_table_that_is_cut_off_is_open_at_its_side(side: str) -> None:
    rows, columns = places(5, 60), places(3, 120)
    page = drawn(rows, columns)
    left = columns[0] + 30 if side != "right" else 0
    right = columns[-1] - 30 if side != "left" else page.shape[1]
    found = cells_of(np.ascontiguousarray(page[:, left:right]))
    assert sorted(found) == [(0, row, column) for row in range(5) for column in range(3)]


def test_writing_on_the_lines_changes_nothing_and_stays_whole() -> None:
    rows, columns = places(4, 70), places(4, 110)
    page = drawn(rows, columns, grey=140)
    written = page.copy()
    for row in range(4):
        for column in range(4):
            at = (columns[column] + 25, rows[row + 1] + 4)  # its feet stand below the line
            cv2.putText(written, f"{row}{column}", at, cv2.FONT_HERSHEY_SIMPLEX, 1.2, 20, 3)
    layout = find_tables(Page(written))
    assert len(layout.regions) == 16
    ink, plain = written < 60, layout.page.image
    assert (plain[ink] < 100).mean() > 0.97
    assert (
        plain[(page < 200) & ~cv2.dilate(ink.astype(np.uint8), np.ones((9, 9))).astype(bool)] > 240
    ).mean() > 0.97


def test_the_rules_are_painted_white_and_the_page_says_so() -> None:
    page = drawn(places(4, 60), places(4, 100))
    layout = find_tables(Page(page))
    assert layout.page.image.min() > 240
    assert [change.name for change in layout.page.changes] == ["rules removed"]
    assert page.min() == 60


@pytest.mark.parametrize(
    "page",
    [
        np.full((400, 300), 255, np.uint8),
        np.zeros((300, 400), np.uint8),
        np.full((1, 1), 255, np.uint8),
        np.full((3, 900), 255, np.uint8),
        np.random.default_rng(0).integers(0, 256, (600, 700)).astype(np.uint8),
    ],
    ids=["white", "black", "one pixel", "a strip", "noise"],
)
def test_where_there_is_no_table_none_is_found(page: np.ndarray) -> None:
    assert find_tables(Page(page)).regions == ()


def test_a_frame_and_underlines_are_no_table() -> None:
    page = np.full((700, 900), 255, np.uint8)
    cv2.rectangle(page, (50, 50), (850, 650), 0, 2)
    for y in (200, 260, 320):
        cv2.line(page, (200, y), (600, y), 0, 2)
    assert find_tables(Page(page)).regions == ()


def test_text_is_no_table() -> None:
    page = np.full((900, 900), 255, np.uint8)
    for line in range(25):
        cv2.putText(page, "The quick brown fox jumps over 13 dogs", (40, 60 + 32 * line), 0, 0.9, 0, 2)
    assert find_tables(Page(page)).regions == ()
