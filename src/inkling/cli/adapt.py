"""`inkling adapt`: a line reader gets used to pictures that nobody has labelled."""

from __future__ import annotations

import contextlib
import copy
import json
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer
from rich.console import Console
from rich.markup import escape

from inkling.cli.failures import refuse_failures
from inkling.cli.job import take_steps, trained_on
from inkling.cli.pile import DRAWING, Pile, is_sure
from inkling.errors import UsageError

if TYPE_CHECKING:
    from inkling.datasets.digits import Digits
    from inkling.datasets.lines.folders import Lines
    from inkling.datasets.lines.hand import Cuttings
    from inkling.datasets.lines.stream import FramedLine, MixedLines, SyntheticLines
    from inkling.elements import Reading
    from inkling.networks.weights import Weights
    from inkling.training.session import Training

EXAMPLE = (
    "Examples:\n\n[bold]inkling adapt FOLDER[/bold]\n\n"
    "[bold]inkling adapt 'scans/*.png' --from mine.safetensors --run runs/clinic[/bold]"
)

LEARNED = "learned.jsonl"
"""In the folder of a round: which pictures were learned from, and as which numbers."""

_SHARE = 0.6
"""Part of the lines that are pictures of the pile; the others are made up, and always right."""

_SETTINGS = ("epochs=8", "optimizer.learning_rate=0.01", "patience=0")
"""Of a round, where they are not those of the recipe `fine-tune`. No held-out picture says when to stop."""

_MADE_UP = 500
"""Made-up lines that are not learned from: they tell whether something is being forgotten."""

_SHOWN = 60
"""Pictures drawn of those that are read otherwise."""


