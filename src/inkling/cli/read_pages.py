"""`inkling read` for documents: their pages one after the other, shown, written, gone on with."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

from rich.progress import TextColumn

from inkling.cli.failures import told
from inkling.cli.read_lines import progress_bar

if TYPE_CHECKING:
    from inkling.documents.open import Limits, PageRanges
    from inkling.elements import Page, PageReadings, Unopened
    from inkling.export.writing import Writer


def read_pages(
    files: Sequence[str],
    reader: Callable[[Page | Unopened], PageReadings],
    writers: Sequence[Writer],
    show: Callable[[PageReadings], None],
    *,
    done: frozenset[tuple[str, int | None]] = frozenset(),
    pages: PageRanges | None = None,
    dpi: float = 300,
    limits: Limits | None = None,
) -> list[str]:
    """Read every page of every file; write and show it before the next one is opened.

    Args:
        files: Paths, and `-` for stdin.
        reader: Reads one page.
        writers: Where to write what was read.
        show: Shows it.
        done: Source and number of pages that were read before.
        pages: Which pages of each file; all by default.
        dpi: At which PDFs are rendered.
        limits: Of what is opened.

    Returns:
        Of each page, why it failed; empty when it did not.
    """
    from inkling.elements import Page

    reasons: list[str] = []
    with ExitStack() as stack:
        for writer in writers:
            stack.enter_context(writer)
        # Results that go to the terminal are progress enough.
        so_far = TextColumn("{task.fields[pages]} pages")
        bar = stack.enter_context(progress_bar(so_far, hidden=sys.stdout.isatty()))
        task = bar.add_task("reading", total=len(files), pages=0)
        for count, file in enumerate(files):
            for page in _open(file, pages, dpi, limits):
                if (page.source, page.number) in done:
                    continue
                result = reader(page)
                for writer in writers:
                    writer.write(page if isinstance(page, Page) else None, result)
                show(result)
                reasons.append(told(result.source, result.reason) if result.failed else "")
                bar.update(task, completed=count, pages=len(reasons))
            bar.update(task, completed=count + 1)
    return reasons


def _open(
    file: str, pages: PageRanges | None, dpi: float, limits: Limits | None
) -> Iterator[Page | Unopened]:
    """The pages of a file, or of what comes on stdin."""
    from inkling.documents.open import Limits, open_pages

    source = sys.stdin.buffer if file == "-" else file
    return open_pages(source, dpi=dpi, pages=pages, limits=limits or Limits(), name=file)
