"""The frozen records that travel between rooms.

Pictures are arrays of shape (H, W) with the origin at the top left, x to the right and y down.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["read", "doubtful", "blank", "failed"]


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
