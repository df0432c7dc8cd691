"""Blank forms drawn for the tests, filled in, and photographed."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

SHAPE = (1400, 1000)
"""Rows and columns of a drawn form."""

WORDS = [
    "number",
    "of",
    "valid",
    "invalid",
    "votes",
    "station",
    "name",
    "date",
    "total",
    "sheet",
    "ballot",
    "paper",
    "received",
    "used",
    "counted",
]


def draw_form(rows: int = 8, seed: int = 0) -> np.ndarray:
    """A blank form: words, boxes, and a table with a comb of three boxes in each row.

    Forms that differ in `rows` or `seed` are of one family: the same frame and the same layout.
    """
    random = np.random.default_rng(seed)
    form = np.full(SHAPE, 255, np.uint8)
    write(form, "TALLY SHEET OF THE COUNT", (120, 90), 1.3, 3)
    cv2.rectangle(form, (60, 40), (940, 1360), 0, 3)
    for line in range(3):
        write(form, _words(random, 4), (90, 160 + 40 * line), 0.7, 2)
        cv2.rectangle(form, (600, 135 + 40 * line), (900, 165 + 40 * line), 0, 2)
    for row, (top, bottom) in enumerate(row_edges(rows)):
        cv2.rectangle(form, (90, top), (910, bottom), 0, 2)
        write(form, f"{row + 1}  {_words(random, 3)}", (110, (top + bottom) // 2 + 8), 0.7, 2)
        for left, top_, right, bottom_ in comb_boxes(rows, row):
            cv2.rectangle(form, (left, top_), (right, bottom_), 120, 2)
    write(form, _words(random, 8), (90, 1330), 0.5, 1)
    return form


def row_edges(rows: int) -> list[tuple[int, int]]:
    """Top and bottom of each row of the table."""
    edges = np.linspace(300, 1290, rows + 1).round().astype(int).tolist()
    return list(pairwise(edges))


def comb_boxes(rows: int, row: int) -> list[tuple[int, int, int, int]]:
    """Left, top, right and bottom of the three boxes of a row."""
    top, bottom = row_edges(rows)[row]
    middle = (top + bottom) // 2
    return [(left, middle - 30, left + 50, middle + 30) for left in (700, 750, 800)]


def write(
    picture: np.ndarray, text: str, place: tuple[int, int], size: float, thickness: int, grey: int = 0
) -> None:
    """Letters of strokes, from the lower left."""
    cv2.putText(picture, text, place, cv2.FONT_HERSHEY_SIMPLEX, size, grey, thickness, cv2.LINE_AA)


def _words(random: np.random.Generator, count: int) -> str:
    return " ".join(random.choice(WORDS, count))


@dataclass(frozen=True)
class Photograph:
    """A form as a camera or a scanner saw it.

    Attributes:
        image: uint8 (H, W).
        matrix: float64 (3, 3), from pixels of the form to those of the image.
    """

    image: np.ndarray
    matrix: np.ndarray


def photograph(
    form: np.ndarray,
    *,
    turned: float = 0.0,
    scale: float = 1.0,
    tilt: tuple[float, float] = (0.0, 0.0),
    shift: tuple[float, float] = (0.0, 0.0),
    covered: float = 0.0,
    noise: float = 3.0,
    seed: int = 0,
) -> Photograph:
    """Look at a form from some place.

    Args:
        form: uint8 (H, W).
        turned: Degrees, clockwise.
        scale: Pixels of the photograph to one of the form.
        tilt: Change of the scale from side to side and from top to bottom, as a part of it.
        shift: As a part of the form's width and height.
        covered: Part of the form that lies under something grey.
        noise: Standard deviation, in grey levels.
        seed: Of the noise and of the place of the cover.
    """
    random = np.random.default_rng(seed)
    height, width = form.shape
    side = round(1.1 * scale * np.hypot(height, width))
    angle = np.deg2rad(turned)
    centred = np.array([[1, 0, -width / 2], [0, 1, -height / 2], [0, 0, 1.0]])
    leaned = np.array([[1, 0, 0], [0, 1, 0], [tilt[0] / width, tilt[1] / height, 1.0]])
    rolled = scale * np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0]])
    placed = np.array([[1, 0, side / 2], [0, 1, side / 2], [0, 0, 1.0]])
    placed[:2, 2] += np.array(shift) * scale * width
    matrix = placed @ np.vstack([rolled, [0, 0, 1]]) @ leaned @ centred
    form = form.copy()
    if covered:
        down = round(height * covered)
        top = int(random.integers(0, height - down))
        form[top : top + down] = 150
    # Seen at twice the size and averaged, as each cell of a sensor averages its light.
    large = np.array([[2, 0, 0.5], [0, 2, 0.5], [0, 0, 1.0]]) @ matrix
    seen = cv2.warpPerspective(form, large, (2 * side, 2 * side), borderValue=90)
    seen = cv2.resize(seen, (side, side), interpolation=cv2.INTER_AREA).astype(np.float32)
    light = np.linspace(0.75, 1.0, side)[None]
    image = np.clip(seen * light + noise * random.standard_normal(seen.shape, np.float32), 0, 255).astype(
        np.uint8
    )
    return Photograph(image, matrix)


def through(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Where a homography takes points, (N, 2)."""
    mapped = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    return mapped[:, :2] / mapped[:, 2:]


def cat() -> np.ndarray:
    """A picture of something that is no form: fur, two ears, two eyes, whiskers."""
    random = np.random.default_rng(7)
    fur = cv2.GaussianBlur(random.normal(0, 1, (900, 1200)), (0, 0), 2.0)
    picture = np.clip(130 + 260 * fur, 0, 255).astype(np.uint8)
    cv2.ellipse(picture, (600, 480), (300, 260), 0, 0, 360, 110, -1)
    for side in (-1, 1):
        ear = np.array([[600 + side * 120, 280], [600 + side * 290, 330], [600 + side * 270, 90]])
        cv2.fillPoly(picture, [ear], 90)
        cv2.circle(picture, (600 + side * 110, 430), 45, 230, -1)
        cv2.ellipse(picture, (600 + side * 110, 430), (12, 40), 0, 0, 360, 10, -1)
        for lean in (-20, 0, 20):
            cv2.line(picture, (600 + side * 40, 560), (600 + side * 300, 560 + lean), 240, 2, cv2.LINE_AA)
    return cv2.add(picture, (random.normal(0, 8, picture.shape)).clip(0, 255).astype(np.uint8))
