"""What a line reader makes of pictures: frames, what is written by them, and one score."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from inkling.networks.constrained import Known, Proposal, propose_each, restrict, somewhere
from inkling.networks.ctc import (
    BLANK,
    Floats,
    Frames,
    Labels,
    Span,
    align_each,
    best_path,
    character_distributions_each,
    log_probability_each,
)
from inkling.transforms.lines import OTHER_VIEWS, look_again, to_line_input

_MOST_SCORE = 20.0

_SURE = math.log(0.7)
"""Where a number, or any mark, is as probable as this, one look is enough: on synthetic lines, looking at the
surer ones again changes nothing."""

_LEAST_WIDTH = 6
"""Prefixes that a search keeps, or as many as are wanted of it: on synthetic lines, 8 find none better."""

_TOGETHER = 16
"""Pictures decoded at a time: more of them together do not fit a processor's cache, fewer waste steps."""


Treatment = Callable[[Frames], Frames]
"""From frames, (N, T, C), to those of a reader to whom some labels are the same, or nothing."""


def _as_they_are(log_probs: Frames) -> Frames:
    return log_probs


class Scan(NamedTuple):
    """What a line reader makes of one picture.

    Attributes:
        log_probs: float32 (T, C), natural logarithms of each frame's distribution, the blank at 0.
        features: float32 (T, D), what each frame was judged by.
    """

    log_probs: NDArray[np.float32]
    features: NDArray[np.float32]


class Decoded(NamedTuple):
    """What is written on one picture, by its frames.

    Attributes:
        proposals: In the order of `constrained.propose_each`; the empty one is a proposal, too.
        spans: The frames, (first, last + 1), that each of the L labels of the first proposal stands in; of a
            mark, as if it stood alone.
        distributions: float64 (L, C − 1), how probable each label is in each of these places if the
            others are right; column k is label k + 1.
    """

    proposals: list[Proposal]
    spans: list[Span]
    distributions: Floats


@torch.inference_mode()
def scan(
    network: nn.Module,
    pictures: Sequence[NDArray[np.uint8]],
    *,
    treated: Treatment = _as_they_are,
    precision: torch.dtype = torch.float32,
    batch_size: int = 64,
) -> list[Scan]:
    """Run a line reader over framed pictures, those of equal width together.

    A picture's result does not depend on those that it is scanned with, but for rounding.

    Args:
        network: A line reader in evaluation mode, on the CPU.
        pictures: Each uint8 (32, W), as `transforms.lines.frame_line` makes them.
        treated: Applied to their frames: what is the same to the reader.
        precision: What it computes in.
        batch_size: Pictures at a time.

    Returns:
        A scan of each picture, in their order.
    """
    scans: dict[int, Scan] = {}
    for places in alike((picture.shape[1] for picture in pictures), batch_size):
        images = to_line_input(torch.from_numpy(np.stack([pictures[place] for place in places])))
        with torch.autocast("cpu", precision, enabled=precision != torch.float32):
            logits, features = network.logits_and_features(images)  # type: ignore[operator]
        log_probs = treated(logits.float().log_softmax(dim=2).transpose(0, 1).numpy())
        judged = features.float().transpose(0, 1).numpy()
        scans |= {place: Scan(log_probs[row], judged[row]) for row, place in enumerate(places)}
    return [scans[place] for place in range(len(pictures))]


class Look(NamedTuple):
    """What a line reader saw of one picture, in one view or in several.

    Attributes:
        scan: Of the picture as it was framed.
        views: (K, T, C), natural logarithms of the frames of each view, the picture as framed first. K
            is 1 where that made sure.
    """

    scan: Scan
    views: Frames


def look(
    network: nn.Module,
    pictures: Sequence[NDArray[np.uint8]],
    *,
    marks: Sequence[int] = (),
    treated: Treatment = _as_they_are,
    precision: torch.dtype = torch.float32,
    batch_size: int = 64,
) -> list[Look]:
    """Scan pictures, those that one look leaves doubtful in some other views as well.

    A network errs a little differently in each view, and the mean of the probabilities errs less than
    any of them (test-time augmentation; what is averaged are numbers, in `propose` and `decode`, since
    the frames of two views do not correspond).

    Args:
        network: As for `scan`.
        pictures: N of them, as for `scan`.
        marks: Labels that speak of a whole picture.
        treated: As for `scan`.
        precision: As for `scan`.
        batch_size: As for `scan`.

    Returns:
        Of each picture, in their order.
    """
    seen_by = partial(scan, network, treated=treated, precision=precision, batch_size=batch_size)
    scans = seen_by(pictures)
    views = [[seen.log_probs] for seen in scans]
    doubtful = _doubtful([seen.log_probs for seen in scans], marks, batch_size)
    again = iter(seen_by([view for place in doubtful for view in look_again(pictures[place])]))
    for place in doubtful:
        views[place] += [next(again).log_probs for _ in OTHER_VIEWS]
    return [Look(seen, np.stack(frames)) for seen, frames in zip(scans, views, strict=True)]


