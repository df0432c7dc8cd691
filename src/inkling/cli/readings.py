"""How readings are printed: JSON Lines, CSV, or a table for people; batch by batch, as they come."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Protocol

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from inkling.elements import Reading

_SAID = 54
"""Columns of the terminal for what is said of a number, for how sure it is, and for gaps."""

_COLOURS = {"read": "green", "doubtful": "yellow", "blank": "dim", "illegible": "magenta", "failed": "red"}


class Form(Protocol):
    """How readings are printed, batch by batch."""

    shown: int
    """Readings that have been printed."""

    def show(self, readings: Sequence[Reading]) -> None:
        """Print a batch."""

    def close(self, readings: Sequence[Reading]) -> None:
        """Print what is to be said of all of them."""


class JsonLines:
    """One object a line."""

    def __init__(self, alphabet: tuple[str, ...]) -> None:
        self.alphabet = alphabet
        self.shown = 0

    def show(self, readings: Sequence[Reading]) -> None:
        """Print an object for each."""
        for reading in readings:
            typer.echo(json.dumps(_to_json(reading, self.alphabet), ensure_ascii=False))
            self.shown += 1

    def close(self, readings: Sequence[Reading]) -> None:
        """Nothing is left to say."""


def _to_json(reading: Reading, alphabet: tuple[str, ...]) -> dict[str, Any]:
    """Every field of a reading; probabilities by the names of their characters."""
    values = asdict(reading)
    for character in values["characters"]:
        named = zip(alphabet, character["probabilities"], strict=True)
        character["probabilities"] = {name: round(probability, 6) for name, probability in named}
    for entry in (values, *values["characters"], *values["alternatives"]):
        entry["confidence"] = round(entry["confidence"], 6)
    return values


class Csv:
    """One line a picture, after a line with the columns' names; the other numbers in one cell."""

    def __init__(self) -> None:
        self.shown = 0
        self._write(["source", "text", "confidence", "status", "reason", "alternatives"])

    def show(self, readings: Sequence[Reading]) -> None:
        """Print a line for each."""
        for each in readings:
            others = "; ".join(other.text for other in each.alternatives)
            self._write([each.source, each.text, f"{each.confidence:.6f}", each.status, each.reason, others])
            self.shown += 1

    def close(self, readings: Sequence[Reading]) -> None:
        """Nothing is left to say."""

    def _write(self, cells: list[str]) -> None:
        line = io.StringIO()
        csv.writer(line, lineterminator="\n").writerow(cells)
        typer.echo(line.getvalue(), nl=False)


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
            colour = _COLOURS[each.status]
            sure = "" if each.status == "failed" else percent(each.confidence)
            said = f"{each.status}: {each.reason}" if each.reason else each.status
            number = f"[bold {colour}]{escape(each.text) or '-'}[/bold {colour}]"
            table.add_row(
                escape(self._short(each.source)), number, sure, f"[{colour}]{escape(said)}[/{colour}]"
            )
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
        said = ", ".join(f"{counts[status]:,} {status}" for status in _COLOURS if counts[status])
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


def percent(probability: float) -> str:
    """One decimal; what is not quite certain does not claim to be."""
    return ">99.9%" if 0.9995 <= probability < 1 else f"{probability:.1%}"
