"""One picture to one digit: whatever the picture's form, and whatever is wrong with it."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from inkling.errors import PictureError
from inkling.recognition.classify import DOUBT_BELOW, STRANGE_ABOVE, classify, classify_all

Sample = tuple[NDArray[np.uint8], NDArray[np.int64]]

FAMILIAR = 0.85
"""Novelty below which a digit is taken for an ordinary one here."""


def enlarged(image: NDArray[np.uint8], factor: int = 4) -> NDArray[np.uint8]:
    """Dark ink on light paper, smoothly enlarged as a scan would show it."""
    picture = Image.fromarray(255 - image)
    return np.asarray(picture.resize((28 * factor, 28 * factor), Image.Resampling.BICUBIC))


@pytest.fixture(scope="module")
def ordinary(sample: Sample) -> tuple[list[NDArray[np.uint8]], list[str]]:
    """One plain example of each digit: the first that is read as what it is, surely and familiarly."""
    images, labels = [], []
    for target in range(10):
        for place in np.flatnonzero(sample[1] == target):
            answer = classify(enlarged(sample[0][place]))
            familiar = answer.novelty is None or answer.novelty < FAMILIAR
            if answer.label == str(target) and answer.confidence > 0.98 and familiar:
                images.append(sample[0][place])
                labels.append(str(target))
                break
    assert labels == list("0123456789")
    return images, labels


FORMS = {
    "light on dark": lambda p: 255 - p,
    "off-white paper, grey ink": lambda p: (90 + p.astype(np.int64) * 130 // 255).astype(np.uint8),
    "wide margins": lambda p: np.pad(p, ((100, 40), (10, 160)), constant_values=255),
    "RGB": lambda p: np.stack([p, p, p], axis=2),
    "blue ink on yellow paper": lambda p: np.stack([p, (p * 0.9).astype(np.uint8), 255 - p // 2], axis=2),
    "one channel": lambda p: p[..., None],
    "float, 0 to 1": lambda p: p / 255,
    "float32": lambda p: p.astype(np.float32),
    "float16": lambda p: p.astype(np.float16),
    "float, about 0": lambda p: p / 127.5 - 1,
    "bool": lambda p: p > 127,
    "uint16": lambda p: p.astype(np.uint16) * 257,
    "int8": lambda p: (p.astype(np.int64) - 128).astype(np.int8),
    "int64": lambda p: p.astype(np.int64) * 1_000_000,
    "list of lists": lambda p: p.tolist(),
}


@pytest.mark.parametrize("form", FORMS)
def test_the_form_of_a_picture_does_not_change_the_digit(
    form: str, ordinary: tuple[list[NDArray[np.uint8]], list[str]]
) -> None:
    images, labels = ordinary
    answers = classify_all([FORMS[form](enlarged(image)) for image in images])
    assert [answer.label for answer in answers] == labels


@settings(max_examples=25)
@given(
    which=st.integers(0, 9),
    factor=st.integers(2, 12),
    top=st.integers(0, 80),
    left=st.integers(0, 80),
    paper=st.integers(170, 255),
    ink=st.integers(0, 90),
    inverted=st.booleans(),
)
def test_size_place_and_contrast_do_not_change_the_digit(
    ordinary: tuple[list[NDArray[np.uint8]], list[str]],
    which: int,
    factor: int,
    top: int,
    left: int,
    paper: int,
    ink: int,
    inverted: bool,
) -> None:
    images, labels = ordinary
    grey = enlarged(images[which], factor).astype(np.float64) / 255
    picture = np.pad(ink + grey * (paper - ink), ((top, 9), (left, 9)), constant_values=paper)
    picture = np.round(255 - picture if inverted else picture).astype(np.uint8)
    assert classify(picture).label == labels[which]


@pytest.mark.parametrize("colour", [0, 128, 255])
@pytest.mark.parametrize("shape", [(1, 1), (28, 28), (60, 30), (28, 28, 3)])
@pytest.mark.parametrize("kind", [np.uint8, np.float64])
def test_a_blank_picture_has_no_label(colour: int, shape: tuple[int, ...], kind: type) -> None:
    answer = classify(np.full(shape, colour, kind))
    assert (answer.label, answer.status, answer.confidence) == (None, "blank", 0.0)
    assert (answer.probabilities, answer.novelty) == ((), None)
    assert answer.reason


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros(28),
        np.zeros((2, 28, 28, 3)),
        np.zeros((28, 28, 2)),
        np.zeros((28, 28, 4)),
        np.zeros((0, 28)),
        np.zeros((28, 28), complex),
        np.full((28, 28), "7"),
        [[1, 2, 3], [4]],
        7,
        b"no picture",
        "/no/such/picture.png",
    ],
    ids=lambda picture: str(getattr(picture, "shape", picture))[:30],
)
def test_what_is_no_picture_is_an_error_alone_and_a_failure_among_others(
    picture: object, ordinary: tuple[list[NDArray[np.uint8]], list[str]]
) -> None:
    with pytest.raises(PictureError) as caught:
        classify(picture)  # type: ignore[arg-type]
    good = enlarged(ordinary[0][4])
    first, failed, last = classify_all([good, picture, good])  # type: ignore[list-item]
    assert (first.label, failed.label, last.label) == ("4", None, "4")
    assert (failed.status, failed.reason) == ("failed", str(caught.value))


def test_many_pictures_keep_their_order_and_their_sources(
    ordinary: tuple[list[NDArray[np.uint8]], list[str]], tmp_path: Path
) -> None:
    images, labels = ordinary
    given: list[object] = []
    for place, image in enumerate(images):
        path = tmp_path / f"{place}.png"
        Image.fromarray(enlarged(image)).save(path)
        given.append([str(path), path, path.read_bytes(), enlarged(image)][place % 4])
    given.insert(3, np.zeros((30, 30)))
    given.insert(6, tmp_path / "absent.png")
    answers = classify_all(given)  # type: ignore[arg-type]
    expected = [*labels[:3], None, *labels[3:5], None, *labels[5:]]
    assert [answer.label for answer in answers] == expected
    assert [answer.status for answer in answers if answer.label is None] == ["blank", "failed"]
    paths = [str(item) if isinstance(item, (str, Path)) else "" for item in given]
    assert [answer.source for answer in answers] == paths
    assert classify_all([]) == []


def test_alone_and_among_others_the_answer_is_the_same(sample: Sample) -> None:
    pictures = list(sample[0][:12])
    for alone, among in zip(map(classify, pictures), classify_all(pictures), strict=True):
        assert alone.label == among.label
        assert alone.probabilities == pytest.approx(among.probabilities, abs=1e-5)


def test_probabilities_sum_to_1_and_confidence_is_the_greatest(sample: Sample) -> None:
    noise = list(np.random.default_rng(0).integers(0, 256, (10, 28, 28), np.uint8))
    answers = [answer for answer in classify_all([*sample[0][:60], *noise]) if answer.label is not None]
    assert len(answers) >= 60
    for answer in answers:
        assert sum(answer.probabilities) == pytest.approx(1)
        assert answer.confidence == max(answer.probabilities)
        assert answer.label == str(np.argmax(answer.probabilities))


def scribbles(count: int) -> list[NDArray[np.uint8]]:
    """Random walks of a pen all over the paper."""
    import cv2

    generator = np.random.default_rng(3)
    drawn = []
    for _ in range(count):
        sheet = np.full((112, 112), 255, np.uint8)
        corners = generator.integers(8, 104, (12, 1, 2)).astype(np.int32)
        drawn.append(np.asarray(cv2.polylines(sheet, [corners], False, 0, 6)))
    return drawn


def test_scribbles_and_noise_are_stranger_than_digits(sample: Sample) -> None:
    noise = list(np.random.default_rng(0).integers(0, 2, (20, 14, 14), np.uint8) * 255)
    noise = [np.kron(picture, np.ones((4, 4), np.uint8)) for picture in noise]
    groups = [classify_all(group) for group in (list(sample[0][:100]), scribbles(20), noise)]
    known, drawn, random = (
        float(np.median([answer.novelty for answer in group if answer.novelty is not None]))
        for group in groups
    )
    assert known < 1
    assert drawn > known
    assert random > known


def test_what_is_doubtful_says_why(sample: Sample) -> None:
    # Two digits laid over each other are neither.
    both = [np.maximum(a, b) for a, b in zip(sample[0][:60], sample[0][60:120], strict=True)]
    answers = classify_all([*both, *scribbles(10)])
    doubtful = [answer for answer in answers if answer.status == "doubtful"]
    assert len(doubtful) > 5
    for answer in answers:
        strange = answer.novelty is not None and answer.novelty > STRANGE_ABOVE
        assert ("unlike" in answer.reason) == strange
        assert ("could also be" in answer.reason) == (answer.confidence < DOUBT_BELOW)
        assert (answer.status == "doubtful") == (strange or answer.confidence < DOUBT_BELOW)
    unsure = next(answer for answer in doubtful if answer.confidence < DOUBT_BELOW)
    second = int(np.argsort(unsure.probabilities)[-2])
    assert f"It could also be {second}." in unsure.reason


def test_a_path_and_its_bytes_are_the_same_picture(
    ordinary: tuple[list[NDArray[np.uint8]], list[str]], tmp_path: Path
) -> None:
    file = io.BytesIO()
    Image.fromarray(enlarged(ordinary[0][2])).save(file, "PNG")
    (tmp_path / "two.png").write_bytes(file.getvalue())
    assert classify(tmp_path / "two.png").probabilities == classify(file.getvalue()).probabilities
