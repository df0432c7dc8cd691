"""What is measured of a network, and what is fitted to it when its training is over."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from inkling.errors import DatasetError, DivergedError
from inkling.evaluation.calibration import (
    Reliability,
    RiskCoverage,
    calibration_error,
    coverage_at_risk,
    fit_temperature,
    negative_log_likelihood,
    reliability,
    risk_at_coverage,
    risk_coverage,
    softmax,
)
from inkling.evaluation.metrics import (
    ClassScore,
    ConfusedPair,
    class_scores,
    confusion_matrix,
    most_confused,
    wilson_interval,
)
from inkling.networks.gauge import Gauge, fit_gauge
from inkling.networks.weights import Header, Weights
from inkling.training.loop import autocast
from inkling.training.material import logits_of
from inkling.transforms.normalize import to_input

Images = NDArray[np.uint8]
Targets = NDArray[np.int64]

COVERAGES = (0.8, 0.9, 0.95, 0.99, 1.0)
"""Parts of the pictures at which the error rate is stated."""

_GAUGE_PICTURES = 10_000
_MOST_MISTAKES = 100


@dataclass(frozen=True, slots=True)
class Mistake:
    """One picture taken for what it is not.

    Attributes:
        index: Place of the picture in the data, from 0.
        true: Its class, 0 to C − 1.
        predicted: The class it was taken for.
        confidence: Calibrated probability that was claimed, 0 to 1.
    """

    index: int
    true: int
    predicted: int
    confidence: float


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """How far probabilities at one temperature can be believed.

    Attributes:
        temperature: That the logits were divided by.
        nll: Mean negative log-likelihood of the right class, in nats; 0 is best.
        ece: Expected calibration error in 15 bins, 0 to 1; 0 is best.
        reliability: The bins.
    """

    temperature: float
    nll: float
    ece: float
    reliability: Reliability


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """Everything measured of a network on one set of pictures.

    Attributes:
        name: Of the data.
        alphabet: Names of the classes, in the order of the indices below.
        count: Pictures, N.
        accuracy: Part recognised, 0 to 1.
        interval: Where the accuracy lies with 95 % confidence (Wilson), 0 to 1.
        classes: One score a class.
        confusion: int64 (C, C), rows true, columns predicted.
        confused: The commonest kinds of mistake, commonest first, ten at most.
        uncalibrated: Of the softmax as the network gives it, at temperature 1.
        calibrated: At the temperature of the weights file.
        risk: Error rate against coverage.
        mistakes: The most confident first, a hundred at most.
        targets: int64 (N,), the true classes.
        probabilities: float64 (N, C), calibrated.
    """

    name: str
    alphabet: tuple[str, ...]
    count: int
    accuracy: float
    interval: tuple[float, float]
    classes: tuple[ClassScore, ...]
    confusion: NDArray[np.int64]
    confused: tuple[ConfusedPair, ...]
    uncalibrated: Calibration
    calibrated: Calibration
    risk: RiskCoverage
    mistakes: tuple[Mistake, ...]
    targets: Targets
    probabilities: NDArray[np.float64]

    @property
    def temperature(self) -> float:
        """What the logits are divided by before the softmax."""
        return self.calibrated.temperature

    @property
    def predicted(self) -> Targets:
        """int64 (N,), the most probable class of each picture."""
        return np.asarray(self.probabilities.argmax(axis=1), np.int64)

    @property
    def confidences(self) -> NDArray[np.float64]:
        """float64 (N,), the probability of `predicted`, 0 to 1."""
        return np.asarray(self.probabilities.max(axis=1), np.float64)

    def to_json(self) -> dict[str, Any]:
        """All but the single pictures' probabilities, as plain values that `json` can write.

        Classes are named, not numbered; what is not defined (the recall of a class without
        pictures) is None.
        """
        names = self.alphabet
        return {
            "data": self.name,
            "n": self.count,
            "accuracy": self.accuracy,
            "interval": list(self.interval),
            "nll": self.calibrated.nll,
            "ece": self.calibrated.ece,
            "temperature": self.temperature,
            "uncalibrated": {"nll": self.uncalibrated.nll, "ece": self.uncalibrated.ece},
            "risk": {
                "error_at_coverage": {f"{part:g}": risk_at_coverage(self.risk, part) for part in COVERAGES},
                "coverage_without_error": coverage_at_risk(self.risk, 0.0),
                "area": self.risk.area,
            },
            "classes": {
                name: {key: _plain(value) for key, value in asdict(score).items()}
                for name, score in zip(names, self.classes, strict=True)
            },
            "confusion": self.confusion.tolist(),
            "confused": [_named(asdict(pair), names) for pair in self.confused],
            "mistakes": [_named(asdict(mistake), names) for mistake in self.mistakes],
            "reliability": {
                "edges": self.calibrated.reliability.edges.tolist(),
                "confidence": [_plain(value) for value in self.calibrated.reliability.confidence.tolist()],
                "accuracy": [_plain(value) for value in self.calibrated.reliability.accuracy.tolist()],
                "count": self.calibrated.reliability.count.tolist(),
            },
        }


def _plain(value: float) -> float | None:
    return None if math.isnan(value) else value


def _named(values: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """Put the names of the classes in the place of their numbers."""
    return values | {"true": names[values["true"]], "predicted": names[values["predicted"]]}


def evaluate(
    weights: Weights,
    images: Images,
    targets: Targets,
    *,
    name: str,
    device: torch.device | str = "cpu",
    precision: torch.dtype = torch.float32,
) -> Evaluation:
    """Measure a network.

    Args:
        weights: The network, on `device`, with its alphabet and its temperature.
        images: uint8 (N, 28, 28), framed.
        targets: int64 (N,), places in the weights' alphabet.
        name: Of the data.
        device: Where the network is.
        precision: What it computes in.

    Raises:
        DatasetError: There are no pictures, or a target is beyond the alphabet.
        DivergedError: The network gives something that is no number.
    """
    alphabet = weights.header.alphabet
    _check_targets(targets, len(alphabet), name)
    logits = _finite_logits(weights.network, images, device=device, precision=precision)
    return _measure(logits, targets, name=name, alphabet=alphabet, temperature=weights.header.temperature)


def _measure(
    logits: NDArray[np.float32],
    targets: Targets,
    *,
    name: str,
    alphabet: tuple[str, ...],
    temperature: float,
) -> Evaluation:
    probabilities = softmax(logits, temperature)
    predicted = probabilities.argmax(axis=1)
    correct = predicted == targets
    confidences = probabilities.max(axis=1)
    matrix = confusion_matrix(targets, predicted, len(alphabet))
    return Evaluation(
        name=name,
        alphabet=alphabet,
        count=len(targets),
        accuracy=float(correct.mean()),
        interval=wilson_interval(int(correct.sum()), len(targets)),
        classes=tuple(class_scores(matrix)),
        confusion=matrix,
        confused=tuple(most_confused(matrix)),
        uncalibrated=_calibration(logits, targets, 1.0),
        calibrated=_calibration(logits, targets, temperature),
        risk=risk_coverage(confidences, correct),
        mistakes=_worst(targets, predicted, confidences),
        targets=targets,
        probabilities=probabilities,
    )


def _calibration(logits: NDArray[np.float32], targets: Targets, temperature: float) -> Calibration:
    confidences = softmax(logits, temperature).max(axis=1)
    bins = reliability(confidences, logits.argmax(axis=1) == targets)
    nll = negative_log_likelihood(logits, targets, temperature)
    return Calibration(temperature, nll, calibration_error(bins), bins)


def _worst(targets: Targets, predicted: Targets, confidences: NDArray[np.float64]) -> tuple[Mistake, ...]:
    wrong = np.flatnonzero(predicted != targets)
    order = wrong[np.argsort(-confidences[wrong], kind="stable")][:_MOST_MISTAKES]
    return tuple(
        Mistake(int(place), int(targets[place]), int(predicted[place]), float(confidences[place]))
        for place in order
    )


def finish(
    network: nn.Module,
    header: Header,
    training_images: Images,
    training_targets: Targets,
    heldout_images: Images,
    heldout_targets: Targets,
    *,
    device: torch.device | str = "cpu",
    precision: torch.dtype = torch.float32,
) -> Weights:
    """Make a trained network ready to read: fit its temperature and its gauge, write its scores down.

    Args:
        network: On `device`; put into evaluation mode.
        header: Its temperature and its held-out score are replaced; the rest is kept.
        training_images: uint8 (N, 28, 28), framed; up to 10,000 of them are used.
        training_targets: int64 (N,).
        heldout_images: uint8 (M, 28, 28), not trained on.
        heldout_targets: int64 (M,).
        device: Where the network is.
        precision: What it computes in.

    Returns:
        The weights; without a gauge when some class has no training picture.

    Raises:
        DatasetError: A set is empty, or a target is beyond the alphabet.
        DivergedError: The network gives something that is no number.
    """
    classes = len(header.alphabet)
    _check_targets(training_targets, classes, "The training set")
    _check_targets(heldout_targets, classes, "The held-out set")
    network = network.eval()
    logits = _finite_logits(network, heldout_images, device=device, precision=precision)
    temperature = fit_temperature(logits, heldout_targets)
    right = int((logits.argmax(axis=1) == heldout_targets).sum())
    score = {
        "n": len(heldout_targets),
        "accuracy": right / len(heldout_targets),
        "interval": list(wilson_interval(right, len(heldout_targets))),
        "ece": _cross_fitted_error(logits, heldout_targets),
    }
    header = replace(header, temperature=temperature, scores=header.scores | {"heldout": score})
    gauge = None
    if len(np.unique(training_targets)) == classes:
        gauge = _gauge(network, training_images, training_targets, heldout_images, device, precision)
    return Weights(network, header, gauge)


def _cross_fitted_error(logits: NDArray[np.float32], targets: Targets) -> float:
    """Calibration error with each half's temperature fitted on the other: nothing judges itself."""
    confidences = np.empty(len(targets))
    for part in (slice(0, None, 2), slice(1, None, 2)):
        other = np.ones(len(targets), bool)
        other[part] = False
        fitting = other if other.any() else ~other
        temperature = fit_temperature(logits[fitting], targets[fitting])
        confidences[part] = softmax(logits[part], temperature).max(axis=1)
    return calibration_error(reliability(confidences, logits.argmax(axis=1) == targets))


