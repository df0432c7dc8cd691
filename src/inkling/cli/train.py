"""`inkling train`: learn a network, where one can watch it learn."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer
from rich.console import Console
from rich.markup import escape

from inkling.cli.job import take_steps
from inkling.errors import CheckpointError, UsageError

if TYPE_CHECKING:
    from inkling.cli.job import Conclusion, Job
    from inkling.training.recipes import Recipe

EXAMPLE = (
    "Examples:\n\n[bold]inkling train[/bold]\n\n[bold]inkling train lesson --data mnist[/bold]\n\n"
    "[bold]inkling train quick epochs=5 optimizer.learning_rate=0.05[/bold]\n\n"
    "[bold]inkling train --from runs/lines/weights.safetensors --data FOLDER[/bold]"
)


def train(
    recipe: Annotated[
        str | None,
        typer.Argument(
            metavar="RECIPE", help="lesson, quick, best, lines, boxes or fine-tune (default: quick)."
        ),
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
    begin: Annotated[
        Path | None,
        typer.Option("--from", help="Weights of a line reader, to fine-tune on a folder (--data)."),
    ] = None,
    network: Annotated[
        str | None, typer.Option(hidden=True, help="The recipe by its network, such as line-reader.")
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1 or mps.")] = "auto",
    find_lr: Annotated[
        bool, typer.Option("--find-lr", help="Sweep the learning rate, draw the loss, suggest one.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Learn a network on labelled digits, or on lines of them.

    The run's folder gets weights, metrics, a checkpoint, TensorBoard events and pictures.

    Ctrl-C ends with a checkpoint, and --resume goes on from it.
    """
    # A second of imports: after the help has been printed, and once for all.
    from inkling.datasets.sources import SOURCES
    from inkling.evaluation.drawing import REPORT
    from inkling.export.writing import refuse_inputs
    from inkling.training import distributed
    from inkling.training.devices import choose_device
    from inkling.training.run import CHECKPOINT, RUN_FILES, take_up
    from inkling.training.session import Training

    began = time.perf_counter()
    asked = _Asked(recipe, changes or [], data, settings, resume, begin, network).sorted()
    chosen, data = _choose(asked)
    if find_lr:
        picture = (run or Path("runs")) / "learning-rate.png"
        refuse_inputs([picture], asked.files(chosen, data))
        job = _job(chosen, data)
        return _find_rate(chosen, job, picture, str(choose_device(device)), as_json, asked.command(data))
    folder = resume or run or Path("runs") / f"{asked.title}-{time.strftime('%Y%m%d-%H%M%S')}"
    if resume is None and (folder / CHECKPOINT).exists():
        raise UsageError(
            f"{folder} holds a run already.", remedy=f"Go on with --resume {folder}, or name another."
        )
    refuse_inputs((folder / name for name in (*RUN_FILES, *REPORT)), asked.files(chosen, data))
    job = _job(chosen, data)
    training = Training(chosen, job.material, device=choose_device(device))
    if resume is not None:
        take_up(training, folder)
    leading = training.rank == 0
    console = Console(stderr=True, quiet=not leading)
    console.print(
        f"[bold]{chosen.network.name}[/bold] {'-'.join(map(str, chosen.network.widths))}, "
        f"{training.total:,} steps on {training.device} "
        f"in {str(training.precision).removeprefix('torch.')}\n"
        f"[bold]{escape(job.name)}[/bold]: {job.about}",
        highlight=False,
        soft_wrap=True,
    )
    # A path is kept whole, so that the run can be resumed from another folder.
    place = str(Path(data).resolve()) if data not in SOURCES and Path(data).exists() else data
    finished = take_steps(training, job.heldout, folder, console, data=place)
    seconds = time.perf_counter() - began
    if leading and finished:
        _report(job.conclude(training, folder), folder, seconds, as_json)
    distributed.leave()
    if not finished:
        console.print(
            f"Stopped after step {training.done:,} of {training.total:,}; nothing is lost.\n"
            f"Go on with: [bold]inkling train --resume {escape(str(folder))}[/bold]",
            highlight=False,
            soft_wrap=True,
        )
        raise typer.Exit(130)


