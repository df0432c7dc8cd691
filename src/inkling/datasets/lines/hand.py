"""How one person writes a line: the forms of the digits, the pen, the spacing; and the ink of it.

Ink is drawn on a sheet of bytes, 0 clean to 255 full ink, on which a digit is `EM` pixels high.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.datasets.digits import Digits
from inkling.datasets.lines.forms import LINE_FORMS
from inkling.datasets.strokes import Stroke, rounded_through

Rng = np.random.Generator
Sheet = NDArray[np.uint8]

EM = 40
"""Height of a digit on the sheet, in pixels."""

TOP = 3 * EM
"""Row of the sheet where digits begin; there is room for a line above and below."""

HEIGHT = 7 * EM
"""Rows of a sheet."""

_STAYS = 0.9
"""Part of a digit's rows in which ink is left when its pen is thinned: it is not to vanish."""

_SUBPIXEL = 4
"""Bits of the fixed-point coordinates that strokes are drawn with."""


class Cuttings:
    """Digits cut from pictures at the edge of their ink, to be laid on a sheet.

    Args:
        digits: Framed pictures, such as MNIST's training set. Every digit must be among them.
    """

    def __init__(self, digits: Digits) -> None:
        ink = digits.images > 127
        inside = ink.copy()
        inside[:, 1:] &= ink[:, :-1]
        inside[:, :-1] &= ink[:, 1:]
        inside[:, :, 1:] &= ink[:, :, :-1]
        inside[:, :, :-1] &= ink[:, :, 1:]
        area = ink.sum(axis=(1, 2))
        border = area - inside.sum(axis=(1, 2))
        self._images = digits.images
        self._pens = 2.0 * area / np.maximum(border, 1)
        self._places = [np.flatnonzero((digits.targets == target) & (area > 0)) for target in range(10)]
        if not all(len(places) for places in self._places):
            raise ValueError(f"{digits.name} does not have all ten digits")

    def draw(
        self, target: int, rng: Rng, *, height: float, width: float, pen: float, lean: float = 0.0
    ) -> Sheet:
        """A digit as somebody wrote it, in another size and by another pen.

        Args:
            target: Which, 0 to 9.
            rng: What is drawn from.
            height: In pixels; a wide digit is lower.
            width: Factor of its width beside its height.
            pen: Width that its strokes are widened or thinned towards, in pixels.
            lean: Columns that a row leans further to the right than it was written.
        """
        places = self._places[target]
        place = int(places[rng.integers(len(places))])
        image = self._images[place]
        rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
        cut = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        scale = height / 20
        across, down = max(2, round(cut.shape[1] * scale * width)), max(2, round(cut.shape[0] * scale))
        if abs(lean) * down < 1:
            large = cv2.resize(cut, (across, down), interpolation=cv2.INTER_CUBIC)
        else:
            wider, higher = across / cut.shape[1], down / cut.shape[0]
            reach = lean * down
            # The middles of pixels lie at halves; the foot stays where it is.
            matrix = np.array(
                [
                    [wider, -lean * higher, wider / 2 - 0.5 - lean * higher / 2 + max(reach, 0.0)],
                    [0, higher, higher / 2 - 0.5],
                ]
            )
            size = (across + math.ceil(abs(reach)), down)
            large = cv2.warpAffine(cut, matrix, size, flags=cv2.INTER_CUBIC)
        change = round(pen - float(self._pens[place]) * scale)
        if change > 0:
            margin = (change + 1) // 2
            return np.asarray(cv2.dilate(np.pad(large, margin), _nib(change)), np.uint8)
        inked = _rows_of_ink(large)
        for less in range(change, 0):
            thin = np.asarray(cv2.erode(large, _nib(-less)), np.uint8)
            if _rows_of_ink(thin) >= _STAYS * inked:
                return thin
        return np.asarray(large, np.uint8)


def _nib(change: int) -> Sheet:
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (change + 1, change + 1)), np.uint8)


def _rows_of_ink(tile: Sheet) -> int:
    return int((tile > 127).any(axis=1).sum())


