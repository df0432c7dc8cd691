"""Decoding with what is known of a number: marks, some characters only, so many of them.

Shapes and symbols are those of `ctc`. All that is admissible is: nothing; a mark, which is said by every
path with that mark in any of its frames, whatever else the path says; and every sequence of allowed labels
that are no marks, of the known length if there is one.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from inkling.datasets.digits import DIGITS
from inkling.elements import is_mark
from inkling.networks.ctc import (
    BLANK,
    CERTAIN,
    Floats,
    Frames,
    Labels,
    best_path,
    condense,
    log_probability_each,
    prefix_beam_each,
)

Proposal = tuple[Labels, float]
"""Labels, 1 to C − 1, and the natural logarithm of their probability."""

DISBELIEF = 0.01
"""What is not admissible is this part as credible as what is: people write what a form does not want."""

_EVEN = float(np.log(0.5))
"""The logarithm of an even chance."""

_TRIED = 4
"""Labels that are tried in a frame where the length is known: one that is less probable there than
these is not among the proposals."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a number before it is read.

    Attributes:
        marks: Labels that speak of the whole line, whatever else is known.
        allowed: Labels that it may consist of, marks left out; None when any may.
        length: How many labels it has; None when that is open.
    """

    marks: tuple[int, ...] = ()
    allowed: tuple[int, ...] | None = None
    length: int | None = None

    def __post_init__(self) -> None:
        if self.length is not None and self.length < 1:
            raise ValueError(f"a number has at least one character, not {self.length}")

    @property
    def of_value(self) -> bool:
        """Whether anything is known but which labels are marks."""
        return self.allowed is not None or self.length is not None


def marks_of(alphabet: Sequence[str]) -> tuple[int, ...]:
    """The labels of an alphabet's marks."""
    return tuple(label for label, name in enumerate(alphabet, start=1) if is_mark(name))


def spelled(log_probs: Frames, marks: Sequence[int]) -> Labels:
    """The labels of the most probable path of (T, C); the first mark alone where one is among them."""
    labels = best_path(log_probs)
    return next(((label,) for label in labels if label in marks), labels)


def treat(
    log_probs: Frames, alphabet: Sequence[str], *, same_point: bool = False, digits_only: bool = False
) -> Frames:
    """Frames for a reader to whom some characters are the same, or are nothing.

    Args:
        log_probs: (..., C), natural logarithms.
        alphabet: Names of the labels 1 to C − 1.
        same_point: Whether `,` is the same as `.`: it is then read as that.
        digits_only: Whether all that is neither a digit nor a mark is to be passed over, as if there
            were nothing.

    Returns:
        (..., C), each frame with the same sum: what was of the one is now of the other.
    """
    if digits_only:
        signs = [
            label for label, name in enumerate(alphabet, start=1) if name not in DIGITS and not is_mark(name)
        ]
        return _fold(log_probs, signs, BLANK)
    if same_point and "," in alphabet and "." in alphabet:
        return _fold(log_probs, [alphabet.index(",") + 1], alphabet.index(".") + 1)
    return log_probs


def _fold(log_probs: Frames, labels: Sequence[int], into: int) -> Frames:
    folded = log_probs.copy()
    for label in labels:
        np.logaddexp(folded[..., into], folded[..., label], out=folded[..., into])
    folded[..., labels] = -np.inf
    return folded


def somewhere(log_probs: Frames, labels: Sequence[int]) -> Floats:
    """Logarithm of the probability that any of some labels stands in any frame, as a mark does: float64 (N,).

    Args:
        log_probs: (N, T, C), natural logarithms.
        labels: Some of 1 to C − 1.
    """
    here = np.exp(log_probs[..., list(labels)].astype(np.float64)).sum(axis=2)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(-np.expm1(np.log1p(-np.minimum(here, 1.0)).sum(axis=1))))


def restrict(log_probs: Frames, known: Known) -> Frames:
    """Frames (N, T, C) in which labels that are neither allowed nor marks are impossible."""
    if known.allowed is None:
        return log_probs
    kept = [BLANK, *known.allowed, *known.marks]
    restricted = np.full_like(log_probs, -np.inf)
    restricted[..., kept] = log_probs[..., kept]
    return restricted


