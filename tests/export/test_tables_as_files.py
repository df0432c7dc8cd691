from __future__ import annotations

import csv
import re
import sys
import zipfile
from dataclasses import astuple
from pathlib import Path

import openpyxl
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from read_pages import cell, example, failed, page_of, picture_of, reading

import inkling.export.excel
import inkling.export.parquet
from inkling.elements import Box, PageReadings
from inkling.errors import MissingExtraError, UsageError
from inkling.export.crops import Crops
from inkling.export.excel import Excel
from inkling.export.names import Stems
from inkling.export.parquet import Parquet
from inkling.export.rows import COLUMNS, rows_of
from inkling.export.table_csv import TableCsv
from inkling.export.writing import Writer

NUMBER = Box(40, 40, 130, 70)
HOSTILE = "=cmd|'/c calc'!A0"


def write(writer: Writer, *pages: PageReadings) -> None:
    with writer:
        for page in pages:
            writer.write(picture_of(page), page)


def sheet(path: Path) -> openpyxl.worksheet.worksheet.Worksheet:
    return openpyxl.load_workbook(path).active


def test_parquet_has_the_rows_and_their_types(tmp_path: Path) -> None:
    write(Parquet(tmp_path / "out.parquet"), example(), failed())
    table = pyarrow.parquet.read_table(tmp_path / "out.parquet")
    assert tuple(table.column_names) == COLUMNS
    rows = [astuple(row) for page in (example(), failed()) for row in rows_of(page)]
    assert [tuple(row.values()) for row in table.to_pylist()] == rows
    types = {name: str(table.schema.field(name).type) for name in COLUMNS}
    assert {types[name] for name in ("page", "table", "row", "column")} == {"int32"}
    assert {types[name] for name in ("confidence", "left", "top", "right", "bottom")} == {"double"}
    assert {types[name] for name in ("source", "text", "status", "crop")} == {"string"}


def test_parquet_of_no_page_has_its_columns(tmp_path: Path) -> None:
    write(Parquet(tmp_path / "out.parquet"))
    assert tuple(pyarrow.parquet.read_table(tmp_path / "out.parquet").column_names) == COLUMNS


def test_parquet_is_written_group_by_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inkling.export.parquet, "_GROUP", 25)
    write(Parquet(tmp_path / "out.parquet"), *[example()] * 7)
    found = pyarrow.parquet.ParquetFile(tmp_path / "out.parquet").metadata
    assert [found.row_group(place).num_rows for place in range(found.num_row_groups)] == [30, 30, 10]


def test_excel_has_the_rows_and_their_types(tmp_path: Path) -> None:
    write(Excel(tmp_path / "out.xlsx"), example(), failed())
    names, *rows = sheet(tmp_path / "out.xlsx").iter_rows(values_only=True)
    assert names == COLUMNS
    expected = [astuple(row) for page in (example(), failed()) for row in rows_of(page)]
    assert rows == [tuple(None if value == "" else value for value in row) for row in expected]


def test_excel_shows_at_a_glance_what_is_not_to_be_trusted(tmp_path: Path) -> None:
    write(Excel(tmp_path / "out.xlsx"), example(), failed())
    found = sheet(tmp_path / "out.xlsx")
    status, sure = COLUMNS.index("status"), COLUMNS.index("confidence")
    colours: dict[str, set[str]] = {}
    for row in list(found.iter_rows())[1:]:
        filled = row[0].fill.fgColor.rgb if row[0].fill.fill_type else ""
        colours.setdefault(row[status].value, set()).add(filled)
        assert row[sure].number_format == "0.00%"
    assert colours.pop("read") == {""}
    assert len({colour for each in colours.values() for colour in each}) == len(colours) == 4
    assert found.freeze_panes == "A2"


def test_excel_runs_nothing_and_keeps_leading_zeros(tmp_path: Path) -> None:
    page = page_of(reading("007", NUMBER, name=HOSTILE, reason="@SUM(A1)"), source=HOSTILE)
    write(Excel(tmp_path / "out.xlsx"), page)
    for each in sheet(tmp_path / "out.xlsx")[2]:
        if isinstance(each.value, str):
            assert each.data_type == "s"
            assert each.quotePrefix
    row = dict(zip(COLUMNS, sheet(tmp_path / "out.xlsx")[2], strict=True))
    assert (row["source"].value, row["text"].value, row["field"].value) == (HOSTILE, "007", HOSTILE)
    with zipfile.ZipFile(tmp_path / "out.xlsx") as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")


def test_excel_takes_no_text_for_its_own_xml(tmp_path: Path) -> None:
    hostile = '<r></r></is></c><c r="Z2"><f>1+1</f></c><c r="A3" t="inlineStr"><is><r></r>'
    write(Excel(tmp_path / "out.xlsx"), page_of(source=hostile))
    found = sheet(tmp_path / "out.xlsx")
    assert found["A2"].value == f" {hostile}"
    assert found.dimensions == "A1:P2"


