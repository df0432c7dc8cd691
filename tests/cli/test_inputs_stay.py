"""No command writes in the place of a file that it reads; what would is refused before anything is done."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from command_line import SMALL, Inkling
from PIL import Image
from printed_folders import write_labelled, write_pictures
from test_read import write_weights

DRAWINGS = ("mistakes.png", "curves.png", "learning-rate.png", "saliency.png")


def labels_of(folder: Path, names: list[str], text: str) -> None:
    lines = [json.dumps({"image": name, "text": text}) for name in names]
    (folder / "labels.jsonl").write_text("\n".join(lines))


@pytest.fixture
def here(
    reader_file: Path, digits: list[Path], trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """The folder one is in: lines, digits, weights and forms, some of them called like drawings."""
    monkeypatch.chdir(tmp_path)
    write_labelled(tmp_path / "lines", [str(number) for number in range(30)])
    with (tmp_path / "lines" / "labels.jsonl").open("a") as labels:
        for name in DRAWINGS:
            shutil.copy(write_pictures(tmp_path / "printed", ["12"])[0], tmp_path / "lines" / name)
            labels.write(json.dumps({"image": name, "text": "12"}) + "\n")
    (tmp_path / "digits").mkdir()
    for name, picture in zip(DRAWINGS, digits, strict=False):
        shutil.copy(picture, tmp_path / "digits" / name)
    labels_of(tmp_path / "digits", [*DRAWINGS, "absent.png"], "3")
    (tmp_path / "classes" / "3").mkdir(parents=True)
    shutil.copy(digits[3], tmp_path / "classes" / "3" / "a.png")
    shutil.copytree(tmp_path / "classes", tmp_path / "parted" / "train")
    shutil.copy(reader_file, tmp_path / "reader.safetensors")
    (tmp_path / "again").mkdir()
    shutil.copy(reader_file, tmp_path / "again" / "weights.safetensors")
    shutil.copy(trained / "weights.safetensors", tmp_path / "digits.safetensors")
    shutil.copy(trained / "settings.toml", tmp_path / "again" / "settings.toml")
    write_weights(tmp_path / "drawn.png", "line-reader", ("1", "2"))
    Image.new("L", (300, 200), 255).save(tmp_path / "tally-fields.png")
    shutil.copytree(tmp_path / "printed", tmp_path / "away")
    (tmp_path / "link.png").symlink_to(tmp_path / "lines" / "images" / "003.png")
    return tmp_path


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ("data show lines --out lines/images/000.png", "lines/images/000.png"),
        ("data show lines --out lines/labels.jsonl", "lines/labels.jsonl"),
        ("data show lines/labels.jsonl --out lines/images/000.png", "lines/images/000.png"),
        ("data show lines --out link.png", "link.png"),
        ("data show digits --out digits/curves.png", "digits/curves.png"),
        ("data show classes --out classes/3/a.png", "classes/3/a.png"),
        ("data show parted --out parted/train/3/a.png", "parted/train/3/a.png"),
        ("data show sample+classes --out classes/3/a.png", "classes/3/a.png"),
        ("calibrate lines --weights reader.safetensors --out reader.safetensors", "reader.safetensors"),
        ("calibrate lines --weights reader.safetensors --out lines/labels.jsonl", "lines/labels.jsonl"),
        ("calibrate lines --weights reader.safetensors --out lines/images/003.png", "lines/images/003.png"),
        ("evaluate reader.safetensors --as line --data lines --pictures lines", "lines/mistakes.png"),
        ("evaluate digits.safetensors --data digits --pictures digits", "digits/mistakes.png"),
        ("export digits.safetensors --to digits.safetensors", "digits.safetensors"),
        ("inspect --data classes --plot classes/3/a.png", "classes/3/a.png"),
        ("classify digits/curves.png --plot digits/curves.png", "digits/curves.png"),
        ("classify digits/saliency.png --why digits", "digits/saliency.png"),
        ("classify classes/3/a.png --why digits --data digits", "digits/saliency.png"),
        ("train --data digits --run digits", "digits/mistakes.png"),
        ("train --data digits --run digits --find-lr", "digits/learning-rate.png"),
        ("train --from again/weights.safetensors --data lines --run again", "again/weights.safetensors"),
        ("train --settings again/settings.toml --data digits --run again", "again/settings.toml"),
        ("read --as line away/000.png --weights drawn.png --plot drawn.png", "drawn.png"),
        ("form new tally-fields.png --output tally.yaml", "tally-fields.png"),
    ],
)
def test_an_output_in_the_place_of_an_input_is_refused_and_all_stays_as_it_was(
    inkling: Inkling, here: Path, words: str, kept: str
) -> None:
    before = {path: path.read_bytes() for path in here.rglob("*") if path.is_file()}
    end = inkling(*words.split())
    assert (end.code, end.out) == (2, "")
    assert f"{kept} is to be read; writing it would destroy it." in " ".join(end.err.split())
    assert {path: path.read_bytes() for path in here.rglob("*") if path.is_file()} == before


def test_the_copy_of_a_blank_form_is_not_drawn_over(inkling: Inkling, here: Path) -> None:
    end = inkling("form", "new", "tally-fields.png", "--output", "forms/tally.yaml")
    assert end.code == 2
    assert "What is written would be called tally-fields.png, as the blank form is." in end.err
    assert not (here / "forms").exists()


def test_what_was_drawn_before_is_drawn_over(inkling: Inkling, few: Path, here: Path) -> None:
    shutil.copytree(few, here / "few")
    for words in (
        "data show lines --out lines/sheet.png",
        "evaluate digits.safetensors --data few --pictures few",
        "inspect --data few --plot few/pass.png",
    ):
        assert [inkling(*words.split()).code for _ in range(2)] == [0, 0], words
    assert inkling("train", *SMALL, "epochs=0.1", "--data", "few", "--run", "few").code == 0
