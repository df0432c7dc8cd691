"""`inkling read --as line`: for people at 80 columns, as JSON Lines, as CSV, and drawn."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest
from command_line import Inkling
from PIL import Image
from printed_folders import write_pictures

import inkling.recognition.read as road
from inkling.cli import line_reader as command
from inkling.cli.readings import Rows
from inkling.datasets.lines.writing import LINE_ALPHABET
from inkling.elements import Alternative, PageReadings, Reading
from inkling.networks.build import NetworkSettings, build_network
from inkling.networks.weights import Header, Weights, load_weights, save_weights
from inkling.recognition.lines import read_line

NUMBERS = ["4071", "19.5", "-8", "300"]


@pytest.fixture
def printed(tmp_path: Path) -> list[Path]:
    return write_pictures(tmp_path / "scans", NUMBERS)


def rows(text: str) -> list[list[str]]:
    """The table's rows after its heading: cells are two spaces or more apart."""
    table = text.split("\n\n")[0].splitlines()[1:]
    return [re.split(r" {2,}", line.strip()) for line in table]


def test_a_table_for_people_has_a_row_a_picture_and_counts_them(
    inkling: Inkling, reader_file: Path, printed: list[Path]
) -> None:
    Image.new("L", (90, 40), 255).save(printed[0].parent / "zz-paper.png")
    end = inkling(
        "read", "--as", "line", *printed, printed[0].parent / "zz-paper.png", "--weights", reader_file
    )
    assert (end.code, end.err) == (0, "")
    found = rows(end.out)
    assert [row[0] for row in found] == [path.name for path in printed] + ["zz-paper.png"]
    assert [row[1] for row in found] == [*NUMBERS, "-"]
    assert [row[3] for row in found] == ["read"] * 4 + ["blank: There is no ink on the picture."]
    for row, path in zip(found, printed, strict=False):
        assert float(row[2].strip(">%")) == pytest.approx(
            100 * read_line(path, weights=load_weights(reader_file)).confidence, abs=0.1
        )
    assert end.out.rstrip().endswith("5 pictures: 4 read, 1 blank")
    assert all(len(line) <= 80 for line in end.out.splitlines())


def test_one_picture_alone_shows_what_else_it_may_be(
    inkling: Inkling, reader_file: Path, printed: list[Path]
) -> None:
    end = inkling("read", "--as", "line", printed[0], "--weights", reader_file)
    others = read_line(printed[0], weights=load_weights(reader_file)).alternatives
    shown = end.out.split("or else\n")[1].splitlines()
    assert [line.split()[0] for line in shown] == [other.text for other in others]
    assert [line.split()[1] for line in shown] == [f"{other.confidence:.1%}" for other in others]


def test_json_has_every_field_of_the_reading(
    inkling: Inkling, reader_file: Path, printed: list[Path]
) -> None:
    end = inkling("read", "--as", "line", "--json", *printed, "--weights", reader_file)
    for line, path in zip(end.out.splitlines(), printed, strict=True):
        result, expected = json.loads(line), read_line(path, weights=load_weights(reader_file))
        fields = ["text", "confidence", "status", "reason", "characters", "alternatives", "novelty", "source"]
        assert set(fields) <= set(result)
        with Image.open(path) as picture:
            width, height = picture.size
        assert (result["page"], result["width"], result["height"]) == (1, width, height)
        assert result["region"]["quad"] == [[0, 0], [width, 0], [width, height], [0, height]]
        assert (result["text"], result["status"], result["reason"]) == (expected.text, "read", "")
        assert result["source"] == str(path)
        assert result["confidence"] == pytest.approx(expected.confidence, abs=1e-6)
        assert result["novelty"] is None
        for other, one in zip(result["alternatives"], expected.alternatives, strict=True):
            assert other == {"text": one.text, "confidence": pytest.approx(one.confidence, abs=1e-6)}
        for character, one in zip(result["characters"], expected.characters, strict=True):
            assert character["text"] == one.text
            assert tuple(character["probabilities"]) == LINE_ALPHABET
            assert list(character["probabilities"].values()) == pytest.approx(one.probabilities, abs=1e-6)
            assert character["box"] == {
                side: pytest.approx(getattr(one.box, side), abs=0.01)
                for side in ("left", "top", "right", "bottom")
            }


