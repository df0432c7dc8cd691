"""The frozen records that travel between rooms.

Pictures are arrays of shape (H, W) with the origin at the top left, x to the right and y down.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

Status = Literal["read", "doubtful", "blank", "illegible", "failed"]
"""What came of a picture: `read`; `doubtful` when there is an answer that may well be wrong; `blank`
when nothing is written; `illegible` when what is written is no number that can be read; `failed`
when the picture could not be opened."""


def is_mark(name: str) -> bool:
    """Whether a name in a line reader's alphabet speaks of a whole line, such as `crossed out`.

    All others are single characters.
    """
    return len(name) > 1


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in the pixels of a picture, the right and lower edges outside it.

    Attributes:
        left, top, right, bottom: Distances from the top left corner of the picture, in pixels.
    """

    left: float
    top: float
    right: float
    bottom: float

    def __post_init__(self) -> None:
        if not (self.left <= self.right and self.top <= self.bottom):
            raise ValueError(f"a box cannot end before it begins: {self}")


Point = tuple[float, float]
"""x and y, in pixels."""


@dataclass(frozen=True, slots=True)
class Quadrilateral:
    """Four corners in the pixels of a picture, in the direction of the writing between them.

    Attributes:
        corners: Top left, top right, bottom right, bottom left, as somebody sees them who reads
            what stands inside; on a page that is upside down, the top left one lies below.
    """

    corners: tuple[Point, Point, Point, Point]

    @classmethod
    def of(cls, box: Box) -> Self:
        """The four corners of an upright rectangle."""
        return cls(
            ((box.left, box.top), (box.right, box.top), (box.right, box.bottom), (box.left, box.bottom))
        )

    @property
    def box(self) -> Box:
        """The smallest upright rectangle around it."""
        xs, ys = zip(*self.corners, strict=True)
        return Box(min(xs), min(ys), max(xs), max(ys))

    def through(self, matrix: NDArray[np.float64]) -> Quadrilateral:
        """Where a homography, float64 (3, 3), takes it.

        Raises:
            ValueError: A corner goes to infinity.
        """
        points = np.column_stack([self.corners, np.ones(4)]) @ matrix.T
        if not np.all(np.abs(points[:, 2]) > 1e-12):
            raise ValueError("a corner goes to infinity")
        a, b, c, d = ((float(x), float(y)) for x, y in points[:, :2] / points[:, 2:])
        return Quadrilateral((a, b, c, d))


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that was done to a page before it was read.

    Attributes:
        name: Such as `"turned"`.
        note: How far, such as `"by 1.3 degrees"`; may be empty.
    """

    name: str
    note: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """One page of a document, as it came from the file or after something was done to it.

    Attributes:
        image: uint8 (H, W) grey, or (H, W, 3) RGB.
        source: Path of the file; `-` for stdin, empty for an array.
        number: Of the page in its file, from 1.
        dpi: Pixels to an inch, if the file says so or the page was rendered.
        changes: What was done to it, in order.
        to_original: float64 (3, 3), the homography from pixels of this image to those of the page
            as it came from the file.
    """

    image: NDArray[np.uint8]
    source: str = ""
    number: int = 1
    dpi: float | None = None
    changes: tuple[Change, ...] = ()
    to_original: NDArray[np.float64] = field(default_factory=lambda: np.eye(3))

    def changed(
        self,
        image: NDArray[np.uint8],
        name: str,
        note: str = "",
        *,
        to_before: NDArray[np.float64] | None = None,
    ) -> Page:
        """The page after a change.

        Args:
            image: What it looks like now.
            name: What was done.
            note: How far.
            to_before: float64 (3, 3), from pixels of the new image to those of this one; None when
                every pixel stayed where it was.
        """
        matrix = self.to_original if to_before is None else self.to_original @ to_before
        return replace(
            self, image=image, changes=(*self.changes, Change(name, note)), to_original=matrix / matrix[2, 2]
        )


@dataclass(frozen=True, slots=True)
class Unopened:
    """A file, or a page of one, that could not be opened.

    Attributes:
        source: Path of the file; `-` for stdin.
        number: Of the page in its file, from 1; None when it is the file that cannot be opened.
        reason: What was wrong, and what to do.
    """

    source: str
    number: int | None
    reason: str


RegionKind = Literal["line", "comb", "cell"]
"""A `line` of writing; a `comb` of boxes with one character each; a `cell` of a table."""


@dataclass(frozen=True, slots=True)
class Region:
    """A place on a page where a number may stand.

    Attributes:
        kind: What sort of place.
        quad: Where, in pixels of the page that it was found on.
        name: Of the field of a form; empty elsewhere.
        boxes: Of a comb, its boxes from left to right; else empty.
        table: Of a cell, the table that it belongs to, from 0; None elsewhere.
        row, column: Of a cell, its place in its table, from 0, top to bottom and left to right.
        row_span, column_span: Rows and columns that a merged cell covers.
        printed: Whether what stands there was printed and not written by hand.
        length: Characters that the number has, if that is known.
        allowed: Characters that the number may consist of; empty when any may.
        reason: Why what stands there cannot be read, such as that it is covered; empty when it can.
    """

    kind: RegionKind
    quad: Quadrilateral
    name: str = ""
    boxes: tuple[Quadrilateral, ...] = ()
    table: int | None = None
    row: int | None = None
    column: int | None = None
    row_span: int = 1
    column_span: int = 1
    printed: bool = False
    length: int | None = None
    allowed: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Where numbers may stand on a page.

    Attributes:
        page: What is to be read: even, upright, and without what was printed around the numbers.
        regions: Places on it, in reading order.
        error: Of a form, by how many pixels of the page's file its marks miss those of the blank
            form, the median of them; None elsewhere.
        left_out: Cells of tables that are not among the regions since what stands in them is print.
    """

    page: Page
    regions: tuple[Region, ...]
    error: float | None = None
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Character:
    """One character of a number that was read.

    Attributes:
        text: The character.
        confidence: Probability, 0 to 1, that this character is right if those around it are.
        probabilities: The same for every character of the alphabet, in its order, summing to 1.
        box: Where it stands in the picture.
    """

    text: str
    confidence: float
    probabilities: tuple[float, ...]
    box: Box


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another number that a picture may show.

    Attributes:
        text: The number.
        confidence: Calibrated probability, 0 to 1, that the whole of it is right.
    """

    text: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Reading:
    """What a picture of a line of writing says.

    Attributes:
        text: The number; empty when the status is `blank`, `illegible` or `failed`.
        confidence: Calibrated probability, 0 to 1, that the whole number is exactly right; for a
            blank or an illegible picture, that it is one, or that it is none of the alternatives; 0 when
            it could not be opened.
        status: What came of it.
        reason: Why the status is not `read`; empty when it is.
        characters: Those of `text`, from left to right.
        alternatives: The next most probable numbers, most probable first.
        novelty: How unlike the training data the least familiar character is; below 1 is familiar
            ground. None when there is no text, or when the weights carry no gauge.
        source: Where the picture came from, such as a path; empty for an array.
        page: Number of the page in its file, from 1; None where no page was opened, as by `read_line`.
        region: Where it stands, in the pixels of the page as it came from the file; None as above.
    """

    text: str
    confidence: float
    status: Status
    reason: str = ""
    characters: tuple[Character, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    novelty: float | None = None
    source: str = ""
    page: int | None = None
    region: Region | None = None

    @property
    def named_source(self) -> str:
        """Where the picture came from, with its page where that is not the first."""
        return self.source if self.page in (None, 1) else f"{self.source}, page {self.page}"

    def __post_init__(self) -> None:
        if (self.text != "") != (self.status in ("read", "doubtful")):
            raise ValueError(f"a reading of status {self.status} cannot have the text {self.text!r}")
        if (self.reason == "") != (self.status == "read"):
            raise ValueError(f"a reading of status {self.status} has the reason {self.reason!r}")
        if "".join(character.text for character in self.characters) not in ("", self.text):
            raise ValueError(f"the characters do not spell {self.text!r}")


@dataclass(frozen=True, slots=True)
class PageReadings:
    """What was read on one page of a document.

    Attributes:
        source: Path of the file; `-` for stdin, empty for an array.
        number: Of the page in its file, from 1; None when the file could not be opened.
        readings: In reading order.
        reason: Why the page could not be read as asked; empty when it was. A page with a reason has
            no readings.
        width, height: Of the page as it came from the file, in pixels.
        dpi: Pixels to an inch, if known.
        changes: What was done to the page before reading.
        error: Of a form, by how many pixels its marks miss those of the blank form; None elsewhere.
        left_out: Cells of tables that were not read since what stands in them is print.
        seconds: Time that each stage took, by its name.
    """

    source: str
    number: int | None
    readings: tuple[Reading, ...] = ()
    reason: str = ""
    width: int = 0
    height: int = 0
    dpi: float | None = None
    changes: tuple[Change, ...] = ()
    error: float | None = None
    left_out: int = 0
    seconds: tuple[tuple[str, float], ...] = ()

    @property
    def failed(self) -> bool:
        """Whether the page could not be read as asked."""
        return self.reason != ""


@dataclass(frozen=True, slots=True)
class Classification:
    """One picture, taken for one digit.

    Attributes:
        label: The most probable class, such as `"7"`; None when the picture is blank or unreadable.
        confidence: Calibrated probability, 0 to 1, that `label` is right; 0 when there is no label.
        probabilities: Calibrated probability of every class, in the order of the alphabet, summing
            to 1; empty when there is no label.
        novelty: How unlike the training data the picture is: its distance to the nearest class in
            the network's features, in units of the distance that 99 of 100 held-out training
            pictures stay below. Below 1 is familiar ground; None when there is no label, or when
            the weights carry no gauge.
        status: `read`; `doubtful` when the confidence is low or the picture unfamiliar; `blank`
            when there is no ink; `failed` when the picture could not be opened.
        reason: Why the status is not `read`; empty when it is.
        source: Where the picture came from, such as a path; empty for an array.
    """

    label: str | None
    confidence: float
    probabilities: tuple[float, ...]
    novelty: float | None
    status: Status
    reason: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        if (self.label is None) != (self.status in ("blank", "failed")):
            raise ValueError(f"a {self.status} classification cannot have the label {self.label!r}")
        if (self.reason == "") != (self.status == "read"):
            raise ValueError(f"a {self.status} classification has the reason {self.reason!r}")