class _Asked(NamedTuple):
    """What the command line says of a training."""

    recipe: str | None
    changes: list[str]
    data: str | None
    settings: Path | None
    resume: Path | None
    begin: Path | None
    network: str | None

    def sorted(self) -> _Asked:
        """The recipe's name in its place, whatever it was asked for by; what excludes itself refused."""
        from inkling.datasets.sources import SOURCES
        from inkling.training.run import SETTINGS

        asked = self
        if asked.recipe is not None and "=" in asked.recipe:
            # `inkling train epochs=5`: a change, and the recipe left at its default.
            asked = asked._replace(changes=[asked.recipe, *asked.changes], recipe=None)
        name, resume, settings = asked.recipe, asked.resume, asked.settings
        if settings is not None and resume is not None:
            raise UsageError("--settings and --resume exclude each other: a resumed run keeps its settings.")
        if resume is not None and any((name, asked.changes, asked.data, asked.begin, asked.network)):
            raise UsageError("A resumed run keeps its settings and its data.", remedy="Leave them out.")
        if settings is not None and (name or asked.network):
            raise UsageError(
                f"--settings takes the place of the recipe '{name or asked.network}'.",
                remedy="Leave one out.",
            )
        if name is not None and asked.network is not None:
            raise UsageError(f"--network takes the place of the recipe '{name}'.", remedy="Leave one out.")
        if resume is not None and not (resume / SETTINGS).exists():
            raise CheckpointError(
                f"{resume} holds no run to go on with.", remedy="Begin one with: inkling train --run FOLDER"
            )
        if name in SOURCES:
            raise UsageError(f"'{name}' is a data set, no recipe.", remedy=f"Did you mean --data {name}?")
        if asked.network is not None:
            name = _recipe_of(asked.network)
        if asked.begin is not None and settings is None and name in (None, "lines"):
            # Digits are what lines are made up of; a folder is what one learns from.
            name = "lines" if asked.data in SOURCES else "fine-tune"
        if name == "fine-tune" and asked.data is None:
            raise UsageError(
                "Fine-tuning needs labelled lines to learn from.", remedy="Name them: --data FOLDER"
            )
        return asked._replace(recipe=name, network=None)

    @property
    def title(self) -> str:
        """What a run is called after."""
        return "settings" if self.settings is not None else self.recipe or "quick"

    def files(self, recipe: Recipe, data: str) -> list[Path]:
        """What is to be read: the data, the weights to begin with, the settings if not the run's own."""
        from inkling.datasets.load import files_of

        named = [Path(file) for file in (self.settings, recipe.begin) if file]
        return [*named, *files_of(data), *files_of(recipe.digits)]

    def command(self, data: str) -> str:
        """The command line of a training with the same recipe, changes and data."""
        chosen = f" {self.recipe}" if self.recipe not in (None, "quick") else ""
        if self.settings is not None:
            chosen = f" --settings {self.settings}"
        begun = "" if self.begin is None else f" --from {self.begin}"
        words = "".join(f" {change}" for change in self.changes)
        return f"inkling train{chosen}{words}{'' if data == 'sample' else f' --data {data}'}{begun}"


def _recipe_of(network: str) -> str:
    """The first recipe for a network."""
    from inkling.errors import UnknownNameError
    from inkling.networks.build import NETWORKS
    from inkling.training.recipes import RECIPES

    if network not in NETWORKS:
        raise UnknownNameError("network", network, NETWORKS)
    return next(name for name, recipe in RECIPES.items() if recipe.network.name == network)


def _choose(asked: _Asked) -> tuple[Recipe, str]:
    """The recipe and the data that the command line asks for."""
    from dataclasses import replace

    from inkling.training.recipes import override, read_settings, recipe_named
    from inkling.training.run import SETTINGS

    source = asked.settings if asked.resume is None else asked.resume / SETTINGS
    recipe, written = (
        (recipe_named(asked.recipe or "quick"), None) if source is None else read_settings(source)
    )
    if asked.begin is not None or asked.recipe == "fine-tune":
        from inkling.cli.train_lines import SHIPPED, weights_to_begin_with

        # The whole path, so that the run can be resumed from another folder.
        begin = str((asked.begin or SHIPPED).resolve())
        recipe = replace(recipe, network=weights_to_begin_with(begin).header.network, begin=begin)
    return override(recipe, asked.changes), asked.data or written or "sample"


def _job(recipe: Recipe, data: str) -> Job:
    """What there is to do for a network of this kind."""
    from inkling.datasets.sources import SOURCES
    from inkling.networks.build import BOX_READERS, LINE_READERS

    if recipe.network.name in BOX_READERS:
        from inkling.cli.train_boxes import box_job

        return box_job(recipe, data)
    if recipe.network.name not in LINE_READERS:
        from inkling.cli.train_digits import digit_job

        return digit_job(recipe, data)
    from inkling.cli.train_lines import fine_tune_job, line_job

    # Weights may also go on with lines that are made up of digits.
    folder_of_lines = recipe.begin and data not in SOURCES
    return fine_tune_job(recipe, data) if folder_of_lines else line_job(recipe, data)


def _report(conclusion: Conclusion, folder: Path, seconds: float, as_json: bool) -> None:
    from inkling.training.run import WEIGHTS

    path = folder / WEIGHTS
    if as_json:
        result = {
            "run": str(folder),
            "weights": str(path),
            "seconds": round(seconds, 3),
            "heldout": conclusion.weights.header.scores["heldout"],
            **conclusion.result,
            "pictures": [str(picture) for picture in conclusion.pictures],
        }
        typer.echo(json.dumps(result))
        return
    Console(highlight=False, soft_wrap=True).print(
        f"\n{conclusion.text}\n"
        f"Time               {seconds:.1f} s\n"
        f"Weights            {escape(str(path))}\n"
        f"Pictures           {len(conclusion.pictures)} drawings in {escape(str(folder))}\n"
        f"Try them           [bold]{conclusion.command} --weights {escape(str(path))}[/bold]"
    )


def _find_rate(recipe: Recipe, job: Job, picture: Path, device: str, as_json: bool, command: str) -> None:
    from inkling.evaluation.drawing import draw_rate_search, save_figure
    from inkling.training.finder import find_learning_rate

    search = find_learning_rate(recipe, job.material, device=device)
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
