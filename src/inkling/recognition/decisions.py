"""What a scanned line is said to be: its number, how sure that is, or why there is none."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from inkling.elements import Alternative, Box, Character, Reading, is_mark
from inkling.evaluation.logistic import logistic
from inkling.networks.constrained import Proposal
from inkling.networks.linereader import PIXELS_PER_FRAME
from inkling.networks.scan import Decoded, score_of
from inkling.networks.weights import Weights
from inkling.transforms.lines import LINE_HEIGHT, PAPER, Framing

DOUBT_BELOW = 0.9
"""A number that is less probable is `doubtful`."""

ILLEGIBLE_BELOW = 0.1
"""When no number is as probable as this, the line is `illegible`."""

BLANK_FROM = 0.5
"""Where there is ink, a line is `blank` when it is as probable as this that none of it is writing; else it is
`illegible`: what is passed over as blank nobody looks at again."""

STRANGE_ABOVE = 1.0
"""A number with more novelty is `doubtful`, however probable."""

REASONS = {
    "crossed out": "It is crossed out.",
    "not a number": "What is written is no number.",
    "several lines": "Several lines are written one above the other; cut them apart.",
    "upside down": "It is upside down or on its side; turn the picture.",
}

UNCLEAR = "It is not clear whether what is on the picture is writing."

_INK = PAPER + 60
"""Level of a framed line above which a pixel counts as ink, for the boxes of characters."""


def decide(
    line: Framing,
    written: Decoded,
    novelty: float | None,
    weights: Weights,
    *,
    digits_only: bool = False,
    source: str = "",
) -> Reading:
    """Decide what a scanned picture says.

    Args:
        line: As it was framed.
        written: What was decoded from its frames.
        novelty: Of its strangest character; None where that is not known.
        weights: That it was scanned with.
        digits_only: Whether all but digits was passed over.
        source: Where the picture came from.
    """
    if np.ptp(line.image) == 0:
        return Reading("", 1.0, "blank", "There is no ink on the picture.", source=source)
    proposals = written.proposals
    confidence = confidence_of(proposals, weights)
    labels = proposals[0][0]
    names = [weights.header.alphabet[label - 1] for label in labels]
    alternatives = _alternatives(proposals, confidence, weights)
    if not names and confidence < BLANK_FROM:
        return illegible(alternatives, UNCLEAR, source)
    if not names:
        reason = f"There is no {'digit' if digits_only else 'writing'} on the picture."
        return Reading("", confidence, "blank", reason, alternatives=alternatives, source=source)
    if is_mark(names[0]):
        reason = REASONS.get(names[0], f"It is said to be: {names[0]}.")
        return Reading("", confidence, "illegible", reason, alternatives=alternatives, source=source)
    text = "".join(names)
    if confidence < ILLEGIBLE_BELOW or not text.strip():
        alternatives = (Alternative(text, confidence), *alternatives) if text.strip() else alternatives
        return illegible(alternatives, "It cannot be read: no number is probable.", source)
    reasons = []
    if confidence < DOUBT_BELOW:
        reasons.append(f"It could also be {alternatives[0].text}." if alternatives else "It is not clear.")
    if novelty is not None and novelty > STRANGE_ABOVE:
        reasons.append("It is unlike the writing trained on.")
    return Reading(
        text=text,
        confidence=confidence,
        status="doubtful" if reasons else "read",
        reason=" ".join(reasons),
        characters=_characters(line, written, weights),
        alternatives=alternatives,
        novelty=novelty,
        source=source,
    )


def illegible(alternatives: tuple[Alternative, ...], reason: str, source: str = "") -> Reading:
    """A reading that leaves open which number it is: as sure as that none of the alternatives is right."""
    confidence = max(0.0, 1 - sum(other.confidence for other in alternatives))
    return Reading("", confidence, "illegible", reason, alternatives=alternatives, source=source)


def confidence_of(proposals: Sequence[Proposal], weights: Weights) -> float:
    """Calibrated probability that the first proposal is exactly right, 0 to 1."""
    return float(logistic(np.array(score_of(proposals)), *weights.header.calibration))


def _alternatives(
    proposals: Sequence[Proposal], confidence: float, weights: Weights
) -> tuple[Alternative, ...]:
    """The other numbers; what the first leaves of the whole is theirs in proportion."""
    first = math.exp(proposals[0][1])
    rest = max(1 - first, 1e-12)
    others = []
    for labels, chance in proposals[1:]:
        names = [weights.header.alphabet[label - 1] for label in labels]
        if names and not is_mark(names[0]):
            share = min(math.exp(chance) / rest, 1.0)
            others.append(Alternative("".join(names), (1 - confidence) * share))
    return tuple(others)


def _characters(line: Framing, written: Decoded, weights: Weights) -> tuple[Character, ...]:
    labels = written.proposals[0][0]
    boxes = _boxes(line.image, written.spans)
    down, scale = line.top, line.scale
    return tuple(
        Character(
            text=weights.header.alphabet[label - 1],
            confidence=float(distribution[label - 1]),
            probabilities=tuple(distribution.tolist()),
            # Framed columns may reach beyond the picture, by a fraction of one or as what fills them up.
            box=Box(
                min(left * scale, line.width - 1),
                down + top * scale,
                min(right * scale, line.width),
                down + bottom * scale,
            ),
        )
        for label, distribution, (left, top, right, bottom) in zip(
            labels, written.distributions, boxes, strict=True
        )
    )


def _boxes(picture: NDArray[np.uint8], spans: Sequence[tuple[int, int]]) -> list[tuple[int, int, int, int]]:
    """Where the characters stand in the framed picture, from the frames that speak for them.

    The network tells about the middle of a character; its ink reaches half-way to the next.
    """
    width = picture.shape[1]
    middles = [(first + last) * PIXELS_PER_FRAME / 2 for first, last in spans]
    steps = [b - a for a, b in itertools.pairwise(middles)]
    reach = statistics.median(steps) * 0.75 if steps else LINE_HEIGHT * 0.4
    borders = [max(middles[0] - reach, 0.0)]
    borders += [(a + b) / 2 for a, b in itertools.pairwise(middles)]
    borders += [min(middles[-1] + reach, float(width))]
    inked = picture > _INK
    boxes = []
    for begin, end in itertools.pairwise(borders):
        left, right = math.floor(begin), max(math.ceil(end), math.floor(begin) + 1)
        ink = inked[:, left:right]
        rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
        if len(rows) == 0:
            boxes.append((left, 0, right, LINE_HEIGHT))
        else:
            boxes.append(
                (left + int(columns[0]), int(rows[0]), left + int(columns[-1]) + 1, int(rows[-1]) + 1)
            )
    return boxes
