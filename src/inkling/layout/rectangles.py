"""Boxes and cells on a form: pieces of paper with rules on all four sides."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.elements import Box
from inkling.preprocessing.ink import grain

_PAPER = 297.0
"""The longer side of the paper is taken for that of A4, in millimetres."""

_RULE = 3.0
"""Millimetres that a rule is long at least; the strokes of print are shorter, or enclose nothing."""

_GAP = 1.0
"""Millimetres that are missing of a broken rule at most."""

_NARROWEST, _LOWEST, _HIGHEST = 2.5, 3.3, 45.0
"""Millimetres that a box is wide at least, high at least, and high at most."""

_FILLED = 0.85
"""Part of the rectangle around it that a box fills at least, but for a tilt."""

_ABOVE_GRAIN, _FAINTEST = 4.0, (20.0, 60.0)
"""A rule is darker than the paper by so many deviations of its grain, within bounds in grey levels."""

_DARK = 100
"""Grey levels below white of what is printed to be read; guides are paler."""

_LABEL = 0.004
"""Part of a cell that its print covers at least."""


class Rectangle(NamedTuple):
    """A box on a form.

    Attributes:
        box: Between its rules, in pixels.
        bare: Whether nothing stands in it, guides apart.
    """

    box: Box
    bare: bool


def millimetres(shape: tuple[int, ...], length: float) -> float:
    """A length on the paper in pixels of its picture, were it A4."""
    return length * max(shape[:2]) / _PAPER


def find_rectangles(grey: NDArray[np.uint8]) -> list[Rectangle]:
    """Find the boxes and cells on an upright page.

    They are the pieces into which rules cut the paper, so that a box, a comb and a table need no
    rules of their own kind here.

    Args:
        grey: uint8 (H, W), paper near 255.

    Returns:
        The boxes that hold no other boxes, from top to bottom.
    """
    depth = 255 - grey
    # A local threshold would lose pale rules beside dark ones; that a run is long tells it from grain.
    ink = (depth >= np.clip(_ABOVE_GRAIN * grain(grey), *_FAINTEST)).astype(np.uint8)
    rules = _rules(ink, millimetres(grey.shape, _RULE), millimetres(grey.shape, _GAP))
    contours, tree = cv2.findContours(1 - rules, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    # Outlines without what lies within them: straight strokes of writing look like short rules.
    outer = (
        [contour for contour, node in zip(contours, tree[0], strict=True) if node[3] < 0] if contours else []
    )
    around = np.array([cv2.boundingRect(contour) for contour in outer]).reshape(-1, 4)
    left, top, width, height = around.T
    inside = (left > 0) & (top > 0) & (left + width < grey.shape[1]) & (top + height < grey.shape[0])
    area = np.array([cv2.contourArea(contour) for contour in outer])
    narrowest, lowest, highest = (millimetres(grey.shape, each) for each in (_NARROWEST, _LOWEST, _HIGHEST))
    good = inside & (width >= narrowest) & (height >= lowest) & (height <= highest)
    good &= area >= _FILLED * (width - 1) * (height - 1)
    places = np.stack([left, top, left + width, top + height], axis=1)[good]
    dark = ((depth >= _DARK) & (rules == 0)).astype(np.uint8)
    places = _without_holders(places)
    return [Rectangle(Box(*map(float, place)), _is_bare(dark, place)) for place in places.tolist()]


def _rules(ink: NDArray[np.uint8], length: float, gap: float) -> NDArray[np.uint8]:
    """Runs of ink along rows and columns, 1 or 0, a pixel thicker than they are."""
    rules = np.zeros_like(ink)
    for way in ((1, 0), (0, 1)):
        run, bridge = (
            np.ones((max(1, round(size) * way[1]), max(1, round(size) * way[0])), np.uint8)
            for size in (length, gap)
        )
        runs = cv2.morphologyEx(ink, cv2.MORPH_OPEN, run)
        rules |= cv2.morphologyEx(runs, cv2.MORPH_CLOSE, bridge)
    return np.asarray(cv2.dilate(rules, np.ones((3, 3), np.uint8)), np.uint8)


def _without_holders(places: NDArray[np.int32]) -> NDArray[np.int32]:
    """The boxes that have no other box within them, from top to bottom."""
    places = places[np.lexsort((places[:, 0], places[:, 1]))]
    holds = np.all(places[:, None, :2] <= places[None, :, :2], axis=2)
    holds &= np.all(places[:, None, 2:] >= places[None, :, 2:], axis=2)
    return np.asarray(places[holds.sum(axis=1) == 1])


def _is_bare(dark: NDArray[np.uint8], place: list[int]) -> bool:
    left, top, right, bottom = place
    inset = max(2, (bottom - top) // 20)
    inside = dark[top + inset : bottom - inset, left + inset : right - inset]
    return bool(inside.size == 0 or inside.mean() < _LABEL)