def propose_each(views: Frames, known: Known, *, width: int = 8, best: int = 5) -> list[list[Proposal]]:
    """The most probable admissible labels of each picture, which was seen in K views.

    The first view is searched with a beam. Of several views the mean of the probabilities counts; scored in
    all are what is proposed of the first, what the best paths of the others spell, and the marks: on
    synthetic lines, what else the others would propose is never the most probable.

    With nothing known of the value, numbers have the probabilities of `ctc`. Else all are conditional on
    what is known, of which a part `DISBELIEF` is not believed: if all that is admissible has the probability
    A, each is divided by A + (1 − A) · `DISBELIEF`. A is exact (`admissible_each`), and so is each
    probability; what is found is limited by the beam as in `ctc.prefix_beam_each`.

    Args:
        views: (N, K, T, C), natural logarithms.
        known: What is known, of all of the pictures.
        width: Prefixes kept after each frame; with a known length, of each length.
        best: Sequences wanted, at least 1.

    Returns:
        Of each picture, at most `best` labels with the natural logarithm of their probability, the most
        probable first; the empty sequence is one of them. Marks follow on all others, but that the first of
        them leads where any mark is more probable than none. Empty where nothing admissible is possible.
    """
    count, looks = views.shape[:2]
    characters = _without(restrict(views, known), known.marks)
    if known.length is None:
        found = prefix_beam_each(characters[:, 0], width=width, best=best)
    else:
        found = [_of_length(frames, known.length, width) for frames in characters[:, 0]]
    each = views.reshape(count * looks, *views.shape[2:])
    whole = _whole_each(each, known)
    if looks == 1:
        numbers = [
            [(labels, p - divisor) for labels, p in of_one]
            for of_one, divisor in zip(found, whole.tolist(), strict=True)
        ]
    else:
        wanted = [
            _wanted(of_one, frames[1:], known) for of_one, frames in zip(found, characters, strict=True)
        ]
        numbers = _scored(wanted, each, whole)
    marked = _mean_of_views(_marked_each(each, known.marks) - whole, looks).T.tolist()
    marked_at_all = _mean_of_views(somewhere(each, known.marks) - whole, looks).tolist()
    proposals = []
    for of_one, chances, at_all in zip(numbers, marked, marked_at_all, strict=True):
        marks = _ranked(((mark,), chance) for mark, chance in zip(known.marks, chances, strict=True))
        leading = 1 if at_all >= _EVEN else 0
        proposals.append([*marks[:leading], *_ranked(of_one), *marks[leading:]][:best])
    return proposals


def _ranked(scored: Iterable[Proposal]) -> list[Proposal]:
    """The most probable first, without what is impossible."""
    return sorted((pair for pair in scored if pair[1] > -np.inf), key=lambda pair: -pair[1])


def _wanted(found: Sequence[Proposal], others: Frames, known: Known) -> list[Labels]:
    """Numbers to be scored in all views of a picture: what was found in the first, and what others spell."""
    paths = map(best_path, others)
    fitting = (labels for labels in paths if not labels or known.length in (None, len(labels)))
    return list(dict.fromkeys([*(labels for labels, p in found if p > -np.inf), *fitting]))


def _scored(wanted: Sequence[Sequence[Labels]], views: Frames, whole: Floats) -> list[list[Proposal]]:
    """Each picture's numbers with the mean of their probabilities in its K views: (N · K, T, C)."""
    looks = len(views) // len(wanted)
    owners = np.repeat(np.arange(len(wanted)), [len(sequences) for sequences in wanted])
    places = (owners[:, None] * looks + np.arange(looks)).ravel()
    sequences = [labels for of_one in wanted for labels in of_one for _ in range(looks)]
    scores = log_probability_each(views[places], sequences) - whole[places]
    means = iter(_mean_of_views(scores, looks).tolist())
    return [[(labels, next(means)) for labels in of_one] for of_one in wanted]


