"""Documents byte by byte, whole ones and really broken ones."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterable, Sequence
from hashlib import md5
from typing import NamedTuple

import numpy as np
from PIL import Image


def picture(number: int, height: int = 60, width: int = 40) -> np.ndarray:
    """White paper with a bar for each unit of the number, so that pages can be told apart."""
    paper = np.full((height, width), 255, np.uint8)
    for bar in range(number):
        paper[5:-5, 2 + 4 * bar : 4 + 4 * bar] = 0
    return paper


def bars(image: np.ndarray) -> int:
    """How many bars there are: the number that `picture` drew."""
    grey = image if image.ndim == 2 else image.mean(axis=2)
    dark = grey[len(grey) // 2] < 128
    return int((dark[1:] > dark[:-1]).sum() + dark[0])


def tiff(pages: Iterable[np.ndarray | Image.Image], **options: object) -> bytes:
    """A TIFF of many pages."""
    first, *others = [page if isinstance(page, Image.Image) else Image.fromarray(page) for page in pages]
    stream = io.BytesIO()
    first.save(stream, "TIFF", save_all=True, append_images=others, **options)
    return stream.getvalue()


def plain_tiff(pages: Sequence[np.ndarray], kinds: Sequence[int], order: str, field: str = "I") -> bytes:
    """A TIFF without compression, put together by hand.

    Args:
        pages: Grey pictures.
        kinds: What each directory says that it is of: 0 a page, 1 a smaller copy, 4 a mask.
        order: Of the bytes, `<` or `>`.
        field: Of the kind, `I` for a long number and `H` for a short one.
    """
    content = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    for number, (page, kind) in enumerate(zip(pages, kinds, strict=True), 1):
        height, width = page.shape
        data = len(content) + 2 + 9 * 12 + 4
        following = data + page.size if number < len(pages) else 0
        tags = ((254, kind), (256, width), (257, height), (258, 8), (259, 1), (262, 1), (273, data))
        content += struct.pack(order + "H", 9)
        for tag, value in (*tags, (278, height), (279, page.size)):
            form = field if tag == 254 else "I"
            entry = struct.pack(f"{order}HHI{form}", tag, {"I": 4, "H": 3}[form], 1, value)
            content += entry.ljust(12, b"\0")
        content += struct.pack(order + "I", following) + page.tobytes()
    return content


class Directory(NamedTuple):
    """Where a directory of a little-endian TIFF begins, and where it says which comes next."""

    at: int
    link: int


def directories(content: bytes) -> list[Directory]:
    """The directories of an intact TIFF."""
    found = []
    (at,) = struct.unpack_from("<I", content, 4)
    while at:
        (entries,) = struct.unpack_from("<H", content, at)
        found.append(Directory(at, at + 2 + 12 * entries))
        (at,) = struct.unpack_from("<I", content, found[-1].link)
    return found


def relinked(content: bytes, page: int, to: int) -> bytes:
    """The TIFF with the directory after that page, from 1, somewhere else."""
    link = directories(content)[page - 1].link
    return content[:link] + struct.pack("<I", to) + content[link + 4 :]


def tiff_in_a_circle(pages: int, back_to: int) -> bytes:
    """A TIFF whose last page leads to an earlier one."""
    content = tiff(picture(number) for number in range(1, pages + 1))
    return relinked(content, pages, directories(content)[back_to - 1].at)


def tiff_with_a_damaged_page(pages: int, damaged: int) -> bytes:
    """A TIFF of which one page's data are no LZW."""
    content = bytearray(tiff((picture(n) for n in range(1, pages + 1)), compression="tiff_lzw"))
    with Image.open(io.BytesIO(content)) as opened:
        opened.seek(damaged - 1)
        start, length = opened.tag_v2[273][0], opened.tag_v2[279][0]
    content[start : start + length] = b"\xff" * length
    return bytes(content)


def tiff_with_a_page_elsewhere(pages: int, missing: int) -> bytes:
    """A TIFF of which one page's data would lie behind the end of the file."""
    content = bytearray(tiff((picture(n) for n in range(1, pages + 1)), compression="tiff_lzw"))
    at = directories(bytes(content))[missing - 1].at
    (count,) = struct.unpack_from("<H", content, at)
    for entry in range(at + 2, at + 2 + 12 * count, 12):
        if struct.unpack_from("<H", content, entry) == (273,):
            struct.pack_into("<I", content, entry + 8, len(content) + 1000)
    return bytes(content)


def long_tiff(pages: int, page: np.ndarray | None = None) -> bytes:
    """A TIFF of many pages, all of them the same bilevel picture."""
    content = tiff([Image.fromarray(picture(1) if page is None else page).convert("1")], compression="group4")
    (only,) = directories(content)
    entries = content[only.at : only.link]
    places = [len(content) + number * (len(entries) + 4) for number in range(pages - 1)]
    copies = [entries + struct.pack("<I", following) for following in [*places[1:], 0]][: pages - 1]
    return relinked(content, 1, (places or [0])[0]) + b"".join(copies)


