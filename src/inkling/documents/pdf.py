"""The pages of a PDF, rendered through PDFium."""

from __future__ import annotations

import math
import os
import threading
from typing import BinaryIO

import numpy as np
import pypdfium2
from numpy.typing import NDArray
from pypdfium2 import raw

from inkling.documents.limits import MOST_SIDE, Limits
from inkling.documents.picture import told_of
from inkling.elements import Page
from inkling.errors import DocumentError

_PDFIUM = threading.RLock()
"""Held around every call: PDFium works for one thread at a time."""

_TAIL = 1024
"""Bytes at the end of a file in which the mark of its end stands: ISO 32000-1, annex H.3."""

_REMEMBERED = 10
"""Pages after which a document is opened again: PDFium keeps the data of all pictures that it drew."""

_BROKEN = (pypdfium2.PdfiumError, ArithmeticError, MemoryError, OSError, ValueError)
"""PDFium and what stands around it meet broken pages with these."""


class PdfFile:
    """A PDF, as pages.

    Args:
        stream: The file; it stays open as long as pages are wanted.
        name: Of the file, for its pages and for errors.
        dpi: Pixels to an inch of what is rendered.
        limits: Of what is opened.

    Attributes:
        count: Pages that there are.
        broken: Empty; what a broken PDF still has is found when it is opened.

    Raises:
        DocumentError: It cannot be opened: broken, cut off, or protected by a password.
    """

    broken = ""

    def __init__(self, stream: BinaryIO, name: str, dpi: float, limits: Limits) -> None:
        self.name, self.dpi, self.limits = name, dpi, limits
        with _PDFIUM:
            try:
                self._pdf = _load(stream)
            except _BROKEN:
                raise _refusal(raw.FPDF_GetLastError(), told_of(name)) from None
            # PDFium repairs what is damaged and draws what is missing as white paper, which would
            # pass for a page on which nothing is written.
            if not raw.FPDF_DocumentHasValidCrossReferenceTable(self._pdf) and not _has_end(stream):
                self.close()
                raise DocumentError(
                    f"{told_of(name)} is a PDF that is cut off.", remedy="Get the whole of it again."
                )
            self.count = len(self._pdf)
            self._stream, self._opened = stream, 0

    def page(self, number: int) -> Page:
        """One of the pages, from 1, rendered in colour.

        Raises:
            DocumentError: It cannot be rendered, or would be larger than the limits allow.
        """
        subject = f"page {number} of {told_of(self.name)}"
        with _PDFIUM:
            try:
                self._forget()
                self._refuse_large(subject, *self._pdf.get_page_size(number - 1))
                page = self._pdf[number - 1]
                try:
                    return Page(_render(page, self.dpi, subject), self.name, number, self.dpi)
                finally:
                    page.close()
            except _BROKEN:
                raise DocumentError(
                    f"{subject} cannot be rendered.", remedy="The file may be damaged: save it again."
                ) from None

    def close(self) -> None:
        """Let go of the document."""
        with _PDFIUM:
            self._pdf.close()

    def _forget(self) -> None:
        """Open the document again when many of its pages were opened."""
        self._opened += 1
        if self._opened % _REMEMBERED == 0:
            before, self._pdf = self._pdf, _load(self._stream)
            before.close()

    def _refuse_large(self, subject: str, width: float, height: float) -> None:
        """Refuse a page of that size, in points, if it would have too many pixels."""
        across, down = _pixels(width, height, self.dpi)
        if excess := self.limits.excess(across, down):
            part = min(math.sqrt(self.limits.pixels / (across * down)), MOST_SIDE / max(across, down))
            candidates = range(int(self.dpi * part), 0, -1)  # sizes are rounded up: not always the first
            fits = (dpi for dpi in candidates if not self.limits.excess(*_pixels(width, height, dpi)))
            dpi, limit = next(fits, None), self.limits.raised("pixels")
            raise DocumentError(
                f"{subject} would have {across:,} x {down:,} pixels at {self.dpi:g} dpi, {excess}.",
                remedy=f"Render it at {dpi} dpi: --dpi {dpi}." if dpi else f"{limit[0].upper()}{limit[1:]}.",
            )


def _load(stream: BinaryIO) -> pypdfium2.PdfDocument:
    pdf = pypdfium2.PdfDocument(stream)
    pdf.init_forms()  # without this, what somebody typed into a form is not drawn
    return pdf


def _refusal(error: int, subject: str) -> DocumentError:
    """What kept PDFium from opening a document, by the number it gives."""
    if error in (raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY):
        return DocumentError(
            f"{subject} is a PDF that is protected by a password.", remedy="Save it without one."
        )
    return DocumentError(
        f"{subject} is a PDF that is cut off, damaged, or without pages.",
        remedy="Get it again, or save it again.",
    )


def _has_end(stream: BinaryIO) -> bool:
    size = stream.seek(0, os.SEEK_END)
    stream.seek(max(0, size - _TAIL))
    return b"%%EOF" in stream.read()


def _pixels(width: float, height: float, dpi: float) -> tuple[int, int]:
    """Of a page of that size, in points, as pypdfium2 rounds them."""
    return math.ceil(width * dpi / 72), math.ceil(height * dpi / 72)


def _render(page: pypdfium2.PdfPage, dpi: float, subject: str) -> NDArray[np.uint8]:
    """A page as uint8 (H, W, 3) RGB.

    Raises:
        DocumentError: Nothing is on it because a picture of it is damaged.
    """
    bitmap = page.render(scale=dpi / 72, rev_byteorder=True)
    image: NDArray[np.uint8] = bitmap.to_numpy()
    if np.ptp(image[::16, ::16]) == 0 and np.ptp(image) == 0 and not _pictures_decode(page):
        raise DocumentError(
            f"The picture on {subject} is damaged.", remedy="Get the file again, or scan the page again."
        )
    return image


def _pictures_decode(page: pypdfium2.PdfPage) -> bool:
    """Whether every picture on a page can be decoded; PDFium leaves out what cannot, and says nothing."""
    try:
        for each in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE]):
            each.get_bitmap().close()
    except pypdfium2.PdfiumError:
        return False
    return True
