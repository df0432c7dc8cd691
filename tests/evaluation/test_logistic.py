"""The logistic curve, against a general minimiser of the same likelihood, and against known curves."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.optimize
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from inkling.evaluation.logistic import fit_logistic, logistic

score = st.one_of(st.sampled_from([-2.0, 0.0, 0.5, 1.0]), st.floats(-20, 20))
answers = st.lists(st.tuples(score, st.booleans()), min_size=1, max_size=50)
Case = list[tuple[float, bool]]


def arrays(case: Case) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    return np.array([s for s, _ in case]), np.array([right for _, right in case])


def platts_targets(correct: NDArray[np.bool_]) -> NDArray[np.float64]:
    right, wrong = correct.sum(), (~correct).sum()
    return np.array([(right + 1) / (right + 2) if answer else 1 / (wrong + 2) for answer in correct])


def surprise(
    scores: NDArray[np.float64], correct: NDArray[np.bool_], slope: float, intercept: float
) -> float:
    logits, targets = slope * scores + intercept, platts_targets(correct)
    return float((targets * np.logaddexp(0, -logits) + (1 - targets) * np.logaddexp(0, logits)).mean())


@given(answers)
def test_no_minimiser_finds_a_likelier_curve_that_does_not_fall(case: Case) -> None:
    scores, correct = arrays(case)
    found = scipy.optimize.minimize(
        lambda at: surprise(scores, correct, *at),
        (0.1, 0.0),
        method="L-BFGS-B",
        bounds=[(0, None), (None, None)],
    )
    fitted = surprise(scores, correct, *fit_logistic(scores, correct))
    assert fitted <= found.fun + 1e-9
    assert fitted == pytest.approx(found.fun, abs=1e-3)


@given(answers)
def test_the_curve_rises_where_right_answers_score_higher_and_is_flat_elsewhere(case: Case) -> None:
    scores, correct = arrays(case)
    slope, intercept = fit_logistic(scores, correct)
    assert slope >= 0
    claimed = logistic(np.sort(scores), slope, intercept)
    assert (np.diff(claimed) >= 0).all()
    assert ((claimed >= 0) & (claimed <= 1)).all()
    # Newton's condition of a summit: the mean probability is the mean target, flat curve or not.
    assert claimed.mean() == pytest.approx(platts_targets(correct).mean(), abs=1e-6)
    if correct.all() or not correct.any():
        assert slope == 0
    elif scores[correct].mean() > scores[~correct].mean() + 1e-6:
        assert slope > 0
    elif scores[correct].mean() < scores[~correct].mean() - 1e-6:
        assert slope == 0


@pytest.mark.parametrize(("slope", "intercept"), [(0.5, 0.0), (1.0, -2.0), (4.0, 1.5), (20.0, -8.0)])
def test_a_known_curve_is_recovered_from_answers_drawn_by_it(slope: float, intercept: float) -> None:
    random = np.random.default_rng(0)
    scores = (random.normal(0, 2, 40_000) - intercept) / slope
    correct = random.random(40_000) < 1 / (1 + np.exp(-(slope * scores + intercept)))
    assert fit_logistic(scores, correct) == pytest.approx((slope, intercept), rel=0.05, abs=0.05)


@pytest.mark.parametrize(
    ("scores", "correct", "claimed"),
    [
        # Two scores alone: the curve runs through the mean target at each.
        ([0.0, 1.0], [False, True], [1 / 3, 2 / 3]),
        ([0.0] * 8 + [1.0] * 8, [False] * 8 + [True] * 8, [0.1, 0.9]),
        ([5.0, 5.0, 7.0, 7.0], [False, True, True, True], [(1 / 3 + 4 / 5) / 2, 4 / 5]),
        # No more than how often answers are right, where scores say nothing or the opposite.
        ([1.0, 1.0, 1.0], [True, True, True], [4 / 5]),
        ([1.0, 2.0, 3.0], [False, False, False], [1 / 5] * 3),
        ([0.0, 1.0], [True, False], [1 / 2, 1 / 2]),
        ([3.0], [True], [2 / 3]),
    ],
)
def test_curves_by_hand(scores: list[float], correct: list[bool], claimed: list[float]) -> None:
    slope, intercept = fit_logistic(np.array(scores), np.array(correct))
    assert logistic(np.unique(scores), slope, intercept) == pytest.approx(np.array(claimed), abs=1e-8)


@given(answers, st.floats(1e-6, 1e6), st.floats(-100, 100))
def test_other_units_of_the_score_change_no_probability(case: Case, unit: float, shift: float) -> None:
    scores, correct = arrays(case)
    scores = scores.round(3)  # differences that the shift cannot swallow
    claimed = logistic(scores, *fit_logistic(scores, correct))
    moved = (scores + shift) * unit
    assert logistic(moved, *fit_logistic(moved, correct)) == pytest.approx(claimed, abs=1e-5)


@pytest.mark.parametrize("size", [1e-320, 1e-300, 1e-9, 1e9, 1e300, 1.7e308])
def test_scores_of_any_size_give_finite_curves(size: float) -> None:
    scores, correct = np.array([-1.0, -0.5, 0.5, 1.0]) * size, np.array([False, False, True, True])
    slope, intercept = fit_logistic(scores, correct)
    assert math.isfinite(slope)
    assert math.isfinite(intercept)
    if size >= 1e-300:
        assert logistic(scores, slope, intercept)[[0, 3]] == pytest.approx([0.2062, 0.7938], abs=1e-4)


def test_far_scores_are_certain_without_overflow() -> None:
    assert logistic(np.array([-1e6, 0.0, 1e6]), 1.0, 0.0).tolist() == [0.0, 0.5, 1.0]


@pytest.mark.parametrize(
    ("scores", "correct"),
    [([], []), ([1.0], [True, False]), ([1.0, math.nan], [True, False]), ([1.0, math.inf], [True, False])],
)
def test_what_cannot_be_fitted_is_refused(scores: list[float], correct: list[bool]) -> None:
    with pytest.raises(ValueError, match="logistic curve"):
        fit_logistic(np.array(scores), np.array(correct, bool))
