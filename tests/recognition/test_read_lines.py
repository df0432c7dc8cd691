"""A picture of a line becomes a number, its probability, and what else it may be; or says why not."""

from __future__ import annotations

import copy
import io
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from inkling.datasets.lines.writing import LINE_ALPHABET, MARKS
from inkling.errors import PictureError, WeightsError
from inkling.networks.build import NetworkSettings, build_network
from inkling.networks.ctc import BLANK
from inkling.networks.gauge import Gauge
from inkling.networks.layer import fold
from inkling.networks.linereader import FRAMES
from inkling.networks.scan import propose, scan, score_of
from inkling.networks.weights import Header, Weights, shipped_weights
from inkling.recognition.decisions import REASONS
from inkling.recognition.lines import open_line, read_framed, read_line, read_lines
from inkling.training.devices import choose_precision
from printed_lines import STEP, print_line

NUMBERS = ["7", "42", "1900", "-3.5", "08.15", "311.7-", "98765"]


def calibrated(reader: Weights, slope: float, intercept: float) -> Weights:
    return replace(reader, header=replace(reader.header, calibration=(slope, intercept)))


def one_answer(name: str) -> Weights:
    """A reader that says the same in every frame: one character, a mark, or nothing."""
    settings = NetworkSettings("line-reader", (2, 2, 2))
    network = build_network(settings, classes=len(LINE_ALPHABET) + 1).eval()
    label = LINE_ALPHABET.index(name) + 1 if name else 0
    with torch.no_grad():
        network.logits.weight.zero_()
        network.logits.bias.zero_()
        network.logits.bias.view(FRAMES, -1)[:, label] = 12.0
    return Weights(network, Header(settings, LINE_ALPHABET))


@pytest.mark.parametrize("text", NUMBERS)
def test_a_number_is_read_with_everything_that_is_known_of_it(reader: Weights, text: str) -> None:
    reading = read_line(print_line(text), weights=reader)
    assert (reading.text, reading.status, reading.reason, reading.source) == (text, "read", "", "")
    assert 0.9 <= reading.confidence < 1
    assert reading.novelty is None
    assert "".join(character.text for character in reading.characters) == text
    for character in reading.characters:
        assert len(character.probabilities) == len(LINE_ALPHABET)
        assert sum(character.probabilities) == pytest.approx(1)
        assert character.confidence == character.probabilities[LINE_ALPHABET.index(character.text)] > 0.8


@pytest.mark.parametrize("size", [1, 2, 5])
def test_a_box_is_where_the_ink_of_its_character_is_in_the_picture_as_it_was_given(
    reader: Weights, size: int
) -> None:
    picture = print_line("4071")
    reading = read_line(np.kron(picture, np.ones((size, size), np.uint8)), weights=reader)
    assert reading.text == "4071"
    for place, character in enumerate(reading.characters):
        left = STEP * (1 + place)
        ink = picture[:, left : left + STEP] < 128
        columns, rows = left + np.flatnonzero(ink.any(axis=0)), np.flatnonzero(ink.any(axis=1))
        true = [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]
        box = [character.box.left, character.box.top, character.box.right, character.box.bottom]
        assert np.array(box) / size == pytest.approx(true, abs=2.5)


@pytest.mark.parametrize(("slope", "intercept"), [(1.0, 0.0), (0.5, -0.5), (0.0, 3.0)])
def test_the_confidence_is_the_calibrated_score(reader: Weights, slope: float, intercept: float) -> None:
    picture = print_line("4071")
    precision = choose_precision("auto", torch.device("cpu"), reader.header.network.name)
    (seen,) = scan(fold(reader.network, precision), [open_line(picture).image], precision=precision)
    score = score_of(propose([seen.log_probs])[0])
    confidence = read_line(picture, weights=calibrated(reader, slope, intercept)).confidence
    assert confidence == pytest.approx(1 / (1 + math.exp(-slope * score - intercept)))


