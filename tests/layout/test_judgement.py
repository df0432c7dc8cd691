"""Words keep company with words; a part is judged with its whole."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkling.layout.evidence import READS, SHAPES
from inkling.layout.judgement import (
    BY_HAND,
    IN_PRINT,
    PRINTED,
    company_of,
    number_evidence,
    number_scores,
    printed_scores,
)

GROUPS = st.lists(
    st.tuples(
        st.one_of(st.just(math.nan), st.floats(-9, 9)),  # score
        st.integers(0, 3),  # row
        st.integers(-3, 20),  # the whole, if a whole stands there
    ),
    min_size=1,
    max_size=20,
)


@given(GROUPS)
def test_company_is_the_mean_of_the_other_wholes_of_the_row(
    groups: list[tuple[float, int, int]],
) -> None:
    own_whole = [-1 if whole < 0 or whole >= place else whole for place, (_, _, whole) in enumerate(groups)]
    wholes = [w if w >= 0 and own_whole[w] < 0 else -1 for w in own_whole]
    rows = [
        groups[whole][1] if whole >= 0 else row for (_, row, _), whole in zip(groups, wholes, strict=True)
    ]
    scores = [score for score, _, _ in groups]
    found = company_of(np.array(scores), np.array(rows, np.int32), np.array(wholes))
    for place, row in enumerate(rows):
        others = [
            max(min(scores[k], 4.0), -4.0)
            for k in range(len(groups))
            if rows[k] == row
            and wholes[k] < 0
            and k not in (place, wholes[place])
            and not math.isnan(scores[k])
        ]
        assert found[place] == pytest.approx(np.mean(others) if others else 0.0, abs=1e-9)


def test_among_words_a_number_needs_more_evidence() -> None:
    alone = np.array([1.0, -6.0, -6.0, 1.0])
    rows, wholes, printed = np.array([0, 0, 0, 1], np.int32), np.full(4, -1), np.zeros(4, bool)
    scores = number_scores(alone, printed, rows, wholes)
    assert scores[0] < scores[3]


def test_print_keeps_no_company_with_writing() -> None:
    alone, rows, wholes = np.array([1.0, -6.0]), np.zeros(2, np.int32), np.full(2, -1)
    scores = number_scores(alone, np.array([False, True]), rows, wholes)
    assert scores[0] == number_scores(alone[:1], np.zeros(1, bool), rows[:1], wholes[:1])[0]
    assert scores[1] == alone[1]


def test_a_part_of_print_is_more_probably_print() -> None:
    shapes = np.zeros((3, len(SHAPES)))
    shapes[0, SHAPES.index("same")] = 1.0
    shapes[0, SHAPES.index("row same")] = 1.0
    free, part = printed_scores(shapes, np.array([-1, -1, 0]))[1:]
    assert part > free


def test_there_is_a_coefficient_for_each_piece_of_evidence() -> None:
    said = number_evidence(np.zeros((1, len(READS))), np.zeros((1, len(SHAPES))))
    assert len(PRINTED) == len(SHAPES) + 1
    assert len(BY_HAND) == len(IN_PRINT) == said.shape[1] + 1
