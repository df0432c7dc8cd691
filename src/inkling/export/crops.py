"""The place of each reading, cut from the original picture."""

from __future__ import annotations

import math
import os
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.elements import Box, Page, PageReadings, Quadrilateral, Region
from inkling.export.names import Names, Stems
from inkling.export.writing import Writer, whole_file

_MOST_SIDE = 32_000
"""Pixels that a side may have for OpenCV to turn a picture; larger places are cut out as they lie."""


class Crops(Writer):
    """A folder with a PNG of each reading that has a place, `<stem>-p<page>-<field>.png`.

    Args:
        folder: Where they go.
        stems: What the names of documents begin with; shared with the other writers of a run.
    """

    def __init__(self, folder: Path, stems: Stems | None = None) -> None:
        super().__init__(folder)
        self.stems = stems or Stems()

    def write(self, page: Page | None, readings: PageReadings) -> None:
        """Write the pictures of a page."""
        for name, reading in zip(self.names(readings), readings.readings, strict=True):
            if page is not None and reading.region is not None:
                with whole_file(self.stems.refuse_documents(self.path / name)) as file:
                    file.write(to_png(cut(page.image, reading.region.quad)))

    def names(self, readings: PageReadings) -> list[str]:
        """The file of each reading of a page; empty for one that has no place."""
        start = self.stems.of_page(readings)
        names = Names("field")
        return [
            f"{start}-{names.of(place, _label(reading.region, place))}.png" if reading.region else ""
            for place, reading in enumerate(readings.readings, 1)
        ]

    def links(self, readings: PageReadings, table: Path) -> list[str]:
        """The path of each reading's picture from the folder of a table, with slashes.

        For a page without readings, which is one row of a table, that one has no picture.
        """
        folder = os.path.relpath(self.path, table.parent).replace(os.sep, "/")
        return [f"{folder}/{name}" if name else "" for name in self.names(readings)] or [""]


def _label(region: Region, place: int) -> str:
    """What a region is called in the name of its picture."""
    if region.kind == "cell" and region.row is not None and region.column is not None:
        table = region.name or f"t{region.table or 0}"
        return f"{table}-r{region.row}-c{region.column}"
    return region.name or str(place)


def cut(image: NDArray[np.uint8], quad: Quadrilateral) -> NDArray[np.uint8]:
    """What stands inside a quadrilateral, made upright, at the size that it has in the picture.

    Args:
        image: uint8 (H, W) grey or (H, W, 3) RGB.
        quad: In its pixels; what lies outside the picture is white.

    Returns:
        uint8 (h, w) or (h, w, 3), at least one pixel, no side longer than the picture's diagonal.
    """
    longest = math.ceil(math.hypot(*image.shape[:2]))
    a, b, c, d = corners = np.array(quad.corners)
    across = max(float(np.linalg.norm(b - a)), float(np.linalg.norm(c - d)))
    down = max(float(np.linalg.norm(d - a)), float(np.linalg.norm(c - b)))
    width, height = (min(max(round(side), 1), longest) for side in (across, down))
    (left, top), around = _surroundings(image, quad.box)
    if max(*around.shape[:2], width, height) > _MOST_SIDE:
        return around
    # Corners lie between pixels, pixels' middles half a pixel further in.
    inside = (corners - (left, top) - 0.5).astype(np.float32)
    upright = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32) - np.float32(0.5)
    matrix = cv2.getPerspectiveTransform(inside, upright)
    white = (255, 255, 255)
    return cv2.warpPerspective(
        around,
        matrix,
        (width, height),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=white,
    )


def _surroundings(image: NDArray[np.uint8], box: Box) -> tuple[tuple[int, int], NDArray[np.uint8]]:
    """The part of a picture that a box lies in, at least one pixel, and its left upper corner."""
    height, width = image.shape[:2]
    left, right = (int(np.clip(x, 0, width)) for x in (box.left - 1, math.ceil(box.right) + 1))
    top, bottom = (int(np.clip(y, 0, height)) for y in (box.top - 1, math.ceil(box.bottom) + 1))
    left, top = min(left, width - 1), min(top, height - 1)
    return (left, top), image[top : max(bottom, top + 1), left : max(right, left + 1)]


def to_png(image: NDArray[np.uint8]) -> bytes:
    """A picture, uint8 (H, W) grey or (H, W, 3) RGB, as the bytes of a PNG file."""
    coded = cv2.cvtColor(image, cv2.COLOR_RGB2BGR) if image.ndim == 3 else image
    return bytes(cv2.imencode(".png", coded)[1])
