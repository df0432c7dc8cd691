"""Pages with numbers and words by hand, and print, for tests."""

from __future__ import annotations

import functools
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

import inkling
from inkling.datasets.lines.hand import EM, Cuttings, Hand, pick_hand, write_text
from inkling.elements import Box

Rng = np.random.Generator


def steady_hand(rng: Rng) -> Hand:
    """Somebody whose digits are those of MNIST, evenly set."""
    hand = pick_hand(rng)
    return replace(
        hand, pen=4.0, width=1.0, cut=(True,) * 10, gap=6.0, unevenness=0.02, climb=0.0, joined=0.0,
        unruliness=0.0, shrink=1.0, zeros=1.0, chained=False,
    )  # fmt: skip


@functools.cache
def cuttings() -> Cuttings:
    """The digits that come with Inkling."""
    return Cuttings(inkling.load_digits("sample"))


def number(text: str, rng: Rng, *, size: int = 48) -> NDArray[np.uint8]:
    """Ink, 0 clean to 255, of a handwritten number, cut at its edges."""
    sheet = write_text(text, steady_hand(rng), cuttings(), rng).sheet
    return _cut(cv2.resize(sheet, None, fx=size / EM, fy=size / EM, interpolation=cv2.INTER_LINEAR))


def word(text: str, rng: Rng, *, size: int = 48) -> NDArray[np.uint8]:
    """Ink of a handwritten word: script letters, each at its own height, on a bent line."""
    sheet = np.zeros((4 * size, (len(text) + 2) * size), np.uint8)
    x = size
    for letter in text:
        y, scale = 2.5 * size + rng.normal(0, 0.04) * size, size / 24 * rng.uniform(0.9, 1.1)
        font = cv2.FONT_HERSHEY_SCRIPT_SIMPLEX
        cv2.putText(sheet, letter, (x, round(y)), font, scale, 255, 3, cv2.LINE_AA)
        x += cv2.getTextSize(letter, font, scale, 3)[0][0] - 4
    return _cut(sheet)


def put(page: NDArray[np.uint8], ink: NDArray[np.uint8], left: int, top: int) -> Box:
    """Lay ink on a page, in place; where it lies."""
    spot = page[top : top + ink.shape[0], left : left + ink.shape[1]]
    np.minimum(spot, 255 - ink, out=spot)
    return Box(left, top, left + ink.shape[1], top + ink.shape[0])


def overlap(a: Box, b: Box) -> float:
    """Intersection over union, 0 to 1."""
    across = min(a.right, b.right) - max(a.left, b.left)
    down = min(a.bottom, b.bottom) - max(a.top, b.top)
    shared = max(across, 0.0) * max(down, 0.0)
    whole = sum((box.right - box.left) * (box.bottom - box.top) for box in (a, b))
    return shared / (whole - shared)


def _cut(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    rows, columns = np.flatnonzero((ink > 100).any(axis=1)), np.flatnonzero((ink > 100).any(axis=0))
    return np.asarray(ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
