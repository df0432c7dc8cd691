"""The prefix beam search, against an oracle that enumerates every path and a plain beam search."""

from __future__ import annotations

import math
from collections import defaultdict
from itertools import pairwise

import numpy as np
import pytest
from ctc_pictures import Floats, Labels, every_path, logarithms, picture, tiny, written
from hypothesis import assume, example, given
from hypothesis import strategies as st

from inkling.networks.ctc import best_path, log_probability, prefix_beam, prefix_beam_each


def test_the_most_probable_labels_are_not_those_of_the_best_path() -> None:
    log_probs = logarithms([[0.6, 0.4]] * 2)
    assert best_path(log_probs) == ()
    first, second = prefix_beam(log_probs)
    assert first == ((1,), pytest.approx(math.log(0.64)))
    assert second == ((), pytest.approx(math.log(0.36)))


@given(tiny())
@example(logarithms([[1, 1e-7, 0], [1, 0, 1e-9], [1, 1e-7, 1e-7]]))
def test_a_wide_beam_finds_all_labels_in_order_of_their_probability(log_probs: Floats) -> None:
    totals = {labels: sum(paths) for labels, paths in every_path(log_probs).items() if sum(paths) > 0}
    found = prefix_beam(log_probs, width=1000, best=1000, certain=1)
    assert {labels: math.exp(p) for labels, p in found} == pytest.approx(totals, rel=1e-9)
    assert all(first[1] >= second[1] for first, second in pairwise(found))


def plain_beam(log_probs: Floats, width: int) -> set[Labels]:
    """Prefix beam search as the paper writes it: every prefix with every class, then the best."""
    beam = {(): (1.0, 0.0)}  # ends in a blank, ends in its last label
    for row in np.exp(log_probs):
        reached: dict[Labels, list[float]] = defaultdict(lambda: [0.0, 0.0])
        for prefix, (blank, label) in beam.items():
            reached[prefix][0] += (blank + label) * row[0]
            for c in range(1, len(row)):
                if prefix[-1:] == (c,):
                    reached[prefix][1] += label * row[c]
                    reached[(*prefix, c)][1] += blank * row[c]
                else:
                    reached[(*prefix, c)][1] += (blank + label) * row[c]
        best = sorted(reached.items(), key=lambda item: -sum(item[1]))[:width]
        beam = {prefix: (blank, label) for prefix, (blank, label) in best}
    return {prefix for prefix, ends in beam.items() if sum(ends) > 0}


@given(st.integers(1, 12), st.integers(1, 25), st.integers(2, 12), st.floats(0.1, 6), st.integers(0, 10**6))
def test_a_narrow_beam_keeps_what_the_paper_s_keeps(
    width: int, frames: int, classes: int, sharpness: float, seed: int
) -> None:
    log_probs = picture(frames, classes, sharpness, seed)
    found = prefix_beam(log_probs, width=width, best=width, certain=1)
    assert {labels for labels, _ in found} == plain_beam(log_probs, width)


@given(st.integers(1, 6), st.integers(1, 12), st.floats(0.1, 6), st.integers(0, 10**6))
def test_the_probabilities_of_a_narrow_beam_are_exact(
    width: int, best: int, sharpness: float, seed: int
) -> None:
    log_probs = picture(20, 6, sharpness, seed)
    found = prefix_beam(log_probs, width=width, best=best)
    assert len(found) == min(width, best)
    assert [p for _, p in found] == pytest.approx([log_probability(log_probs, x) for x, _ in found])
    assert all(first[1] >= second[1] for first, second in pairwise(found))


@pytest.mark.parametrize("labels", [(4, 1), (7, 7, 7), (1, 2, 3, 3, 5, 6), (9, 10, 11, 11, 12, 1, 1, 2)])
def test_on_a_confident_picture_eight_prefixes_are_enough(labels: Labels) -> None:
    log_probs = written(labels, 60, 22, seed=len(labels))
    narrow = prefix_beam(log_probs)
    assert narrow[0][0] == labels
    assert narrow == prefix_beam(log_probs, width=200)


def test_a_blank_picture_is_most_probably_empty() -> None:
    found = prefix_beam(logarithms([[0.999, 0.0006, 0.0004]] * 40))
    assert found[0] == ((), pytest.approx(40 * math.log(0.999)))
    # Small chances in forty frames add up: none is passed over for being small in each.
    assert found[1][0] == (1,)
    assert math.exp(found[1][1]) == pytest.approx(40 * 0.0006, rel=0.05)


def test_no_frames_are_empty_for_certain() -> None:
    assert prefix_beam(np.empty((0, 5))) == [((), 0.0)]


def test_what_is_impossible_is_not_found() -> None:
    assert prefix_beam(logarithms([[0, 1, 0], [0, 0, 1]])) == [((1, 2), 0.0)]
    assert prefix_beam(np.full((3, 4), -np.inf)) == []


def test_a_beam_neither_underflows_nor_overflows_on_a_long_picture() -> None:
    log_probs = picture(800, 22, 0.5, seed=0)  # e^-2400 for a single path
    found = prefix_beam(log_probs, best=2)
    assert found == [(labels, pytest.approx(log_probability(log_probs, labels))) for labels, _ in found]
    assert found[0][1] > log_probability(log_probs, best_path(log_probs))


