"""`inkling train`: learn a network, where one can watch it learn."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from inkling.errors import CheckpointError, UsageError

if TYPE_CHECKING:
    from inkling.datasets.digits import Digits
    from inkling.networks.weights import Weights
    from inkling.training.recipes import Recipe
    from inkling.training.session import Training

EXAMPLE = (
    "Examples:\n\n[bold]inkling train[/bold]\n\n[bold]inkling train lesson --data mnist[/bold]\n\n"
    "[bold]inkling train quick epochs=5 optimizer.learning_rate=0.05[/bold]"
)


def train(
    recipe: Annotated[
        str | None, typer.Argument(metavar="RECIPE", help="lesson, quick or best (default: quick).")
    ] = None,
    changes: Annotated[
        list[str] | None, typer.Argument(metavar="KEY=VALUE", help="Changes to its settings.")
    ] = None,
    data: Annotated[
        str | None, typer.Option(help="Name or path: sample (default), mnist, ... (see inkling data list).")
    ] = None,
    settings: Annotated[
        Path | None, typer.Option(help="A settings.toml to use in place of a recipe's name.")
    ] = None,
    run: Annotated[Path | None, typer.Option(help="Folder of this run (default: runs/RECIPE-TIME).")] = None,
    resume: Annotated[Path | None, typer.Option(help="Go on with the run in this folder.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1 or mps.")] = "auto",
    find_lr: Annotated[
        bool, typer.Option("--find-lr", help="Sweep the learning rate, draw the loss, suggest one.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Learn a network on labelled digits.

    The run's folder gets weights, metrics, a checkpoint, TensorBoard events and pictures.

    Ctrl-C ends with a checkpoint, and --resume goes on from it.
    """
    # A second of imports: after the help has been printed, and once for all.
    from inkling.datasets.load import load_digits
    from inkling.datasets.split import split
    from inkling.training import distributed
    from inkling.training.devices import choose_device
    from inkling.training.run import CHECKPOINT, take_up
    from inkling.training.session import Training

    began = time.perf_counter()
    chosen, data = _choose(recipe, changes or [], settings, resume, data)
    digits = load_digits(data, split="train")
    training_part, heldout_part = split(digits, chosen.heldout, seed=chosen.seed)
    if find_lr:
        again = _command(recipe, changes or [], settings, data)
        return _find_rate(
            chosen, training_part, run or Path("runs"), str(choose_device(device)), as_json, again
        )
    folder = resume or run or Path("runs") / f"{_title(recipe, settings)}-{time.strftime('%Y%m%d-%H%M%S')}"
    if resume is None and (folder / CHECKPOINT).exists():
        raise UsageError(
            f"{folder} holds a run already.", remedy=f"Go on with --resume {folder}, or name another."
        )

    training = Training(
        chosen,
        training_part.images,
        training_part.targets,
        classes=len(digits.alphabet),
        device=choose_device(device),
    )
    if resume is not None:
        take_up(training, folder)
    leading = training.rank == 0
    console = Console(stderr=True, quiet=not leading)
    console.print(
        f"[bold]{chosen.network.name}[/bold] {'-'.join(map(str, chosen.network.widths))}, "
        f"{training.total:,} steps on {training.device} "
        f"in {str(training.precision).removeprefix('torch.')}\n"
        f"[bold]{escape(digits.name)}[/bold]: {len(training_part):,} pictures to learn from, "
        f"{len(heldout_part):,} held out",
        highlight=False,
        soft_wrap=True,
    )
    finished = _steps(training, heldout_part, folder, chosen, data, console)
    seconds = time.perf_counter() - began
    if leading and finished:
        weights, pictures = _conclude(training, training_part, heldout_part, folder, data)
        _report(weights, pictures, folder, seconds, as_json)
    distributed.leave()
    if not finished:
        console.print(
            f"Stopped after step {training.done:,} of {training.total:,}; nothing is lost.\n"
            f"Go on with: [bold]inkling train --resume {escape(str(folder))}[/bold]",
            highlight=False,
            soft_wrap=True,
        )
        raise typer.Exit(130)


def _choose(
    name: str | None, changes: list[str], settings: Path | None, resume: Path | None, data: str | None
) -> tuple[Recipe, str]:
    """The recipe and the data that the command line asks for."""
    from inkling.datasets.sources import SOURCES
    from inkling.training.recipes import override, read_settings, recipe_named
    from inkling.training.run import SETTINGS

    if settings is not None and resume is not None:
        raise UsageError("--settings and --resume exclude each other: a resumed run keeps its settings.")
    if name is not None and "=" in name:
        # `inkling train epochs=5`: a change, and the recipe left at its default.
        changes, name = [name, *changes], None
    if resume is not None and (name or changes or data):
        raise UsageError("A resumed run keeps its settings and its data.", remedy="Leave them out.")
    if settings is not None and name is not None:
        raise UsageError(f"--settings takes the place of the recipe '{name}'.", remedy="Leave one out.")
    if resume is not None and not (resume / SETTINGS).exists():
        raise CheckpointError(
            f"{resume} holds no run to go on with.", remedy="Begin one with: inkling train --run FOLDER"
        )
    if name in SOURCES:
        raise UsageError(f"'{name}' is a data set, no recipe.", remedy=f"Did you mean --data {name}?")
    source = settings if resume is None else resume / SETTINGS
    recipe, written = (recipe_named(name or "quick"), None) if source is None else read_settings(source)
    return override(recipe, changes), data or written or "sample"


