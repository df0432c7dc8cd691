"""Pages that nobody wrote, with the truth about them: numbers and words, by hand and printed.

Handwritten numbers are made of the digits in the box, as the lines are that the line reader learns
from; handwritten words are letters of stroke fonts and italics, each bent anew; print is set in the
fonts that come with matplotlib. The fonts of words and print are in two halves, so that what is fitted
on one can be measured on the other.
"""

from __future__ import annotations

import string
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, NamedTuple

import cv2
import matplotlib
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from inkling.datasets.digits import Digits
from inkling.datasets.lines.hand import EM, Cuttings, pick_hand, write_text
from inkling.datasets.lines.scribbles import scribble
from inkling.datasets.lines.writing import write_line
from inkling.elements import Box

Rng = np.random.Generator
Ink = NDArray[np.uint8]
Kind = Literal["number", "word", "printed number", "printed word", "doodle"]

WIDTH, HEIGHT = 1654, 2339
"""A4 at 200 dpi."""

PRINT = {
    False: ("DejaVuSerif", "DejaVuSans", "DejaVuSansMono", "DejaVuSans-Bold", "cmr10", "DejaVuSerif-Italic"),
    True: ("STIXGeneral", "DejaVuSans-Oblique", "DejaVuSerif-Bold", "STIXGeneralBol", "cmtt10"),
}
"""Printing fonts to fit on, and (True) to measure on."""

STROKES = {
    False: (
        cv2.FONT_HERSHEY_SCRIPT_SIMPLEX,
        "cmmi10",
        "cmmi10",
        "DejaVuSans-Oblique",
        "DejaVuSans",
        "cmss10",
    ),
    True: (cv2.FONT_HERSHEY_SCRIPT_COMPLEX, "STIXGeneralItalic", "cmti10", "STIXNonUniIta"),
}
"""Fonts of handwritten words, likewise: of OpenCV by number, of matplotlib by name."""

_TEXT = (Path(__file__).parents[1] / "LICENSE").read_text()
WORDS = [word.strip(string.punctuation) for word in _TEXT.split() if word.strip(string.punctuation)]
WORDS += ["I", "a", "is", "so", "to", "in", "of", "it", "on", "go", "do", "if", "us", "no", "we", "the"]
WORDS += ["Oslo", "Zoe", "Bill", "Lis", "ill", "lib", "sob", "Gogol", "bells"]


LEAST_PEN = 3.0
"""Pixels that a stroke of a number is wide at least."""

LEAST_PEN_PART = 0.07
"""The same as a part of its height: thinner, and digits that are cut from pictures fall apart."""


class Item(NamedTuple):
    """Something on a page."""

    kind: Kind
    text: str
    box: Box


@dataclass(slots=True)
class DrawnPage:
    """A page and what stands on it, in the order in which it was put there.

    Attributes:
        image: uint8 (H, W), paper 255.
    """

    image: NDArray[np.uint8] = field(default_factory=lambda: np.full((HEIGHT, WIDTH), 255, np.uint8))
    items: list[Item] = field(default_factory=list)
    taken: NDArray[np.bool_] = field(default_factory=lambda: np.zeros((HEIGHT, WIDTH), bool))

    def put(
        self, ink: Ink, x: int, y: int, kind: Kind, text: str, *, depth: float = 1.0, room: int = 12
    ) -> bool:
        """Lay ink, 0 clean to 255, on the page unless something stands there; whether it was laid."""
        down, across = ink.shape
        if x < room or y < room or x + across > WIDTH - room or y + down > HEIGHT - room:
            return False
        if self.taken[y - room : y + down + room, x - room : x + across + room].any():
            return False
        spot = self.image[y : y + down, x : x + across]
        np.minimum(spot, (255 - depth * ink).astype(np.uint8), out=spot)
        self.taken[y : y + down, x : x + across] = True
        self.items.append(Item(kind, text, Box(x, y, x + across, y + down)))
        return True


