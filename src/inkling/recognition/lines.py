"""One picture of one line of writing: the number on it, how sure that is, and what else it may be."""

from __future__ import annotations

import functools
import itertools
import math
import statistics
from collections.abc import Iterable, Sequence
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from inkling.documents.picture import Picture, source_of, to_picture
from inkling.elements import Alternative, Box, Character, Reading
from inkling.errors import PictureError, WeightsError
from inkling.evaluation.logistic import logistic
from inkling.networks.characters import character_features
from inkling.networks.constrained import Known, Proposal, marks_of, treat
from inkling.networks.layer import fold
from inkling.networks.linereader import PIXELS_PER_FRAME
from inkling.networks.scan import Decoded, Scan, decode, look, score_of
from inkling.networks.weights import Weights, load_box_weights
from inkling.training.devices import choose_precision
from inkling.transforms.lines import LINE_HEIGHT, PAPER, Framing, frame_with_place

DOUBT_BELOW = 0.9
"""A number that is less probable is `doubtful`."""

ILLEGIBLE_BELOW = 0.1
"""When no number is as probable as this, the line is `illegible`."""

BLANK_FROM = 0.5
"""Where there is ink, a line is `blank` when it is as probable as this that none of it is writing; else it is
`illegible`: what is passed over as blank nobody looks at again."""

STRANGE_ABOVE = 1.0
"""A number with more novelty is `doubtful`, however probable."""

LEAST_HEIGHT = 8
"""Pixels that a picture of a line must be high."""

MOST_ASPECT = 60
"""Times that a picture of a line may be as wide as high."""

_REASONS = {
    "crossed out": "It is crossed out.",
    "not a number": "What is written is no number.",
    "several lines": "Several lines are written one above the other; cut them apart.",
    "upside down": "It is upside down or on its side; turn the picture.",
}

_INK = PAPER + 60
"""Level of a framed line above which a pixel counts as ink, for the boxes of characters."""


@functools.cache
def box_line_weights() -> Weights:
    """The line reader that comes with Inkling; see `weights/lines.md` for what it is."""
    return load_box_weights("lines")


def refuse_digit_weights(weights: Weights, name: str = "The file") -> None:
    """Raise where lines are read and weights of a network that tells single digits were given.

    Args:
        weights: That were given.
        name: Of their file.

    Raises:
        WeightsError: The network tells digits.
    """
    if not weights.header.reads_lines:
        raise WeightsError(
            f"{name} holds weights of a {weights.header.network.name}, not of a line reader.",
            remedy="Leave them out, or train a line reader: inkling train lines",
        )


def read_line(
    picture: Picture,
    *,
    weights: Weights | None = None,
    same_point: bool = False,
    digits_only: bool = False,
) -> Reading:
    """Read the number on a picture of one line of handwriting.

    Dark ink on lighter paper of any kind; the line fills a good part of the picture's height.

    Args:
        picture: A path, the bytes of a file, or an array: (H, W) grey or (H, W, 3) RGB.
        weights: By default those that come with Inkling.
        same_point: Whether `,` is the same as `.`; it is then read as `.`.
        digits_only: Whether signs, points and spaces are passed over, as if they were not written.

    Returns:
        The number with its probability, or the reason why there is none.

    Raises:
        PictureError: The picture cannot be opened, or cannot be one of a line.
        WeightsError: The weights are not those of a line reader.

    Example:
        >>> import numpy as np
        >>> read_line(np.full((40, 130), 255, np.uint8)).status
        'blank'
    """
    return read_framed(
        [open_line(picture)],
        weights=weights,
        same_point=same_point,
        digits_only=digits_only,
        sources=[source_of(picture)],
    )[0]


def read_lines(
    pictures: Iterable[Picture],
    *,
    weights: Weights | None = None,
    lengths: Sequence[int | None] | None = None,
    allowed: Sequence[str] | None = None,
    same_point: bool = False,
    digits_only: bool = False,
    batch_size: int = 64,
) -> list[Reading]:
    """Read many pictures of one line each, in batches.

    One that cannot be opened has the status `failed`, with the reason; the others are done.

    Args:
        pictures: Each as `read_line` takes it.
        weights: By default those that come with Inkling.
        lengths: Characters that each number has, where that is known; of an empty picture it is not
            asked.
        allowed: Characters that each number may consist of; empty where any may.
        same_point: As in `read_line`.
        digits_only: As in `read_line`.
        batch_size: Pictures that the network sees at a time.

    Returns:
        A reading of each picture, in their order.

    Raises:
        WeightsError: The weights are not those of a line reader.
    """
    framed: list[Framing | None] = []
    failures: dict[int, Reading] = {}
    sources = []
    for place, picture in enumerate(pictures):
        source = source_of(picture)
        sources.append(source)
        try:
            framed.append(open_line(picture))
        except PictureError as problem:
            framed.append(None)
            failures[place] = Reading("", 0.0, "failed", str(problem), source=source)
    opened = [place for place, line in enumerate(framed) if line is not None]
    readings = read_framed(
        [line for line in framed if line is not None],
        weights=weights,
        lengths=lengths and [lengths[place] for place in opened],
        allowed=allowed and [allowed[place] for place in opened],
        same_point=same_point,
        digits_only=digits_only,
        sources=[sources[place] for place in opened],
        batch_size=batch_size,
    )
    done = dict(zip(opened, readings, strict=True)) | failures
    return [done[place] for place in range(len(framed))]