def test_csv_has_a_line_a_picture_and_survives_commas(
    inkling: Inkling, reader_file: Path, tmp_path: Path
) -> None:
    (path,) = write_pictures(tmp_path / "a, b", ["19.5"])
    end = inkling("read", "--as", "line", "--csv", path, tmp_path / "gone.png", "--weights", reader_file)
    assert end.code == 4
    first, second = csv.DictReader(end.out.splitlines())
    expected = read_line(path, weights=load_weights(reader_file))
    columns = ["source", "text", "confidence", "status", "reason", "alternatives"]
    assert list(first)[: len(columns)] == columns
    assert (first["source"], first["text"], first["status"], first["reason"]) == (
        str(path),
        "19.5",
        "read",
        "",
    )
    assert float(first["confidence"]) == pytest.approx(expected.confidence, abs=1e-6)
    assert first["alternatives"].split("; ") == [other.text for other in expected.alternatives]
    assert (second["text"], second["status"], second["alternatives"]) == ("", "failed", "")
    assert "does not exist" in second["reason"]


def test_a_folder_is_all_the_pictures_in_it_and_below(
    inkling: Inkling, reader_file: Path, tmp_path: Path
) -> None:
    write_pictures(tmp_path / "scans" / "b", ["12"])
    write_pictures(tmp_path / "scans", ["34"])
    (tmp_path / "scans" / ".hidden.png").write_bytes(b"")
    (tmp_path / "scans" / "notes.txt").write_text("")
    end = inkling("read", "--as", "line", tmp_path / "scans", "--json", "--weights", reader_file)
    found = [json.loads(line) for line in end.out.splitlines()]
    assert [(each["text"], each["source"]) for each in found] == [
        ("34", str(tmp_path / "scans" / "000.png")),
        ("12", str(tmp_path / "scans" / "b" / "000.png")),
    ]


def test_a_picture_comes_from_stdin(inkling: Inkling, reader_file: Path, printed: list[Path]) -> None:
    words = ("read", "--as", "line", "-", "--json", "--weights", reader_file)
    end = inkling(*words, stdin=printed[1].read_bytes())
    result = json.loads(end.out)
    assert (end.code, result["text"], result["source"]) == (0, "19.5", "-")
    assert inkling(*words, stdin=b"no picture").code == 3


def test_long_paths_lose_what_they_share_and_then_their_beginning(
    inkling: Inkling, reader_file: Path, tmp_path: Path
) -> None:
    deep = tmp_path / ("a-folder-with-a-long-name-" * 3)
    write_pictures(deep / "one", ["12"])
    write_pictures(deep / "two", ["34"])
    end = inkling("read", "--as", "line", deep, "--weights", reader_file)
    assert [row[:2] for row in rows(end.out)] == [["one/000.png", "12"], ["two/000.png", "34"]]
    alone = inkling("read", "--as", "line", deep / "one" / "000.png", "--weights", reader_file)
    assert rows(alone.out)[0][0] == ".../one/000.png" if "..." in alone.out else "…/000.png"
    assert all(len(line) <= 80 for line in (end.out + alone.out).splitlines())


def test_a_file_may_be_called_what_rich_would_take_for_a_style(
    inkling: Inkling, reader_file: Path, printed: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "[bold].png").write_bytes(printed[0].read_bytes())
    assert (
        "[bold].png" in inkling("read", "--as", "line", tmp_path / "[bold].png", "--weights", reader_file).out
    )


