"""`inkling evaluate`: measure weights on pictures."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from inkling.cli.data_sheet import SYNTHETIC_LINES
from inkling.cli.failures import refuse_failures
from inkling.cli.line_reader import Rules, load_line_reader, read_all
from inkling.cli.read import Kind
from inkling.errors import DatasetError, UnknownNameError, UsageError, WeightsError

if TYPE_CHECKING:
    from inkling.datasets.digits import Digits
    from inkling.evaluation.report import Evaluation

EXAMPLE = (
    "Examples:\n\n[bold]inkling evaluate --data mnist[/bold]\n\n"
    "[bold]inkling evaluate runs/mine/weights.safetensors --data FOLDER --pictures report[/bold]\n\n"
    "[bold]inkling evaluate --as line --data FOLDER --same-point[/bold]"
)

_ONLY_PART = "(its only part)"
"""How a set ends its name that serves as test and as training part alike."""


def evaluate(
    weights: Annotated[
        Path | None,
        typer.Argument(metavar="WEIGHTS", help="A weights file (default: the one that comes with Inkling)."),
    ] = None,
    kind: Annotated[
        Kind | None, typer.Option("--as", help="line, for whole numbers; without it single digits.")
    ] = None,
    data: Annotated[
        str, typer.Option(help="Name or path of the data (default: sample; of lines: synthetic-lines).")
    ] = "",
    part: Annotated[
        str, typer.Option("--split", help="test, train, or heldout: what the weights held out in training.")
    ] = "",
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1 or mps.")] = "auto",
    pictures: Annotated[Path | None, typer.Option(help="A folder to draw the result into.")] = None,
    same_point: Annotated[
        bool, typer.Option("--same-point", help="Of lines: a comma is as good as a point, and read as one.")
    ] = False,
    digits_only: Annotated[
        bool, typer.Option("--digits-only", help="Of lines: read and compare nothing but the digits.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Measure a network: accuracy with its interval, confusion, calibration, risk against coverage.

    By default on the test part where the data has one; else on what was held
    out of it, if the weights were trained on it; else on all of it.

    With --as line the data is a folder with labels.jsonl, which may stand in the
    place of WEIGHTS, or synthetic-lines: a thousand that are drawn for it.
    """
    if kind is not None:
        if part or device not in ("auto", "cpu"):
            given = "--split" if part else "--device"
            raise UsageError(
                f"{given} is of single digits; lines are read on the CPU.", remedy="Leave it out."
            )
        if weights is not None and not data and (weights.is_dir() or str(weights) == SYNTHETIC_LINES):
            weights, data = None, str(weights)
        compared = Rules(same_point=same_point, digits_only=digits_only)
        _evaluate_lines(weights, data or SYNTHETIC_LINES, compared, pictures, as_json)
    elif same_point or digits_only:
        given = "--same-point" if same_point else "--digits-only"
        raise UsageError(f"{given} compares whole numbers.", remedy="Add --as line.")
    else:
        _evaluate_digits(weights, data or "sample", part, device, pictures, as_json)


def _evaluate_lines(
    path: Path | None, data: str, compared: Rules, pictures: Path | None, as_json: bool
) -> None:
    from inkling.cli import evaluate_lines as of_lines
    from inkling.evaluation.drawing_lines import LINE_REPORT, write_line_report

    _refuse_inputs(pictures, LINE_REPORT, path, data)
    loaded = load_line_reader(path)
    lines = of_lines.take_lines(data, loaded)
    readings = read_all(lines.pictures, loaded, compared)
    result = of_lines.measure(lines, readings, loaded.header.alphabet, **compared)
    seen = _seen(lines.learned_from, loaded.header.trained_on)
    if not as_json:
        said = ", a comma as good as a point" * compared["same_point"]
        said += ", only digits compared" * compared["digits_only"]
        of_lines.show(result, seen=seen, compared=said)
    drawn: list[Path] = []
    try:  # what was measured is told, even if it cannot be drawn
        if pictures is not None:
            opened = of_lines.OpenedWhenSeen(result.lines.pictures)
            drawn = write_line_report(pictures, evaluation=result.evaluation, pictures=opened)
    finally:
        if as_json:
            typer.echo(json.dumps(of_lines.to_json(result, seen=seen, drawn=drawn) | compared))
    if drawn and not as_json:
        typer.echo(f"Pictures        {len(drawn)} drawings in {pictures}")
    refuse_failures(result.failures, len(readings))


