"""Whether confidence means what it says: temperature, calibration error, risk against coverage."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LOWEST_TEMPERATURE, HIGHEST_TEMPERATURE = 0.05, 20.0


@dataclass(frozen=True, slots=True, eq=False)
class Reliability:
    """Confidence against accuracy, in bins of equal width.

    Attributes:
        edges: float64 (B + 1,), rising from 0 to 1; a bin holds its upper edge.
        confidence: float64 (B,), mean confidence in each bin, 0 to 1; NaN in an empty one.
        accuracy: float64 (B,), part of each bin that is right, 0 to 1; NaN in an empty one.
        count: int64 (B,), pictures in each bin.
    """

    edges: Floats
    confidence: Floats
    accuracy: Floats
    count: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class RiskCoverage:
    """What is wrong among the pictures that are accepted, as ever more of them are.

    One point for each distinct confidence, the highest first: accept what is at least as confident
    as `thresholds[i]`, and `coverage[i]` of all is accepted, of which `risk[i]` is wrong.

    Attributes:
        coverage: float64 (K,), strictly rising to 1.
        risk: float64 (K,), 0 to 1.
        thresholds: float64 (K,), strictly falling.
    """

    coverage: Floats
    risk: Floats
    thresholds: Floats

    @property
    def area(self) -> float:
        """Area under the curve, 0 to 1: the mean risk over all pictures taken as the last accepted one.

        AURC of Geifman, Uziel and El-Yaniv (2019); each picture counts with the risk of its whole
        group of equal confidence.
        """
        return float(np.diff(self.coverage, prepend=0.0) @ self.risk)


def softmax(logits: NDArray[np.floating], temperature: float = 1.0) -> Floats:
    """Probabilities from logits.

    Args:
        logits: (N, C), finite.
        temperature: Logits are divided by it first; above 0. More than 1 flattens.

    Returns:
        float64 (N, C), each row summing to 1.
    """
    return np.exp(log_softmax(logits, temperature))


def log_softmax(logits: NDArray[np.floating], temperature: float = 1.0) -> Floats:
    """Logarithms of `softmax`, exact where the probabilities themselves would round to 0."""
    scaled = logits.astype(np.float64) / temperature
    scaled -= scaled.max(axis=1, keepdims=True)
    return np.asarray(scaled - np.log(np.exp(scaled).sum(axis=1, keepdims=True)), np.float64)


def negative_log_likelihood(
    logits: NDArray[np.floating],
    targets: NDArray[np.int64],
    temperature: float = 1.0,
) -> float:
    """Mean surprise at the right class, in nats."""
    return float(-log_softmax(logits, temperature)[np.arange(len(targets)), targets].mean())


def fit_temperature(logits: NDArray[np.floating], targets: NDArray[np.int64]) -> float:
    """The temperature that makes softmax probabilities most likely (Guo et al., 2017).

    The likelihood is concave in the inverse temperature, so its slope is bisected. Differs from the
    paper in one thing: as Platt (1999) did for two classes, each label gives up 1 / (N + 2) of
    itself to the other classes, which matters only when N is small. Without it a few pictures that
    are all recognised would ask for the lowest temperature there is, and every later answer would
    claim to be certain.

    Args:
        logits: (N, C), finite, of pictures that were not trained on; C at least 2.
        targets: int64 (N,), their classes.

    Returns:
        0.05 to 20; 1 when the logits say nothing.

    Raises:
        ValueError: There are no pictures, or a logit is not finite.
    """
    if not len(logits) or len(logits) != len(targets) or not np.isfinite(logits).all():
        raise ValueError("a temperature wants at least one picture, a target for each, and finite logits")
    centred = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    right = centred[np.arange(len(targets)), targets]
    others = (centred.sum(axis=1) - right) / (centred.shape[1] - 1)
    spread = 1 / (len(targets) + 2)
    wanted = float(((1 - spread) * right + spread * others).mean())
    if not centred.any():
        return 1.0

    def too_flat(temperature: float) -> bool:
        """Whether the mean logit under the softmax is still below that under the labels."""
        weights = np.exp(centred / temperature)
        return float(((weights * centred).sum(axis=1) / weights.sum(axis=1)).mean()) < wanted

    low, high = np.log(LOWEST_TEMPERATURE), np.log(HIGHEST_TEMPERATURE)
    for _ in range(24):  # 6 / 2**24: to a relative accuracy of 4e-7
        middle = (low + high) / 2
        low, high = (low, middle) if too_flat(float(np.exp(middle))) else (middle, high)
    return float(np.clip(np.exp((low + high) / 2), LOWEST_TEMPERATURE, HIGHEST_TEMPERATURE))


def reliability(confidences: Floats, correct: NDArray[np.bool_], *, bins: int = 15) -> Reliability:
    """Compare confidence with accuracy, in bins of equal width.

    Args:
        confidences: (N,), 0 to 1.
        correct: bool (N,), whether each answer is right.
        bins: B, at least 1; 15 is what the literature uses.

    Returns:
        The comparison; a confidence on an edge belongs to the bin below it, 0 to the first.

    Raises:
        ValueError: The lengths differ, or a confidence is outside 0 to 1.
    """
    _check(confidences, correct)
    edges = np.linspace(0, 1, bins + 1)
    places = np.clip(np.searchsorted(edges, confidences, side="left") - 1, 0, bins - 1)
    count = np.bincount(places, minlength=bins)
    with np.errstate(invalid="ignore"):  # 0 / 0 is NaN on purpose: an empty bin has no mean
        confidence = np.bincount(places, weights=confidences, minlength=bins) / count
        accuracy = np.bincount(places, weights=correct, minlength=bins) / count
    return Reliability(edges, confidence, accuracy, count.astype(np.int64))


def expected_calibration_error(confidences: Floats, correct: NDArray[np.bool_], *, bins: int = 15) -> float:
    """Mean distance of confidence from accuracy over bins, weighted by their pictures.

    After Naeini, Cooper and Hauskrecht (2015), as Guo et al. (2017) use it.

    Args:
        confidences: (N,), 0 to 1, N at least 1.
        correct: bool (N,), whether each answer is right.
        bins: Of equal width; at least 1.

    Returns:
        0 (confidence is what it says) to 1.

    Raises:
        ValueError: There are no pictures, the lengths differ, or a confidence is outside 0 to 1.
    """
    if not len(confidences):
        raise ValueError("a calibration error wants at least one picture")
    return calibration_error(reliability(confidences, correct, bins=bins))


def calibration_error(bins: Reliability) -> float:
    """`expected_calibration_error` of a comparison that has been made already."""
    full = bins.count > 0
    gaps = np.abs(bins.accuracy[full] - bins.confidence[full])
    return float(gaps @ bins.count[full] / bins.count.sum())


def calibration_error_by_chance(bins: Reliability) -> float:
    """The calibration error to be expected in these bins if all confidences were exactly right, 0 to 1.

    NaN of no answers. It is never 0 with a finite number of answers: of five that are each 0.9 sure, no
    part that is right is 0.9. Of a bin it is the mean absolute deviation of a binomial distribution, which
    de Moivre (1730) found in closed form; all answers of a bin are taken to be as sure as their mean.
    """
    total = int(bins.count.sum())
    if not total:
        return math.nan
    expected = 0.0
    for sure, count in zip(bins.confidence.tolist(), bins.count.tolist(), strict=True):
        if count and 0 < sure < 1:
            above = math.floor(count * sure) + 1  # the fewest that are more than expected
            chance = math.lgamma(count + 1) - math.lgamma(above + 1) - math.lgamma(count - above + 1)
            chance += above * math.log(sure) + (count - above + 1) * math.log1p(-sure)
            expected += 2 * above * math.exp(chance)
    return expected / total


def risk_coverage(confidences: Floats, correct: NDArray[np.bool_]) -> RiskCoverage:
    """The error rate among the most confident part, for every such part.

    After El-Yaniv and Wiener (2010) and Geifman and El-Yaniv (2017). Answers of equal confidence
    cannot be told apart by a threshold, so they are accepted together.

    Args:
        confidences: (N,), 0 to 1, N at least 1.
        correct: bool (N,), whether each answer is right.

    Returns:
        The curve; its last point covers all.

    Raises:
        ValueError: There are no pictures, the lengths differ, or a confidence is outside 0 to 1.
    """
    _check(confidences, correct)
    if not len(confidences):
        raise ValueError("a risk-coverage curve wants at least one picture")
    order = np.argsort(-confidences, kind="stable")
    ranked = confidences[order]
    last = np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1)  # of each group of equals
    wrong = np.cumsum(~correct[order])[last]
    accepted = last + 1
    return RiskCoverage(accepted / len(ranked), wrong / accepted, ranked[last].astype(np.float64))


def coverage_at_risk(curve: RiskCoverage, risk: float) -> float:
    """The largest part that can be accepted with at most this error rate in it; 0 when none can."""
    fitting = curve.coverage[curve.risk <= risk]
    return float(fitting[-1]) if len(fitting) else 0.0


def place_at_coverage(curve: RiskCoverage, coverage: float) -> int:
    """Place on the curve of the smallest part that a threshold can accept and that is at least this large.

    Args:
        curve: As `risk_coverage` makes it.
        coverage: Above 0, up to 1.
    """
    # A coverage of 0.95 is meant to be met by 95 of 100, whatever the rounding of the division.
    place = int(np.searchsorted(curve.coverage, coverage - 1e-12, side="left"))
    return min(place, len(curve.risk) - 1)


def risk_at_coverage(curve: RiskCoverage, coverage: float) -> float:
    """The error rate at `place_at_coverage`."""
    return float(curve.risk[place_at_coverage(curve, coverage)])


def _check(confidences: Floats, correct: NDArray[np.bool_]) -> None:
    if confidences.shape != correct.shape:
        raise ValueError(f"{confidences.shape} confidences for {correct.shape} answers")
    if len(confidences) and not (confidences.min() >= 0 and confidences.max() <= 1):
        raise ValueError("confidences must be from 0 to 1")