def _gauge(
    network: nn.Module,
    images: Images,
    targets: Targets,
    heldout: Images,
    device: torch.device | str,
    precision: torch.dtype,
) -> Gauge:
    places = _spread(targets, _GAUGE_PICTURES)
    familiar = _features_of(network, images[places], device=device, precision=precision)
    fresh = _features_of(network, heldout, device=device, precision=precision)
    return fit_gauge(familiar, torch.from_numpy(targets[places]), fresh)


def _spread(targets: Targets, most: int) -> NDArray[np.int64]:
    """Places of about `most` pictures at most, of each class its share and at least one."""
    if len(targets) <= most:
        return np.arange(len(targets))
    order = np.argsort(targets, kind="stable")
    even = order[np.linspace(0, len(order) - 1, most).round().astype(np.int64)]
    firsts = np.unique(targets, return_index=True)[1]
    return np.union1d(even, firsts)


@torch.inference_mode()
def _features_of(
    network: nn.Module, images: Images, *, device: torch.device | str, precision: torch.dtype
) -> Tensor:
    """The last layer's activations: float32 (N, D) on the CPU."""
    device = torch.device(device)
    features: Any = network.features
    parts = []
    for place in range(0, len(images), 1000):
        part = torch.from_numpy(images[place : place + 1000]).to(device)
        with autocast(device, precision):
            parts.append(features(to_input(part)).float().cpu())
    return torch.cat(parts)


def _finite_logits(
    network: nn.Module, images: Images, *, device: torch.device | str, precision: torch.dtype
) -> NDArray[np.float32]:
    logits = logits_of(network, images, device=device, precision=precision).numpy()
    if not np.isfinite(logits).all():
        raise DivergedError(
            "The network's answers are not finite numbers.",
            remedy="Train it anew with a smaller optimizer.learning_rate.",
        )
    return np.asarray(logits, np.float32)


def _check_targets(targets: Targets, classes: int, name: str) -> None:
    if not len(targets):
        raise DatasetError(f"{name} has no pictures.", remedy="Name a set that has some.")
    if targets.min() < 0 or targets.max() >= classes:
        raise DatasetError(
            f"{name} has targets from {targets.min()} to {targets.max()}, but the weights know "
            f"{classes} classes.",
            remedy="Use data with the alphabet that the weights were trained on.",
        )
