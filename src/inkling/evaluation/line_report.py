"""What is fitted to a line reader when its training is over, and what is measured of it then."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from inkling.datasets.lines.stream import FramedLine
from inkling.errors import DatasetError, DivergedError
from inkling.evaluation.calibration import calibration_error, reliability
from inkling.evaluation.logistic import fit_logistic, logistic
from inkling.evaluation.metrics import wilson_interval
from inkling.networks.characters import character_features
from inkling.networks.constrained import Known, marks_of
from inkling.networks.ctc import align
from inkling.networks.gauge import Gauge, fit_gauge
from inkling.networks.scan import Scan, look, propose, scan, score_of
from inkling.networks.weights import Header, Weights, round_to_half

LEAST_PICTURES = 20
"""Pictures that can tell when to doubt, at least."""


@dataclass(frozen=True, slots=True, eq=False)
class LineScores:
    """How sure a network was of N lines, and how right.

    Attributes:
        scores: float64 (N,), of the first proposal for each line; higher is surer.
        correct: bool (N,), whether these are exactly the line's.
    """

    scores: NDArray[np.float64]
    correct: NDArray[np.bool_]

    @property
    def exact(self) -> float:
        """Part of the lines read exactly, 0 to 1."""
        return float(self.correct.mean())

    @property
    def interval(self) -> tuple[float, float]:
        """Where `exact` lies with 95 % confidence (Wilson), 0 to 1."""
        return wilson_interval(int(self.correct.sum()), len(self.correct))

    def confidences(self, calibration: tuple[float, float]) -> NDArray[np.float64]:
        """float64 (N,), the probability that a line is read exactly, as a calibration has it."""
        return logistic(self.scores, *calibration)

    def untold(self, called: str) -> str:
        """Why these lines cannot tell when to doubt: too few, all right or all wrong; empty if they can.

        Args:
            called: What the lines are, in the plural.
        """
        count, right = len(self.correct), int(self.correct.sum())
        if count < LEAST_PICTURES:
            return f"{count} {called} are too few"
        if right in (0, count):
            return f"{'all' if right else 'none'} of {count:,} {called} were right"
        return ""

    def judged(self, calibration: tuple[float, float] | None = None) -> NDArray[np.float64]:
        """float64 (N,), the probability that a line is read exactly, by no curve that was fitted to it.

        Args:
            calibration: A curve that was fitted to other lines; without one, each half of these is
                judged by a curve fitted to the other.
        """
        return _cross_fitted(self) if calibration is None else self.confidences(calibration)

    def to_json(self, calibration: tuple[float, float] | None = None) -> dict[str, Any]:
        """Plain values; `ece` is the calibration error of `judged`."""
        return {
            "n": len(self.correct),
            "exact": self.exact,
            "interval": list(self.interval),
            "ece": calibration_error(reliability(self.judged(calibration), self.correct)),
        }


def score_lines(network: nn.Module, lines: Sequence[FramedLine], alphabet: Sequence[str]) -> LineScores:
    """Read lines and compare with what is written on them.

    Args:
        network: A line reader in evaluation mode, on the CPU.
        lines: N of them, at least one.
        alphabet: Names of the network's labels.

    Raises:
        DatasetError: There are no lines.
        DivergedError: The network gives something that is no number.
    """
    if not lines:
        raise DatasetError("There are no lines to measure on.", remedy="Hold some out.")
    marks = marks_of(alphabet)
    looks = look(network, [image for image, _ in lines], marks=marks)
    _refuse_diverged(seen.scan for seen in looks)
    proposed = propose([seen.views for seen in looks], known=[Known(marks)] * len(lines), best=1)
    correct = [found[0][0] == _labels(line) for found, line in zip(proposed, lines, strict=True)]
    return LineScores(np.array([score_of(found) for found in proposed]), np.array(correct))


def finish_lines(
    network: nn.Module,
    header: Header,
    familiar: Sequence[FramedLine],
    heldout: Sequence[FramedLine],
    *,
    calibrated: bool = False,
) -> tuple[Weights, LineScores]:
    """Make a trained line reader ready to read: fit its calibration and its gauge, write its scores down.

    Its matrices are rounded to what the weights file keeps, before anything is measured. A curve that
    was fitted before is kept where the held-out lines cannot tell when to doubt: they are fewer than
    `LEAST_PICTURES`, all right or all wrong, or right ones have no higher scores than wrong ones. The
    held-out scores then say why, as `calibration_kept`, and their `ece` is that of the curve kept.

    Args:
        network: On the CPU; put into evaluation mode.
        header: Its calibration, with what that was fitted to, and its held-out score are replaced.
        familiar: Lines such as it was trained on, a few thousand.
        heldout: Lines that it was not trained on.
        calibrated: Whether the header's calibration was fitted to something already.

    Returns:
        The weights, without a gauge when some character stands on none of the familiar lines; and how they
        read the held-out lines.

    Raises:
        DatasetError: There are no held-out lines.
        DivergedError: The network gives something that is no number.
    """
    network = network.eval()
    round_to_half(network)
    measured = score_lines(network, heldout, header.alphabet)
    curve = fit_logistic(measured.scores, measured.correct)
    scores, history = measured.to_json(), dict(header.trained_on)
    if calibrated and (kept := _why_kept(measured, curve)):
        curve = header.calibration
        scores = measured.to_json(curve) | {"calibration_kept": kept}
    else:
        history.pop("calibrated_on", None)
    header = replace(
        header, calibration=curve, trained_on=history, scores=header.scores | {"heldout": scores}
    )
    return Weights(network, header, _gauge(network, len(header.alphabet), familiar, heldout)), measured


def finish_unlabelled(
    network: nn.Module, header: Header, familiar: Sequence[FramedLine], fresh: Sequence[FramedLine]
) -> Weights:
    """Make a line reader ready to read that learned from its own readings: nothing tells how right these are.

    Its calibration stays what it was; its gauge is fitted anew. No scores are kept: those there were are of
    other weights.

    Args:
        network: On the CPU; put into evaluation mode.
        header: Of the weights that it began with.
        familiar: As in `finish_lines`.
        fresh: Lines as they are to be familiar, for the scale of the gauge.
    """
    network = network.eval()
    round_to_half(network)
    gauge = _gauge(network, len(header.alphabet), familiar, fresh)
    return Weights(network, replace(header, scores={}), gauge)


def _why_kept(measured: LineScores, curve: tuple[float, float]) -> str:
    """Why a curve fitted to these lines is not to take the place of one before; empty if it is."""
    flat = "what was right was no surer than the rest" if curve[0] == 0 else ""
    return measured.untold("held-out pictures") or flat


def _labels(line: FramedLine) -> tuple[int, ...]:
    return tuple(place + 1 for place in line[1])


def _scan(network: nn.Module, lines: Sequence[FramedLine]) -> list[Scan]:
    scans = scan(network, [image for image, _ in lines])
    _refuse_diverged(scans)
    return scans


def _refuse_diverged(scans: Iterable[Scan]) -> None:
    if not all(np.isfinite(scanned.log_probs).all() for scanned in scans):
        raise DivergedError(
            "The network's answers are not finite numbers.",
            remedy="Train it anew with a smaller optimizer.learning_rate.",
        )


def _cross_fitted(measured: LineScores) -> NDArray[np.float64]:
    """Confidences with each half's curve fitted on the other: nothing judges itself."""
    confidences = np.empty(len(measured.scores))
    for part in (slice(0, None, 2), slice(1, None, 2)):
        other = np.ones(len(confidences), bool)
        other[part] = False
        fitting = other if other.any() else ~other
        curve = fit_logistic(measured.scores[fitting], measured.correct[fitting])
        confidences[part] = logistic(measured.scores[part], *curve)
    return confidences


