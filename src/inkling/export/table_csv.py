"""Tables as CSV in the shape that they have on the page, each with a file of confidences beside it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from inkling.elements import Page, PageReadings, Reading
from inkling.export.lines import csv_lines
from inkling.export.names import Names, Stems
from inkling.export.writing import Writer, whole_file

UNREADABLE = "?"
"""Stands where something is written that could not be read, so that it does not look empty."""


class TableCsv(Writer):
    """A folder with `<stem>-p<page>-t<table>.csv` and `….confidence.csv` for every table of cells.

    A merged cell stands at its first place. A blank cell is empty in the first file and has its
    confidence in the second; where the table has no cell, both are empty.

    Args:
        folder: Where they go.
        stems: What the names of documents begin with; shared with the other writers of a run.
    """

    def __init__(self, folder: Path, stems: Stems | None = None) -> None:
        super().__init__(folder)
        self.stems = stems or Stems()

    def write(self, page: Page | None, readings: PageReadings) -> None:
        """Write the tables of a page."""
        start = self.stems.of_page(readings)
        names = Names("table")
        for key, cells in tables_of(readings.readings).items():
            name = f"{start}-{names.of(key, key)}"
            values = shaped({place: _value(reading) for place, reading in cells.items()})
            sure = shaped({place: f"{reading.confidence:.6f}" for place, reading in cells.items()})
            for suffix, grid in ((".csv", values), (".confidence.csv", sure)):
                with whole_file(self.path / (name + suffix)) as file:
                    file.write(csv_lines(grid))


Place = tuple[int, int]
"""Row and column of a cell, from 0."""


def tables_of(readings: Sequence[Reading]) -> dict[str, dict[Place, Reading]]:
    """The cells of each table of a page, by what the table is called: the field's name, or `t0`."""
    tables: defaultdict[str, dict[Place, Reading]] = defaultdict(dict)
    for reading in readings:
        region = reading.region
        if region and region.kind == "cell" and region.row is not None and region.column is not None:
            tables[region.name or f"t{region.table or 0}"][region.row, region.column] = reading
    return dict(tables)


def shaped(cells: dict[Place, str]) -> list[list[str]]:
    """Cells as rows of equal length; empty where there is none."""
    rows = 1 + max(row for row, _ in cells)
    columns = 1 + max(column for _, column in cells)
    return [[cells.get((row, column), "") for column in range(columns)] for row in range(rows)]


def _value(reading: Reading) -> str:
    return UNREADABLE if reading.status in ("illegible", "failed") else reading.text
