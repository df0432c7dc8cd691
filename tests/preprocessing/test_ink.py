"""The ink mask: faint pencil is ink, the grain of paper is not."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from inkling.preprocessing.ink import grain, ink_mask

HEIGHT, WIDTH = 500, 700


def strokes(thickness: int = 5) -> NDArray[np.bool_]:
    picture = np.zeros((HEIGHT, WIDTH), np.uint8)
    for place, y in enumerate((120, 240, 360)):
        cv2.putText(picture, "471 0836", (60 + 9 * place, y), cv2.FONT_HERSHEY_SIMPLEX, 2.4, 255, thickness)
    return picture > 127


def page(ink: int, noise: float, *, texture: float = 0.0) -> NDArray[np.uint8]:
    """Strokes on paper of 255 with white noise, and grain of several pixels' size."""
    rng = np.random.default_rng(0)
    paper = rng.normal(0, noise, (HEIGHT, WIDTH))
    if texture:
        coarse = cv2.GaussianBlur(rng.normal(0, 1, (HEIGHT, WIDTH)), (0, 0), 2.0)
        paper += texture * coarse / coarse.std()
    drawn = cv2.GaussianBlur(np.where(strokes(), float(ink), 255.0), (0, 0), 0.7)
    return np.clip(drawn + paper, 0, 255).round().astype(np.uint8)


@pytest.mark.parametrize(
    ("ink", "noise", "texture"),
    [
        (20, 0.0, 0.0),
        (20, 12.0, 0.0),
        (120, 8.0, 3.0),
        (200, 4.0, 0.0),  # pencil
        (215, 4.0, 2.0),  # faint pencil on grained paper
        (232, 1.0, 0.0),  # hardly there
    ],
)
def test_strokes_are_ink_and_grain_is_not(ink: int, noise: float, texture: float) -> None:
    mask = ink_mask(page(ink, noise, texture=texture))
    around = cv2.dilate(strokes().astype(np.uint8), np.ones((7, 7))).astype(bool)
    assert mask[strokes()].mean() >= 0.97
    assert mask[~around].mean() <= 0.002


@pytest.mark.parametrize(("noise", "texture"), [(0.0, 0.0), (3.0, 0.0), (12.0, 0.0), (3.0, 5.0)])
def test_empty_paper_has_next_to_no_ink(noise: float, texture: float) -> None:
    assert ink_mask(page(255, noise, texture=texture)).mean() < 0.002


def test_faint_strokes_beside_black_print_are_ink() -> None:
    grey = page(205, 2.0)
    grey[160:170] = 0
    grey[60:160, 300:304] = 0
    assert ink_mask(grey)[strokes()].mean() >= 0.95


def test_thin_lines_survive() -> None:
    grey = np.full((300, 400), 255, np.uint8)
    grey[150, 20:380] = 150
    grey[20:280, 200] = 150
    mask = ink_mask(grey)
    assert mask[150, 20:380].mean() > 0.97
    assert mask[20:280, 200].mean() > 0.97


@pytest.mark.parametrize("noise", [0.5, 2.0, 7.0, 20.0])
def test_grain_is_measured_whatever_is_written(noise: float) -> None:
    """Noise of half the pixels is cut off at white; the rest tells its deviation."""
    assert grain(page(30, noise)) == pytest.approx(noise, rel=0.25, abs=0.3)


@given(arrays(np.uint8, st.tuples(st.integers(1, 50), st.integers(1, 50))))
@settings(max_examples=40)
def test_any_picture_has_a_mask(grey: NDArray[np.uint8]) -> None:
    mask = ink_mask(grey)
    assert mask.dtype == bool
    assert mask.shape == grey.shape


def test_white_paper_has_no_ink() -> None:
    assert not ink_mask(np.full((60, 80), 255, np.uint8)).any()
