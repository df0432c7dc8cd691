"""How what was read on pages is shown to people: field by field, or in the shape of the table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from inkling.cli.readings import COLOURS, NOTHING_LEFT, counted, safe, told_of
from inkling.documents.picture import told_of as name_of_source

if TYPE_CHECKING:
    from inkling.elements import PageReadings, Reading

_GAP = 1
"""Columns of the terminal between the cells of a table, each of which ends in one for a sign."""

_MARGIN = 2
"""Columns of the terminal before what stands under the name of a page."""

_SIGNS = {"doubtful": "*", "blank": "·", "illegible": "?", "failed": "!"}
"""What stands in the cell of a table, by its status: after a number, or in its place."""


class ShownPages:
    """Shows one page after the other, and at the end how many numbers came to what."""

    def __init__(self) -> None:
        self.console = Console(highlight=False)
        self.counts: Counter[str] = Counter()
        self.pages = 0
        self.failed = 0
        self.signs: Mapping[str, str] = {}

    def show(self, pages: Sequence[PageReadings]) -> None:
        """Show what was read on each page."""
        for page in pages:
            self._show(page)

    def _show(self, page: PageReadings) -> None:
        self.pages += 1
        where = safe(name_of_source(page.source)) + (f", page {page.number}" if page.number else "")
        fits = f"  [dim]fits its form within {page.error:.1f} pixels[/dim]" if page.error is not None else ""
        self.console.print(f"[bold]{where}[/bold]{fits}")
        if page.failed:
            self.failed += 1
            self._say(f"[red]failed: {safe(page.reason)}[/red]")
        elif not page.readings:
            self._say("[dim]No number was found.[/dim]")
        self.counts.update(reading.status for reading in page.readings)
        for table, readings in groupby(page.readings, key=_table_of):
            found = list(readings)
            if table is None:
                self.console.print(Padding(self._list(found), (0, 0, 0, _MARGIN), expand=False))
            else:
                self._show_table(found)
        if page.left_out:
            cells = f"{page.left_out:,} cell{'s' * (page.left_out != 1)} with print"
            self._say(f"[dim]{cells} left out; --printed reads them, too[/dim]")
        self.console.print()

    def close(self) -> None:
        """How many numbers came to what."""
        if not self.pages:
            self.console.print(NOTHING_LEFT)
            return
        pages = f"{self.pages:,} page{'s' * (self.pages != 1)}"
        if self.failed == self.pages:
            self.console.print(f"{pages}, failed")
            return
        failed = f", {self.failed:,} of them failed" if self.failed else ""
        self.console.print(f"{pages}{failed}: {counted(self.counts, self.signs) or 'no numbers'}")

    def _say(self, text: str) -> None:
        """Print under the name of a page."""
        self.console.print(Padding(text, (0, 0, 0, _MARGIN)))

    def _list(self, readings: Sequence[Reading]) -> Table:
        """A row for each number."""
        shown = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
        shown.add_column(no_wrap=True, max_width=24, style="dim")
        shown.add_column(no_wrap=True)
        shown.add_column(width=6, justify="right")
        shown.add_column(overflow="fold")
        for place, each in enumerate(readings, 1):
            shown.add_row(_name_of(each, place), *told_of(each))
        return shown

    def _show_table(self, readings: Sequence[Reading]) -> None:
        """Show the readings of one table in its shape, as many columns at a time as there is room for."""
        self.signs = _SIGNS
        cells = {(_row(each), _column(each)): each for each in readings}
        widths: dict[int, int] = {}
        for (_, column), each in sorted(cells.items()):
            widths[column] = max(widths.get(column, 0), len(_value(each)))
        parts = self._side_by_side(dict(sorted(widths.items())))
        for part in parts:
            if len(parts) > 1:
                self._say(f"[dim]columns {part[0] + 1} to {part[-1] + 1}[/dim]")
            for row in sorted({row for row, _ in cells}):
                line = Text(" " * (_MARGIN - _GAP))
                for column in part:
                    cell = cells.get((row, column))
                    value, colour = ("", "") if cell is None else (_value(cell), COLOURS[cell.status])
                    line.append(" " * _GAP + value.rjust(widths[column]), colour)
                self.console.print(line, no_wrap=True)

    def _side_by_side(self, widths: Mapping[int, int]) -> list[list[int]]:
        """Columns that fit beside each other, as many as possible each time."""
        parts: list[list[int]] = []
        room = 0
        for column, width in widths.items():
            if _GAP + width > room:
                parts.append([])
                room = self.console.width - _MARGIN + _GAP
            parts[-1].append(column)
            room -= _GAP + width
        return parts


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
    return safe(name or str(place))


def _value(reading: Reading) -> str:
    """What is shown in a cell: the number, or a sign where there is none, and whether it is doubtful."""
    if reading.text:
        return reading.text + (_SIGNS["doubtful"] if reading.status == "doubtful" else " ")
    return f"{_SIGNS[reading.status]} "