@dataclass(frozen=True, slots=True)
class Hand:
    """How somebody writes, for the length of a line.

    Attributes:
        pen: Width of a stroke, in pixels of the sheet.
        width: Width of a digit to its usual width.
        cut: For each digit, whether it is cut from a picture or drawn stroke by stroke.
        forms: For each digit, which of its drawn forms.
        gap: Between two characters, in pixels; negative runs them into each other.
        unevenness: Of sizes, places and gaps; a standard deviation, as a part of `EM`.
        climb: Rise of the line for each pixel to the right.
        joined: Chance that a stroke joins two digits.
        wobble: Standard deviation of each point of a drawn digit, as a part of its size.
        unruliness: How much each digit leans, bows and stretches by itself; a standard deviation, as a
            part of its size.
        shrink: Size of what follows a separator, to the size before it.
        zeros: Size of a 0 to that of the other digits.
        chained: Whether zeros in a row run into each other, as in a chain.
    """

    pen: float
    width: float
    cut: tuple[bool, ...]
    forms: tuple[int, ...]
    gap: float
    unevenness: float
    climb: float
    joined: float
    wobble: float
    unruliness: float
    shrink: float
    zeros: float
    chained: bool


def pick_hand(rng: Rng) -> Hand:
    """Draw a writer."""
    style = rng.random()
    cut: tuple[bool, ...]
    if style < 0.28:
        cut = (True,) * 10
    elif style < 0.56:
        cut = (False,) * 10
    else:
        cut = tuple(bool(flip) for flip in rng.random(10) < 0.6)
    return Hand(
        pen=EM * float(rng.triangular(0.04, 0.09, 0.19)),
        width=float(np.clip(rng.normal(0.95, 0.2), 0.55, 1.6)),
        cut=cut,
        forms=tuple(int(rng.integers(len(forms))) for forms in LINE_FORMS),
        gap=EM * float(rng.triangular(-0.18, 0.06, 0.65)),
        unevenness=float(rng.triangular(0.0, 0.05, 0.14)),
        climb=float(rng.normal(0, 0.03)),
        joined=float(rng.random() < 0.12) * 0.5,
        wobble=float(rng.triangular(0.005, 0.03, 0.08)),
        unruliness=float(rng.triangular(0.0, 0.08, 0.3)),
        shrink=float(rng.uniform(0.5, 0.9)) if rng.random() < 0.25 else 1.0,
        zeros=float(rng.uniform(0.5, 0.95)) if rng.random() < 0.25 else 1.0,
        chained=bool(rng.random() < 0.2),
    )


@dataclass(frozen=True, slots=True)
class Ink:
    """What was written on a sheet.

    Attributes:
        sheet: uint8 (`HEIGHT`, W), 0 clean to 255 ink.
        left, right: Columns between which it stands.
    """

    sheet: Sheet
    left: int
    right: int


def write_text(text: str, hand: Hand, cuttings: Cuttings, rng: Rng) -> Ink:
    """Write characters from left to right.

    Args:
        text: Digits, the signs of numbers, spaces, and a few letters.
        hand: Who writes.
        cuttings: Digits that most hands write with.
        rng: What is drawn from.
    """
    sheet = np.zeros((HEIGHT, round(EM * (3.0 + 1.9 * len(text)))), np.uint8)
    start = x = 1.0 * EM
    previous, part = "", 1.0
    ends = np.zeros(2)
    for character in text:
        lift = hand.climb * (x - start) + rng.normal(0, hand.unevenness * EM)
        size = EM * part * float(np.clip(rng.normal(1, 1.4 * hand.unevenness), 0.6, 1.4))
        gap = hand.gap + rng.normal(0, 1.5 * hand.unevenness * EM)
        joined = hand.joined
        if character == "0":
            size *= hand.zeros
            if previous == "0" and hand.chained:
                gap = min(gap, 0.0) - EM * rng.uniform(0.02, 0.1)
                joined = max(joined, 0.4)
        # Small figures stand on the line or, as cents do, hang from its top.
        base = TOP + EM - lift - (EM * (1 - part) if hand.gap > 0.15 * EM else 0.0)
        if character in " .,":
            part = hand.shrink
        if character == " ":
            x += EM * rng.uniform(0.35, 0.8)
            continue
        if previous and not (character.isdigit() and previous.isdigit()):
            loose = -0.12 if character in "-=~" or previous == "—" else -0.02
            gap = max(gap, 0.0) * rng.uniform(0.3, 1.0) + EM * rng.uniform(loose, 0.12)
            # Some leave a digit's room for a point, and some squeeze it below the digits beside it.
            drawn, point = rng.random(), character if character in ".," else previous
            if drawn < 0.2:
                gap += EM * rng.uniform(0.1, 0.7)
            elif drawn < 0.35 and point in ".,":
                gap -= EM * rng.uniform(0.03, 0.1 if point == "." else 0.25)
        x = max(x + gap, start if not previous else 0.0)
        if not character.isdigit():
            x = _write_sign(sheet, character, x, base, size, hand, rng, previous)
        else:
            begin = x
            x = _write_digit(sheet, int(character), x, base, size, hand, cuttings, rng)
            if previous.isdigit() and rng.random() < joined:
                y = base - size * rng.uniform(0.0, 1.0)
                joint = [tuple(ends), ((ends[0] + begin) / 2, y), (begin + 0.3 * size, y)]
                draw_stroke(sheet, np.array(joint), hand.pen * 0.8, rounded=True)
            ends = np.array([x - 0.1 * size, base - size * rng.uniform(0.1, 0.9)])
        previous = character
    columns = np.flatnonzero(sheet.any(axis=0))
    if len(columns) == 0:  # nothing was to be written
        return Ink(sheet, round(start), round(start + EM))
    return Ink(sheet, int(columns[0]), int(columns[-1]) + 1)


