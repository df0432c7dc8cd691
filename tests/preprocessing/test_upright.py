"""Pages that lie, stand on their heads or are askew, brought back."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from drawn_pages import printed_page
from numpy.typing import NDArray

from inkling.elements import Page
from inkling.preprocessing.skew import skew
from inkling.preprocessing.upright import deskew, turn_upright
from inkling.preprocessing.warping import take, turn


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
@pytest.mark.parametrize("seed", [0, 1])
def test_a_printed_page_is_turned_upright(quarters: int, seed: int) -> None:
    page = printed_page(seed=seed)
    turned = Page(np.ascontiguousarray(np.rot90(page, quarters)))
    upright = turn_upright(turned)
    assert np.array_equal(upright.image, page)
    assert (upright is turned) == (quarters == 0)
    assert [change.name for change in upright.changes] == ["turned"] * (quarters > 0)


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_a_photograph_of_it_as_well(quarters: int) -> None:
    rng = np.random.default_rng(0)
    page = cv2.GaussianBlur(printed_page(), (0, 0), 0.8) * np.linspace(0.5, 0.9, 1000) + rng.normal(
        0, 4, (1400, 1000)
    )
    page = take(Page(np.clip(page, 0, 255).astype(np.uint8)), [turn(3.0, page.shape)]).image
    turned = Page(np.ascontiguousarray(np.rot90(page, quarters)))
    assert np.array_equal(turn_upright(turned).image, page)


def digits() -> NDArray[np.uint8]:
    """A few numbers, as on a crop: nothing tells where their top is."""
    page = np.full((600, 400), 255, np.uint8)
    for row in range(5):
        cv2.putText(page, "0801", (60, 100 + 100 * row), cv2.FONT_HERSHEY_SIMPLEX, 2.0, 40, 4)
    return page


def boxes() -> NDArray[np.uint8]:
    """Boxes with a guide in each that stands higher than the middle."""
    page = np.full((900, 600), 255, np.uint8)
    for y in range(50, 850, 70):
        for x in range(50, 550, 60):
            cv2.rectangle(page, (x, y), (x + 44, y + 54), 0, 2)
            cv2.rectangle(page, (x + 10, y + 6), (x + 32, y + 38), 0, 2)
    return page


@pytest.mark.parametrize(
    "image",
    [
        boxes(),
        digits(),
        np.full((300, 200), 255, np.uint8),
        np.zeros((50, 60, 3), np.uint8),
        np.zeros((1, 1), np.uint8),
    ],
    ids=["boxes", "digits", "white", "black", "one pixel"],
)
def test_what_gives_nothing_away_is_left_alone(image: NDArray[np.uint8]) -> None:
    page = Page(image)
    assert turn_upright(page) is page
    assert deskew(page) is page


def ruled() -> NDArray[np.bool_]:
    """A table and nothing else."""
    ink = np.zeros((1400, 1000), bool)
    ink[100:1300:80, 60:940] = True
    ink[100:1220, 60:940:110] = True
    return ink


@pytest.mark.parametrize("degrees", [-14.7, -6.3, -1.0, -0.25, 0.0, 0.15, 0.5, 2.2, 9.9, 15.0])
def test_skew_is_measured_to_a_tenth_of_a_degree(degrees: float) -> None:
    for page in (printed_page(), np.where(ruled(), 0, 255).astype(np.uint8)):
        askew = take(Page(page), [turn(-degrees, page.shape)]).image
        assert skew(askew < 128) == pytest.approx(degrees, abs=0.1)


def test_a_page_is_deskewed_and_says_by_how_much() -> None:
    page = printed_page()
    askew = take(Page(page), [turn(-4.2, page.shape)])
    level = deskew(askew)
    assert [change.note for change in level.changes] == [
        "by -4.2 degrees clockwise",
        "by 4.2 degrees clockwise",
    ]
    assert skew(level.image < 128) == pytest.approx(0, abs=0.1)
    assert level.to_original[0, 1] == pytest.approx(0, abs=0.002)


def test_skew_beyond_what_is_likely_is_left_alone() -> None:
    page = printed_page()
    assert abs(skew(take(Page(page), [turn(25.0, page.shape)]).image < 128)) <= 15
