"""`inkling read --as line --plot`: the first lines, drawn with what was read on them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import typer
from numpy.typing import NDArray

from inkling.elements import Page, PageReadings, Reading
from inkling.evaluation.canvas import save_figure
from inkling.evaluation.drawing_readings import MOST_READINGS, draw_readings
from inkling.export.writing import Writer, exclusive


class LinePlot(Writer):
    """One drawing of the first lines that could be opened.

    Args:
        path: Of the drawing.
        alphabet: Names of the characters, in the order of their probabilities.
    """

    def __init__(self, path: Path, alphabet: Sequence[str]) -> None:
        super().__init__(path)
        self.alphabet = alphabet
        self.opened = 0
        self._pictures: list[NDArray[np.uint8]] = []
        self._readings: list[Reading] = []

    @contextlib.contextmanager
    def _opened(self) -> Iterator[None]:
        with exclusive(self.path):
            yield
            if not self.opened:
                return
            save_figure(draw_readings(self._pictures, self._readings, self.alphabet), self.path)
        shown = len(self._pictures)
        part = f" (the first {shown} of {self.opened:,})" if shown < self.opened else ""
        typer.echo(f"Drawn in {self.path}{part}", err=True)

    def write(self, page: Page | None, readings: PageReadings) -> None:
        """Keep a line until all are drawn."""
        if page is None or readings.failed:
            return
        self.opened += 1
        if len(self._pictures) < MOST_READINGS:
            self._pictures.append(page.image)
            self._readings += readings.readings
