"""Training on lines of writing: made-up ones, or those of a folder; and what is reported in the end."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from inkling.cli.job import Conclusion, Job, trained_on
from inkling.errors import DatasetError, WeightsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inkling.datasets.digits import Digits
    from inkling.datasets.lines.folders import Lines
    from inkling.datasets.lines.hand import Cuttings
    from inkling.datasets.lines.stream import FramedLine, LineSource, MixedLines
    from inkling.evaluation.line_report import LineScores
    from inkling.networks.weights import Header, Weights
    from inkling.training.recipes import Recipe
    from inkling.training.session import Training

SHIPPED = Path(__file__).parents[1] / "weights" / "lines.safetensors"
"""The line reader that comes with Inkling, which is fine-tuned if no other is named."""

_HELDOUT_LINES = 1_000
_FAMILIAR_LINES = 2_000

OTHER_SERIES = 1 << 63
"""Added to the seed of what is learned from, for lines that are never learned from: no seed is so large."""

FOLDER_SHARE = 0.75
"""Part of the lines of a fine-tuning that come from the folder; the others are made up."""


def line_job(recipe: Recipe, data: str) -> Job:
    """Lines made up of digits; those held out are made up of other digits."""
    from inkling.datasets.lines.stream import SyntheticLines
    from inkling.datasets.lines.writing import LINE_ALPHABET
    from inkling.datasets.load import load_digits
    from inkling.datasets.split import split
    from inkling.networks.weights import Header
    from inkling.training.material import LineMaterial

    try:
        digits = load_digits(data, split="train")
    except DatasetError as problem:
        remedy = f"{problem.remedy} A folder of labelled lines is for weights that read already: --from."
        raise DatasetError(problem.message, remedy=remedy.strip()) from None
    learned, heldout_digits = split(digits, recipe.heldout, seed=recipe.seed)
    began = weights_to_begin_with(recipe.begin).header if recipe.begin else None
    series = SyntheticLines(cuttings_of(learned), seed=recipe.seed)
    other = SyntheticLines(cuttings_of(heldout_digits), seed=recipe.seed + OTHER_SERIES)
    heldout = [other(index) for index in range(_HELDOUT_LINES)]

    def conclude(training: Training, folder: Path) -> Conclusion:
        header = Header(
            training.recipe.network,
            LINE_ALPHABET,
            trained_on=trained_on(
                training,
                digits.name,
                began=began,
                digits=len(learned),
                lines=training.done * training.recipe.batch_size,
            ),
        )
        return _conclude(training, header, series, heldout, folder)

    return Job(
        LineMaterial(series, len(LINE_ALPHABET) + 1),
        heldout,
        digits.name,
        f"lines of {len(learned):,} digits to learn from, {len(heldout):,} of others held out",
        conclude,
    )


def fine_tune_job(recipe: Recipe, data: str) -> Job:
    """A folder's lines mixed with made-up ones, for a network that reads already."""
    from dataclasses import replace

    from inkling.datasets.lines.folders import load_lines, split_lines
    from inkling.datasets.load import load_digits
    from inkling.evaluation.line_report import score_lines
    from inkling.training.material import LineMaterial

    old = weights_to_begin_with(recipe.begin)
    lines = load_lines(data, alphabet=old.header.alphabet)
    learned, heldout = split_lines(lines, recipe.heldout, seed=recipe.seed)
    digits = load_digits(recipe.digits)
    series = mixed_with_made_up(learned, cuttings_of(digits), FOLDER_SHARE, seed=recipe.seed)
    framed = heldout.framed()

    def conclude(training: Training, folder: Path) -> Conclusion:
        before = score_lines(old.network, framed, old.header.alphabet)
        history = trained_on(
            training, lines.name, began=old.header, beside=digits.name, pictures=len(learned)
        )
        header = replace(old.header, trained_on=history, scores={})
        return _conclude(training, header, series, framed, folder, before=before)

    return Job(
        LineMaterial(series, old.header.classes),
        framed,
        lines.name,
        f"{len(learned):,} pictures to learn from, {len(heldout):,} held out, mixed with made-up lines",
        conclude,
    )


def mixed_with_made_up(lines: Lines, cuttings: Cuttings, share: float, *, seed: int) -> MixedLines:
    """A folder's lines, which are a share of the series, among lines made up of some digits."""
    from inkling.datasets.lines.folders import FolderLines
    from inkling.datasets.lines.stream import MixedLines, SyntheticLines

    return MixedLines(FolderLines(lines, seed=seed), SyntheticLines(cuttings, seed=seed), share, seed=seed)


