"""CTC's sums and best paths, against an oracle that enumerates every path and one that walks by states."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise, product

import numpy as np
import pytest
from ctc_pictures import (
    Floats,
    Labels,
    every_path,
    logarithms,
    picture,
    several,
    spelled,
    tiny,
    tiny_with_labels,
    walked,
)
from hypothesis import assume, given
from hypothesis import strategies as st

from inkling.networks.ctc import (
    align,
    align_each,
    best_path,
    character_distributions,
    character_distributions_each,
    log_probability,
    log_probability_each,
)

# --- best path -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "labels"),
    [
        ([], ()),
        ([0, 0, 0], ()),
        ([1, 1, 1], (1,)),
        ([0, 1, 1, 0, 0, 2], (1, 2)),
        ([1, 0, 1], (1, 1)),
        ([1, 2, 1], (1, 2, 1)),
        ([3, 3, 0, 3, 2, 2, 0, 0, 1, 0], (3, 3, 2, 1)),
    ],
)
def test_repeats_are_merged_and_then_blanks_dropped(path: list[int], labels: Labels) -> None:
    assert best_path(np.log(0.7 * np.eye(4)[path].reshape(-1, 4) + 0.075)) == labels


@given(st.lists(st.integers(0, 3), max_size=30))
def test_the_best_path_is_that_of_a_second_implementation(path: list[int]) -> None:
    assert best_path(np.log(0.6 * np.eye(4)[path].reshape(-1, 4) + 0.1)) == spelled(tuple(path))


# --- the probability of labels ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("frames", "labels", "probability"),
    [
        # Each frame is blank or 1, as a coin falls.
        (0, (), 1.0),
        (0, (1,), 0.0),
        (1, (), 1 / 2),
        (1, (1,), 1 / 2),
        (2, (1,), 3 / 4),
        (2, (1, 1), 0.0),  # two equal labels want a blank between them
        (3, (1, 1), 1 / 8),
        (4, (1, 1), 5 / 16),
        (4, (1, 1, 1), 0.0),
        (5, (1, 1, 1), 1 / 32),
    ],
)
def test_probabilities_of_coins(frames: int, labels: Labels, probability: float) -> None:
    found = log_probability(np.full((frames, 2), np.log(0.5)), labels)
    assert math.exp(found) == pytest.approx(probability, abs=1e-15)


@given(tiny_with_labels())
def test_a_probability_is_the_sum_over_all_paths(case: tuple[Floats, Labels]) -> None:
    log_probs, labels = case
    total = sum(every_path(log_probs).get(labels, [0.0]))
    assert math.exp(log_probability(log_probs, labels)) == pytest.approx(total, rel=1e-9, abs=1e-300)


@given(tiny())
def test_the_probabilities_of_all_labels_sum_to_1(log_probs: Floats) -> None:
    frames, classes = log_probs.shape
    total = sum(
        math.exp(log_probability(log_probs, labels))
        for length in range(frames + 1)
        for labels in product(range(1, classes), repeat=length)
    )
    assert total == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("sharpness", [0.3, 3.0, 12.0])
@pytest.mark.parametrize(
    "labels", [(), (5,), (7, 7), (1, 2, 3, 4, 5, 6), (21, 21, 21, 1, 1, 21, 21, 21, 9, 9, 9, 21)]
)
def test_a_probability_is_what_a_walk_state_by_state_sums_to(labels: Labels, sharpness: float) -> None:
    log_probs = picture(60, 22, sharpness, seed=len(labels))
    assert log_probability(log_probs, labels) == pytest.approx(walked(log_probs, labels), rel=1e-9)


def test_a_probability_too_small_for_a_float_has_its_logarithm() -> None:
    log_probs = np.array([[0.0, -600.0, -800.0]] * 3)
    assert log_probability(log_probs, (1, 2, 1)) == pytest.approx(-2000)


def test_single_precision_is_summed_in_double() -> None:
    log_probs = picture(60, 22, 2.0, seed=3).astype(np.float32)
    assert log_probability(log_probs, (4, 4, 2)) == log_probability(log_probs.astype(np.float64), (4, 4, 2))


# --- alignment -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "labels", "spans"),
    [
        ([], (), []),
        ([0, 0], (), []),
        ([1, 1], (1,), [(0, 2)]),
        ([0, 1, 1, 0, 2, 0], (1, 2), [(1, 3), (4, 5)]),
        ([1, 2, 2, 1], (1, 2, 1), [(0, 1), (1, 3), (3, 4)]),
        ([0, 3, 0, 3, 3], (3, 3), [(1, 2), (3, 5)]),
        # What was seen spells something else, and the labels stand where they are least absurd.
        ([1, 1, 0, 2, 2], (1, 2, 3), [(0, 2), (3, 4), (4, 5)]),
    ],
)
def test_labels_stand_where_the_path_shows_them(
    path: list[int], labels: Labels, spans: list[tuple[int, int]]
) -> None:
    weights = np.eye(4)[path].reshape(-1, 4) + 0.01
    if labels == (1, 2, 3):
        weights[4, 3] = 0.1
    assert align(logarithms(weights), labels) == spans


def path_of(spans: list[tuple[int, int]], labels: Labels, frames: int) -> Labels:
    path = [0] * frames
    for (start, stop), label in zip(spans, labels, strict=True):
        path[start:stop] = [label] * (stop - start)
    return tuple(path)


@given(tiny_with_labels())
def test_an_alignment_is_a_most_probable_path_of_all_that_spell_the_labels(
    case: tuple[Floats, Labels],
) -> None:
    log_probs, labels = case
    best = max(every_path(log_probs).get(labels, [0.0]))
    if best == 0:
        with pytest.raises(ValueError, match="no path"):
            align(log_probs, labels)
        return
    path = path_of(align(log_probs, labels), labels, len(log_probs))
    assert spelled(path) == labels
    assert math.prod(np.exp(log_probs[t, c]) for t, c in enumerate(path)) == pytest.approx(best)


@given(st.lists(st.integers(1, 5), max_size=12), st.integers(0, 30), st.floats(0.1, 9), st.integers(0, 10**6))
def test_spans_are_in_order_disjoint_not_empty_and_within_the_picture(
    labels: list[int], spare: int, sharpness: float, seed: int
) -> None:
    frames = len(labels) + sum(first == second for first, second in pairwise(labels)) + spare
    spans = align(picture(frames, 6, sharpness, seed), labels)
    assert len(spans) == len(labels)
    assert all(0 <= start < stop <= frames for start, stop in spans)
    assert all(first[1] <= second[0] for first, second in pairwise(spans))
    # Two equal labels are two only with a blank between.
    repeated = [first == second for first, second in pairwise(labels)]
    gaps = [second[0] - first[1] for first, second in pairwise(spans)]
    assert all(gap > 0 for gap, same in zip(gaps, repeated, strict=True) if same)


@pytest.mark.parametrize(("frames", "labels"), [(0, (1,)), (1, (1, 2)), (2, (1, 1)), (5, (1, 1, 2, 2, 2))])
def test_labels_that_do_not_fit_have_no_alignment(frames: int, labels: Labels) -> None:
    with pytest.raises(ValueError, match=rf"no path of {frames} frames spells these {len(labels)} labels"):
        align(np.full((frames, 3), -math.log(3)), labels)


# --- distributions of single characters ------------------------------------------------------------


@given(tiny_with_labels())
def test_a_distribution_is_that_of_the_probabilities_with_one_label_replaced(
    case: tuple[Floats, Labels],
) -> None:
    log_probs, labels = case
    assume(labels)
    totals = {spells: sum(paths) for spells, paths in every_path(log_probs).items()}
    expected = np.array(
        [
            [totals.get((*labels[:i], c, *labels[i + 1 :]), 0.0) for c in range(1, log_probs.shape[1])]
            for i in range(len(labels))
        ]
    )
    if (expected.sum(axis=1) == 0).any():
        with pytest.raises(ValueError, match="no path"):
            character_distributions(log_probs, labels)
        return
    expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(character_distributions(log_probs, labels), expected, rtol=1e-9, atol=1e-300)


@pytest.mark.parametrize("sharpness", [0.3, 3.0, 12.0])
@pytest.mark.parametrize("labels", [(3,), (7, 7, 7), (1, 2, 3, 3, 5, 6), (21, 1, 21, 1, 1, 21, 9, 9)])
def test_distributions_of_a_whole_line_are_those_of_one_variant_after_another(
    labels: Labels, sharpness: float
) -> None:
    log_probs = picture(60, 22, sharpness, seed=len(labels))
    found = character_distributions(log_probs, labels)
    assert found.shape == (len(labels), 21)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-12)
    for i in range(len(labels)):
        variants = [log_probability(log_probs, (*labels[:i], c, *labels[i + 1 :])) for c in range(1, 22)]
        expected = np.exp(np.array(variants) - np.logaddexp.reduce(variants))
        np.testing.assert_allclose(found[i], expected, rtol=1e-8)


def test_a_doubt_shows_in_its_own_position_only() -> None:
    # 1, then 2 or (half as probable) 3, then 1.
    log_probs = logarithms([[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 2, 1], [1, 0, 0, 0], [0, 1, 0, 0]])
    expected = [[1, 0, 0], [0, 2 / 3, 1 / 3], [1, 0, 0]]
    np.testing.assert_allclose(character_distributions(log_probs, (1, 2, 1)), expected, atol=1e-15)


def test_a_class_that_would_merge_with_its_neighbour_needs_a_blank_there() -> None:
    # With no blank to spare, 1 after 1 is impossible, however probable 1 is in the second frame.
    log_probs = logarithms([[1, 7, 1, 1], [1, 7, 1, 1]])
    np.testing.assert_allclose(character_distributions(log_probs, (1, 2))[1], [0, 1 / 2, 1 / 2], atol=1e-15)


def test_distributions_stand_even_where_the_labels_are_next_to_impossible() -> None:
    log_probs = np.array([[0.0, -600.0, -601.0, -602.0]] * 3)
    expected = np.array([0, 1, math.exp(-1)]) / (1 + math.exp(-1))
    np.testing.assert_allclose(character_distributions(log_probs, (1, 3, 1))[1], expected)


@pytest.mark.parametrize("frames", [0, 4])
def test_no_labels_have_no_distributions(frames: int) -> None:
    assert character_distributions(picture(frames, 6, 1.0, seed=0), ()).shape == (0, 5)


@pytest.mark.parametrize(("frames", "labels"), [(0, (1,)), (1, (1, 2)), (3, (1, 1, 2, 2))])
def test_labels_with_no_possible_variant_have_no_distribution(frames: int, labels: Labels) -> None:
    with pytest.raises(ValueError, match="any variant"):
        character_distributions(np.full((frames, 4), -math.log(4)), labels)


# --- many pictures together ------------------------------------------------------------------------


@given(several())
def test_pictures_together_have_the_probabilities_that_they_have_alone(
    case: tuple[Floats, list[Labels]],
) -> None:
    log_probs, sequences = case
    alone = [log_probability(frames, labels) for frames, labels in zip(log_probs, sequences, strict=True)]
    np.testing.assert_allclose(log_probability_each(log_probs, sequences), alone, rtol=1e-12, atol=1e-12)


@given(several())
def test_pictures_together_are_aligned_as_alone(case: tuple[Floats, list[Labels]]) -> None:
    log_probs, sequences = possible(case)
    alone = [align(frames, labels) for frames, labels in zip(log_probs, sequences, strict=True)]
    assert align_each(log_probs, sequences) == alone


@given(several())
def test_pictures_together_have_the_distributions_that_they_have_alone(
    case: tuple[Floats, list[Labels]],
) -> None:
    log_probs, sequences = possible(case)
    together = character_distributions_each(log_probs, sequences)
    for found, frames, labels in zip(together, log_probs, sequences, strict=True):
        np.testing.assert_allclose(found, character_distributions(frames, labels), rtol=1e-10, atol=1e-300)


def possible(case: tuple[Floats, list[Labels]]) -> tuple[Floats, list[Labels]]:
    """Those of the pictures that have a path for their labels."""
    log_probs, sequences = case
    rows = np.flatnonzero(log_probability_each(log_probs, sequences) > -np.inf)
    return log_probs[rows], [sequences[row] for row in rows]


def test_one_impossible_picture_of_many_is_named() -> None:
    log_probs = np.full((3, 4, 3), -math.log(3))
    sequences = [(1, 2), (1, 1, 2, 2), ()]
    np.testing.assert_array_equal(
        np.isfinite(log_probability_each(log_probs, sequences)), [True, False, True]
    )
    with pytest.raises(ValueError, match="no path of 4 frames spells these 4 labels"):
        align_each(log_probs, sequences)
    with pytest.raises(ValueError, match="any variant of these 5 labels"):
        character_distributions_each(log_probs, [(1,), (2,), (1, 1, 2, 2, 2)])


def test_no_pictures_give_nothing() -> None:
    none = np.empty((0, 7, 4))
    assert len(log_probability_each(none, [])) == 0
    assert align_each(none, []) == character_distributions_each(none, []) == []


# --- what they have in common ----------------------------------------------------------------------


@pytest.mark.parametrize("labels", [(0,), (1, 0), (4,), (2, -1)])
@pytest.mark.parametrize("function", [log_probability, align, character_distributions])
def test_labels_that_are_not_classes_are_refused(
    function: Callable[[Floats, Labels], object], labels: Labels
) -> None:
    with pytest.raises(ValueError, match="labels must be from 1 to 3"):
        function(picture(6, 4, 1.0, seed=0), labels)


def test_nothing_changes_its_input() -> None:
    log_probs = picture(12, 5, 2.0, seed=1)
    before = log_probs.copy()
    best_path(log_probs), log_probability(log_probs, (1, 2))
    align(log_probs, (1, 2)), character_distributions(log_probs, (1, 2))
    np.testing.assert_array_equal(log_probs, before)
