"""`inkling read` for documents: their pages one after the other, shown, written, gone on with."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

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
        bar = stack.enter_context(_bar(len(files)))
        task = bar.add_task("reading", total=len(files), pages=0)
        for count, file in enumerate(files):
            for page in _open(file, pages, dpi, limits):
                if (page.source, page.number) in done:
                    continue
                result = reader(page)
                for writer in writers:
                    writer.write(page if isinstance(page, Page) else None, result)
                show(result)
                told = result.source in result.reason
                reasons.append(
                    result.reason if told or not result.failed else f"{result.source}: {result.reason}"
                )
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


def _bar(files: int) -> Progress:
    """How far the files are read, on stderr if that is a terminal and stdout is not."""
    console = Console(stderr=True)
    return Progress(
        TextColumn("reading"),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        TextColumn("{task.fields[pages]} pages"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        # Results that go to the terminal are progress enough.
        disable=not console.is_terminal or sys.stdout.isatty(),
        redirect_stdout=False,
        redirect_stderr=False,
    )
