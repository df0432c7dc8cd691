"""Pictures of any size, made into the 28 x 28 that a set holds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inkling.datasets.digits import SIDE
from inkling.errors import DatasetError

_BOX = 20
_MIDDLE = 13.5
"""The centre of mass of MNIST's pictures lies between this and one pixel more, in both directions."""


def framed(picture: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """Frame one picture, and leave one that is framed already as it is.

    Args:
        picture: uint8 of shape (H, W), or (H, W, 3) RGB.

    Returns:
        uint8 of shape (28, 28), ink high; None when the picture is blank.
    """
    if is_framed(picture):
        return picture
    # Imported here: it brings PyTorch and OpenCV, which listing sets or loading MNIST does without.
    from inkling.transforms.normalize import frame

    return frame(picture)


def is_framed(picture: NDArray[np.uint8]) -> bool:
    """Tell whether a picture is what MNIST's are: ink 20 pixels long, its mass in the middle.

    Framing it once more would blur it and could move it by a pixel.

    Args:
        picture: uint8 of any shape.
    """
    if picture.shape != (SIDE, SIDE):
        return False
    rows, columns = np.flatnonzero(picture.any(axis=1)), np.flatnonzero(picture.any(axis=0))
    if rows.size == 0 or max(np.ptp(rows), np.ptp(columns)) + 1 not in (_BOX - 1, _BOX):
        return False
    mass = picture.astype(np.int64)
    places = np.arange(SIDE)
    middles = np.array([mass.sum(axis=1) @ places, mass.sum(axis=0) @ places]) / mass.sum()
    return bool(((middles >= _MIDDLE) & (middles <= _MIDDLE + 1)).all())


def frame_all(pictures: NDArray[np.uint8], *, name: str) -> NDArray[np.uint8]:
    """Frame every picture of an array; pictures of 28 x 28 are taken for framed and left alone.

    Args:
        pictures: uint8 of shape (N, H, W).
        name: Of the file, for the error.

    Returns:
        uint8 of shape (N, 28, 28).

    Raises:
        DatasetError: Some pictures are blank; the first five are named by their place.
    """
    if pictures.shape[1:] == (SIDE, SIDE):
        return pictures
    results = [framed(picture) for picture in pictures]
    blank = [place for place, result in enumerate(results) if result is None]
    if blank:
        first = ", ".join(str(place) for place in blank[:5]) + (", ..." if len(blank) > 5 else "")
        raise DatasetError(
            f"{name}: no ink on {len(blank)} of {len(pictures)} pictures, counted from 0: {first}.",
            remedy="Remove them and their labels.",
        )
    return np.stack([result for result in results if result is not None])
