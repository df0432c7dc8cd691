from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from labelled_lines import write_labels
from PIL import Image

from inkling.datasets import folders
from inkling.datasets.folders import read_class_folders, read_labelled_folder
from inkling.datasets.framing import frame_all
from inkling.datasets.sample import read_sample
from inkling.errors import DatasetError
from inkling.transforms.normalize import frame, is_framed


def draw(path: Path, *, shift: int = 0) -> Path:
    """A black bar on white paper, 40 x 60."""
    path.parent.mkdir(parents=True, exist_ok=True)
    paper = np.full((60, 40), 255, np.uint8)
    paper[10:50, 15 + shift : 21 + shift] = 0
    Image.fromarray(paper).save(path)
    return path


def labelled(folder: Path, *lines: object) -> Path:
    for name in ("1.png", "first.png", "last.png"):
        draw(folder / "images" / name)
    return write_labels(folder, *lines)


FIRST, LAST = ({"image": f"images/{name}.png", "text": "1"} for name in ("first", "last"))


def test_a_labelled_folder_is_read_in_the_order_of_its_lines(tmp_path):
    draw(tmp_path / "seven.png", shift=4)
    labelled(tmp_path, FIRST, "", {"image": "seven.png", "text": "7", "writer": 12}, LAST)
    digits = read_labelled_folder(tmp_path, name="mine")
    assert digits.targets.tolist() == [1, 7, 1]
    assert digits.name == "mine"
    assert digits.images.max() == 255  # ink is high, whatever it was on the paper
    assert digits.images[:, 0].max() == 0


def test_a_byte_order_mark_and_windows_line_ends_are_no_trouble(tmp_path):
    labelled(tmp_path)
    first, last = (json.dumps(line).encode() for line in (FIRST, LAST))
    (tmp_path / "labels.jsonl").write_bytes(b"\xef\xbb\xbf" + first + b"\r\n" + last + b"\r\n")
    assert len(read_labelled_folder(tmp_path, name="mine")) == 2


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ('{"image": "images/1.png", "text": ' + "9" * 5000 + "}", "not JSON"),
        ("[]", "not an object"),
        ('"7"', "not an object"),
        ({"text": "1"}, 'no "image"'),
        ({"image": "images/1.png"}, 'no "text"'),
        ({"image": "images/1.png", "text": 7}, '"text" is 7, which is not text in quotes'),
        ({"image": None, "text": "7"}, '"image" is null'),
        ({"image": "images/1.png", "text": "4071"}, '"text" is "4071", not a single digit'),
        ({"image": "images/1.png", "text": ""}, '"text" is "", not a single digit'),
        ({"image": "images/1.png", "text": "x"}, '"text" is "x", not one of 0 to 9'),
        ({"image": "images/1.png", "text": "\u0663"}, "not one of 0 to 9"),
        ({"image": "images/2.png", "text": "1"}, '"images/2.png" does not exist'),
        ({"image": "images", "text": "1"}, '"images" is not a file'),
        ({"image": "", "text": "1"}, '"" is not a file'),
        ({"image": "../secret.png", "text": "1"}, 'has ".." in it'),
        ({"image": "images/../../secret.png", "text": "1"}, 'has ".." in it'),
        ({"image": "..\\secret.png", "text": "1"}, 'has ".." in it'),
        ({"image": "/etc/passwd", "text": "1"}, "leads outside the folder"),
        ({"image": "C:\\secret.png", "text": "1"}, "leads outside the folder"),
        ({"image": "link.png", "text": "1"}, "is a link that leads outside the folder"),
        ({"image": "a\0b.png", "text": "1"}, "is not a path"),
        ({"image": "x" * 5000, "text": "1"}, "is not a path"),
        ({"image": "broken.png", "text": "1"}, "is not a picture"),
        ({"image": "blank.png", "text": "1"}, "is blank"),
        ({"image": "images/first.png", "text": "1"}, '"images/first.png" is the picture of line 1 already'),
    ],
)
def test_a_bad_line_is_told_with_its_number(tmp_path, line, said):
    folder = labelled(tmp_path / "set", FIRST, line, LAST)
    draw(tmp_path / "secret.png")
    (folder / "broken.png").write_bytes(b"not a picture")
    Image.new("L", (30, 30), 255).save(folder / "blank.png")
    os.symlink(tmp_path / "secret.png", folder / "link.png")
    with pytest.raises(DatasetError) as caught:
        read_labelled_folder(folder, name="mine")
    assert f"{folder / 'labels.jsonl'}: 1 problem: line 2: " in caught.value.message
    assert said in caught.value.message


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ('{"image": "1.png", "text": "7"}\n'.encode("utf-16"), 1),
        ('{"image": "1.png", "text": "7"}\n{"image": "é.png", "text": "7"}\n'.encode("latin-1"), 2),
    ],
)
def test_labels_that_are_not_in_utf_8_are_told_once(tmp_path, content, line):
    (tmp_path / "labels.jsonl").write_bytes(content)
    with pytest.raises(DatasetError) as caught:
        read_labelled_folder(tmp_path, name="mine")
    assert caught.value.message == f"{tmp_path / 'labels.jsonl'} is not in UTF-8: see line {line}."


