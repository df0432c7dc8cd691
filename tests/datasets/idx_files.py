"""IDX files and pictures written by hand, for the tests of data sets."""

from __future__ import annotations

import struct

import numpy as np

CODES = {"uint8": 0x08, "int8": 0x09, "int16": 0x0B, "int32": 0x0C, "float32": 0x0D, "float64": 0x0E}


def idx_bytes(array: np.ndarray) -> bytes:
    """Write IDX independently of the reader, from the format's own description."""
    header = struct.pack(">HBB", 0, CODES[array.dtype.name], array.ndim)
    sizes = struct.pack(f">{array.ndim}I", *array.shape)
    return header + sizes + array.astype(array.dtype.newbyteorder(">")).tobytes()


def digit_pictures(count: int = 20, side: int = 28) -> tuple[np.ndarray, np.ndarray]:
    """Bars of different length and place, so that every picture differs from the others."""
    images = np.zeros((count, side, side), np.uint8)
    for number in range(count):
        images[number, 4 : side - 4, side // 2 - 1 + number % 3] = 255
        images[number, 4 + number % (side - 8), 5 : side - 5] = 200
    return images, np.arange(count) % 10