@settings(max_examples=30)
@given(st.text(st.characters(exclude_categories=()), max_size=20))
def test_no_text_breaks_a_table(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.mktemp("tables")
    write(Excel(folder / "out.xlsx"), page_of(source=text))
    write(Parquet(folder / "out.parquet"), page_of(source=text))
    kept = pyarrow.parquet.read_table(folder / "out.parquet")["source"][0].as_py()
    assert len(kept) == len(text)
    assert all(a == b or b == "\ufffd" for a, b in zip(text, kept, strict=True))
    with zipfile.ZipFile(folder / "out.xlsx") as archive:
        root = etree.fromstring(archive.read("xl/worksheets/sheet1.xml"))
    cells = root.xpath("//*[local-name()='row'][2]//*[local-name()='t']")
    assert [unescaped(each.text) for each in cells[:1] if text] == [kept] * bool(text)


def unescaped(text: str) -> str:
    """What Excel shows: `_x000D_` is a carriage return (ECMA-376 part 1, 22.9.2.19)."""
    return re.sub("_x([0-9A-F]{4})_", lambda found: chr(int(found[1], 16)), text)


def test_excel_links_to_the_crops(tmp_path: Path) -> None:
    page = page_of(reading("4", NUMBER, name="sum total"), source="a b.png")
    with Crops(tmp_path / "the crops") as crops:
        write(crops, page)
    write(Excel(tmp_path / "out.xlsx", crops=crops), page, failed())
    last = sheet(tmp_path / "out.xlsx")["P2"]
    assert last.value == "the crops/a_b-p1-sum_total.png"
    assert last.hyperlink.target == r"the%20crops\a_b-p1-sum_total.png"  # as Excel writes it
    assert sheet(tmp_path / "out.xlsx")["P3"].hyperlink is None


def test_excel_has_no_more_and_no_longer_links_than_it_opens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inkling.export.excel, "_MOST_LINKS", 1)
    page = page_of(reading("4", NUMBER), reading("5", NUMBER))
    with Crops(tmp_path / "crops") as crops:
        write(crops, page)
    write(Excel(tmp_path / "out.xlsx", crops=crops), page)
    found = sheet(tmp_path / "out.xlsx")
    assert [found[place].hyperlink is None for place in ("P2", "P3")] == [False, True]
    with Crops(tmp_path.joinpath(*["ж" * 120] * 3)) as crops:
        write(crops, page)
    write(Excel(tmp_path / "out.xlsx", crops=crops), page)
    last = sheet(tmp_path / "out.xlsx")["P2"]
    assert last.value.startswith("жжж")
    assert last.hyperlink is None


@pytest.mark.parametrize(("make", "package"), [(Parquet, "pyarrow"), (Excel, "xlsxwriter")])
def test_a_package_that_is_missing_is_named_with_its_extra(
    make: type, package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtraError, match=r"inkling\[export\]"):
        make(tmp_path / "out")


def test_a_sheet_of_excel_that_is_full_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inkling.export.excel, "_MOST_ROWS", 11)
    write(Excel(tmp_path / "out.xlsx"), example())
    with pytest.raises(UsageError, match="no more than 11 rows"):
        write(Excel(tmp_path / "more.xlsx"), example(), failed())
    assert not (tmp_path / "more.xlsx").exists()


def grids(folder: Path) -> dict[str, list[list[str]]]:
    return {
        path.name: list(csv.reader(path.read_text("utf-8").splitlines())) for path in sorted(folder.iterdir())
    }


def test_a_table_has_the_shape_that_it_has_on_paper(tmp_path: Path) -> None:
    write(TableCsv(tmp_path), example(), failed())
    assert grids(tmp_path) == {
        "sheet-p1-t0.confidence.csv": [["0.995000", ""], ["0.995000", "0.995000"], ["", "0.995000"]],
        "sheet-p1-t0.csv": [["12", ""], ["0034", ""], ["", "-5.5"]],
    }


def test_what_could_not_be_read_does_not_look_empty(tmp_path: Path) -> None:
    crossed = cell(0, 0, "", status="illegible", reason="It is crossed out.", confidence=0.8)
    broken = cell(0, 1, "", status="failed", reason="It is 3 pixels high.", confidence=0.0)
    write(TableCsv(tmp_path), page_of(crossed, broken, cell(0, 2, "")))
    assert grids(tmp_path)["sheet-p1-t0.csv"] == [["?", "?", ""]]


def test_tables_of_pages_documents_and_forms_do_not_meet(tmp_path: Path) -> None:
    two = page_of(cell(0, 0, "1"), cell(0, 0, "2", table=1), number=2)
    form = page_of(
        cell(0, 0, "3", name="votes/men"), cell(0, 0, "4", name="votes men", table=None), source="b/sheet.tif"
    )
    write(TableCsv(tmp_path, Stems()), page_of(cell(0, 0, "0")), two, form)
    values = {name: grid for name, grid in grids(tmp_path).items() if ".confidence" not in name}
    assert values == {
        "sheet-p1-t0.csv": [["0"]],
        "sheet-p2-t0.csv": [["1"]],
        "sheet-p2-t1.csv": [["2"]],
        "sheet-2-p1-votes_men.csv": [["3"]],
        "sheet-2-p1-votes_men-2.csv": [["4"]],
    }
