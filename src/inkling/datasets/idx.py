"""IDX, the format of MNIST's files: a header of big-endian sizes, then the numbers.

Two zero bytes, one byte for the type, one for the number of dimensions, a 32-bit size for each,
and then exactly as many numbers as these promise; all of it often within gzip.
(Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits", "The IDX file format".)
"""

from __future__ import annotations

import math
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from inkling.errors import DatasetError

MAX_BYTES = 2 << 30
"""Decompressed size of the largest file that is read; the largest known set has 0.6 GiB."""

_TYPES: dict[int, np.dtype[Any]] = {0x08: np.dtype(np.uint8), 0x0C: np.dtype(">i4")}
_OTHER_TYPES = {0x09: "int8", 0x0B: "int16", 0x0D: "float32", 0x0E: "float64"}
_BLOCK = 1 << 16
_MOST_AT_ONCE = 1 << 20
_AGAIN = "The file may be cut off or damaged: fetch or copy it again."


def read_idx(path: str | os.PathLike[str]) -> NDArray[np.uint8] | NDArray[np.int32]:
    """Read an IDX file, plain or within gzip, whichever its first bytes say.

    Args:
        path: Of the file.

    Returns:
        uint8 or int32 of one to four dimensions, writable, with at least one element.

    Raises:
        DatasetError: The file cannot be opened, or is anything but one whole IDX file.
    """
    name = str(path)
    try:
        with Path(path).open("rb") as stream:
            return as_array(read_contents(stream, name=name), name=name)
    except OSError as problem:
        raise DatasetError(f"{name} cannot be read: {problem.strerror}.", remedy="Check the path.") from None


def read_contents(stream: BinaryIO, *, name: str) -> bytearray:
    """Read what is inside an IDX file, header included, and no more than its header promises.

    Args:
        stream: Of the file, plain or within gzip, at its start.
        name: Of the file, for the errors.

    Returns:
        Exactly the bytes that the header promises.

    Raises:
        DatasetError: The file is broken or not IDX.
    """
    contents = bytearray()
    promised = math.inf
    for block in _decompressed(stream, name=name):
        contents += block
        if promised == math.inf and _header_is_whole(contents):
            promised = _promised_bytes(contents, name=name)
        if len(contents) > promised:
            raise DatasetError(
                f"{name} goes on after the {promised:,} bytes its header promises.", remedy=_AGAIN
            )
    if promised == math.inf:
        _promised_bytes(contents, name=name)
    if len(contents) < promised:
        raise DatasetError(
            f"{name} ends after {len(contents):,} of the {promised:,} bytes its header promises.",
            remedy=_AGAIN,
        )
    return contents


def as_array(contents: bytearray, *, name: str) -> NDArray[np.uint8] | NDArray[np.int32]:
    """View the contents of an IDX file as an array.

    Args:
        contents: As `read_contents` gives them.
        name: Of the file, for the errors.

    Returns:
        uint8, a view of the contents, or int32, a copy.
    """
    kind, shape, offset = _header(contents, name=name)
    numbers = np.frombuffer(contents, kind, offset=offset).reshape(shape)
    return numbers if kind == np.uint8 else numbers.astype(np.int32)


def _decompressed(stream: BinaryIO, *, name: str) -> Iterator[bytes]:
    """Give the file's contents in blocks of a megabyte at most, so a bomb is noticed early."""
    block = stream.read(_BLOCK)
    if block[:2] != b"\x1f\x8b":
        while block:
            yield block
            block = stream.read(_BLOCK)
        return
    inflater = zlib.decompressobj(wbits=31)
    try:
        while block:
            while block:
                if inflater.eof:  # gzip files may be laid end to end, and padded with zeros
                    block = block.lstrip(b"\0")
                    inflater = zlib.decompressobj(wbits=31) if block else inflater
                if block:
                    yield inflater.decompress(block, _MOST_AT_ONCE)
                    block = inflater.unused_data if inflater.eof else inflater.unconsumed_tail
            block = stream.read(_BLOCK)
        yield inflater.flush()
    except zlib.error as problem:
        raise DatasetError(
            f"{name} is damaged: its gzip data is not valid ({problem}).", remedy=_AGAIN
        ) from None
    if not inflater.eof:
        raise DatasetError(f"{name} is cut off: its gzip data has no end.", remedy=_AGAIN)


def _header_is_whole(contents: bytearray) -> bool:
    # What does not begin with zeros is no IDX file, and need not be read any further.
    return len(contents) >= 4 and (contents[:2] != b"\0\0" or len(contents) >= 4 + 4 * contents[3])


def _promised_bytes(contents: bytearray, *, name: str) -> int:
    kind, shape, offset = _header(contents, name=name)
    count = math.prod(shape)
    if count == 0:
        raise DatasetError(f"{name} holds nothing: its header says {_times(shape)}.")
    if offset + count * kind.itemsize > MAX_BYTES:
        raise DatasetError(
            f"{name} promises {_times(shape)} numbers, more than the {MAX_BYTES >> 30} GiB that are read.",
            remedy="The file may be damaged; if it is not, cut it into smaller ones.",
        )
    return offset + count * kind.itemsize


def _header(contents: bytearray, *, name: str) -> tuple[np.dtype[Any], tuple[int, ...], int]:
    """Take the header apart into the type, the shape, and where the numbers begin."""
    if len(contents) < 4 or contents[:2] != b"\0\0":
        raise DatasetError(f"{name} is not an IDX file: {_what_instead(contents)}.", remedy=_AGAIN)
    code, dimensions = contents[2], contents[3]
    if code not in _TYPES:
        known = _OTHER_TYPES.get(code, "an unknown type")
        raise DatasetError(
            f"{name} holds numbers of {known} (0x{code:02X}); bytes (0x08) and int32 (0x0C) are read.",
            remedy="Write the pictures as bytes of 0 to 255.",
        )
    if not 1 <= dimensions <= 4:
        raise DatasetError(f"{name} has {dimensions} dimensions; 1 to 4 are read.", remedy=_AGAIN)
    offset = 4 + 4 * dimensions
    if len(contents) < offset:
        raise DatasetError(f"{name} ends within its header, after {len(contents)} bytes.", remedy=_AGAIN)
    sizes = np.frombuffer(bytes(contents[4:offset]), ">u4").tolist()
    return _TYPES[code], tuple(sizes), offset


def _what_instead(contents: bytearray) -> str:
    start = bytes(contents[:64]).lstrip().lower()
    if not contents:
        return "it is empty"
    if start.startswith(b"<"):
        return "it is a web page, as servers send in place of a file they do not have"
    if start.startswith(b"pk\x03\x04"):
        return "it is a zip archive"
    if start.startswith(b"bzh"):
        return "it is a bzip2 file"
    return f"it begins with {bytes(contents[:4]).hex(' ')} in place of 00 00 08"


def _times(shape: tuple[int, ...]) -> str:
    return " x ".join(f"{size:,}" for size in shape)