def _mean_of_views(scores: Floats, looks: int) -> Floats:
    """The mean of the probabilities in the views of each picture, by logarithms: (..., N · K) to (..., N)."""
    by_view = scores.reshape(*scores.shape[:-1], scores.shape[-1] // looks, looks)
    return np.asarray(np.logaddexp.reduce(by_view, axis=-1) - np.log(looks))


def _without(log_probs: Frames, labels: Sequence[int]) -> Frames:
    """A copy of frames (..., C) in which some labels are impossible."""
    without = log_probs.copy()
    without[..., list(labels)] = -np.inf
    return without


def _whole_each(log_probs: Frames, known: Known) -> Floats:
    """What the probabilities of a picture's proposals are divided by, as a logarithm: float64 (N,)."""
    if not known.of_value:
        return np.zeros(len(log_probs))
    admissible = np.exp(admissible_each(log_probs, known))
    return np.asarray(np.log(admissible + (1 - admissible) * DISBELIEF))


def admissible_each(log_probs: Frames, known: Known) -> Floats:
    """Logarithm of the probability of all that is admissible, over all paths: float64 (N,).

    Frames are independent, so without a known length it is the product over the frames of what is
    allowed in each; with one, the forward pass keeps count of the labels.
    """
    characters = _without(restrict(log_probs, known).astype(np.float64), known.marks)
    if known.length is None:
        total = np.logaddexp.reduce(characters, axis=2).sum(axis=1)
    else:
        blank = characters[..., BLANK].sum(axis=1)
        total = np.logaddexp(blank, _log_probability_of_length(characters, known.length))
    return np.minimum(np.logaddexp(total, somewhere(log_probs, known.marks)), 0.0)


def _marked_each(log_probs: Frames, marks: Sequence[int]) -> Floats:
    """Logarithm of the probability of each of M marks on each picture: float64 (M, N)."""
    return np.array([somewhere(log_probs, [mark]) for mark in marks]).reshape(len(marks), len(log_probs))


def _log_probability_of_length(log_probs: Frames, length: int) -> Floats:
    """Logarithm of the probability of all sequences of so many labels: float64 (N,)."""
    probabilities = np.exp(log_probs)
    count, _, classes = log_probs.shape
    ends = np.zeros((count, length + 1, classes))  # in which class the paths end, by labels so far
    ends[:, 0, BLANK] = 1.0
    scale = np.zeros(count)
    for frame in probabilities.transpose(1, 0, 2):
        total = ends.sum(axis=2)
        grown = ends.copy()
        grown[:, 1:] += total[:, :-1, None] - ends[:, :-1]  # a label after anything but its like
        grown[:, :, BLANK] = total
        ends = grown * frame[:, None]
        top = ends.max(axis=(1, 2))
        ends /= np.where(top > 0, top, 1.0)[:, None, None]
        with np.errstate(divide="ignore"):
            scale += np.log(top)
    with np.errstate(divide="ignore"):
        return np.asarray(scale + np.log(ends[:, length].sum(axis=1)))


def _of_length(log_probs: Frames, length: int, width: int) -> list[Proposal]:
    """The empty sequence and the most probable ones of a length, each with its exact probability."""
    probabilities = condense(np.exp(log_probs.astype(np.float64)), CERTAIN)
    beams: list[dict[Labels, tuple[float, float]]] = [{} for _ in range(length + 1)]
    beams[0] = {(): (1.0, 0.0)}  # probability that it ends in a blank, and in its last label
    ranking = (np.argsort(-probabilities[:, 1:], axis=1)[:, :_TRIED] + 1).tolist()
    for row, labels in zip(probabilities.tolist(), ranking, strict=True):
        reached: list[dict[Labels, list[float]]] = [{} for _ in beams]
        for size, beam in enumerate(beams):
            for prefix, (blank, label) in beam.items():
                ends = reached[size].setdefault(prefix, [0.0, 0.0])
                ends[0] += (blank + label) * row[BLANK]
                last = prefix[-1] if prefix else BLANK
                ends[1] += label * row[last]
                if size == length:
                    continue
                for new in labels:
                    if chance := row[new]:
                        longer = reached[size + 1].setdefault((*prefix, new), [0.0, 0.0])
                        longer[1] += (blank if new == last else blank + label) * chance
        beams = [
            {
                prefix: (ends[0], ends[1])
                for prefix, ends in heapq.nlargest(width, grown.items(), key=lambda item: sum(item[1]))
            }
            for grown in reached
        ]
    sequences = [(), *(prefix for prefix, ends in beams[length].items() if sum(ends) > 0)]
    scores = log_probability_each(np.broadcast_to(log_probs, (len(sequences), *log_probs.shape)), sequences)
    return list(zip(sequences, scores.tolist(), strict=True))