def _write_digit(
    sheet: Sheet, digit: int, x: float, base: float, size: float, hand: Hand, cuttings: Cuttings, rng: Rng
) -> float:
    """Write one digit; the column where it ends."""
    if hand.cut[digit]:
        lean = float(rng.normal(0, hand.unruliness))
        across = hand.width * float(np.exp(rng.normal(0, hand.unruliness)))
        tile = cuttings.draw(digit, rng, height=size, width=across, pen=hand.pen, lean=lean)
        bottom, left = round(base), round(x)
        spot = sheet[bottom - len(tile) : bottom, left : left + tile.shape[1]]
        np.maximum(spot, tile[: len(spot), : spot.shape[1]], out=spot)
        return float(left + tile.shape[1])
    forms = LINE_FORMS[digit]
    # A writer keeps to a form, mostly.
    form = forms[hand.forms[digit] if rng.random() < 0.8 else int(rng.integers(len(forms)))]
    across = size * 0.62 * hand.width * float(np.exp(rng.normal(0, 2 * hand.unevenness)))
    strokes: list[Stroke] = form(rng)
    lean, bow, swell, sag, tilt = rng.normal(0, hand.unruliness, 5)
    placed = []
    for points, rounded in strokes:
        path = np.array(points) + rng.normal(0, hand.wobble, (len(points), 2))
        path = rounded_through(path, 6) if rounded else path
        u, v = path[:, 0] - 0.5, path[:, 1] - 0.5
        # The whole of it leans, bows, widens to one end, sags and tilts: smoothly, so its form stays.
        path = path + np.stack([bow * v * v + swell * u * v - lean * v, sag * u * u + 0.4 * tilt * u], axis=1)
        placed.append(path * (across, size))
    leftmost = min(float(path[:, 0].min()) for path in placed)
    rightmost = max(float(path[:, 0].max()) for path in placed)
    shift = np.array([x - leftmost + hand.pen / 2, base - size])
    for path in placed:
        draw_stroke(sheet, path + shift, hand.pen)
    return x + rightmost - leftmost + hand.pen


def draw_stroke(
    sheet: Sheet, path: NDArray[np.float64], pen: float, *, rounded: bool = False, force: float = 1.0
) -> None:
    """Draw a stroke.

    Args:
        sheet: uint8 (H, W), ink high; changed in place.
        path: (N, 2), x and y of its points, in pixels.
        pen: Its width, in pixels.
        rounded: Whether it runs through the points in curves.
        force: Part of the ink, above 0 to 1.
    """
    if rounded:
        path = rounded_through(path, 6)
    line = np.round(path * (1 << _SUBPIXEL)).astype(np.int32)
    # What is drawn replaces what lies below it, so that pale ink needs a layer of its own.
    layer = sheet if force == 1.0 else np.zeros_like(sheet)
    cv2.polylines(layer, [line], False, 255 * force, max(round(pen), 1), cv2.LINE_AA, _SUBPIXEL)
    if layer is not sheet:
        np.maximum(sheet, layer, out=sheet)


