"""The whole road: sheet, upright, level, even, with every step on the page's record."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from drawn_pages import photograph, printed_page
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from inkling.elements import Page
from inkling.preprocessing.flatten import flatten
from inkling.preprocessing.ink import ink_mask
from inkling.preprocessing.rules import find_rules
from inkling.preprocessing.warping import quarter_turns, take, turn

SIZE = (1100, 1400)
DISC = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (17, 17))
TILTED = np.array([(190, 130), (960, 190), (930, 1270), (120, 1200)], np.float64)


def mark_of(page: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The page with a black disc in an empty place."""
    marked = page.copy()
    cv2.circle(marked, (930, 300), 14, 0, -1, cv2.LINE_AA)
    return marked


def mark_in(page: Page) -> tuple[float, float]:
    """Where the disc lies, in the pixels of the file."""
    ink = cv2.morphologyEx(ink_mask(page.image).view(np.uint8), cv2.MORPH_OPEN, DISC)
    count, _, _, middles = cv2.connectedComponentsWithStats(ink)
    assert count == 2
    x, y, w = page.to_original @ (*middles[1], 1.0)
    return float(x / w), float(y / w)


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_a_photograph_becomes_flat_upright_and_even(quarters: int) -> None:
    flat = np.array([(0, 0), (999, 0), (999, 1399), (0, 1399)], np.float32)
    matrix = cv2.getPerspectiveTransform(flat, TILTED.astype(np.float32))
    seen = Page(photograph(mark_of(printed_page()), TILTED, SIZE))
    lying = take(seen, [quarter_turns(quarters, seen.image.shape)])
    page = flatten(lying)
    names = [change.name for change in page.changes if change.name != "deskewed"]
    assert names == ["turned", "rectified", *["turned"] * (quarters > 0), "levelled"]
    x, y, w = matrix @ (930, 300, 1)
    assert mark_in(page) == pytest.approx((x / w, y / w), abs=1.0)
    assert np.median(page.image) >= 250
    rules = find_rules(ink_mask(page.image))
    wide = rules.horizontal[:, 2] - rules.horizontal[:, 0] > page.image.shape[1] / 2
    assert wide.sum() == 6
    slopes = (rules.horizontal[wide, 3] - rules.horizontal[wide, 1]) / page.image.shape[1]
    assert np.abs(slopes).max() < 0.006


@pytest.mark.parametrize("degrees", [-7.0, 0.0, 1.3])
@pytest.mark.parametrize("quarters", [0, 2, 3])
def test_a_scan_is_turned_and_deskewed_once(degrees: float, quarters: int) -> None:
    image = mark_of(printed_page())
    askew = take(Page(image), [turn(-degrees, image.shape)])
    page = flatten(Page(np.ascontiguousarray(np.rot90(askew.image, quarters))))
    assert [change.name for change in page.changes] == [
        *["turned"] * (quarters > 0),
        *["deskewed"] * (degrees != 0),
    ]
    x, y, _ = np.linalg.inv(askew.to_original) @ (930, 300, 1)
    height, width = askew.image.shape
    wanted = {0: (x, y), 2: (width - 1 - x, height - 1 - y), 3: (height - 1 - y, x)}[quarters]
    assert mark_in(page) == pytest.approx(wanted, abs=1.0)


def test_a_page_that_is_flat_upright_and_even_is_left_alone() -> None:
    page = Page(printed_page())
    assert flatten(page) is page


@given(
    arrays(np.uint8, st.one_of(
        st.tuples(st.integers(1, 70), st.integers(1, 70)),
        st.tuples(st.integers(1, 70), st.integers(1, 70), st.just(3)),
    ))
)  # fmt: skip
@settings(max_examples=25)
def test_any_picture_may_be_flattened(image: NDArray[np.uint8]) -> None:
    page = flatten(Page(image))
    assert page.image.ndim == 2
    assert page.image.dtype == np.uint8
    assert np.isfinite(page.to_original).all()
