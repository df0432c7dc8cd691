"""The one normalisation that training and reading share.

Two steps, and every picture that a network sees has gone through both:

- `frame` makes any picture of a digit into what MNIST's pictures are: ink is high on paper of 0,
  the ink's bounding box is scaled to 20 x 20 with its aspect kept, and its centre of mass lies on
  the pixel (14, 14) of 28 x 28, as it does in MNIST's own files (LeCun et al., "Gradient-based
  learning applied to document recognition", 1998, section III.A). MNIST's own pictures have been
  framed by their makers.
- `to_input` makes framed pictures into the network's input, float32 of shape (N, 1, 28, 28):
  paper is 0, full ink is `INK` = 3.25, and the values of MNIST's training set have a standard
  deviation of 1. Paper is exactly 0, so padding and shifting need no other value.
"""

from __future__ import annotations

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from inkling.documents.picture import to_grey

SIDE = 28
"""Height and width of a framed picture, in pixels."""

BOX = 20
"""The longer side of the ink within it, in pixels."""

INK = 1 / 0.3081
"""The network's input for full ink; 0.3081 is the standard deviation of MNIST's training pixels."""

_LEAST_CONTRAST = 24
"""Grey levels between paper and ink below which a picture counts as blank."""

_LEAST_PIECE = 0.12
"""A piece of ink smaller than this part of the largest is dust, unless it lies near the largest."""


def to_input(images: torch.Tensor) -> torch.Tensor:
    """Make framed pictures into the network's input.

    Args:
        images: uint8 of shape (N, 28, 28), ink high.

    Returns:
        float32 of shape (N, 1, 28, 28), 0 to `INK`.
    """
    return images.unsqueeze(1) * (INK / 255)


def frame(picture: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """Make a picture of one digit into what MNIST's pictures are.

    Any size, polarity and colour of paper, with margins, off-centre, with dust on it. A picture that
    is framed already is left as it is.

    Args:
        picture: uint8 of shape (H, W), or (H, W, 3) RGB.

    Returns:
        uint8 of shape (28, 28), ink high; None when there is no ink on the picture.
    """
    if is_framed(picture):
        return picture
    ink = _ink(_shrink(picture))
    if ink is None:
        return None
    ink = _largest_pieces(ink)
    rows, columns = np.flatnonzero(ink.max(axis=1) > 31), np.flatnonzero(ink.max(axis=0) > 31)
    return _centre(_fit(ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]))


def is_framed(picture: NDArray[np.uint8]) -> bool:
    """Tell whether a picture is what MNIST's are: ink 20 pixels long, its mass in the middle.

    Framing it once more would blur it and could move it by a pixel.

    Args:
        picture: uint8 of any shape.
    """
    if picture.shape != (SIDE, SIDE) or picture.max() < 128:
        return False
    rows, columns = np.flatnonzero(picture.any(axis=1)), np.flatnonzero(picture.any(axis=0))
    if max(np.ptp(rows), np.ptp(columns)) + 1 not in (BOX - 1, BOX):
        return False
    mass = picture.astype(np.int64)
    places = np.arange(SIDE)
    middles = np.array([mass.sum(axis=1) @ places, mass.sum(axis=0) @ places]) / mass.sum()
    # The centre of mass of MNIST's own pictures lies here, in both directions.
    return bool(((middles >= SIDE / 2 - 0.5) & (middles <= SIDE / 2 + 0.5)).all())


def _shrink(picture: NDArray[np.uint8], most: int = 512) -> NDArray[np.uint8]:
    """Scale a large picture down, since 20 pixels are wanted in the end."""
    height, width = picture.shape[:2]
    factor = most / max(height, width)
    if factor >= 1:
        return picture
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def _ink(picture: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """Measure how far each pixel is from the paper's colour: (H, W), 0 paper to 255 ink, or None."""
    grey = to_grey(picture)
    level, light = cv2.threshold(grey, 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    del level
    paper_is_light = _paper_is_light(light)
    paper_pixels = picture[light == paper_is_light]
    if paper_pixels.size == 0:
        return None
    paper = np.median(paper_pixels, axis=0)
    if picture.ndim == 2:
        # The sign is known here, so paper brighter than its median is not mistaken for ink.
        distance = (paper - picture) if paper_is_light else (picture - paper)
    else:
        distance = np.abs(picture - paper).max(axis=2)
    full = (
        float(np.quantile(distance[light != paper_is_light], 0.75)) if (light != paper_is_light).any() else 0
    )
    noise = float(np.median(np.abs(paper_pixels - paper)))
    if full < max(_LEAST_CONTRAST, 6 * noise):
        return None
    floor = min(0.25 * full, 4 * noise)
    return np.asarray(np.clip((distance - floor) * (255 / (full - floor)), 0, 255), np.uint8)


def _paper_is_light(light: NDArray[np.uint8]) -> bool:
    """Tell paper from ink: paper is most of the picture, and more so along its border."""
    border = np.concatenate([light[0], light[-1], light[:, 0], light[:, -1]])
    return bool(0.5 * light.mean() + 0.5 * border.mean() >= 0.5)


def _largest_pieces(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Keep the largest piece of ink and those that are large beside it; the rest is dust.

    A straight line along the picture's edge is the border of the cell that the picture was cut
    from, if there is other ink to be the digit.
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStats((ink > 95).astype(np.uint8), connectivity=8)
    if count == 1:
        return ink
    areas = stats[1:, cv2.CC_STAT_AREA].astype(np.int64)
    borders = _are_borders(stats[1:], ink.shape)
    if borders.any() and areas[~borders].max(initial=0) >= _LEAST_PIECE * areas.max():
        areas[borders] = 0
    kept = np.concatenate([[False], areas >= _LEAST_PIECE * areas.max()])
    # A pixel's soft edge goes with its piece, so the mask grows by one pixel.
    mask = cv2.dilate(kept[labels].astype(np.uint8), np.ones((3, 3), np.uint8))
    return ink * mask


def _are_borders(stats: NDArray[np.int32], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Which pieces are long, thin, and lie along the picture's edge."""
    height, width = shape
    left, top, across, down = (stats[:, column] for column in range(4))
    at_side = (left <= 0.03 * width) | (left + across >= 0.97 * width)
    at_end = (top <= 0.03 * height) | (top + down >= 0.97 * height)
    upright = at_side & at_end & (down >= 6 * across) & (down >= 0.5 * height)
    level = at_end & at_side & (across >= 6 * down) & (across >= 0.5 * width)
    return np.asarray(upright | level)


def _fit(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Scale to `BOX` pixels on the longer side, the aspect kept."""
    height, width = ink.shape
    factor = BOX / max(height, width)
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    if factor < 1:
        small = cv2.resize(ink, size, interpolation=cv2.INTER_AREA)
    else:
        small = cv2.resize(ink, size, interpolation=cv2.INTER_CUBIC)
    brightest = int(small.max())
    return np.asarray(np.minimum(small * (255.0 / max(brightest, 1)), 255), np.uint8)


def _centre(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Lay the ink into 28 x 28 with its centre of mass on the pixel (14, 14), as far as it fits."""
    height, width = ink.shape
    mass = ink.astype(np.float64)
    total = mass.sum()
    down = float(mass.sum(axis=1) @ np.arange(height) / total)
    right = float(mass.sum(axis=0) @ np.arange(width) / total)
    top = min(max(round(SIDE / 2 - down), 0), SIDE - height)
    left = min(max(round(SIDE / 2 - right), 0), SIDE - width)
    framed = np.zeros((SIDE, SIDE), np.uint8)
    framed[top : top + height, left : left + width] = ink
    return framed
