"""The one row that all tables of readings share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import zip_longest

from inkling.elements import PageReadings, Reading

NOTHING_FOUND = "No number was found on the page."


@dataclass(frozen=True, slots=True)
class Row:
    """One reading as a line of a table; its columns in this order.

    Attributes:
        source: Path of the file.
        text: The number; empty when there is none.
        confidence: Calibrated probability, 0 to 1, that the whole number is exactly right; 0 where
            a page failed or shows no number.
        status: `read`, `doubtful`, `blank`, `illegible` or `failed`.
        reason: Why the status is not `read`.
        alternatives: The next most probable numbers, joined by `"; "`.
        page: Number of the page in its file, from 1; None when the file could not be opened.
        field: Of a form, the name of the field; else empty.
        table, row, column: Of a cell, its table and its place in it, each from 0; None elsewhere.
        left, top, right, bottom: The upright box around it, in pixels of the page as it came from
            the file; None when there is no place.
        crop: Path of the picture of it, from the folder of the table; empty if there is none.
    """

    source: str
    text: str
    confidence: float
    status: str
    reason: str
    alternatives: str
    page: int | None
    field: str
    table: int | None
    row: int | None
    column: int | None
    left: float | None
    top: float | None
    right: float | None
    bottom: float | None
    crop: str


COLUMNS = tuple(field.name for field in fields(Row))


def readings_of(readings: PageReadings) -> Sequence[Reading]:
    """What is to be told of a page: never nothing.

    A page that failed is one reading of status `failed`; one on which no number stands is one of
    status `blank`. So every page leaves a trace, and is not read again by a run that goes on.
    """
    if readings.failed:
        reading = Reading("", 0.0, "failed", readings.reason, source=readings.source, page=readings.number)
        return (reading,)
    if not readings.readings:
        reading = Reading("", 0.0, "blank", NOTHING_FOUND, source=readings.source, page=readings.number)
        return (reading,)
    return readings.readings


def rows_of(readings: PageReadings, crops: Sequence[str] = ()) -> Iterator[Row]:
    """The rows of a page, in reading order.

    Args:
        readings: What was read on it; a page that failed is one row.
        crops: Paths of the pictures of its readings, in their order.

    Example:
        >>> [row.reason for row in rows_of(PageReadings("a.pdf", 2, reason="It is encrypted."))]
        ['It is encrypted.']
    """
    for reading, crop in zip_longest(readings_of(readings), crops):
        yield _row(reading, readings, crop or "")


def _row(reading: Reading, page: PageReadings, crop: str) -> Row:
    region = reading.region
    box = region.quad.box if region else None
    return Row(
        source=page.source,
        text=reading.text,
        confidence=round(reading.confidence, 6),
        status=reading.status,
        reason=reading.reason,
        alternatives="; ".join(other.text for other in reading.alternatives),
        page=page.number,
        field=region.name if region else "",
        table=region.table if region else None,
        row=region.row if region else None,
        column=region.column if region else None,
        left=round(box.left, 1) if box else None,
        top=round(box.top, 1) if box else None,
        right=round(box.right, 1) if box else None,
        bottom=round(box.bottom, 1) if box else None,
        crop=crop,
    )
