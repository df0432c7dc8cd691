"""The one normalisation of lines of writing that training and reading share.

Two steps, as for digits (`transforms/normalize.py`):

- `frame_line` takes the rows that writing stands on, scales them to `LINE_HEIGHT`, the aspect kept,
  and stretches the grey so that paper is `PAPER` and the darkest of the ink 255, however pale it is; of
  writing lighter than its paper, the negative;
- `to_line_input` makes framed pictures into the network's input, in which paper is exactly 0.
"""

from __future__ import annotations

import itertools
import math
from typing import NamedTuple

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from inkling.documents.picture import to_grey
from inkling.errors import PictureError

LINE_HEIGHT = 32
"""Rows of a framed line, in pixels."""

LEAST_HEIGHT = 8
"""Pixels that a picture of a line must be high."""

MOST_ASPECT = 60
"""Times that a picture of a line may be as wide as high."""

PAPER = 64
"""Level of the paper in a framed line; what is brighter lies below, what is darker above."""

WIDTH_STEP = 16
"""Framed lines are as many pixels wide as a multiple of this, filled up with paper on the right."""

_LOOK_HEIGHT = 48
"""Rows of the picture in which writing is looked for."""

_INK_PART = 0.45
"""What is darker than the paper by this part of the darkest ink is ink."""

_MARGIN = 0.2
"""Rows above and below the writing that are kept, as a part of its height."""

_RULE, _BORDER, _SIDE = 0.5, 0.6, 0.14
"""What is as long, as a part of the columns, is a ruled line; as high, as a part of the rows, and so near
to a side, as a part of the columns, is a border."""

_LEAST_PART = 0.3
"""Part of the picture's rows that is kept at least: a dot is not to fill the line."""

_LITTLE, _NO_DUST = 0.15, 12
"""What is lower than this part of the rows is little, and dust beside what is not. Alone it is writing if it
is so many pixels high, and is looked for once more in the rows around it."""

_MOST_SMALLER = 3
"""Little writing is looked for in a picture made smaller by this factor at most."""

_APART = 0.05
"""Rows of writing that are apart are as high as this part of the rows, at least."""

_ROWS_HEIGHT = 120
"""Rows of the picture in which several rows of writing are told apart."""

_GAP, _LOW = 0.15, 0.4
"""Between two rows of writing there is less ink than this part of what is in the fullest; what is lower than
this part of the highest is no row."""

_LEAST_RANGE = 16
"""Grey levels that are stretched at most to the whole range: paper's own grain is to stay faint."""

_LIGHTER, _MOST_LIGHT = 1.25, 0.25
"""Writing is lighter than its paper where the brightest hundredth of a picture is farther from the paper than
the darkest by this factor, and no more than this part of the picture is as bright as half of that."""


OTHER_VIEWS = ((1.14, 1.0), (1.0, 0.85))
"""Factors of height and of width with which a line is looked at again; that of width is at most 1. Chosen by
the exact numbers of synthetic lines, of the even halves of two public sets, and of pages."""


class Framing(NamedTuple):
    """A framed line, and where it stood in the picture.

    Attributes:
        image: uint8 (`LINE_HEIGHT`, W), W a multiple of `WIDTH_STEP`; ink high.
        top: Row of the picture that the first row of the image shows, in its pixels.
        scale: Pixels of the picture to one of the image, in both directions.
        width: Columns of the picture.
        apart: As in `Rows`.
    """

    image: NDArray[np.uint8]
    top: int
    scale: float
    width: int
    apart: bool = False


def refuse_no_line(pixels: NDArray[np.uint8]) -> None:
    """Raise where an opened picture has the size of no line.

    Raises:
        PictureError: It is too low, or too long.
    """
    height, width = pixels.shape[:2]
    if height < LEAST_HEIGHT or width < 2:
        raise PictureError(
            f"A line is at least {LEAST_HEIGHT} pixels high and 2 wide; this has {width} x {height}.",
            remedy="Cut it from a larger scan.",
        )
    if width > MOST_ASPECT * height:
        raise PictureError(
            f"A picture of {width:,} x {height:,} pixels is too long for one number.", remedy="Cut it up."
        )


