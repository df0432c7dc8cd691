"""A PDF of the original pages in which the numbers that were read can be searched and copied."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import numpy as np

from inkling.elements import Page, PageReadings, Quadrilateral, Reading
from inkling.export.annotated import sheet_saying
from inkling.export.pdf import Pdf, Text
from inkling.export.writing import Writer, exclusive, whole_file


class SearchablePdf(Writer):
    """A PDF whose pages are the original pictures, the numbers laid over them as invisible text.

    A page that could not be opened is a sheet that says why.

    Args:
        path: Of the file, which appears when it is complete.
    """

    @contextlib.contextmanager
    def _opened(self) -> Iterator[None]:
        with exclusive(self.path), whole_file(self.path) as file:
            self._pdf = Pdf(file)
            yield
            self._pdf.finish()

    def write(self, page: Page | None, readings: PageReadings) -> None:
        """Add a page."""
        if page is None:
            self._pdf.add_page(sheet_saying(readings), None)
        else:
            texts = [text for reading in readings.readings if (text := _text(reading))]
            self._pdf.add_page(page.image, page.dpi, texts)


def _text(reading: Reading) -> Text | None:
    """Where a number is laid: on its characters from the first to the last, else across its region."""
    if reading.region is None or not reading.text:
        return None
    top_left, _, lower_right, lower_left = (np.array(corner) for corner in reading.region.quad.corners)
    across = lower_right - lower_left
    height = float(np.linalg.norm(top_left - lower_left))
    first, last = 0.0, 1.0
    corners = [c for each in reading.characters for c in Quadrilateral.of(each.box).corners]
    if corners and across.any():
        parts = (np.array(corners) - lower_left) @ across / (across @ across)
        first, last = np.clip([parts.min(), parts.max()], 0, 1)
    left, right = (lower_left + part * across for part in (first, last))
    return Text(reading.text, (left[0], left[1]), (right[0], right[1]), height)