@pytest.mark.parametrize(
    ("chance", "status", "said"),
    [
        (0.95, "read", ""),
        (0.89, "doubtful", "It could also be "),
        (0.11, "doubtful", "It could also be "),
        (0.09, "illegible", "It cannot be read: no number is probable."),
    ],
)
def test_a_confidence_too_low_is_doubtful_and_one_lower_still_illegible(
    reader: Weights, chance: float, status: str, said: str
) -> None:
    reading = read_line(print_line("4071"), weights=calibrated(reader, 0, math.log(chance / (1 - chance))))
    assert reading.status == status
    assert reading.reason.startswith(said)
    assert bool(reading.reason) == bool(said)
    if status == "illegible":
        assert (reading.text, reading.characters) == ("", ())
        others = sum(other.confidence for other in reading.alternatives)
        assert reading.confidence == pytest.approx(1 - others)  # that it is none of them
        assert reading.alternatives[0].text == "4071"
        assert reading.alternatives[0].confidence == pytest.approx(chance)
    else:
        assert (reading.text, reading.confidence) == ("4071", pytest.approx(chance))
        assert status == "read" or reading.reason == f"It could also be {reading.alternatives[0].text}."


def test_alternatives_are_other_numbers_and_leave_the_number_its_confidence(reader: Weights) -> None:
    reading = read_line(print_line("4071"), weights=reader)
    texts = [other.text for other in reading.alternatives]
    chances = [other.confidence for other in reading.alternatives]
    assert "4071" not in texts
    assert len(set(texts)) == len(texts) >= 1
    assert not any(mark in text for text in texts for mark in MARKS)
    assert chances == sorted(chances, reverse=True)
    assert 0 < sum(chances) <= 1 - reading.confidence + 1e-9


@pytest.mark.parametrize(
    ("printed", "rules", "text"),
    [
        ("19.5", {}, "19.5"),
        ("19.5", {"same_point": True}, "19.5"),
        ("19.5", {"digits_only": True}, "195"),
        ("-3.5-", {"digits_only": True}, "35"),
    ],
)
def test_digits_alone_may_be_wanted(reader: Weights, printed: str, rules: dict[str, bool], text: str) -> None:
    reading = read_line(print_line(printed), weights=reader, **rules)
    assert (reading.text, reading.status) == (text, "read")
    assert all(other.text.isdigit() for other in reading.alternatives if "digits_only" in rules)
    assert read_lines([print_line(printed)], weights=reader, **rules)[0].text == text


def test_a_comma_that_is_as_good_as_a_point_takes_no_confidence_from_it() -> None:
    weights = one_answer(".")
    with torch.no_grad():  # a point and a comma are equally probable in every frame
        weights.network.logits.bias.view(FRAMES, -1)[:, LINE_ALPHABET.index(",") + 1] = 12.0
    apart, same = (read_line(print_line("1"), weights=weights, same_point=rule) for rule in (False, True))
    assert apart.status == "illegible"
    assert (same.text, same.status) == (".", "read")
    assert "," not in "".join(other.text for other in same.alternatives)


def test_what_is_known_of_each_number_is_kept_to(reader: Weights) -> None:
    pictures = [print_line("4071"), np.zeros((1, 1), np.uint8), print_line("4071"), print_line("4071")]
    readings = read_lines(
        pictures, weights=reader, lengths=[None, None, 3, 4], allowed=["0147", "", "", "012345X"]
    )
    assert [reading.status for reading in readings[:2]] == ["read", "failed"]
    assert readings[0].text == "4071"
    for reading, length in ((readings[2], 3), (readings[3], 4)):  # what was seen is not admissible
        proposed = {reading.text, *(other.text for other in reading.alternatives)} - {""}
        assert reading.status in ("doubtful", "illegible")
        assert proposed
        assert {len(text) for text in proposed} == {length}
    assert "7" not in readings[3].text


@pytest.mark.parametrize("grey", [0, 1, 128, 255])
def test_paper_of_one_colour_is_blank_without_asking_a_network(reader: Weights, grey: int) -> None:
    reading = read_line(np.full((40, 130), grey, np.uint8), weights=reader)
    assert (reading.status, reading.confidence) == ("blank", 1.0)
    assert reading.reason == "There is no ink on the picture."