def frame_line(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Make a picture of a line of writing, dark on light or light on dark, into what line readers see.

    Args:
        picture: uint8 of shape (H, W), or (H, W, 3) RGB; at least one pixel.

    Returns:
        uint8 of shape (`LINE_HEIGHT`, W'), W' a multiple of `WIDTH_STEP`; ink high.
    """
    return frame_with_place(picture).image


def frame_with_place(picture: NDArray[np.uint8]) -> Framing:
    """Frame a line, and say where its image stood in the picture; see `frame_line`."""
    grey = _dark_on_light(to_grey(picture))
    top, bottom, apart = find_rows(grey)
    grey = grey[top:bottom]
    height, width = grey.shape
    across = max(1, round(width * LINE_HEIGHT / height))
    scaled = np.asarray(_resize(grey, across, LINE_HEIGHT), np.uint8)
    paper, dark = _levels(scaled)
    stretch = (255 - PAPER) / max(paper - dark, _LEAST_RANGE)
    levels = (np.arange(256, dtype=np.float64) - paper) * -stretch + PAPER
    table = np.clip(np.round(levels), 0, 255).astype(np.uint8)
    framed = np.full((LINE_HEIGHT, -(-across // WIDTH_STEP) * WIDTH_STEP), PAPER, np.uint8)
    framed[:, :across] = table[scaled]
    return Framing(framed, top, height / LINE_HEIGHT, width, apart)


def look_again(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A framed line as if it were written in other proportions.

    Args:
        image: uint8 (`LINE_HEIGHT`, W), as `frame_line` makes it.

    Returns:
        uint8 (`len(OTHER_VIEWS)`, `LINE_HEIGHT`, W): writing is higher around the middle row, or narrower
        from the left.
    """
    height, width = image.shape
    middle = (height - 1) / 2
    views = []
    for high, wide in OTHER_VIEWS:
        # The middles of pixels lie at halves.
        across = [wide, 0.0, (wide - 1) / 2]
        down = [0.0, high, middle * (1 - high)]
        # The line was scaled once before: a softer interpolation would blur it.
        views.append(
            cv2.warpAffine(
                image,
                np.array([across, down]),
                (width, height),
                flags=cv2.INTER_CUBIC,
                borderMode=cv2.BORDER_CONSTANT,
                borderValue=PAPER,
            )
        )
    return np.asarray(np.stack(views), np.uint8)


class Rows(NamedTuple):
    """Where writing stands in a picture.

    Attributes:
        top, bottom: Its first row and the one after the last, with a margin.
        apart: Whether paper runs through it from side to side: it may be several lines.
    """

    top: int
    bottom: int
    apart: bool = False


def find_rows(grey: NDArray[np.uint8]) -> Rows:
    """Find the rows that writing stands on, with a margin; small writing is to be seen large.

    Ink is joined into pieces. Ruled lines, the borders of cells, what is cut off at the edges of the
    picture, and dust are no writing; where nothing else is left, the whole picture is. Writing that is small
    in the picture, though not in pixels, is looked for once more in the rows around it.

    Args:
        grey: uint8 (H, W), dark ink on lighter paper.

    Returns:
        The rows: at least `_LEAST_PART` of those that were looked at, but for rounding, and where these end.
    """
    found = Rows(0, len(grey))
    while True:
        height = found.bottom - found.top
        looked_at = grey[found.top : found.bottom]
        rows = min(height, _LOOK_HEIGHT)
        first, last, apart = _find_writing(looked_at, rows)
        if last - first < _LITTLE * rows and (finer := _finer_rows(looked_at)) > rows:
            rows = finer
            first, last, apart = _find_writing(looked_at, rows)
        if first == last:
            return found
        wanted, least = (1 + 2 * _MARGIN) * (last - first), _LEAST_PART * rows
        middle, reach = (first + last) / 2, max(wanted, least) / 2
        # Whole rows of the small picture, so that a larger scan is cut at the same places.
        top, bottom = max(math.floor(middle - reach), 0), min(math.ceil(middle + reach), rows)
        above = found.top
        found = Rows(above + round(top * height / rows), above + round(bottom * height / rows), apart)
        if last - first >= _LITTLE * rows or (last - first) * height < _NO_DUST * rows:
            return found


def _finer_rows(grey: NDArray[np.uint8]) -> int:
    """How high a picture is made to look for writing that is but a stroke or a dot in it."""
    height, width = grey.shape
    return min(height, max(height // _MOST_SMALLER, round(_LOOK_HEIGHT * height / (2 * width))))


def _find_writing(grey: NDArray[np.uint8], rows: int) -> tuple[int, int, bool]:
    """The first row of writing, the one after the last, and `Rows.apart`; in a picture of so many rows.

    Both rows are the same where there is no writing.
    """
    ink = _find_ink(grey, rows)
    rows, columns = ink.shape
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    candidates = stats[1:][~_are_beside_writing(stats[1:], rows, columns)]
    high = candidates[:, cv2.CC_STAT_HEIGHT]
    large = (high >= _LITTLE * rows) | (candidates[:, cv2.CC_STAT_AREA] >= 0.004 * rows * columns)
    # Where there is no other, what is small in the picture, though not in pixels, is no dust.
    pieces = candidates[large if large.any() else high * len(grey) >= _NO_DUST * rows]
    if len(pieces) == 0:
        return 0, 0, False
    pieces = pieces[np.argsort(pieces[:, cv2.CC_STAT_TOP])]
    tops = pieces[:, cv2.CC_STAT_TOP]
    # Down to where all pieces reach that begin no lower than each.
    bottoms = np.maximum.accumulate(tops + pieces[:, cv2.CC_STAT_HEIGHT])
    first, last = int(tops[0]), int(bottoms[-1])
    above, below = bottoms[:-1] - first, last - tops[1:]
    apart = (tops[1:] >= bottoms[:-1]) & (np.minimum(above, below) >= _APART * rows)
    return first, last, bool(apart.any())


def cut_between_rows(picture: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """Cut a picture into its rows of writing, where there are several with paper between them.

    Args:
        picture: uint8 of shape (H, W), or (H, W, 3) RGB; at least one pixel.

    Returns:
        Parts of it, from the top, each with one row; none where there are not at least two.
    """
    height = len(picture)
    ink = _find_ink(_dark_on_light(to_grey(picture)), min(height, _ROWS_HEIGHT))
    rows = len(ink)
    amount = np.convolve(ink.sum(axis=1, dtype=np.float64), np.ones(3) / 3, "same")
    inked = amount > _GAP * np.quantile(amount, 0.9)
    ends = np.flatnonzero(np.diff(inked, prepend=False, append=False)).reshape(-1, 2)
    sizes = ends[:, 1] - ends[:, 0]
    ends = ends[sizes >= max(_LOW * sizes.max(initial=0), 4)]
    if len(ends) < 2:
        return []
    between = (ends[:-1, 1] + ends[1:, 0]) / 2
    cuts = [0, *np.round(between * height / rows).astype(int).tolist(), height]
    return [picture[top:bottom] for top, bottom in itertools.pairwise(cuts)]


def _dark_on_light(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The picture, or its negative where its writing is lighter than what it is written on."""
    dark, paper, most, light = _quantiles(grey, 0.01, 0.5, 1 - _MOST_LIGHT, 0.99)
    stands_out = light - paper > _LIGHTER * max(paper - dark, _LEAST_RANGE)
    return 255 - grey if stands_out and most - paper < (light - paper) / 2 else grey


def _find_ink(grey: NDArray[np.uint8], rows: int) -> NDArray[np.uint8]:
    """Where there is ink, 1, but for ruled lines and borders: of a picture made so many rows high."""
    height, width = grey.shape
    columns = max(1, round(width * rows / height))
    small = cv2.GaussianBlur(_resize(grey, columns, rows), (0, 0), 0.7)
    paper = int(_quantiles(small, 0.5)[0])
    inside = small[rows // 10 : rows - rows // 10, columns // 16 : columns - columns // 16]
    # Where much paper is around little writing, its ink is but a few of the pixels.
    depths = paper - _quantiles(inside, 0.02, 0.001, 0.0001)
    depth = float(next((depth for depth in depths if depth >= _LEAST_RANGE), np.inf))
    ink = (small < paper - _INK_PART * depth).astype(np.uint8)
    return np.asarray(ink & (1 - _rules_in(ink)), np.uint8)


def _rules_in(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The part of some ink, 0 or 1, that is ruled lines and borders, which may meet and touch digits.

    What runs straight along most of the picture is a line; of what runs down it, only what does so near
    its sides: the stem of a digit is straight and high, too.
    """
    rows, columns = ink.shape
    # A line that lies a little askew is a staircase: each step is to reach the next.
    along = cv2.dilate(ink, np.ones((3, 1), np.uint8))
    along = cv2.morphologyEx(along, cv2.MORPH_OPEN, np.ones((1, max(3, round(_RULE * columns))), np.uint8))
    down = cv2.dilate(ink, np.ones((1, 3), np.uint8))
    down = cv2.morphologyEx(down, cv2.MORPH_OPEN, np.ones((round(_BORDER * rows), 1), np.uint8))
    side = round(_SIDE * columns)
    down[:, side : columns - side] = 0
    return np.asarray(ink & (along | down), np.uint8)


def _are_beside_writing(stats: NDArray[np.int32], rows: int, columns: int) -> NDArray[np.bool_]:
    """Which pieces of ink are ruled lines, borders, or cut-off neighbours."""
    left, top, across, down = (stats[:, column] for column in range(4))
    right, bottom = left + across, top + down
    at_side = (left <= 1) | (right >= columns - 1)
    at_end = (top <= 1) | (bottom >= rows - 1)
    rule = (across > 0.6 * columns) & (down < 0.25 * rows)
    border = (at_side | at_end) & ((down < 0.2 * rows) | (across < 0.06 * columns) | (across > 6 * down))
    neighbour = at_end & ((bottom < 0.25 * rows) | (top > 0.8 * rows))
    return np.asarray(rule | border | neighbour)


def _resize(grey: NDArray[np.uint8], columns: int, rows: int) -> NDArray[np.uint8]:
    shrinks = rows < grey.shape[0]
    way = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(grey, (columns, rows), interpolation=way), np.uint8)


def _levels(grey: NDArray[np.uint8]) -> tuple[int, int]:
    """The grey of the paper, which is most of the picture, and of its darkest hundredth."""
    below = _counts_below(grey)
    paper = int(np.searchsorted(below, 0.5 * grey.size))
    dark = int(np.searchsorted(below, 0.01 * grey.size))
    return paper, dark


def _quantiles(grey: NDArray[np.uint8], *parts: float) -> NDArray[np.float64]:
    """What `np.quantile` gives, without sorting: bytes have few levels to count."""
    below = _counts_below(grey)
    places = np.array(parts) * (grey.size - 1)
    before = np.floor(places)
    low, high = (np.searchsorted(below, place, side="right") for place in (before, np.ceil(places)))
    return np.asarray(low + (high - low) * (places - before), np.float64)


def _counts_below(grey: NDArray[np.uint8]) -> NDArray[np.float64]:
    """How many pixels are of each level or darker, (256,)."""
    return np.cumsum(cv2.calcHist([grey], [0], None, [256], [0, 256]).ravel(), dtype=np.float64)


def to_line_input(images: torch.Tensor) -> torch.Tensor:
    """Make framed lines into the network's input.

    Args:
        images: uint8 of shape (N, `LINE_HEIGHT`, W), as `frame_line` makes them.

    Returns:
        float32 of shape (N, 1, `LINE_HEIGHT`, W); paper is 0, the darkest ink 3.
    """
    return (images.unsqueeze(1).float() - PAPER) * (3 / (255 - PAPER))
