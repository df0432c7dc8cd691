"""Uneven light, shadow and the colour of the paper taken away: paper becomes white, ink stays dark."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.elements import Page
from inkling.preprocessing.shrinking import shrunk

_LOOK_SIDE = 512
"""Pixels of the longer side of the reduced picture in which the paper is looked for."""

_REACH = 40
"""The paper is followed at a scale of this part of the longer side: 7 mm on A4, which is wider than
strokes and narrower than shadows and coloured bands."""

_PAPER_PART = 0.88
"""What is lighter than this part of the brightest around it is paper."""

_DARKEST_PAPER = 0.2
"""Nothing darker than this part of the page's paper is taken for paper in shadow: it is black."""

_DARKEST_CHANNEL = 0.5
"""Weight of the darkest channel in the grey of a coloured picture; the rest is the mean of all
three. Coloured ink is dark in one channel, but one channel alone has more noise than three."""


def level(page: Page) -> Page:
    """Make the paper white and the same everywhere, and the ink dark on it.

    Each channel is divided by its own estimate of the paper, so that shadow and the paper's colour
    go; the paper is the morphological closing of the picture, which strokes do not survive, averaged
    over what is not ink (Gonzalez and Woods, Digital Image Processing, 9.6, shading correction).

    Args:
        page: Grey or RGB, dark writing on lighter paper.

    Returns:
        The page with an image of uint8 (H, W), paper near 255. When the page was so already, the
        same page.
    """
    image = page.image
    if image.ndim == 3:
        lit = cv2.divide(image, _grown(_paper(image), image), scale=255)
        return page.changed(_darkness(lit), "levelled")
    paper = _paper(image)
    if paper.min() >= 250:
        return page
    return page.changed(np.asarray(cv2.divide(image, _grown(paper, image), scale=255), np.uint8), "levelled")


def _paper(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Level of the paper everywhere, reduced, (h, w) or (h, w, 3); never 0."""
    small, _ = shrunk(image, _LOOK_SIDE)
    side = max(3, max(small.shape[:2]) // _REACH) | 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    closed = np.asarray(cv2.morphologyEx(small, cv2.MORPH_CLOSE, kernel), np.float32)
    paper = np.where(small > _PAPER_PART * closed, small, closed).astype(np.float32)
    paper = np.asarray(cv2.blur(paper, (side, side)), np.float32)
    least = _DARKEST_PAPER * np.quantile(paper, 0.9, axis=(0, 1))
    return np.maximum(np.maximum(paper, least), 1).round().astype(np.uint8)


def _grown(paper: NDArray[np.uint8], image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    size = (image.shape[1], image.shape[0])
    return np.asarray(cv2.resize(paper, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def _darkness(lit: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """One grey of three channels, each with its paper at 255."""
    red, green, blue = cv2.split(lit)
    darkest = cv2.min(cv2.min(red, green), blue)
    mean = cv2.transform(lit, np.full((1, 3), 1 / 3, np.float32))
    return np.asarray(
        cv2.addWeighted(darkest, _DARKEST_CHANNEL, mean, 1 - _DARKEST_CHANNEL, 0), np.uint8
    ).reshape(lit.shape[:2])
