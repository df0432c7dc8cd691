"""What an earlier run has written, so that what is done is not done twice."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from inkling.errors import UsageError
from inkling.export.formulas import disarmed
from inkling.export.rows import COLUMNS
from inkling.export.writing import storing

PageKey = tuple[str, int | None]
"""Source and number of a page; the number is None for a file that could not be opened."""


class Standing(NamedTuple):
    """What of a JSON Lines or CSV output is complete.

    Attributes:
        pages: Those of which all rows are there, in order.
        size: Bytes that they take, from the beginning of the file.
    """

    pages: dict[PageKey, None]
    size: int


def done_pages(path: Path) -> set[PageKey]:
    """The pages that an earlier run has written completely.

    Args:
        path: A JSON Lines or CSV output, told apart by suffix; one that is not there has no pages.

    Raises:
        UsageError: The file is no such output.
        StorageError: It cannot be read.
    """
    return set(standing(path).pages)


def standing(path: Path) -> Standing:
    """What of an output is complete.

    A page is written in one go. If the file ends in half a line, somebody was killed in the midst of
    a page; that line and the last page before it, which may be the same one, do not count.

    Raises:
        UsageError: The file is no output of that kind.
        StorageError: It cannot be read.
    """
    pages: dict[PageKey, None] = {}
    start = end = 0
    csv_ = path.suffix.lower() == ".csv"
    keys, beginning = (_csv_keys, ",".join(COLUMNS).encode()) if csv_ else (_json_keys, b'{"source": "')
    with storing(path, "read back"):
        if not path.exists():
            return Standing(pages, 0)
        with path.open("rb") as file:
            # Half a line of an output begins as the whole does; that of somebody else is not to be cut off.
            if not beginning.startswith(file.read(len(beginning))):
                raise _foreign(path, 1)
            file.seek(0)
            for key, size in keys(path, file):
                if key is not None and key not in pages:
                    start = end
                    pages[key] = None
                end += size
        if end < path.stat().st_size and pages:
            pages.popitem()
            end = start
    return Standing(pages, end)


def _json_keys(path: Path, lines: Iterable[bytes]) -> Iterator[tuple[PageKey | None, int]]:
    """The page of each whole line, and its bytes."""
    for number, record in enumerate(lines, 1):
        if not record.endswith(b"\n"):
            return
        try:
            entry: Any = json.loads(record)
            source, page = entry["source"], entry["page"]
        except (ValueError, LookupError, TypeError):
            raise _foreign(path, number) from None
        if not isinstance(source, str) or not (page is None or isinstance(page, int)):
            raise _foreign(path, number)
        yield (source, page), len(record)


def _csv_keys(path: Path, lines: Iterable[bytes]) -> Iterator[tuple[PageKey | None, int]]:
    """The page of each whole record, none for the columns' names, and its bytes."""
    place = COLUMNS.index("page")
    for number, record in enumerate(_csv_records(lines), 1):
        try:
            (cells,) = csv.reader([record.decode()], strict=True)
            if number == 1:
                if tuple(cells) != COLUMNS:
                    raise ValueError("other columns")
                yield None, len(record)
                continue
            key = disarmed(cells[0]), int(cells[place]) if cells[place] else None
        except (ValueError, IndexError, csv.Error):
            raise _foreign(path, number) from None
        yield key, len(record)


def _csv_records(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Whole records; a line that ends inside quotation marks goes on in the next."""
    record, quoted = [], False
    for line in lines:
        record.append(line)
        quoted ^= line.count(b'"') % 2 == 1
        if line.endswith(b"\n") and not quoted:
            yield b"".join(record)
            record = []


def _foreign(path: Path, line: int) -> UsageError:
    return UsageError(
        f"{path}, line {line}, was not written by a run that could go on.",
        remedy="Name another output, or leave --resume out to write it anew.",
    )
