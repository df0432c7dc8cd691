"""`inkling evaluate --as line`: exact numbers, honest confidence, and what was mistaken for what."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from command_line import Inkling
from PIL import Image
from printed_folders import write_labelled
from test_read import write_weights

from inkling.cli import evaluate_lines as of_lines
from inkling.datasets.lines import hand
from inkling.evaluation.lines import evaluate_lines
from inkling.networks.weights import Weights, load_weights, save_weights
from inkling.recognition.lines import read_lines

PRINTED = ["4071", "19.5", "-8", "300", "12", "77", "6.25", "900", "31", " "]
LABELS = ["4071", "19,5", "8", "30", "12", "71", "6.25", "900", "31", ""]
"""Right: 4071, 12, 6.25, 900, 31 and the blank; wrong: a comma, a dash added, a 0 added, 1 taken for 7."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_labelled(tmp_path_factory.mktemp("labelled") / "mine", PRINTED, LABELS)


def test_json_is_what_the_library_measures(inkling: Inkling, reader_file: Path, folder: Path) -> None:
    end = inkling("evaluate", reader_file, "--as", "line", "--data", folder, "--json")
    result = json.loads(end.out)
    assert (end.code, end.err) == (0, "")
    pictures = sorted((folder / "images").iterdir())
    expected = evaluate_lines(read_lines(pictures, weights=load_weights(reader_file)), LABELS).to_json()
    for mistake in expected["mistakes"]:
        mistake["image"] = str(pictures[mistake["index"]])
        mistake["confidence"] = pytest.approx(mistake["confidence"], abs=1e-4)
    for name in ("n", "right", "exact", "interval", "digit_error_rate", "statuses", "confused", "mistakes"):
        assert result[name] == expected[name], name
    assert (result["n"], result["right"]) == (10, 6)
    assert result["ece"] == pytest.approx(expected["ece"], abs=1e-4)
    assert result["risk"]["error_at_coverage"] == expected["risk"]["error_at_coverage"]
    assert list(result["risk"]["error_at_coverage"]) == ["0.7", "0.8", "0.9", "0.95", "1"]
    assert {(pair["true"], pair["read"]) for pair in result["confused"]} == {
        (",", "."),
        ("", "-"),
        ("", "0"),
        ("1", "7"),
    }
    assert (result["data"], result["marks"], result["failures"], result["pictures"]) == ("mine", {}, [], [])
    assert (result["same_point"], result["digits_only"], result["seen_in_training"]) == (False, False, None)


def test_it_is_told_at_80_columns(inkling: Inkling, reader_file: Path, folder: Path) -> None:
    end = inkling("evaluate", reader_file, "--as", "line", "--data", folder)
    result = json.loads(inkling("evaluate", reader_file, "--as", "line", "--data", folder, "--json").out)
    low, high = result["interval"]
    assert end.out.startswith("mine, 10 pictures\n")
    assert f"Exactly right 60.00%, 95 % interval {low:.2%} to {high:.2%}" in end.out
    assert f"Digit error rate {result['digit_error_rate']:.2%}" in end.out
    told = f"Calibration error {result['ece']:.2%} of 10 answers; exact confidences would show "
    assert f"{told}{result['ece_by_chance']:.2%}\n" in end.out
    coverages, wrong = re.findall(r"(?:of the most confident|wrong) +(.*)", end.out)
    assert coverages.split() == ["70%", "80%", "90%", "95%", "100%"]
    assert wrong.split() == [f"{risk:.2%}" for risk in result["risk"]["error_at_coverage"].values()]
    for status, counts in result["statuses"].items():
        exact = "-" if counts["exact"] is None else f"{counts['exact']:.2%}"
        assert re.search(rf"^{status} +{counts['count']} +{exact}\s*$", end.out, re.MULTILINE)
    assert "Most confused   dash added (1), 0 added (1), comma as point (1), 1 as 7 (1)\n" in end.out
    for mistake in result["mistakes"]:
        name = Path(mistake["image"]).name
        assert re.search(rf"{name} +{mistake['true']} +{mistake['read']} ", end.out)
    assert all(len(line) <= 80 for line in end.out.splitlines())


def test_long_numbers_among_the_surest_mistakes_stand_whole_on_one_line(
    inkling: Inkling, reader_file: Path, tmp_path: Path
) -> None:
    printed, label = "4071300812", "4071300812" * 6
    folder = write_labelled(tmp_path / "mine", [printed], [label])
    end = inkling("evaluate", reader_file, "--as", "line", "--data", folder)
    (line,) = [line for line in end.out.splitlines() if line.startswith("000.png")]
    assert line.split()[1:3] == [label, printed]


