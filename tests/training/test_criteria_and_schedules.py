"""Losses against sums written out, schedules against tables worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from inkling.errors import UnknownNameError
from inkling.training.criteria import CRITERIA, make_criterion
from inkling.training.schedules import SCHEDULES, make_schedule

smoothings = st.floats(0, 0.9)


def logits_and_targets(seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    random = torch.Generator().manual_seed(seed)
    logits = torch.randn(12, 10, generator=random, dtype=torch.float64) * 4
    return logits.requires_grad_(), torch.randint(0, 10, (12,), generator=random)


def smoothed(targets: torch.Tensor, smoothing: float) -> torch.Tensor:
    return torch.eye(10, dtype=torch.float64)[targets] * (1 - smoothing) + smoothing / 10


ORACLES = {
    # The surprise at a smoothed label is a mean of surprises; log(Σ exp) may be written out for small logits.
    "cross-entropy": lambda x, y, s: (x.exp().sum(1).log() - (smoothed(y, s) * x).sum(1)).mean(),
    "negative-log-likelihood": lambda x, y, s: -(smoothed(y, s) * x.softmax(1).log()).sum(1).mean(),
    "mean-squared-error": lambda x, y, s: ((x.softmax(1) - smoothed(y, s)) ** 2).sum() / x.numel(),
}


@pytest.mark.parametrize("name", CRITERIA)
@given(smoothing=smoothings, seed=st.integers(0, 100))
def test_a_criterion_and_its_gradient_are_those_of_the_sum_written_out(
    name: str, smoothing: float, seed: int
) -> None:
    logits, targets = logits_and_targets(seed)
    loss = make_criterion(name, label_smoothing=smoothing)(logits, targets)
    expected = ORACLES[name](logits, targets, smoothing)
    torch.testing.assert_close(loss, expected)
    gradient = torch.autograd.grad(loss, logits)[0]
    torch.testing.assert_close(gradient, torch.autograd.grad(expected, logits)[0])


def test_negative_log_likelihood_is_pytorchs_over_log_probabilities() -> None:
    logits, targets = logits_and_targets()
    expected = nn.NLLLoss()(nn.LogSoftmax(dim=1)(logits), targets)
    torch.testing.assert_close(make_criterion("negative-log-likelihood")(logits, targets), expected)


@given(smoothings)
def test_cross_entropy_and_its_two_steps_are_one(smoothing: float) -> None:
    logits, targets = logits_and_targets()
    one, two = (
        make_criterion(name, label_smoothing=smoothing)(logits, targets)
        for name in ("cross-entropy", "negative-log-likelihood")
    )
    torch.testing.assert_close(one, two)


@pytest.mark.parametrize(
    ("name", "loss"),
    [
        ("cross-entropy", math.log(10)),
        ("negative-log-likelihood", math.log(10)),
        ("mean-squared-error", (0.9**2 + 9 * 0.1**2) / 10),
    ],
)
def test_knowing_nothing_costs(name: str, loss: float) -> None:
    assert float(make_criterion(name)(torch.zeros(3, 10), torch.tensor([1, 5, 9]))) == pytest.approx(loss)


def test_an_unknown_criterion_suggests_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'cross-entropy'"):
        make_criterion("cross_entropy")


@pytest.mark.parametrize(
    ("name", "factors"),
    [
        # At 0, 0.15, 0.3, 0.65 and 1 of the way.
        ("constant", (1, 1, 1, 1, 1)),
        ("linear", (1, 0.85, 0.7, 0.35, 0)),
        ("cosine", (1, 0.945503, 0.793893, 0.273005, 0)),
        ("triangular", (0, 0.5, 1, 0.5, 0)),
        ("one-cycle", (0.04, 0.52, 1, 0.50005, 0.0001)),
    ],
)
def test_a_schedule_goes_through_these_points(name: str, factors: tuple[float, ...]) -> None:
    schedule = make_schedule(name)
    assert [schedule(p) for p in (0, 0.15, 0.3, 0.65, 1)] == pytest.approx(factors, abs=1e-6)


@pytest.mark.parametrize("name", SCHEDULES)
@given(progress=st.floats(0, 1))
def test_a_factor_lies_between_zero_and_one(name: str, progress: float) -> None:
    assert 0 <= make_schedule(name)(progress) <= 1


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_never_jumps_and_reaches_its_peak(name: str) -> None:
    factors = np.array([make_schedule(name)(p) for p in np.linspace(0, 1, 1001)])
    assert np.abs(np.diff(factors)).max() < 0.01
    assert factors.max() == pytest.approx(1, abs=1e-3)


def test_an_unknown_schedule_suggests_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'cosine'"):
        make_schedule("cosin")
