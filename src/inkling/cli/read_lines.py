"""`inkling read --as line`: pictures of one line each, batch by batch."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from inkling.cli.failures import failures_of, refuse_failures
from inkling.cli.readings import Printer, as_page
from inkling.errors import WeightsError

if TYPE_CHECKING:
    from inkling.documents.picture import Picture
    from inkling.elements import Reading
    from inkling.export.writing import Writer
    from inkling.networks.weights import Weights

BATCH = 64
"""Pictures that are read before they are printed."""


class Rules(TypedDict):
    """How lines are read, by options of the same names."""

    same_point: bool
    digits_only: bool


def read_pictures(
    files: Sequence[str],
    loaded: Weights,
    *,
    printer: Printer,
    rules: Rules,
    writers: Sequence[Writer] = (),
    plot: Path | None = None,
) -> None:
    """Read pictures of one line each; show and write them batch by batch.

    Args:
        files: Paths, and `-` for stdin, each once.
        loaded: Of a line reader.
        printer: How readings are shown.
        rules: `same_point` and `digits_only` of `recognition.lines.read_lines`.
        writers: Where readings are written.
        plot: A picture to draw the first of them in.

    Raises:
        PictureError: None could be read.
        PartialError: Some could not.
    """
    given = [(file, sys.stdin.buffer.read() if file == "-" else file) for file in files]
    readings: list[Reading] = []
    try:
        with ExitStack() as stack:
            for writer in writers:
                stack.enter_context(writer)
            # Results that go to the terminal are progress enough.
            bar = stack.enter_context(progress_bar(hidden=len(given) <= BATCH or sys.stdout.isatty()))
            task = bar.add_task("reading", total=len(given))
            for start in range(0, len(given), BATCH):
                done = _read(given[start : start + BATCH], loaded, rules)
                for writer, reading in product(writers, done):
                    writer.write(None, as_page(reading))
                printer.show(done)
                readings += done
                bar.update(task, completed=len(readings))
    except KeyboardInterrupt:
        typer.echo(f"Stopped after {printer.shown:,} of {len(given):,} pictures.", err=True)
        raise typer.Exit(130) from None
    printer.close(readings)
    if plot is not None:
        _plot(given, readings, loaded, plot)
    refuse_failures(failures_of(readings), len(readings))


def load_line_reader(path: Path | None) -> Weights:
    """The weights of a line reader, by default those that come with Inkling.

    Raises:
        WeightsError: It is no weights file, or one of a network that tells digits.
    """
    from inkling.networks.weights import load_weights
    from inkling.recognition.lines import box_line_weights

    if path is None:
        return box_line_weights()
    loaded = load_weights(path)
    if not loaded.header.reads_lines:
        raise WeightsError(
            f"{path}: these are weights of a {loaded.header.network.name}, which tells one digit, "
            "not of a line reader.",
            remedy="Leave them out, or train a line reader: inkling train lines",
        )
    return loaded


def _read(given: Sequence[tuple[str, str | bytes]], loaded: Weights, rules: Rules) -> list[Reading]:
    """Read a batch, and name each reading as its picture was named."""
    from inkling.recognition.lines import read_lines

    readings = read_lines([picture for _, picture in given], weights=loaded, **rules)
    named = [replace(reading, source=name) for reading, (name, _) in zip(readings, given, strict=True)]
    return [
        replace(each, reason=f"{each.source} is a folder without pictures.")
        if os.path.isdir(each.source)
        else each
        for each in named
    ]


def read_all(pictures: Sequence[Picture], loaded: Weights, rules: Rules) -> list[Reading]:
    """Read many pictures before anything is told of them, with a bar in the terminal."""
    from inkling.recognition.lines import read_lines

    readings: list[Reading] = []
    with progress_bar(hidden=len(pictures) <= BATCH) as bar:
        task = bar.add_task("reading", total=len(pictures))
        for start in range(0, len(pictures), BATCH):
            readings += read_lines(pictures[start : start + BATCH], weights=loaded, **rules)
            bar.update(task, completed=len(readings))
    return readings


def progress_bar(*after: ProgressColumn, hidden: bool) -> Progress:
    """A bar for many pictures, on stderr if that is a terminal; `after` follows their number."""
    console = Console(stderr=True)
    return Progress(
        TextColumn("reading"),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        *after,
        TimeRemainingColumn(compact=True),
        console=console,
        transient=True,
        disable=hidden or not console.is_terminal,
        redirect_stdout=False,
        redirect_stderr=False,
    )


def _plot(
    given: Sequence[tuple[str, str | bytes]], readings: Sequence[Reading], loaded: Weights, path: Path
) -> None:
    from inkling.documents.picture import to_picture
    from inkling.evaluation.canvas import save_figure
    from inkling.evaluation.drawing_readings import MOST_READINGS, draw_readings

    opened = [place for place, reading in enumerate(readings) if reading.status != "failed"]
    if not opened:
        return
    shown = opened[:MOST_READINGS]
    pictures = [to_picture(given[place][1]) for place in shown]
    save_figure(draw_readings(pictures, [readings[place] for place in shown], loaded.header.alphabet), path)
    part = f" (the first {len(shown)} of {len(opened):,})" if len(shown) < len(opened) else ""
    typer.echo(f"Drawn in {path}{part}", err=True)