def test_ink_that_is_no_writing_is_blank_as_sure_as_the_network_is() -> None:
    weights = one_answer("")
    reading = read_line(print_line("1"), weights=weights)
    assert (reading.status, reading.reason) == ("blank", "There is no writing on the picture.")
    (seen,) = scan(weights.network, [open_line(print_line("1")).image])
    assert reading.confidence == pytest.approx(math.exp(float(seen.log_probs[:, 0].sum())), abs=1e-6)


@pytest.mark.parametrize(("chance", "status"), [(0.95, "blank"), (0.51, "blank"), (0.49, "illegible")])
def test_ink_that_may_be_writing_is_not_passed_over(chance: float, status: str) -> None:
    weights = calibrated(one_answer(""), 0, math.log(chance / (1 - chance)))
    reading = read_line(print_line("1"), weights=weights)
    assert (reading.text, reading.status) == ("", status)
    if status == "illegible":
        assert reading.reason == "It is not clear whether what is on the picture is writing."


def test_boxes_stay_within_the_picture(reader: Weights) -> None:
    picture = print_line("4071")
    cut = Image.fromarray(picture[:, : np.flatnonzero((picture < 128).any(axis=0))[-1] + 1])
    for width in range(cut.width, cut.width + 12):  # of some, the framed columns end within one of these
        stretched = np.asarray(cut.resize((width, cut.height)))
        boxes = [character.box for character in read_line(stretched, weights=reader).characters]
        assert len(boxes) >= 2
        assert all(0 <= box.left < box.right <= width for box in boxes)


@pytest.mark.parametrize(
    ("name", "status", "reason"),
    [
        ("crossed out", "illegible", "It is crossed out."),
        ("not a number", "illegible", "What is written is no number."),
        ("several lines", "illegible", "Several lines are written one above the other; cut them apart."),
        ("upside down", "illegible", "It is upside down or on its side; turn the picture."),
        (" ", "illegible", "It cannot be read: no number is probable."),
        ("5", "read", ""),
    ],
)
def test_what_is_no_number_says_what_it_is(name: str, status: str, reason: str) -> None:
    reading = read_line(print_line("12"), weights=one_answer(name))
    assert (reading.status, reading.reason) == (status, reason)
    assert reading.text == ("5" if name == "5" else "")


def test_every_mark_of_the_alphabet_has_its_reason() -> None:
    assert set(REASONS) == set(MARKS)


def test_a_mark_among_characters_leaves_no_number(reader: Weights) -> None:
    reading = read_line(print_line("40X7"), weights=reader)
    assert (reading.status, reading.reason) == ("illegible", "It is crossed out.")
    assert not any(mark in other.text for other in reading.alternatives for mark in MARKS)


@pytest.mark.parametrize(("scale", "status"), [(1e-6, "doubtful"), (1e6, "read")])
def test_unfamiliar_writing_is_doubtful_however_probable(reader: Weights, scale: float, status: str) -> None:
    size = reader.network.features(torch.zeros(1, 1, *open_line(print_line("1")).image.shape)).shape[-1]
    gauge = Gauge(torch.zeros(len(LINE_ALPHABET), size), torch.eye(size), torch.tensor(scale))
    reading = read_line(print_line("4071"), weights=replace(reader, gauge=gauge))
    assert (reading.text, reading.status) == ("4071", status)
    assert reading.novelty is not None
    assert (reading.novelty > 1) == (status == "doubtful")
    assert reading.reason == ("It is unlike the writing trained on." if status == "doubtful" else "")


def as_png(picture: NDArray[np.uint8]) -> bytes:
    content = io.BytesIO()
    Image.fromarray(picture).save(content, "PNG")
    return content.getvalue()


def test_paths_bytes_and_arrays_of_any_type_are_read_alike(reader: Weights, tmp_path: Path) -> None:
    picture = print_line("4071")
    path = tmp_path / "number.png"
    path.write_bytes(as_png(picture))
    given = [
        (path, str(path)),
        (str(path), str(path)),
        (as_png(picture), ""),
        (picture, ""),
        (np.stack([picture] * 3, axis=2), ""),
        (picture.astype(np.float64) / 255, ""),
        (picture.astype(np.uint16) * 257, ""),
    ]
    for form, source in given:
        reading = read_line(form, weights=reader)
        assert (reading.text, reading.source) == ("4071", source)
    assert [reading.text for reading in read_lines([form for form, _ in given], weights=reader)] == [
        "4071"
    ] * 7


