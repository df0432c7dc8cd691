"""A comb of boxes with one character each, some of them unused: the number is what remains."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate, chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inkling.datasets.digits import DIGITS
from inkling.datasets.lines.writing import BOX_ALPHABET, LINE_ALPHABET
from inkling.elements import Alternative, Box, Character, Reading
from inkling.errors import WeightsError
from inkling.evaluation.logistic import logistic
from inkling.networks.build import BOX_READERS
from inkling.networks.constrained import DISBELIEF
from inkling.networks.scan import score_of
from inkling.networks.weights import Weights, shipped_weights
from inkling.recognition.classify import distributions
from inkling.recognition.decisions import BLANK_FROM, DOUBT_BELOW, ILLEGIBLE_BELOW, illegible
from inkling.transforms.boxes import frame_box

Floats = NDArray[np.float64]
Grey = NDArray[np.uint8]

CALIBRATION = (0.900, 0.255)
"""Slope and intercept of the logistic curve from the score of a comb to its confidence. Fitted to combs
that were drawn, by `benchmarks/comb_accuracy.py`; to be fitted anew to other weights."""

_GAP = 0.02
"""How credible an unused box between two digits is, to one outside."""

_TRAILING = 0.5
"""How credible unused boxes after a number are, to none: most combs are filled to their right end."""

_MOST_NUMBERS = 64
"""Numbers that are kept from box to box; far more than are ever likely."""

_ALTERNATIVES = 4

_TINY = 1e-300


class BoxChances(NamedTuple):
    """What N boxes hold, each probability 0 to 1.

    Attributes:
        digits: float64 (N, 10).
        empty: float64 (N,), that nothing is written.
        crossed: float64 (N,), that it was crossed out. The three of a box sum to 1.
    """

    digits: Floats
    empty: Floats
    crossed: Floats

    def part(self, places: slice) -> BoxChances:
        """Those of some of the boxes."""
        return BoxChances(*(each[places] for each in self))


def read_comb(
    boxes: Sequence[Grey],
    *,
    length: int | None = None,
    allowed: str = "",
    weights: Weights | None = None,
) -> Reading:
    """Read the number in one comb; see `read_combs`.

    Example:
        >>> read_comb([np.full((40, 30), 255, np.uint8)] * 3).reason
        'All boxes are empty.'
    """
    return read_combs([boxes], lengths=[length], allowed=[allowed], weights=weights)[0]


def read_combs(
    combs: Sequence[Sequence[Grey]],
    *,
    lengths: Sequence[int | None] | None = None,
    allowed: Sequence[str] | None = None,
    alphabet: Sequence[str] = LINE_ALPHABET,
    weights: Weights | None = None,
    batch_size: int = 1024,
) -> list[Reading]:
    """Read combs, all of their boxes in batches: a box holds a digit, nothing, or is crossed out.

    Args:
        combs: Of each, its boxes from left to right, at least one: uint8 (H, W) grey, dark on light.
            Remains of the printed border may be on them.
        lengths: Digits that each number has, where that is known.
        allowed: Digits that each number may consist of; empty where any may.
        alphabet: What the characters' probabilities are of, in order; ten digits are among it.
        weights: Of a box reader; by default those that come with Inkling.
        batch_size: Boxes at a time.

    Returns:
        A reading of each comb. Its characters' boxes are in pixels of a picture on which the comb's
        boxes stand side by side.

    Raises:
        WeightsError: Weights of another kind.
    """
    lengths, allowed = lengths or [None] * len(combs), allowed or [""] * len(combs)
    boxes = list(chain.from_iterable(combs))
    chances = box_chances(boxes, weights or shipped_weights("boxes"), batch_size=batch_size)
    stops = accumulate(len(comb) for comb in combs)
    return [
        _reading(comb, chances.part(slice(stop - len(comb), stop)), length, digits, alphabet)
        for comb, stop, length, digits in zip(combs, stops, lengths, allowed, strict=True)
    ]


def box_chances(boxes: Sequence[Grey], weights: Weights, *, batch_size: int = 1024) -> BoxChances:
    """What each box holds.

    Args:
        boxes: N of them, uint8 (H, W) grey.
        weights: Of a box reader.
        batch_size: Boxes at a time.

    Raises:
        WeightsError: Weights of another kind.
    """
    name, known = weights.header.network.name, weights.header.alphabet
    if name not in BOX_READERS or known != BOX_ALPHABET:
        raise WeightsError(
            f"The boxes of a comb are read by a box reader, not by a {name} of {len(known)} names.",
            remedy="Leave the weights out, or train a box reader: inkling train boxes",
        )
    held = [np.zeros((0, len(known)))]
    for start in range(0, len(boxes), batch_size):
        framed = np.stack([frame_box(box) for box in boxes[start : start + batch_size]])
        held.append(distributions(framed, weights)[0])
    rows = np.concatenate(held)
    return BoxChances(rows[:, :10], rows[:, 10], rows[:, 11])


class Number(NamedTuple):
    """A number that a comb may hold.

    Attributes:
        text: Its digits; empty where no box is used.
        chance: Probability, 0 to 1, not calibrated.
        places: The boxes that its digits most probably stand in.
    """

    text: str
    chance: float
    places: tuple[int, ...]


class _Way(NamedTuple):
    """All ways to a beginning of a number: their sum, the most probable one, and its boxes."""

    total: float
    best: float
    places: tuple[int, ...]

    def and_way(self, other: _Way) -> _Way:
        total = self.total + other.total
        return self._replace(total=total) if self.best >= other.best else other._replace(total=total)


def comb_numbers(chances: BoxChances, *, length: int | None = None, allowed: str = "") -> list[Number]:
    """The numbers that a comb may hold, the most probable first.

    Which box holds what is independent of the others, but that unused ones seldom stand between digits,
    or after them. What is known of the value is believed as in `networks.constrained`.

    Args:
        chances: Of the boxes.
        length: Digits that it has, if that is known; a comb may still be empty.
        allowed: Digits that it may consist of; empty where any may.
    """
    digits = [digit for digit in DIGITS if digit in (allowed or DIGITS)]
    unused = chances.empty + chances.crossed
    ways = {("", False): _Way(1.0, 1.0, ())}  # a beginning, and whether an unused box came after it
    for place, (row, free) in enumerate(zip(chances.digits.tolist(), unused.tolist(), strict=True)):
        grown: dict[tuple[str, bool], _Way] = {}
        for (text, ended), way in ways.items():
            ends = text != "" and not ended
            steps = [(text, free * (_TRAILING if ends else 1.0), way.places)]
            share = _GAP if ended else 1.0
            steps += [(text + digit, row[int(digit)] * share, (*way.places, place)) for digit in digits]
            for longer, chance, places in steps:
                key = (longer, longer == text != "")
                new = _Way(way.total * chance, way.best * chance, places)
                grown[key] = grown[key].and_way(new) if key in grown else new
        left = len(unused) - place - 1
        fits = [pair for pair in grown.items() if _may_fit(pair[0][0], length, left)]
        ways = dict(sorted(fits, key=lambda pair: -pair[1].total)[:_MOST_NUMBERS])
    found: dict[str, _Way] = {}
    for (text, _), way in ways.items():
        found[text] = found[text].and_way(way) if text in found else way
    whole = _whole(chances)
    if length is not None or allowed:
        admissible = sum(way.total for way in found.values())
        whole = admissible + (whole - admissible) * DISBELIEF
    numbers = [Number(text, way.total / max(whole, _TINY), way.places) for text, way in found.items()]
    return sorted(numbers, key=lambda number: -number.chance)


def _may_fit(text: str, length: int | None, left: int) -> bool:
    """Whether a beginning may become a number of the length, or nothing at all."""
    return length is None or text == "" or len(text) <= length <= len(text) + left


def _whole(chances: BoxChances) -> float:
    """What all that a comb may hold sums to: `comb_numbers` without looking which digits they are."""
    before, inside, after = 1.0, 0.0, 0.0
    for digit, free in zip(chances.digits.sum(axis=1), chances.empty + chances.crossed, strict=True):
        inside, after = (before + inside + after * _GAP) * digit, (inside * _TRAILING + after) * free
        before *= free
    return float(before + inside + after)


def _reading(
    boxes: Sequence[Grey], chances: BoxChances, length: int | None, allowed: str, alphabet: Sequence[str]
) -> Reading:
    """Decide what a comb says."""
    numbers = comb_numbers(chances, length=length, allowed=allowed)
    text, chance, places = numbers[0]
    confidence = float(logistic(np.array(comb_score(numbers)), *CALIBRATION))
    rest = max(1 - chance, 1e-12)
    others = tuple(
        Alternative(other.text, (1 - confidence) * min(other.chance / rest, 1.0))
        for other in numbers[1 : _ALTERNATIVES + 1]
        if other.text
    )
    if not text and confidence < BLANK_FROM:
        return illegible(others, "It is not clear whether anything is written in the boxes.")
    if not text:
        return Reading("", confidence, "blank", _blank_reason(chances), alternatives=others)
    if confidence < ILLEGIBLE_BELOW:
        return illegible(
            (Alternative(text, confidence), *others), "It cannot be read: no number is probable."
        )
    reason = ""
    if confidence < DOUBT_BELOW:
        reason = f"It could also be {others[0].text}." if others else "It is not clear."
    return Reading(
        text=text,
        confidence=confidence,
        status="doubtful" if reason else "read",
        reason=reason,
        characters=_characters(text, places, boxes, chances, alphabet),
        alternatives=others,
    )


def comb_score(numbers: Sequence[Number]) -> float:
    """How sure the first number is: the logit of its probability, −20 to 20."""
    return score_of([((), math.log(min(max(numbers[0].chance, _TINY), 1.0)))])


def _blank_reason(chances: BoxChances) -> str:
    crossed = int((chances.crossed > chances.empty).sum())
    if crossed == 0:
        return "All boxes are empty."
    if crossed == len(chances.empty):
        return "All boxes are crossed out."
    return "All boxes are empty or crossed out."


def _characters(
    text: str,
    places: Sequence[int],
    boxes: Sequence[Grey],
    chances: BoxChances,
    alphabet: Sequence[str],
) -> tuple[Character, ...]:
    """Each digit with its distribution; its box is the box of the comb that it stands in."""
    lefts = [0, *accumulate(box.shape[1] for box in boxes)]
    characters = []
    for digit, place in zip(text, places, strict=True):
        row = chances.digits[place] / chances.digits[place].sum()
        shares = tuple(float(row[int(name)]) if name in DIGITS else 0.0 for name in alphabet)
        around = Box(lefts[place], 0, lefts[place + 1], boxes[place].shape[0])
        characters.append(Character(digit, float(row[int(digit)]), shares, around))
    return tuple(characters)
