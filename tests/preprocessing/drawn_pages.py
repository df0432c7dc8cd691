"""Pages drawn for the tests, and photographs taken of them, of which everything is known."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

WORDS = (
    *("the", "quick", "brown", "fox", "jumps", "over", "a", "lazy", "dog", "and", "then", "walks"),
    *("back", "to", "the", "old", "mill", "where", "nothing", "has", "happened", "for", "years"),
    *("but", "lights", "still", "burn", "in", "the", "hall", "at", "night", "as", "if", "alone"),
)


def printed_page(height: int = 1400, width: int = 1000, *, seed: int = 0) -> NDArray[np.uint8]:
    """Lines of print and a table of numbers on white paper."""
    rng = np.random.default_rng(seed)
    page = np.full((height, width), 255, np.uint8)
    for y in range(120, height * 11 // 20, 56):
        words, x = "", 80
        while x < width - 280:
            words = str(rng.choice(WORDS))
            cv2.putText(page, words, (x, y), cv2.FONT_HERSHEY_COMPLEX, 1.0, 30, 1, cv2.LINE_AA)
            x += cv2.getTextSize(words, cv2.FONT_HERSHEY_COMPLEX, 1.0, 1)[0][0] + 16
    top, bottom = height * 6 // 10, height * 9 // 10
    for y in np.linspace(top, bottom, 6).round().astype(int):
        cv2.line(page, (80, int(y)), (width - 80, int(y)), 60, 2)
    for x in np.linspace(80, width - 80, 5).round().astype(int):
        cv2.line(page, (int(x), top), (int(x), bottom), 60, 2)
    for y in np.linspace(top, bottom, 6)[:-1]:
        for x in np.linspace(80, width - 80, 5)[:-1]:
            number = str(rng.integers(10, 1000))
            at = (int(x) + 40, int(y) + 60)
            cv2.putText(page, number, at, cv2.FONT_HERSHEY_SIMPLEX, 1.3, 40, 3, cv2.LINE_AA)
    return page


def shaded(height: int, width: int, *, darkest: float = 0.5) -> NDArray[np.float64]:
    """Light that falls from a corner, with a shadow across: 1 where it is brightest."""
    x, y = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    shadow = 1 / (1 + np.exp((x + 0.4 * y - 0.8) * 18))
    return darkest + (1 - darkest) * (0.6 * (1 - 0.5 * x - 0.5 * y) + 0.4 * shadow)


def photograph(
    page: NDArray[np.uint8],
    corners: NDArray[np.float64],
    size: tuple[int, int],
    *,
    seed: int = 0,
    table: tuple[int, int, int] = (120, 85, 60),
) -> NDArray[np.uint8]:
    """A page that lies on a table of coarse wood, in uneven light, RGB.

    Args:
        page: (h, w).
        corners: (4, 2), where its corners come to lie, top left first and clockwise.
        size: Width and height of the photograph.
        seed: Of the wood's grain and of the noise.
        table: Its colour.
    """
    rng = np.random.default_rng(seed)
    width, height = size
    grain = cv2.GaussianBlur(rng.normal(0, 60, (height, width)), (0, 0), sigmaX=40, sigmaY=1.5)
    picture = np.array(table) + 4 * grain[..., None]
    h, w = page.shape
    flat = np.array([(0, 0), (w - 1, 0), (w - 1, h - 1), (0, h - 1)], np.float32)
    matrix = cv2.getPerspectiveTransform(flat, corners.astype(np.float32))
    seen = cv2.warpPerspective(page, matrix, size, flags=cv2.INTER_AREA)
    inside = cv2.warpPerspective(np.full_like(page, 255), matrix, size)[..., None] / 255
    picture = picture * (1 - inside) + seen[..., None] * np.array([0.93, 0.92, 0.88]) * inside
    picture = picture * shaded(height, width)[..., None] + rng.normal(0, 3, picture.shape)
    return np.clip(picture, 0, 255).round().astype(np.uint8)
