"""`inkling adapt`: a line reader gets used to pictures that nobody has labelled."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from inkling.cli.failures import failures_of, refuse_failures
from inkling.cli.job import take_steps, trained_on
from inkling.cli.line_reader import Rules, read_all
from inkling.cli.pile import Pile, write_learned
from inkling.errors import UsageError

if TYPE_CHECKING:
    from inkling.datasets.lines.folders import Lines
    from inkling.elements import Reading
    from inkling.evaluation.lines import LineEvaluation
    from inkling.networks.weights import Weights

EXAMPLE = (
    "Examples:\n\n[bold]inkling adapt FOLDER[/bold]\n\n"
    "[bold]inkling adapt 'scans/*.png' --check LABELLED --run runs/clinic[/bold]"
)

CHANGED = "changed.png"
"""A drawing of pictures that are read otherwise than before."""

LEARNED = "learned.jsonl"
"""In the folder of a round: which pictures were learned from, and as which numbers."""

_SHARE = 0.6
"""Part of the lines that are pictures of the pile; the others are made up, and always right."""

_SETTINGS = ("epochs=8", "optimizer.learning_rate=0.01", "patience=0")
"""Of a round, where they are not those of the recipe `fine-tune`. No held-out picture says when to stop."""

_MADE_UP = 500
"""Made-up lines that are held out: they tell whether something is being forgotten."""

_FAMILIAR = 2_000
"""Lines such as were learned from, which the gauge is fitted to."""

_SHOWN = 60
"""Pictures drawn of those that are read otherwise."""


def adapt(
    paths: Annotated[
        list[str], typer.Argument(metavar="PATH", help="Pictures of lines, folders of them, patterns.")
    ],
    begin: Annotated[
        Path | None,
        typer.Option("--from", help="Weights of a line reader (default: those that come with Inkling)."),
    ] = None,
    check: Annotated[
        Path | None,
        typer.Option(help="A folder of labelled pictures to measure on; its labels are not learned from."),
    ] = None,
    same_point: Annotated[
        bool, typer.Option("--same-point", help="In measuring, a comma is as good as a point.")
    ] = False,
    digits_only: Annotated[
        bool, typer.Option("--digits-only", help="In measuring, nothing but the digits counts.")
    ] = False,
    rounds: Annotated[
        int, typer.Option(min=1, max=10, help="How often the pile is read and learned from.")
    ] = 3,
    run: Annotated[
        Path | None,
        typer.Option(help="Folder of this run (default: runs/adapt-TIME); one that was stopped goes on."),
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1 or mps.")] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Get used to a pile of pictures that nobody has labelled, and read it better.

    The pile is read; what is read surely is learned from, with made-up lines;
    then it is read again. The new weights are another file. How right they are
    only labelled pictures can tell (--check).

    Ctrl-C ends with a checkpoint; the same command with --run goes on from it.
    """
    # A second of imports: after the help has been printed, and once for all.
    from inkling.cli.train_lines import BOX, weights_to_begin_with
    from inkling.datasets.lines.folders import load_lines
    from inkling.datasets.load import files_of
    from inkling.documents.files import find_files
    from inkling.export.writing import refuse_inputs
    from inkling.networks.weights import save_weights
    from inkling.training.run import WEIGHTS

    began = time.perf_counter()
    folder = run or Path("runs") / f"adapt-{time.strftime('%Y%m%d-%H%M%S')}"
    if (folder / WEIGHTS).exists():
        raise UsageError(f"{folder} holds a run that has ended.", remedy="Name another with --run.")
    path = (begin or BOX).resolve()
    files = list(find_files(paths))
    inputs = [path, *files, *(files_of(check) if check else ())]
    refuse_inputs([folder / CHANGED], inputs)
    old = weights_to_begin_with(str(path))
    labelled = None if check is None else load_lines(check, alphabet=old.header.alphabet)
    pile = Pile.open(files)
    if not pile.pictures:
        refuse_failures(pile.failures, len(pile.failures))
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    some = f", {pile.left_out:,} more left out" if pile.left_out else ""
    console.print(f"[bold]{len(pile.pictures):,} pictures[/bold]{some}")

    first = Path(paths[0]).resolve()
    name = first.name if first.is_dir() else first.parent.name
    before = after = pile.read(old)
    failures = [*pile.failures, *failures_of(before)]
    weights, learned = old, []
    for number in range(1, rounds + 1):
        sure = pile.surely(after, name=name)
        learned.append(len(sure))
        console.print(
            f"Round {number} of {rounds}: {len(sure):,} are read surely, and learned from; "
            "made-up lines are held out"
        )
        weights = _learn(sure, number, weights, path, folder / f"round-{number}", device, console)
        after = pile.read(weights)
    save_weights(folder / WEIGHTS, weights)
    rules = Rules(same_point=same_point, digits_only=digits_only)
    compared = [_measure(labelled, each, rules) for each in (old, weights)] if labelled else []
    drawing = folder / CHANGED
    otherwise = _draw_changed(pile, before, after, drawing)
    result = {
        "run": str(folder),
        "weights": str(folder / WEIGHTS),
        "seconds": round(time.perf_counter() - began, 3),
        "pictures": len(pile.pictures),
        "failures": failures,
        "learned_from": learned,
        "read_surely": [_part_sure(before), _part_sure(after)],
        "read_otherwise": otherwise,
        "check": [_figures(each) for each in compared],
        "drawing": str(drawing) if otherwise else None,
    }
    if as_json:
        typer.echo(json.dumps(result))
    else:
        _report(result)
    refuse_failures(failures, len(pile.failures) + len(pile.pictures))


