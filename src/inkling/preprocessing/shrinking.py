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
        The picture, and the scale, pixels of it to one of `image`, at most 1: what was at `x` is at
        `(x + 0.5) * scale - 0.5`. The same picture when it is no larger.
    """
    scale = side / max(image.shape[:2])
    if scale >= 1:
        return image, 1.0
    rest = scale  # of what is still to be done
    # Means of two by two take a fraction of the time that means of other areas take.
    while rest <= 0.25 and min(image.shape[:2]) > 1:
        down, across = image.shape[0] // 2, image.shape[1] // 2
        even = image[: 2 * down, : 2 * across]
        image = np.asarray(cv2.resize(even, (across, down), interpolation=cv2.INTER_AREA), np.uint8)
        rest *= 2
    height, width = (round(length * rest) for length in image.shape[:2])
    # Told the size instead of the factors, OpenCV would stretch the picture to whole pixels.
    size = None if height and width else (max(width, 1), max(height, 1))
    small = cv2.resize(image, size, fx=rest, fy=rest, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8), scale
