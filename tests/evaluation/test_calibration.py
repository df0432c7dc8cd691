"""Calibration, against slow implementations that follow the definitions word by word."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from inkling.evaluation.calibration import (
    HIGHEST_TEMPERATURE,
    LOWEST_TEMPERATURE,
    Reliability,
    calibration_error_by_chance,
    coverage_at_risk,
    expected_calibration_error,
    fit_temperature,
    negative_log_likelihood,
    reliability,
    risk_at_coverage,
    risk_coverage,
    softmax,
)

# Few distinct values, some of them on the edges of bins: ties and edges are what goes wrong.
confidence = st.one_of(st.sampled_from([0.0, 0.2, 0.4, 0.5, 0.6, 1.0]), st.floats(0, 1))
answers = st.lists(st.tuples(confidence, st.booleans()), min_size=1, max_size=60)
Case = list[tuple[float, bool]]


def arrays(case: Case) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    return np.array([c for c, _ in case]), np.array([right for _, right in case])


@given(answers, st.integers(1, 20))
def test_the_calibration_error_is_that_of_its_definition(case: Case, bins: int) -> None:
    edges = np.linspace(0, 1, bins + 1)
    error = 0.0
    for number in range(bins):
        inside = [
            (c, right)
            for c, right in case
            if edges[number] < c <= edges[number + 1] or (number == 0 and c == 0)
        ]
        if inside:
            accuracy = sum(right for _, right in inside) / len(inside)
            claimed = sum(c for c, _ in inside) / len(inside)
            error += len(inside) / len(case) * abs(accuracy - claimed)
    assert expected_calibration_error(*arrays(case), bins=bins) == pytest.approx(error, abs=1e-12)


@pytest.mark.parametrize(
    ("case", "bins", "error"),
    [
        ([(1.0, True)] * 4, 15, 0.0),
        ([(1.0, False)] * 4, 15, 1.0),
        ([(0.75, True), (0.75, True), (0.75, True), (0.75, False)], 15, 0.0),
        ([(0.9, True), (0.9, False), (0.3, False), (0.3, False)], 10, 0.35),
        ([(0.2, True), (0.8, False)], 1, 0.0),  # one bin hides everything
    ],
)
def test_the_calibration_error_of_a_table(case: Case, bins: int, error: float) -> None:
    assert expected_calibration_error(*arrays(case), bins=bins) == pytest.approx(error, abs=1e-12)


@given(answers, st.integers(1, 20))
def test_the_calibration_error_by_chance_is_the_mean_over_all_outcomes(case: Case, bins: int) -> None:
    found = reliability(*arrays(case), bins=bins)
    error = 0.0
    for sure, count in zip(found.confidence.tolist(), found.count.tolist(), strict=True):
        if count:
            outcomes = [math.comb(count, k) * sure**k * (1 - sure) ** (count - k) for k in range(count + 1)]
            error += sum(p * abs(k - count * sure) for k, p in enumerate(outcomes)) / len(case)
    assert calibration_error_by_chance(found) == pytest.approx(error, abs=1e-9)


def test_no_answers_have_no_error_by_chance() -> None:
    nothing = np.full(15, np.nan)
    bins = Reliability(np.linspace(0, 1, 16), nothing, nothing, np.zeros(15, np.int64))
    assert math.isnan(calibration_error_by_chance(bins))


def test_confidences_that_are_exactly_right_show_the_error_of_chance() -> None:
    random = np.random.default_rng(0)
    confidences = random.beta(3, 1, (400, 300))
    shown = [expected_calibration_error(row, random.random(300) < row) for row in confidences]
    expected = [calibration_error_by_chance(reliability(row, row > 0)) for row in confidences]
    assert np.mean(shown) == pytest.approx(np.mean(expected), rel=0.03)
    assert 0.04 < np.mean(shown) < 0.08


def test_a_bin_without_pictures_has_no_mean_and_an_edge_belongs_to_the_bin_below() -> None:
    bins = reliability(np.array([0.0, 0.5, 0.6]), np.array([False, True, True]), bins=4)
    assert bins.count.tolist() == [1, 1, 1, 0]
    assert bins.accuracy[:3].tolist() == [0, 1, 1]
    assert bins.confidence[:3].tolist() == [0, 0.5, 0.6]
    assert np.isnan([bins.accuracy[3], bins.confidence[3]]).all()


@given(answers)
def test_risk_at_each_coverage_is_that_of_its_definition(case: Case) -> None:
    curve = risk_coverage(*arrays(case))
    thresholds = sorted({c for c, _ in case}, reverse=True)
    assert curve.thresholds.tolist() == thresholds
    for point, threshold in enumerate(thresholds):
        accepted = [right for c, right in case if c >= threshold]
        assert curve.coverage[point] == pytest.approx(len(accepted) / len(case))
        assert curve.risk[point] == pytest.approx(accepted.count(False) / len(accepted))


@given(answers)
def test_the_area_is_the_mean_over_pictures_of_the_risk_of_accepting_them(case: Case) -> None:
    risks = []
    for threshold, _ in case:
        accepted = [right for c, right in case if c >= threshold]
        risks.append(accepted.count(False) / len(accepted))
    assert risk_coverage(*arrays(case)).area == pytest.approx(sum(risks) / len(risks))


@given(answers, st.randoms())
def test_the_curve_does_not_depend_on_the_order_of_the_pictures(case: Case, random: object) -> None:
    shuffled = list(case)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = risk_coverage(*arrays(case)), risk_coverage(*arrays(shuffled))
    assert (one.coverage == other.coverage).all()
    assert (one.risk == other.risk).all()


@given(answers, st.floats(0, 1))
def test_coverage_and_risk_answer_each_other(case: Case, risk: float) -> None:
    curve = risk_coverage(*arrays(case))
    coverage = coverage_at_risk(curve, risk)
    if coverage:
        assert risk_at_coverage(curve, coverage) <= risk
    assert all(r > risk for c, r in zip(curve.coverage, curve.risk, strict=True) if c > coverage)


def test_coverage_moves_in_whole_groups_of_equal_confidence() -> None:
    curve = risk_coverage(*arrays([(0.9, True), (0.8, True), (0.8, False), (0.8, True), (0.1, False)]))
    assert curve.coverage.tolist() == [0.2, 0.8, 1.0]
    assert curve.risk.tolist() == [0.0, 0.25, 0.4]
    assert coverage_at_risk(curve, 0.0) == 0.2
    assert coverage_at_risk(curve, 0.3) == 0.8
    assert [risk_at_coverage(curve, part) for part in (0.1, 0.2, 0.3, 0.8, 1.0)] == [0, 0, 0.25, 0.25, 0.4]
    assert coverage_at_risk(risk_coverage(*arrays([(0.9, False)])), 0.5) == 0.0


def labelled(count: int, seed: int, scale: float = 1.0) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Logits whose softmax is the truth, and labels drawn from it; the logits then scaled."""
    random = np.random.default_rng(seed)
    logits = random.normal(0, 2.5, (count, 10))
    truth = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    targets = (truth.cumsum(axis=1) > random.random((count, 1))).argmax(axis=1)
    return logits * scale, targets


