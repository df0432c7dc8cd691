"""The numbers on a document: the one file where the stages of reading meet.

    open ─ flatten ─ locate ─ recognise

Each stage is a function of the room that it is named after, and can be called alone.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, Literal

from inkling.documents.open import Limits, PageRanges, open_pages
from inkling.elements import Box, Layout, Page, PageReadings, Quadrilateral, Reading, Region, Unopened
from inkling.errors import InputError
from inkling.layout.forms import place_form
from inkling.layout.template import Template, load_template
from inkling.networks.weights import Weights
from inkling.preprocessing.flatten import flatten
from inkling.recognition.lines import read_lines
from inkling.recognition.regions import read_regions

PageKind = Literal["numbers", "table"]
"""What a page without a template is: `numbers` anywhere on it, or a ruled `table`."""


def read(
    source: str | Path | bytes | BinaryIO,
    *,
    form: Template | str | Path | None = None,
    kind: PageKind = "numbers",
    printed: bool = False,
    pages: PageRanges | None = None,
    dpi: float = 300,
    limits: Limits | None = None,
    weights: Weights | None = None,
) -> Iterator[PageReadings]:
    """Read the handwritten numbers on every page of a document.

    Pages are opened one after the other, so that a long document needs no more memory than a short
    one. A page that cannot be read is a result with a reason, and the next ones go on.

    Args:
        source: A path, the bytes of a file, or a binary stream: a picture, a TIFF or a PDF.
        form: The template of the form that every page is, or its path; None for pages that are none.
        kind: What a page is when there is no form.
        printed: Whether printed numbers are read as well.
        pages: Which pages; all by default.
        dpi: At which pages of a PDF are rendered.
        limits: Of what is opened.
        weights: Of a line reader; by default those that come with Inkling.

    Yields:
        What was read on each page, in order.

    Raises:
        InputError: The template cannot be used, or the weights are not those of a line reader.
    """
    template = load_template(Path(form)) if isinstance(form, (str, Path)) else form
    began = time.perf_counter()
    for page in open_pages(source, dpi=dpi, pages=pages, limits=limits or Limits()):
        opened = time.perf_counter() - began
        result = read_page(page, form=template, kind=kind, printed=printed, weights=weights)
        yield replace(result, seconds=(("open", opened), *result.seconds))
        began = time.perf_counter()


def read_page(
    page: Page | Unopened,
    *,
    form: Template | None = None,
    kind: PageKind = "numbers",
    printed: bool = False,
    weights: Weights | None = None,
) -> PageReadings:
    """Read the handwritten numbers on one page.

    Args:
        page: As `open_pages` gives it.
        form: The template of the form that it is; None when it is none.
        kind: What it is when there is no form.
        printed: Whether printed numbers are read as well.
        weights: Of a line reader; by default those that come with Inkling.

    Returns:
        Every number with its place in the pixels of `page`; or the reason why there is none.

    Raises:
        WeightsError: The weights are not those of a line reader.
    """
    found = _unread(page)
    if isinstance(page, Unopened):
        return found
    marks = [time.perf_counter()]
    try:
        flat = page if form else flatten(page)  # a form is laid on its blank, which flattens it
        marks.append(time.perf_counter())
        layout = locate(flat, form=form, kind=kind, printed=printed)
        marks.append(time.perf_counter())
    except InputError as problem:
        return replace(found, reason=str(problem))
    readings = read_regions(layout, weights=weights)
    if form is None and kind == "numbers":  # a place without writing is none that was looked for
        readings = tuple(reading for reading in readings if reading.status != "blank")
    marks.append(time.perf_counter())
    stages = ("flatten", "locate", "recognise")
    return replace(
        found,
        readings=readings,
        changes=layout.page.changes,
        error=layout.error,
        left_out=layout.left_out,
        seconds=tuple(
            (name, end - start) for name, start, end in zip(stages, marks, marks[1:], strict=False)
        ),
    )


def read_line_pages(
    pages: Sequence[Page | Unopened],
    *,
    weights: Weights | None = None,
    same_point: bool = False,
    digits_only: bool = False,
) -> list[PageReadings]:
    """Read pages that are pictures of one line each, together.

    Args:
        pages: As `open_pages` gives them.
        weights: Of a line reader; by default those that come with Inkling.
        same_point: As in `recognition.lines.read_line`.
        digits_only: The same.

    Returns:
        Of each page its one number, which has the whole page for its place; or why there is none.

    Raises:
        WeightsError: The weights are not those of a line reader.
    """
    pictures = [page.image for page in pages if isinstance(page, Page)]
    readings = iter(read_lines(pictures, weights=weights, same_point=same_point, digits_only=digits_only))
    return [_unread(page) if isinstance(page, Unopened) else _of_line(page, next(readings)) for page in pages]


def _of_line(page: Page, reading: Reading) -> PageReadings:
    found = replace(_unread(page), changes=page.changes)
    if reading.status == "failed":
        return replace(found, reason=reading.reason)
    whole = Region("line", Quadrilateral.of(Box(0, 0, found.width, found.height)))
    placed = replace(reading, source=page.source, page=page.number, region=whole)
    return replace(found, readings=(placed,))


def _unread(page: Page | Unopened) -> PageReadings:
    """What is known of a page before it is read: of one that could not be opened, why."""
    if isinstance(page, Unopened):
        return PageReadings(page.source, page.number, reason=page.reason)
    height, width = page.image.shape[:2]
    return PageReadings(page.source, page.number, width=width, height=height, dpi=page.dpi)


def locate(page: Page, *, form: Template | None, kind: PageKind, printed: bool = False) -> Layout:
    """Find the places on a page where numbers may stand.

    Args:
        page: As it came from the file if there is a form, else flat.
        form: The template of the form that it is; None when it is none.
        kind: What it is when there is no form.
        printed: Whether printed numbers are wanted as well.

    Raises:
        InputError: The page is not a filled copy of the form, or has no table.
    """
    if form is not None:
        return place_form(form, page)
    # A form does not wait for what only other pages need.
    from inkling.layout.anywhere import find_numbers
    from inkling.layout.tables import find_tables

    if kind == "numbers":
        return find_numbers(page, printed=printed)
    layout = find_tables(page)
    if not layout.regions:
        raise InputError(
            "There is no ruled table on the page.", remedy="Have it searched for numbers anywhere."
        )
    wanted = tuple(region for region in layout.regions if printed or not region.printed)
    return replace(layout, regions=wanted, left_out=len(layout.regions) - len(wanted))
