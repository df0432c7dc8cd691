"""What is written on synthetic lines: numbers, what stands beside them, and what is no number."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkling.datasets.lines.writing import CHARACTERS, LINE_ALPHABET, MARKS, Writing, write_line


def lines(count: int) -> list[Writing]:
    rng = np.random.default_rng(7)
    return [write_line(rng) for _ in range(count)]


@pytest.mark.parametrize(
    ("writing", "targets"),
    [
        (Writing("407"), (4, 0, 7)),
        (Writing("-1,5"), (12, 1, 11, 5)),
        (Writing("12/3", before="$", after=".-"), (1, 2, 13, 3)),
        (Writing(""), ()),
        (Writing("88", mark="crossed out"), (16,)),
        (Writing("", mark="not a number"), (17,)),
    ],
)
def test_a_reader_is_to_say_the_number_or_the_mark_and_nothing_else(
    writing: Writing, targets: tuple[int, ...]
) -> None:
    assert writing.targets == targets


def test_the_alphabet_is_the_characters_of_numbers_and_then_the_marks() -> None:
    assert LINE_ALPHABET[:10] == tuple("0123456789")
    assert LINE_ALPHABET == CHARACTERS + MARKS
    assert len(set(LINE_ALPHABET)) == len(LINE_ALPHABET)


@given(st.integers(0, 2**32))
def test_any_seed_writes_what_the_alphabet_has(seed: int) -> None:
    writing = write_line(np.random.default_rng(seed))
    assert set(writing.text) <= set(CHARACTERS)
    assert writing.mark in ("", *MARKS)
    assert writing.text == writing.text.strip()
    assert all(0 <= target < len(LINE_ALPHABET) for target in writing.targets)


@pytest.mark.parametrize(
    "pattern",
    [
        r"\d",
        r"\d{12}",
        r"\d+\.\d",
        r"\d+,\d",
        r"-\d+",
        r"\d{1,3}[., ]\d{3}",
        r"\d+/\d+",
        r"\d{1,2}:\d\d",
        r"\d{1,2}/\d{1,2}/(\d{2}|\d{4})",
        r"\d+-\d+",
        r"\d+0000?",
    ],
)
def test_every_kind_of_number_is_written(pattern: str) -> None:
    assert any(re.fullmatch(pattern, writing.text) for writing in lines(6000))


def test_each_character_and_each_mark_is_written_often_enough_to_be_learned() -> None:
    written = lines(4000)
    counts = Counter(target for writing in written for target in writing.targets)
    assert min(counts[target] for target in range(len(LINE_ALPHABET))) >= 20
    blank = sum(1 for writing in written if not writing.targets)
    assert 0.01 < blank / len(written) < 0.06


def test_what_is_upside_down_looks_different_the_other_way_up() -> None:
    turned = [writing.text for writing in lines(8000) if writing.mark == "upside down"]
    assert len(turned) > 50
    assert all(set(text) & set("347") for text in turned)