@pytest.mark.parametrize(
    ("options", "right"),
    [((), 6), (("--same-point",), 7), (("--digits-only",), 8), (("--same-point", "--digits-only"), 8)],
)
def test_what_counts_as_the_same_number_may_be_chosen(
    inkling: Inkling, reader_file: Path, folder: Path, options: tuple[str, ...], right: int
) -> None:
    words = ("evaluate", reader_file, "--as", "line", "--data", folder, *options)
    result = json.loads(inkling(*words, "--json").out)
    assert result["right"] == right
    assert ("a comma as good as a point" in inkling(*words).out) == ("--same-point" in options)
    assert ("only digits compared" in inkling(*words).out) == ("--digits-only" in options)


def test_the_folder_may_stand_in_the_place_of_the_weights(
    inkling: Inkling, reader_file: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inkling.networks.weights.shipped_weights", lambda name: load_weights(reader_file))
    result = json.loads(inkling("evaluate", "--as", "line", folder, "--json").out)
    assert (result["data"], result["right"]) == ("mine", 6)


def test_weights_that_learned_from_the_folder_are_told_so(
    inkling: Inkling, reader_file: Path, tmp_path: Path
) -> None:
    folder = write_labelled(tmp_path / "print", ["12", "34"])
    end = inkling("evaluate", reader_file, "--as", "line", "--data", folder)
    assert "The weights learned from these pictures" in end.out


def test_pictures_without_a_number_are_counted_apart(
    inkling: Inkling, reader_file: Path, tmp_path: Path
) -> None:
    labels = ["crossed out", "12", "crossed out", "upside down"]
    folder = write_labelled(tmp_path / "mine", ["X", "12", "34", "X"], labels)
    words = ("evaluate", reader_file, "--as", "line", "--data", folder)
    result = json.loads(inkling(*words, "--json", "--pictures", tmp_path / "report").out)
    assert (result["n"], result["right"], result["digit_error_rate"]) == (1, 1, 0)
    [mistake] = result["mistakes"]
    assert (mistake["index"], mistake["true"], mistake["read"]) == (2, "crossed out", "34")
    assert mistake["image"] == str(folder / "images" / "002.png")
    assert (tmp_path / "report" / "mistakes.png").is_file()
    assert result["marks"] == {
        "crossed out": {"count": 2, "illegible": 1},
        "upside down": {"count": 1, "illegible": 1},
    }
    text = inkling(*words).out
    assert text.startswith("mine, 1 pictures and 3 without a number\n")
    assert re.search(r"^crossed out +2 +1\s*$", text, re.MULTILINE)
    assert re.search(r"^002\.png +crossed out +34 +", text, re.MULTILINE)
    assert all(len(line) <= 80 for line in text.splitlines())


def test_unreadable_pictures_count_as_failed_and_end_with_4(
    inkling: Inkling, reader_file: Path, tmp_path: Path
) -> None:
    folder = write_labelled(tmp_path / "mine", PRINTED, LABELS)
    (folder / "images" / "000.png").write_text("no picture")
    Image.fromarray(np.zeros((1, 90), np.uint8)).save(folder / "images" / "001.png")
    end = inkling("evaluate", reader_file, "--as", "line", "--data", folder, "--json")
    result = json.loads(end.out)
    assert (end.code, result["n"], result["right"]) == (4, 10, 5)
    assert result["statuses"]["failed"] == {"count": 2, "exact": 0}
    assert ["000.png" in reason for reason in result["failures"]] == [True, False]
    assert ["001.png" in reason for reason in result["failures"]] == [False, True]
    assert "2 of 10 pictures could not be read" in end.err


def test_a_report_is_drawn_and_opens_only_what_it_shows(
    inkling: Inkling, reader_file: Path, folder: Path, tmp_path: Path
) -> None:
    words = ("evaluate", reader_file, "--as", "line", "--data", folder, "--pictures", tmp_path / "report")
    result = json.loads(inkling(*words, "--json").out)
    names = ["mistakes.png", "reliability.png", "risk-coverage.png"]
    assert sorted(Path(path).name for path in result["pictures"]) == names
    for path in result["pictures"]:
        with Image.open(path) as picture:
            assert min(picture.size) > 100
    assert "3 drawings in" in inkling(*words).out


RECIPE = {"heldout": 0.05, "seed": 3, "digits": "sample"}


@pytest.mark.parametrize(
    ("trained_on", "digits", "count", "seen"),
    [
        ({"data": "print"}, "sample train", 5_000, None),
        ({"data": "sample train", "recipe": RECIPE}, "sample train (held out)", 250, False),
        ({"data": "sample train"}, "sample train", 5_000, True),
        ({"data": "mnist train", "recipe": RECIPE}, "sample train", 5_000, True),
        ({"data": "mine", "also": "mnist train", "recipe": RECIPE}, "sample train", 5_000, True),
        ({"data": "mine", "also": "print + sample train"}, "sample train", 5_000, True),
        ({"data": "mine", "also": "print"}, "sample train", 5_000, None),
        ({"data": "mine", "also": 7}, "sample train", 5_000, None),
        (
            {"data": "sample train", "also": "sample train", "recipe": RECIPE},
            "sample train (held out)",
            250,
            True,
        ),
        ({}, "sample train", 5_000, None),
    ],
)
def test_without_test_digits_lines_are_drawn_of_the_sample_and_it_is_said_who_learned_from_that(
    inkling: Inkling,
    reader: Weights,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    trained_on: dict[str, object],
    digits: str,
    count: int,
    seen: bool | None,
) -> None:
    monkeypatch.setattr("inkling.datasets.named.locate", lambda *_, **__: None)
    monkeypatch.setattr(of_lines, "_SYNTHETIC", 12)
    drawn_with: list[int] = []
    whole = hand.Cuttings
    monkeypatch.setattr(hand, "Cuttings", lambda digits: drawn_with.append(len(digits)) or whole(digits))
    path = tmp_path / "w.safetensors"
    save_weights(path, replace(reader, header=replace(reader.header, trained_on=trained_on)))
    end = inkling("evaluate", path, "--as", "line", "--data", "synthetic-lines")
    assert end.out.startswith(f"synthetic-lines of the digits {digits}, ")
    said = "The weights learned from these digits, or from some; not from these lines."
    assert (said in end.out) == (seen is True)
    assert "these pictures" not in end.out
    assert drawn_with == [count]
    assert json.loads(inkling("evaluate", path, "--as", "line", "--json").out)["seen_in_training"] == seen


def test_lines_are_drawn_if_no_data_is_named(
    inkling: Inkling, reader_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inkling.datasets.named.locate", lambda *_, **__: None)
    monkeypatch.setattr(of_lines, "_SYNTHETIC", 60)
    words = ("evaluate", reader_file, "--as", "line")
    result = json.loads(inkling(*words, "--json").out)
    marked = sum(mark["count"] for mark in result["marks"].values())
    assert (result["data"], result["n"] + marked) == ("synthetic-lines", 60)
    assert 0 < marked < 20
    assert result == json.loads(inkling(*words, "--data", "synthetic-lines", "--json").out)

    lines = of_lines.take_lines("synthetic-lines", load_weights(reader_file))
    assert len(lines.pictures) == len(lines.texts) == 60
    assert {type(picture) for picture in lines.pictures} == {np.ndarray}


@pytest.mark.parametrize("as_json", [False, True])
def test_what_was_measured_is_told_even_if_it_cannot_be_drawn(
    inkling: Inkling, reader_file: Path, folder: Path, as_json: bool
) -> None:
    nowhere = reader_file / "x"
    words = ["--as", "line", "--data", folder, "--pictures", nowhere, *["--json"] * as_json]
    end = inkling("evaluate", reader_file, *words)
    assert (end.code, "cannot be written" in end.err) == (5, True)
    assert ("exact" if as_json else "Exactly right") in end.out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ("READER --as line --data FOLDER --split test", 2, "--split is of single digits"),
        ("READER --as line --data FOLDER --device cuda", 2, "--device is of single digits"),
        ("--same-point", 2, "Add --as line"),
        ("--digits-only", 2, "Add --as line"),
        ("READER --as lines --data FOLDER", 2, "'lines' is not one of 'line'"),
        ("READER", 3, "Measure them on lines: --as line"),
        ("DIGITS --as line --data FOLDER", 3, "not of a line reader"),
        ("LETTERS --as line --data FOLDER", 3, '"4" is not one of "abc"'),
        ("READER --as line --data EMPTY", 3, "holds no labels.jsonl"),
        ("READER --as line --data gone", 3, "gone is no folder"),
        ("READER --as line --data BAD", 3, 'line 2: "text" is "12 kg"; "k" is not one of'),
        ("READER --as line --data MARKS", 3, "no picture is labelled with a number"),
    ],
)
def test_wrong_use_says_what_to_do(
    inkling: Inkling, reader_file: Path, folder: Path, tmp_path: Path, words: str, code: int, said: str
) -> None:
    (tmp_path / "empty").mkdir()
    named = {
        "READER": reader_file,
        "FOLDER": folder,
        "EMPTY": tmp_path / "empty",
        "DIGITS": write_weights(tmp_path / "digits.safetensors", "perceptron", tuple("0123456789")),
        "LETTERS": write_weights(tmp_path / "letters.safetensors", "line-reader", tuple("abc")),
        "BAD": write_labelled(tmp_path / "bad", ["1", "2"], ["1", "12 kg"]),
        "MARKS": write_labelled(tmp_path / "marks", ["X"], ["crossed out"]),
    }
    end = inkling("evaluate", *(named.get(word, word) for word in words.split()))
    assert end.code == code
    assert end.out == ""
    assert said in " ".join(end.err.replace("│", " ").split())
