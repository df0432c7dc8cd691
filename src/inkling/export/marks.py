"""Drawing on a page what was read on it, so that it can be checked at a glance.

Each box is thin, in the colour of its confidence. Its number stands beside it on a light backing,
where it hides least of what is written, and stays out of the places of others. Above the page a strip says
what the colours mean, and of how many readings each is.
"""

from __future__ import annotations

import functools
import textwrap
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from inkling.documents.picture import to_grey
from inkling.elements import PageReadings, Reading


class _Kind(NamedTuple):
    """What readings of a colour have in common.

    Attributes:
        name: As the legend has it.
        colour: RGB; the ones of Okabe and Ito, darkened where they are to be read on white, so that
            people who see no red or no green tell them apart as well.
    """

    name: str
    colour: tuple[int, int, int]


_SURE = _Kind("99 % or more", (0, 128, 92))
_LIKELY = _Kind("90 to 99 %", (0, 98, 170))
_DOUBTFUL = _Kind("below 90 %, or doubtful", (196, 86, 0))
_UNLIKELY = _Kind("below 50 %", (200, 0, 40))
_BLANK = _Kind("blank", (135, 135, 135))
_ILLEGIBLE = _Kind("illegible", (140, 50, 140))
_FAILED = _Kind("failed", (0, 0, 0))
_LEGEND = (_SURE, _LIKELY, _DOUBTFUL, _UNLIKELY, _BLANK, _ILLEGIBLE, _FAILED)

_SMALLEST, _LARGEST = 13, 44
"""Height of letters, in pixels: what can be read at full size, and what suffices on a large scan."""

_BACKING = 0.82
"""Part of white that is mixed in behind a number."""


_Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@functools.cache
def _font(size: int) -> _Font:
    """The letters that come with Pillow; loading them takes longer than writing with them."""
    return ImageFont.load_default(size)


def kind_of(reading: Reading) -> _Kind:
    """What a reading counts as."""
    if reading.status == "blank":
        return _BLANK
    if reading.status == "illegible":
        return _ILLEGIBLE
    if reading.status == "failed":
        return _FAILED
    if reading.confidence < 0.5:
        return _UNLIKELY
    if reading.status == "doubtful" or reading.confidence < 0.9:
        return _DOUBTFUL
    return _SURE if reading.confidence >= 0.99 else _LIKELY


def label_of(reading: Reading) -> str:
    """What is written beside a reading: the number, and how sure it is if that is in doubt."""
    if not reading.text:
        return "?" if reading.status in ("illegible", "failed") else ""
    return reading.text if reading.status == "read" else f"{reading.text} ({reading.confidence:.0%})"


def draw_marks(image: NDArray[np.uint8], readings: PageReadings) -> NDArray[np.uint8]:
    """A page with its readings.

    Args:
        image: uint8 (H, W) grey or (H, W, 3) RGB, the page as it came from the file.
        readings: What was read on it.

    Returns:
        uint8 (h + H, W, 3) RGB: a strip of height h with the legend, the page below it.
    """
    grey = to_grey(image)
    picture = cv2.cvtColor(image, cv2.COLOR_GRAY2RGB) if image.ndim == 2 else image.copy()
    placed = [reading for reading in readings.readings if reading.region is not None]
    thick = max(1, round(min(grey.shape) / 1000))
    for reading in placed:
        corners = _corners(reading)
        # A little inside, so that cells that share a border have each their own colour.
        inside = corners - thick * np.sign(corners - corners.mean(axis=0))
        outline = np.round(inside).astype(np.int32)
        cv2.polylines(picture, [outline], True, kind_of(reading).colour, thick, cv2.LINE_AA)
    _draw_labels(picture, grey, placed)
    return np.vstack([_strip(picture.shape[1], readings), picture])


def draw_sheet(lines: Sequence[str]) -> NDArray[np.uint8]:
    """A white sheet with some lines of text, uint8 (H, 1240, 3)."""
    wrapped = [part for line in lines for part in textwrap.wrap(line, 90) or [""]]
    picture = Image.new("RGB", (1240, 60 + 40 * len(wrapped)), "white")
    draw = ImageDraw.Draw(picture)
    for number, line in enumerate(wrapped):
        draw.text((30, 30 + 40 * number), line, fill=_UNLIKELY.colour, font=_font(24))
    return np.array(picture)


def _sides(reading: Reading) -> NDArray[np.float64]:
    """Left, top, right and bottom of the upright box around a region."""
    corners = _corners(reading)
    return np.concatenate([corners.min(axis=0), corners.max(axis=0)])


def _corners(reading: Reading) -> NDArray[np.float64]:
    return np.array(reading.region.quad.corners if reading.region else [], np.float64)


class _Label(NamedTuple):
    """A number to be written: the reading that it belongs to, the font and the size of its backing."""

    reading: Reading
    font: _Font
    width: int
    height: int