def _learn(
    sure: Lines, number: int, before: Weights, path: Path, folder: Path, device: str, console: Console
) -> Weights:
    """One round: learn from what was read surely.

    Each begins with the weights from before all rounds, so that no mistake is learned twice over, and what
    comes of all rounds so far is averaged: pictures on which the rounds differ are those that none can tell.

    Args:
        sure: What is learned from.
        number: Of the round, from 1.
        before: What the rounds before have come to.
        path: Of the weights from before all rounds.
        folder: Of the round.
        device: Where to compute.
        console: Where it is shown.

    Returns:
        The weights, which are in the folder then; at once those that are there already.

    Raises:
        Exit: A person stopped it.
    """
    import copy
    from dataclasses import replace

    from inkling.cli.train_lines import OTHER_SERIES, cuttings_of
    from inkling.datasets.lines.folders import FolderLines
    from inkling.datasets.lines.stream import MixedLines, SyntheticLines
    from inkling.datasets.load import load_digits
    from inkling.evaluation.line_report import finish_unlabelled
    from inkling.networks.weights import load_weights, save_weights
    from inkling.training.averaging import move_towards
    from inkling.training.devices import choose_device
    from inkling.training.material import LineMaterial
    from inkling.training.recipes import override, recipe_named
    from inkling.training.run import CHECKPOINT, WEIGHTS, take_up
    from inkling.training.session import Training

    if (folder / WEIGHTS).exists():
        return load_weights(folder / WEIGHTS)
    recipe = replace(recipe_named("fine-tune"), network=before.header.network, begin=str(path), seed=number)
    recipe = override(recipe, [*_SETTINGS])
    cuttings = cuttings_of(load_digits(recipe.digits))
    made_up = SyntheticLines(cuttings, seed=recipe.seed)
    other = SyntheticLines(cuttings, seed=recipe.seed + OTHER_SERIES)
    heldout = [other(index) for index in range(_MADE_UP)]
    series = MixedLines(FolderLines(sure, seed=recipe.seed), made_up, _SHARE, seed=recipe.seed)
    training = Training(recipe, LineMaterial(series, before.header.classes), device=choose_device(device))
    if (folder / CHECKPOINT).exists():
        take_up(training, folder)
    write_learned(folder / LEARNED, sure)
    if not take_steps(training, heldout, folder, console):
        console.print(
            f"Stopped after step {training.done:,} of {training.total:,} of round {number}. "
            f"Nothing is lost.\n"
            f"Go on with the same command and [bold]--run {escape(str(folder.parent))}[/bold]"
        )
        raise typer.Exit(130)
    network = copy.deepcopy(before.network)
    move_towards(network, training.result.cpu(), 1 / number)
    history = {"unlabelled": len(sure), "round": number}
    header = replace(before.header, trained_on=trained_on(training, sure.name, **history))
    familiar = [series(index) for index in range(_FAMILIAR)]
    fresh = [*heldout, *sure.part(range(min(len(sure), _MADE_UP))).framed()]
    weights = finish_unlabelled(network, header, familiar, fresh)
    save_weights(folder / WEIGHTS, weights)
    return weights