def read_framed(
    framed: Sequence[Framing],
    *,
    weights: Weights | None = None,
    lengths: Sequence[int | None] | None = None,
    allowed: Sequence[str] | None = None,
    same_point: bool = False,
    digits_only: bool = False,
    sources: Sequence[str] | None = None,
    batch_size: int = 64,
) -> list[Reading]:
    """Read lines that have been framed.

    Args:
        framed: Pictures as `open_line` gives them.
        weights: By default those that come with Inkling.
        lengths: As in `read_lines`.
        allowed: As in `read_lines`.
        same_point: As in `read_line`.
        digits_only: As in `read_line`.
        sources: Where each came from.
        batch_size: Pictures that the network sees at a time.
    """
    weights = weights or box_line_weights()
    refuse_digit_weights(weights)
    sources = sources or [""] * len(framed)
    precision = choose_precision("auto", torch.device("cpu"), weights.header.network.name)
    images = [line.image for line in framed]
    alphabet = weights.header.alphabet
    looks = look(
        _folded(weights.network, precision),
        images,
        marks=marks_of(alphabet),
        treated=partial(treat, alphabet=alphabet, same_point=same_point, digits_only=digits_only),
        precision=precision,
        batch_size=batch_size,
    )
    lengths, allowed = lengths or [None] * len(framed), allowed or [""] * len(framed)
    known = [_known(alphabet, *each) for each in zip(lengths, allowed, strict=True)]
    decoded = decode([seen.views for seen in looks], known=known)
    novelties = _novelties([seen.scan for seen in looks], decoded, weights)
    return [
        _reading(line, written, novelty, weights, source)
        for line, written, novelty, source in zip(framed, decoded, novelties, sources, strict=True)
    ]


@functools.lru_cache(maxsize=4)
def _folded(network: nn.Module, precision: torch.dtype) -> nn.Module:
    """Folding takes as long as reading a line: it is done once for a network."""
    return fold(network, precision)


def _known(alphabet: Sequence[str], length: int | None, allowed: str) -> Known:
    """What is known of a number, in labels; characters that the network does not know cannot be read."""
    labels = [label for label, name in enumerate(alphabet, start=1) if name in list(allowed)]
    return Known(marks_of(alphabet), tuple(labels) if allowed else None, length)


def open_line(picture: Picture) -> Framing:
    """Open a picture of a line and frame it.

    Args:
        picture: As `read_line` takes it.

    Raises:
        PictureError: The picture cannot be opened, or cannot be one of a line.
    """
    pixels = to_picture(picture)
    height, width = pixels.shape[:2]
    if height < LEAST_HEIGHT or width < 2:
        raise PictureError(
            f"A line is at least {LEAST_HEIGHT} pixels high and 2 wide; this has {width} x {height}.",
            remedy="Cut it from a larger scan.",
        )
    if width > MOST_ASPECT * height:
        raise PictureError(
            f"A picture of {width:,} x {height:,} pixels is too long for one number.", remedy="Cut it up."
        )
    return frame_with_place(pixels)


def _reading(
    line: Framing, written: Decoded, novelty: float | None, weights: Weights, source: str
) -> Reading:
    """Decide what a scanned picture says."""
    if np.ptp(line.image) == 0:
        return Reading("", 1.0, "blank", "There is no ink on the picture.", source=source)
    proposals = written.proposals
    confidence = confidence_of(proposals, weights)
    labels = proposals[0][0]
    names = [weights.header.alphabet[label - 1] for label in labels]
    alternatives = _alternatives(proposals, confidence, weights)
    if not names and confidence < BLANK_FROM:
        return illegible(alternatives, "It is not clear whether what is on the picture is writing.", source)
    if not names:
        reason = "There is no writing on the picture."
        return Reading("", confidence, "blank", reason, alternatives=alternatives, source=source)
    if names[0] in _REASONS:
        reason = _REASONS[names[0]]
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
        if names and names[0] not in _REASONS:
            share = min(math.exp(chance) / rest, 1.0)
            others.append(Alternative("".join(names), (1 - confidence) * share))
    return tuple(others)


def _novelties(scans: Sequence[Scan], decoded: Sequence[Decoded], weights: Weights) -> list[float | None]:
    """Of each picture the novelty of its strangest character; None of one without, or without a gauge."""
    if weights.gauge is None or not scans:
        return [None] * len(scans)
    spans = [written.spans for written in decoded]
    features = np.concatenate(list(map(character_features, scans, spans)))
    novelties = weights.gauge.novelty(torch.from_numpy(features)).numpy()
    each = np.split(novelties, np.cumsum([len(of_one) for of_one in spans])[:-1])
    return [float(of_one.max()) if len(of_one) else None for of_one in each]


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
