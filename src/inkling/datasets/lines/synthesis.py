"""Pictures of handwritten numbers that nobody wrote: ink on paper, seen by a scanner or a camera.

Picture `i` of seed `s` is a function of `(s, i)` and of the digits it is cut from, whoever draws it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.datasets.lines.hand import (
    EM,
    HEIGHT,
    TOP,
    Cuttings,
    Hand,
    Ink,
    pick_hand,
    write_text,
)
from inkling.datasets.lines.paper import cast_light, make_paper
from inkling.datasets.lines.scribbles import cross_out, scribble
from inkling.datasets.lines.writing import Writing, write_line

Rng = np.random.Generator
Light = NDArray[np.float32]

BESIDE = ((1,), (1, 2), (1, 2, -1), (1, 2, -1, -2))
"""Of two, three, four and five lines at once: how many lines below the first each of the others stands."""

_HOW_MANY = (0.5, 0.2, 0.15, 0.15)
"""How often there are so many."""

_TURNS = (2, 2, 2, 1, 3)
"""Quarter turns of a picture that is the wrong way up: some lie on their side."""


@dataclass(frozen=True, slots=True, eq=False)
class LinePicture:
    """A picture of one line, with what stands on it.

    Attributes:
        image: uint8 (H, W), grey.
        writing: What is written.
    """

    image: NDArray[np.uint8]
    writing: Writing


def draw_line(cuttings: Cuttings, *, seed: int, index: int) -> LinePicture:
    """Draw one picture of an endless series.

    Args:
        cuttings: Digits that most hands write with.
        seed: Of the series.
        index: Of the picture, from 0: any can be drawn without those before it.

    Returns:
        The picture, and what is written on it.
    """
    rng = np.random.Generator(np.random.PCG64([seed, index]))
    writing = write_line(rng)
    hand = pick_hand(rng)
    several = writing.mark == "several lines"
    others = BESIDE[int(rng.choice(len(BESIDE), p=_HOW_MANY))] if several else ()
    ink = _put_down(writing, hand, cuttings, rng, others)
    view = View.draw(ink, hand, rng, others=others)
    covered = view.look(ink.sheet)
    dark = float(rng.triangular(0.2, 0.6, 0.98))
    # Most pictures are fair; what would not be read anyway teaches little.
    wear = float(rng.random() ** 4)
    ink_cover = cover_paper(covered, view.unit, dark, wear, rng)
    paper = make_paper(view.height, view.width, view.unit, dark * (0.3 + 0.7 * wear), rng)
    if rng.random() < 0.05:
        paper = bleed_through(paper, covered, rng) if dark > 0.4 else paper
    if rng.random() < 0.1:
        paper = smudge(paper, view, ink, hand, cuttings, rng)
    light = cast_light(paper * (1 - ink_cover), rng)
    image = expose(light, view.unit, dark, wear, rng)
    if writing.mark == "upside down":
        image = np.rot90(image, _TURNS[int(rng.integers(len(_TURNS)))])
    return LinePicture(np.ascontiguousarray(image), writing)


def _put_down(writing: Writing, hand: Hand, cuttings: Cuttings, rng: Rng, others: Sequence[int]) -> Ink:
    """The ink of the line, with `others` so many lines below it, or with some above and below, cut off."""
    if writing.mark == "not a number":
        ink = scribble(hand, rng)
    else:
        ink = write_text(writing.before + writing.text + writing.after, hand, cuttings, rng)
    if writing.mark == "crossed out":
        cross_out(ink, hand, rng)
    if others:
        apart = EM * rng.uniform(1.15, 1.45)
        for place in others:
            other = write_text(_other_text(rng, len(writing.text)), hand, cuttings, rng)
            ink = lay_beside(ink, other, round(place * apart))
        return ink
    for direction in (-1, 1):
        if rng.random() < 0.15:
            other = write_text(_other_text(rng, len(writing.text) + 1), hand, cuttings, rng)
            ink = lay_beside(ink, other, direction * round(EM * rng.uniform(1.2, 1.8)))
    return ink


def _other_text(rng: Rng, length: int) -> str:
    return "".join(map(str, rng.integers(0, 10, max(1, length + int(rng.integers(-1, 2))))))


def lay_beside(ink: Ink, other: Ink, down: int) -> Ink:
    """Lay another line of writing on the same sheet, `down` pixels lower."""
    sheet = ink.sheet
    moved = np.zeros_like(sheet)
    width = min(sheet.shape[1], other.sheet.shape[1])
    source = other.sheet[max(0, -down) : HEIGHT - max(0, down), :width]
    moved[max(0, down) : HEIGHT - max(0, -down), :width] = source
    return replace(ink, sheet=np.maximum(sheet, moved))


@dataclass(frozen=True, slots=True)
class View:
    """Which part of the sheet is seen, how large, and from where."""

    height: int
    width: int
    unit: float
    """Pixels of the picture that a digit is high."""
    matrix: NDArray[np.float64]
    """3 x 3, from pixels of the picture to those of the sheet."""
    bend: tuple[NDArray[np.float32], NDArray[np.float32]] | None
    """Coarse grids of how far points are moved on the sheet, in its pixels."""

    @classmethod
    def draw(cls, ink: Ink, hand: Hand, rng: Rng, *, others: Sequence[int] = ()) -> View:
        """Draw a view of the ink: how large, how slanted, from where, with how much around it.

        Other lines that are to be seen stand so many lines below the one that `ink` knows the place of.
        """
        # A stroke thinner than a pixel would not have been scanned.
        least = np.log(max(9.0, 1.1 * EM / hand.pen))
        unit = float(np.exp(rng.triangular(least, max(np.log(24), least), np.log(56))))
        room = float(rng.triangular(1.05, 1.25, 2.8))  # height of the picture, in digits
        if rng.random() < 0.04:
            room = float(rng.uniform(0.9, 1.05))  # cut too close
        room += 1.3 * len(others)
        scale = EM / unit
        slant = rng.normal(0.12, 0.25) if rng.random() < 0.88 else rng.normal(0.45, 0.15)
        turn = rng.normal(0, 0.03)
        height = max(8, round(unit * room))
        text_width = (ink.right - ink.left) / scale
        side = unit * float(rng.triangular(-0.05, 0.2, 1.6))
        width = max(8, round(text_width + unit * abs(slant) + 2 * side))
        if rng.random() < 0.12:  # a wide, nearly empty cell
            width = round(width + unit * rng.uniform(0.5, 3))
        spare = max(width - text_width, 0)
        x0 = width / 2 + (rng.uniform(-0.45, 0.45) * spare if spare > unit * 0.3 else 0)
        y0 = height / 2 + (rng.normal(0, 0.1) * unit if rng.random() < 0.1 else 0)
        y0 += np.clip(rng.normal(0, 0.2), -0.5, 0.5) * max(height - unit * (1 + 1.3 * len(others)), 0.0)
        if not others and rng.random() < 0.05:  # the cut went through the head or the foot of it
            kept = unit * (0.5 - rng.uniform(0.0, 0.22))
            y0 = kept if rng.random() < 0.6 else height - kept
        below = 1.3 * sum(others) / (1 + len(others))  # the middle of all lines, from that of the first
        middle = np.array(
            [
                (ink.left + ink.right) / 2,
                TOP + EM * (0.5 + below) - hand.climb * (ink.right - ink.left) / 2,
            ]
        )
        cos, sin = np.cos(turn), np.sin(turn)
        linear = scale * np.array([[1, slant], [0, 1]]) @ np.array([[cos, -sin], [sin, cos]])
        matrix = np.eye(3)
        matrix[:2, :2] = linear
        matrix[:2, 2] = middle - linear @ np.array([x0, y0])
        if rng.random() < 0.2:
            tilt = np.eye(3)
            tilt[2, :2] = rng.normal(0, 0.1, 2) / max(width, 2 * height)
            matrix = matrix @ tilt
        bend = None
        if rng.random() < 0.5:
            columns = max(3, round(width / height * 3) + 1)
            force = EM * float(rng.triangular(0.0, 0.03, 0.12))
            bend = (
                rng.standard_normal((4, columns), dtype=np.float32) * force,
                rng.standard_normal((4, columns), dtype=np.float32) * force,
            )
        return cls(height, width, unit, matrix, bend)

    def look(self, sheet: NDArray[np.uint8]) -> Light:
        """What is seen of the sheet: float32 (height, width), 0 clean to 1 ink."""
        blur = 0.4 * EM / self.unit
        if blur > 0.5:  # more than one pixel of the sheet falls on one of the picture
            sheet = np.asarray(cv2.GaussianBlur(sheet, (0, 0), blur), np.uint8)
        size = (self.width, self.height)
        if self.bend is None:
            flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
            seen = cv2.warpPerspective(sheet, self.matrix, size, flags=flags)
        else:
            x = np.arange(self.width, dtype=np.float32)
            y = np.arange(self.height, dtype=np.float32)[:, None]
            rows = self.matrix.astype(np.float32)
            depth = rows[2, 0] * x + rows[2, 1] * y + rows[2, 2]
            dx, dy = (cv2.resize(grid, size, interpolation=cv2.INTER_CUBIC) for grid in self.bend)
            seen = cv2.remap(
                sheet,
                (rows[0, 0] * x + rows[0, 1] * y + rows[0, 2]) / depth + dx,
                (rows[1, 0] * x + rows[1, 1] * y + rows[1, 2]) / depth + dy,
                cv2.INTER_LINEAR,
            )
        return np.asarray(np.asarray(seen, np.float32) / 255, np.float32)


def cover_paper(covered: Light, unit: float, dark: float, wear: float, rng: Rng) -> Light:
    """How much light the ink takes: pressure varies, pencil is grainy, a pen runs dry."""
    height, width = covered.shape
    if rng.random() < 0.5:
        columns = max(2, round(width / unit * 2))
        pressure = rng.standard_normal((3, columns), dtype=np.float32)
        pressure = cv2.resize(pressure, (width, height), interpolation=cv2.INTER_LINEAR)
        covered = covered * np.clip(1 - 0.2 * rng.random() * (1 + pressure), 0.2, 1)
    kind = rng.random()
    if kind < 0.25:  # pencil
        grain = rng.standard_normal((height, width), dtype=np.float32)
        covered = covered * np.clip(1 - wear * rng.uniform(0.1, 0.5) * (0.3 + grain), 0, 1)
    elif kind < 0.32:  # strokes that break off
        cells = (max(2, round(height / unit * 5)), max(2, round(width / unit * 5)))
        gaps = cv2.resize(
            rng.random(cells, dtype=np.float32), (width, height), interpolation=cv2.INTER_LINEAR
        )
        covered = covered * np.clip((gaps - wear * rng.uniform(0.0, 0.3)) * 6, 0, 1)
    return np.asarray(np.clip(covered * dark, 0, 1), np.float32)


def bleed_through(paper: Light, covered: Light, rng: Rng) -> Light:
    """Writing of the other side, mirrored, soft and faint."""
    other = np.roll(covered[:, ::-1], int(rng.integers(-20, 20)), axis=1)
    soft = cv2.GaussianBlur(other, (0, 0), float(rng.uniform(0.7, 2)))
    return np.asarray(paper * (1 - rng.uniform(0.05, 0.22) * soft), np.float32)


def smudge(paper: Light, view: View, ink: Ink, hand: Hand, cuttings: Cuttings, rng: Rng) -> Light:
    """Writing behind the number that was rubbed out and is not quite gone."""
    other = write_text(_other_text(rng, 2), hand, cuttings, rng)
    sheet = np.zeros((HEIGHT, ink.right + other.sheet.shape[1]), np.uint8)
    sheet[:, ink.right :] = other.sheet
    gone = cv2.GaussianBlur(view.look(sheet), (0, 0), view.unit * float(rng.uniform(0.02, 0.12)))
    return np.asarray(paper * (1 - rng.uniform(0.05, 0.5) * gone), np.float32)


def expose(picture: Light, unit: float, contrast: float, wear: float, rng: Rng) -> NDArray[np.uint8]:
    """What a scanner or a camera makes of the light: blur, noise, tone, few pixels, JPEG."""
    height, width = picture.shape
    if rng.random() < 0.75:
        sigma = unit * wear * float(rng.triangular(0.0, 0.03, 0.09)) + rng.uniform(0, 0.45)
        if sigma > 0.25:
            picture = cv2.GaussianBlur(picture, (0, 0), sigma)
    if rng.random() < 0.15 * wear:  # the hand shook
        reach = max(2, round(unit * rng.uniform(0.05, 0.2)))
        kernel = np.zeros((reach, reach), np.float32)
        cv2.line(kernel, (0, int(rng.integers(0, reach))), (reach - 1, int(rng.integers(0, reach))), 1.0)
        picture = cv2.filter2D(picture, -1, kernel / kernel.sum())
    if rng.random() < 0.15:  # sharpened, with halos
        picture = picture + rng.uniform(0.3, 1.5) * (picture - cv2.GaussianBlur(picture, (0, 0), 1.5))
    if rng.random() < 0.3:
        picture = np.clip(picture, 0, 1.2) ** rng.uniform(0.6, 1.6)
    noise = 0.01 + wear * float(rng.triangular(0.0, 0.03, 0.13)) * contrast
    picture = picture + rng.standard_normal((height, width), dtype=np.float32) * noise
    seen = np.clip(picture * 255, 0, 255).astype(np.uint8)
    if rng.random() < 0.25:  # scanned at a lower resolution, then enlarged
        part = max(1 - wear * rng.uniform(0.1, 0.6), min(1.0, 9 / unit))
        small = (max(4, round(width * part)), max(4, round(height * part)))
        seen = cv2.resize(cv2.resize(seen, small, interpolation=cv2.INTER_AREA), (width, height))
    if rng.random() < 0.5:
        quality = [cv2.IMWRITE_JPEG_QUALITY, round(95 - 75 * wear * rng.random())]
        coded = cv2.imencode(".jpg", seen, quality)[1]
        seen = np.asarray(cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE), np.uint8)
    return np.asarray(seen, np.uint8)
