"""Pictures made smaller."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkling.preprocessing.shrinking import shrunk


@given(st.integers(1, 400), st.integers(1, 400), st.integers(1, 120), st.booleans())
def test_the_picture_is_as_large_as_its_scale_says(
    height: int, width: int, side: int, coloured: bool
) -> None:
    image = np.zeros((height, width, 3) if coloured else (height, width), np.uint8)
    small, scale = shrunk(image, side)
    assert scale == min(1.0, side / max(height, width))
    assert max(small.shape[:2]) <= min(side, max(height, width))
    assert small.shape[2:] == image.shape[2:]
    for before, after in zip(image.shape[:2], small.shape[:2], strict=True):
        assert after == pytest.approx(max(before * scale, 1.0), abs=1.5)


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
    means = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    assert np.abs(small.astype(int) - means).max() <= 4  # each halving rounds
    assert scale == side / 1024


@given(st.integers(200, 900), st.integers(40, 140), st.sampled_from([0, 1]))
def test_everything_is_where_the_scale_says(length: int, side: int, axis: int) -> None:
    """On the shorter side and on the longer one, whatever is left over when they are halved."""
    ramp = np.linspace(0, 255, length)
    shape = (length, 2 * length) if axis == 0 else (2 * length, length)
    image = np.broadcast_to(ramp[:, None] if axis == 0 else ramp, shape).round().astype(np.uint8)
    small, scale = shrunk(image, side)
    line = small[:, 1] if axis == 0 else small[1]
    middles = (np.arange(len(line)) + 0.5) / scale - 0.5
    away = (line - np.interp(middles, np.arange(length), ramp))[2:-2] / (255 / len(line))
    # Halving rounds up, everywhere alike; what is stretched drifts from one end to the other.
    drift = np.polyfit(np.linspace(-0.5, 0.5, len(away)), away, 1)[0]
    assert abs(drift) < 0.25
    assert abs(away.mean()) < 0.1 + len(line) / 255
