"""Readings as lines that are added to a file page by page: JSON Lines and CSV."""

from __future__ import annotations

import contextlib
import csv
import io
import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, astuple
from itertools import zip_longest
from pathlib import Path
from typing import Any, BinaryIO

from inkling.elements import Box, Character, Page, PageReadings, Quadrilateral, Reading, Region
from inkling.export.crops import Crops
from inkling.export.formulas import armed
from inkling.export.resume import PageKey, Standing, standing
from inkling.export.rows import COLUMNS, readings_of, rows_of
from inkling.export.writing import Writer, exclusive, storing


class JsonLines(Writer):
    """One JSON object a reading, or a failed page, with everything that is known of it.

    Args:
        path: Of the file.
        alphabet: Names of the characters, in the order of their probabilities.
        crops: The pictures of the readings, if such are written.
        resume: Go on after the pages that an earlier run has completed, instead of beginning anew.
    """

    def __init__(
        self, path: Path, alphabet: Sequence[str], *, crops: Crops | None = None, resume: bool = False
    ) -> None:
        super().__init__(path)
        self.alphabet = alphabet
        self.crops = crops
        self.resume = resume

    @contextlib.contextmanager
    def _opened(self) -> Iterator[None]:
        with line_file(self.path, resume=self.resume) as self._file:
            yield

    def write(self, page: Page | None, readings: PageReadings) -> None:
        """Add the lines of a page, unless an earlier run has."""
        if (readings.source, readings.number) not in self._file.done:
            crops = self.crops.links(readings, self.path) if self.crops else ()
            self._file.add(json_lines(readings, self.alphabet, crops))


class Csv(Writer):
    """One line a reading, after a line with the columns' names; see `Row` for what they are.

    Args:
        path: Of the file.
        crops: The pictures of the readings, if such are written.
        resume: Go on after the pages that an earlier run has completed, instead of beginning anew.
    """

    def __init__(self, path: Path, *, crops: Crops | None = None, resume: bool = False) -> None:
        super().__init__(path)
        self.crops = crops
        self.resume = resume

    @contextlib.contextmanager
    def _opened(self) -> Iterator[None]:
        with line_file(self.path, resume=self.resume) as self._file:
            if self._file.empty:
                self._file.add(csv_lines([COLUMNS]))
            yield

    def write(self, page: Page | None, readings: PageReadings) -> None:
        """Add the lines of a page, unless an earlier run has."""
        if (readings.source, readings.number) not in self._file.done:
            crops = self.crops.links(readings, self.path) if self.crops else ()
            self._file.add(csv_lines([astuple(row) for row in rows_of(readings, crops)]))


def json_lines(readings: PageReadings, alphabet: Sequence[str], crops: Sequence[str] = ()) -> bytes:
    """A page as lines of JSON in UTF-8, one object a reading; see `to_json`.

    Args:
        readings: What was read on it.
        alphabet: Names of the characters, in the order of their probabilities.
        crops: Paths of the pictures of its readings, in their order.
    """
    lines = []
    for reading, crop in zip_longest(readings_of(readings), crops):
        entry = to_json(reading, readings, alphabet) | {"crop": crop or ""}
        lines.append(json.dumps(entry, ensure_ascii=False) + "\n")
    # A name that is no Unicode comes as lone surrogates, which JSON writes as \\udcxx too.
    return "".join(lines).encode(errors="backslashreplace")


def csv_lines(rows: Sequence[Sequence[object]]) -> bytes:
    """Rows as lines of CSV in UTF-8; None is an empty cell, and nothing is a formula."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    for row in rows:
        lines.writerow([armed(cell) if isinstance(cell, str) else cell for cell in row])
    return text.getvalue().encode(errors="backslashreplace")


def to_json(reading: Reading, page: PageReadings, alphabet: Sequence[str]) -> dict[str, Any]:
    """Every field of a reading and of its page, as JSON knows them.

    Args:
        reading: Of the page, or in place of it.
        page: What was read on the page.
        alphabet: Names of the characters, in the order of their probabilities.

    Returns:
        Probabilities by the names of their characters; places in pixels of the page's file.
    """
    return {
        "source": page.source,
        "text": reading.text,
        "confidence": round(reading.confidence, 6),
        "status": reading.status,
        "reason": reading.reason,
        "alternatives": [
            {"text": other.text, "confidence": round(other.confidence, 6)} for other in reading.alternatives
        ],
        "novelty": reading.novelty,
        "page": page.number,
        "region": _region(reading.region) if reading.region else None,
        "characters": [_character(character, alphabet) for character in reading.characters],
        "width": page.width,
        "height": page.height,
        "dpi": page.dpi,
        "changes": [asdict(change) for change in page.changes],
        "error": page.error,
    }


def _region(region: Region) -> dict[str, Any]:
    return {
        **{name: getattr(region, name) for name in ("kind", "name", "table", "row", "column")},
        "row_span": region.row_span,
        "column_span": region.column_span,
        "printed": region.printed,
        "quad": _corners(region.quad),
        "boxes": [_corners(box) for box in region.boxes],
    }


def _corners(quad: Quadrilateral) -> list[list[float]]:
    return [[round(x, 2), round(y, 2)] for x, y in quad.corners]


def _character(character: Character, alphabet: Sequence[str]) -> dict[str, Any]:
    named = zip(alphabet, character.probabilities, strict=True)
    return {
        "text": character.text,
        "confidence": round(character.confidence, 6),
        "probabilities": {name: round(probability, 6) for name, probability in named},
        "box": _sides(character.box),
    }


def _sides(box: Box) -> dict[str, float]:
    return {name: round(side, 2) for name, side in asdict(box).items()}


class LineFile:
    """A file that whole lines are added to.

    Args:
        path: Of the file.
        file: The same, open at the end of what is complete, without a buffer.
        done: Pages that are in it.
    """

    def __init__(self, path: Path, file: BinaryIO, done: Collection[PageKey]) -> None:
        self.done = done
        self._path = path
        self._file = file

    @property
    def empty(self) -> bool:
        """Whether nothing has been added."""
        return self._file.tell() == 0

    def add(self, lines: bytes) -> None:
        """Add lines, or, when there is no room for all of them, none.

        Raises:
            StorageError: The disk is full or has gone; the file ends after the last complete page.
        """
        size = self._file.tell()
        rest = memoryview(lines)
        with storing(self._path):
            try:
                while rest:
                    rest = rest[self._file.write(rest) :]
            except BaseException:
                with contextlib.suppress(OSError):
                    self._file.truncate(size)
                raise


@contextlib.contextmanager
def line_file(path: Path, *, resume: bool) -> Iterator[LineFile]:
    """Open a file to add lines to: anew, or after what an earlier run has completed.

    Raises:
        UsageError: Another process is writing it, or the file to go on with is no output of that kind.
        StorageError: It cannot be written.
    """
    with exclusive(path):
        done, size = standing(path) if resume else Standing({}, 0)
        with storing(path):
            file = path.open("ab", buffering=0)
        with file:
            with storing(path):
                file.truncate(size)
                file.seek(size)
            yield LineFile(path, file, done)
