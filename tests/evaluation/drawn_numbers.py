"""Pictures and readings to draw."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from inkling.elements import Alternative, Box, Character, Reading

ALPHABET = tuple("0123456789.,-")


def paper(height: int = 40, width: int = 200, seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(200, 256, (height, width)).astype(np.uint8)


def character(text: str, left: float, confidence: float = 0.97) -> Character:
    """One that may also be the next two of the alphabet, and is 12 pixels wide."""
    place = ALPHABET.index(text)
    rest = 1 - confidence
    probabilities = np.zeros(len(ALPHABET))
    probabilities[place] = confidence
    probabilities[(place + 1) % len(ALPHABET)] = 0.75 * rest
    probabilities[(place + 2) % len(ALPHABET)] = 0.25 * rest
    return Character(text, confidence, tuple(probabilities.tolist()), Box(left, 5, left + 12, 30))


def number(text: str, *others: tuple[str, float], confidence: float = 0.9, least: float = 0.97) -> Reading:
    """A reading of characters 15 pixels apart; the last is the least sure."""
    sure = [0.97] * (len(text) - 1) + [least]
    characters = tuple(character(c, 5 + 15 * n, s) for n, (c, s) in enumerate(zip(text, sure, strict=True)))
    alternatives = tuple(Alternative(*other) for other in others)
    return Reading(text, confidence, "read", characters=characters, alternatives=alternatives, novelty=0.5)


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.texts] + [
        text.get_text() for axes in figure.axes for text in axes.texts
    ]
