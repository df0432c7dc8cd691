"""One picture of one line of writing: the number on it, how sure that is, and what else it may be."""

from __future__ import annotations

import functools
import itertools
import os
from collections.abc import Iterable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from inkling.documents.picture import Picture, source_of, to_picture
from inkling.elements import Reading
from inkling.errors import PictureError, WeightsError
from inkling.networks.characters import character_features
from inkling.networks.constrained import Known, marks_of, treat
from inkling.networks.layer import fold
from inkling.networks.scan import Decoded, Scan, Treatment, decode, look
from inkling.networks.weights import Weights, shipped_weights
from inkling.recognition.decisions import decide
from inkling.recognition.otherwise import asked_otherwise, seen_otherwise
from inkling.training.devices import choose_precision
from inkling.transforms.lines import Framing, frame_with_place, refuse_no_line


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

    Writing may be dark on light or light on dark, and fills a good part of the picture's height.

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
    framed = open_line(picture)
    readings = read_framed(
        [framed],
        weights=weights,
        same_point=same_point,
        digits_only=digits_only,
        sources=[source_of(picture)],
    )
    return _otherwise(
        readings,
        [picture],
        [framed.apart],
        weights=weights,
        same_point=same_point,
        digits_only=digits_only,
    )[0]


def read_lines(
    pictures: Iterable[Picture],
    *,
    weights: Weights | None = None,
    lengths: Sequence[int | None] | None = None,
    allowed: Sequence[str] | None = None,
    same_point: bool = False,
    digits_only: bool = False,
    upright: bool = False,
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
        upright: Whether it is known that they are upright and have one line each, as those cut from a page;
            else those without a probable number are also looked at turned, and row by row.
        batch_size: Pictures that the network sees at a time.

    Returns:
        A reading of each picture, in their order.

    Raises:
        TypeError: One path, or the bytes of one file, was given.
        WeightsError: The weights are not those of a line reader.
    """
    if isinstance(pictures, (str, bytes, os.PathLike)):
        raise TypeError("read_lines takes several pictures; for one there is read_line")
    pictures = list(pictures)
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
    in_order = [done[place] for place in range(len(framed))]
    if upright:
        return in_order
    return _otherwise(
        in_order,
        pictures,
        [line is not None and line.apart for line in framed],
        weights=weights,
        same_point=same_point,
        digits_only=digits_only,
    )


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

    Returns:
        A reading of each, in their order; that they may be turned, or several lines, is not asked.

    Raises:
        WeightsError: The weights are not those of a line reader.
    """
    weights = weights or shipped_weights("lines")
    refuse_digit_weights(weights)
    sources = sources or [""] * len(framed)
    reader = _reader(weights, same_point=same_point, digits_only=digits_only)
    looks = look(
        reader.network,
        [line.image for line in framed],
        marks=marks_of(reader.alphabet),
        treated=reader.treated,
        precision=reader.precision,
        batch_size=batch_size,
    )
    lengths, allowed = lengths or [None] * len(framed), allowed or [""] * len(framed)
    known = [_known(reader.alphabet, *each) for each in zip(lengths, allowed, strict=True)]
    decoded = decode([seen.views for seen in looks], known=known)
    novelties = _novelties([seen.scan for seen in looks], decoded, weights)
    return [
        decide(line, written, novelty, weights, digits_only=digits_only, source=source)
        for line, written, novelty, source in zip(framed, decoded, novelties, sources, strict=True)
    ]


def _otherwise(
    readings: Sequence[Reading],
    pictures: Sequence[Picture],
    apart: Sequence[bool],
    *,
    weights: Weights | None,
    same_point: bool,
    digits_only: bool,
) -> list[Reading]:
    """Readings of pictures of which it is not known that they are upright and have one line."""
    if not asked_otherwise(readings, apart):
        return list(readings)
    weights = weights or shipped_weights("lines")
    reader = _reader(weights, same_point=same_point, digits_only=digits_only)
    return seen_otherwise(
        readings,
        pictures,
        apart,
        reader.network,
        weights,
        treated=reader.treated,
        precision=reader.precision,
    )


class _Reader(NamedTuple):
    """A line reader as it looks at pictures.

    Attributes:
        network: That only reads.
        precision: What it computes in.
        alphabet: Names of its labels.
        treated: What is made of its frames by the rules of reading.
    """

    network: nn.Module
    precision: torch.dtype
    alphabet: Sequence[str]
    treated: Treatment


def _reader(weights: Weights, *, same_point: bool, digits_only: bool) -> _Reader:
    precision = choose_precision("auto", torch.device("cpu"), weights.header.network.name)
    alphabet = weights.header.alphabet
    treated = partial(treat, alphabet=alphabet, same_point=same_point, digits_only=digits_only)
    network = _folded(weights.network, precision, _state_of(weights.network))
    return _Reader(network, precision, alphabet, treated)


@functools.lru_cache(maxsize=4)
def _folded(network: nn.Module, precision: torch.dtype, state: tuple[tuple[int, int], ...]) -> nn.Module:
    """Folding takes as long as reading a line: it is done once for a network in one state."""
    return fold(network, precision)


def _state_of(network: nn.Module) -> tuple[tuple[int, int], ...]:
    """What differs as soon as a network's numbers were changed, as by a step of training."""
    tensors = itertools.chain(network.parameters(), network.buffers())
    return tuple((tensor.data_ptr(), tensor._version) for tensor in tensors)


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
    refuse_no_line(pixels)
    return frame_with_place(pixels)


def _novelties(scans: Sequence[Scan], decoded: Sequence[Decoded], weights: Weights) -> list[float | None]:
    """Of each picture the novelty of its strangest character; None of one without, or without a gauge."""
    if weights.gauge is None or not scans:
        return [None] * len(scans)
    spans = [written.spans for written in decoded]
    features = np.concatenate(list(map(character_features, scans, spans)))
    novelties = weights.gauge.novelty(torch.from_numpy(features)).numpy()
    each = np.split(novelties, np.cumsum([len(of_one) for of_one in spans])[:-1])
    return [float(of_one.max()) if len(of_one) else None for of_one in each]
