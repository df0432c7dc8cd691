"""Pictures seen through homographies, float64 (3, 3) between pixels whose centres are whole numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

Window = tuple[slice, slice]
"""Rows and columns of a picture, from the first to the one after the last."""


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


def warped(
    image: NDArray[np.uint8],
    matrix: Floats,
    shape: tuple[int, int],
    windows: Sequence[Window] | None = None,
) -> NDArray[np.uint8]:
    """The picture whose pixels are those that a homography maps them to; white beyond.

    Args:
        image: uint8 (H, W) or (H, W, 3).
        matrix: float64 (3, 3), from pixels of the result to those of `image`.
        shape: Rows and columns of the result.
        windows: Of them, those that are wanted; it is white outside. None for all.
    """
    factor = scale_of(matrix, shape)
    if factor > 1.4:
        # Reduced first, or thin rules would fall between the pixels that are looked at.
        image = np.asarray(
            cv2.resize(image, None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA)
        )
        matrix = scaling(1 / factor) @ matrix
    seen = np.full((*shape, *image.shape[2:]), 255, np.uint8)
    for rows, columns in [(slice(0, shape[0]), slice(0, shape[1]))] if windows is None else windows:
        if not seen[rows, columns].size:  # OpenCV would take no size for that of the image
            continue
        begin = np.array([[1, 0, columns.start], [0, 1, rows.start], [0, 0, 1]])
        seen[rows, columns] = cv2.warpPerspective(
            image,
            matrix @ begin,
            (columns.stop - columns.start, rows.stop - rows.start),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=(255, 255, 255),
        )
    return seen


def corners_of(shape: tuple[int, ...]) -> Floats:
    """The corners of a picture, float64 (4, 2): top left, top right, bottom right, bottom left."""
    height, width = shape[:2]
    return np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64)