def test_what_was_read_before_ctrl_c_has_been_printed(
    inkling: Inkling, reader_file: Path, printed: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    batches: list[int] = []
    whole = road.read_lines

    def interrupted(pictures: list[str], **more: object) -> object:
        if batches:
            raise KeyboardInterrupt
        batches.append(len(pictures))
        return whole(pictures, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(command, "BATCH", 3)
    monkeypatch.setattr(road, "read_lines", interrupted)
    end = inkling("read", "--as", "line", "--json", *printed, "--weights", reader_file)
    assert end.code == 130
    assert [json.loads(line)["text"] for line in end.out.splitlines()] == NUMBERS[:3]
    assert end.err == "Stopped after 3 pictures.\n"


def test_several_batches_are_one_table(
    inkling: Inkling, reader_file: Path, printed: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("read", "--as", "line", *printed, "--weights", reader_file)
    at_once = inkling(*words).out
    monkeypatch.setattr(command, "BATCH", 2)
    assert inkling(*words).out == at_once


def test_a_later_batch_with_a_longer_number_gets_a_wider_column(
    inkling: Inkling, reader_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = ["4", "7", "4071300812", "9"]
    pictures = write_pictures(tmp_path, numbers)
    monkeypatch.setattr(command, "BATCH", 2)
    end = inkling("read", "--as", "line", *pictures, "--weights", reader_file)
    assert [row[:2] for row in rows(end.out)] == [
        [path.name, number] for path, number in zip(pictures, numbers, strict=True)
    ]
    assert all(len(line) <= 80 for line in end.out.splitlines())


@pytest.mark.parametrize("batches", [[["7", "LONG"]], [["7"], ["LONG"]], [["LONG"]]])
@pytest.mark.parametrize("digits", [12, 21, 60, 100])
def test_a_number_stands_whole_on_its_line_however_long_it_is(
    batches: list[list[str]], digits: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    long = ("4071 300" * digits)[:digits].strip()
    table = Rows(["a.png", "b.png"])
    for batch in batches:
        texts = [text.replace("LONG", long) for text in batch]
        others = (Alternative(f"{long}1", 0.2), Alternative("3", 0.1))
        readings = [
            Reading(text, 0.6, "doubtful", "Or 17. " * 9, alternatives=others, source="a.png")
            for text in texts
        ]
        table.show([PageReadings("a.png", 1, (reading,)) for reading in readings])
    table.close()
    out = capsys.readouterr().out
    assert sum(f" {long} " in line for line in out.splitlines()) == 1
    if batches == [["LONG"]]:
        assert re.search(rf"^{long}1 +20.0%$", out, re.MULTILINE)


@pytest.mark.parametrize("count", [1, 14])
def test_a_plot_shows_the_first_twelve(
    inkling: Inkling, reader_file: Path, tmp_path: Path, count: int
) -> None:
    printed = write_pictures(tmp_path / "scans", ["42"] * count)
    drawing = tmp_path / "drawn" / "read.png"
    missing = tmp_path / "gone.png"
    end = inkling("read", "--as", "line", missing, *printed, "--weights", reader_file, "--plot", drawing)
    assert end.code == 4
    part = " (the first 12 of 14)" if count == 14 else ""
    assert f"Drawn in {drawing}{part}\n" in end.err
    with Image.open(drawing) as picture:
        assert np.asarray(picture.convert("L")).std() > 5
        rows_drawn = {1: 1, 14: 6}[count]
        assert picture.height / rows_drawn == pytest.approx(520, abs=40)


def test_nothing_is_drawn_where_nothing_could_be_opened(
    inkling: Inkling, reader_file: Path, tmp_path: Path
) -> None:
    plot = tmp_path / "read.png"
    end = inkling("read", "--as", "line", tmp_path / "gone.png", "--weights", reader_file, "--plot", plot)
    assert (end.code, plot.exists()) == (3, False)


def test_unreadable_pictures_among_good_ones_are_4_and_alone_3(
    inkling: Inkling, reader_file: Path, printed: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "cut.png").write_bytes(printed[0].read_bytes()[:150])
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "empty").mkdir()
    Image.fromarray(np.zeros((1, 130), np.uint8)).save(tmp_path / "flat.png")
    Image.fromarray(np.zeros((40, 20_000), np.uint8)).save(tmp_path / "long.png")
    bad = {
        "gone.png": "does not exist",
        "cut.png": "cannot be read",
        "text.png": "is neither a picture nor a PDF",
        "flat.png": "8 pixels high",
        "long.png": "too long",
        "empty": "is a folder without pictures",
    }
    for name, said in bad.items():
        alone = inkling("read", "--as", "line", "--json", tmp_path / name, "--weights", reader_file)
        assert alone.code == 3, name
        assert said in json.loads(alone.out)["reason"]
        assert said in alone.err
        assert name in alone.err
    mixed = [printed[0], *(tmp_path / name for name in bad), printed[1]]
    end = inkling("read", "--as", "line", "--json", *mixed, "--weights", reader_file)
    found = [json.loads(line) for line in end.out.splitlines()]
    assert end.code == 4
    assert "6 of 8 pictures could not be read" in end.err
    assert [each["text"] for each in found] == ["4071", *[""] * 6, "19.5"]
    assert [each["status"] for each in found] == ["read", *["failed"] * 6, "read"]
    text = inkling("read", "--as", "line", *mixed, "--weights", reader_file)
    assert "8 pictures: 2 read, 6 failed" in text.out
    assert all(len(line) <= 80 for line in text.out.splitlines())


def write_weights(path: Path, network: str, alphabet: tuple[str, ...]) -> Path:
    settings = NetworkSettings(network, (4,) if network == "perceptron" else (2, 2, 2))
    header = Header(settings, alphabet)
    save_weights(path, Weights(build_network(settings, classes=header.classes).eval(), header))
    return path


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ("PICTURE --table --as line", 2, "a form, a table, or a line"),
        ("PICTURE --resume", 2, "nothing to go on with"),
        ("PICTURE --resume --out n.csv --plot n.pdf", 2, "A drawing cannot be gone on with"),
        ("PICTURE --out n.pdf --resume", 2, "cannot be gone on with, as it is written whole"),
        ("PICTURE --out PICTURE", 2, "is to be read; writing it would destroy it"),
        ("PICTURE --plot PICTURE", 2, "is to be read; writing it would destroy it"),
        ("PICTURE --same-point", 2, "are about lines"),
        ("PICTURE --form gone.yaml --printed", 2, "--printed is about tables"),
        ("--as line PICTURE --printed", 2, "--printed is about tables"),
        ("--as line PICTURE --pages 0", 2, "the first page is 1"),
        ("PICTURE --out numbers.doc", 2, "Known: .jsonl"),
        ("PICTURE --form gone.yaml", 3, "gone.yaml"),
        ("PICTURE --limit page=3", 2, "Did you mean 'pages'?"),
        ("PICTURE --limit pages=all", 2, "all is no whole number"),
        ("PICTURE --limit pixels=100", 3, "more than 100 (limits.pixels)"),
        ("--as page PICTURE", 2, "'page' is not one of 'line'"),
        ("--as line", 2, "Missing argument"),
        ("--as line PICTURE --json --csv", 2, "exclude each other"),
        ("--as line PICTURE --weights DIGITS", 3, "holds weights of a perceptron, not of a line reader"),
        ("--as line PICTURE --weights PICTURE", 3, "is not a weights file"),
        ("--as line PICTURE --weights gone.safetensors", 3, "does not exist"),
        ("--as line PICTURE --weights READER --plot x.bmp", 2, "There is no format of drawings 'bmp'"),
        (
            "--as line PICTURE --plot drawn",
            2,
            "drawn is no name of a drawing. what to do: End it in .pdf or .png",
        ),
        ("PICTURE --plot x.jpg", 2, "Known: pdf, png."),
        ("PICTURE --out x.csv --out x.csv", 2, "x.csv is named as two outputs"),
        ("PICTURE --dpi 0", 2, "should be greater than or equal to 1"),
    ],
)
def test_wrong_use_says_what_to_do(
    inkling: Inkling, reader_file: Path, printed: list[Path], tmp_path: Path, words: str, code: int, said: str
) -> None:
    named = {
        "PICTURE": printed[0],
        "READER": reader_file,
        "DIGITS": write_weights(tmp_path / "digits.safetensors", "perceptron", tuple("0123456789")),
    }
    end = inkling("read", *(named.get(word, word) for word in words.split()))
    assert end.code == code
    assert said in " ".join(end.err.replace("│", " ").split())


def test_weights_of_another_alphabet_read_in_that(
    inkling: Inkling, printed: list[Path], tmp_path: Path
) -> None:
    path = write_weights(tmp_path / "letters.safetensors", "line-reader", ("a", "b"))
    result = json.loads(inkling("read", "--as", "line", "--json", printed[0], "--weights", path).out)
    assert set(result["text"]) <= {"a", "b"}
    assert all(set(other["text"]) <= {"a", "b"} for other in result["alternatives"])


def test_a_place_that_cannot_be_written_is_5(
    inkling: Inkling, reader_file: Path, printed: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("not a folder")
    plot = tmp_path / "file" / "read.png"
    end = inkling("read", "--as", "line", printed[0], "--weights", reader_file, "--plot", plot)
    assert end.code == 5
    assert str(tmp_path / "file") in end.err
