"""How readings are printed: in lines for programs, or in a table for people, as they come."""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import astuple
from typing import TYPE_CHECKING, Protocol

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from inkling.elements import PageReadings, Reading

_SAID = 54
"""Columns of the terminal for what is said of a number, for how sure it is, and for gaps."""

COLOURS = {"read": "green", "doubtful": "yellow", "blank": "dim", "illegible": "magenta", "failed": "red"}


class Printer(Protocol):
    """How readings are printed, batch by batch."""

    shown: int
    """Readings that have been printed."""

    def show(self, readings: Sequence[Reading]) -> None:
        """Print a batch."""

    def close(self, readings: Sequence[Reading]) -> None:
        """Print what is to be said of all of them."""


class Lines:
    """JSON Lines or CSV, in the form in which `--out` writes them.

    Args:
        alphabet: Names of the characters, in the order of their probabilities.
        as_csv: Whether it is CSV.
    """

    def __init__(self, alphabet: tuple[str, ...], *, as_csv: bool = False) -> None:
        self.pages = PrintedPages(alphabet, as_csv=as_csv)
        self.shown = 0

    def show(self, readings: Sequence[Reading]) -> None:
        """Print a line for each."""
        for reading in readings:
            self.pages.show(as_page(reading))
            self.shown += 1

    def close(self, readings: Sequence[Reading]) -> None:
        """Nothing is left to say."""


def as_page(reading: Reading) -> PageReadings:
    """A picture of a line as a page with one reading."""
    from inkling.elements import PageReadings

    if reading.status == "failed":
        return PageReadings(reading.source, None, reason=reading.reason)
    return PageReadings(reading.source, None, (reading,))


class PrintedPages:
    """Prints what was read for programs, page by page.

    Args:
        alphabet: Names of the characters, in the order of their probabilities.
        as_csv: Whether as CSV, and not as JSON Lines.
    """

    def __init__(self, alphabet: Sequence[str], *, as_csv: bool = False) -> None:
        from inkling.export.lines import csv_lines
        from inkling.export.rows import COLUMNS

        self.alphabet = alphabet
        self.as_csv = as_csv
        if as_csv:
            typer.echo(csv_lines([COLUMNS]).decode(), nl=False)

    def show(self, page: PageReadings) -> None:
        """Print the lines of a page."""
        from inkling.export.lines import csv_lines, json_lines
        from inkling.export.rows import rows_of

        if self.as_csv:
            typer.echo(csv_lines([astuple(row) for row in rows_of(page)]).decode(), nl=False)
        else:
            typer.echo(json_lines(page, self.alphabet).decode(), nl=False)

    def close(self) -> None:
        """Nothing is left to say."""


class Rows:
    """A table for people; its columns are as wide as the first batch wants them."""

    def __init__(self, names: Sequence[str]) -> None:
        self.console = Console(highlight=False)
        self.cut = "…" if (self.console.encoding or "").startswith("utf") else "..."
        self.names = names
        self.folder = ""
        self.widths = (0, 0)
        self.shown = 0

    def show(self, readings: Sequence[Reading]) -> None:
        """Print a row for each."""
        first = self.shown == 0
        if first:
            self._fit(readings)
        table = Table(box=None, pad_edge=False, show_header=first, header_style="dim")
        table.add_column("picture", width=self.widths[0], no_wrap=True)
        table.add_column("number", width=self.widths[1], overflow="fold")
        table.add_column("sure", width=6, justify="right")
        table.add_column("", overflow="fold")
        for each in readings:
            table.add_row(escape(self._short(each.source)), *told_of(each))
        self.console.print(table)
        self.shown += len(readings)

    def _fit(self, readings: Sequence[Reading]) -> None:
        """Choose the widths of the columns, so that most of what is said stays on its line."""
        number = min(max(len("number"), *(len(each.text) for each in readings)), 20)
        room = max(self.console.width - number - _SAID, 16)
        longest = max(map(len, self.names))
        if longest > room and len(self.names) > 1:
            # What all paths begin with tells none of them from the others.
            with contextlib.suppress(ValueError):
                folder = os.path.commonpath([os.path.dirname(name) for name in self.names])
                self.folder = folder and folder + os.sep
            longest = max(len(name.removeprefix(self.folder)) for name in self.names)
        self.widths = (max(len("picture"), min(longest, room)), number)

    def _short(self, name: str) -> str:
        """What tells a path from its neighbours: its end."""
        name, width = name.removeprefix(self.folder), self.widths[0]
        if len(name) <= width:
            return name
        end = name[len(self.cut) - width :]
        return self.cut + end[max(end.find(os.sep), 0) :]

    def close(self, readings: Sequence[Reading]) -> None:
        """Of one picture the other numbers that it may show; of several, how many came to what."""
        if len(readings) == 1:
            self._show_alternatives(readings[0])
            return
        counts: Counter[str] = Counter(reading.status for reading in readings)
        said = ", ".join(f"{counts[status]:,} {status}" for status in COLOURS if counts[status])
        self.console.print(f"\n{len(readings):,} pictures: {said}")

    def _show_alternatives(self, reading: Reading) -> None:
        if not reading.alternatives:
            return
        table = Table(box=None, pad_edge=False, show_header=False)
        for other in reading.alternatives:
            table.add_row(escape(other.text), percent(other.confidence))
        table.columns[1].justify = "right"
        self.console.print("\n[dim]or else[/dim]")
        self.console.print(table)


def told_of(reading: Reading) -> tuple[str, str, str]:
    """The number, how sure it is, and what came of it, with Rich's colours."""
    colour = COLOURS[reading.status]
    sure = "" if reading.status == "failed" else percent(reading.confidence)
    said = f"{reading.status}: {reading.reason}" if reading.reason else reading.status
    number = f"[bold {colour}]{escape(reading.text) or '-'}[/bold {colour}]"
    return number, sure, f"[{colour}]{escape(said)}[/{colour}]"


def percent(probability: float) -> str:
    """One decimal; what is not quite certain does not claim to be."""
    return ">99.9%" if 0.9995 <= probability < 1 else f"{probability:.1%}"
