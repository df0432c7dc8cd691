"""Counting right and wrong, against published tables and scikit-learn."""

from __future__ import annotations

import math

import numpy as np
import pytest
import sklearn.metrics
from hypothesis import given
from hypothesis import strategies as st

from inkling.evaluation.metrics import class_scores, confusion_matrix, most_confused, wilson_interval


# Newcombe, "Two-sided confidence intervals for the single proportion" (1998), table I, method 3.
@pytest.mark.parametrize(
    ("right", "total", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (29, 29, 0.8830, 1.0000),  # not in the table: n / (n + z²)
    ],
)
def test_the_interval_is_the_published_one(right: int, total: int, low: float, high: float) -> None:
    assert wilson_interval(right, total) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(0, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_holds_the_proportion_and_mirrors_that_of_the_failures(case: tuple[int, int]) -> None:
    right, total = case
    low, high = wilson_interval(right, total)
    assert 0 <= low <= (right / total if total else 0.5) <= high <= 1
    mirrored = wilson_interval(total - right, total)
    assert mirrored == pytest.approx((1 - high, 1 - low), abs=1e-12)


@given(st.integers(1, 200), st.floats(0.5, 0.98))
def test_more_confidence_or_fewer_pictures_widen_the_interval(total: int, confidence: float) -> None:
    def width(right: int, total: int, confidence: float) -> float:
        low, high = wilson_interval(right, total, confidence=confidence)
        return high - low

    assert width(total, 2 * total, confidence) < width(total, 2 * total, confidence + 0.01)
    assert width(10 * total, 20 * total, confidence) < width(total, 2 * total, confidence)


@pytest.mark.parametrize(
    ("right", "total", "confidence"), [(3, 2, 0.95), (-1, 2, 0.95), (1, 2, 0.0), (1, 2, 1.0)]
)
def test_what_is_no_proportion_is_refused(right: int, total: int, confidence: float) -> None:
    with pytest.raises(ValueError, match=r"proportion|confidence"):
        wilson_interval(right, total, confidence=confidence)


pairs = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=80)


@given(pairs)
def test_matrix_recall_and_precision_are_scikit_learns(cases: list[tuple[int, int]]) -> None:
    targets, predicted = np.array(cases).T
    matrix = confusion_matrix(targets, predicted, 5)
    assert (matrix == sklearn.metrics.confusion_matrix(targets, predicted, labels=range(5))).all()
    recall = sklearn.metrics.recall_score(
        targets, predicted, labels=range(5), average=None, zero_division=math.nan
    )
    precision = sklearn.metrics.precision_score(
        targets, predicted, labels=range(5), average=None, zero_division=math.nan
    )
    scores = class_scores(matrix)
    assert [score.recall for score in scores] == pytest.approx(recall.tolist(), nan_ok=True)
    assert [score.precision for score in scores] == pytest.approx(precision.tolist(), nan_ok=True)
    assert [score.count for score in scores] == np.bincount(targets, minlength=5).tolist()


@given(pairs)
def test_the_confused_pairs_hold_every_mistake_once(cases: list[tuple[int, int]]) -> None:
    targets, predicted = np.array(cases).T
    found = most_confused(confusion_matrix(targets, predicted, 5), most=25)
    assert sum(pair.count for pair in found) == int((targets != predicted).sum())
    assert len({(pair.true, pair.predicted) for pair in found}) == len(found)
    assert [pair.count for pair in found] == sorted((pair.count for pair in found), reverse=True)
    for pair in found:
        assert pair.share == pytest.approx(pair.count / int((targets == pair.true).sum()))


def test_the_list_of_confused_pairs_is_cut_at_its_least() -> None:
    matrix = np.array([[90, 7, 3], [0, 50, 5], [7, 0, 13]])
    found = [(pair.true, pair.predicted, pair.count, pair.share) for pair in most_confused(matrix, most=3)]
    assert found == [(0, 1, 7, 0.07), (2, 0, 7, 0.35), (1, 2, 5, pytest.approx(5 / 55))]


@pytest.mark.parametrize(
    ("targets", "predicted", "message"),
    [([0, 1], [0], "targets for"), ([0, 3], [0, 0], "targets must"), ([0, 1], [0, -1], "predicted must")],
)
def test_pairs_that_do_not_fit_the_classes_are_refused(
    targets: list[int], predicted: list[int], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        confusion_matrix(np.array(targets), np.array(predicted), 3)
