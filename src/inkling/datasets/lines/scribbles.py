"""What a hand writes that is no number: words, flourishes, ticks; and what crosses a number out."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.datasets.lines.hand import EM, FONTS, HEIGHT, TOP, Hand, Ink, draw_stroke

Rng = np.random.Generator

_LETTERS = "aabcdeefghiijklmnoopqrstuvwxyzABCDEFGHIJKLMNOPRSTUVWXY&?!%"


def scribble(hand: Hand, rng: Rng) -> Ink:
    """Write what is no number: a word, a flourish, a tick, a doodle."""
    kind = rng.random()
    if kind < 0.5:
        letters = "".join(_LETTERS[i] for i in rng.integers(0, len(_LETTERS), int(rng.integers(1, 9))))
        sheet = np.zeros((HEIGHT, round(EM * (3 + 2.2 * len(letters)))), np.uint8)
        x = 1.0 * EM
        font = FONTS[int(rng.integers(len(FONTS)))]
        scale = EM / 22 * rng.uniform(0.7, 1.1)
        for letter in letters:
            (across, _), _ = cv2.getTextSize(letter, font, scale, 1)
            y = TOP + EM + rng.normal(0, hand.unevenness * EM)
            cv2.putText(
                sheet, letter, (round(x), round(y)), font, scale, 255, max(round(hand.pen), 1), cv2.LINE_AA
            )
            x += across + rng.normal(0, 2)
    else:
        length = int(rng.integers(2, 14)) if kind < 0.85 else 3
        sheet = np.zeros((HEIGHT, round(EM * (3 + 0.6 * length))), np.uint8)
        steps = np.stack([rng.uniform(-0.3, 0.9, 2 * length), rng.normal(0, 1, 2 * length)], axis=1)
        path = np.array([1.2 * EM, TOP + EM / 2]) + np.cumsum(steps * (EM * 0.35, 0), axis=0)
        path[:, 1] += np.clip(steps[:, 1], -1.3, 1.3) * EM * 0.4
        path[:, 0] = np.clip(path[:, 0], EM, sheet.shape[1] - EM)
        if kind >= 0.85:  # a tick
            path = np.array([(0.0, 0.5), (0.25, 1.0), (rng.uniform(0.5, 1.2), rng.uniform(-0.2, 0.2))])
            path = path * EM + (1.2 * EM, TOP)
        draw_stroke(sheet, path, hand.pen, rounded=rng.random() < 0.8)
    columns = np.flatnonzero(sheet.any(axis=0))
    return Ink(sheet, int(columns[0]), int(columns[-1]) + 1)


def cross_out(ink: Ink, hand: Hand, rng: Rng) -> None:
    """Strike the writing through, in place: with a line or several, a cross, a zigzag, or loops."""
    left, right = ink.left - EM * rng.uniform(-0.1, 0.3), ink.right + EM * rng.uniform(-0.1, 0.3)
    pen = hand.pen * rng.uniform(0.8, 1.5)
    kind = rng.random()
    if kind < 0.45:
        for _ in range(1 + int(rng.integers(0, 3))):
            ys = TOP + EM * (0.5 + rng.normal(0, 0.14, 4))
            draw_stroke(sheet=ink.sheet, path=_across(left, right, ys), pen=pen, rounded=True)
    elif kind < 0.6:
        high, low = TOP - EM * rng.uniform(-0.1, 0.2), TOP + EM * rng.uniform(0.9, 1.2)
        draw_stroke(ink.sheet, np.array([(left, high), (right, low)]), pen)
        if rng.random() < 0.7:
            draw_stroke(ink.sheet, np.array([(left, low), (right, high)]), pen)
    else:
        turns = max(4, int((right - left) / EM * rng.uniform(2.0, 8.0)))
        ys = TOP + EM * np.where(np.arange(turns) % 2, rng.uniform(0.0, 0.3), rng.uniform(0.7, 1.0))
        path = _across(left, right, ys + rng.normal(0, 0.1 * EM, turns))
        if rng.random() < 0.5:  # back and forth, more than once
            path[:, 0] += rng.normal(0, 0.3 * EM, turns)
        draw_stroke(ink.sheet, path, pen, rounded=rng.random() < 0.6)


def _across(left: float, right: float, ys: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.stack([np.linspace(left, right, len(ys)), ys], axis=1)
