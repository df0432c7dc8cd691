"""`inkling calibrate`: make a line reader's confidence right for one's own pictures."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from inkling.cli.failures import refuse_failures, told
from inkling.cli.line_reader import BATCH, load_line_reader, progress_bar
from inkling.errors import DatasetError, PictureError, UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from inkling.evaluation.line_calibration import LineCalibration
    from inkling.evaluation.line_report import LineScores
    from inkling.networks.weights import Weights

EXAMPLE = (
    "Examples:\n\n[bold]inkling calibrate FOLDER[/bold]\n\n"
    "[bold]inkling calibrate FOLDER --same-point --out mine.safetensors[/bold]"
)


def calibrate(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Labelled pictures of lines, with labels.jsonl.")
    ],
    weights: Annotated[
        Path | None, typer.Option(help="A weights file (default: the one that comes with Inkling).")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="The new weights file (default: NAME-calibrated.safetensors in this folder)."),
    ] = None,
    same_point: Annotated[
        bool, typer.Option("--same-point", help="A comma is as good as a point, and read as one.")
    ] = False,
    digits_only: Annotated[
        bool, typer.Option("--digits-only", help="Read and compare nothing but the digits.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Fit the confidence of a line reader to labelled pictures of one's own.

    What is read stays the same; how probable it is said to be changes. The new
    weights are another file. Pictures that the network was trained on will not do.
    """
    from inkling.cli.train_lines import SHIPPED
    from inkling.datasets.lines.folders import load_line_labels
    from inkling.datasets.load import files_of
    from inkling.evaluation.line_calibration import calibrate_lines
    from inkling.evaluation.line_report import LEAST_PICTURES
    from inkling.export.writing import refuse_inputs
    from inkling.networks.weights import save_weights

    loaded = load_line_reader(weights)
    path = out or Path(f"{weights.stem if weights else 'lines'}-calibrated.safetensors")
    if out is None and path.exists():
        raise UsageError(
            f"{path} exists already.", remedy=f"Name another with --out; --out {path} writes over it."
        )
    refuse_inputs([path], [weights or SHIPPED, *files_of(folder)])
    name, labels = load_line_labels(folder, alphabet=loaded.header.alphabet)
    if len(labels) < LEAST_PICTURES:
        raise DatasetError(
            f"{name} has {len(labels)} labelled pictures, too few to calibrate on.",
            remedy=f"Label {LEAST_PICTURES} at least; a few hundred are better.",
        )
    compared = {"same_point": same_point, "digits_only": digits_only}
    measured, failures = _score(labels, loaded, compared)
    if len(failures) == len(labels):
        refuse_failures(failures, len(labels))
    fitted = calibrate_lines(loaded, measured)
    result = _record(name, fitted, measured, loaded)
    header = fitted.weights.header
    header = replace(
        header,
        trained_on=header.trained_on | {"calibrated_on": {"data": name, "pictures": result["n"]} | compared},
        scores=header.scores | {"calibrated": {key: result[key] for key in _SCORES}},
    )
    if not as_json:  # what was measured is told, even if the weights cannot be written
        _print(result)
    save_weights(path, replace(fitted.weights, header=header))
    if as_json:
        typer.echo(json.dumps(result | compared | {"weights": str(path), "failures": failures}))
    else:
        typer.echo(f"Weights            {path}\nRead with them     --weights {path}")
    refuse_failures(failures, len(labels))


_SCORES = ("n", "exact", "interval", "ece_before", "ece_after")
"""What the weights file keeps of the result."""


def _score(
    labels: list[tuple[str, str]], loaded: Weights, compared: dict[str, bool]
) -> tuple[LineScores, list[str]]:
    """How sure the network is of each picture, how right; and why some could not be read."""
    import numpy as np

    from inkling.evaluation.line_calibration import score_labelled
    from inkling.evaluation.line_report import LineScores
    from inkling.recognition.lines import open_line

    parts, failures = [], []
    with progress_bar(hidden=len(labels) <= BATCH) as bar:
        task = bar.add_task("reading", total=len(labels))
        for start in range(0, len(labels), BATCH):
            pictures: list[NDArray[np.uint8]] = []
            texts: list[str] = []
            for path, text in labels[start : start + BATCH]:
                try:
                    pictures.append(open_line(path).image)
                    texts.append(text)
                except PictureError as problem:
                    failures.append(told(path, str(problem)))
            parts.append(score_labelled(loaded, pictures, texts, **compared))
            bar.update(task, completed=min(start + BATCH, len(labels)))
    return LineScores(
        np.concatenate([part.scores for part in parts]), np.concatenate([part.correct for part in parts])
    ), failures


def _record(name: str, fitted: LineCalibration, measured: LineScores, loaded: Weights) -> dict[str, Any]:
    values = measured.to_json()
    return {
        "data": name,
        "n": values["n"],
        "exact": values["exact"],
        "interval": values["interval"],
        "ece_before": fitted.before,
        "ece_after": fitted.after,
        "calibration_before": list(loaded.header.calibration),
        "calibration": list(fitted.weights.header.calibration),
    }


def _print(result: dict[str, Any]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    low, high = result["interval"]
    (old_slope, old_intercept), (slope, intercept) = result["calibration_before"], result["calibration"]
    console.print(
        f"[bold]{escape(result['data'])}[/bold], {result['n']:,} pictures with ink\n"
        f"Exactly right      {result['exact']:.2%}, 95 % interval {low:.2%} to {high:.2%}\n"
        f"Calibration error  {result['ece_before']:.2%} before, "
        f"[bold green]{result['ece_after']:.2%}[/bold green] after\n"
        "                   (each half of the pictures judged by a fit to the other)\n"
        f"Curve              slope {slope:.3f}, intercept {intercept:.3f} "
        f"(before: {old_slope:.3f}, {old_intercept:.3f})"
    )
    if slope == 0:
        console.print(
            "[bold yellow]What was read right was no surer than what was read wrong:\n"
            "all numbers get the same confidence.[/bold yellow]"
        )
