"""Readings as a Parquet file."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from inkling.elements import Page, PageReadings
from inkling.errors import MissingExtraError
from inkling.export.crops import Crops
from inkling.export.rows import Row, rows_of
from inkling.export.text import printable
from inkling.export.writing import Writer, exclusive, whole_file

_GROUP = 10_000
"""Rows that a row group of Parquet has at least, but for the last one."""


class Parquet(Writer):
    """A Parquet file, one row a reading, written by row groups; see `Row` for its columns.

    Args:
        path: Of the file, which appears when it is complete.
        crops: The pictures of the readings, if such are written.

    Raises:
        MissingExtraError: pyarrow is not installed.
    """

    def __init__(self, path: Path, *, crops: Crops | None = None) -> None:
        try:
            import pyarrow
            import pyarrow.parquet
        except ImportError:
            raise MissingExtraError("pyarrow", "export", "Writing Parquet") from None
        super().__init__(path)
        self.crops = crops
        self._arrow = pyarrow
        types = {"str": pyarrow.string(), "int": pyarrow.int32(), "float": pyarrow.float64()}
        columns = [(field.name, str(field.type).removesuffix(" | None")) for field in fields(Row)]
        self._schema = pyarrow.schema([(name, types[kind]) for name, kind in columns])

    @contextlib.contextmanager
    def _opened(self) -> Iterator[None]:
        self._rows: list[dict[str, Any]] = []
        with (
            exclusive(self.path),
            whole_file(self.path) as file,
            self._arrow.parquet.ParquetWriter(file, self._schema) as self._file,
        ):
            yield
            self._flush()

    def write(self, page: Page | None, readings: PageReadings) -> None:
        """Add the rows of a page."""
        crops = self.crops.links(readings, self.path) if self.crops else ()
        for row in rows_of(readings, crops):
            cells = asdict(row)
            self._rows.append(
                {name: printable(cell) if isinstance(cell, str) else cell for name, cell in cells.items()}
            )
        if len(self._rows) >= _GROUP:
            self._flush()

    def _flush(self) -> None:
        if self._rows:
            self._file.write_table(self._arrow.Table.from_pylist(self._rows, schema=self._schema))
            self._rows = []