def adapt(
    paths: Annotated[
        list[str], typer.Argument(metavar="PATH", help="Pictures of lines, TIFFs, PDFs, folders, patterns.")
    ],
    begin: Annotated[
        Path | None,
        typer.Option("--from", help="Weights of a line reader (default: those that come with Inkling)."),
    ] = None,
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
    then it is read again. The new weights are another file. How right they are,
    only labelled pictures can tell.

    Ctrl-C ends with a checkpoint; the same command with --run goes on from it.
    """
    # A second of imports: after the help has been printed, and once for all.
    from inkling.cli.train_lines import SHIPPED, weights_to_begin_with
    from inkling.datasets.load import load_digits
    from inkling.documents.files import find_files
    from inkling.export.writing import exclusive, storing
    from inkling.networks.weights import save_weights
    from inkling.training.devices import choose_device
    from inkling.training.recipes import recipe_named
    from inkling.training.run import WEIGHTS

    began = time.perf_counter()
    folder = run or Path("runs") / f"adapt-{time.strftime('%Y%m%d-%H%M%S')}"
    _refuse_ended(folder)
    if "-" in paths:
        raise UsageError(
            "A pile is read more than once, so it cannot come on stdin.",
            remedy="Give the pictures' paths, or their folder.",
        )
    path = (begin or SHIPPED).resolve()
    old = weights_to_begin_with(str(path))
    place = str(choose_device(device))
    digits = load_digits(recipe_named("fine-tune").digits)
    pile = Pile.open(find_files(paths))
    if not pile.pictures:
        refuse_failures(pile.failures, len(pile.failures))
    made = not folder.exists()
    with storing(folder, "made"):
        folder.mkdir(parents=True, exist_ok=True)
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    some = f" ({pile.left_out:,} files more are left out)" if pile.left_out else ""
    console.print(f"Pictures: [bold]{len(pile.pictures):,}[/bold]{some}")
    given = Path(paths[0]).resolve()
    name = given.name if given.is_dir() else given.parent.name
    try:
        with exclusive(folder):
            done = _take_rounds(pile, _Begin(old, path, name, place, digits), folder, rounds, console)
            otherwise = _draw_changed(pile, done.before, done.after, folder / DRAWING)
            save_weights(folder / WEIGHTS, done.weights)
    except KeyboardInterrupt:
        again = f"[bold]--run {escape(str(folder))}[/bold]"
        console.print(f"Stopped; what was done is kept.\nGo on with the same command and {again}")
        raise typer.Exit(130) from None
    finally:
        with contextlib.suppress(OSError):  # where something has been done the folder is not empty
            if made:
                folder.rmdir()
    result = {
        "run": str(folder),
        "weights": str(folder / WEIGHTS),
        "seconds": round(time.perf_counter() - began, 3),
        "pictures": len(pile.pictures),
        "left_out": pile.left_out,
        "failures": list(pile.failures),
        "learned_from": done.learned,
        "sure_before": _part_sure(done.before),
        "sure": _part_sure(done.after),
        "read_otherwise": otherwise,
        "drawing": str(folder / DRAWING) if otherwise else None,
    }
    if as_json:
        typer.echo(json.dumps(result))
    else:
        _report(result)
    refuse_failures(pile.failures, len(pile.failures) + len(pile.pictures))


def _refuse_ended(folder: Path) -> None:
    """Raise where a run cannot be gone on with: it has ended, or is one of `inkling train`."""
    from inkling.training.run import RUN_FILES, WEIGHTS

    if any((folder / name).exists() for name in RUN_FILES):
        what = "has ended" if (folder / WEIGHTS).exists() else "is none of inkling adapt"
        raise UsageError(f"{folder} holds a run that {what}.", remedy="Name another folder with --run.")


class _Begin(NamedTuple):
    """What all rounds begin with.

    Attributes:
        weights: Before all rounds.
        path: Of their file.
        name: Of the pile.
        device: Where to compute.
        digits: That lines are made up of.
    """

    weights: Weights
    path: Path
    name: str
    device: str
    digits: Digits


class _Done(NamedTuple):
    """What all rounds came to.

    Attributes:
        weights: After them.
        before, after: What the weights before, and those after, read on each picture.
        learned: How many pictures each round learned from.
    """

    weights: Weights
    before: list[Reading]
    after: list[Reading]
    learned: list[int]


def _take_rounds(pile: Pile, begin: _Begin, folder: Path, rounds: int, console: Console) -> _Done:
    """Read the pile and learn from what is sure, again and again.

    Each round begins with the weights from before all rounds, so that no mistake is learned twice over, and
    the weights of all rounds so far are averaged: what the rounds differ in is chance.

    Raises:
        KeyboardInterrupt: A person stopped it.
        DatasetError: Too few pictures are read surely.
        CheckpointError: The folder's rounds are of another pile, or of other weights.
    """
    from inkling.cli.train_lines import cuttings_of
    from inkling.networks.weights import load_weights, save_weights
    from inkling.training.run import CHECKPOINT, WEIGHTS, take_up

    cuttings = cuttings_of(begin.digits)
    before = after = pile.read(begin.weights)
    weights, learned = begin.weights, []
    for number in range(1, rounds + 1):
        home = folder / f"round-{number}"
        sure = pile.surely(after, name=begin.name)
        learned.append(len(sure))
        console.print(f"Round {number} of {rounds}: {len(sure):,} are read surely and learned from")
        lesson = _prepare(sure, cuttings, number, begin)
        if (home / CHECKPOINT).exists():
            take_up(lesson.training, home)
        if not (home / WEIGHTS).exists():
            pile.write_learned(home / LEARNED, after)
            made_up = [lesson.made_up(index) for index in range(_MADE_UP)]
            if not take_steps(lesson.training, made_up, home, console):
                raise KeyboardInterrupt
            save_weights(home / WEIGHTS, _average(weights, lesson, made_up, begin))
        weights = load_weights(home / WEIGHTS)
        after = pile.read(weights)
    return _Done(weights, before, after, learned)


class _Lesson(NamedTuple):
    """One round's training.

    Attributes:
        number: Of the round, from 1.
        sure: The pictures that are learned from.
        training: Fresh.
        series: What it learns from: these, mixed with made-up lines.
        made_up: Other lines, which it does not learn from.
    """

    number: int
    sure: Lines
    training: Training
    series: MixedLines
    made_up: SyntheticLines


def _prepare(sure: Lines, cuttings: Cuttings, number: int, begin: _Begin) -> _Lesson:
    """The training of one round."""
    from inkling.cli.train_lines import OTHER_SERIES, mixed_with_made_up
    from inkling.datasets.lines.stream import SyntheticLines
    from inkling.training.material import LineMaterial
    from inkling.training.recipes import override, recipe_named
    from inkling.training.session import Training

    header = begin.weights.header
    recipe = replace(recipe_named("fine-tune"), network=header.network, begin=str(begin.path), seed=number)
    recipe = override(recipe, [*_SETTINGS])
    series = mixed_with_made_up(sure, cuttings, _SHARE, seed=number)
    training = Training(recipe, LineMaterial(series, header.classes), device=begin.device)
    made_up = SyntheticLines(cuttings, seed=number + OTHER_SERIES)
    return _Lesson(number, sure, training, series, made_up)


def _average(before: Weights, lesson: _Lesson, made_up: Sequence[FramedLine], begin: _Begin) -> Weights:
    """The mean of what the rounds before and this one came to; the confidence stays what it was."""
    from inkling.cli.train_lines import familiar_with
    from inkling.evaluation.line_report import finish_unlabelled
    from inkling.training.averaging import move_towards

    sure = lesson.sure
    network = copy.deepcopy(before.network)
    move_towards(network, lesson.training.result.cpu(), 1 / lesson.number)
    history = trained_on(
        lesson.training,
        begin.name,
        began=begin.weights.header,
        beside=begin.digits.name,
        unlabelled=len(sure),
        round=lesson.number,
    )
    fresh = [*made_up, *sure.part(range(min(len(sure), _MADE_UP))).framed()]
    header = replace(before.header, trained_on=history)
    return finish_unlabelled(network, header, familiar_with(lesson.series), fresh)


def _part_sure(readings: Sequence[Reading]) -> float:
    """Part of the pictures that are read surely, 0 to 1."""
    return sum(map(is_sure, readings)) / len(readings)


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
    weights = escape(result["weights"])
    sure = f"{result['sure_before']:.1%} before, [bold green]{result['sure']:.1%}[/bold green] now"
    drawn = f" ({escape(result['drawing'])})" if result["drawing"] else ""
    Console(highlight=False, soft_wrap=True).print(
        f"\nPictures           {result['pictures']:,}\n"
        f"Learned from       {', then '.join(f'{count:,}' for count in result['learned_from'])}\n"
        f"Read surely        {sure}\n"
        f"Read otherwise     {result['read_otherwise']:,}{drawn}\n"
        "How right          is not known: label a hundred pictures, and see\n"
        f"                   inkling evaluate {weights} --as line --data LABELLED\n"
        f"Time               {result['seconds']:.1f} s\n"
        f"Weights            {weights}\n"
        f"Try them           [bold]inkling read --as line PICTURE --weights {weights}[/bold]"
    )
