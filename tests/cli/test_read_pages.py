"""`inkling read` on documents: forms, tables, pages; what fails, what is written, what is gone on with."""

from __future__ import annotations

import csv
import gc
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from command_line import Inkling
from PIL import Image

import inkling.recognition.read as road

TALLY = Path(__file__).parents[2] / "examples" / "tally"


@pytest.fixture
def sheets(tmp_path: Path) -> list[Path]:
    """Two filled sheets and a text file that says it is one."""
    good = [Path(shutil.copy(TALLY / f"filled-{number}.jpg", tmp_path)) for number in (1, 2)]
    broken = tmp_path / "filled-9.jpg"
    broken.write_text("I am no picture.")
    return [good[0], broken, good[1]]


def size(path: Path) -> tuple[int, int]:
    with Image.open(path) as picture:
        return picture.size


def test_a_form_is_read_field_by_field_and_one_bad_file_does_not_stop_the_rest(
    inkling: Inkling, sheets: list[Path]
) -> None:
    end = inkling("read", *sheets, "--form", TALLY / "template.yaml", "--json")
    assert end.code == 4
    assert "1 of 3 pages could not be read" in end.err
    assert "filled-9.jpg" in end.err
    entries = [json.loads(line) for line in end.out.splitlines()]
    assert [entry["status"] for entry in entries if entry["source"] == str(sheets[1])] == ["failed"]
    names = [entry["region"]["name"] for entry in entries if entry["source"] == str(sheets[0])]
    assert names == ["station", "date", *(f"votes_{n}" for n in range(1, 6)), "valid", "invalid", "all"]
    width, height = size(sheets[0])
    for entry in entries:
        if entry["region"]:
            xs, ys = zip(*entry["region"]["quad"], strict=True)
            assert 0 <= min(xs) < max(xs) <= width
            assert 0 <= min(ys) < max(ys) <= height


def test_garbage_is_collected_once_the_weights_are_there(inkling: Inkling, sheets: list[Path]) -> None:
    assert inkling("read", sheets[0], "--form", TALLY / "template.yaml", "--json").code == 0
    assert gc.isenabled()


def test_people_see_the_fields_and_a_count(inkling: Inkling, sheets: list[Path]) -> None:
    end = inkling("read", sheets[0], "--form", TALLY / "template.yaml")
    assert end.code == 0
    first, *rows = end.out.splitlines()
    assert "filled-1.jpg,page1" in "".join(end.out.split())  # a long name takes more than a line
    assert any(row.split()[:2] == ["votes_2", "235"] for row in rows)
    assert end.out.rstrip().splitlines()[-1].startswith("1 page: ")
    assert all(len(line) <= 80 for line in end.out.splitlines() if "filled-1.jpg" not in line)
    assert first


def test_a_picture_of_something_else_is_a_failed_page_with_a_reason(inkling: Inkling, tmp_path: Path) -> None:
    cat = np.random.default_rng(0).integers(0, 255, (60, 80, 3), np.uint8)
    cv2.imwrite(str(tmp_path / "cat.png"), cv2.resize(cat, (800, 600), interpolation=cv2.INTER_CUBIC))
    end = inkling("read", tmp_path / "cat.png", "--form", TALLY / "template.yaml", "--json")
    assert end.code == 3
    (entry,) = map(json.loads, end.out.splitlines())
    assert (entry["status"], entry["text"]) == ("failed", "")
    assert "not this form" in entry["reason"]


def test_a_page_without_a_table_is_not_an_empty_table(
    inkling: Inkling, sheets: list[Path], tmp_path: Path
) -> None:
    Image.new("L", (400, 300), 255).save(tmp_path / "paper.png")
    end = inkling("read", tmp_path / "paper.png", "--table")
    assert end.code == 3
    assert "failed: There is no ruled table on the page." in " ".join(end.out.split())
    assert end.out.rstrip().endswith("1 page, failed")