def trimmed(ink: Ink) -> Ink:
    """Without clean rows and columns around."""
    rows, columns = np.flatnonzero((ink > 100).any(axis=1)), np.flatnonzero((ink > 100).any(axis=0))
    if len(rows) == 0:
        return np.zeros((1, 1), np.uint8)
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def scaled(ink: Ink, factor: float) -> Ink:
    way = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    return trimmed(np.asarray(cv2.resize(ink, None, fx=factor, fy=factor, interpolation=way), np.uint8))


class Writer:
    """Somebody with a hand for numbers and another for words, whose digits resemble each other.

    Args:
        rng: Picks the writer.
        digits: Of many people; this one writes one to three forms of each.
        measure: Which half of the fonts.
    """

    def __init__(self, rng: Rng, digits: Digits, measure: bool) -> None:
        self.size = float(rng.uniform(30, 75))
        hand = pick_hand(rng)
        self.hand = replace(hand, pen=max(hand.pen, LEAST_PEN * EM / self.size, LEAST_PEN_PART * EM))
        self.bend = float(rng.uniform(0.01, 0.04))
        self.depth = float(rng.uniform(0.4, 1))
        self.font = STROKES[measure][int(rng.integers(len(STROKES[measure])))]
        self.pen, self.slant = float(rng.uniform(1.5, 5)), float(rng.normal(0.1, 0.2))
        self.gap = float(rng.uniform(0.2, 0.7) if rng.random() < 0.25 else rng.uniform(-0.12, 0.12))
        own = [rng.choice(np.flatnonzero(digits.targets == digit), rng.integers(1, 4)) for digit in range(10)]
        places = np.concatenate(own)
        self.cuttings = Cuttings(
            replace(digits, images=digits.images[places], targets=digits.targets[places])
        )

    def number(self, text: str, rng: Rng, size: float) -> Ink:
        """A number with digits as high as asked, about."""
        sheet = trimmed(write_text(text, self.hand, self.cuttings, rng).sheet)
        return scaled(bent(np.pad(sheet, EM), 0.0, rng, self.bend), size / EM)

    def word(self, word: str, rng: Rng, size: float) -> Ink:
        """Letters, each a little elsewhere and the whole of it bent; a capital is about `size` high."""
        sheet = np.zeros((5 * EM, round(EM * (2 + (1.7 + self.gap) * len(word)))), np.uint8)
        x = float(EM)
        for letter in word:
            rise, high = rng.normal(0, 0.05) * EM, float(np.clip(rng.normal(1, 0.08), 0.8, 1.2))
            across = _letter(sheet, letter, x, 3 * EM + rise, self.font, self.pen, high)
            x += across + self.gap * EM + rng.normal(0, 0.04) * EM
        return scaled(bent(sheet, self.slant, rng, 0.07), size / EM)


def _letter(
    sheet: Ink, letter: str, x: float, base: float, font: int | str, pen: float, high: float
) -> float:
    if isinstance(font, int):
        scale = EM / 22 * high
        cv2.putText(sheet, letter, (round(x), round(base)), font, scale, 255, max(round(pen), 1), cv2.LINE_AA)
        return float(cv2.getTextSize(letter, font, scale, 1)[0][0])
    face = face_of(font, round(EM * 1.35 * high))
    canvas = Image.fromarray(sheet)
    ImageDraw.Draw(canvas).text((x, base), letter, 255, font=face, anchor="ls")
    sheet[:] = np.asarray(canvas)
    return float(face.getlength(letter))


