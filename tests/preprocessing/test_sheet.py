"""The sheet in a photograph: found to a few pixels, and not where there is none."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from drawn_pages import photograph, printed_page
from numpy.typing import NDArray

from inkling.elements import Page, Quadrilateral
from inkling.preprocessing.sheet import find_sheet, rectify

SIZE = (700, 910)

STRAIGHT = [(98, 84), (616, 84), (616, 826), (98, 826)]
TILTED = [(133, 91), (630, 133), (595, 833), (77, 784)]
FROM_BELOW = [(161, 105), (539, 112), (651, 826), (56, 833)]
FROM_THE_SIDE = [(84, 147), (602, 63), (616, 861), (98, 735)]
ON_ITS_SIDE = [(42, 224), (651, 203), (665, 672), (35, 651)]


def missed_by(found: Quadrilateral, corners: list[tuple[int, int]]) -> float:
    """The greatest distance of a corner from where it is, in pixels."""
    return float(np.linalg.norm(np.array(found.corners) - np.array(corners), axis=1).max())


WOOD, SLATE, CORK = (120, 85, 60), (60, 60, 65), (150, 130, 100)


@pytest.mark.parametrize(
    ("corners", "table"),
    [
        (STRAIGHT, WOOD),
        (TILTED, WOOD),
        (TILTED, SLATE),
        (TILTED, CORK),
        (FROM_BELOW, SLATE),
        (FROM_THE_SIDE, CORK),
        (ON_ITS_SIDE, WOOD),
    ],
)
def test_the_corners_are_found_to_a_few_pixels(
    corners: list[tuple[int, int]], table: tuple[int, int, int]
) -> None:
    picture = photograph(printed_page(), np.array(corners), SIZE, table=table)
    found = find_sheet(picture)
    assert found is not None
    assert missed_by(found, corners) <= 3


def test_a_corner_that_a_hand_covers_is_found_where_the_sides_lead() -> None:
    picture = photograph(printed_page(), np.array(TILTED), SIZE)
    for x, y in ((588, 826), (560, 861), (630, 784)):
        cv2.ellipse(picture, (x, y), (63, 28), 40, 0, 360, (205, 150, 120), -1, cv2.LINE_AA)
    found = find_sheet(picture)
    assert found is not None
    assert missed_by(found, TILTED) <= 5


def test_a_grey_photograph_is_searched_as_well() -> None:
    picture = photograph(printed_page(), np.array(TILTED), SIZE)
    found = find_sheet(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY))
    assert found is not None
    assert missed_by(found, TILTED) <= 3


def shaded_scan() -> NDArray[np.uint8]:
    """A form with a frame, a grey header and a grey box, which are not sheets."""
    page = printed_page()
    page[650:1300, 100:900] = np.minimum(page[650:1300, 100:900], 190)
    cv2.rectangle(page, (40, 40), (960, 1360), 0, 6)
    page[45:110, 45:955] = 90
    return page


def close_up() -> NDArray[np.uint8]:
    """A photograph of which the paper fills all."""
    large = photograph(printed_page(), np.array([(-210, -140), (980, -70), (1050, 1190), (-140, 1050)]), SIZE)
    return np.ascontiguousarray(large)


def cat() -> NDArray[np.uint8]:
    """Something soft with no straight side."""
    rng = np.random.default_rng(0)
    blobs = cv2.GaussianBlur(rng.normal(0, 1, (900, 1200, 3)), (0, 0), 60)
    return np.clip(128 + 2500 * blobs, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    "picture",
    [
        printed_page(),
        shaded_scan(),
        close_up(),
        cat(),
        np.full((800, 600), 255, np.uint8),
        np.zeros((20, 3000), np.uint8),
        np.zeros((1, 1, 3), np.uint8),
    ],
    ids=["scan", "shaded scan", "close-up", "cat", "white", "strip", "one pixel"],
)
def test_where_the_picture_is_no_photograph_of_a_sheet_none_is_found(picture: NDArray[np.uint8]) -> None:
    assert find_sheet(picture) is None


def test_a_sheet_is_seen_from_straight_above() -> None:
    page = printed_page()
    picture = photograph(page, np.array(FROM_BELOW), SIZE)
    a, b, c, d = ((float(x), float(y)) for x, y in FROM_BELOW)
    flat = rectify(Page(picture), Quadrilateral((a, b, c, d)))
    assert [change.name for change in flat.changes] == ["rectified"]
    seen = cv2.resize(cv2.cvtColor(flat.image, cv2.COLOR_RGB2GRAY), page.shape[::-1])
    lit = seen.astype(float) / cv2.blur(seen.astype(float), (151, 151))
    assert np.corrcoef(lit.ravel(), page.astype(float).ravel())[0, 1] > 0.6


def test_a_rectified_page_leads_back_to_the_photograph() -> None:
    a, b, c, d = ((float(x), float(y)) for x, y in TILTED)
    flat = rectify(Page(np.zeros((910, 700, 3), np.uint8)), Quadrilateral((a, b, c, d)))
    height, width = flat.image.shape[:2]
    whole = Quadrilateral(((-2, -2), (width + 1, -2), (width + 1, height + 1), (-2, height + 1)))
    assert np.allclose(whole.through(flat.to_original).corners, TILTED, atol=0.01)
