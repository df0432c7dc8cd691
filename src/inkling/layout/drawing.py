"""The fields of a form drawn on its picture, for a person to check a template by."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from inkling.elements import Quadrilateral, Region

_COLOURS = {"line": (44, 106, 158), "comb": (196, 81, 58), "cell": (31, 138, 112)}
"""Of each kind of region: blue, red, green."""

_FINE = 16
"""OpenCV draws to a sixteenth of a pixel."""


def draw_regions(image: NDArray[np.uint8], regions: Sequence[Region]) -> NDArray[np.uint8]:
    """Draw regions with their names; of a table, the name on its first cell.

    Args:
        image: uint8 (H, W) or (H, W, 3) RGB.
        regions: In pixels of it.

    Returns:
        uint8 (H, W, 3) RGB.
    """
    drawn = image.copy() if image.ndim == 3 else np.asarray(cv2.cvtColor(image, cv2.COLOR_GRAY2RGB), np.uint8)
    thickness = max(1, round(max(image.shape) / 900))
    for region in regions:
        colour = _COLOURS[region.kind]
        for quad in region.boxes or (region.quad,):
            corners = np.round(np.array(quad.corners) * _FINE).astype(np.int32)
            cv2.polylines(drawn, [corners], True, colour, thickness, cv2.LINE_AA, shift=4)
    return _with_names(drawn, regions)


def _with_names(drawn: NDArray[np.uint8], regions: Sequence[Region]) -> NDArray[np.uint8]:
    picture = Image.fromarray(drawn)
    pen = ImageDraw.Draw(picture)
    font = ImageFont.load_default(max(9.0, max(drawn.shape) / 110))
    for region in regions:
        if (region.row or 0) + (region.column or 0) > 0:
            continue
        x, y = _place(region.quad)
        around = pen.textbbox((x, y), region.name, font=font, anchor="ls")
        pen.rectangle((around[0] - 2, around[1] - 1, around[2] + 2, around[3] + 1), fill=(255, 255, 255))
        pen.text((x, y), region.name, font=font, anchor="ls", fill=_COLOURS[region.kind])
    return np.asarray(picture)


def _place(quad: Quadrilateral) -> tuple[float, float]:
    """Where the name of a region begins: just above its upper left corner."""
    box = quad.box
    return box.left, box.top - 2
