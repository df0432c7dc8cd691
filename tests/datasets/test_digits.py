from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given

from inkling.datasets.digits import DIGITS, Digits
from inkling.errors import DatasetError

ZEROS = np.zeros((3, 28, 28), np.uint8)
TARGETS = np.array([0, 5, 9], np.int64)


@pytest.mark.parametrize(
    ("images", "targets", "alphabet", "said"),
    [
        (ZEROS.astype(np.float32), TARGETS, DIGITS, "images are float32"),
        (ZEROS, TARGETS.astype(np.int32), DIGITS, "targets int32"),
        (ZEROS[0], TARGETS, DIGITS, r"shape \(28, 28\)"),
        (ZEROS[:, :27], TARGETS, DIGITS, r"shape \(3, 27, 28\)"),
        (ZEROS, TARGETS[:2], DIGITS, r"shape \(2,\) beside 3 images"),
        (ZEROS, TARGETS[:, None], DIGITS, r"shape \(3, 1\)"),
        (ZEROS[:0], TARGETS[:0], DIGITS, "no picture"),
        (ZEROS, np.array([0, -1, 9]), DIGITS, "target -1 at 1 has no class"),
        (ZEROS, TARGETS, DIGITS[:9], "target 9 at 2 has no class in an alphabet of 9; 1 such"),
        (ZEROS, TARGETS, (), "empty"),
        (ZEROS, TARGETS, ("a",) * 10, "names a class twice"),
    ],
)
def test_what_does_not_fit_is_refused_when_the_set_is_made(images, targets, alphabet, said):
    with pytest.raises(DatasetError, match=said) as caught:
        Digits(images, targets, "heap", alphabet)
    assert caught.value.message.startswith("heap: ")


def test_a_set_knows_its_length_its_counts_and_its_parts():
    digits = Digits(ZEROS, TARGETS, "three")
    assert len(digits) == 3
    assert digits.counts() == {name: int(name in "059") for name in DIGITS}
    for index in (slice(1, None), [1, 2], np.array([False, True, True])):
        part = digits.part(index)
        assert part.targets.tolist() == [5, 9]
        assert (part.name, part.alphabet) == ("three", DIGITS)
    assert digits.part([0], name="first").name == "first"


@pytest.mark.parametrize("index", [[], slice(3, None), [3], np.zeros(3, bool), np.ones(4, bool)])
def test_a_part_that_is_empty_or_outside_the_set_is_refused(index):
    with pytest.raises(DatasetError):
        Digits(ZEROS, TARGETS, "three").part(index)


@given(st.lists(st.integers(0, 255), min_size=1, max_size=4))
def test_every_way_to_give_the_same_pictures_gives_the_same_set(levels):
    pictures = np.stack([np.full((28, 28), level, np.uint8) for level in levels])
    targets = [level % 10 for level in levels]
    for images in (
        pictures,
        pictures.reshape(-1, 784),
        pictures[:, None],
        pictures[..., None],
        pictures.astype(np.int64),
        pictures / 255,
        (pictures / 255).astype(np.float32),
        pictures.tolist(),
        torch.from_numpy(pictures),
    ):
        digits = Digits.from_arrays(images, targets)
        assert digits.images.dtype == np.uint8
        assert np.array_equal(digits.images, pictures)
        assert digits.targets.tolist() == targets
        assert digits.name == "arrays"


@pytest.mark.parametrize(
    ("images", "targets", "said"),
    [
        (np.full((1, 28, 28), 256), [0], "from 256 to 256; 0 to 255"),
        (np.full((1, 28, 28), 255.0), [0], "from 255 to 255; 0 to 1"),
        (np.full((1, 28, 28), -1), [0], "from -1"),
        (np.full((1, 28, 28), np.nan), [0], "from nan"),
        (np.zeros((1, 28, 28), complex), [0], "complex128"),
        (np.full((1, 28, 28), "x"), [0], "numbers are wanted"),
        ([[1, 2], [3]], [0], "cannot be made into an array"),
        (np.zeros((2, 783)), [0, 1], r"shape \(2, 783\)"),
        (np.zeros(()), [0], r"shape \(\)"),
        (np.zeros((0, 784)), [], "no picture"),
        (np.zeros((2, 784)), [0, 1.5], "target 1.5 at 1 is not a whole number"),
        (np.zeros((2, 784)), [0, np.nan], "target nan at 1"),
        (np.zeros((2, 784)), [0, 10], "target 10 at 1"),
        (np.zeros((2, 784)), ["0", "1"], "targets hold <U1"),
    ],
)
def test_arrays_that_are_no_pictures_are_refused_with_the_reason(images, targets, said):
    with pytest.raises(DatasetError, match=said):
        Digits.from_arrays(images, targets)