def _gauge(
    network: nn.Module, classes: int, familiar: Sequence[FramedLine], heldout: Sequence[FramedLine]
) -> Gauge | None:
    """A gauge of characters in units of numbers: one is as strange as its strangest character."""
    rows = _characters(network, familiar)
    fresh = [features for features, _ in _characters(network, heldout)]
    targets = [place for _, places in rows for place in places]
    if len(fresh) == 0 or len(set(targets)) < classes:
        return None
    learned = torch.from_numpy(np.concatenate([features for features, _ in rows]))
    gauge = fit_gauge(learned, torch.tensor(targets), torch.from_numpy(np.concatenate(fresh)))
    strangest = torch.stack([gauge.novelty(torch.from_numpy(features)).amax() for features in fresh])
    return gauge._replace(scale=(gauge.scale * strangest.quantile(0.99)).clamp_min(1e-12))


def _characters(
    network: nn.Module, lines: Sequence[FramedLine]
) -> list[tuple[NDArray[np.float32], tuple[int, ...]]]:
    """The characters of each line that has any: features (L, D), and their L places in the alphabet."""
    return [
        (character_features(scanned, align(scanned.log_probs, _labels(line))), line[1])
        for scanned, line in zip(_scan(network, lines), lines, strict=True)
        if len(line[1]) > 0 and _fits(scanned, line[1])
    ]


def _fits(scanned: Scan, places: Sequence[int]) -> bool:
    """Whether there are frames enough for the characters, and for a blank between equal ones."""
    repeats = sum(one == other for one, other in itertools.pairwise(places))
    return len(scanned.log_probs) >= len(places) + repeats