def familiar_with(series: LineSource) -> list[FramedLine]:
    """Lines such as a network learned from, which its gauge is fitted to."""
    return [series(index) for index in range(_FAMILIAR_LINES)]


def cuttings_of(digits: Digits) -> Cuttings:
    """Digits to make lines up of.

    Raises:
        DatasetError: They are no digits, or not all ten are among them.
    """
    from inkling.datasets.digits import DIGITS
    from inkling.datasets.lines.hand import Cuttings

    absent = [name for name, count in digits.counts().items() if count == 0]
    if digits.alphabet != DIGITS or absent:
        what = f"has no {', '.join(absent)}" if digits.alphabet == DIGITS else "does not show digits"
        raise DatasetError(
            f"{digits.name} {what}; lines are made up of all ten digits.",
            remedy="Name another set of digits.",
        )
    return Cuttings(digits)


def weights_to_begin_with(path: str) -> Weights:
    """A line reader of the alphabet that lines are made up in.

    Raises:
        WeightsError: Not a weights file, or another network's, or of another alphabet.
    """
    from inkling.datasets.lines.writing import LINE_ALPHABET
    from inkling.networks.weights import load_weights

    weights = load_weights(path)
    if not weights.header.reads_lines:
        raise WeightsError(
            f"{path} tells single digits; what goes on learning here is a line reader.",
            remedy="Train one with: inkling train lines",
        )
    if weights.header.alphabet != LINE_ALPHABET:
        raise WeightsError(
            f"{path} reads another alphabet than lines are made up in.",
            remedy="Begin with weights that `inkling train lines` has written.",
        )
    return weights


def _conclude(
    training: Training,
    header: Header,
    series: LineSource,
    heldout: Sequence[FramedLine],
    folder: Path,
    *,
    before: LineScores | None = None,
) -> Conclusion:
    """Calibrate, write the weights, draw, and compare with what was before."""
    from inkling.evaluation.line_report import finish_lines
    from inkling.networks.weights import save_weights
    from inkling.training.run import WEIGHTS

    network, familiar = training.blended().cpu(), familiar_with(series)
    weights, after = finish_lines(network, header, familiar, heldout, calibrated=before is not None)
    save_weights(folder / WEIGHTS, weights)
    rows = {"Read exactly": after} if before is None else {"Before": before, "After": after}
    text = "\n".join(f"{name:<19}{_rate(scores)}" for name, scores in rows.items())
    found = weights.header.scores["heldout"]
    text += f"\nCalibration error  {found['ece']:.2%}"
    if kept := found.get("calibration_kept"):
        text += f"\nConfidence         as before: {kept}"
    result = {"calibration": list(weights.header.calibration)}
    more = {} if before is None else {"before": before.to_json(header.calibration)}
    pictures = _draw(after, weights.header, folder)
    return Conclusion(weights, pictures, text, "inkling read --as line PICTURE", result | more)


def _rate(scores: LineScores) -> str:
    low, high = scores.interval
    return (
        f"[bold green]{scores.exact:.2%}[/bold green] of {len(scores.correct):,} held out, "
        f"95 % interval {low:.2%} to {high:.2%}"
    )


def _draw(scores: LineScores, header: Header, folder: Path) -> list[Path]:
    """Draw what the report tells: of the weights as they were written, by the same confidences."""
    from inkling.evaluation.calibration import calibration_error, reliability, risk_coverage
    from inkling.evaluation.drawing import draw_curves, draw_reliability, draw_risk_coverage, save_figure
    from inkling.training.observers import read_metrics
    from inkling.training.run import METRICS

    kept = "calibration_kept" in header.scores["heldout"]
    raw, judged = scores.confidences((1.0, 0.0)), scores.judged(header.calibration if kept else None)
    before, after = (reliability(confidences, scores.correct) for confidences in (raw, judged))
    errors = calibration_error(before), calibration_error(after)
    curve = "by the logistic curve from before" if kept else "by a logistic curve fitted to the other half"
    drawings = {
        "curves": draw_curves(read_metrics(folder / METRICS), kept=scores.exact),
        "reliability": draw_reliability(before, after, *errors, calibrated=curve),
        "risk-coverage": draw_risk_coverage(
            risk_coverage(scores.confidences(header.calibration), scores.correct)
        ),
    }
    return [save_figure(figure, folder / f"{name}.png") for name, figure in drawings.items()]
