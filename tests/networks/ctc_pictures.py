"""What CTC is tested on: frames in logarithms, and the oracle that enumerates every path."""

from __future__ import annotations

import math
from collections import defaultdict
from itertools import groupby, product

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Labels = tuple[int, ...]


def logarithms(rows: list[list[float]] | Floats) -> Floats:
    """Rows of weights, made to sum to 1, as logarithms; a weight of 0 is -inf."""
    weights = np.array(rows, np.float64)
    with np.errstate(divide="ignore"):
        return np.log(weights / weights.sum(axis=1, keepdims=True))


def picture(frames: int, classes: int, sharpness: float, seed: int) -> Floats:
    """The output of a network on nothing in particular; the sharper the more confident."""
    random = np.random.default_rng(seed)
    logits = random.normal(0, sharpness, (frames, classes))
    return logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))


def written(labels: Labels, frames: int, classes: int, seed: int) -> Floats:
    """A confident network's output on a picture of these labels: spikes among blanks, one doubt each."""
    random = np.random.default_rng(seed)
    logits = random.normal(0, 1.5, (frames, classes))
    logits[:, 0] += 10
    for place, label in enumerate(labels):
        time = int((place + 0.5) * frames / len(labels))
        logits[time : time + 2, label] += 16
        logits[time, random.integers(1, classes)] += 12
    return logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))


def spelled(path: Labels) -> Labels:
    return tuple(label for label, _ in groupby(path) if label)


def every_path(log_probs: Floats) -> dict[Labels, list[float]]:
    """The probabilities of all C^T paths, by what they spell."""
    frames, classes = log_probs.shape
    found = defaultdict(list)
    for path in product(range(classes), repeat=frames):
        found[spelled(path)].append(math.prod(np.exp(log_probs[t, c]) for t, c in enumerate(path)))
    return dict(found)


def walked(log_probs: Floats, labels: Labels) -> float:
    """The logarithm of the probability of labels, one state of one frame after the other."""
    states = [0, *(state for label in labels for state in (label, 0))]
    reached = [0.0, *[-math.inf] * (len(states) - 1)]
    for frame in log_probs:
        before, reached = reached, []
        for place, state in enumerate(states):
            ways = before[max(place - 1, 0) : place + 1]
            if state and place > 1 and states[place - 2] != state:
                ways.append(before[place - 2])
            reached.append(float(np.logaddexp.reduce(ways) + frame[state]))
    return float(np.logaddexp.reduce(reached[-2:]))


@st.composite
def tiny(draw: st.DrawFn) -> Floats:
    """Up to five frames of two to four classes; ties and zeros, which is where it goes wrong."""
    classes, frames = draw(st.integers(2, 4)), draw(st.integers(0, 5))
    row = st.lists(st.integers(0, 5), min_size=classes, max_size=classes).filter(any)
    rows = draw(st.lists(row, min_size=frames, max_size=frames))
    return logarithms(np.array(rows, np.float64).reshape(frames, classes))


@st.composite
def tiny_with_labels(draw: st.DrawFn) -> tuple[Floats, Labels]:
    """Such frames and labels for them, some of them too many."""
    log_probs = draw(tiny())
    label = st.integers(1, log_probs.shape[1] - 1)
    return log_probs, tuple(draw(st.lists(label, max_size=len(log_probs) + 1)))


@st.composite
def several(draw: st.DrawFn) -> tuple[Floats, list[Labels]]:
    """Up to forty pictures of one size, with classes here and there that are impossible; labels for each.

    Small pictures one by one and many together are summed in different ways.
    """
    random = np.random.default_rng(draw(st.integers(0, 10**6)))
    frames, classes = draw(st.integers(1, 12)), draw(st.integers(2, 6))
    pictures = [
        picture(frames, classes, random.uniform(0.1, 9), int(random.integers(10**6)))
        for _ in range(draw(st.integers(1, 40)))
    ]
    log_probs = np.array(pictures)
    log_probs[:, :, 1:][
        random.random((len(pictures), frames, classes - 1)) < draw(st.sampled_from([0, 0.3]))
    ] = -np.inf
    lengths = random.integers(0, (frames + 1) // 2 + 1, len(pictures))
    return log_probs, [tuple(random.integers(1, classes, length).tolist()) for length in lengths]