def test_a_long_reason_keeps_its_margin(
    inkling: Inkling, sheets: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(sheets[1].parent)  # a long name takes more than a line
    name, *reason = inkling("read", sheets[1].name).out.split("\n\n")[0].splitlines()
    assert name == sheets[1].name
    assert reason[0].startswith("  failed: ")
    assert all(line.startswith("  ") for line in reason)


def test_a_name_commands_neither_the_terminal_nor_the_layout(tmp_path: Path) -> None:
    names = {
        "red\x1b[31m.jpg": "red\ufffd[31m.jpg",
        "[bold].jpg": "[bold].jpg",
        "caf\udce9.jpg": "caf\\udce9.jpg",
    }
    words = [sys.executable, "-m", "inkling.cli.app", "read", *map(os.fsencode, names)]
    environment = os.environ | {"COLUMNS": "80", "PYTHONIOENCODING": "utf-8"}
    end = subprocess.run(words, capture_output=True, cwd=tmp_path, env=environment, check=False)
    assert end.returncode == 3
    assert end.stdout.decode().splitlines()[:-1:3] == list(names.values())
    assert "None of 3 pages could be read: red\ufffd[31m.jpg does not exist." in end.stderr.decode()


def test_stdin_has_a_name(inkling: Inkling) -> None:
    end = inkling("read", "-", stdin=b"")
    assert (end.code, end.out.splitlines()[0]) == (3, "stdin")
    assert "error: stdin is empty." in end.err


def test_ctrl_c_tells_of_what_can_be_gone_on_with(
    inkling: Inkling, sheets: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, seen = road.place_form, []

    def interrupted(form: object, page: object) -> object:
        seen.append(page)
        if len(seen) % 2 == 0:
            raise KeyboardInterrupt
        return whole(form, page)  # type: ignore[arg-type]

    monkeypatch.setattr(road, "place_form", interrupted)
    words = ("read", sheets[0], sheets[2], "--form", TALLY / "template.yaml")
    end = inkling(*words)
    assert (end.code, end.err) == (130, "Stopped after 1 page.\n")
    end = inkling(*words, "--out", tmp_path / "out.csv", "--out", tmp_path / "out.pdf")
    assert (end.code, end.err) == (130, "Stopped after 1 page.\n")
    end = inkling(*words, "--out", tmp_path / "out.csv", "--out", tmp_path / "out.jsonl")
    assert (end.code, end.err) == (130, "Stopped after 1 page; go on with --resume.\n")


def test_what_is_done_is_not_done_twice(
    inkling: Inkling, sheets: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, part = tmp_path / "whole.jsonl", tmp_path / "part.jsonl"
    words = ("--form", TALLY / "template.yaml")
    assert inkling("read", sheets[0], sheets[2], *words, "--out", whole).code == 0
    assert inkling("read", sheets[0], *words, "--out", part).code == 0
    with part.open("a") as file:
        file.write('{"source": "half a li')
    placed = []
    place_form = road.place_form
    monkeypatch.setattr(
        road, "place_form", lambda form, page: placed.append(page.source) or place_form(form, page)
    )
    # The half line may have been of the page before it, which is read again.
    assert inkling("read", sheets[0], sheets[2], *words, "--out", part, "--resume").code == 0
    assert part.read_text() == whole.read_text()
    again = len(placed)
    assert inkling("read", sheets[0], sheets[2], *words, "--out", part, "--resume").code == 0
    assert len(placed) == again
    assert part.read_text() == whole.read_text()


def test_every_output_is_written_in_one_run(inkling: Inkling, sheets: list[Path], tmp_path: Path) -> None:
    outs = [tmp_path / f"out{end}" for end in (".jsonl", ".csv", ".parquet", ".xlsx", ".xml", ".pdf")]
    plot, crops = tmp_path / "seen.png", tmp_path / "crops"
    words = [word for out in outs for word in ("--out", out)]
    end = inkling(
        "read", sheets[0], "--form", TALLY / "template.yaml", *words, "--plot", plot, "--crops", crops
    )
    assert end.code == 0, end.err
    assert all(out.stat().st_size > 0 for out in outs)
    assert size(plot)[0] >= size(sheets[0])[0]
    rows = list(csv.DictReader(io.StringIO(outs[1].read_text())))
    assert len(rows) == 10
    assert all((tmp_path / row["crop"]).is_file() for row in rows)


def draw_table(path: Path, *, label: str = "") -> Path:
    """Two rows of three numbers in ruled cells, written by hand as far as a script font is one.

    A label is printed in the one that else is empty.
    """
    paper = np.full((500, 900), 255, np.uint8)
    for y in (80, 220, 360):
        cv2.line(paper, (90, y), (810, y), 60, 2)
    for x in (90, 330, 570, 810):
        cv2.line(paper, (x, 80), (x, 360), 60, 2)
    for row, texts in enumerate((("12", "7", "305"), ("48", "", "96"))):
        for column, text in enumerate(texts):
            where = (130 + 240 * column, 175 + 140 * row)
            cv2.putText(paper, text, where, cv2.FONT_HERSHEY_SCRIPT_COMPLEX, 2.2, 30, 3, cv2.LINE_AA)
    cv2.putText(paper, label, (350, 300), cv2.FONT_HERSHEY_DUPLEX, 0.9, 30, 2, cv2.LINE_AA)
    cv2.imwrite(str(path), paper)
    return path


def test_a_table_has_its_shape_in_the_terminal_and_as_csv(inkling: Inkling, tmp_path: Path) -> None:
    picture = draw_table(tmp_path / "card.png")
    end = inkling("read", picture, "--table", "--printed", "--out", tmp_path / "tables")
    assert end.code == 0, end.err
    (values,) = (tmp_path / "tables").glob("card-p1-*[0-9].csv")
    rows = list(csv.reader(io.StringIO(values.read_text())))
    assert (len(rows), {len(row) for row in rows}) == (2, {3})
    assert rows[1][1] == ""
    sure = values.with_name(values.name.replace(".csv", ".confidence.csv"))
    assert [len(row) for row in csv.reader(io.StringIO(sure.read_text()))] == [3, 3]


def test_cells_that_are_left_out_since_they_are_print_are_counted(inkling: Inkling, tmp_path: Path) -> None:
    picture = draw_table(tmp_path / "card.png", label="111 11 11")
    assert "1 cell with print left out; --printed reads them" in inkling("read", picture, "--table").out
    assert "left out" not in inkling("read", picture, "--table", "--printed").out


def test_a_document_comes_from_stdin_and_its_pages_are_chosen(inkling: Inkling) -> None:
    pages = []
    for number in (1, 3, 2):
        with Image.open(TALLY / f"filled-{number}.jpg") as picture:
            pages.append(picture.convert("L"))
    file = io.BytesIO()
    pages[0].save(file, "TIFF", save_all=True, append_images=pages[1:], compression="tiff_lzw")
    words = ("--form", TALLY / "template.yaml", "--pages", "1,3", "--json")
    end = inkling("read", "-", *words, stdin=file.getvalue())
    assert end.code == 0, end.err
    entries = [json.loads(line) for line in end.out.splitlines()]
    assert sorted({(entry["source"], entry["page"]) for entry in entries}) == [("-", 1), ("-", 3)]


def test_two_processes_do_not_write_one_output(inkling: Inkling, sheets: list[Path], tmp_path: Path) -> None:
    from inkling.export.lines import Csv

    with Csv(tmp_path / "out.csv"):
        end = inkling("read", sheets[0], "--form", TALLY / "template.yaml", "--out", tmp_path / "out.csv")
    assert end.code == 2
    assert "being written by another process" in " ".join(end.err.split())


@pytest.mark.parametrize("option", ["--out", "--plot"])
@pytest.mark.parametrize("name", ["template.yaml", "blank.png"])
def test_the_form_is_not_written_over(
    inkling: Inkling, sheets: list[Path], tmp_path: Path, option: str, name: str
) -> None:
    for part in ("template.yaml", "blank.png"):
        shutil.copy(TALLY / part, tmp_path)
    before = (tmp_path / name).read_bytes()
    end = inkling("read", sheets[0], "--form", tmp_path / "template.yaml", option, tmp_path / name)
    assert (end.code, "writing it would destroy it" in end.err) == (2, True)
    assert (tmp_path / name).read_bytes() == before


def test_a_field_that_is_covered_is_a_part_that_failed(
    inkling: Inkling, sheets: list[Path], tmp_path: Path
) -> None:
    with Image.open(sheets[0]) as sheet:
        sheet.paste((60, 60, 60), (0, 1000, *sheet.size))
        sheet.save(tmp_path / "covered.png")
    end = inkling("read", tmp_path / "covered.png", "--form", TALLY / "template.yaml", "--json")
    states = [json.loads(line)["status"] for line in end.out.splitlines()]
    assert "failed" in states
    assert "read" in states
    assert end.code == 4
    assert "Of 1 page a part failed" in end.err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full is Linux's")
def test_results_that_cannot_be_printed_are_told_of(sheets: list[Path]) -> None:
    words = [sys.executable, "-m", "inkling.cli.app", "read", str(sheets[0]), "--json"]
    with Path("/dev/full").open("wb") as full:
        end = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, check=False, text=True)
    assert end.returncode == 5
    assert "no space is left" in end.stderr
    assert "Traceback" not in end.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise there")
def test_a_process_that_is_told_to_end_tidies_up(tmp_path: Path) -> None:
    Image.new("L", (900, 1200), 255).save(tmp_path / "page.png")
    process = subprocess.Popen(
        [sys.executable, "-m", "inkling.cli.app", "read", *["page.png"] * 500, "-o", "out/readings.xlsx"],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while not any(tmp_path.glob("out/*")) and process.poll() is None:
        time.sleep(0.02)
    process.terminate()
    assert process.wait(timeout=60) == 128 + signal.SIGTERM
    assert [path.name for path in tmp_path.glob("out/*")] == []
