"""Pages that have been read: numbers set in print, and readings of them that are known."""

from __future__ import annotations

import cv2
import numpy as np

from inkling.elements import (
    Alternative,
    Box,
    Change,
    Character,
    Page,
    PageReadings,
    Quadrilateral,
    Reading,
    Region,
)

ALPHABET = (*"0123456789", "-", ".")


def characters(text: str, box: Box, confidence: float = 0.97) -> tuple[Character, ...]:
    """Characters that share a box evenly; the rest of each distribution lies on the one before."""
    width = (box.right - box.left) / len(text)
    made = []
    for place, name in enumerate(text):
        at = ALPHABET.index(name)
        probabilities = np.zeros(len(ALPHABET))
        probabilities[at], probabilities[at - 1] = confidence, 1 - confidence
        left = box.left + place * width
        spot = Box(left, box.top, left + width, box.bottom)
        made.append(Character(name, confidence, tuple(probabilities.tolist()), spot))
    return tuple(made)


def reading(
    text: str,
    box: Box | Quadrilateral,
    *,
    confidence: float = 0.995,
    status: str | None = None,
    reason: str = "",
    alternatives: tuple[Alternative, ...] = (),
    **region: object,
) -> Reading:
    """A reading that is `read` when there is text and no reason, else what is said."""
    quad = box if isinstance(box, Quadrilateral) else Quadrilateral.of(box)
    place = Region(**{"kind": "line", "quad": quad} | region)  # type: ignore[arg-type]
    status = status or ("read" if text and not reason else "doubtful" if text else "blank")
    if status == "blank":
        reason = reason or "Nothing is written here."
    known = all(name in ALPHABET for name in text)
    return Reading(
        text,
        confidence,
        status,  # type: ignore[arg-type]
        reason,
        characters(text, quad.box) if text and known else (),
        alternatives,
        region=place,
    )


def page_of(*readings: Reading, source: str = "scans/sheet.png", number: int = 1) -> PageReadings:
    """A page of 600 x 400 pixels at 100 dpi on which that was read."""
    return PageReadings(
        source,
        number,
        readings,
        width=600,
        height=400,
        dpi=100,
        changes=(Change("turned", "by 1.3 degrees"),),
    )


def picture_of(readings: PageReadings, *, colour: bool = False) -> Page:
    """The page that was read: grey paper with the numbers in their places."""
    image = np.full((readings.height, readings.width), 235, np.uint8)
    for each in readings.readings:
        if each.text and each.region:
            box = each.region.quad.box
            scale = (box.bottom - box.top) / 30
            start = (int(box.left) + 2, int(box.bottom) - 4)
            cv2.putText(image, each.text, start, cv2.FONT_HERSHEY_SIMPLEX, scale, 40, 2, cv2.LINE_AA)
    if colour:
        image = np.stack([image, image, np.full_like(image, 200)], axis=2)
    return Page(image, readings.source, readings.number or 1, readings.dpi)


def cell(row: int, column: int, text: str, **said: object) -> Reading:
    """A reading of a cell of 70 x 40 pixels in the table of a page."""
    left, top = 300 + 70 * column, 200 + 40 * row
    place = {"kind": "cell", "table": 0, "row": row, "column": column}
    return reading(text, Box(left, top, left + 70, top + 40), **(place | said))  # type: ignore[arg-type]


def example() -> PageReadings:
    """One of everything: sure, doubtful, blank, illegible, turned, a comb, and a table of cells."""
    tilted = Quadrilateral(((300, 60), (420, 80), (415, 110), (295, 90)))
    comb = tuple(Quadrilateral.of(Box(40 + 30 * n, 120, 70 + 30 * n, 155)) for n in range(4))
    cells = [cell(0, 0, "12", column_span=2), cell(1, 0, "0034"), cell(1, 1, ""), cell(2, 1, "-5.5")]
    return page_of(
        reading("4071", Box(40, 40, 130, 70), alternatives=(Alternative("4011", 0.004),)),
        reading(
            "88", tilted, confidence=0.61, reason="It may as well be another number.", name="sum",
            alternatives=(Alternative("83", 0.2), Alternative("38", 0.1)),
        ),
        reading("2024", Box(40, 120, 160, 155), kind="comb", boxes=comb, name="year", confidence=0.93),
        reading("", Box(40, 200, 160, 230), name="spare", confidence=0.98),
        reading("", Box(40, 260, 160, 300), status="illegible", reason="It is crossed out.", confidence=0.9),
        reading("7", Box(40, 330, 70, 370), confidence=0.31, reason="It may as well be another number."),
        *cells,
    )  # fmt: skip


def failed(source: str = "scans/broken.pdf", number: int | None = None) -> PageReadings:
    """A page or a file that could not be opened."""
    return PageReadings(source, number, reason="It is encrypted.")
