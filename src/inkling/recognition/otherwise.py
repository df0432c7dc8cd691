"""What says no number as it stands: does it, turned, or cut between its rows of writing?

A line reader has marks for what is upside down and for several lines, and tells most such pictures by itself.
Those that it does not tell it takes for blank, or doubts. Turned the right way, or row by row, they are read,
which proves it; a picture that is as it should be hardly ever is.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from inkling.documents.picture import Picture, to_picture
from inkling.elements import Reading
from inkling.errors import PictureError
from inkling.networks.constrained import marks_of
from inkling.networks.ctc import Frames, best_path, log_probability
from inkling.networks.scan import Treatment, scan
from inkling.networks.weights import Weights
from inkling.recognition.decisions import REASONS, UNCLEAR, confidence_of, illegible
from inkling.transforms.lines import cut_between_rows, frame_line

ASKED_BELOW = 0.3
"""A picture whose number is less probable is looked at otherwise: what is on it says little as it stands."""

_EVEN = 0.5


def asked_otherwise(readings: Sequence[Reading], apart: Sequence[bool]) -> list[int]:
    """Places of the pictures that are to be looked at otherwise: what is on them says little, or is apart."""
    return [
        place
        for place, reading in enumerate(readings)
        if _says_little(reading) or (apart[place] and reading.text)
    ]


def seen_otherwise(
    readings: Sequence[Reading],
    pictures: Sequence[Picture],
    apart: Sequence[bool],
    network: nn.Module,
    weights: Weights,
    *,
    treated: Treatment,
    precision: torch.dtype,
) -> list[Reading]:
    """Say of pictures without a probable number that they are turned, or of several lines, where that is so.

    Turned by a half, and by quarters if it is higher than wide, a picture must in one way say a number of
    two digits or more with an even chance; cut between its rows, two of them at least, and half of all, a
    number each. Where paper runs through the writing from side to side, its rows are asked whatever number it
    is read as, and must be as probable as that is sure; and it is not called blank.

    Args:
        readings: N of them, as the pictures stand.
        pictures: The N pictures, as `read_line` takes them.
        apart: Of each, whether paper runs through its writing (`transforms.lines.Rows`).
        network: As for `networks.scan.scan`.
        weights: What it was made of: for its alphabet and its calibration.
        treated: As for `networks.scan.scan`.
        precision: As for `networks.scan.scan`.

    Returns:
        The readings; those of which the picture is turned or has several lines are `illegible` for that
        reason, with the confidence of what is read otherwise.
    """
    opened: dict[int, NDArray[np.uint8]] = {}
    for place in asked_otherwise(readings, apart):
        with contextlib.suppress(PictureError):  # a file that has gone since stays as it was read
            opened[place] = to_picture(pictures[place])
    little = {place for place in opened if _says_little(readings[place])}
    turned = [
        [frame_line(np.rot90(each, turn)) for turn in _turns(each)] if place in little else []
        for place, each in opened.items()
    ]
    rows = [[frame_line(row) for row in cut_between_rows(each)] for each in opened.values()]
    views = [view for each in zip(turned, rows, strict=True) for part in each for view in part]
    scans = iter(scan(network, views, treated=treated, precision=precision))

    def chances(part: Sequence[NDArray[np.uint8]], least: int) -> list[float]:
        return [_chance(next(scans).log_probs, weights.header.alphabet, least) for _ in part]

    said = list(readings)
    for place, ways, lines in zip(opened, turned, rows, strict=True):
        reading = readings[place]
        way, enough = max(chances(ways, 2), default=0.0), _EVEN
        if place not in little:
            enough = max(enough, reading.confidence)
        mark, chance = _mark(way, chances(lines, 1), enough)
        if mark:
            confidence = confidence_of([((), math.log(chance))], weights)
            said[place] = Reading("", confidence, "illegible", REASONS[mark], source=reading.source)
        elif apart[place] and reading.status == "blank":
            said[place] = illegible(reading.alternatives, UNCLEAR, reading.source)
    return said


def _says_little(reading: Reading) -> bool:
    """Whether a picture with ink gave no number, or an unlikely one, and no mark that tells why."""
    if reading.status == "blank":
        return reading.confidence < 1
    if reading.status == "illegible":
        return reading.reason not in REASONS.values() or reading.reason == REASONS["not a number"]
    return reading.status == "doubtful" and reading.confidence < ASKED_BELOW


def _turns(picture: NDArray[np.uint8]) -> tuple[int, ...]:
    """By how many quarters a picture is turned: a number of two digits that lies on its side stands high."""
    height, width = picture.shape[:2]
    return (1, 2, 3) if height > width else (2,)


def _mark(turned: float, rows: Sequence[float], enough: float) -> tuple[str, float]:
    """The mark and its probability, by those of the best way to turn a picture and of its rows."""
    read = [chance for chance in rows if chance >= enough]
    if turned >= _EVEN:
        return "upside down", turned
    if len(read) >= max(2, len(rows) / 2):
        return "several lines", min(read)
    return "", 0.0


def _chance(log_probs: Frames, alphabet: Sequence[str], least: int) -> float:
    """How probable the number of the best path is; 0 where it is none, or shorter than wanted."""
    labels = best_path(log_probs)
    digits = sum(alphabet[label - 1].isdigit() for label in labels)
    if digits < least or set(labels) & set(marks_of(alphabet)):
        return 0.0
    return math.exp(log_probability(log_probs, labels))
