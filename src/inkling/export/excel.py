"""Readings as an Excel workbook."""

from __future__ import annotations

import contextlib
import io
import os
import traceback
from collections.abc import Iterator
from dataclasses import astuple, fields
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

from inkling.elements import Page, PageReadings
from inkling.errors import MissingExtraError, UsageError
from inkling.export.crops import Crops
from inkling.export.rows import COLUMNS, Row, rows_of
from inkling.export.text import printable
from inkling.export.writing import Writer, exclusive, storing, whole_file

_COLOURS = {
    "read": None, "doubtful": "#FFE9B8", "illegible": "#EBD3F2", "failed": "#F8C9C4", "blank": "#EEEEEE",
}  # fmt: skip
"""Of a row, by its status: what is not to be taken on trust stands out."""

_WIDTHS = {"source": 36, "reason": 44, "alternatives": 24, "crop": 36}
"""Of columns that need more than `_WIDTH`, in characters."""

_WIDTH = 12

_TEXT: dict[str, Any] = {"num_format": "@", "quote_prefix": True}
"""Text stays text when somebody edits it."""

_PERCENT = {"num_format": "0.00%"}

_MOST_ROWS = 1_048_576
"""That a sheet of Excel can have, the columns' names among them."""

_MOST_LINKS, _LONGEST_LINK = 65_530, 2_079
"""That a sheet of Excel can have, and characters of each."""


class Excel(Writer):
    """A workbook of one sheet, one row a reading, what is not to be trusted coloured.

    Numbers that were read stay text, so that leading zeros stay too, and nothing is a formula.

    Args:
        path: Of the file, which appears when it is complete.
        crops: The pictures of the readings, if such are written; each row has a link to its own.

    Raises:
        MissingExtraError: XlsxWriter is not installed.
    """

    def __init__(self, path: Path, *, crops: Crops | None = None) -> None:
        try:
            import xlsxwriter
        except ImportError:
            raise MissingExtraError("XlsxWriter", "export", "Writing Excel") from None
        super().__init__(path)
        self.crops = crops
        self._excel = xlsxwriter

    @contextlib.contextmanager
    def _opened(self) -> Iterator[None]:
        # The workbook is packed in memory, where a row takes some 50 bytes: an archive that could not
        # be written tries again when it is thrown away, and complains of that in the terminal.
        packed = io.BytesIO()
        with exclusive(self.path):
            with storing(self.path):
                folder = TemporaryDirectory(prefix=f".{self.path.name}.", dir=self.path.parent)
            with folder, self._sheet_in(packed, folder.name):
                yield
            with whole_file(self.path) as file:
                file.write(packed.getbuffer())

    @contextlib.contextmanager
    def _sheet_in(self, packed: io.BytesIO, folder: str) -> Iterator[None]:
        """A sheet with the columns' names; its rows wait in a folder until all of them are known."""
        options = {
            "constant_memory": True, "tmpdir": folder, "use_zip64": True,
            "strings_to_formulas": False, "strings_to_urls": False,
        }  # fmt: skip
        book = self._excel.Workbook(packed, options)
        with storing(self.path):
            self._sheet = book.add_worksheet("readings")
        self._begin(book)
        try:
            yield
            with storing(self.path):
                _close(book)
        finally:
            # What XlsxWriter could not write to a full disk it leaves open.
            for part in (self._sheet.row_data_fh, self._sheet.fh):
                with contextlib.suppress(OSError):
                    part.close()

    def _begin(self, book: Any) -> None:
        kinds = [
            _PERCENT if field.name == "confidence" else _TEXT if field.type == "str" else {}
            for field in fields(Row)
        ]
        self._formats = {
            status: [book.add_format(kind | ({"bg_color": colour} if colour else {})) for kind in kinds]
            for status, colour in _COLOURS.items()
        }
        for column, name in enumerate(COLUMNS):
            self._sheet.set_column(column, column, _WIDTHS.get(name, _WIDTH))
        self._sheet.freeze_panes(1, 0)
        self._sheet.write_row(0, 0, COLUMNS, book.add_format({"bold": True}))
        self._rows, self._links = 1, 0

    def write(self, page: Page | None, readings: PageReadings) -> None:
        """Add the rows of a page.

        Raises:
            UsageError: The sheet is full.
            StorageError: The disk is.
        """
        crops = self.crops.links(readings, self.path) if self.crops else ()
        for row in rows_of(readings, crops):
            if self._rows == _MOST_ROWS:
                raise UsageError(
                    f"A sheet of Excel has no more than {_MOST_ROWS:,} rows.",
                    remedy="Write .csv or .parquet, or fewer pages to a workbook.",
                )
            with storing(self.path):
                self._add(row)

    def _add(self, row: Row) -> None:
        formats = self._formats[row.status]
        # XlsxWriter takes a path only with this prefix, and does not quote again what is quoted.
        link = f"external:{quote(os.fsencode(row.crop))}"
        if row.crop and self._links < _MOST_LINKS and len(link) <= _LONGEST_LINK:
            self._sheet.write_url(self._rows, COLUMNS.index("crop"), link)
            self._links += 1
        for column, value in enumerate(astuple(row)):
            cell = _as_text(value) if isinstance(value, str) else value
            self._sheet.write(self._rows, column, cell, formats[column])
        self._rows += 1


def _as_text(text: str) -> str:
    """What a cell can hold; XlsxWriter itself cuts what is too long.

    It takes text from `<r>` to `</r>` for XML of its own making and writes it as it is, formulas of
    strangers too; a space before it makes it text like any other.
    """
    text = printable(text)
    return f" {text}" if text.startswith("<r>") else text


def _close(book: Any) -> None:
    """Pack the workbook; what the operating system says comes through as it said it."""
    from xlsxwriter.exceptions import FileCreateError

    try:
        book.close()
    except FileCreateError as problem:
        error = problem.args[0]
        # Throws away the unfinished archive now, while the memory that it ends itself in is there.
        traceback.clear_frames(error.__traceback__)
        raise error from None
