"""Lines from top to bottom, words from left to right, columns of text one after the other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkling.layout.order import reading_order


def box(left: float, top: float, width: float = 60, height: float = 20) -> list[float]:
    return [left, top, left + width, top + height]


def lines(left: float, *, words: int, rows: int, top: float = 100) -> list[list[float]]:
    """A block of text, row by row."""
    return [box(left + 70 * word, top + 30 * row) for row in range(rows) for word in range(words)]


PAGES = {
    "nothing": [],
    "one": [box(5, 5)],
    "a line": [box(0, 10), box(80, 4), box(160, 13)],
    "two lines that slope": [box(0, 10), box(80, 14), box(160, 18), box(0, 40), box(80, 44)],
    "two columns of text": lines(0, words=3, rows=4) + lines(300, words=3, rows=4),
    "a heading over two columns": [
        box(50, 20, 400), *lines(0, words=3, rows=4), *lines(300, words=3, rows=4)
    ],
    "a table with one number in a cell": [
        box(200 * column, 100 + 30 * row) for row in range(4) for column in range(3)
    ],
    "low and high beside each other": [box(0, 100, height=60), box(80, 130, height=20), box(0, 180)],
}  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
def test_words_are_read_in_the_order_in_which_people_do(name: str) -> None:
    boxes = np.array(PAGES[name], np.float64).reshape(-1, 4)
    mixed = np.random.default_rng(0).permutation(len(boxes))
    assert [int(mixed[place]) for place in reading_order(boxes[mixed])] == list(range(len(boxes)))


@given(st.lists(st.tuples(*[st.integers(0, 500)] * 2, *[st.integers(1, 90)] * 2), max_size=30))
def test_every_word_is_read_once(words: list[tuple[int, int, int, int]]) -> None:
    boxes = np.array([box(*word) for word in words], np.float64).reshape(-1, 4)
    assert sorted(reading_order(boxes)) == list(range(len(boxes)))


@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 10**6))
def test_a_grid_of_numbers_is_read_row_by_row(rows: int, columns: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    boxes = np.array(
        [
            box(200 * column + rng.uniform(0, 90), 60 * row + rng.uniform(0, 8))
            for row in range(rows)
            for column in range(columns)
        ]
    )
    assert reading_order(boxes) == list(range(rows * columns))
