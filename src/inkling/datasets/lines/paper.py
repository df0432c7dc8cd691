"""What numbers are written on, and what else is on it: rules, boxes, patterns, shadows, stamps.

A paper is float32 (H, W), the light that it throws back: 0 black to 1 white. Every function changes
it in place or gives a new one; lengths are parts of `unit`, the height of a digit in pixels.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Rng = np.random.Generator
Light = NDArray[np.float32]


def make_paper(height: int, width: int, unit: float, contrast: float, rng: Rng) -> Light:
    """Draw an empty sheet with its colour, grain and print.

    Args:
        height: In pixels.
        width: In pixels.
        unit: Height of a digit, in pixels.
        contrast: Part of the light, 0 to 1, that the ink to come takes away. Whoever prints a
            pattern to write on sees to it that writing stands out.
        rng: Drawn from.
    """
    level = float(rng.triangular(0.35, 0.85, 1.0))
    paper = np.full((height, width), level, np.float32)
    if rng.random() < 0.6:
        paper *= 1 + _cloud(height, width, rng, cells=3) * (rng.uniform(0.0, 0.12) * contrast)
    if rng.random() < 0.3:
        print_pattern(paper, unit, contrast, rng)
    if rng.random() < 0.4:
        rule(paper, unit, contrast, rng)
    if rng.random() < 0.35:
        draw_box(paper, unit, rng)
    if rng.random() < 0.04:
        guide(paper, unit, rng)
    if rng.random() < 0.05:
        stamp(paper, unit, contrast, rng)
    if rng.random() < 0.05:
        small_print(paper, unit, rng)
    return paper


def cast_light(picture: Light, rng: Rng) -> Light:
    """Light falls unevenly, and something may throw a shadow."""
    height, width = picture.shape
    if rng.random() < 0.5:
        ramp = np.linspace(-0.5, 0.5, width, dtype=np.float32) * rng.normal(0, 0.25)
        ramp = ramp + np.linspace(-0.5, 0.5, height, dtype=np.float32)[:, None] * rng.normal(0, 0.2)
        picture = picture * (1 + np.clip(ramp, -0.4, 0.4))
    if rng.random() < 0.06:
        angle, soft = rng.uniform(0, 2 * np.pi), rng.uniform(0.5, 6)
        x = np.arange(width, dtype=np.float32) - width * rng.uniform(0.1, 0.9)
        y = np.arange(height, dtype=np.float32)[:, None] - height * rng.uniform(0.2, 0.8)
        side = (x * np.cos(angle) + y * np.sin(angle)).astype(np.float32) / np.float32(soft)
        picture = picture * (1 - rng.uniform(0.1, 0.5) / (1 + np.exp(np.clip(-side, -30, 30))))
    return np.asarray(picture, np.float32)


def _cloud(height: int, width: int, rng: Rng, *, cells: int) -> Light:
    """Smooth noise of standard deviation about 1."""
    columns = max(2, round(cells * width / height))
    coarse = rng.standard_normal((cells, columns), dtype=np.float32)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)


def print_pattern(paper: Light, unit: float, contrast: float, rng: Rng) -> None:
    """The wavy lines, dots and weave that banks print on cheques."""
    height, width = paper.shape
    x = np.arange(width, dtype=np.float32)
    y = np.arange(height, dtype=np.float32)[:, None]
    depth = contrast * rng.uniform(0.08, 0.65)
    for _ in range(int(rng.integers(1, 4))):
        period = max(2.2, unit * float(rng.triangular(0.07, 0.14, 0.5)))
        angle = rng.normal(0, 0.25) + (np.pi / 2 if rng.random() < 0.25 else 0.0)
        along = x * np.cos(angle) + y * np.sin(angle)
        across = y * np.cos(angle) - x * np.sin(angle)
        wave = (
            unit
            * rng.uniform(0.0, 0.35)
            * np.sin(along * (2 * np.pi / (unit * rng.uniform(0.6, 5))) + rng.uniform(0, 6.28))
        )
        phase = ((across + wave) * (2 * np.pi / period)).astype(np.float32)
        sharp = rng.uniform(0.0, 0.8)
        lines = np.clip((np.cos(phase) - sharp) / (1 - sharp), 0, 1)
        if rng.random() < 0.2:  # dots where two families meet
            lines *= np.clip(np.cos((along * (2 * np.pi / period)).astype(np.float32)) * 1.5, 0, 1)
        paper *= 1 - depth * lines
        depth *= rng.uniform(0.3, 1.0)


def _line(paper: Light, a: tuple[float, float], b: tuple[float, float], thick: float, dark: float) -> None:
    """Draw a printed line from a to b, (x, y) in pixels; it may leave the paper."""
    mask = np.zeros(paper.shape, np.uint8)
    # A line thinner than a pixel is a pixel wide and fainter.
    strength = 255 * min(1.0, thick)
    ends = [tuple(int(np.clip(round(v * 16), -(1 << 20), 1 << 20)) for v in point) for point in (a, b)]
    cv2.line(mask, ends[0], ends[1], strength, max(1, round(thick)), cv2.LINE_AA, 4)
    paper *= 1 - mask * np.float32(dark / 255)


def rule(paper: Light, unit: float, contrast: float, rng: Rng) -> None:
    """Lines to write on, or dots, or the lines of the rows above and below."""
    height, width = paper.shape
    dark, thick = rng.uniform(0.2, 1.0) * max(contrast, 0.3), unit * rng.uniform(0.015, 0.06)
    y, slope = height * rng.uniform(0.0, 1.0), rng.normal(0, 0.02)
    apart = unit * rng.uniform(1.1, 2.5)
    for step in range(int(rng.integers(1, 4))):
        level = y + step * apart
        if rng.random() < 0.12:  # dotted
            pitch = unit * rng.uniform(0.1, 0.3)
            for x in np.arange(0, width, max(pitch, 2.0)):
                _dot(paper, x, level + slope * x, dark)
        else:
            _line(paper, (-2, level - 2 * slope), (width + 2, level + slope * width), thick, dark)


def _dot(paper: Light, x: float, y: float, dark: float) -> None:
    row, column = round(y), round(x)
    if 0 <= row < paper.shape[0] and 0 <= column < paper.shape[1]:
        paper[row, column] *= 1 - dark


def draw_box(paper: Light, unit: float, rng: Rng) -> None:
    """The borders of a cell, or the uprights of a comb."""
    height, width = paper.shape
    dark, thick = rng.uniform(0.2, 0.95), unit * rng.uniform(0.02, 0.08)
    lean = rng.normal(0, 0.02)
    inset = unit * rng.uniform(-0.05, 0.4, 4)
    sides = rng.random(4) < rng.uniform(0.3, 1.0)
    for side, x in ((sides[0], inset[0]), (sides[1], width - 1 - inset[1])):
        if not side:
            continue
        top, bottom = -2.0, height + 2.0
        if rng.random() < 0.25:  # an end of it, as the corner of the next cell leaves it; no 1 stands so
            end = height * float(rng.uniform(0.0, 1.0))
            top, bottom = (top, end) if rng.random() < 0.5 else (end, bottom)
        _line(paper, (x + lean * top, top), (x + lean * bottom, bottom), thick, dark)
        if rng.random() < 0.15:  # drawn double
            second = x + unit * rng.uniform(0.08, 0.2)
            _line(paper, (second + lean * top, top), (second + lean * bottom, bottom), thick, dark)
    if sides[2]:
        _line(paper, (-2, inset[2]), (width + 2, inset[2] - lean * width), thick, dark)
    if sides[3]:
        y = height - 1 - inset[3]
        _line(paper, (-2, y), (width + 2, y - lean * width), thick, dark)
    if rng.random() < 0.15:
        pitch = unit * rng.uniform(0.7, 1.4)
        low = height * rng.uniform(0.0, 0.7)
        for x in np.arange(inset[0], width, pitch):
            _line(paper, (float(x), low), (float(x), height + 2), thick, dark * 0.8)


def guide(paper: Light, unit: float, rng: Rng) -> None:
    """A printed stroke at the left, where writing is to begin; it is no minus."""
    y = paper.shape[0] * rng.uniform(0.35, 0.75)
    end = unit * rng.uniform(0.15, 0.6)
    _line(paper, (-2, y), (end, y), unit * rng.uniform(0.03, 0.12), rng.uniform(0.3, 0.9))


def stamp(paper: Light, unit: float, contrast: float, rng: Rng) -> None:
    """A round or square stamp that reaches into the picture."""
    height, width = paper.shape
    mask = np.zeros(paper.shape, np.uint8)
    centre = (int(rng.integers(0, width)), int(rng.integers(-height // 2, height + height // 2)))
    thick = max(1, round(unit * rng.uniform(0.03, 0.1)))
    for reach in (rng.uniform(0.6, 2.0), rng.uniform(0.4, 1.5)):
        if rng.random() < 0.7:
            cv2.circle(mask, centre, max(2, round(unit * reach)), 255, thick, cv2.LINE_AA)
        else:
            side = max(2, round(unit * reach))
            corner = (centre[0] + 2 * side, centre[1] + side)
            cv2.rectangle(mask, centre, corner, 255, thick)
    worn = np.clip(0.6 + 0.5 * _cloud(height, width, rng, cells=6), 0, 1)
    paper *= 1 - mask * np.float32(contrast * rng.uniform(0.2, 0.8) / 255) * worn


def small_print(paper: Light, unit: float, rng: Rng) -> None:
    """A few printed letters near the border, such as the label of a field."""
    height, width = paper.shape
    mask = np.zeros(paper.shape, np.uint8)
    letters = "".join(chr(c) for c in rng.integers(65, 91, int(rng.integers(2, 9))))
    size = unit / 22 * rng.uniform(0.25, 0.45)
    y = rng.uniform(0.0, 0.2) * height if rng.random() < 0.6 else rng.uniform(0.95, 1.1) * height
    where = (round(rng.uniform(-0.1, 0.8) * width), round(y))
    cv2.putText(mask, letters, where, cv2.FONT_HERSHEY_SIMPLEX, size, 255, 1, cv2.LINE_AA)
    paper *= 1 - mask * np.float32(rng.uniform(0.3, 0.9) / 255)
