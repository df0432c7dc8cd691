"""USPS as LIBSVM publishes it: a line of text a picture, within bzip2."""

from __future__ import annotations

import bz2
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inkling.errors import DatasetError

_SIDE = 16
_VALUES = _SIDE * _SIDE
_MAX_BYTES = 64 << 20
"""Decompressed; the training part has 21 MB."""


def read_usps(path: Path) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Read `usps.bz2` or `usps.t.bz2`.

    A line is `label 1:value ... 256:value`, with labels of 1 to 10 for the digits 0 to 9 and values
    of -1 (paper) to 1 (ink).

    Args:
        path: Of the file.

    Returns:
        Pictures, uint8 (N, 16, 16), ink high and not yet framed, and digits, int64 (N,).

    Raises:
        DatasetError: The file cannot be read or holds something else; the line is named.
    """
    lines = _text(path).splitlines()
    images = np.empty((len(lines), _VALUES), np.float32)
    targets = np.empty(len(lines), np.int64)
    for number, line in enumerate(lines):
        try:
            label, *pairs = line.split()
            if len(pairs) != _VALUES:
                raise ValueError(f"{len(pairs)} values in place of {_VALUES}")
            targets[number] = int(float(label)) - 1
            images[number] = [float(pair.partition(b":")[2]) for pair in pairs]
            if not (0 <= targets[number] <= 9 and np.abs(images[number]).max() <= 1):
                raise ValueError("a label outside 1..10, or a value outside -1..1")
        except ValueError as problem:
            raise DatasetError(f"{path}, line {number + 1}: {problem}.", remedy="Fetch it again.") from None
    pictures = np.round((images + 1) * 127.5).astype(np.uint8).reshape(-1, _SIDE, _SIDE)
    return pictures, targets


def _text(path: Path) -> bytes:
    try:
        with bz2.open(path) as stream:
            text = stream.read(_MAX_BYTES + 1)
    except (OSError, EOFError, ValueError) as problem:
        raise DatasetError(f"{path} cannot be read: {problem}.", remedy="Fetch it again.") from None
    if len(text) > _MAX_BYTES or not text.strip():
        raise DatasetError(f"{path} is not the text of USPS: it is empty, or far too long.")
    return text
