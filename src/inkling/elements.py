"""The frozen records that travel between rooms.

Pictures are arrays of shape (H, W) with the origin at the top left, x to the right and y down.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["read", "doubtful", "blank", "illegible", "failed"]
"""What came of a picture: `read`; `doubtful` when there is an answer that may well be wrong; `blank`
when nothing is written; `illegible` when what is written is no number that can be read; `failed`
when the picture could not be opened."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in the pixels of a picture, the right and lower edges outside it.

    Attributes:
        left, top, right, bottom: Distances from the top left corner of the picture, in pixels.
    """

    left: float
    top: float
    right: float
    bottom: float

    def __post_init__(self) -> None:
        if not (self.left <= self.right and self.top <= self.bottom):
            raise ValueError(f"a box cannot end before it begins: {self}")


@dataclass(frozen=True, slots=True)
class Character:
    """One character of a number that was read.

    Attributes:
        text: The character.
        confidence: Probability, 0 to 1, that this character is right if those around it are.
        probabilities: The same for every character of the alphabet, in its order, summing to 1.
        box: Where it stands in the picture.
    """

    text: str
    confidence: float
    probabilities: tuple[float, ...]
    box: Box


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another number that a picture may show.

    Attributes:
        text: The number.
        confidence: Calibrated probability, 0 to 1, that the whole of it is right.
    """

    text: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Reading:
    """What a picture of a line of writing says.

    Attributes:
        text: The number; empty when the status is `blank`, `illegible` or `failed`.
        confidence: Calibrated probability, 0 to 1, that the whole number is exactly right; for a
            blank or an illegible picture, that it is one; 0 when it could not be opened.
        status: What came of it.
        reason: Why the status is not `read`; empty when it is.
        characters: Those of `text`, from left to right.
        alternatives: The next most probable numbers, most probable first.
        novelty: How unlike the training data the least familiar character is; below 1 is familiar
            ground. None when there is no text, or when the weights carry no gauge.
        source: Where the picture came from, such as a path; empty for an array.
    """

    text: str
    confidence: float
    status: Status
    reason: str = ""
    characters: tuple[Character, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    novelty: float | None = None
    source: str = ""

    def __post_init__(self) -> None:
        if (self.text != "") != (self.status in ("read", "doubtful")):
            raise ValueError(f"a reading of status {self.status} cannot have the text {self.text!r}")
        if (self.reason == "") != (self.status == "read"):
            raise ValueError(f"a reading of status {self.status} has the reason {self.reason!r}")
        if "".join(character.text for character in self.characters) not in ("", self.text):
            raise ValueError(f"the characters do not spell {self.text!r}")


@dataclass(frozen=True, slots=True)
class Classification:
    """One picture, taken for one digit.

    Attributes:
        label: The most probable class, such as `"7"`; None when the picture is blank or unreadable.
        confidence: Calibrated probability, 0 to 1, that `label` is right; 0 when there is no label.
        probabilities: Calibrated probability of every class, in the order of the alphabet, summing
            to 1; empty when there is no label.
        novelty: How unlike the training data the picture is: its distance to the nearest class in
            the network's features, in units of the distance that 99 of 100 held-out training
            pictures stay below. Below 1 is familiar ground; None when there is no label, or when
            the weights carry no gauge.
        status: `read`; `doubtful` when the confidence is low or the picture unfamiliar; `blank`
            when there is no ink; `failed` when the picture could not be opened.
        reason: Why the status is not `read`; empty when it is.
        source: Where the picture came from, such as a path; empty for an array.
    """

    label: str | None
    confidence: float
    probabilities: tuple[float, ...]
    novelty: float | None
    status: Status
    reason: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        if (self.label is None) != (self.status in ("blank", "failed")):
            raise ValueError(f"a {self.status} classification cannot have the label {self.label!r}")
        if (self.reason == "") != (self.status == "read"):
            raise ValueError(f"a {self.status} classification has the reason {self.reason!r}")
