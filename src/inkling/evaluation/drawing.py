"""All drawings by one door, and the whole set of them for a run.

Nothing here computes a score: every function takes records and arrays and returns a matplotlib
`Figure`, which `save_figure` writes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from inkling.evaluation.canvas import save_figure
from inkling.evaluation.drawing_pictures import (
    MOST_PREDICTIONS,
    draw_mistakes,
    draw_neighbours,
    draw_predictions,
    draw_saliency,
)
from inkling.evaluation.drawing_scores import draw_confusion, draw_reliability, draw_risk_coverage
from inkling.evaluation.drawing_training import (
    draw_curves,
    draw_first_layer,
    draw_inspection,
    draw_rate_search,
)
from inkling.evaluation.report import Evaluation

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "REPORT",
    "draw_confusion",
    "draw_curves",
    "draw_first_layer",
    "draw_inspection",
    "draw_mistakes",
    "draw_neighbours",
    "draw_predictions",
    "draw_rate_search",
    "draw_reliability",
    "draw_report",
    "draw_risk_coverage",
    "draw_saliency",
    "save_figure",
]

REPORT = (
    *("curves.png", "confusion.png", "mistakes.png", "reliability.png", "risk-coverage.png"),
    *("predictions.png", "first-layer.png"),
)
"""What the drawings of a run are called."""


def draw_report(
    folder: str | os.PathLike[str],
    *,
    evaluation: Evaluation,
    images: NDArray[np.uint8],
    network: nn.Module,
    metrics: Sequence[dict[str, Any]] = (),
) -> list[Path]:
    """Draw everything there is to see of a run.

    Args:
        folder: Where the pictures go; made if it is missing.
        evaluation: Of the trained network.
        images: uint8 (N, 28, 28), those that were evaluated.
        network: That was trained.
        metrics: Lines of the run's `metrics.jsonl`; without any there is no `curves.png`.

    Returns:
        The paths, of the names in `REPORT`.

    Raises:
        StorageError: A file cannot be written.
    """
    before, after = evaluation.uncalibrated, evaluation.calibrated
    curves = before.reliability, after.reliability
    drawings: dict[str, Callable[[], Figure]] = {
        "curves.png": lambda: draw_curves(metrics, kept=evaluation.accuracy),
        "confusion.png": lambda: draw_confusion(evaluation),
        "mistakes.png": lambda: draw_mistakes(images, evaluation),
        "reliability.png": lambda: draw_reliability(*curves, before.ece, after.ece),
        "risk-coverage.png": lambda: draw_risk_coverage(evaluation.risk),
        "predictions.png": lambda: _draw_usual_and_doubtful(images, evaluation),
        "first-layer.png": lambda: draw_first_layer(network),
    }
    if not metrics:
        del drawings["curves.png"]
    return [save_figure(drawings[name](), Path(folder) / name) for name in REPORT if name in drawings]


def _draw_usual_and_doubtful(images: NDArray[np.uint8], evaluation: Evaluation) -> Figure:
    """The pictures that the network doubts most, on the right, beside ordinary ones."""
    order = np.argsort(evaluation.confidences, kind="stable")
    half = min(MOST_PREDICTIONS, len(order)) // 2
    doubtful, rest = order[:half], order[half:]
    usual = rest[((np.arange(half) + 0.5) / max(half, 1) * len(rest)).astype(np.int64)][::-1]
    places = np.column_stack([usual, doubtful]).ravel() if half else rest
    names = evaluation.alphabet
    return draw_predictions(
        images[places],
        evaluation.probabilities[places],
        names,
        labels=[names[target] for target in evaluation.targets[places]],
        title="Left: ordinary pictures. Right: those the network doubts most"
        if half
        else "What the network sees",
    )