def pdf(bodies: Sequence[bytes], *, trailer: bytes = b"") -> bytes:
    """A PDF of some objects, the first of them its catalogue."""
    content = bytearray(b"%PDF-1.7\n")
    places = []
    for number, body in enumerate(bodies, 1):
        places.append(len(content))
        content += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    start = len(content)
    content += b"xref\n0 %d\n0000000000 65535 f \n" % (len(bodies) + 1)
    content += b"".join(b"%010d 00000 n \n" % place for place in places)
    content += b"trailer\n<< /Size %d /Root 1 0 R %b >>\n" % (len(bodies) + 1, trailer)
    return bytes(content + b"startxref\n%d\n%%%%EOF\n" % start)


def stream(entries: bytes, content: bytes) -> bytes:
    return b"<< %b /Length %d >>\nstream\n%b\nendstream" % (entries, len(content), content)


def embedded(page: np.ndarray, *, damaged: bool = False) -> bytes:
    """A grey picture as an object of a PDF."""
    height, width = page.shape
    kind = b"/Type /XObject /Subtype /Image /ColorSpace /DeviceGray /BitsPerComponent 8 /Width %d /Height %d"
    data = b"no picture" if damaged else zlib.compress(page.tobytes(), level=0)
    flate = b" /Filter /DCTDecode" if damaged else b" /Filter /FlateDecode"
    return stream(kind % (width, height) + flate, data)


def scanned_pdf(pages: Sequence[np.ndarray], *, damaged: int = 0, claimed: int = 0) -> bytes:
    """A PDF of pictures, a point to a pixel; one of them may be damaged, or pages claimed that are not there.

    Args:
        pages: The pictures.
        damaged: Number, from 1, of the page whose picture cannot be decoded.
        claimed: Pages that the document says it has.
    """
    first = [3 + 3 * place for place in range(len(pages))]
    kids = b" ".join(b"%d 0 R" % number for number in first)
    bodies = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count %d /Kids [%b] >>" % (claimed or len(pages), kids),
    ]
    for place, page in enumerate(pages):
        height, width = page.shape
        bodies += [
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Contents %d 0 R "
            b"/Resources << /XObject << /Scan %d 0 R >> >> >>"
            % (width, height, first[place] + 1, first[place] + 2),
            stream(b"", b"q %d 0 0 %d 0 0 cm /Scan Do Q" % (width, height)),
            embedded(page, damaged=place + 1 == damaged),
        ]
    return pdf(bodies)


def empty_pages_pdf(count: int, width: float, height: float, *, trailer: bytes = b"") -> bytes:
    """A PDF of empty pages, their size in points."""
    kids = b" ".join(b"%d 0 R" % (3 + place) for place in range(count))
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %g %g] >>" % (width, height)
    pages = b"<< /Type /Pages /Count %d /Kids [%b] >>" % (count, kids)
    return pdf([b"<< /Type /Catalog /Pages 2 0 R >>", pages, *([page] * count)], trailer=trailer)


_PADDING = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")
"""What a password is filled up with: ISO 32000-1, 7.6.3.3."""


def rc4(key: bytes, data: bytes) -> bytes:
    """A cipher that old PDFs are locked with."""
    state = list(range(256))
    j = 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    out, i, j = bytearray(), 0, 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(out)


def locked_pdf(password: str = "secret") -> bytes:
    """A PDF with a black page, encrypted by 40 bits as section 7.6 of ISO 32000-1 has it.

    Args:
        password: To open it with; nobody is asked for the empty one.
    """
    filled = (password.encode() + _PADDING)[:32]
    owner = rc4(md5(filled).digest()[:5], filled)
    key = md5(filled + owner + struct.pack("<i", -4) + b"\0").digest()[:5]
    lock = b"/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <%b> /U <%b> >> /ID [<00> <00>]"
    ink = rc4(md5(key + b"\4\0\0\0\0").digest()[:10], b"0 g 0 0 40 60 re f")  # object 4, generation 0
    return pdf(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 40 60] /Contents 4 0 R >>",
            stream(b"", ink),
        ],
        trailer=lock % (owner.hex().encode(), rc4(key, _PADDING).hex().encode()),
    )


def typed_pdf(value: str) -> bytes:
    """A PDF with a field in which somebody typed, and no drawing of what that looks like."""
    return pdf(
        [
            b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [4 0 R] /NeedAppearances true "
            b"/DA (/Helv 24 Tf 0 g) /DR << /Font << /Helv 5 0 R >> >> >> >>",
            b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 50] /Annots [4 0 R] >>",
            b"<< /Type /Annot /Subtype /Widget /FT /Tx /T (a) /V (%b) /DA (/Helv 24 Tf 0 g) /F 4 "
            b"/Rect [10 10 90 40] >>" % value.encode(),
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        ]
    )


def pdf_with_its_end_first(pages: Sequence[np.ndarray]) -> bytes:
    """A PDF whose trailer stands before its pages, as in one that is made for the web."""
    return b"%PDF-1.7\ntrailer\n<< /Size 99 /Root 1 0 R >>\n" + scanned_pdf(pages).removeprefix(b"%PDF-1.7\n")


def cut(content: bytes, part: float) -> bytes:
    """The beginning of a file."""
    return content[: int(len(content) * part)]