def _evaluate_digits(
    path: Path | None, data: str, part: str, device: str, pictures: Path | None, as_json: bool
) -> None:
    from inkling.evaluation import report
    from inkling.evaluation.drawing import REPORT, draw_report
    from inkling.networks.weights import load_weights, shipped_weights
    from inkling.training.devices import choose_device

    _refuse_inputs(pictures, REPORT, path, data)
    loaded = shipped_weights("digits") if path is None else load_weights(path)
    if loaded.header.reads_lines:
        raise WeightsError(
            f"{path}: these are weights of a line reader.", remedy="Measure them on lines: --as line"
        )
    digits = _load(data, part, loaded.header.trained_on)
    if digits.alphabet != loaded.header.alphabet:
        raise DatasetError(
            f"The classes of {digits.name} are not those that the weights know.",
            remedy="Name data with the classes that the weights were trained on.",
        )
    chosen = choose_device(device)
    # A copy moves, since the weights that come with Inkling are kept for the whole process.
    moved = replace(loaded, network=copy.deepcopy(loaded.network).to(chosen))
    result = report.evaluate(moved, digits.images, digits.targets, name=digits.name, device=chosen)
    seen = _seen(digits.name, loaded.header.trained_on)
    drawn: list[Path] = []
    if pictures is not None:
        drawn = draw_report(pictures, evaluation=result, images=digits.images, network=loaded.network)
    if as_json:
        more = {"seen_in_training": seen, "pictures": [str(path) for path in drawn]}
        typer.echo(json.dumps(result.to_json() | more))
        return
    _print(result, loaded.header.alphabet, seen)
    if drawn:
        typer.echo(f"Pictures        {len(drawn)} drawings in {pictures}")


def _refuse_inputs(folder: Path | None, drawings: tuple[str, ...], weights: Path | None, data: str) -> None:
    """Raise where a drawing would take the place of the weights, or of a picture that is measured on."""
    from inkling.datasets.load import files_of
    from inkling.export.writing import refuse_inputs

    if folder is not None:
        refuse_inputs((folder / name for name in drawings), filter(None, (weights, *files_of(data))))


def _load(data: str, part: str, trained_on: dict[str, Any]) -> Digits:
    """The part of the data that is asked for; by default one that was not trained on."""
    from inkling.datasets.load import load_digits

    if part not in ("", "train", "test", "heldout"):
        raise UnknownNameError("split", part, ["train", "test", "heldout"])
    if part in ("train", "test"):
        return load_digits(data, split="train" if part == "train" else "test")
    if part == "heldout":
        return _heldout(load_digits(data), trained_on)
    try:
        test = load_digits(data, split="test")
    except DatasetError:
        test = None
    if test is not None and not test.name.endswith(_ONLY_PART):
        return test
    whole = load_digits(data)
    return _heldout(whole, trained_on) if whole.name == trained_on.get("data") else whole


def _heldout(digits: Digits, trained_on: dict[str, Any]) -> Digits:
    """What a training on these pictures held out, by the recipe that the weights carry."""
    from inkling.datasets.split import split

    recipe = trained_on.get("recipe")
    settings = recipe if isinstance(recipe, dict) else {}
    fraction, seed = settings.get("heldout"), settings.get("seed")
    if not isinstance(fraction, float) or not isinstance(seed, int):
        raise WeightsError(
            "The weights do not say what was held out when they were trained.",
            remedy="Evaluate them on a test part with --split test, or on data of your own.",
        )
    return split(digits, fraction, seed=seed)[1]


def _seen(name: str, trained_on: dict[str, Any]) -> bool | None:
    """Whether the weights learned from pictures of a set; None where that is not known."""
    learned = trained_on.get("data")
    if not isinstance(learned, str):
        return None
    also = trained_on.get("also")
    before = _parts(also) if isinstance(also, str) else set()
    named = _parts(name.removesuffix(" (held out)"))
    if named & before:
        return True
    if name == f"{learned} (held out)":
        return False
    if named & _parts(learned):
        return True
    # A test part is of no training; anything else may have come from anywhere.
    return False if name.endswith(" test") else None


def _parts(name: str) -> set[str]:
    """The sets that a name joins; those whose pictures are MNIST's training pictures are called so."""
    same = {"sample train": "mnist train", "qmnist train": "mnist train"}
    return {same.get(part, part) for part in name.split(" + ")}


def _print(result: Evaluation, alphabet: tuple[str, ...], seen: bool | None) -> None:
    console = Console(highlight=False)
    low, high = result.interval
    console.print(f"[bold]{escape(result.name)}[/bold], {result.count:,} pictures", soft_wrap=True)
    console.print(
        f"Accuracy [bold green]{result.accuracy:.2%}[/bold green], 95 % interval {low:.2%} to {high:.2%}"
    )
    if seen:
        console.print("[bold yellow]The weights learned from these pictures, or from some.[/bold yellow]")
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
