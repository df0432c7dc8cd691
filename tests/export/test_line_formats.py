from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import asdict, astuple
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from read_pages import ALPHABET, cell, example, failed, page_of, picture_of, reading

from inkling.elements import Box, PageReadings
from inkling.errors import UsageError
from inkling.export.crops import Crops
from inkling.export.formulas import armed, disarmed
from inkling.export.lines import Csv, JsonLines
from inkling.export.resume import done_pages, standing
from inkling.export.rows import COLUMNS, rows_of
from inkling.export.writing import Writer

NUMBER = Box(40, 40, 130, 70)
STRANGE = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


def as_json(path: Path, *, resume: bool = False) -> Writer:
    return JsonLines(path, ALPHABET, resume=resume)


def as_csv(path: Path, *, resume: bool = False) -> Writer:
    return Csv(path, resume=resume)


FORMATS: list[tuple[str, Callable[..., Writer]]] = [("out.jsonl", as_json), ("out.csv", as_csv)]


def write(writer: Writer, *pages: PageReadings) -> None:
    with writer:
        for page in pages:
            writer.write(None, page)


def objects(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def rows_in(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def test_json_lines_tell_everything(tmp_path: Path) -> None:
    write(as_json(tmp_path / "out.jsonl"), example(), failed())
    found = objects(tmp_path / "out.jsonl")
    assert len(found) == 11
    told, given_ = found[1], example().readings[1]
    assert told["region"] == {
        "kind": "line",
        "name": "sum",
        "table": None,
        "row": None,
        "column": None,
        "row_span": 1,
        "column_span": 1,
        "printed": False,
        "quad": [[300, 60], [420, 80], [415, 110], [295, 90]],
        "boxes": [],
    }
    assert told["alternatives"] == [asdict(other) for other in given_.alternatives]
    assert told["changes"] == [{"name": "turned", "note": "by 1.3 degrees"}]
    assert (told["page"], told["width"], told["height"], told["dpi"]) == (1, 600, 400, 100)
    first = told["characters"][0]  # type: ignore[index]
    assert first["box"] == asdict(given_.characters[0].box)
    assert first["probabilities"] == pytest.approx(dict.fromkeys(ALPHABET, 0.0) | {"8": 0.97, "7": 0.03})
    assert found[-1]["status"] == "failed"
    assert (found[-1]["source"], found[-1]["page"]) == ("scans/broken.pdf", None)
    assert set(found[-1]) == set(told)


def test_csv_is_what_the_standard_reader_takes_for_it(tmp_path: Path) -> None:
    write(as_csv(tmp_path / "out.csv"), example(), failed())
    rows = [astuple(row) for page in (example(), failed()) for row in rows_of(page)]
    told = [["" if value is None else str(value) for value in row] for row in rows]
    assert rows_in(tmp_path / "out.csv") == [list(COLUMNS), *told]


@settings(max_examples=30)
@given(STRANGE, STRANGE)
def test_no_name_and_no_reason_breaks_the_lines(
    tmp_path_factory: pytest.TempPathFactory, name: str, reason: str
) -> None:
    folder = tmp_path_factory.mktemp("lines")
    page = page_of(reading("7", NUMBER, reason=reason, name=name), source=name)
    write(as_json(folder / "out.jsonl"), page)
    write(as_csv(folder / "out.csv"), page)
    (entry,) = objects(folder / "out.jsonl")
    assert (entry["source"], entry["reason"]) == (name, reason)
    (_, cells) = rows_in(folder / "out.csv")
    assert (disarmed(cells[0]), disarmed(cells[4]), disarmed(cells[7])) == (name, reason, name)
    assert done_pages(folder / "out.jsonl") == done_pages(folder / "out.csv") == {(name, 1)}


def test_a_name_that_is_no_unicode_comes_back(tmp_path: Path) -> None:
    name = b"sheet\xff.png".decode(errors="surrogateescape")
    write(as_json(tmp_path / "out.jsonl"), page_of(source=name))
    write(as_csv(tmp_path / "out.csv"), page_of(source=name))
    assert done_pages(tmp_path / "out.jsonl") == {(name, 1)}
    assert "sheet\\udcff.png" in (tmp_path / "out.csv").read_text("utf-8")


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=cmd|'/c calc'!A0", "'=cmd|'/c calc'!A0"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("+1-2", "'+1-2"),
        ("-2+3+cmd", "'-2+3+cmd"),
        ("\t=1", "'\t=1"),
        ("'quoted", "''quoted"),
        ("-5.5", "-5.5"),
        ("-1,234", "-1,234"),
        ("-", "-"),
        ("a=b", "a=b"),
        ("", ""),
    ],
)
def test_no_cell_is_a_formula(cell: str, written: str) -> None:
    assert armed(cell) == written
    assert disarmed(written) == cell