@pytest.mark.parametrize(
    ("picture", "said"),
    [
        (np.zeros((1, 130), np.uint8), "at least 8 pixels high and 2 wide; this has 130 x 1"),
        (np.zeros((7, 130), np.uint8), "at least 8 pixels high and 2 wide; this has 130 x 7"),
        (np.zeros((40, 1), np.uint8), "this has 1 x 40"),
        (np.zeros((40, 20_000), np.uint8), "20,000 x 40 pixels is too long for one number"),
        (np.zeros((0, 130), np.uint8), "is no picture"),
        (b"no picture", "is not a picture"),
        ("absent.png", "absent.png does not exist"),
    ],
    ids=["1 high", "7 high", "1 wide", "20,000 wide", "nothing", "text", "absent"],
)
def test_what_cannot_be_a_line_is_an_error_alone_and_a_failure_among_others(
    reader: Weights, picture: object, said: str
) -> None:
    with pytest.raises(PictureError, match=said):
        read_line(picture, weights=reader)
    before, failed, after = read_lines([print_line("42"), picture, print_line("17")], weights=reader)
    assert (before.text, after.text) == ("42", "17")
    assert (failed.status, failed.text, failed.confidence) == ("failed", "", 0)
    assert said in failed.reason
    assert failed.source == (picture if isinstance(picture, str) else "")


@pytest.mark.parametrize("batch_size", [1, 3, 64])
def test_many_are_read_as_each_alone_and_in_their_order(reader: Weights, batch_size: int) -> None:
    pictures = [print_line(text) for text in NUMBERS]
    together = read_lines(pictures, weights=reader, batch_size=batch_size)
    for number, (reading, picture) in enumerate(zip(together, pictures, strict=True)):
        alone = read_line(picture, weights=reader)
        assert reading.text == alone.text == NUMBERS[number]
        assert reading.confidence == pytest.approx(alone.confidence, abs=1e-4)
        assert [c.box for c in reading.characters] == [c.box for c in alone.characters]


def test_one_picture_fails_alone_whatever_is_wrong_with_it(reader: Weights) -> None:
    good, long, none = read_lines([print_line("12"), "x" * 300 + ".png", None], weights=reader)  # type: ignore[list-item]
    assert (good.text, long.status, none.status) == ("12", "failed", "failed")


@pytest.mark.parametrize("one", ["a.png", b"a", Path("a.png")])
def test_one_picture_in_the_place_of_many_is_refused(reader: Weights, one: object) -> None:
    with pytest.raises(TypeError, match="for one there is read_line"):
        read_lines(one, weights=reader)  # type: ignore[arg-type]


def test_no_pictures_are_no_readings(reader: Weights) -> None:
    assert read_lines([], weights=reader) == []


def test_framed_lines_may_be_read_and_keep_their_sources(reader: Weights) -> None:
    framed = [open_line(print_line(text)) for text in ("12", "3.4")]
    readings = read_framed(framed, weights=reader, sources=["a", "b"])
    assert [(each.text, each.source) for each in readings] == [("12", "a"), ("3.4", "b")]


def test_weights_that_tell_digits_are_refused() -> None:
    settings = NetworkSettings("perceptron", (4,))
    weights = Weights(build_network(settings).eval(), Header(settings, tuple("0123456789")))
    with pytest.raises(WeightsError, match="weights of a perceptron, not of a line reader"):
        read_line(print_line("1"), weights=weights)


def test_a_network_that_was_changed_reads_as_it_is_now(reader: Weights) -> None:
    weights = replace(reader, network=copy.deepcopy(reader.network))
    before = read_line(print_line("4071"), weights=weights)
    with torch.no_grad():
        weights.network.logits.bias.view(FRAMES, -1)[:, BLANK] += 30
    assert (before.status, read_line(print_line("4071"), weights=weights).status) == ("read", "blank")


def test_the_weights_in_the_box_read_and_are_loaded_once() -> None:
    assert read_line(print_line("1900")).text == "1900"
    assert shipped_weights("lines") is shipped_weights("lines")
    assert shipped_weights("lines").header.alphabet == LINE_ALPHABET
