"""`inkling evaluate`: measure weights on pictures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from inkling.errors import UnknownNameError

if TYPE_CHECKING:
    from inkling.datasets.digits import Digits
    from inkling.evaluation.report import Evaluation

EXAMPLE = (
    "Examples:\n\n[bold]inkling evaluate --data mnist[/bold]\n\n"
    "[bold]inkling evaluate runs/mine/weights.safetensors --data FOLDER --pictures report[/bold]"
)


def evaluate(
    weights: Annotated[
        Path | None,
        typer.Argument(metavar="WEIGHTS", help="A weights file (default: the one that comes with Inkling)."),
    ] = None,
    data: Annotated[str, typer.Option(help="Name or path of the data.")] = "sample",
    part: Annotated[
        str, typer.Option("--split", help="test, train, or heldout: what the weights held out in training.")
    ] = "",
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1 or mps.")] = "auto",
    pictures: Annotated[Path | None, typer.Option(help="A folder to draw the result into.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Measure a network: accuracy with its interval, confusion, calibration, risk against coverage.

    By default on the test part where the data has one, else on the held-out part.
    """
    from inkling.evaluation import report
    from inkling.networks.weights import load_weights
    from inkling.recognition.classify import box_weights
    from inkling.training.devices import choose_device

    loaded = box_weights() if weights is None else load_weights(weights)
    digits = _load(data, part, loaded.header.trained_on)
    result = report.evaluate(
        loaded, digits.images, digits.targets, name=digits.name, device=str(choose_device(device))
    )
    _warn_of_overlap(digits.name, loaded.header.trained_on)
    drawn: list[Path] = []
    if pictures is not None:
        from inkling.evaluation.drawing import draw_report

        drawn = draw_report(pictures, evaluation=result, images=digits.images, network=loaded.network)
    if as_json:
        typer.echo(json.dumps(result.to_json() | {"pictures": [str(path) for path in drawn]}))
        return
    _print(result, loaded.header.alphabet)
    if drawn:
        typer.echo(f"Pictures        {len(drawn)} drawings in {pictures}")


def _load(data: str, part: str, trained_on: dict[str, object]) -> Digits:
    """The part of the data that is asked for; by default one that was not trained on."""
    from inkling.datasets.load import load_digits
    from inkling.datasets.split import split

    if part not in ("", "train", "test", "heldout"):
        raise UnknownNameError("split", part, ["train", "test", "heldout"])
    if part == "heldout" or (part == "" and data == "sample"):
        recipe = trained_on.get("recipe")
        settings = recipe if isinstance(recipe, dict) else {}
        digits = load_digits(data, split="train")
        return split(digits, settings.get("heldout", 0.1), seed=settings.get("seed", 0))[1]
    return load_digits(data, split="train" if part == "train" else "test")


def _warn_of_overlap(name: str, trained_on: dict[str, object]) -> None:
    """What is held out of one set is not held out of another that has the same pictures."""
    learned = trained_on.get("data")
    if name.endswith("(held out)") and learned is not None and name != f"{learned} (held out)":
        typer.echo(
            f"Note: these weights learned from {learned}. Pictures that it shares with\n"
            f"{name} were not held out from them.",
            err=True,
        )


def _print(result: Evaluation, alphabet: tuple[str, ...]) -> None:
    console = Console(highlight=False)
    low, high = result.interval
    console.print(f"[bold]{escape(result.name)}[/bold], {result.count:,} pictures", soft_wrap=True)
    console.print(
        f"Accuracy [bold green]{result.accuracy:.2%}[/bold green], 95 % interval {low:.2%} to {high:.2%}"
    )
    console.print(
        f"Calibration error [bold]{result.calibrated.ece:.2%}[/bold] at temperature "
        f"{result.temperature:.3f}, {result.uncalibrated.ece:.2%} without"
    )
    values = result.to_json()
    risk = values["risk"]
    console.print(f"No mistake among the most confident {risk['coverage_without_error']:.1%}\n")
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("of the most confident")
    for coverage in risk["error_at_coverage"]:
        table.add_column(f"{float(coverage):.0%}", justify="right")
    table.add_row("wrong", *(f"{part:.2%}" for part in risk["error_at_coverage"].values()))
    console.print(table)
    console.print()
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("class", "pictures", "recognised", "right of those called so"):
        table.add_column(heading, justify="right")
    for name, score in values["classes"].items():
        cells = ["-" if score[key] is None else f"{score[key]:.2%}" for key in ("recall", "precision")]
        table.add_row(escape(name), f"{score['count']:,}", *cells)
    console.print(table)
    pairs = [
        f"{alphabet[pair.true]} as {alphabet[pair.predicted]} ({pair.count})" for pair in result.confused[:4]
    ]
    console.print(f"\nMost confused   {escape(', '.join(pairs) or 'none')}", soft_wrap=True)
