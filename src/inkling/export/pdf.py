"""A PDF written page by page, so that its length costs no memory.

No library writes pages as they come: reportlab, fpdf2 and pypdfium2 keep all of them until the end.

The subset of ISO 32000-1 that a scanned document needs: on each page one picture that fills it, and
text laid over the picture that is found and copied but not seen (text rendering mode 3, section
9.3.6). The text is set in Courier, one of the 14 fonts that every viewer has (section 9.6.2.2):
every character of it is as wide as any other, so that a number can be stretched to the width that it
has on paper.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import BinaryIO, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.elements import Point

DPI = 150
"""Pixels to an inch of a page that does not say."""

_LONGEST_SIDE = 14_400
"""Points that a side of a page may have, by annex C of the standard."""

_ADVANCE, _ASCENT, _DESCENT = 0.6, 0.8, 0.25
"""Of Courier, in units of its size: how wide a character is, and how far above and below its line
viewers take it to go."""

_JPEG = [
    cv2.IMWRITE_JPEG_QUALITY, 90,
    cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
]  # fmt: skip
"""Colours are kept as sharp as everything else: thin strokes of ink have no others."""

_MOST_JPEG = 65_000
"""Pixels that a side of a JPEG may have; what is larger is compressed without loss."""


class Text(NamedTuple):
    """A piece of text and where it stands on a page's picture.

    Attributes:
        content: What it says; characters that Windows-1252 lacks become `?`.
        left, right: Its lower left and lower right corners, in pixels.
        height: From there to its upper edge, in pixels.
    """

    content: str
    left: Point
    right: Point
    height: float


class Pdf:
    """A PDF file in the making; `finish` makes it one.

    Args:
        file: Where it goes, at its beginning.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._places: dict[int, int] = {}
        self._pages: list[int] = []
        self._size = 0
        self._next = 4  # 1 is the catalogue, 2 the list of pages, 3 the font
        self._put(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
        self._add(b"<</Type/Font/Subtype/Type1/BaseFont/Courier/Encoding/WinAnsiEncoding>>", 3)

    def add_page(self, image: NDArray[np.uint8], dpi: float | None, texts: Sequence[Text] = ()) -> None:
        """Add a page.

        Args:
            image: uint8 (H, W) grey or (H, W, 3) RGB.
            dpi: Pixels to an inch, which make the size of the page; `DPI` if unknown.
            texts: What is laid over it.
        """
        height, width = image.shape[:2]
        scale = 72 / (dpi or DPI)
        scale = min(scale, _LONGEST_SIDE / max(height, width))
        wide, high = width * scale, height * scale
        picture = self._add_picture(image)
        lines = [f"q {wide:.3f} 0 0 {high:.3f} 0 0 cm /P Do Q", "BT 3 Tr"]
        lines += [_laid(text, scale, high) for text in texts if text.content]
        content = self._add_stream(b"", zlib.compress("\n".join([*lines, "ET"]).encode()), b"/FlateDecode")
        self._pages.append(
            self._add(
                f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {wide:.3f} {high:.3f}]/Contents {content} 0 R"
                f"/Resources<</XObject<</P {picture} 0 R>>/Font<</F 3 0 R>>>>>>".encode()
            )
        )

    def finish(self) -> None:
        """Write what a reader of the file looks up first; it stands at the end."""
        kids = " ".join(f"{page} 0 R" for page in self._pages)
        self._add(f"<</Type/Pages/Count {len(self._pages)}/Kids[{kids}]>>".encode(), 2)
        self._add(b"<</Type/Catalog/Pages 2 0 R>>", 1)
        places = [f"{self._places[number]:010} 00000 n \n" for number in range(1, self._next)]
        table, start = "".join(["0000000000 65535 f \n", *places]), self._size
        self._put(f"xref\n0 {self._next}\n{table}trailer\n<</Size {self._next}/Root 1 0 R>>\n".encode())
        self._put(f"startxref\n{start}\n%%EOF\n".encode())

    def _put(self, data: bytes) -> None:
        self._file.write(data)
        self._size += len(data)

    def _add(self, body: bytes, number: int | None = None) -> int:
        """Write an object and give its number."""
        if number is None:
            number = self._next
            self._next += 1
        self._places[number] = self._size
        self._put(b"%d 0 obj\n%b\nendobj\n" % (number, body))
        return number

    def _add_stream(self, entries: bytes, data: bytes, coding: bytes) -> int:
        head = b"<<%b/Filter%b/Length %d>>" % (entries, coding, len(data))
        return self._add(b"%b\nstream\n%b\nendstream" % (head, data))

    def _add_picture(self, image: NDArray[np.uint8]) -> int:
        """Black and white without loss, one bit a pixel; everything else as JPEG."""
        height, width = image.shape[:2]
        size = b"/Type/XObject/Subtype/Image/Width %d/Height %d" % (width, height)
        if image.ndim == 2 and np.array_equal(image, np.where(image > 0, np.uint8(255), np.uint8(0))):
            bits = zlib.compress(np.packbits(image > 0, axis=1).tobytes())
            return self._add_stream(
                size + b"/ColorSpace/DeviceGray/BitsPerComponent 1", bits, b"/FlateDecode"
            )
        space = b"/ColorSpace/DeviceGray" if image.ndim == 2 else b"/ColorSpace/DeviceRGB"
        head = size + space + b"/BitsPerComponent 8"
        if max(height, width) > _MOST_JPEG:
            return self._add_stream(head, zlib.compress(image.tobytes()), b"/FlateDecode")
        coded = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
        data = bytes(cv2.imencode(".jpg", coded, _JPEG)[1])
        return self._add_stream(head, data, b"/DCTDecode")


def _laid(text: Text, scale: float, page_height: float) -> str:
    """The operators that set a text where it stands; y goes up in a PDF."""
    along = np.subtract(text.right, text.left)
    length = max(float(np.hypot(*along)), 1e-3)
    cosine, sine = along / length
    size = max(text.height, 1e-3) / (_ASCENT + _DESCENT)
    stretch = 100 * length / (len(text.content) * _ADVANCE * size)
    # The line of writing is above the lower edge by the depth of the letters that hang below it.
    x = text.left[0] + sine * _DESCENT * size
    y = text.left[1] - cosine * _DESCENT * size
    matrix = f"{cosine:.5f} {-sine:.5f} {sine:.5f} {cosine:.5f} {x * scale:.3f} {page_height - y * scale:.3f}"
    # The space after it keeps it apart from what stands close to its right.
    codes = f"{text.content} ".encode("cp1252", errors="replace").hex()
    return f"/F {size * scale:.3f} Tf {stretch:.3f} Tz {matrix} Tm <{codes}> Tj"