def _measure(labelled: Lines, weights: Weights, rules: Rules) -> LineEvaluation:
    from inkling.evaluation.lines import evaluate_lines

    return evaluate_lines(read_all(labelled.pictures, weights, rules), labelled.texts, **rules)


def _figures(measured: LineEvaluation) -> dict[str, Any]:
    return {
        "n": measured.count,
        "exact": measured.exact,
        "interval": list(measured.interval),
        "ece": measured.ece,
        "error_at_coverage": {f"{part:.0%}": error for part, error in measured.error_at_coverage.items()},
    }


def _part_sure(readings: Sequence[Reading]) -> float:
    """Part of the pictures that are read, and not doubtful, 0 to 1."""
    return sum(each.status == "read" for each in readings) / len(readings)


def _draw_changed(pile: Pile, before: Sequence[Reading], after: Sequence[Reading], path: Path) -> int:
    """Draw pictures that are read otherwise than before, the surest first; how many there are."""
    from inkling.evaluation.canvas import BLUE, INK, QUIET
    from inkling.evaluation.drawing import save_figure
    from inkling.evaluation.drawing_lines import draw_line_sheet

    changed = [at for at, (old, new) in enumerate(zip(before, after, strict=True)) if old.text != new.text]
    changed.sort(key=lambda at: -after[at].confidence)
    shown = changed[:_SHOWN]
    if shown:
        captions = [
            [
                (before[at].text or before[at].status, INK),
                (" → ", QUIET),
                (after[at].text or after[at].status, BLUE),
                (f"  {after[at].confidence:.0%}", QUIET),
            ]
            for at in shown
        ]
        title = "Read otherwise than before, the surest first"
        subtitle = f"{len(changed):,} of {len(pile.pictures):,} pictures; before → now, confidence now"
        sheet = draw_line_sheet([pile.pictures[at] for at in shown], captions, title=title, subtitle=subtitle)
        save_figure(sheet, path)
    return len(changed)


def _report(result: dict[str, Any]) -> None:
    old, new = result["read_surely"]
    lines = [
        f"Pictures           {result['pictures']:,}",
        f"Learned from       {', then '.join(f'{count:,}' for count in result['learned_from'])}",
        f"Read surely        {old:.1%} before, {new:.1%} now",
        f"Read otherwise     {result['read_otherwise']:,}"
        + (f" ({escape(result['drawing'])})" if result["drawing"] else ""),
    ]
    for name, found in zip(("Before", "After"), result["check"], strict=False):
        low, high = found["interval"]
        lines.append(
            f"{name:<19}[bold green]{found['exact']:.2%}[/bold green] of {found['n']:,} labelled, "
            f"95 % interval {low:.2%} to {high:.2%},\n{'':<19}calibration error {found['ece']:.2%}"
        )
    if not result["check"]:
        lines.append("How right          is not known: label a hundred, and name them with --check")
    weights = escape(result["weights"])
    lines += [
        "Confidence         by the curve from before",
        f"Time               {result['seconds']:.1f} s",
        f"Weights            {weights}",
        f"Try them           [bold]inkling read --as line PICTURE --weights {weights}[/bold]",
    ]
    Console(highlight=False, soft_wrap=True).print("\n" + "\n".join(lines))