@pytest.mark.parametrize(("width", "best"), [(0, 5), (8, 0), (-1, 1)])
def test_a_beam_of_nothing_is_refused(width: int, best: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        prefix_beam(picture(3, 3, 1.0, seed=0), width=width, best=best)


def test_a_beam_changes_nothing_of_its_input() -> None:
    log_probs = picture(12, 5, 2.0, seed=1)
    before = log_probs.copy()
    prefix_beam(log_probs)
    np.testing.assert_array_equal(log_probs, before)


@given(st.integers(1, 6), st.integers(1, 20), st.integers(2, 9), st.floats(0.1, 6), st.integers(0, 10**6))
def test_pictures_together_give_what_they_give_one_by_one(
    count: int, frames: int, classes: int, sharpness: float, seed: int
) -> None:
    log_probs = np.array([picture(frames, classes, sharpness, seed + row) for row in range(count)])
    together = prefix_beam_each(log_probs)
    assert len(together) == count
    for found, frames_of_one in zip(together, log_probs, strict=True):
        assert found == [(labels, pytest.approx(p)) for labels, p in prefix_beam(frames_of_one)]


def test_an_impossible_picture_leaves_the_others_alone() -> None:
    log_probs = np.array([picture(9, 4, 2.0, seed=0), np.full((9, 4), -np.inf), picture(9, 4, 2.0, seed=2)])
    first, impossible, last = prefix_beam_each(log_probs)
    assert impossible == []
    assert first == [(labels, pytest.approx(p)) for labels, p in prefix_beam(log_probs[0])]
    assert last == [(labels, pytest.approx(p)) for labels, p in prefix_beam(log_probs[2])]


def test_no_pictures_have_no_proposals() -> None:
    assert prefix_beam_each(np.empty((0, 7, 4))) == []


# --- certain blanks --------------------------------------------------------------------------------


@st.composite
def with_certain_blanks(draw: st.DrawFn) -> tuple[Floats, float]:
    """Up to six frames of two or three classes, some nearly certain to be blank; and what certain is."""
    classes, certain = draw(st.integers(2, 3)), draw(st.sampled_from([0.8, 0.95, 0.999]))
    doubt = st.lists(st.integers(0, 5), min_size=classes, max_size=classes).filter(any)
    least = math.ceil(certain / (1 - certain) * 3 * (classes - 1)) + 1  # outweighs all the others
    blank = st.lists(st.integers(0, 3), min_size=classes - 1, max_size=classes - 1).map(lambda x: [least, *x])
    return logarithms(draw(st.lists(st.one_of(doubt, blank), min_size=1, max_size=6))), certain


@given(with_certain_blanks())
@example((logarithms([[0, 1], [1, 0], [9, 1], [0, 1]]), 0.8))  # (1,) seems possible, and is not
def test_certain_blanks_never_hide_the_most_probable_labels(case: tuple[Floats, float]) -> None:
    log_probs, certain = case
    blanks = np.exp(log_probs[:, 0])
    assume(blanks[blanks > certain].prod() > 0.5)
    totals = {labels: sum(paths) for labels, paths in every_path(log_probs).items() if sum(paths) > 0}
    found = prefix_beam(log_probs, width=1000, best=1000, certain=certain)
    assert totals[found[0][0]] == pytest.approx(max(totals.values()))
    # What is found has its exact probability, in order; some may be missing, nothing is made up.
    assert {labels: math.exp(p) for labels, p in found} == pytest.approx({x: totals[x] for x, _ in found})
    assert all(first[1] >= second[1] for first, second in pairwise(found))


@given(st.lists(st.integers(1, 20), max_size=9), st.integers(0, 10**6))
def test_on_a_confident_picture_certain_blanks_cost_nothing(labels: list[int], seed: int) -> None:
    log_probs = written(tuple(labels), 60, 21, seed)
    assert prefix_beam(log_probs, best=2) == prefix_beam(log_probs, best=2, certain=1)


@pytest.mark.parametrize(
    ("path", "labels"),
    [
        ([1, 0, 0, 0, 1], (1, 1)),  # a run of blanks is still a blank
        ([1, 0, 1], (1, 1)),
        ([0, 0, 1, 1, 0, 0, 2, 0, 0], (1, 2)),
        ([0, 0, 0, 0], ()),
    ],
)
def test_a_run_of_certain_blanks_is_one_blank(path: list[int], labels: Labels) -> None:
    log_probs = logarithms(np.eye(3)[path] + 1e-5)
    assert prefix_beam(log_probs)[0] == (labels, pytest.approx(log_probability(log_probs, labels)))


def test_small_chances_in_certain_blanks_add_up() -> None:
    found = dict(prefix_beam(logarithms([[1, 4e-5, 2e-5]] * 40)))
    assert math.exp(found[1,]) == pytest.approx(40 * 4e-5, rel=0.01)
    assert math.exp(found[2,]) == pytest.approx(40 * 2e-5, rel=0.01)


def test_two_labels_within_a_run_of_certain_blanks_are_missed() -> None:
    log_probs = logarithms([[1, 1e-4, 0], [1, 0, 0], [1, 0, 1e-4]])
    assert {labels for labels, _ in prefix_beam(log_probs)} == {(), (1,), (2,)}
    assert {labels for labels, _ in prefix_beam(log_probs, certain=1)} == {(), (1,), (2,), (1, 2)}