def test_rows_link_to_their_crops(tmp_path: Path) -> None:
    page = page_of(reading("4071", NUMBER), reading("12", Box(200, 40, 260, 70), name="sum"))
    with Crops(tmp_path / "pictures") as crops:
        crops.write(picture_of(page), page)
        for writer in (
            Csv(tmp_path / "tables" / "out.csv", crops=crops),
            JsonLines(tmp_path / "out.jsonl", ALPHABET, crops=crops),
        ):
            write(writer, page, failed(), page_of(source="blank.png"))
    links = [row[-1] for row in rows_in(tmp_path / "tables" / "out.csv")[1:]]
    assert links == ["../pictures/sheet-p1-1.png", "../pictures/sheet-p1-sum.png", "", ""]
    assert all((tmp_path / "tables" / link).is_file() for link in links[:2])
    assert objects(tmp_path / "out.jsonl")[1]["crop"] == "pictures/sheet-p1-sum.png"


PAGES = [
    page_of(cell(0, 0, "12"), cell(0, 1, "34"), source='with "quotes"\nand lines.png'),
    page_of(source="empty.png"),
    failed("broken.pdf"),
    page_of(reading("1", NUMBER), reading("2", NUMBER), reading("3", NUMBER), source="a.tif", number=1),
    page_of(reading("4", NUMBER), reading("5", NUMBER), source="a.tif", number=2),
]


@pytest.mark.parametrize(("name", "format_"), FORMATS)
def test_a_run_that_was_killed_anywhere_goes_on_to_the_same_output(
    name: str, format_: Callable[..., Writer], tmp_path: Path
) -> None:
    whole = tmp_path / name
    write(format_(whole), *PAGES)
    expected = whole.read_bytes()
    ends = []
    for count in range(len(PAGES) + 1):
        write(format_(whole), *PAGES[:count])
        ends.append(whole.stat().st_size)
    # A page is written at once: the system stops in the midst of a line, or where a page ends.
    for size in sorted({*ends, *range(0, len(expected), 1 + len(expected) // 60)}):
        if expected[size - 1 : size] == b"\n" and size not in ends:
            continue
        whole.write_bytes(expected[:size])
        done = done_pages(whole)
        assert done <= {(page.source, page.number) for page in PAGES}
        left = [page for page in PAGES if (page.source, page.number) not in done]
        write(format_(whole, resume=True), *left)
        assert whole.read_bytes() == expected, size


@pytest.mark.parametrize(("name", "format_"), FORMATS)
def test_what_is_done_is_not_lost_and_not_done_twice(
    name: str, format_: Callable[..., Writer], tmp_path: Path
) -> None:
    path = tmp_path / name
    assert done_pages(path) == set()
    write(format_(path, resume=True), *PAGES[:2])
    write(format_(path, resume=True))
    write(format_(path, resume=True), *PAGES[1:])
    assert done_pages(path) == {(page.source, page.number) for page in PAGES}
    assert standing(path).size == path.stat().st_size
    write(format_(path), PAGES[0])
    assert done_pages(path) == {(PAGES[0].source, 1)}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("out.csv", b"name,age\nA,3\n"),
        ("out.csv", b"\xff\xfe\n"),
        ("out.csv", b"name,age"),
        ("out.jsonl", b"hello\n"),
        ("out.jsonl", b'{"image": "1.png", "text": "4"}'),
        ("out.jsonl", b'{"text": "4"}\n'),
        ("out.jsonl", b"[1, 2]\n"),
        ("out.jsonl", b'{"source": 4, "page": "one"}\n'),
    ],
)
def test_a_file_of_somebody_else_is_not_gone_on_with(name: str, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UsageError, match="line 1, was not written by a run"):
        done_pages(path)
    writer = dict(FORMATS)[name](path, resume=True)
    with pytest.raises(UsageError), writer:
        pass
    assert path.read_bytes() == content