def face_of(name: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(f"{matplotlib.get_data_path()}/fonts/ttf/{name}.ttf", size)


def bent(sheet: Ink, slant: float, rng: Rng, far: float) -> Ink:
    """Slanted, and every point moved as its surroundings are; `far` in parts of a digit's height."""
    height, width = sheet.shape
    knots = (max(width // EM, 2) * 2, 2 * height // EM)
    moves = rng.normal(0, far * EM, (2, knots[1], knots[0])).astype(np.float32)
    dx, dy = (cv2.resize(move, (width, height), interpolation=cv2.INTER_CUBIC) for move in moves)
    ys, xs = np.mgrid[:height, :width].astype(np.float32)
    return np.asarray(cv2.remap(sheet, xs + dx + slant * (ys - 3 * EM), ys + dy, cv2.INTER_LINEAR), np.uint8)


def printed(text: str, font: str, size: int) -> Ink:
    face = face_of(font, size)
    left, top, right, bottom = face.getbbox(text)
    canvas = Image.new("L", (round(right - left) + 4, round(bottom - top) + 4), 0)
    ImageDraw.Draw(canvas).text((2 - left, 2 - top), text, 255, font=face)
    return trimmed(np.asarray(canvas))


def print_line(page: DrawnPage, x: int, y: int, tokens: list[str], font: str, size: int) -> None:
    """Words and numbers in print on one base line, each an item."""
    face = face_of(font, size)
    for token in tokens:
        left, top, right, bottom = face.getbbox(token, anchor="ls")
        canvas = Image.new("L", (round(right - left) + 2, round(bottom - top) + 2), 0)
        ImageDraw.Draw(canvas).text((1 - left, 1 - top), token, 255, font=face, anchor="ls")
        kind: Kind = "printed number" if token.strip(".,:").replace(".", "").isdigit() else "printed word"
        page.put(np.asarray(canvas), round(x + left - 1), round(y + top - 1), kind, token, room=2)
        x += round(face.getlength(token) + face.getlength(" "))


def print_block(
    page: DrawnPage, x: int, y: int, width: int, lines: int, rng: Rng, font: str, size: int
) -> None:
    """A paragraph; one token in twelve is a number."""
    face = face_of(font, size)
    for _ in range(lines):
        tokens: list[str] = []
        while True:
            token = (
                str(rng.choice(WORDS)) if rng.random() > 0.08 else str(rng.integers(10 ** rng.integers(1, 6)))
            )
            if face.getlength(" ".join([*tokens, token])) > width:
                break
            tokens.append(token + ("," if rng.random() < 0.1 else "." if rng.random() < 0.1 else ""))
        print_line(page, x, y, tokens, font, size)
        y += round(1.35 * size)


def script_block(
    page: DrawnPage, x: int, y: int, width: int, lines: int, rng: Rng, writer: Writer, numbers: float
) -> int:
    """Lines in one hand, of words and, by chance, numbers among them; the row below them."""
    start, size = x, min(writer.size, 60)
    for _ in range(lines):
        while x < start + width:
            number = rng.random() < numbers
            text = number_text(rng) if number else str(rng.choice(WORDS))
            ink = writer.number(text, rng, size) if number else writer.word(text, rng, size)
            lift = round(rng.normal(0, 0.06) * size) + round((1.0 if number else 0.9) * len(ink))
            if x + ink.shape[1] < start + width:
                page.put(
                    ink,
                    x,
                    round(y - lift),
                    "number" if number else "word",
                    text,
                    depth=writer.depth,
                    room=2,
                )
            x += ink.shape[1] + round(size * (max(writer.gap, 0) + rng.uniform(0.6, 1.3)))
        x, y = start, y + round(size * rng.uniform(1.9, 2.4))
    return y


def number_text(rng: Rng) -> str:
    """Of a number that keeps together, without signs around it."""
    while True:
        writing = write_line(rng)
        if writing.text and not writing.mark and " " not in writing.text:
            return writing.text


def draw_page(seed: int, digits: Digits, *, measure: bool = False, kind: str = "mixed") -> DrawnPage:
    """Draw a page.

    Args:
        seed: Of everything on it.
        digits: That handwritten numbers are made of.
        measure: Which half of the fonts.
        kind: `mixed`, or a page of `print` or of `script` without any handwritten number, or `numbers`.
    """
    rng = np.random.default_rng([seed, int(measure)])
    page = DrawnPage()
    if kind in ("mixed", "print"):
        y = 100
        while y < HEIGHT * (0.35 if kind == "mixed" else 0.9):
            font = PRINT[measure][int(rng.integers(len(PRINT[measure])))]
            size, lines = int(rng.integers(22, 44)), int(rng.integers(1, 7))
            print_block(page, 120, y + size, int(rng.uniform(0.4, 0.85) * WIDTH), lines, rng, font, size)
            y += round(1.35 * size * lines) + int(rng.integers(30, 90))
    if kind in ("mixed", "script"):
        y = round(HEIGHT * 0.45) if kind == "mixed" else 150
        while y < HEIGHT * (0.65 if kind == "mixed" else 0.9):
            writer = Writer(rng, digits, measure)
            width, lines = int(rng.uniform(0.5, 0.85) * WIDTH), int(rng.integers(1, 4))
            y = script_block(page, 120, y, width, lines, rng, writer, 0.25 if kind == "mixed" else 0.0) + 40
    if kind in ("mixed", "numbers"):
        _scatter(page, rng, Writer(rng, digits, measure), measure)
    page.image = worn(page.image, rng)
    return page


def _scatter(page: DrawnPage, rng: Rng, writer: Writer, measure: bool) -> None:
    """Numbers in free places, some in a box with a label above or before it; words in boxes; doodles."""
    font = PRINT[measure][int(rng.integers(len(PRINT[measure])))]
    small = int(rng.integers(22, 40))
    for _ in range(50):
        x, y = int(rng.integers(60, WIDTH - 300)), int(rng.integers(60, HEIGHT - 120))
        what, text = rng.random(), number_text(rng)
        size = writer.size * rng.uniform(0.85, 1.15)
        if what < 0.1:
            ink = trimmed(scribble(writer.hand, rng).sheet)
            page.put(scaled(ink, size / EM), x, y, "doodle", "", depth=writer.depth, room=25)
        elif what < 0.25:
            page.put(printed(text, font, small), x, y, "printed number", text, room=25)
        else:
            kind: Kind = "word" if what < 0.35 else "number"
            word = str(rng.choice(WORDS))
            ink = writer.word(word, rng, size) if kind == "word" else writer.number(text, rng, size)
            laid = page.put(ink, x, y, kind, text if kind == "number" else word, depth=writer.depth, room=30)
            if laid and (kind == "word" or what > 0.65):
                _box(page, x, y, ink, rng)
            if laid and what > 0.5:
                above = what > 0.8
                name = (
                    text
                    if above and rng.random() < 0.5
                    else str(rng.choice([*WORDS, "Total:", "No.", "Sum"]))
                )
                label = printed(name, font, small)
                left, top = (x, y - 32 - len(label)) if above else (x - label.shape[1] - 32, y + 5)
                page.put(label, left, top, "printed number" if name == text else "printed word", name, room=2)


def _box(page: DrawnPage, x: int, y: int, ink: Ink, rng: Rng) -> None:
    pad = int(rng.integers(8, 25))
    top, left = max(y - pad, 0), max(x - pad, 0)
    bottom, right = y + ink.shape[0] + pad, x + ink.shape[1] + pad + int(rng.integers(0, 60))
    cv2.rectangle(page.image, (left, top), (right, bottom), 0, int(rng.integers(2, 5)))
    page.taken[top : bottom + 4, left : right + 4] = True


def worn(image: NDArray[np.uint8], rng: Rng) -> NDArray[np.uint8]:
    """As a scanner gives it: no two letters on the same raster; soft, grainy, or in black and white."""
    knots = (WIDTH // 40, HEIGHT // 40)
    moves = rng.normal(0, rng.uniform(0.3, 0.8), (2, knots[1], knots[0])).astype(np.float32)
    dx, dy = (cv2.resize(move, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR) for move in moves)
    ys, xs = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    shaken = cv2.remap(image, xs + dx, ys + dy, cv2.INTER_LINEAR, borderValue=255)
    soft = cv2.GaussianBlur(shaken, (0, 0), float(rng.uniform(0.4, 1.0)))
    noise = rng.normal(0, rng.uniform(0, 6), image.shape).astype(np.float32)
    grey = np.clip(soft + noise, 0, 255).astype(np.uint8)
    if rng.random() < 0.35:
        # Between the palest ink and the paper, or nobody could read it.
        return np.where(grey < rng.uniform(190, 225), np.uint8(0), np.uint8(255)).astype(np.uint8)
    return grey
