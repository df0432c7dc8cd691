"""Training on single digits: their data, and what is reported in the end."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from inkling.cli.job import Conclusion, Job, trained_on

if TYPE_CHECKING:
    from inkling.datasets.digits import Digits
    from inkling.training.recipes import Recipe
    from inkling.training.session import Training


def digit_job(recipe: Recipe, data: str) -> Job:
    """Labelled digits, a part of them held out."""
    from inkling.datasets.load import load_digits
    from inkling.datasets.split import split
    from inkling.training.material import DigitMaterial

    digits = load_digits(data, split="train")
    learned, heldout = split(digits, recipe.heldout, seed=recipe.seed)
    return Job(
        DigitMaterial(learned.images, learned.targets, len(digits.alphabet)),
        (heldout.images, heldout.targets),
        digits.name,
        f"{len(learned):,} pictures to learn from, {len(heldout):,} held out",
        lambda training, folder: conclude(training, learned, heldout, folder, "inkling classify PICTURE"),
    )


def conclude(training: Training, learned: Digits, heldout: Digits, folder: Path, command: str) -> Conclusion:
    """Calibrate, write the weights, draw the pictures.

    Args:
        training: That has come to its end.
        learned: What was learned from.
        heldout: What was not.
        folder: Of the run.
        command: That uses the weights.
    """
    from inkling.evaluation.drawing import draw_report
    from inkling.evaluation.report import evaluate, finish
    from inkling.networks.weights import Header, save_weights
    from inkling.training.observers import read_metrics
    from inkling.training.run import METRICS, WEIGHTS

    header = Header(
        network=training.recipe.network,
        alphabet=learned.alphabet,
        trained_on=trained_on(training, learned.name, pictures=len(learned)),
    )
    weights = finish(
        training.blended().cpu(), header, learned.images, learned.targets, heldout.images, heldout.targets
    )
    save_weights(folder / WEIGHTS, weights)
    pictures = draw_report(
        folder,
        evaluation=evaluate(weights, heldout.images, heldout.targets, name=heldout.name),
        images=heldout.images,
        network=weights.network,
        metrics=read_metrics(folder / METRICS),
    )
    scores = weights.header.scores["heldout"]
    low, high = scores["interval"]
    text = (
        f"Held-out accuracy  [bold green]{scores['accuracy']:.2%}[/bold green] "
        f"of {scores['n']:,} pictures, 95 % interval {low:.2%} to {high:.2%}\n"
        f"Calibration error  {scores['ece']:.2%}"
    )
    fitted = {"temperature": weights.header.temperature}
    return Conclusion(weights, pictures, text, command, fitted)
