"""Draws a tally sheet, and fills it three times: the files beside this script.

The blank sheet and its template are drawn from one list of fields. The sheets are filled with digits cut
from 5,000 of MNIST's (CC BY-SA 3.0) by the hand that Inkling's synthetic lines are written with, then seen by
a scanner or a camera. Seeds are fixed: the same versions of the packages give the same files.

    python examples/tally/make_tally.py [FOLDER]
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

import inkling
from inkling.datasets.lines.hand import EM, HEIGHT, TOP, Cuttings, Hand, Ink, write_text
from inkling.datasets.lines.scribbles import cross_out

Light = NDArray[np.float32]
"""What paper throws back: (H, W) or (H, W, 3), 0 black to 1 white."""

WIDTH, LENGTH, DPI = 1240, 1754, 150
"""A4 in pixels."""

CANDIDATES = ("Ada Alder", "Bruno Birch", "Clara Cedar", "David Dogwood", "Edith Elm")
TOTALS = {"valid": "Valid votes", "invalid": "Invalid votes", "all": "All votes"}

BOX_WIDTH, BOX_HEIGHT = 56, 62
FIRST_ROW, ROW = 640, 92
COMB_LEFT = 910
MARK, MARGIN = 34, 56

BLUE, GREY = (0.13, 0.2, 0.55), (0.25, 0.25, 0.28)
"""Light that a ball pen and a pencil throw back: red, green, blue."""


@dataclass(frozen=True, slots=True)
class Field:
    """A place of the form where a number is written.

    Attributes:
        name: In the template.
        box: Left, top, right, bottom, in pixels.
        boxes: Of a comb; 0 for a line.
    """

    name: str
    box: tuple[int, int, int, int]
    boxes: int = 0


def comb(name: str, left: int, top: int, boxes: int) -> Field:
    """A row of boxes for one digit each."""
    return Field(name, (left, top, left + boxes * BOX_WIDTH, top + BOX_HEIGHT), boxes)


ROWS = [f"votes_{number}" for number in range(1, len(CANDIDATES) + 1)] + list(TOTALS)
FIELDS = [
    comb("station", 300, 360, 4),
    Field("date", (760, 350, 1090, 424)),
    *(comb(name, COMB_LEFT, FIRST_ROW + ROW * place + 15, 3) for place, name in enumerate(ROWS)),
]


# The blank sheet ------------------------------------------------------------------------------------------


def draw_blank() -> Image.Image:
    """The empty sheet, grey."""
    sheet = Image.new("L", (WIDTH, LENGTH), 255)
    pen = ImageDraw.Draw(sheet)
    for left in (MARGIN, WIDTH - MARGIN - MARK):
        for top in (MARGIN, LENGTH - MARGIN - MARK):
            pen.rectangle((left, top, left + MARK, top + MARK), fill=0)
    write(pen, WIDTH // 2, 165, "TALLY SHEET", 58, anchor="mm")
    write(pen, WIDTH // 2, 232, "Votes counted at one polling station", 28, anchor="mm")
    write(pen, 140, 391, "Station", 28)
    write(pen, 670, 391, "Date", 28)
    pen.line((760, 424, 1090, 424), fill=60, width=2)
    write(pen, 140, 500, "One digit in each box, the last digit in the box on the right.", 22)
    write(pen, 140, 534, "Cross out boxes that you do not need.", 22)
    draw_table(pen)
    for field in FIELDS:
        if field.boxes:
            draw_comb(pen, field)
    pen.line((140, 1560, 560, 1560), fill=60, width=2)
    write(pen, 140, 1582, "Counted by", 20)
    pen.line((680, 1560, 1100, 1560), fill=60, width=2)
    write(pen, 680, 1582, "Checked by", 20)
    return sheet


def write(pen: ImageDraw.ImageDraw, x: int, y: int, text: str, size: int, *, anchor: str = "lm") -> None:
    """Print a text in the typeface that comes with Pillow."""
    pen.text((x, y), text, fill=40, font=ImageFont.load_default(size), anchor=anchor)


def draw_table(pen: ImageDraw.ImageDraw) -> None:
    """Rules, headings and the rows' names."""
    left, first, second, right = 140, 220, 880, 1100
    head, bottom = FIRST_ROW - 52, FIRST_ROW + ROW * len(ROWS)
    totals = FIRST_ROW + ROW * len(CANDIDATES)
    for place in range(len(ROWS) + 1):
        y = FIRST_ROW + ROW * place
        pen.line((left, y, right, y), fill=60, width=3 if y == totals else 1)
    pen.rectangle((left, head, right, bottom), outline=60, width=3)
    pen.line((first, head, first, totals), fill=60, width=1)
    pen.line((second, head, second, bottom), fill=60, width=1)
    for x, heading in ((162, "No."), (240, "Candidate"), (COMB_LEFT, "Votes")):
        write(pen, x, head + 27, heading, 24)
    for place, name in enumerate((*CANDIDATES, *TOTALS.values())):
        y = FIRST_ROW + ROW * place + ROW // 2
        write(pen, 240, y, name, 30)
        if place < len(CANDIDATES):
            write(pen, 172, y, str(place + 1), 30)