def test_a_link_that_stays_in_the_folder_is_followed(tmp_path):
    labelled(tmp_path, {"image": "link.png", "text": "1"})
    os.symlink(tmp_path / "images" / "1.png", tmp_path / "link.png")
    assert len(read_labelled_folder(tmp_path, name="mine")) == 1


def test_of_many_problems_five_are_told_and_all_are_counted(tmp_path):
    labelled(tmp_path, *[{"image": "images/1.png", "text": "x"}] * 7)
    with pytest.raises(DatasetError, match=r"7 problems: line 1: .*; and 2 more") as caught:
        read_labelled_folder(tmp_path, name="mine")
    assert "line 5" in caught.value.message
    assert "line 6" not in caught.value.message


def test_labels_that_are_missing_empty_or_far_too_long_are_refused(tmp_path, monkeypatch):
    with pytest.raises(DatasetError, match="cannot be read"):
        read_labelled_folder(tmp_path, name="mine")
    labelled(tmp_path, "", " ")
    with pytest.raises(DatasetError, match="names no picture"):
        read_labelled_folder(tmp_path, name="mine")
    labelled(tmp_path, FIRST)
    monkeypatch.setattr(folders, "MAX_LABELS_BYTES", 10)
    with pytest.raises(DatasetError, match="10 are read at most"):
        read_labelled_folder(tmp_path, name="mine")


def test_class_folders_are_read_by_class_and_hidden_files_passed_over(tmp_path):
    for name in ("7/b.png", "7/a.png", "0/a.png"):
        draw(tmp_path / name)
    (tmp_path / "7" / ".DS_Store").write_bytes(b"")
    (tmp_path / "7" / "Thumbs.db").write_bytes(b"")
    (tmp_path / "README").write_text("about")
    assert read_class_folders(tmp_path, name="mine").targets.tolist() == [0, 7, 7]


def test_class_folders_tell_what_is_wrong_by_path(tmp_path):
    draw(tmp_path / "0" / "a.png")
    (tmp_path / "0" / "b.png").write_bytes(b"")
    (tmp_path / "10").mkdir()
    (tmp_path / "1" / "inner").mkdir(parents=True)
    with pytest.raises(DatasetError, match="3 problems: ") as caught:
        read_class_folders(tmp_path, name="mine")
    for said in ("b.png is not a picture", '"1/inner" is not a file', "10/ is not named after a digit"):
        assert said in caught.value.message


def test_class_folders_without_a_picture_are_refused(tmp_path):
    (tmp_path / "3").mkdir()
    with pytest.raises(DatasetError, match="no picture"):
        read_class_folders(tmp_path, name="mine")


def test_pictures_of_mnist_kept_as_files_come_back_as_they_were(tmp_path):
    sample = read_sample().part(slice(0, None, 250))
    for place, (image, target) in enumerate(zip(sample.images, sample.targets, strict=True)):
        path = tmp_path / str(target) / f"{place:03}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(image).save(path)
    digits = read_class_folders(tmp_path, name="mine")
    assert np.array_equal(digits.images, sample.images)
    assert np.array_equal(digits.targets, sample.targets)


def test_nearly_all_pictures_of_mnist_are_seen_to_be_framed_and_others_are_not():
    images = read_sample().images[::10]
    assert np.mean([is_framed(image) for image in images]) > 0.99
    assert not any(is_framed(np.roll(image, 3, axis=1)) for image in images)
    assert not any(is_framed(255 - image) for image in images)
    assert not is_framed(np.zeros((28, 28), np.uint8))
    assert not is_framed(np.zeros((28, 28, 3), np.uint8))
    faint = [image // 200 for image in images]
    assert not any(is_framed(image) for image in faint)


def test_a_picture_that_is_framed_once_is_framed():
    paper = np.full((60, 40), 255, np.uint8)
    paper[10:50, 15:21] = 0
    once = frame(paper)
    assert once is not None
    assert once.shape == (28, 28)
    assert frame(np.full((28, 28), 7, np.uint8)) is None


def test_blank_pictures_of_an_array_are_told_by_their_place():
    pictures = np.zeros((8, 16, 16), np.uint8)
    pictures[1, 3:13, 7:9] = 255
    with pytest.raises(DatasetError, match=r"heap: no ink on 7 of 8 .*: 0, 2, 3, 4, 5, \.\.\."):
        frame_all(pictures, name="heap")
    assert frame_all(pictures[1:2], name="heap").shape == (1, 28, 28)
