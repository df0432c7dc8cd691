"""How readings are printed: in lines for programs, or in a table for people, as they come."""

from __future__ import annotations

import contextlib
import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

import typer
from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from inkling.elements import Alternative, PageReadings, Reading

NOTHING_LEFT = "Nothing is left to read."
"""Said when an earlier run has read all there is."""

_SAID = 54
"""Columns of the terminal for what is said of a number, for how sure it is, and for gaps."""

_LEAST_SAID = 30
"""The same where there is least room: what is said is broken into lines, numbers never are."""

_LEAST_TOLD = 0.0005
"""Alternatives that would show as 0.0 % are not shown."""

COLOURS = {"read": "green", "doubtful": "yellow", "blank": "dim", "illegible": "magenta", "failed": "red"}


class Printer(Protocol):
    """Shows what was read, batch by batch."""

    pages: int
    """That have been shown."""

    def show(self, pages: Sequence[PageReadings]) -> None:
        """Show what was read on a batch of pages."""

    def close(self) -> None:
        """Show what is to be said of all of them."""


class Lines:
    """Prints JSON Lines or CSV, as `--out` writes them.

    Args:
        alphabet: Names of the characters, in the order of their probabilities.
        as_csv: Whether it is CSV.
    """

    def __init__(self, alphabet: Sequence[str], *, as_csv: bool = False) -> None:
        from inkling.export.lines import csv_lines
        from inkling.export.rows import COLUMNS

        self.alphabet = alphabet
        self.as_csv = as_csv
        self.pages = 0
        if as_csv:
            typer.echo(csv_lines([COLUMNS]).decode(), nl=False)

    def show(self, pages: Sequence[PageReadings]) -> None:
        """Print the lines of each page."""
        from inkling.export.lines import csv_lines, json_lines
        from inkling.export.rows import rows_of

        for page in pages:
            if self.as_csv:
                lines = csv_lines([astuple(row) for row in rows_of(page)])
            else:
                lines = json_lines(page, self.alphabet)
            typer.echo(lines.decode(), nl=False)
            self.pages += 1

    def close(self) -> None:
        """Nothing is left to say."""


class Rows:
    """A table for people of pictures of lines; its columns are as wide as the first batch wants them.

    Where a later batch has a longer number, the column is wider for that batch: half a number that
    stands on a line of its own looks like another one.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.console = Console(highlight=False)
        self.cut = "…" if (self.console.encoding or "").startswith("utf") else "..."
        self.names = names
        self.folder = ""
        self.widths = (0, 0)
        self.pages = 0
        self.counts: Counter[str] = Counter()
        self.others: Sequence[Alternative] = ()

    def show(self, pages: Sequence[PageReadings]) -> None:
        """Print a row for each."""
        from inkling.export.rows import readings_of

        readings = [reading for page in pages for reading in readings_of(page)]
        first = self.pages == 0
        if first:
            self._fit(readings)
        table = Table(box=None, pad_edge=False, show_header=first, header_style="dim")
        table.add_column("picture", width=self.widths[0], no_wrap=True)
        number = max(self.widths[1], columns_of(each.text for each in readings))
        table.add_column("number", width=number, no_wrap=True)
        table.add_column("sure", width=6, justify="right")
        table.add_column("", overflow="fold")
        for each in readings:
            table.add_row(safe(self._short(_name_of(each))), *told_of(each))
        print_whole(self.console, table, self.widths[0] + number + _LEAST_SAID)
        self.pages += len(pages)
        self.counts.update(each.status for each in readings)
        self.others = readings[-1].alternatives

    def _fit(self, readings: Sequence[Reading]) -> None:
        """Choose the widths of the columns, so that most of what is said stays on its line."""
        number = max(len("number"), columns_of(each.text for each in readings))
        room = max(self.console.width - number - _SAID, 16)
        names = [_shown(name) for name in (*self.names, *map(_name_of, readings))]
        longest = max(map(len, names))
        if longest > room and len(self.names) > 1:
            # What all paths begin with tells none of them from the others.
            with contextlib.suppress(ValueError):
                folder = os.path.commonpath([os.path.dirname(name) for name in self.names])
                self.folder = folder and folder + os.sep
            longest = max(len(name.removeprefix(self.folder)) for name in names)
        self.widths = (max(len("picture"), min(longest, room)), number)

    def _short(self, name: str) -> str:
        """What tells a path from its neighbours: its end."""
        name, width = _shown(name.removeprefix(self.folder)), self.widths[0]
        if len(name) <= width:
            return name
        end = name[len(self.cut) - width :]
        return self.cut + end[max(end.find(os.sep), 0) :]

    def close(self) -> None:
        """Of one picture the other numbers that it may show; of several, how many came to what."""
        if self.pages == 1:
            self._show_alternatives()
        elif not self.pages:
            self.console.print(NOTHING_LEFT)
        else:
            self.console.print(f"\n{self.pages:,} pictures: {counted(self.counts)}")

    def _show_alternatives(self) -> None:
        others = [other for other in self.others if other.confidence >= _LEAST_TOLD]
        if not others:
            return
        table = Table(box=None, pad_edge=False, show_header=False)
        number = columns_of(other.text for other in others)
        table.add_column(width=number, no_wrap=True)
        table.add_column(justify="right")
        for other in others:
            table.add_row(safe(other.text), percent(other.confidence))
        self.console.print("\n[dim]or else[/dim]")
        print_whole(self.console, table, number + _LEAST_SAID)


def columns_of(texts: Iterable[str]) -> int:
    """Columns of the terminal that the longest of some texts takes."""
    return max(cell_len(_shown(text)) for text in texts)


def print_whole(console: Console, table: Table, columns: int) -> None:
    """Print a table that takes so many columns at least; its lines run over a narrower terminal."""
    width = console.width
    console.width = max(width, columns)
    console.print(table)
    console.width = width


def _name_of(reading: Reading) -> str:
    """The path of a picture and its page, on one line as a row of a table is."""
    return reading.named_source.replace("\n", "\ufffd")


def counted(counts: Counter[str], signs: Mapping[str, str] = MappingProxyType({})) -> str:
    """How many readings came to what, such as `19 read, 1 blank`, with the signs that stand for it."""
    said = [
        f"{counts[status]:,} {status}" + (f" ({signs[status]})" if status in signs else "")
        for status in COLOURS
        if counts[status]
    ]
    return ", ".join(said)


def safe(text: str) -> str:
    """Text from strangers for Rich: nothing in it is a style, and nothing commands the terminal."""
    return escape(_shown(text))


def _shown(text: str) -> str:
    """Text without what would command the terminal, or is no text."""
    return re.sub(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", "\ufffd", text.encode(errors="backslashreplace").decode())


def told_of(reading: Reading) -> tuple[str, str, str]:
    """The number, how sure it is, and what came of it, with Rich's colours."""
    colour = COLOURS[reading.status]
    sure = "" if reading.status == "failed" else percent(reading.confidence)
    said = f"{reading.status}: {reading.reason}" if reading.reason else reading.status
    number = f"[bold {colour}]{safe(reading.text) or '-'}[/bold {colour}]"
    return number, sure, f"[{colour}]{safe(said)}[/{colour}]"


def percent(probability: float) -> str:
    """One decimal; what is not quite certain does not claim to be."""
    return ">99.9%" if 0.9995 <= probability < 1 else f"{probability:.1%}"
