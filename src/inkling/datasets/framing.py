"""Whole arrays of pictures of any size, made into the 28 x 28 that a set holds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inkling.datasets.digits import SIDE
from inkling.errors import DatasetError


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
    # Imported here: it brings PyTorch and OpenCV, which listing sets or loading MNIST does without.
    from inkling.transforms.normalize import frame

    results = [frame(picture) for picture in pictures]
    blank = [place for place, result in enumerate(results) if result is None]
    if blank:
        first = ", ".join(str(place) for place in blank[:5]) + (", ..." if len(blank) > 5 else "")
        raise DatasetError(
            f"{name}: no ink on {len(blank)} of {len(pictures)} pictures, counted from 0: {first}.",
            remedy="Remove them and their labels.",
        )
    return np.stack([result for result in results if result is not None])
