"""One picture from a path, bytes or a stream, opened as if a stranger had sent it."""

from __future__ import annotations

import io
import os
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from inkling.errors import PictureError

Picture = str | os.PathLike[str] | bytes | ArrayLike
"""A path, the bytes of a file, or an array: (H, W) grey or (H, W, 3) RGB, any real type."""

MAX_PIXELS = 100_000_000
"""A4 at 600 dpi has 35 million; what is larger than this is refused before it is decoded."""

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF", "PPM")
"""Formats that are opened; the list keeps rarely used decoders away from files of strangers."""

_PIECE = 2**20
"""Numbers that are stretched at a time."""

BROKEN = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)
"""Decoders meet broken files with all of these."""


def to_grey(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A grey picture, (H, W), of one that is grey already or (H, W, 3) RGB."""
    import cv2  # here, since pictures are opened where nothing else of it is needed

    return picture if picture.ndim == 2 else np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)


def source_of(picture: Picture) -> str:
    """The path of a picture; empty for bytes and arrays."""
    return str(picture) if isinstance(picture, (str, os.PathLike)) else ""


def told_of(name: str) -> str:
    """The name of a source as a sentence has it."""
    return {"": "the file", "-": "stdin"}.get(name, name)


def to_picture(picture: Picture) -> NDArray[np.uint8]:
    """Open what a caller gives as a picture.

    Args:
        picture: A path, the bytes of a file, or an array of any real type.

    Returns:
        uint8 of shape (H, W) for a grey picture, (H, W, 3) RGB for a coloured one.

    Raises:
        PictureError: The file cannot be opened, or the array is no picture.
    """
    if isinstance(picture, (str, os.PathLike, bytes)):
        return open_picture(picture)
    try:
        array = np.asarray(picture)
    except ValueError:
        raise PictureError("Rows of different lengths are no picture.", remedy="Give an array.") from None
    if array.ndim == 0:
        raise PictureError(
            f"A {type(picture).__name__} is no picture.",
            remedy="Give a path, the bytes of a file, or an array of (H, W) or (H, W, 3).",
        )
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[..., 0]
    if array.ndim not in (2, 3) or array.size == 0 or (array.ndim == 3 and array.shape[2] != 3):
        raise PictureError(
            f"An array of shape {array.shape} is no picture.", remedy="Give (H, W), or (H, W, 3) RGB."
        )
    if array.dtype.kind not in "buif":
        raise PictureError(f"An array of {array.dtype} is no picture.", remedy="Give numbers.")
    if array.dtype.kind == "f" and not np.isfinite(array).any():
        raise PictureError("An array without a finite number is no picture.", remedy="Give numbers.")
    return array if array.dtype == np.uint8 else stretch_to_bytes(array)


def open_picture(source: str | os.PathLike[str] | bytes | BinaryIO) -> NDArray[np.uint8]:
    """Open a picture of any common format, mode and bit depth.

    EXIF orientation is applied; transparency is laid on paper that contrasts with what is opaque;
    16-bit and floating-point pictures are stretched from their darkest to their lightest pixel.

    Args:
        source: A path, the bytes of a file, or a binary stream.

    Returns:
        uint8 of shape (H, W) for a grey picture, (H, W, 3) RGB for a coloured one.

    Raises:
        PictureError: The file is missing, not a picture, broken, or has more than `MAX_PIXELS`.
    """
    name = (str(source) or "An empty path") if isinstance(source, (str, os.PathLike)) else "the picture"
    stream = io.BytesIO(source) if isinstance(source, bytes) else source
    if isinstance(source, bytes) and not source:
        raise PictureError(f"{name} is empty.", remedy="It may not have been written to its end.")
    with picture_errors(name, MAX_PIXELS), Image.open(stream, formats=FORMATS) as picture:
        width, height = picture.size
        if width * height > MAX_PIXELS:
            raise PictureError(
                f"{name} has {width} x {height} pixels, more than {MAX_PIXELS:,}.", remedy="Scale it down."
            )
        return decoded(picture)


@contextmanager
def picture_errors(name: str, most: int) -> Iterator[None]:
    """Turn what decoders raise within it into errors that say what to do.

    Args:
        name: What is opened, as it is told of.
        most: Pixels that it may have.

    Raises:
        PictureError: The file is missing, not a picture, or broken.
    """
    try:
        with warnings.catch_warnings():
            # Pillow warns of large pictures at a size of its own (the limits here are others),
            # and of damage that it steps over.
            warnings.simplefilter("ignore")
            yield
    except FileNotFoundError:
        raise PictureError(f"{name} does not exist.", remedy="Check the path.") from None
    except IsADirectoryError:
        raise PictureError(f"{name} is a folder, not a picture.", remedy="Name the pictures in it.") from None
    except Image.DecompressionBombError:
        raise PictureError(f"{name} is larger than {most:,} pixels.", remedy="Scale it down.") from None
    except UnidentifiedImageError:
        raise PictureError(
            f"{name} is not a picture.", remedy=f"Formats that open: {', '.join(FORMATS)}."
        ) from None
    except BROKEN as problem:
        if said := getattr(problem, "strerror", None):  # by the system, not by a decoder
            raise PictureError(f"{name} cannot be opened: {said}.", remedy="Check the path.") from None
        raise PictureError(
            f"{name} cannot be read: {problem}.", remedy="The file may be cut off or damaged."
        ) from None


def decoded(picture: Image.Image) -> NDArray[np.uint8]:
    """The pixels of a picture that Pillow has opened, as `open_picture` gives them; it is turned upright."""
    picture.load()
    with suppress(*BROKEN):  # a block too damaged to tell of a turn asks for none
        ImageOps.exif_transpose(picture, in_place=True)
    return _to_array(picture)


def _to_array(picture: Image.Image) -> NDArray[np.uint8]:
    if picture.mode in ("I", "F") or picture.mode.startswith("I;16"):
        return stretch_to_bytes(np.asarray(picture))
    if picture.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in picture.info:
        picture = _lay_on_paper(picture.convert("RGBA"))
    mode = "L" if picture.mode in ("1", "L") else "RGB"
    return np.asarray(picture if picture.mode == mode else picture.convert(mode))


def _lay_on_paper(picture: Image.Image) -> Image.Image:
    pixels = np.asarray(picture)
    opaque = pixels[pixels[..., 3] > 127][:, :3]
    paper = 255 if opaque.size == 0 or opaque.mean() < 128 else 0
    sheet = Image.new("RGBA", picture.size, (paper, paper, paper, 255))
    return Image.alpha_composite(sheet, picture).convert("RGB")


def stretch_to_bytes(values: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Map numbers of any range to 0..255, the least to 0 and the greatest to 255.

    Args:
        values: Integers or floats of any shape; what is not finite counts as 0.

    Returns:
        uint8 of the same shape; all zeros when the values differ by less than a hundredth of the
        largest, which is a sheet with noise on it rather than ink.
    """
    flat = values.reshape(-1)
    # In pieces, because a sheet of 64-bit numbers is eight times the picture.
    pieces = [flat[start : start + _PIECE] for start in range(0, flat.size, _PIECE)]
    low = min((float(_finite(piece).min()) for piece in pieces), default=0.0)
    high = max((float(_finite(piece).max()) for piece in pieces), default=0.0)
    stretched = np.zeros(flat.shape, np.uint8)
    if high - low > 0.01 * max(abs(low), abs(high)):
        for number, piece in enumerate(pieces):
            levels = np.round((_finite(piece) - low) * (255.0 / (high - low)))
            stretched[number * _PIECE : number * _PIECE + piece.size] = levels
    return stretched.reshape(values.shape)


def _finite(values: NDArray[np.generic]) -> NDArray[np.float64]:
    return np.nan_to_num(values.astype(np.float64), copy=False, nan=0.0, posinf=0.0, neginf=0.0)
