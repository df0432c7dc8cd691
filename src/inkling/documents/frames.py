"""The pages of a picture: the one it shows, or those of a TIFF, one directory after the other."""

from __future__ import annotations

import math
import re
import struct
from typing import BinaryIO

import cv2
import numpy as np
from PIL import ExifTags, Image, UnidentifiedImageError

from inkling.documents.limits import Limits
from inkling.documents.picture import BROKEN, FORMATS, decoded, picture_errors, told_of
from inkling.elements import Page
from inkling.errors import DocumentError, PictureError

_KINDS = (
    (rb"\x89PNG|\xff\xd8\xff|GIF8|RIFF.{4}WEBP|II\*\0|MM\0\*", "a picture that is cut off or damaged"),
    (rb".{4}ftyp(hei|hev|mif|msf|avif)", "a HEIC or AVIF picture"),
    (rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51", "a JPEG 2000 picture"),
    (rb"AT&TFORM", "a DjVu document"),
    (rb"PK\x03\x04|\xd0\xcf\x11\xe0", "an office document or an archive"),
    (rb"%!PS|\xc5\xd0\xd3\xc6", "a PostScript document"),
)
"""What people send that cannot be opened, by how it begins."""

_LEAST_DPI, _MOST_DPI = 50, 4800
"""What scanners do."""

_OF_SCREENS = (72, 96)
"""Pixels to an inch that programs write which know nothing of paper."""

_NEW_SUBFILE_TYPE, _COPY_OR_MASK = 254, 0b101
"""The tag of a directory that says what it is of, always the first, and two of its bits."""

_MOST_DIRECTORIES = 1_000_000
"""Where the search for more ends."""

_MOST_SKEW = 1.1
"""Pixels that are longer than wide by more than this, as those of a coarse fax are, are made square."""


class PictureFile:
    """A file that Pillow opens, as pages.

    Args:
        stream: The file; it stays open as long as pages are wanted.
        name: Of the file, for its pages and for errors.
        limits: Of what is opened.

    Attributes:
        count: Pages that there are.
        broken: Why pages after these cannot be found; empty when there are none.

    Raises:
        DocumentError: It is no picture.
        PictureError: It is a broken one.
    """

    def __init__(self, stream: BinaryIO, name: str, limits: Limits) -> None:
        self.name, self.limits = name, limits
        self._size = stream.seek(0, 2)
        stream.seek(0)
        with picture_errors(told_of(name), limits.pixels):
            try:
                self._picture = Image.open(stream, formats=FORMATS)
            except UnidentifiedImageError:
                raise _no_picture(stream, told_of(name)) from None
            tiff = self._picture.format == "TIFF"
            frames, self.broken = find_directories(stream) if tiff else ([], "")
        self._frames = frames or [0]
        self.count = len(self._frames)

    def page(self, number: int) -> Page:
        """One of the pages, from 1.

        Raises:
            PictureError: It cannot be decoded, or is larger than the limits allow.
        """
        picture = self._picture
        subject = f"page {number} of {told_of(self.name)}" if self.count > 1 else told_of(self.name)
        with picture_errors(subject, self.limits.pixels):
            if picture.tell() != self._frames[number - 1]:
                picture.info.pop("dpi", None)  # Pillow keeps that of the page before
                picture.seek(self._frames[number - 1])
            self._refuse_large(subject, *picture.size)
            self._refuse_missing(subject)
            resolution = _resolution(picture)
            image = decoded(picture)
            if resolution is None:
                return Page(image, self.name, number)
            return self._squared(Page(image, self.name, number, max(resolution)), subject, *resolution)

    def close(self) -> None:
        """Let go of what was decoded."""
        self._picture.close()

    def _refuse_large(self, subject: str, width: int, height: int) -> None:
        if excess := self.limits.excess(width, height):
            raise PictureError(
                f"{subject} has {width:,} x {height:,} pixels, {excess}.",
                remedy="Scale it down, or cut it into several.",
            )

    def _refuse_missing(self, subject: str) -> None:
        """Raise where parts of a TIFF's picture lie outside the file: they would be decoded as if black."""
        tags = getattr(self._picture, "tag_v2", {})
        for offsets, counts in ((273, 279), (324, 325)):  # of strips, and of tiles
            starts, sizes = (np.atleast_1d(tags.get(tag, ())) for tag in (offsets, counts))
            if len(starts) == len(sizes) and any(starts + sizes > self._size):
                raise PictureError(
                    f"{subject} is damaged: a part of its picture lies outside the file.",
                    remedy="Get it again, or save it again.",
                )

    def _squared(self, page: Page, subject: str, across: float, down: float) -> Page:
        """The page with pixels as wide as high, if they are far from that."""
        if max(across, down) < _MOST_SKEW * min(across, down):
            return page
        height, width = page.image.shape[:2]
        new_width, new_height = round(width * max(1, down / across)), round(height * max(1, across / down))
        self._refuse_large(subject, new_width, new_height)
        image = cv2.resize(page.image, (new_width, new_height), interpolation=cv2.INTER_LINEAR)
        return page.changed(
            np.asarray(image, np.uint8),
            "pixels made square",
            f"they were {across:g} x {down:g} to an inch",
        )


def _no_picture(stream: BinaryIO, subject: str) -> DocumentError:
    stream.seek(0)
    head = stream.read(32)
    kinds = (kind for start, kind in _KINDS if re.match(start, head, re.DOTALL))
    return DocumentError(
        f"{subject} is {next(kinds, 'neither a picture nor a PDF')}.",
        remedy=f"Get it again, or save it in a format that opens: PDF, {', '.join(FORMATS)}.",
    )


def _resolution(picture: Image.Image) -> tuple[float, float] | None:
    """Pixels to an inch, across and down the upright page; None where nothing sensible is said."""
    try:
        across, down = (float(each) for each in picture.info["dpi"])
        exif = picture.getexif()
        photographed = ExifTags.Base.ExposureTime in exif.get_ifd(ExifTags.IFD.Exif)
        lies = exif.get(ExifTags.Base.Orientation, 1) in (5, 6, 7, 8)
    except BROKEN:
        return None
    if photographed or round(across) in _OF_SCREENS:
        return None
    if not all(math.isfinite(each) and _LEAST_DPI <= each <= _MOST_DPI for each in (across, down)):
        return None
    return (down, across) if lies else (across, down)


def find_directories(stream: BinaryIO) -> tuple[list[int], str]:
    """Which directories of a TIFF are pages, and why those after them cannot be found.

    A directory leads to the next one, as TIFF 6.0 (Adobe, 1992), section 2, has it; in a BigTIFF the
    numbers are longer. One that calls itself a smaller copy or a mask of a page is no page.

    Args:
        stream: The file, which begins as a TIFF does.

    Returns:
        The places of the pages among the directories, from 0, and what is wrong after the last of
        them; empty when nothing is.
    """
    stream.seek(0)
    head = stream.read(16)
    order = "<" if head[:2] == b"II" else ">"
    big = struct.unpack_from(f"{order}H", head, 2) == (43,)
    (at,) = struct.unpack_from(f"{order}{'Q' if big else 'I'}", head, 8 if big else 4)
    seen: dict[int, bool] = {}
    while at and len(seen) < _MOST_DIRECTORIES:
        if at in seen:
            return _pages_of(seen), "the directory of its pages leads back to an earlier one"
        try:
            seen[at], at = _read_directory(stream, at, order, big)
        except (struct.error, OSError, ValueError, OverflowError):
            return _pages_of(seen), "the directory of its pages is cut off or leads out of the file"
    return _pages_of(seen), ""


def _pages_of(seen: dict[int, bool]) -> list[int]:
    # A first directory that calls itself a copy is the only one there is of it.
    return [place for place, copy in enumerate(seen.values()) if place == 0 or not copy]


def _read_directory(stream: BinaryIO, at: int, order: str, big: bool) -> tuple[bool, int]:
    """Whether a directory is of a copy or a mask, and where the next one stands; 0 after the last."""
    number, entry, place = ("Q", 20, "Q") if big else ("H", 12, "I")
    stream.seek(at)
    (entries,) = struct.unpack(order + number, stream.read(struct.calcsize(number)))
    first = stream.read(entry)
    tag, kind = struct.unpack_from(f"{order}HH", first)
    (value,) = struct.unpack_from(order + ("H" if kind == 3 else "I"), first, 12 if big else 8)
    stream.seek(at + struct.calcsize(number) + entries * entry)
    (following,) = struct.unpack(order + place, stream.read(struct.calcsize(place)))
    return tag == _NEW_SUBFILE_TYPE and bool(value & _COPY_OR_MASK), following
