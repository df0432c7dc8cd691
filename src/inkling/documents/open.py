"""A path or bytes become pages, one at a time, opened as if a stranger had sent them."""

from __future__ import annotations

import io
import math
import os
import stat
from collections.abc import Container, Iterator
from contextlib import closing
from typing import TYPE_CHECKING, BinaryIO

from inkling.documents.files import find_files
from inkling.documents.frames import PictureFile
from inkling.documents.limits import Limits
from inkling.documents.picture import told_of
from inkling.documents.ranges import PageRanges
from inkling.elements import Page, Unopened
from inkling.errors import DocumentError, InputError, UsageError

if TYPE_CHECKING:
    from inkling.documents.pdf import PdfFile

__all__ = ["Limits", "PageRanges", "open_pages"]

_HEAD = 1024
"""Bytes in which a PDF says that it is one: ISO 32000-1, annex H.3."""

_CHUNK = 2**20
"""Bytes that are taken from a stream at a time."""


def open_pages(
    source: str | os.PathLike[str] | bytes | BinaryIO,
    *,
    dpi: float = 300,
    pages: PageRanges | None = None,
    skip: Container[int] = (),
    limits: Limits = Limits(),  # noqa: B008
    name: str = "",
) -> Iterator[Page | Unopened]:
    """Open the pages of a document, each when it is asked for.

    What a file is decides its content and not its name: a PDF, a TIFF of one or more pages, or a
    picture of another format (`picture.FORMATS`), of which the first frame is opened. Nothing is
    kept of the pages before, so a long document needs no more memory than a short one.

    The page as it came from the file, to which `Page.to_original` leads, is what a viewer shows:
    after EXIF orientation, with pixels made square where those of a file are far from it, as in a
    coarse fax, or as PDFium rendered it.

    Args:
        source: A path, the bytes of a file, or a binary stream, which is read to its end. For stdin
            that is `sys.stdin.buffer`, with the name `-`.
        dpi: At which pages of a PDF are rendered. A picture has the dpi that its file says, or None
            where that is missing, a screen's, or a photograph's.
        pages: Which pages; None for all.
        skip: Numbers of pages that are passed over, such as those that were read before.
        limits: What a document may have at most.
        name: What the source is called in pages and reasons; by default its path.

    Yields:
        The pages, in order; in the place of one that cannot be opened, why not. A file that cannot
        be opened gives a single `Unopened` without a number.

    Raises:
        UsageError: `dpi` is not a positive number.
    """
    if not (math.isfinite(dpi) and dpi > 0):
        raise UsageError(f"dpi must be a positive number, not {dpi}.")
    if not name and isinstance(source, (str, os.PathLike)):
        name = os.fspath(source)
    return _open_pages(source, dpi, pages, skip, limits, name)


def _open_pages(
    source: str | os.PathLike[str] | bytes | BinaryIO,
    dpi: float,
    pages: PageRanges | None,
    skip: Container[int],
    limits: Limits,
    name: str,
) -> Iterator[Page | Unopened]:
    try:
        with (
            _stream(source, limits, told_of(name)) as stream,
            closing(_file(stream, name, dpi, limits)) as file,
        ):
            for number in _wanted(file, pages, skip, limits):
                # Nothing here holds the page while the next one is opened.
                yield _page(file, number)
            after = file.count + 1
            if file.broken and after not in skip and (pages is None or after in pages):
                yield Unopened(
                    name,
                    after,
                    f"{told_of(name)} may have more pages than {file.count}, but {file.broken}. "
                    "Get it again, or save it again.",
                )
    except InputError as problem:
        yield Unopened(name, None, str(problem))


def _page(file: PictureFile | PdfFile, number: int) -> Page | Unopened:
    try:
        return file.page(number)
    except InputError as problem:
        return Unopened(file.name, number, str(problem))


def _file(stream: BinaryIO, name: str, dpi: float, limits: Limits) -> PictureFile | PdfFile:
    head = stream.read(_HEAD)
    stream.seek(0)
    if b"%PDF-" not in head:
        return PictureFile(stream, name, limits)
    from inkling.documents.pdf import PdfFile  # PDFium takes as long to load as a page takes to open

    return PdfFile(stream, name, dpi, limits)


def _wanted(
    file: PictureFile | PdfFile, pages: PageRanges | None, skip: Container[int], limits: Limits
) -> list[int]:
    """The numbers of the pages to be opened.

    Raises:
        DocumentError: There are none, or more than the limit.
    """
    numbers = [number for number in range(1, file.count + 1) if pages is None or number in pages]
    subject = told_of(file.name)
    if not numbers:
        raise DocumentError(
            f"{subject} has {file.count:,} page{'s' * (file.count != 1)}, none of which is among {pages}.",
            remedy="Name pages that it has.",
        )
    numbers = [number for number in numbers if number not in skip]
    if len(numbers) > limits.pages:
        some = PageRanges(((numbers[0], numbers[limits.pages - 1]),))
        raise DocumentError(
            f"{subject} has {len(numbers):,} pages to open, more than {limits.pages:,} (limits.pages).",
            remedy=f"Choose some of them, such as --pages {some}, or {limits.raised('pages')}.",
        )
    return numbers


def _stream(source: str | os.PathLike[str] | bytes | BinaryIO, limits: Limits, subject: str) -> BinaryIO:
    """The file, open at its beginning, neither empty nor too large."""
    if isinstance(source, (str, os.PathLike)):
        return _open_path(os.fspath(source), limits, subject)
    held = io.BytesIO()
    given = io.BytesIO(source) if isinstance(source, bytes) else source
    while chunk := given.read(_CHUNK):
        held.write(chunk)
        _refuse_size(held.tell(), limits, subject)
    _refuse_size(held.tell(), limits, subject)
    held.seek(0)
    return held


def _open_path(path: str, limits: Limits, subject: str) -> BinaryIO:
    try:
        status = os.stat(path)
        if stat.S_ISDIR(status.st_mode):
            os.listdir(path)  # which says so where it may not be looked into
            found = next(find_files([path]))
            raise DocumentError(
                f"{subject} is a folder" + (" without pictures or PDFs." if found == path else "."),
                remedy="" if found == path else f"Name the files in it, such as {found}.",
            )
        if not stat.S_ISREG(status.st_mode):
            raise DocumentError(
                f"{subject} is a pipe or a device, not a file.", remedy="Give what comes from it on stdin."
            )
        _refuse_size(status.st_size, limits, subject)
        return open(path, "rb")
    except FileNotFoundError:
        raise DocumentError(f"{subject} does not exist.", remedy="Check the path.") from None
    except (OSError, ValueError) as problem:  # a path with a null byte is a ValueError
        said = getattr(problem, "strerror", None) or problem
        raise DocumentError(f"{subject} cannot be opened: {said}.", remedy="Check the path.") from None


def _refuse_size(size: int, limits: Limits, subject: str) -> None:
    if size == 0:
        raise DocumentError(f"{subject} is empty.", remedy="It may not have been written to its end.")
    if size > limits.bytes:
        raise DocumentError(
            f"{subject} has more than {limits.bytes:,} bytes (limits.bytes).",
            remedy=f"Split it, or {limits.raised('bytes')}.",
        )
