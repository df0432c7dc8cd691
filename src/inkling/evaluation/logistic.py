"""From a score to a probability: the logistic curve, fitted to answers that were right or wrong."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_MOST_STEPS = 100
_RIDGE = 1e-12
_LEAST_SPREAD = 1e-12
"""Scores that differ by less, in parts of the largest one, differ by rounding only."""


def logistic(scores: NDArray[np.floating], slope: float, intercept: float) -> Floats:
    """The probability 1 / (1 + exp(−(slope · score + intercept))), of any finite scores without overflow.

    Args:
        scores: Of any shape.
        slope: As `fit_logistic` gives it.
        intercept: The same.

    Returns:
        float64 of that shape, 0 to 1.
    """
    return _sigmoid(slope * np.asarray(scores, np.float64) + intercept)


def fit_logistic(scores: NDArray[np.floating], correct: NDArray[np.bool_]) -> tuple[float, float]:
    """Platt's calibration: the logistic curve that makes the answers most likely.

    After Platt (1999), with his targets: with N₊ right answers and N₋ wrong ones, a right one counts
    as (N₊ + 1) / (N₊ + 2), a wrong one as 1 / (N₋ + 2), so that scores which separate the two
    completely ask for no infinite slope. The likelihood is concave and is climbed by Newton's method
    with a halved step where a whole one goes too far, as Lin, Lin and Weng (2007) do. Differs from
    both in two things: the scores are brought to mean 0 and deviation 1 first, and the curve may not
    fall. Where right answers have no higher scores than wrong ones, the scores are not believed at
    all: the slope is 0, and every probability the mean of the targets.

    Args:
        scores: (N,), finite, of answers that were not trained on; a higher one is meant to be better.
        correct: bool (N,), whether each answer is right.

    Returns:
        `(slope, intercept)`, finite, the slope 0 or greater; `logistic` makes probabilities of them.

    Raises:
        ValueError: There are no scores, the lengths differ, or a score is not finite.

    Example:
        >>> slope, intercept = fit_logistic(np.array([-1.0, 0.0, 1.0]), np.array([False, True, True]))
        >>> logistic(np.array([-1.0, 1.0]), slope, intercept).round(2).tolist()
        [0.4, 0.81]
    """
    scores, correct = np.asarray(scores, np.float64), np.asarray(correct, bool)
    if not len(scores) or scores.shape != correct.shape or not np.isfinite(scores).all():
        raise ValueError("a logistic curve wants at least one score, an answer for each, and finite scores")
    right = int(correct.sum())
    targets = np.where(correct, (right + 1) / (right + 2), 1 / (len(scores) - right + 2))
    part = float(targets.mean())
    base = math.log(part / (1 - part))

    largest = float(np.abs(scores).max())
    shares = scores / largest if largest else scores  # so that no square overflows
    mean, spread = float(shares.mean()), float(shares.std())
    if spread < _LEAST_SPREAD or spread * largest < np.finfo(float).tiny:
        return 0.0, base
    even = np.asarray((shares - mean) / spread, np.float64)
    if even @ targets <= 0 or right in (0, len(scores)):  # the likelihood's slope where the curve is flat
        return 0.0, base
    steepness, height = _climb(even, targets, base)
    slope = steepness / spread / largest
    return (slope, height - steepness * mean / spread) if math.isfinite(slope) else (0.0, base)


def _climb(scores: Floats, targets: Floats, base: float) -> tuple[float, float]:
    """Newton's method from a flat curve at the base rate; scores of mean 0 and deviation 1."""
    slope, intercept = 0.0, base
    loss = _loss(scores, targets, slope, intercept)
    for _ in range(_MOST_STEPS):
        claimed = _sigmoid(slope * scores + intercept)
        misses, weights = claimed - targets, claimed * (1 - claimed)
        gradient = np.array([misses @ scores, misses.sum()])
        if np.abs(gradient).max() < 1e-10 * len(scores):
            break
        crossed = weights @ scores
        curvature = np.array([[weights @ scores**2, crossed], [crossed, weights.sum()]])
        step = np.linalg.solve(curvature + _RIDGE * np.eye(2), -gradient)
        expected, size = float(gradient @ step), 1.0
        while size > 1e-10:
            nearer = _loss(scores, targets, slope + size * step[0], intercept + size * step[1])
            if nearer <= loss + 1e-4 * size * expected:
                break
            size /= 2
        else:  # no step improves on what rounding can tell apart
            break
        slope, intercept, loss = slope + size * float(step[0]), intercept + size * float(step[1]), nearer
    return max(slope, 0.0), intercept


def _loss(scores: Floats, targets: Floats, slope: float, intercept: float) -> float:
    """Cross-entropy of the targets, summed, in nats."""
    logits = slope * scores + intercept
    return float((np.logaddexp(0, logits) - targets * logits).sum())


def _sigmoid(logits: Floats) -> Floats:
    small = np.exp(-np.abs(logits))
    return np.where(logits >= 0, 1, small) / (1 + small)
