"""The command `inkling`: its parts, and what becomes of their errors."""

from __future__ import annotations

import errno
import io
import os
import signal
import sys
from typing import Annotated, NoReturn

import typer
from rich.console import Console

import inkling
from inkling.cli import adapt, calibrate, classify, data, doctor, evaluate, export, form, inspect, read, train
from inkling.cli.readings import safe
from inkling.errors import InklingError, StorageError

app = typer.Typer(
    name="inkling",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="Train a network on handwritten digits, in the open, and read the numbers people wrote.",
    epilog="Begin with: [bold]inkling train[/bold]\n\n"
    "Exit codes: 0 done, 2 wrong use, 3 unreadable input, 4 part failed, 5 something missing.",
)
app.command("train", epilog=train.EXAMPLE)(train.train)
app.command("read", epilog=read.EXAMPLE)(read.read)
app.command("evaluate", epilog=evaluate.EXAMPLE)(evaluate.evaluate)
app.command("adapt", epilog=adapt.EXAMPLE)(adapt.adapt)
app.command("calibrate", epilog=calibrate.EXAMPLE)(calibrate.calibrate)
app.command("classify", epilog=classify.EXAMPLE)(classify.classify)
app.command("inspect", epilog=inspect.EXAMPLE)(inspect.inspect)
app.add_typer(form.app, name="form")
app.add_typer(data.app, name="data")
app.command("export", epilog=export.EXAMPLE)(export.export)
app.command("doctor", epilog=doctor.EXAMPLE)(doctor.doctor)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"inkling {inkling.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """What stands before a command."""


def main() -> None:
    """Run a command; print an error as what was wrong and what to do, and exit with its code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a name that the terminal cannot show stops nothing
            stream.reconfigure(errors="backslashreplace")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # not without tidying up
    try:
        app()
    except InklingError as problem:
        _end(problem)
    except OSError as problem:
        if problem.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left cannot go there either
        told = "The results cannot be printed: no space is left where they go."
        _end(StorageError(told, remedy="Free some space, and run it again."))


def _end(problem: InklingError) -> NoReturn:
    """Tell an error, and exit with its code."""
    console = Console(stderr=True, highlight=False)
    console.print(f"[bold red]error:[/bold red] {safe(problem.message)}", soft_wrap=True)
    if problem.remedy:
        console.print(f"[dim]  what to do:[/dim] {safe(problem.remedy)}", soft_wrap=True)
    sys.exit(problem.exit_code)


if __name__ == "__main__":
    main()
