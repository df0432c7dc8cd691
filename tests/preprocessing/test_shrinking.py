"""Pictures made smaller."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkling.preprocessing.shrinking import shrunk


@given(st.integers(1, 400), st.integers(1, 400), st.integers(1, 120), st.booleans())
def test_the_longer_side_is_what_was_asked_for_and_the_shape_stays(
    height: int, width: int, side: int, coloured: bool
) -> None:
    image = np.zeros((height, width, 3) if coloured else (height, width), np.uint8)
    small, scale = shrunk(image, side)
    assert max(small.shape[:2]) == min(side, max(height, width))
    assert small.shape[2:] == image.shape[2:]
    for before, after in zip(image.shape[:2], small.shape[:2], strict=True):
        assert after == pytest.approx(before * scale, abs=1.0)


def test_a_picture_that_is_small_enough_is_itself() -> None:
    image = np.zeros((30, 40), np.uint8)
    small, scale = shrunk(image, 40)
    assert small is image
    assert scale == 1.0


@pytest.mark.parametrize("side", [20, 57, 150, 333])
def test_each_pixel_is_the_mean_of_those_that_were_there(side: int) -> None:
    rng = np.random.default_rng(1)
    image = cv2.GaussianBlur(rng.integers(0, 256, (1024, 768), np.uint8), (0, 0), 3)
    small, scale = shrunk(image, side)
    means = cv2.resize(image, small.shape[::-1], interpolation=cv2.INTER_AREA)
    assert np.abs(small.astype(int) - means).max() <= 4  # each halving rounds
    assert scale == side / 1024


@given(st.integers(100, 900), st.integers(10, 60))
def test_nothing_moves_by_more_than_half_a_pixel(width: int, side: int) -> None:
    ramp = np.linspace(0, 255, width).round().astype(np.uint8)
    small, scale = shrunk(np.tile(ramp, (width // 2, 1)), side)
    middles = (np.arange(small.shape[1]) + 0.5) / scale - 0.5
    expected = np.interp(middles, np.arange(width), ramp)
    assert np.abs(small[0] - expected).max() <= 0.5 * 255 / small.shape[1] + 3
