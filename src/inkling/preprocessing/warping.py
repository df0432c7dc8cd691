"""Steps that move a page's pixels, put together so that the picture is interpolated once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.elements import Page


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """A way in which a page is to be moved.

    Attributes:
        name: What is done, such as `"turned"`.
        note: How far.
        to_before: float64 (3, 3), from pixels of the new picture to those of the one before.
        size: Width and height of the new picture, in pixels.
    """

    name: str
    note: str
    to_before: NDArray[np.float64]
    size: tuple[int, int]


def take(page: Page, steps: Sequence[Step]) -> Page:
    """Move a page step by step; each is recorded, the picture is interpolated once.

    Steps that only turn by quarters move pixels and change none.

    Args:
        page: Grey or RGB.
        steps: In order; the same page comes back when there are none.
    """
    if not steps:
        return page
    moved, matrix = page, np.eye(3)
    for step in steps:
        moved = moved.changed(page.image, step.name, step.note, to_before=step.to_before)
        matrix = matrix @ step.to_before
    return Page(
        _moved(page.image, matrix / matrix[2, 2], steps[-1].size),
        source=moved.source,
        number=moved.number,
        dpi=moved.dpi,
        changes=moved.changes,
        to_original=moved.to_original,
    )


def _moved(image: NDArray[np.uint8], matrix: NDArray[np.float64], size: tuple[int, int]) -> NDArray[np.uint8]:
    for quarters in range(4):
        step = quarter_turns(quarters, image.shape)
        if step.size == size and np.array_equal(step.to_before, matrix):
            return np.ascontiguousarray(np.rot90(image, -quarters))
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    if np.array_equal(matrix[2], (0, 0, 1)):
        moved = cv2.warpAffine(image, matrix[:2], size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    else:
        moved = cv2.warpPerspective(image, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.uint8)


def quarter_turns(quarters: int, shape: tuple[int, ...]) -> Step:
    """Turn clockwise by quarters.

    Args:
        quarters: 0 to 3.
        shape: Height and width of the picture, in pixels.
    """
    height, width = shape[:2]
    down, right = height - 1.0, width - 1.0
    matrices = (
        [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
        [[0, 1, 0], [-1, 0, down], [0, 0, 1]],
        [[-1, 0, right], [0, -1, down], [0, 0, 1]],
        [[0, -1, right], [1, 0, 0], [0, 0, 1]],
    )
    size = (height, width) if quarters % 2 else (width, height)
    note = f"by {90 * quarters} degrees clockwise"
    return Step("turned", note, np.array(matrices[quarters], np.float64), size)


def turn(degrees: float, shape: tuple[int, ...]) -> Step:
    """Turn clockwise by a small angle; the picture grows so that nothing is cut off.

    Args:
        degrees: Negative turns the other way.
        shape: Height and width of the picture, in pixels.
    """
    height, width = shape[:2]
    angle = np.deg2rad(degrees)
    cosine, sine = np.cos(angle), np.sin(angle)
    size = (
        int(np.ceil(width * cosine + height * abs(sine))),
        int(np.ceil(height * cosine + width * abs(sine))),
    )
    turned = np.array([[cosine, sine], [-sine, cosine]])
    before = np.array([(width - 1) / 2, (height - 1) / 2])
    after = np.array([(size[0] - 1) / 2, (size[1] - 1) / 2])
    matrix = np.eye(3)
    matrix[:2, :2] = turned
    matrix[:2, 2] = before - turned @ after
    return Step("deskewed", f"by {degrees:.1f} degrees clockwise", matrix, size)
