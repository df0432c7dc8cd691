"""`inkling read`: which number is written on a picture."""

from __future__ import annotations

import enum
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from inkling.cli.failures import failures_of, refuse_failures
from inkling.cli.readings import Csv, Form, JsonLines, Rows
from inkling.errors import UsageError, WeightsError

if TYPE_CHECKING:
    from inkling.documents.picture import Picture
    from inkling.elements import Reading
    from inkling.networks.weights import Weights

EXAMPLE = (
    "Examples:\n\n[bold]inkling read --as line amount.png[/bold]\n\n"
    "[bold]inkling read --as line scans/ --csv > numbers.csv[/bold]\n\n"
    "[bold]inkling read --as line - --json < amount.png[/bold]"
)

BATCH = 64
"""Pictures that are read before they are printed."""

_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".ppm", ".pgm", ".pbm")
"""Names of files that are taken for pictures in a folder; a file that is named itself is opened anyway."""


class Kind(enum.StrEnum):
    """What is on a picture, as an option takes it."""

    line = "line"


def read(
    pictures: Annotated[
        list[str], typer.Argument(metavar="PICTURE", help="Files, folders of them, or - for stdin.")
    ],
    kind: Annotated[Kind | None, typer.Option("--as", help="What is on each picture: one line.")] = None,
    weights: Annotated[
        Path | None, typer.Option(help="A weights file (default: the one that comes with Inkling).")
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(help="Draw the pictures with what was read, the first 12 of them.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a picture.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print one line of CSV a picture.")] = False,
) -> None:
    """Read handwritten numbers: each with the probability that it is exactly right.

    A picture is of one line, dark on lighter paper. What is doubtful, blank,
    illegible, or cannot be opened says why.
    """
    if kind is None:
        raise UsageError(
            "Whole pages are read by a later version; this one reads pictures of one line.",
            remedy=f"Say so: inkling read --as line {' '.join(pictures[:1])}{' ...' * (len(pictures) > 1)}",
        )
    if as_json and as_csv:
        raise UsageError("--json and --csv exclude each other.", remedy="Leave one out.")
    loaded = load_line_reader(weights)
    given = list(_given(pictures))
    names = [name for name, _ in given]
    form: Form = JsonLines(loaded.header.alphabet) if as_json else Csv() if as_csv else Rows(names)
    readings: list[Reading] = []
    try:
        # Results that go to the terminal are progress enough.
        with progress_bar(hidden=len(given) <= BATCH or sys.stdout.isatty()) as bar:
            task = bar.add_task("reading", total=len(given))
            for start in range(0, len(given), BATCH):
                done = _read(given[start : start + BATCH], loaded)
                form.show(done)
                readings += done
                bar.update(task, completed=len(readings))
    except KeyboardInterrupt:
        typer.echo(f"Stopped after {form.shown:,} of {len(given):,} pictures.", err=True)
        raise typer.Exit(130) from None
    form.close(readings)
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


def _given(words: Sequence[str]) -> Iterator[tuple[str, str | bytes]]:
    """Each picture's name and where it is: a path, or the bytes of stdin."""
    stdin = None
    for word in words:
        if word == "-":
            stdin = sys.stdin.buffer.read() if stdin is None else stdin
            yield word, stdin
        elif os.path.isdir(word) and (found := _pictures_in(word)):
            yield from ((path, path) for path in found)
        else:
            yield word, word


def _pictures_in(folder: str) -> list[str]:
    """The pictures in a folder and in those below it, in the order of their names."""
    found: list[str] = []
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [
            os.path.join(parent, name)
            for name in sorted(files)
            if not name.startswith(".") and os.path.splitext(name)[1].lower() in _SUFFIXES
        ]
    return found


def _read(given: Sequence[tuple[str, str | bytes]], loaded: Weights) -> list[Reading]:
    """Read a batch, and name each reading as its picture was named."""
    from inkling.recognition.lines import read_lines

    readings = read_lines([picture for _, picture in given], weights=loaded)
    named = [replace(reading, source=name) for reading, (name, _) in zip(readings, given, strict=True)]
    return [
        replace(each, reason=f"{each.source} is a folder without pictures.")
        if os.path.isdir(each.source)
        else each
        for each in named
    ]


def read_all(pictures: Sequence[Picture], loaded: Weights) -> list[Reading]:
    """Read many pictures before anything is told of them, with a bar in the terminal."""
    from inkling.recognition.lines import read_lines

    readings: list[Reading] = []
    with progress_bar(hidden=len(pictures) <= BATCH) as bar:
        task = bar.add_task("reading", total=len(pictures))
        for start in range(0, len(pictures), BATCH):
            readings += read_lines(pictures[start : start + BATCH], weights=loaded)
            bar.update(task, completed=len(readings))
    return readings


def progress_bar(*, hidden: bool) -> Progress:
    """A bar for many pictures, on stderr if that is a terminal."""
    console = Console(stderr=True)
    return Progress(
        TextColumn("reading"),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
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
