"""Folders of labelled lines: what is read of them, what is refused and why, and how they are varied."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from labelled_lines import write_labels
from PIL import Image

from inkling.datasets.lines.folders import (
    MOST_ROWS,
    FolderLines,
    Lines,
    load_line_labels,
    load_lines,
    places_of,
    see_again,
    split_lines,
)
from inkling.datasets.lines.writing import LINE_ALPHABET
from inkling.errors import DatasetError
from inkling.transforms.lines import LINE_HEIGHT, frame_line


def draw(path: Path, text: str = "407", *, size: tuple[int, int] = (40, 120)) -> Path:
    """Dark digits on light paper."""
    path.parent.mkdir(parents=True, exist_ok=True)
    paper = np.full(size, 235, np.uint8)
    cv2.putText(
        paper, text, (6, size[0] * 3 // 4), cv2.FONT_HERSHEY_SIMPLEX, size[0] / 40, 20, max(2, size[0] // 15)
    )
    Image.fromarray(paper).save(path)
    return path


def labelled(folder: Path, *lines: object) -> Path:
    for name in ("1.png", "first.png", "last.png"):
        draw(folder / "images" / name)
    return write_labels(folder, *lines)


FIRST, LAST = ({"image": f"images/{name}.png", "text": "407"} for name in ("first", "last"))


@pytest.mark.parametrize("named", ["folder", "file", "text"])
def test_a_folder_is_read_in_the_order_of_its_lines(named: str, tmp_path: Path) -> None:
    folder = labelled(tmp_path / "mine", FIRST, "", {"image": "2.png", "text": "-1,5", "writer": 3}, LAST)
    draw(folder / "2.png", "-1,5", size=(30, 90))
    given = {"folder": folder, "file": folder / "labels.jsonl", "text": str(folder)}[named]
    lines = load_lines(given)
    assert (lines.name, lines.texts) == ("mine", ("407", "-1,5", "407"))
    assert [picture.shape for picture in lines.pictures] == [(40, 120), (30, 90), (40, 120)]
    image, places = lines.framed()[1]
    assert np.array_equal(image, frame_line(lines.pictures[1]))
    assert [LINE_ALPHABET[place] for place in places] == list("-1,5")


@pytest.mark.parametrize(
    ("text", "read"),
    [("", ""), ("  ", ""), (" 40 7\n", "40 7"), ("crossed out", "crossed out"), ("12/3-4:5", "12/3-4:5")],
)
def test_texts_may_be_empty_or_a_mark(text: str, read: str, tmp_path: Path) -> None:
    lines = load_lines(labelled(tmp_path, {"image": "images/1.png", "text": text}))
    assert lines.texts == (read,)
    [(_, places)] = lines.framed()
    assert [LINE_ALPHABET[place] for place in places] == ([read] if read == "crossed out" else list(read))


def test_colours_become_grey_and_large_pictures_small(tmp_path: Path) -> None:
    folder = labelled(tmp_path, {"image": "c.png", "text": "1"}, {"image": "large.png", "text": "2"})
    Image.new("RGB", (50, 30), (255, 0, 0)).save(folder / "c.png")
    draw(folder / "large.png", size=(960, 2880))
    small, large = load_lines(folder).pictures
    assert (small.shape, np.unique(small).tolist()) == ((30, 50), [76])
    assert large.shape == (MOST_ROWS, 576)
    with Image.open(folder / "large.png") as picture:
        whole = frame_line(np.asarray(picture))
    assert np.abs(frame_line(large).astype(int) - whole).max() <= 12, (
        "a network sees the same, resampled once more"
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "not JSON"),
        ("[]", "not an object"),
        ({"text": "1"}, 'no "image"'),
        ({"image": "images/1.png"}, 'no "text"'),
        ({"image": "images/1.png", "text": 407}, '"text" is 407, which is not text in quotes'),
        ({"image": "images/1.png", "text": "4O7"}, '"text" is "4O7"; "O" is not one of "0123456789.,-/: "'),
        ({"image": "images/1.png", "text": "crossed"}, '"c" is not one of'),
        ({"image": "images/1.png", "text": "٣"}, '"٣"; "٣" (U+0663) is not one of'),
        ({"image": "images/1.png", "text": "1\x1b[31m"}, '"1\\u001b[31m"; "\\u001b" is not one of'),
        ({"image": "images/2.png", "text": "1"}, '"images/2.png" does not exist'),
        ({"image": "images", "text": "1"}, '"images" is not a file'),
        ({"image": "../secret.png", "text": "1"}, 'has ".." in it'),
        ({"image": "/etc/passwd", "text": "1"}, "leads outside the folder"),
        ({"image": "link.png", "text": "1"}, "is a link that leads outside the folder"),
        ({"image": "a\0b.png", "text": "1"}, "is not a path"),
        ({"image": "broken.png", "text": "1"}, "is not a picture"),
        (
            {"image": "long.png", "text": "1"},
            "long.png: A picture of 3,000 x 20 pixels is too long",
        ),
        (
            {"image": "low.png", "text": "1"},
            "low.png: A line is at least 8 pixels high and 2 wide;",
        ),
        ({"image": "images/first.png", "text": "407"}, '"images/first.png" is the picture of line 1 already'),
        (
            {"image": "./images//first.png", "text": "8"},
            '"./images//first.png" is the picture of line 1 already',
        ),
        ({"image": "inside.png", "text": "407"}, '"inside.png" is the picture of line 1 already'),
    ],
)
def test_a_bad_line_is_told_with_its_number(line: Any, said: str, tmp_path: Path) -> None:
    folder = labelled(tmp_path / "set", FIRST, line, LAST)
    draw(tmp_path / "secret.png")
    (folder / "broken.png").write_bytes(b"not a picture")
    Image.new("L", (3000, 20), 255).save(folder / "long.png")
    Image.new("L", (60, 4), 255).save(folder / "low.png")
    os.symlink(tmp_path / "secret.png", folder / "link.png")
    os.symlink(folder / "images" / "first.png", folder / "inside.png")
    with pytest.raises(DatasetError) as caught:
        load_lines(folder)
    assert f"{folder / 'labels.jsonl'}: 1 problem: line 2: " in caught.value.message
    assert said in caught.value.message


@pytest.mark.parametrize("read", [load_lines, load_line_labels])
def test_pictures_that_are_listed_again_and_again_are_counted_and_not_read(read: Any, tmp_path: Path) -> None:
    folder = labelled(tmp_path, FIRST, *[LAST, FIRST] * 4)
    with pytest.raises(
        DatasetError, match=r"7 problems: line 3: .* is the picture of line 1 already; line 4: .*"
    ) as e:
        read(folder)
    assert 'line 4: "images/last.png" is the picture of line 2 already; line 5: ' in e.value.message
    assert e.value.message.endswith("; and 2 more.")


@pytest.mark.parametrize(
    ("place", "said"), [("absent", "is no folder"), ("empty", "holds no labels.jsonl"), ("none", "names no")]
)
def test_a_folder_without_lines_is_refused(place: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    labelled(tmp_path / "none")
    with pytest.raises(DatasetError) as caught:
        load_lines(tmp_path / place)
    assert said in caught.value.message
    assert caught.value.remedy


def test_another_alphabet_knows_other_texts(tmp_path: Path) -> None:
    folder = labelled(tmp_path, {"image": "images/1.png", "text": "ab"})
    assert load_lines(folder, alphabet=("b", "a", "torn")).framed()[0][1] == (1, 0)
    assert places_of("torn", ("b", "a", "torn")) == (2,)
    with pytest.raises(DatasetError, match='"a" is not one of "b"'):
        load_lines(folder, alphabet=("b", "torn"))


def some_lines(count: int) -> Lines:
    pictures = tuple(
        np.random.default_rng(n).integers(0, 256, (20 + n % 30, 60), dtype=np.uint8) for n in range(count)
    )
    texts = tuple(str(n) for n in range(count))
    return Lines(pictures, texts, "some")


def test_a_set_whose_parts_do_not_fit_is_refused() -> None:
    three = some_lines(3)
    for pictures, texts in ((three.pictures[:2], three.texts), ((), ()), (three.pictures, ("1", "2", "x"))):
        with pytest.raises(DatasetError):
            Lines(pictures, texts, "odd")


@given(count=st.integers(2, 60), fraction=st.floats(0.001, 0.999), seed=st.integers(0, 2**63 - 1))
def test_what_is_held_out_is_not_learned_from(count: int, fraction: float, seed: int) -> None:
    lines = some_lines(count)
    learned, heldout = split_lines(lines, fraction, seed=seed)
    assert sorted(learned.texts + heldout.texts) == sorted(lines.texts)
    assert len(heldout) == min(max(round(count * fraction), 1), count - 1)
    assert split_lines(lines, fraction, seed=seed)[1].texts == heldout.texts
    assert list(learned.texts) == sorted(learned.texts, key=int)


def test_a_single_picture_cannot_be_split() -> None:
    with pytest.raises(DatasetError, match="single picture"):
        split_lines(some_lines(1), 0.5, seed=0)


def test_another_seed_holds_others_out() -> None:
    drawn = {split_lines(some_lines(30), 0.2, seed=seed)[1].texts for seed in range(5)}
    assert len(drawn) == 5


def test_a_series_is_a_function_of_seed_and_number(tmp_path: Path) -> None:
    folder = labelled(tmp_path, FIRST, {"image": "images/last.png", "text": ""})
    lines = load_lines(folder)
    series, again, other = FolderLines(lines), FolderLines(lines), FolderLines(lines, seed=1)
    drawn = [series(index) for index in range(20)]
    assert {len(places) for _, places in drawn} == {0, 3}
    for index, (image, places) in enumerate(drawn):
        assert image.shape[0] == LINE_HEIGHT
        assert image.shape[1] % 16 == 0
        assert np.array_equal(image, again(index)[0])
        assert places == again(index)[1]
    different = sum(not np.array_equal(image, other(n)[0]) for n, (image, _) in enumerate(drawn))
    assert different > 15
    assert series.fingerprint == again.fingerprint != other.fingerprint


def test_the_fingerprint_tells_every_pixel_and_every_text() -> None:
    lines = some_lines(4)
    changed = lines.pictures[3].copy()
    changed[-1, -1] ^= 1
    spotted = Lines((*lines.pictures[:3], changed), lines.texts, "some")
    renamed = Lines(lines.pictures, (*lines.texts[:3], "9"), "some")
    assert len({FolderLines(each).fingerprint for each in (lines, spotted, renamed)}) == 3


@given(height=st.integers(1, 60), width=st.integers(1, 200), seed=st.integers(0, 1000))
def test_a_picture_of_any_size_is_varied_a_little(height: int, width: int, seed: int) -> None:
    picture = np.random.default_rng(seed).integers(0, 256, (height, width), dtype=np.uint8)
    seen = see_again(picture, np.random.default_rng(seed))
    assert seen.dtype == np.uint8
    assert 0.75 * height - 1 <= seen.shape[0] <= 1.4 * height + 1
    assert 0.85 * width - 0.1 * height - 1 <= seen.shape[1] <= 1.12 * width + 0.35 * height + 1
    assert frame_line(seen).shape[0] == LINE_HEIGHT


def test_the_ink_stays_in_the_picture(tmp_path: Path) -> None:
    with Image.open(draw(tmp_path / "x.png", "8888", size=(40, 100))) as opened:
        picture = np.asarray(opened)
    ink = (picture < 128).sum()
    for seed in range(200):
        seen = see_again(picture, np.random.default_rng(seed)).astype(np.float64)
        dark = (seen < (seen.max() + seen.min()) / 2).sum()
        assert 0.5 * ink < dark < 2 * ink
