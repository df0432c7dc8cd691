"""Pictures seen through homographies, float64 (3, 3) between pixels whose centres are whole numbers."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def through(matrix: NDArray[np.floating[Any]], points: NDArray[np.floating[Any]]) -> Floats:
    """Where a homography takes points, float64 (N, 2)."""
    mapped = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    return np.asarray(mapped[:, :2] / mapped[:, 2:])


def scale_of(matrix: Floats, shape: tuple[int, ...]) -> float:
    """Pixels of the page to one of the blank, in the middle of the part that is mapped."""
    corners = corners_of(shape)
    seen = through(matrix, corners).astype(np.float32)
    return float(np.sqrt(abs(cv2.contourArea(seen)) / (shape[0] * shape[1])))


def scaling(factor: float) -> Floats:
    """The matrix that enlarges a picture, whose pixels have their centres at whole numbers."""
    shift = 0.5 * factor - 0.5
    return np.array([[factor, 0, shift], [0, factor, shift], [0, 0, 1]])


def warped(image: NDArray[np.uint8], matrix: Floats, shape: tuple[int, int]) -> NDArray[np.uint8]:
    """The picture whose pixels are those that a homography maps them to; white beyond.

    Args:
        image: uint8 (H, W) or (H, W, 3).
        matrix: float64 (3, 3), from pixels of the result to those of `image`.
        shape: Rows and columns of the result.
    """
    factor = scale_of(matrix, shape)
    if factor > 1.4:
        # Reduced first, or thin rules would fall between the pixels that are looked at.
        image = np.asarray(
            cv2.resize(image, None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA)
        )
        matrix = scaling(1 / factor) @ matrix
    seen = cv2.warpPerspective(
        image,
        matrix,
        shape[::-1],
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=(255, 255, 255),
    )
    return np.asarray(seen, np.uint8)


def reduced(grey: NDArray[np.uint8], side: int) -> tuple[NDArray[np.uint8], float]:
    """A picture whose longer side has at most `side` pixels, and how many of its pixels one was."""
    scale = side / max(grey.shape)
    if scale >= 1:
        return grey, 1.0
    return np.asarray(
        cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8
    ), scale


def corners_of(shape: tuple[int, ...]) -> Floats:
    """The corners of a picture, float64 (4, 2): top left, top right, bottom right, bottom left."""
    height, width = shape[:2]
    return np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64)
