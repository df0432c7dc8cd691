"""What people write: numbers, and what stands beside them without being part of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from inkling.datasets.digits import DIGITS

Rng = np.random.Generator

CHARACTERS = ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9", ".", ",", "-", "/", ":", " ")
"""What a number may consist of."""

MARKS = ("crossed out", "not a number", "several lines", "upside down")
"""What a picture may be instead of a line with a number on it."""

LINE_ALPHABET = CHARACTERS + MARKS
"""Classes of a line reader; a mark speaks of the whole line."""

BOX_ALPHABET = (*DIGITS, "empty", "crossed out")
"""What a box of a comb may hold."""


@dataclass(frozen=True, slots=True)
class Writing:
    """What stands on one line.

    Attributes:
        text: The number; empty when nothing, or no number, is written.
        before, after: What is written beside it and is no part of it, such as `$` or `=`.
        mark: One of `MARKS` when the picture is no number; else empty. A crossed-out line and an
            upside-down one keep in `text` what was written before that happened.
    """

    text: str
    before: str = ""
    after: str = ""
    mark: str = ""

    @property
    def targets(self) -> tuple[int, ...]:
        """Places in `LINE_ALPHABET` of what a reader is to say."""
        if self.mark:
            return (LINE_ALPHABET.index(self.mark),)
        return tuple(LINE_ALPHABET.index(character) for character in self.text)


_MARKED = {
    "blank": 0.03,
    "crossed out": 0.035,
    "not a number": 0.025,
    "several lines": 0.02,
    "upside down": 0.025,
}
"""Parts of the lines that are no number."""

_TAILS = (
    *(".-", ".-", ". -", "-", "--", " -", "=", "=", "=", " =", ".", ".", ","),
    *(".=", ":", "/", "#", ",-", "~"),
)
_HEADS = ("$", "$", "#", "=", "x", "E", "F", "—", "—")
_UNITS = ("kg", "cm", "m", "F", "h", "C", "g", "l", "mm", "%")


def write_line(rng: Rng) -> Writing:
    """Draw what stands on a line."""
    drawn = rng.random()
    for mark, part in _MARKED.items():
        drawn -= part
        if drawn < 0:
            return _write_mark(rng, mark)
    text = _write_number(rng)
    before = after = ""
    if not ("/" in text or ":" in text):
        drawn = rng.random()
        if drawn < 0.22:
            after = _TAILS[rng.integers(len(_TAILS))]
        elif drawn < 0.24:
            after = _UNITS[rng.integers(len(_UNITS))]
        if not text.startswith("-") and rng.random() < 0.05:
            before = _HEADS[rng.integers(len(_HEADS))]
    return Writing(text, before, after)


def _write_mark(rng: Rng, mark: str) -> Writing:
    if mark == "blank":
        return Writing("")
    if mark == "not a number":
        return Writing("", mark=mark)
    text = _write_number(rng)
    while mark == "upside down" and not (len(text) > 1 and set(text) & set("347")):
        text = _write_number(rng)  # 0, 1, 6, 8 and 9 read as well the other way up
    return Writing(text, mark=mark)


def _write_number(rng: Rng) -> str:
    kinds = (_whole, _decimal, _grouped, _date, _slashed, _time, _coded, _nothing)
    chances = (0.45, 0.33, 0.11, 0.04, 0.03, 0.02, 0.02, 0.015)
    kind = kinds[int(np.searchsorted(np.cumsum(chances), rng.random() * sum(chances)))]
    text = kind(rng)
    if kind in (_whole, _decimal, _grouped) and rng.random() < 0.05:
        text = "-" + text
    return text


def _digits(rng: Rng, length: int) -> str:
    """Digits, sometimes round or with one digit again and again, as prices and counts are."""
    drawn = rng.integers(0, 10, length)
    if length > 1 and drawn[0] == 0 and rng.random() < 0.8:
        drawn[0] = rng.integers(1, 10)
    style = rng.random()
    if length > 1 and style < 0.20:
        drawn[length - int(rng.integers(1, length)) :] = 0
    elif length > 1 and style < 0.27:
        drawn[rng.integers(0, length) :] = drawn[-1]
    elif style < 0.34:
        # 1 and 7, and their neighbours among the shapes, are told apart by seeing many together.
        drawn = rng.choice(np.array([1, 1, 1, 4, 7, 7, 2]), length)
    return "".join(map(str, drawn))


_LENGTHS = np.array([0.10, 0.25, 0.21, 0.16, 0.12, 0.07, 0.03, 0.02, 0.015, 0.01, 0.01, 0.005])


def _whole(rng: Rng) -> str:
    return _digits(rng, 1 + int(np.searchsorted(np.cumsum(_LENGTHS), rng.random() * _LENGTHS.sum())))


def _point(rng: Rng) -> str:
    return "." if rng.random() < 0.5 else ","


def _decimal(rng: Rng) -> str:
    whole = _digits(rng, int(rng.choice([1, 1, 2, 2, 2, 3, 4])))
    return whole + _point(rng) + _digits(rng, int(rng.choice([1, 1, 1, 2, 2, 3])))


def _grouped(rng: Rng) -> str:
    groups = [_digits(rng, int(rng.integers(1, 4)))]
    for _ in range(1 if rng.random() < 0.85 else 2):
        drawn = rng.random()
        kept = 0 if drawn < 0.2 else 1 if drawn < 0.45 else 3  # amounts and doses are often round
        groups.append(_digits(rng, 3)[:kept].ljust(3, "0"))
    text = (" " if rng.random() < 0.3 else _point(rng)).join(groups)
    if rng.random() < 0.15:
        text += _point(rng) + _digits(rng, 2)
    return text


def _date(rng: Rng) -> str:
    day, month = int(rng.integers(1, 32)), int(rng.integers(1, 13))
    padded = rng.random() < 0.5
    parts = [f"{day:02}" if padded else str(day), f"{month:02}" if padded else str(month)]
    if rng.random() < 0.7:
        parts.append(str(rng.integers(1900, 2040)) if rng.random() < 0.5 else _digits(rng, 2))
    return "/-. "[int(rng.choice(4, p=[0.45, 0.25, 0.2, 0.1]))].join(parts)


def _slashed(rng: Rng) -> str:
    return f"{_digits(rng, int(rng.integers(1, 4)))}/{_digits(rng, int(rng.integers(1, 4)))}"


def _time(rng: Rng) -> str:
    return f"{rng.integers(0, 24)}:{rng.integers(0, 60):02}"


def _nothing(rng: Rng) -> str:
    """What stands in a cell where there was nothing to count."""
    return "-/"[int(rng.integers(2))]


def _coded(rng: Rng) -> str:
    return "-".join(_digits(rng, int(rng.integers(1, 5))) for _ in range(int(rng.integers(2, 4))))