def _title(recipe: str | None, settings: Path | None) -> str:
    """What a run is called after."""
    return "settings" if settings is not None else "quick" if recipe is None or "=" in recipe else recipe


def _command(recipe: str | None, changes: list[str], settings: Path | None, data: str) -> str:
    """The command line of a training with the same recipe, changes and data."""
    title = _title(recipe, settings)
    chosen = f" --settings {settings}" if settings is not None else "" if title == "quick" else f" {title}"
    changed = [recipe, *changes] if recipe is not None and "=" in recipe else changes
    words = "".join(f" {change}" for change in changed)
    return f"inkling train{chosen}{words}{'' if data == 'sample' else f' --data {data}'}"


@contextmanager
def _stop_on_interrupt() -> Iterator[Any]:
    """The first Ctrl-C asks for a stop between two steps, the second one ends at once."""
    asked = False

    def ask(number: int, frame: object) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, before)


def _steps(
    training: Training, heldout: Digits, folder: Path, recipe: Recipe, data: str, console: Console
) -> bool:
    """Take the steps that are left; False if a person stopped it."""
    from inkling.cli.live import LiveView
    from inkling.datasets.sources import SOURCES
    from inkling.training.recipes import write_settings
    from inkling.training.run import SETTINGS, run

    view = LiveView(
        console, total=training.total, steps_per_epoch=training.batches.steps_per_epoch, done=training.done
    )
    with _stop_on_interrupt() as stop, view:
        progresses = run(training, (heldout.images, heldout.targets), folder=folder, stop=stop)
        for number, progress in enumerate(progresses):
            if number == 0 and training.rank == 0:
                # A path is kept whole, so that the run can be resumed from another folder.
                place = str(Path(data).resolve()) if data not in SOURCES and Path(data).exists() else data
                write_settings(folder / SETTINGS, recipe, data=place)
            view.show(progress)
        return training.finished


def _conclude(
    training: Training, learned: Digits, heldout: Digits, folder: Path, data: str
) -> tuple[Weights, list[Path]]:
    """Calibrate, write the weights, draw the pictures."""
    from dataclasses import asdict

    import torch

    import inkling
    from inkling.evaluation.drawing import draw_report
    from inkling.evaluation.report import evaluate, finish
    from inkling.networks.weights import Header, save_weights
    from inkling.training.observers import read_metrics
    from inkling.training.run import METRICS, WEIGHTS

    header = Header(
        network=training.recipe.network,
        alphabet=learned.alphabet,
        trained_on={
            "data": learned.name,
            "pictures": len(learned),
            "steps": training.done,
            "recipe": asdict(training.recipe),
            "inkling": inkling.__version__,
            "torch": torch.__version__,
        },
    )
    weights = finish(
        training.result.cpu(), header, learned.images, learned.targets, heldout.images, heldout.targets
    )
    save_weights(folder / WEIGHTS, weights)
    pictures = draw_report(
        folder,
        evaluation=evaluate(weights, heldout.images, heldout.targets, name=heldout.name),
        images=heldout.images,
        network=weights.network,
        metrics=read_metrics(folder / METRICS),
    )
    return weights, pictures


def _report(weights: Weights, pictures: list[Path], folder: Path, seconds: float, as_json: bool) -> None:
    from inkling.training.run import WEIGHTS

    scores = weights.header.scores["heldout"]
    path = folder / WEIGHTS
    if as_json:
        result = {
            "run": str(folder),
            "weights": str(path),
            "seconds": round(seconds, 3),
            "heldout": scores,
            "temperature": weights.header.temperature,
            "pictures": [str(picture) for picture in pictures],
        }
        typer.echo(json.dumps(result))
        return
    console = Console(highlight=False, soft_wrap=True)
    low, high = scores["interval"]
    console.print(
        f"\nHeld-out accuracy  [bold green]{scores['accuracy']:.2%}[/bold green] "
        f"of {scores['n']:,} pictures, 95 % interval {low:.2%} to {high:.2%}\n"
        f"Calibration error  {scores['ece']:.2%}\n"
        f"Time               {seconds:.1f} s\n"
        f"Weights            {escape(str(path))}\n"
        f"Pictures           {len(pictures)} drawings in {escape(str(folder))}\n"
        f"Try them           [bold]inkling classify PICTURE --weights {escape(str(path))}[/bold]"
    )


def _find_rate(
    recipe: Recipe, digits: Digits, folder: Path, device: str, as_json: bool, command: str
) -> None:
    from inkling.evaluation.drawing import draw_rate_search, save_figure
    from inkling.training.finder import find_learning_rate

    search = find_learning_rate(
        recipe, digits.images, digits.targets, classes=len(digits.alphabet), device=device
    )
    picture = folder / "learning-rate.png"
    save_figure(draw_rate_search(search), picture)
    if as_json:
        result = {
            "suggestion": search.suggestion,
            "rates": search.rates.tolist(),
            "losses": search.losses.tolist(),
            "picture": str(picture),
        }
        typer.echo(json.dumps(result))
        return
    typer.echo(f"Suggested learning rate: {search.suggestion:.2g}   (drawn in {picture})")
    if recipe.optimizer.schedule != "constant":
        typer.echo("That is for a constant rate; one that falls to zero bears about three times as much.")
    typer.echo(f"Use it with: {command} optimizer.learning_rate={search.suggestion:.2g}")
