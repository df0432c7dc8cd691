"""The pages with what was read drawn on them: boxes, numbers, coloured by confidence."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inkling.elements import Page, PageReadings
from inkling.export.crops import to_png
from inkling.export.marks import draw_marks, draw_sheet
from inkling.export.names import PageFiles, Stems
from inkling.export.pdf import Pdf
from inkling.export.writing import Writer, exclusive, whole_file


class Annotated(Writer):
    """Pages as pictures, each reading with its box and its number.

    Args:
        path: A PDF for all pages; a PNG, of several pages the second one as `name-2.png`; or a
            folder of PNGs.
        stems: What the names of documents begin with; shared with the other writers of a run.
    """

    def __init__(self, path: Path, *, stems: Stems | None = None) -> None:
        super().__init__(path)
        self.files = PageFiles(path, ".png", stems or Stems())
        self._pdf: Pdf | None = None

    @contextlib.contextmanager
    def _opened(self) -> Iterator[None]:
        with exclusive(self.path):
            if self.path.suffix.lower() != ".pdf":
                yield
                return
            with whole_file(self.path) as file:
                self._pdf = Pdf(file)
                yield
                self._pdf.finish()

    def write(self, page: Page | None, readings: PageReadings) -> None:
        """Draw a page; one that could not be opened is a sheet that says why."""
        picture = sheet_saying(readings) if page is None else draw_marks(page.image, readings)
        if self._pdf is not None:
            self._pdf.add_page(picture, page.dpi if page else None)
            return
        with whole_file(self.files.next(readings)) as file:
            file.write(to_png(picture))


def sheet_saying(readings: PageReadings) -> NDArray[np.uint8]:
    """A sheet in place of a page that could not be opened."""
    where = readings.source if readings.number is None else f"{readings.source}, page {readings.number}"
    return draw_sheet([where, readings.reason])