def _doubtful(pictures: Sequence[Frames], marks: Sequence[int], batch_size: int) -> list[int]:
    """Places of those pictures of which neither a number nor that there is a mark is `_SURE`."""
    doubtful = []
    for places in alike((len(frames) for frames in pictures), batch_size):
        frames = np.stack([pictures[place] for place in places])
        # Labels more probable than a half are those of the best path, or it is near enough.
        numbers = log_probability_each(frames, [best_path(each) for each in frames])
        chances = np.maximum(numbers, somewhere(frames, marks))
        doubtful += [place for place, chance in zip(places, chances, strict=True) if chance < _SURE]
    return sorted(doubtful)


def decode(
    pictures: Sequence[Frames],
    *,
    known: Sequence[Known] | None = None,
    best: int = 5,
    batch_size: int = _TOGETHER,
) -> list[Decoded]:
    """Find what is written on pictures, those alike in views and in what is known together.

    A picture's result does not depend on those that it is decoded with, but for rounding.

    Args:
        pictures: The log-probabilities of each, (T, C); or of each of its views, (K, T, C). Spans are of
            the first view, proposals and distributions of all of them.
        known: What is known of each number; None when nothing is of any.
        best: Proposals wanted, at least 1.
        batch_size: Pictures at a time.

    Returns:
        What is written on each, in their order.

    Raises:
        ValueError: The frames of some picture are no probabilities, so that nothing is possible.
    """
    decoded: dict[int, Decoded] = {}
    for places, log_probs, of_all in _together(pictures, known, batch_size):
        proposals = _proposals(log_probs, of_all, best)
        labels = [found[0][0] for found in proposals]
        spans = align_each(log_probs[:, 0], labels)
        distributions = _distributions(log_probs, labels)
        decoded |= zip(places, map(Decoded, proposals, spans, distributions), strict=True)
    return [decoded[place] for place in range(len(pictures))]


def propose(
    pictures: Sequence[Frames],
    *,
    known: Sequence[Known] | None = None,
    best: int = 5,
    batch_size: int = _TOGETHER,
) -> list[list[Proposal]]:
    """The proposals alone, of each picture: `decode` without asking where the labels stand."""
    proposed: dict[int, list[Proposal]] = {}
    for places, log_probs, of_all in _together(pictures, known, batch_size):
        proposed |= zip(places, _proposals(log_probs, of_all, best), strict=True)
    return [proposed[place] for place in range(len(pictures))]


def _distributions(views: Frames, labels: Sequence[Labels]) -> list[Floats]:
    """How probable each label is in each place: of (N, K, T, C), each view by how well it fits the labels."""
    count, looks = views.shape[:2]
    each = views.reshape(count * looks, *views.shape[2:])
    repeated = [of_one for of_one in labels for _ in range(looks)]
    found = character_distributions_each(each, repeated)
    if looks == 1:
        return found
    fits = log_probability_each(each, repeated).reshape(count, looks)
    shares = np.exp(fits - np.logaddexp.reduce(fits, axis=1, keepdims=True))
    return [
        np.tensordot(shares[row], np.stack(found[row * looks : (row + 1) * looks]), 1) for row in range(count)
    ]


def _proposals(log_probs: Frames, known: Known, best: int) -> list[list[Proposal]]:
    proposals = propose_each(log_probs, known, width=max(_LEAST_WIDTH, best), best=best)
    if not all(proposals):
        raise ValueError("these frames are no probabilities: no labels are possible")
    return proposals


def score_of(proposals: Sequence[Proposal]) -> float:
    """How sure the network is of its first proposal: the logit of its probability, −20 to 20."""
    if not proposals:
        return -_MOST_SCORE
    chance = proposals[0][1]
    against = math.log(-math.expm1(min(chance, -1e-15)))
    return float(np.clip(chance - against, -_MOST_SCORE, _MOST_SCORE))


def _together(
    pictures: Sequence[Frames], known: Sequence[Known] | None, most: int
) -> Iterator[tuple[list[int], Frames, Known]]:
    """Pictures alike in views and in what is known of them: places, (N, K, T, C), what is known.

    Those of fewer frames than others are followed by certain blanks, which change no probability.
    """
    known = known or [Known()] * len(pictures)
    views = [frames if frames.ndim == 3 else frames[None] for frames in pictures]
    by_length = sorted(range(len(views)), key=lambda place: views[place].shape[1])
    keys = [(frames.shape[::2], frames.dtype, each) for frames, each in zip(views, known, strict=True)]
    for batch in alike((keys[place] for place in by_length), most):
        places = [by_length[row] for row in batch]
        longest = views[places[-1]]
        frames = np.full((len(places), *longest.shape), -np.inf, longest.dtype)
        frames[..., BLANK] = 0.0
        for row, place in enumerate(places):
            frames[row, :, : views[place].shape[1]] = views[place]
        of_all = known[places[0]]
        yield places, restrict(frames, of_all), of_all


def alike(keys: Iterable[Hashable], most: int) -> Iterator[list[int]]:
    """Places of what has the same key, at most so many at a time."""
    by_key: dict[Hashable, list[int]] = {}
    for place, key in enumerate(keys):
        by_key.setdefault(key, []).append(place)
    for places in by_key.values():
        for start in range(0, len(places), most):
            yield places[start : start + most]