@pytest.mark.parametrize("scale", [0.1, 0.5, 1.0, 3.0, 10.0])
def test_logits_that_are_scaled_by_a_factor_get_that_factor_as_temperature(scale: float) -> None:
    assert fit_temperature(*labelled(20_000, 3, scale)) == pytest.approx(scale, rel=0.03)


@given(st.integers(0, 1000), st.floats(0.2, 5))
def test_no_other_temperature_is_more_likely(seed: int, scale: float) -> None:
    logits, targets = labelled(2_000, seed, scale)
    best = fit_temperature(logits, targets)
    at_best = negative_log_likelihood(logits, targets, best)
    for factor in (0.8, 0.9, 1.1, 1.25):
        assert at_best < negative_log_likelihood(logits, targets, best * factor)


@pytest.mark.parametrize(
    ("logits", "targets", "lowest", "highest"),
    [
        (np.eye(3) * 10, [0, 1, 2], 0.5, HIGHEST_TEMPERATURE),  # all right, but there are only three
        (np.eye(3) * 10, [1, 2, 0], HIGHEST_TEMPERATURE * 0.999, HIGHEST_TEMPERATURE),  # all wrong
        (np.eye(3) * 1e-6, [0, 1, 2], LOWEST_TEMPERATURE, LOWEST_TEMPERATURE * 1.001),
        (np.eye(3) * 1e6, [0, 1, 2], HIGHEST_TEMPERATURE * 0.999, HIGHEST_TEMPERATURE),
        (np.zeros((3, 3)), [0, 1, 2], 1.0, 1.0),  # nothing said, nothing to scale
    ],
)
def test_the_temperature_stays_within_bounds(
    logits: NDArray[np.float64], targets: list[int], lowest: float, highest: float
) -> None:
    assert lowest <= fit_temperature(logits, np.array(targets)) <= highest


@given(st.integers(2, 60))
def test_a_few_pictures_that_are_all_recognised_do_not_make_the_network_certain(count: int) -> None:
    targets = np.arange(count) % 10
    logits = np.eye(10)[targets] * 8.0
    claimed = softmax(logits, fit_temperature(logits, targets)).max(axis=1)
    assert claimed == pytest.approx((count + 1) / (count + 2), abs=1e-4)


@pytest.mark.parametrize("logits", [np.zeros((0, 3)), np.full((1, 3), np.nan), np.array([[np.inf, 0, 0]])])
def test_a_temperature_is_refused_where_there_is_nothing_to_fit(logits: NDArray[np.float64]) -> None:
    with pytest.raises(ValueError, match="temperature"):
        fit_temperature(logits, np.zeros(len(logits), np.int64))


@given(st.integers(0, 1000), st.floats(0.05, 20))
def test_softmax_and_likelihood_are_torchs(seed: int, temperature: float) -> None:
    logits, targets = labelled(7, seed, 20.0)
    scaled = torch.from_numpy(logits) / temperature
    assert softmax(logits, temperature) == pytest.approx(scaled.softmax(1).numpy(), abs=1e-12)
    expected = torch.nn.functional.cross_entropy(scaled, torch.from_numpy(targets))
    assert negative_log_likelihood(logits, targets, temperature) == pytest.approx(float(expected), rel=1e-9)


@given(answers)
def test_confidences_that_are_no_probabilities_are_refused(case: Case) -> None:
    confidences, correct = arrays(case)
    assume(confidences.max() > 0)
    for broken in (confidences * 3 / confidences.max(), -confidences, confidences * np.nan, confidences[:-1]):
        for measure in (reliability, risk_coverage):
            if len(broken) == len(correct) and not broken.any():
                continue
            with pytest.raises(ValueError, match="confidences"):
                measure(broken, correct)
