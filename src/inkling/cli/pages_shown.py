"""How what was read on pages is shown to people: field by field, or in the shape of the table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from inkling.cli.readings import COLOURS, told_of

if TYPE_CHECKING:
    from inkling.elements import PageReadings, Reading

_WIDEST_CELL = 7
"""Columns that a cell of a table takes at most, with the gap, when the table is shown in its shape."""


class ShownPages:
    """Shows one page after the other, and at the end how many numbers came to what."""

    def __init__(self) -> None:
        self.console = Console(highlight=False)
        self.counts: Counter[str] = Counter()
        self.pages = 0
        self.failed = 0

    def show(self, page: PageReadings) -> None:
        """Show what was read on a page."""
        self.pages += 1
        where = escape(page.source or "the page") + (f", page {page.number}" if page.number else "")
        if page.failed:
            self.failed += 1
            self.console.print(f"[bold]{where}[/bold]\n  [red]failed: {escape(page.reason)}[/red]\n")
            return
        self.counts.update(reading.status for reading in page.readings)
        fits = f"  [dim]fits its form within {page.error:.1f} pixels[/dim]" if page.error is not None else ""
        self.console.print(f"[bold]{where}[/bold]{fits}")
        if not page.readings:
            self.console.print("  [dim]No number was found.[/dim]")
        for table, readings in groupby(page.readings, key=_table_of):
            found = list(readings)
            if table is not None and (grid := self._grid(found)) is not None:
                self.console.print(grid)
            else:
                self.console.print(self._list(found))
        self.console.print()

    def close(self) -> None:
        """How many numbers came to what."""
        said = ", ".join(f"{self.counts[status]:,} {status}" for status in COLOURS if self.counts[status])
        pages = f"{self.pages:,} page{'s' * (self.pages != 1)}"
        failed = f", {self.failed:,} of them failed" if self.failed else ""
        self.console.print(f"{pages}{failed}: {said or 'no numbers'}")

    def _list(self, readings: Sequence[Reading]) -> Table:
        """A row for each number."""
        shown = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
        shown.add_column(width=1)
        shown.add_column(no_wrap=True, max_width=24, style="dim")
        shown.add_column(no_wrap=True)
        shown.add_column(width=6, justify="right")
        shown.add_column(overflow="fold")
        for place, each in enumerate(readings, 1):
            shown.add_row("", _name_of(each, place), *told_of(each))
        return shown

    def _grid(self, readings: Sequence[Reading]) -> Table | None:
        """The readings of one table in its shape; None when it is too wide for the terminal."""
        cells = {(_row(each), _column(each)): each for each in readings}
        rows, columns = ({place[axis] for place in cells} for axis in (0, 1))
        if len(columns) * _WIDEST_CELL > self.console.width:
            return None
        grid = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
        grid.add_column(width=1)
        for _ in columns:
            grid.add_column(justify="right", no_wrap=True)
        for row in sorted(rows):
            found = [cells.get((row, column)) for column in sorted(columns)]
            grid.add_row("", *("" if each is None else _coloured(each) for each in found))
        return grid


def _table_of(reading: Reading) -> int | None:
    return reading.region.table if reading.region else None


def _row(reading: Reading) -> int:
    return (reading.region and reading.region.row) or 0


def _column(reading: Reading) -> int:
    return (reading.region and reading.region.column) or 0


def _name_of(reading: Reading, place: int) -> str:
    """What the reading is called: its field, its cell, or its place in reading order."""
    region = reading.region
    name = region.name if region else ""
    if region is not None and region.row is not None and region.column is not None:
        cell = f"row {region.row + 1}, column {region.column + 1}"
        name = f"{name} {cell}" if name else cell
    return escape(name or str(place))


def _coloured(reading: Reading) -> str:
    """A cell: the number in the colour of its status; what is none is a sign."""
    sign = {"blank": "·", "illegible": "?", "failed": "!"}.get(reading.status, reading.text)
    return f"[{COLOURS[reading.status]}]{escape(sign)}[/{COLOURS[reading.status]}]"