def draw_comb(pen: ImageDraw.ImageDraw, field: Field) -> None:
    """Boxes side by side."""
    left, top, _, bottom = field.box
    for place in range(field.boxes):
        x = left + place * BOX_WIDTH
        pen.rectangle((x, top, x + BOX_WIDTH, bottom), outline=90, width=2)


def template() -> str:
    """The template that says where the fields are."""
    lines = ["name: Tally sheet", "reference: blank.png", "fields:"]
    for field in FIELDS:
        rest = f', boxes: {field.boxes}, characters: "0123456789"' if field.boxes else ""
        kind = "comb" if field.boxes else "line"
        lines.append(f"  - {{name: {field.name}, kind: {kind}, box: {list(field.box)}{rest}}}")
    return "\n".join(lines) + "\n"


# Filling it in --------------------------------------------------------------------------------------------


def writer(rng: np.random.Generator) -> Hand:
    """Somebody who writes neatly, with digits of MNIST's."""
    pen = EM * float(rng.uniform(0.08, 0.11))
    return Hand(
        pen=pen,
        width=0.95,
        cut=(True,) * 10,
        forms=(0,) * 10,
        gap=EM * 0.12,
        unevenness=0.03,
        climb=0.0,
        joined=0.0,
        wobble=0.02,
        unruliness=0.0,
        shrink=1.0,
        zeros=1.0,
        chained=False,
    )


def lay(ink: Ink, cover: Light, centre: tuple[float, float], size: float) -> None:
    """Lay what was written on the sheet, digits `size` pixels high, around a point."""
    scale = size / EM
    x, y = centre[0] - scale * (ink.left + ink.right) / 2, centre[1] - scale * (TOP + EM / 2)
    matrix = np.array([[scale, 0, x], [0, scale, y]])
    seen = cv2.warpAffine(ink.sheet, matrix, (WIDTH, LENGTH), flags=cv2.INTER_AREA)
    np.maximum(cover, np.float32(seen) / 255, out=cover)


def fill(values: dict[str, str], cuttings: Cuttings, rng: np.random.Generator) -> Light:
    """Ink of one writer on the sheet: float32 (`LENGTH`, `WIDTH`), 0 clean to 1 ink.

    Args:
        values: By field; in a comb a character a box from the right: a digit, or X for crossed out.
        cuttings: Digits to write with.
        rng: Drawn from.
    """
    hand = writer(rng)
    cover = np.zeros((LENGTH, WIDTH), np.float32)
    for field in FIELDS:
        left, top, right, bottom = field.box
        text = values[field.name]
        if not field.boxes:
            ink = write_text(text, hand, cuttings, rng)
            lay(ink, cover, ((left + right) / 2, bottom - 34), 36)
            continue
        for place, character in enumerate(reversed(text)):
            x = right - (place + 0.5) * BOX_WIDTH + rng.normal(0, 2)
            y = (top + bottom) / 2 + rng.normal(0, 2)
            if character == "X":
                ink = Ink(np.zeros((HEIGHT, 3 * EM), np.uint8), round(1.15 * EM), round(1.8 * EM))
                cross_out(ink, replace(hand, pen=0.8 * hand.pen), rng)
            else:
                ink = write_text(character, hand, cuttings, rng)
            lay(ink, cover, (x, y), 40 + rng.normal(0, 1.5))
    return cover


def put_on(sheet: Image.Image, cover: Light, ink: tuple[float, float, float]) -> Light:
    """The filled sheet: float32 (`LENGTH`, `WIDTH`, 3)."""
    paper = np.asarray(sheet, np.float32)[..., None] / 255 * np.array([0.97, 0.97, 0.95], np.float32)
    return np.asarray(paper * (1 - cover[..., None] * (1 - np.array(ink, np.float32))), np.float32)


# Seen by a scanner or a camera ----------------------------------------------------------------------------


