"""The pages of documents, batch by batch: opened, read, written, shown."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from rich.progress import TextColumn

from inkling.cli.failures import told
from inkling.cli.line_reader import progress_bar

if TYPE_CHECKING:
    from inkling.cli.readings import Printer
    from inkling.documents.open import Limits, PageRanges
    from inkling.elements import Page, PageReadings, Unopened
    from inkling.export.resume import PageKey
    from inkling.export.writing import Writer

_MOST_PIXELS = 20_000_000
"""A batch whose pages have more together is read before it is full."""


@dataclass(frozen=True, slots=True)
class Opening:
    """How files are opened.

    Attributes:
        pages: Which pages of each; None for all.
        dpi: At which PDFs are rendered.
        limits: Of what is opened.
        done: Source and number of pages that were read before.
    """

    pages: PageRanges | None
    dpi: float
    limits: Limits
    done: frozenset[PageKey]

    def pages_of(self, file: str) -> Iterator[Page | Unopened]:
        """The pages of a file, or of what comes on stdin, that were not read before."""
        from inkling.documents.open import open_pages

        opened = open_pages(
            sys.stdin.buffer if file == "-" else file,
            dpi=self.dpi,
            pages=self.pages,
            skip={number for source, number in self.done if source == file and number},
            limits=self.limits,
            name=file,
        )
        # Of a file that could not be opened before, there is nothing new either.
        return filter(lambda page: (page.source, page.number) not in self.done, opened)


def read_pages(
    files: Sequence[str],
    opening: Opening,
    reader: Callable[[Sequence[Page | Unopened]], Sequence[PageReadings]],
    writers: Sequence[Writer],
    printer: Printer,
    *,
    batch: int = 1,
) -> tuple[list[str], list[str]]:
    """Read every page of every file; write and show those of a batch before the next are opened.

    Args:
        files: Paths, and `-` for stdin, each once.
        opening: How they are opened.
        reader: Reads a batch of pages.
        writers: Where to write what was read.
        printer: Shows it.
        batch: Pages that are read together, at most.

    Returns:
        Of each page, why it failed, empty when it did not; and of those of which a part failed, why.
    """
    reasons: list[str] = []
    parts: list[str] = []
    with ExitStack() as stack:
        for writer in writers:
            stack.enter_context(writer)
        # Results that go to the terminal are progress enough.
        so_far = TextColumn("{task.fields[pages]} pages")
        bar = stack.enter_context(progress_bar(so_far, hidden=sys.stdout.isatty()))
        task = bar.add_task("reading", total=len(files), pages=0)

        def counted() -> Iterator[str]:
            for count, file in enumerate(files):
                bar.update(task, completed=count)
                yield file

        for pages in _batches(chain.from_iterable(map(opening.pages_of, counted())), batch):
            results = reader(pages)
            printer.show(results)  # first: if the disk is full, what was read is not lost
            _write(writers, pages, results)
            reasons += [told(each.source, each.reason) if each.failed else "" for each in results]
            parts += [why for each in results if (why := _part(each))]
            bar.update(task, pages=len(reasons))
    return reasons, parts


def _part(page: PageReadings) -> str:
    """Why a part of a page failed, when the page itself did not; empty when none did."""
    failed = [each for each in page.readings if each.status == "failed"]
    if page.failed or not failed:
        return ""
    return told(page.source, f"{len(failed)} of {len(page.readings)} numbers: {failed[0].reason}")


def _batches(pages: Iterator[Page | Unopened], most: int) -> Iterator[list[Page | Unopened]]:
    """Pages in lists, each of which is emptied before the next page is opened."""
    from inkling.elements import Page

    batch: list[Page | Unopened] = []
    pixels = 0
    while (page := next(pages, None)) is not None:
        batch.append(page)
        pixels += page.image.size if isinstance(page, Page) else 0
        del page
        if len(batch) == most or pixels > _MOST_PIXELS:
            yield batch
            batch.clear()
            pixels = 0
    if batch:
        yield batch


def _write(
    writers: Sequence[Writer], pages: Sequence[Page | Unopened], results: Sequence[PageReadings]
) -> None:
    from inkling.elements import Page

    for page, result in zip(pages, results, strict=True):
        for writer in writers:
            writer.write(page if isinstance(page, Page) else None, result)
