"""Pictures made smaller, for all that is looked for in the large."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def shrunk(image: NDArray[np.uint8], side: int) -> tuple[NDArray[np.uint8], float]:
    """A picture whose longer side has at most `side` pixels, each the mean of those that were there.

    Args:
        image: uint8 (H, W) or (H, W, 3).
        side: At least 1.

    Returns:
        The picture, and how many of its pixels one was, at most 1; the same picture when it is no larger.
    """
    height, width = image.shape[:2]
    scale = side / max(height, width)
    if scale >= 1:
        return image, 1.0
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    # Means of two by two take a fraction of the time that means of other areas take.
    while min(image.shape[:2]) > 1 and 4 * side <= max(image.shape[:2]):
        down, across = image.shape[0] // 2, image.shape[1] // 2
        even = image[: 2 * down, : 2 * across]
        image = np.asarray(cv2.resize(even, (across, down), interpolation=cv2.INTER_AREA), np.uint8)
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8), scale
