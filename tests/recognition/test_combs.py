"""A comb is a number without the boxes that are empty or crossed out."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkling.datasets.lines.combs import CROSSED, draw_comb
from inkling.datasets.lines.hand import Cuttings
from inkling.datasets.lines.writing import LINE_ALPHABET
from inkling.datasets.sample import read_sample
from inkling.elements import Box
from inkling.errors import WeightsError
from inkling.networks.constrained import DISBELIEF
from inkling.networks.weights import Weights
from inkling.recognition import combs
from inkling.recognition.combs import BoxChances, comb_numbers, read_comb, read_combs
from printed_lines import print_box


@pytest.mark.parametrize(
    ("held", "text", "status", "reason"),
    [
        ("407", "407", "read", ""),
        ("  42", "42", "read", ""),
        ("X42", "42", "read", ""),
        ("XX7", "7", "read", ""),
        ("5X ", "5", "read", ""),
        ("   ", "", "blank", "All boxes are empty."),
        ("XXX", "", "blank", "All boxes are crossed out."),
        ("X X", "", "blank", "All boxes are empty or crossed out."),
        ("-31", "31", "read", ""),
        (" - ", "", "blank", "All boxes are empty or crossed out."),
    ],
)
def test_the_number_is_what_remains(
    box_reader: Weights, held: str, text: str, status: str, reason: str
) -> None:
    reading = read_comb([print_box(each) for each in held], weights=box_reader)
    assert (reading.text, reading.status, reading.reason) == (text, status, reason)
    assert reading.confidence > 0.9


def test_characters_have_a_distribution_and_the_box_that_they_stand_in(box_reader: Weights) -> None:
    reading = read_comb([print_box(each) for each in "X42"], weights=box_reader)
    height, width = print_box("4").shape
    assert [each.box for each in reading.characters] == [
        Box(width, 0, 2 * width, height),
        Box(2 * width, 0, 3 * width, height),
    ]
    for character in reading.characters:
        assert len(character.probabilities) == len(LINE_ALPHABET)
        assert sum(character.probabilities) == pytest.approx(1)
        assert character.confidence == character.probabilities[LINE_ALPHABET.index(character.text)] > 0.8


def test_many_combs_are_read_as_each_alone_and_in_their_order(box_reader: Weights) -> None:
    held = ["407", "XX", "12345", " 8"]
    pictures = [[print_box(each) for each in one] for one in held]
    together = read_combs(pictures, weights=box_reader, batch_size=4)
    assert [reading.text for reading in together] == ["407", "", "12345", "8"]
    for one, reading in zip(pictures, together, strict=True):
        alone = read_comb(one, weights=box_reader)
        assert reading.confidence == pytest.approx(alone.confidence, abs=1e-5)
    assert read_combs([], weights=box_reader) == []


def test_a_known_length_and_known_digits_are_kept_to(box_reader: Weights) -> None:
    pictures = [[print_box(each) for each in "471"]] * 3
    free, short, few = read_combs(
        pictures,
        lengths=[None, 2, None],
        allowed=["", "", "0123456"],
        weights=box_reader,
    )
    assert (free.text, free.status) == ("471", "read")
    for reading in (short, few):  # what was seen is not admissible
        assert reading.status in ("doubtful", "illegible")
        assert "471" not in (reading.text, *(other.text for other in reading.alternatives))


def test_weights_of_another_kind_are_refused(reader: Weights) -> None:
    with pytest.raises(WeightsError, match="read by a box reader, not by a line-reader of 20 names"):
        read_comb([print_box("1")], weights=reader)


@st.composite
def few_boxes(draw: st.DrawFn) -> BoxChances:
    """Up to three boxes that may hold 0, 1 or 2, nothing, or a cross."""
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    rows = rng.dirichlet(np.full(5, 0.5), draw(st.integers(1, 3)))
    return BoxChances(np.pad(rows[:, :3], ((0, 0), (0, 7))), rows[:, 3], rows[:, 4])


def weight_of(held: tuple[int, ...], chances: BoxChances) -> float:
    """Of what boxes hold, -1 for unused: the oracle, box by box."""
    used = [place for place, what in enumerate(held) if what >= 0]
    total = 1.0
    for place, what in enumerate(held):
        if what >= 0:
            total *= float(chances.digits[place, what])
        else:
            total *= float(chances.empty[place] + chances.crossed[place])
    runs = sum(1 for a, b in itertools.pairwise(used) if b > a + 1)
    ends = runs + (bool(used) and used[-1] < len(held) - 1)
    return total * combs._TRAILING**ends * combs._GAP**runs


@given(few_boxes(), st.sampled_from(["", "01", "2"]), st.none() | st.integers(1, 3))
def test_the_numbers_are_those_of_all_fillings_one_by_one(
    chances: BoxChances, allowed: str, length: int | None
) -> None:
    sums: dict[str, float] = {}
    best: dict[str, tuple[float, tuple[int, ...]]] = {}
    for held in itertools.product((-1, 0, 1, 2), repeat=len(chances.empty)):
        text = "".join(str(what) for what in held if what >= 0)
        places = tuple(place for place, what in enumerate(held) if what >= 0)
        sums[text] = sums.get(text, 0.0) + weight_of(held, chances)
        best[text] = max(best.get(text, (-1.0, ())), (weight_of(held, chances), places))
    fits = {
        text: total
        for text, total in sums.items()
        if text == "" or (set(text) <= set(allowed or "012") and length in (None, len(text)))
    }
    whole = sum(sums.values())
    if allowed or length is not None:
        whole = sum(fits.values()) + (whole - sum(fits.values())) * DISBELIEF
    found = comb_numbers(chances, length=length, allowed=allowed)
    likely = {number.text: number.chance for number in found if number.chance > 0}
    expected = {text: total / whole for text, total in fits.items() if total > 0}
    assert likely == pytest.approx(expected, rel=1e-9)
    assert [n.chance for n in found] == sorted((n.chance for n in found), reverse=True)
    for number in found:
        if number.chance > 0:
            assert weight_of(filling(number, len(chances.empty)), chances) == pytest.approx(
                best[number.text][0]
            )


def filling(number: combs.Number, count: int) -> tuple[int, ...]:
    held = [-1] * count
    for digit, place in zip(number.text, number.places, strict=True):
        held[place] = int(digit)
    return tuple(held)


def test_a_comb_of_twenty_boxes_is_read() -> None:
    digits = np.full((20, 10), 0.02)
    digits[:, 7] = 0.8
    [first, *_] = comb_numbers(BoxChances(digits, np.full(20, 0.01), np.full(20, 0.01)))
    assert first.text == "7" * 20
    assert first.places == tuple(range(20))
    assert 0 < first.chance < 1


@pytest.fixture(scope="module")
def cuttings() -> Cuttings:
    return Cuttings(read_sample())


def test_combs_that_nobody_filled_in_are_known_by_seed_and_index(cuttings: Cuttings) -> None:
    first, again = draw_comb(cuttings, seed=1, index=3), draw_comb(cuttings, seed=1, index=3)
    assert first.held == again.held
    assert all(np.array_equal(a, b) for a, b in zip(first.boxes, again.boxes, strict=True))
    drawn = [draw_comb(cuttings, seed=1, index=index) for index in range(60)]
    kinds = {what if what in ("", CROSSED) else "digit" for comb in drawn for what in comb.held}
    assert kinds == {"", CROSSED, "digit"}
    for comb in drawn:
        assert len(comb.boxes) == len(comb.held)
        assert comb.text == "".join(what for what in comb.held if what.isdigit())
        assert all(each.dtype == np.uint8 and min(each.shape) >= 4 for each in comb.boxes)


def test_the_weights_in_the_box_read_most_combs(cuttings: Cuttings) -> None:
    drawn = [draw_comb(cuttings, seed=5, index=index) for index in range(40)]
    readings = read_combs([comb.boxes for comb in drawn])
    right = sum(reading.text == comb.text for reading, comb in zip(readings, drawn, strict=True))
    assert right >= 0.6 * len(drawn)
    assert all(0 <= reading.confidence <= 1 and not math.isnan(reading.confidence) for reading in readings)
