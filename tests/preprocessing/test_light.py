"""Levelling: paper white and even, ink dark, whatever the light and the colours were."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from drawn_pages import shaded
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from inkling.elements import Page
from inkling.preprocessing.light import level

HEIGHT, WIDTH = 400, 300


def writing() -> NDArray[np.bool_]:
    """Three lines of large digits."""
    picture = np.zeros((HEIGHT, WIDTH), np.uint8)
    for y in (100, 200, 300):
        cv2.putText(picture, "0582 71", (40, y), cv2.FONT_HERSHEY_SIMPLEX, 1.6, 255, 4)
    return picture > 127


def written(
    paper: tuple[int, int, int], ink: tuple[int, int, int], light: NDArray[np.float64]
) -> NDArray[np.uint8]:
    colours = np.where(writing()[..., None], np.array(ink), np.array(paper))
    return (colours * light[..., None]).round().astype(np.uint8)


EVEN = np.ones((HEIGHT, WIDTH))
SHADE = shaded(HEIGHT, WIDTH, darkest=0.4)


@pytest.mark.parametrize(
    ("paper", "ink"),
    [
        ((250, 250, 250), (20, 20, 20)),  # black on white
        ((240, 235, 215), (40, 60, 170)),  # blue ballpoint on cream
        ((250, 240, 120), (190, 40, 50)),  # red on yellow
        ((150, 190, 230), (30, 40, 150)),  # blue on blue
        ((230, 160, 170), (20, 120, 60)),  # green on pink
        ((235, 235, 235), (170, 170, 170)),  # pencil
        ((90, 90, 95), (30, 30, 30)),  # a photograph in the dusk
    ],
)
@pytest.mark.parametrize("light", [EVEN, SHADE], ids=["even light", "shadow"])
def test_paper_becomes_white_and_ink_stays_dark(
    paper: tuple[int, int, int], ink: tuple[int, int, int], light: NDArray[np.float64]
) -> None:
    grey = level(Page(written(paper, ink, light))).image
    assert grey.shape == (HEIGHT, WIDTH)
    on_paper = ~cv2.dilate(writing().astype(np.uint8), np.ones((5, 5))).astype(bool)
    assert np.quantile(grey[on_paper], 0.02) >= 235
    # The channel that shows the ink best, and their mean, each weigh half.
    shown = np.array(ink) / np.array(paper)
    expected = 255 * (shown.min() + shown.mean()) / 2
    assert np.median(grey[writing()]) == pytest.approx(expected, abs=14)


def test_grey_pages_are_levelled_like_coloured_ones() -> None:
    coloured = written((220, 220, 220), (50, 50, 50), SHADE)
    grey = level(Page(np.ascontiguousarray(coloured[..., 0]))).image
    assert np.abs(grey.astype(int) - level(Page(coloured)).image).max() <= 2


def test_a_page_that_is_even_stays_as_it_is() -> None:
    page = Page(np.where(writing(), 0, 255).astype(np.uint8))
    assert level(page) is page
    levelled = level(Page(written((200, 200, 190), (30, 30, 30), EVEN)))
    assert [change.name for change in levelled.changes] == ["levelled"]
    assert level(levelled) is levelled


def test_pixels_stay_where_they_were() -> None:
    page = level(Page(written((220, 210, 200), (50, 50, 50), SHADE)))
    assert np.array_equal(page.to_original, np.eye(3))


def test_a_solid_black_area_stays_dark() -> None:
    image = np.full((HEIGHT, WIDTH), 230, np.uint8)
    image[150:250, 80:220] = 15
    assert level(Page(image)).image[170:230, 100:200].max() < 130


@given(
    arrays(np.uint8, st.one_of(
        st.tuples(st.integers(1, 40), st.integers(1, 40)),
        st.tuples(st.integers(1, 40), st.integers(1, 40), st.just(3)),
    ))
)  # fmt: skip
@settings(max_examples=40)
def test_any_picture_can_be_levelled(image: NDArray[np.uint8]) -> None:
    grey = level(Page(image)).image
    assert grey.dtype == np.uint8
    assert grey.shape == image.shape[:2]
