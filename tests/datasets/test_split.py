from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from inkling.datasets.digits import Digits
from inkling.datasets.split import split
from inkling.errors import DatasetError, UsageError


def numbered(targets: list[int]) -> Digits:
    """A set in which every picture bears its own number, to be known again by."""
    images = np.zeros((len(targets), 28, 28), np.uint8)
    images[:, 0, 0], images[:, 0, 1] = np.arange(len(targets)) % 256, np.arange(len(targets)) // 256
    return Digits.from_arrays(images, targets, name="numbered")


def numbers(digits: Digits) -> list[int]:
    return (digits.images[:, 0, 0] + 256 * digits.images[:, 0, 1].astype(int)).tolist()


@given(
    targets=st.lists(st.integers(0, 9), min_size=11, max_size=300),
    fraction=st.floats(0.001, 0.999),
    seed=st.integers(0, 2**64),
)
def test_a_split_parts_every_class_and_loses_nothing(targets, fraction, seed):
    digits = numbered(targets)
    training, heldout = split(digits, fraction, seed=seed)
    assert sorted(numbers(training) + numbers(heldout)) == list(range(len(digits)))
    for side in (training, heldout):
        assert numbers(side) == sorted(numbers(side))
        assert side.targets.tolist() == [targets[number] for number in numbers(side)]
    for target in set(targets):
        total, held = targets.count(target), heldout.targets.tolist().count(target)
        assert held == (0 if total == 1 else min(max(round(total * fraction), 1), total - 1))


@given(st.integers(0, 1000))
def test_the_same_seed_gives_the_same_split_and_another_seed_another(seed):
    digits = numbered([number % 10 for number in range(200)])
    held = numbers(split(digits, 0.2, seed=seed)[1])
    assert held == numbers(split(digits, 0.2, seed=seed)[1])
    assert held != numbers(split(digits, 0.2, seed=seed + 1)[1])


def test_a_split_made_once_is_made_so_for_ever():
    """Written down, so that a change of NumPy or of the code that moves pictures is noticed."""
    heldout = split(numbered([0] * 10 + [1] * 10), 0.3, seed=7)[1]
    assert numbers(heldout) == [3, 4, 6, 10, 11, 12]
    assert heldout.name == "numbered (held out)"


@pytest.mark.parametrize("fraction", [0, 1, -0.1, 1.5, float("nan")])
def test_a_fraction_that_leaves_one_side_empty_is_refused(fraction):
    with pytest.raises(UsageError, match="fraction"):
        split(numbered([0, 0]), fraction, seed=0)


def test_a_negative_seed_is_refused():
    with pytest.raises(UsageError, match="seed is -1"):
        split(numbered([0, 0]), 0.5, seed=-1)


def test_a_set_without_two_of_a_class_cannot_be_split():
    with pytest.raises(DatasetError, match="no class has two pictures"):
        split(numbered([0, 1, 2]), 0.5, seed=0)