def scan(sheet: Light, degrees: float, rng: np.random.Generator) -> Light:
    """A scan of a sheet that lay on the glass a little turned; what is beside it is white."""
    turn = cv2.getRotationMatrix2D((WIDTH / 2, LENGTH / 2), degrees, 1.0)
    seen = cv2.warpAffine(sheet, turn, (WIDTH, LENGTH), flags=cv2.INTER_CUBIC, borderValue=(0.97, 0.97, 0.95))
    return grain(cv2.GaussianBlur(seen, (0, 0), 0.6), 0.008, rng)


def photograph(sheet: Light, rng: np.random.Generator) -> Light:
    """A photograph from an angle of a sheet on a dark table, lit from one side, in part in a shadow."""
    width, height = 1300, 1640
    corners = np.array([(0, 0), (WIDTH, 0), (WIDTH, LENGTH), (0, LENGTH)], np.float32)
    seen_at = np.array([(172, 118), (1108, 66), (1236, 1566), (60, 1510)], np.float32)
    matrix = cv2.getPerspectiveTransform(corners, seen_at)
    size = (width, height)
    table = np.float32(1) + 0.1 * cv2.resize(rng.standard_normal((300, 6), np.float32), size)[..., None]
    picture = np.asarray(table * np.array([0.36, 0.26, 0.2], np.float32), np.float32)
    sharper = cv2.warpPerspective(sheet, matrix, size, flags=cv2.INTER_AREA)
    inside = cv2.warpPerspective(np.ones(sheet.shape[:2], np.float32), matrix, size)[..., None]
    picture = picture * (1 - inside) + sharper * inside
    x, y = np.arange(width, dtype=np.float32) / width, np.arange(height, dtype=np.float32)[:, None] / height
    light = 1.02 - 0.34 * x - 0.16 * y
    shadow = 1 - 0.3 / (1 + np.exp(-(x * 1.1 + y - 1.45) * 28))
    picture = picture * (light * shadow)[..., None] * np.array([1.0, 0.96, 0.88], np.float32)
    return grain(cv2.GaussianBlur(picture, (0, 0), 0.7), 0.012, rng)


def grain(picture: Light, strength: float, rng: np.random.Generator) -> Light:
    """Noise of the sensor."""
    noise = rng.standard_normal((*picture.shape[:2], 1), np.float32)
    return np.asarray(picture + strength * noise, np.float32)


def save(picture: Light, path: Path) -> None:
    """Write a JPEG."""
    pixels = np.clip(picture * 255, 0, 255).astype(np.uint8)
    Image.fromarray(pixels).save(path, quality=82, dpi=(DPI, DPI), optimize=True)


SHEETS = {
    "filled-1.jpg": (13, "0417", "24.11.2026", ("088", "235", "017", "140", "096", "576", "007", "583")),
    "filled-2.jpg": (2, "1905", "24.11.2026", ("126", "209", "74", "58", "31", "498", "2", "500")),
    "filled-3.jpg": (60, "2368", "25.11.2026", ("X63", "148", "X20", "XX9", "217", "457", "XXX", "457")),
}
"""The seed of each, and what is written on it: station, date, and the rows from top to bottom. Seeds were
chosen by eye for digits that people can read; what Inkling makes of them had no part in it."""


def make_sheet(name: str, blank: Image.Image, cuttings: Cuttings) -> tuple[Light, dict[str, str]]:
    """A filled sheet as it is seen, and what is written in each field, X for a box crossed out."""
    seed, station, date, rows = SHEETS[name]
    rng = np.random.default_rng(seed)
    values = {"station": station, "date": date} | dict(zip(ROWS, rows, strict=True))
    cover = fill(values, cuttings, rng)
    if name == "filled-1.jpg":
        return scan(put_on(blank, cover, BLUE), 1.3, rng), values
    if name == "filled-2.jpg":
        return photograph(put_on(blank, cover, BLUE), rng), values
    return scan(put_on(blank, cover, GREY), -0.6, rng), values


def main() -> None:
    """Make every file."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    blank = draw_blank()
    blank.quantize(16).save(folder / "blank.png", dpi=(DPI, DPI), optimize=True)
    (folder / "template.yaml").write_text(template(), encoding="utf-8")
    cuttings = Cuttings(inkling.load_digits("sample"))
    truth = {}
    for name in SHEETS:
        picture, values = make_sheet(name, blank, cuttings)
        save(picture, folder / name)
        truth[name] = {field: value.replace("X", "") for field, value in values.items()}
    (folder / "truth.json").write_text(json.dumps(truth, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