def _draw_labels(picture: NDArray[np.uint8], grey: NDArray[np.uint8], readings: Sequence[Reading]) -> None:
    """Write the numbers, each where it hides least."""
    paper = float(np.median(grey[::4, ::4]))
    ink = cv2.integral((grey < 0.7 * paper).view(np.uint8))
    boxes = np.array([_sides(reading) for reading in readings]).reshape(-1, 4)
    taken = np.empty((0, 4))
    for place, reading in enumerate(readings):
        if not label_of(reading):
            continue
        label = _label(reading)
        left, top = _best_place(label, ink, taken, np.delete(boxes, place, axis=0))
        taken = np.vstack([taken, [left, top, left + label.width, top + label.height]])
        spot = picture[top : top + label.height, left : left + label.width]
        spot[:] = (spot * (1 - _BACKING) + 255 * _BACKING).astype(np.uint8)
        written = Image.fromarray(spot)
        colour = kind_of(label.reading).colour
        ImageDraw.Draw(written).text((2, 0), label_of(label.reading), fill=colour, font=label.font)
        spot[:] = np.array(written)


def _label(reading: Reading) -> _Label:
    """How a number is written: smaller than what stands in its place, smaller still in a table."""
    part = 0.33 if reading.region and reading.region.kind == "cell" else 0.5
    font = _font(round(np.clip(part * _height(reading), _SMALLEST, _LARGEST)))
    left, top, right, bottom = font.getbbox(label_of(reading))
    return _Label(reading, font, int(right - min(left, 0)) + 4, int(bottom - min(top, 0)) + 3)


def _height(reading: Reading) -> float:
    """Of the writing in a region, in pixels, however it is turned."""
    a, b, c, d = _corners(reading)
    return float(min(np.linalg.norm(d - a), np.linalg.norm(c - b)))


def _best_place(
    label: _Label, ink: NDArray[np.int32], taken: NDArray[np.float64], others: NDArray[np.float64]
) -> tuple[int, int]:
    """The left upper corner for a label, in whole pixels inside the page.

    Args:
        label: What is placed.
        ink: int32 (H + 1, W + 1), the integral of the page's ink.
        taken: float64 (N, 4), where labels are already: left, top, right, bottom.
        others: float64 (M, 4), the places of the other readings.
    """
    height, width = ink.shape[0] - 1, ink.shape[1] - 1
    best, least = (0, 0), np.inf
    for rank, (x, y) in enumerate(_places(label)):
        left = int(np.clip(x, 0, max(width - label.width, 0)))
        top = int(np.clip(y, 0, max(height - label.height, 0)))
        right, bottom = min(left + label.width, width), min(top + label.height, height)
        hidden = int(ink[bottom, right]) - int(ink[top, right]) - int(ink[bottom, left]) + int(ink[top, left])
        shared = 10 * _overlap(taken, left, top, right, bottom) + _overlap(others, left, top, right, bottom)
        moved = (abs(left - x) + abs(top - y)) / label.height
        cost = 0.02 * rank + (2 * hidden + shared) / max((right - left) * (bottom - top), 1) + moved
        if cost < least:
            best, least = (left, top), cost
    return best


def _overlap(boxes: NDArray[np.float64], left: int, top: int, right: int, bottom: int) -> float:
    """Pixels of a rectangle that lie in boxes, float64 (N, 4)."""
    across = np.minimum(boxes[:, 2], right) - np.maximum(boxes[:, 0], left)
    down = np.minimum(boxes[:, 3], bottom) - np.maximum(boxes[:, 1], top)
    return float((across.clip(0) * down.clip(0)).sum())


def _places(label: _Label) -> list[tuple[float, float]]:
    """Where a label may stand, the best place first: above, right, below, left, in the corners."""
    left, top, right, bottom = _sides(label.reading)
    wide, high, gap = label.width, label.height, 3
    middle = (top + bottom - high) / 2
    return [
        (left, top - high - gap),
        (right - wide, top - high - gap),
        (right + gap, middle),
        (left, bottom + gap),
        (right - wide, bottom + gap),
        (left - wide - gap, middle),
        (right - wide - gap, top + gap),
        (left + gap, top + gap),
        (right - wide - gap, bottom - high - gap),
        (left + gap, bottom - high - gap),
    ]


def _strip(width: int, readings: PageReadings) -> NDArray[np.uint8]:
    """What stands above the page: the page's name, or why it failed, and what the colours mean."""
    size = round(np.clip(width / 70, _SMALLEST, _LARGEST))
    font = _font(size)
    counts = Counter(kind_of(reading) for reading in readings.readings)
    entries = [(f"{kind.name}: {counts[kind]}", kind.colour) for kind in _LEGEND if counts[kind]]
    if not entries:
        entries = [(readings.reason or "no number was found", _UNLIKELY.colour)]
    spots, lines = _flow(entries, font, width, size)
    picture = Image.new("RGB", (width, round((1.5 * lines + 0.6) * size)), "white")
    draw = ImageDraw.Draw(picture)
    for (text, colour), (x, y) in zip(entries, spots, strict=True):
        draw.rectangle((x, y + 0.25 * size, x + 0.7 * size, y + 0.95 * size), outline=colour, width=2)
        draw.text((x + 1.1 * size, y), text, fill=colour, font=font)
    return np.array(picture)


def _flow(
    entries: Sequence[tuple[str, tuple[int, int, int]]],
    font: _Font,
    width: int,
    size: int,
) -> tuple[list[tuple[float, float]], int]:
    """Where each entry of the legend begins, and how many lines they fill."""
    x, line = float(size), 0
    spots = []
    for text, _ in entries:
        need = 1.1 * size + font.getlength(text)
        if x > size and x + need > width:
            x, line = float(size), line + 1
        spots.append((x, (0.4 + 1.5 * line) * size))
        x += need + 1.5 * size
    return spots, line + 1
