"""From the frames of a line-reading network to label sequences and their probabilities.

Connectionist temporal classification: Graves, Fernández, Gomez and Schmidhuber (2006). In each of T
frames the network gives every one of C classes a probability; class 0 is the blank. A path chooses one
class a frame. Merging its repeats and then dropping its blanks leaves the labels that it spells, and
the probability of labels is the sum over all paths that spell them.

Shapes, one vocabulary: N pictures, T frames of each, C classes with the blank, L labels and so 2 L + 1
states: the labels with a blank before, between and after. A path walks from the first state to one of
the last two; it may leave out the blank between two labels that differ. S states and M labels are those
of all N sequences in a row.

A function ending in `_each` takes N pictures of T frames together, which costs a fraction of one after
another; without the ending it takes one. Probabilities are natural logarithms throughout, computed in
float64: none underflows, and 0 is −inf.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Sized
from itertools import accumulate, chain
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import ctc_loss

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Frames = NDArray[np.floating]
Labels = tuple[int, ...]
Span = tuple[int, int]

BLANK = 0

CERTAIN = 0.99
"""Frames more probably blank than this are searched together with their neighbours."""

_LEAST = float(np.finfo(np.float64).min)  # finite, unlike −inf
_NOTHING = -60.0  # e^−60 added to 1 is 1

# In the beam: probability, the part of it that ends in a blank, labels, all of them but the last, the last.
_Prefix = tuple[float, float, Labels, Labels | None, int]


def best_path(log_probs: Frames) -> Labels:
    """The labels that the most probable path spells, which need not be the most probable labels.

    Args:
        log_probs: (T, C), natural logarithms.

    Returns:
        0 to T labels, each 1 to C − 1; of equally probable classes the lowest.
    """
    path = log_probs.argmax(axis=1)
    starts = np.diff(path, prepend=BLANK) != 0
    return tuple(path[starts & (path != BLANK)].tolist())


def log_probability(log_probs: Frames, labels: Sequence[int]) -> float:
    """`log_probability_each` of one picture, (T, C)."""
    return float(log_probability_each(log_probs[None], [labels])[0])


def log_probability_each(log_probs: Frames, sequences: Sequence[Sequence[int]]) -> Floats:
    """Logarithm of the total probability of each picture's labels, over all paths that spell them.

    Args:
        log_probs: (N, T, C), natural logarithms.
        sequences: N of them, of labels 1 to C − 1; may be empty.

    Returns:
        float64 (N,), natural logarithms; −inf where no path can spell the labels, as when there are
        too few frames.

    Raises:
        ValueError: A label is not one of the classes.
    """
    count, size, classes = log_probs.shape
    labels = _joined(sequences, classes)
    if not count or not size:  # of no frames nothing but the empty sequence is spelled
        return np.where([len(sequence) > 0 for sequence in sequences], -np.inf, 0.0)
    losses = ctc_loss(
        torch.from_numpy(log_probs.transpose(1, 0, 2).astype(np.float64)),
        torch.from_numpy(labels),
        torch.full((count,), size),
        torch.tensor([len(sequence) for sequence in sequences]),
        reduction="none",
    )
    return np.asarray(-losses.numpy(), np.float64)


def prefix_beam(
    log_probs: Frames, *, width: int = 8, best: int = 5, certain: float = CERTAIN
) -> list[tuple[Labels, float]]:
    """`prefix_beam_each` of one picture, (T, C)."""
    return prefix_beam_each(log_probs[None], width=width, best=best, certain=certain)[0]


def prefix_beam_each(
    log_probs: Frames, *, width: int = 8, best: int = 5, certain: float = CERTAIN
) -> list[list[tuple[Labels, float]]]:
    """The most probable label sequences of each picture, searched for with a beam.

    The prefix beam search of Hannun et al., "First-pass large vocabulary continuous speech recognition
    using bi-directional recurrent DNNs" (2014), without a language model. The probabilities are exact:
    what is found is scored again over all its paths, and ranked by that. What is found differs from
    the exact thing in two ways.

    A sequence is missed when a prefix of it ever falls behind `width` others.

    A run of certain blanks is searched as one frame, in which there is room for one label. So a
    sequence is missed that wants two labels within a run, or one right after its like. This never
    hits the most probable sequence of all, as long as the certain frames are together more probably
    blank than not, as 68 of them are at 0.99: what wants a label there shares what they leave.

    Args:
        log_probs: (N, T, C), natural logarithms.
        width: Prefixes kept after each frame, at least 1.
        best: Sequences wanted, at least 1.
        certain: Probability of a blank above which it is certain; 1 for never.

    Returns:
        Of each picture, labels with the natural logarithm of their probability, the most probable
        first; as many as the smaller of `best` and `width`, unless so many are not possible at all, or
        only within certain blanks (the search takes a class below e^−745 in a frame for impossible).
        The empty sequence is one like any other: a blank picture.

    Raises:
        ValueError: `width` or `best` is below 1.
    """
    if width < 1 or best < 1:
        raise ValueError(f"a beam wants a width and a number of results of at least 1, not {width}, {best}")
    found = [_search(condense(frames, certain), width) for frames in np.exp(log_probs.astype(np.float64))]
    owners = [row for row, sequences in enumerate(found) for _ in sequences]
    sequences = list(chain.from_iterable(found))
    scores = log_probability_each(log_probs[np.array(owners, np.int64)], sequences)
    scored = list(zip(sequences, scores.tolist(), strict=True))
    # In a condensed frame a label may have merged with its like on both sides, and be impossible.
    return [
        sorted((pair for pair in part if pair[1] > -np.inf), key=lambda pair: -pair[1])[:best]
        for part in _dealt(scored, found)
    ]


def align(log_probs: Frames, labels: Sequence[int]) -> list[Span]:
    """`align_each` of one picture, (T, C)."""
    return align_each(log_probs[None], [labels])[0]


def align_each(log_probs: Frames, sequences: Sequence[Sequence[int]]) -> list[list[Span]]:
    """Where each label stands on the most probable path that spells them all (Viterbi, 1967).

    Args:
        log_probs: (N, T, C), natural logarithms.
        sequences: N of them, of L labels, each 1 to C − 1; may be empty.

    Returns:
        Of each picture L spans of frames (first, last + 1), in order, disjoint, within 0 to T, none
        empty.

    Raises:
        ValueError: No path spells the labels, as when there are too few frames; or a label is not one
            of the classes.
    """
    lattice = _lattice(log_probs, sequences)
    table = _forward(lattice, np.maximum)
    # It ends in the blank after the last label, or in that label.
    state = lattice.lasts - (table[-1, lattice.lasts - 1] > table[-1, lattice.lasts])
    impossible = table[-1, state] == -np.inf
    if impossible.any():
        length = len(sequences[impossible.argmax()])
        raise ValueError(f"no path of {log_probs.shape[1]} frames spells these {length} labels")

    here, one_back, two_back = table[:-1, 2:], table[:-1, 1:-1], table[:-1, :-2] + lattice.skips[2:]
    steps = np.where(two_back > np.maximum(here, one_back), 2, one_back > here)
    path = np.empty((len(steps), len(sequences)), np.int64)
    for time in range(len(steps) - 1, -1, -1):
        path[time] = state
        state = state - steps[time, state - 2]
    # A path never turns back: a label starts after as many frames as are spent in states before it.
    visited = path[:, lattice.owners]
    starts, stops = (visited < lattice.places).sum(axis=0), (visited <= lattice.places).sum(axis=0)
    return _dealt(list(zip(starts.tolist(), stops.tolist(), strict=True)), sequences)


def character_distributions(log_probs: Frames, labels: Sequence[int]) -> Floats:
    """`character_distributions_each` of one picture, (T, C)."""
    return character_distributions_each(log_probs[None], [labels])[0]


def character_distributions_each(log_probs: Frames, sequences: Sequence[Sequence[int]]) -> list[Floats]:
    """For each position, how probable each class is there if the other labels are right.

    Row i is the exact probability of a picture's labels with position i replaced by each class in
    turn, divided by the sum of these. No L · (C − 1) forward passes are needed: a replaced label stands
    in one run of frames; what comes before the run is in the forward table of the labels, what comes
    after it in the backward table (Graves et al., 2006, section 4.1), and one pass over the frames adds
    up the runs of all classes at all positions.

    Args:
        log_probs: (N, T, C), natural logarithms.
        sequences: N of them, of L labels, each 1 to C − 1; may be empty.

    Returns:
        Of each picture float64 (L, C − 1), each row summing to 1; column k is class k + 1. No class has
        a floor: one that is e^745 times less probable than the best of its row rounds to 0.

    Raises:
        ValueError: At some position no class at all can stand, as when there are too few frames; or a
            label is not one of the classes.
    """
    # The backward table is the forward table of the mirrored frames and labels.
    lattice = _lattice(
        np.concatenate([log_probs, log_probs[:, ::-1]]),
        [*sequences, *(labels[::-1] for labels in sequences)],
    )
    table = _forward(lattice, _log_sum)
    owners, places = (half[: len(half) // 2] for half in (lattice.owners, lattice.places))
    mirrored = lattice.firsts[len(sequences) + owners] + lattice.lasts[owners] - places
    others = np.arange(1, log_probs.shape[2])[:, None]
    arriving = _neighbours(table, lattice.classes, places, others)
    leaving = _neighbours(table[::-1], lattice.classes, mirrored, others)
    emissions = log_probs[owners].transpose(1, 2, 0)[:, 1:]

    run = np.full(arriving.shape[1:], -np.inf)  # (C − 1, M)
    ends = np.empty((len(emissions), *run.shape))
    for time, (emission, before, after) in enumerate(zip(emissions, arriving[:-1], leaving[1:], strict=True)):
        run = _log_sum(run, before) + emission  # all paths in which the run has come this far
        ends[time] = run + after  # and ends here
    top = ends.max(axis=(0, 1), initial=-np.inf)
    impossible = top == -np.inf
    if impossible.any():
        length = len(sequences[owners[impossible.argmax()]])
        size = log_probs.shape[1]
        raise ValueError(f"no path of {size} frames spells any variant of these {length} labels")
    ends -= top
    weights = np.exp(ends, out=ends).sum(axis=0)
    return _dealt((weights / weights.sum(axis=0)).T, sequences)


class _Lattice(NamedTuple):
    """The states of N label sequences in a row.

    Before those of each are two that no path reaches, so that there always is a state before.

    Attributes:
        classes: (S,), the class of each state.
        frames: float64 (T, S), its log-probability.
        skips: float64 (S,), 0 where a path may come from two states before, −inf where it may not.
        firsts: (N,), the first state of each sequence.
        lasts: (N,), the last, which is the blank after the last label.
        owners: (M,), the sequence of each label.
        places: (M,), its state.
    """

    classes: Integers
    frames: Floats
    skips: Floats
    firsts: Integers
    lasts: Integers
    owners: Integers
    places: Integers


def _lattice(log_probs: Frames, sequences: Sequence[Sequence[int]]) -> _Lattice:
    """What the walks over (N, T, C) and N sequences need."""
    count, size, classes = log_probs.shape
    lengths = np.array([len(labels) for labels in sequences], np.int64)
    labels = _joined(sequences, classes)
    sizes = 2 * lengths + 3
    lasts = sizes.cumsum() - 1
    firsts = lasts - 2 * lengths
    owners = np.repeat(np.arange(count), lengths)
    before = np.arange(len(labels)) - np.repeat(lengths.cumsum() - lengths, lengths)
    places = firsts[owners] + 2 * before + 1
    states = np.full(sizes.sum(), BLANK, np.int64)
    states[places] = labels
    # Not between equal labels: without the blank they would merge. Nor between blanks.
    skips = np.full(len(states), -np.inf)
    skips[places[labels != states[places - 2]]] = 0.0
    row = log_probs.transpose(1, 0, 2).reshape(size, count * classes)
    frames = row.take(states + np.repeat(np.arange(count) * classes, sizes), axis=1).astype(np.float64)
    frames[:, firsts - 1] = frames[:, firsts - 2] = -np.inf
    return _Lattice(states, frames, skips, firsts, lasts, owners, places)


def _joined(sequences: Sequence[Sequence[int]], classes: int) -> Integers:
    """The labels of all sequences in a row; a label that is none of the classes is refused."""
    labels = np.fromiter(chain.from_iterable(sequences), np.int64)
    if ((labels <= BLANK) | (labels >= classes)).any():
        wrong = next(labels for labels in sequences if not all(BLANK < label < classes for label in labels))
        raise ValueError(f"labels must be from 1 to {classes - 1}: {tuple(wrong)}")
    return labels


def _forward(lattice: _Lattice, combine: Callable[..., Floats]) -> Floats:
    """Walk all sequences through all frames at once.

    Args:
        lattice: Of the sequences.
        combine: `_log_sum` for the sum over paths, `np.maximum` for the best path.

    Returns:
        (T + 1, S): over all walks through the first t frames that end in state s, at [t, s]. No frames
        at all end in the first state.
    """
    table = np.full((len(lattice.frames) + 1, len(lattice.skips)), -np.inf)
    table[0, lattice.firsts] = 0.0
    here, one_back, two_back = table[:-1, 2:], table[:-1, 1:-1], table[:-1, :-2]
    steps = zip(here, one_back, two_back, lattice.frames[:, 2:], table[1:, 2:], strict=True)
    for stay, step, skip, emission, reached in steps:
        np.add(combine(combine(stay, step), skip + lattice.skips[2:]), emission, out=reached)
    return table


def _neighbours(table: Floats, classes: Integers, places: Integers, others: Integers) -> Floats:
    """All walks that are ready to enter M places as another class: (T + 1, C − 1, M).

    They stand in the blank before the place, or in the label before that if it is not the same class.
    """
    blank = table[:, places - 1]
    either = _log_sum(blank, table[:, places - 2])
    return np.where(classes[places - 2] == others, blank[:, None], either[:, None])


def _log_sum(first: Floats, second: Floats) -> Floats:
    """`np.logaddexp`; many numbers are taken in steps that processors do in bulk, three times as fast."""
    if first.size < 256:
        return np.logaddexp(first, second)
    high = np.maximum(first, second)
    part = np.minimum(first, second)
    part -= np.maximum(high, _LEAST)  # −inf less −inf would be no number
    np.maximum(part, _NOTHING, out=part)  # powers that underflow take ten times as long
    np.log1p(np.exp(part, out=part), out=part)
    part += high
    return part


def _dealt(values: Any, wholes: Sequence[Sized]) -> list[Any]:
    """Cut values that stand in a row into one part for each whole, as long as it."""
    lengths = [len(whole) for whole in wholes]
    return [values[stop - length : stop] for stop, length in zip(accumulate(lengths), lengths, strict=True)]


def condense(probabilities: Floats, certain: float) -> Floats:
    """(T, C) probabilities with each run of certain blanks as one frame, for the search.

    It is a blank if all of them are, and a label if any is, of which the sum is near enough.
    """
    sure = probabilities[:, BLANK] > certain
    goes_on = sure & np.concatenate([[False], sure[:-1]])
    starts = np.flatnonzero(~goes_on)
    condensed = np.add.reduceat(probabilities, starts, axis=0)
    condensed[:, BLANK] = np.multiply.reduceat(probabilities[:, BLANK], starts)
    return condensed


def _search(probabilities: Floats, width: int) -> list[Labels]:
    """The beam itself, on (T, C) probabilities: the prefixes that are left after the last frame.

    Each frame keeps the `width` most probable of all that the prefixes and their extensions can
    become, but looks at few of them: what the old prefixes come to is a bar that an extension has to
    pass, so classes are tried from the most probable down, until the first that fails.
    """
    ranking = (np.argsort(-probabilities[:, 1:], axis=1, kind="stable") + 1).tolist()
    beam: dict[Labels | None, _Prefix] = {(): (1.0, 1.0, (), None, BLANK)}
    top = 1.0
    for frame, ranked in zip(probabilities.tolist(), ranking, strict=True):
        row = [probability / top for probability in frame]  # the beam's best stays near 1
        kept: list[_Prefix] = []
        for mass, closed, prefix, stem, label in beam.values():
            grown = (mass - closed) * row[label]  # repeats its last label
            if parent := beam.get(stem):
                grown += (parent[1] if parent[4] == label else parent[0]) * row[label]
            ended = mass * row[BLANK]
            kept.append((ended + grown, ended, prefix, stem, label))
        bar = min(kept)[0] if len(kept) == width else 0.0
        for mass, closed, prefix, _, label in beam.values():
            for new in ranked:
                if mass * row[new] <= bar:
                    break
                grown = (closed if new == label else mass) * row[new]
                if grown > bar and (extended := (*prefix, new)) not in beam:
                    kept.append((grown, 0.0, extended, prefix, new))
        kept.sort(reverse=True)
        beam = {entry[2]: entry for entry in kept[:width] if entry[0] > 0}
        if not beam:
            break
        top = kept[0][0]
    return [entry[2] for entry in beam.values()]
