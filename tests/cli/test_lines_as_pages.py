"""`inkling read --as line` on files of many pages, and what is written of lines."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pypdfium2
import pytest
from command_line import Inkling
from lxml import etree
from PIL import Image
from printed_folders import write_pictures

import inkling.recognition.read as road
from inkling.export.lines import Csv
from printed_lines import print_line

NUMBERS = ["4071", "19.5", "-8", "300"]


@pytest.fixture
def fax(tmp_path: Path) -> Path:
    """A TIFF of four pages with one number each."""
    first, *others = [Image.fromarray(print_line(text)) for text in NUMBERS]
    first.save(tmp_path / "fax.tif", save_all=True, append_images=others)
    return tmp_path / "fax.tif"


def entries(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize(("pages", "read"), [(None, [1, 2, 3, 4]), ("2-", [2, 3, 4]), ("4,1", [1, 4])])
def test_every_page_that_is_asked_for_is_a_line(
    inkling: Inkling, reader_file: Path, fax: Path, pages: str | None, read: list[int]
) -> None:
    chosen = ("--pages", pages) if pages else ()
    end = inkling("read", "--as", "line", fax, *chosen, "--json", "--weights", reader_file)
    assert (end.code, end.err) == (0, "")
    found = [(entry["page"], entry["text"]) for entry in entries(end.out)]
    assert found == [(page, NUMBERS[page - 1]) for page in read]


def test_people_see_which_page_it_is(inkling: Inkling, reader_file: Path, fax: Path) -> None:
    end = inkling("read", "--as", "line", fax, "--pages", "1-2", "--weights", reader_file)
    heading, first, second, *_ = end.out.splitlines()
    assert heading.split() == ["picture", "number", "sure"]
    assert ("fax.tif" in first, "fax.tif, page 2" in second) == (True, True)
    assert end.out.rstrip().endswith("2 pictures: 2 read")


def test_a_folder_of_tables_holds_no_lines(
    inkling: Inkling, reader_file: Path, fax: Path, tmp_path: Path
) -> None:
    end = inkling("read", "--as", "line", fax, "--out", tmp_path / "tables", "--weights", reader_file)
    assert (end.code, end.out) == (2, "")
    assert "a folder is of tables, and lines are none" in " ".join(end.err.split())


def test_the_column_of_names_has_room_for_the_page(
    inkling: Inkling, reader_file: Path, fax: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(fax.parent)
    end = inkling("read", "--as", "line", "fax.tif", "--weights", reader_file)
    assert [line.split("  ")[0] for line in end.out.splitlines()[1:5]] == [
        "fax.tif",
        *(f"fax.tif, page {page}" for page in (2, 3, 4)),
    ]


def test_pages_that_there_are_not_are_told_of(inkling: Inkling, reader_file: Path, fax: Path) -> None:
    end = inkling("read", "--as", "line", fax, "--pages", "9", "--json", "--weights", reader_file)
    assert end.code == 3
    assert "has 4 pages, none of which is among 9" in end.err


def test_what_was_read_is_not_read_again(
    inkling: Inkling, reader_file: Path, fax: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken.png").write_text("no picture")
    words = ("read", "--as", "line", fax, tmp_path / "broken.png", *write_pictures(tmp_path / "more", ["7"]))
    whole, part = tmp_path / "whole.jsonl", tmp_path / "part.jsonl"
    assert inkling(*words, "--out", whole, "--weights", reader_file).code == 4
    part.write_bytes(b"".join(whole.read_bytes().splitlines(keepends=True)[:3]))
    seen: list[int] = []
    read_lines = road.read_lines

    def counting(pictures: list[object], **options: object) -> object:
        seen.append(len(pictures))
        return read_lines(pictures, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(road, "read_lines", counting)
    assert inkling(*words, "--out", part, "--resume", "--weights", reader_file).code == 4
    assert (part.read_bytes(), seen) == (whole.read_bytes(), [2])  # page 4 and the last file
    end = inkling(*words, "--out", part, "--resume", "--weights", reader_file)
    assert (end.code, end.out, seen) == (0, "Nothing is left to read.\n", [2])


def test_a_number_is_written_wherever_pages_are(
    inkling: Inkling, reader_file: Path, fax: Path, tmp_path: Path
) -> None:
    outs = [tmp_path / f"out{end}" for end in (".csv", ".xml", ".pdf", ".annotated.pdf")]
    words = [word for out in outs for word in ("--out", out)]
    end = inkling(
        *("read", "--as", "line", fax, "--pages", "2"),
        *(*words, "--crops", tmp_path / "crops", "--weights", reader_file),
    )
    assert end.code == 0, end.err
    (row,) = csv.DictReader(io.StringIO(outs[0].read_text()))
    with Image.open(tmp_path / row["crop"]) as crop, Image.open(fax) as page:
        page.seek(1)
        assert crop.size == page.size
        assert [float(row[side]) for side in ("left", "top", "right", "bottom")] == [0, 0, *page.size]
    (string,) = etree.parse(outs[1]).iterfind(".//{*}String")
    assert (string.get("CONTENT"), len(string.findall("{*}Glyph"))) == ("19.5", 4)
    with pypdfium2.PdfDocument(outs[2]) as document:
        page = document[0]
        text = page.get_textpage()
        assert text.get_text_range().strip() == "19.5"
        text.close()
        page.close()


def test_a_picture_with_too_many_pixels_is_refused(inkling: Inkling, reader_file: Path, fax: Path) -> None:
    words = ("--limit", "pixels=100", "--json", "--weights", reader_file)
    end = inkling("read", "--as", "line", fax, *words)
    assert end.code == 3
    assert all("more than 100 (limits.pixels)" in str(entry["reason"]) for entry in entries(end.out))


def test_a_drawing_that_another_process_makes_is_refused(
    inkling: Inkling, reader_file: Path, fax: Path, tmp_path: Path
) -> None:
    with Csv(tmp_path / "read.png"):
        end = inkling("read", "--as", "line", fax, "--plot", tmp_path / "read.png", "--weights", reader_file)
    assert end.code == 2
    assert "being written by another process" in " ".join(end.err.split())