def _write_sign(
    sheet: Sheet, sign: str, x: float, base: float, size: float, hand: Hand, rng: Rng, previous: str
) -> float:
    """Write what is no digit, after what is written already; the column where it ends."""
    pen = hand.pen
    # A point smaller than this would be taken for dust by people too.
    touch = max(pen, 0.07 * EM)
    # Between two strokes the hand is light: a point may be as pale as a shadow.
    force = float(rng.uniform(0.4, 1.0)) if rng.random() < 0.6 else 1.0
    if sign in ".:":
        middle = base - (size * rng.uniform(0.05, 0.5) if sign == "." and rng.random() < 0.4 else 0)
        for y in (middle,) if sign == "." else (middle - size * 0.1, middle - size * rng.uniform(0.4, 0.7)):
            _dot(sheet, x + touch / 2, y, touch * rng.uniform(0.8, 1.8), force, rng)
        return x + touch * 1.3
    if sign == ",":
        reach, drop = size * rng.uniform(0.0, 0.18), size * float(rng.triangular(0.14, 0.3, 0.6))
        # It begins below the line as well as half-way up, like a small 1.
        top = base + 0.06 * size - rng.uniform(0.0, 0.8) * drop
        path = [(x + reach, top), (x + reach * rng.uniform(0.8, 1.2), top + drop * 0.4), (x, top + drop)]
        draw_stroke(sheet, np.array(path), pen, rounded=True, force=force)
        return x + reach + pen / 2
    if sign in "-=~—":
        # A stroke that fills the space before a number is longer than any minus.
        longest = (1.6, 2.0, 4.0) if sign == "—" else (0.2, 0.4, 1.2)
        length = size * float(rng.triangular(*longest))
        middle = rng.uniform(0.3, 0.65) if rng.random() < 0.8 else rng.uniform(0.0, 0.95)
        heights = (middle + rng.uniform(0.06, 0.15), middle - 0.08) if sign == "=" else (middle,)
        for part in heights:
            y = base - size * part + rng.normal(0, 0.03) * size
            bend = size * (rng.normal(0, 0.05) if sign != "~" else 0.2)
            # Behind a number, where it is thrown, it may be as steep as a stroke of a digit.
            steep = previous and sign == "-" and rng.random() < 0.1
            rise = length * (rng.normal(0.3, 0.25) if steep else rng.normal(0.03, 0.06))
            path = [
                (x, y),
                (x + length * 0.35, y - bend),
                (x + length * 0.65, y + bend),
                (x + length, y - rise),
            ]
            draw_stroke(sheet, np.array(path), pen, rounded=True)
        return x + length
    if sign == "/":
        # Between digits it may stand nearly as upright as a 1; alone it would be one.
        lean = size * (rng.uniform(0.25, 0.7) if previous else rng.uniform(0.4, 1.0))
        ends = [(x + lean, base - size * rng.uniform(0.95, 1.3)), (x, base + size * rng.uniform(-0.05, 0.25))]
        draw_stroke(sheet, np.array(ends), pen)
        return x + lean + pen / 2
    return _write_letter(sheet, sign, x, base, size, pen, rng)


def _dot(sheet: Sheet, x: float, y: float, across: float, force: float, rng: Rng) -> None:
    """A dot is a touch of the pen, seldom quite round."""
    touch = [(x, y), (x + rng.normal(0, 0.5) * across, y + rng.normal(0, 0.3) * across)]
    draw_stroke(sheet, np.array(touch), across, force=force)


FONTS = (
    cv2.FONT_HERSHEY_SCRIPT_SIMPLEX,
    cv2.FONT_HERSHEY_SCRIPT_SIMPLEX,
    cv2.FONT_HERSHEY_SCRIPT_COMPLEX,
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_COMPLEX | cv2.FONT_ITALIC,
)
"""Hershey's stroke fonts, which come with OpenCV."""


def _write_letter(
    sheet: Sheet, letter: str, x: float, base: float, size: float, pen: float, rng: Rng
) -> float:
    font = FONTS[int(rng.integers(len(FONTS)))]
    scale = size / 22  # a capital letter is about 22 pixels high at scale 1
    (across, _), _ = cv2.getTextSize(letter, font, scale, 1)
    where = (round(x), round(base))
    cv2.putText(sheet, letter, where, font, scale, 255, max(round(pen), 1), cv2.LINE_AA)
    return x + across
