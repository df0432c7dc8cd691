"""Moving a page: what was at a place is found there again through the page's own record."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from inkling.elements import Page, Quadrilateral
from inkling.preprocessing.sheet import rectification
from inkling.preprocessing.warping import Step, quarter_turns, take, turn

HEIGHT, WIDTH = 120, 160


def marked(x: int, y: int) -> NDArray[np.uint8]:
    """White paper with a black dot of 5 x 5 pixels around a place."""
    picture = np.full((HEIGHT, WIDTH), 255, np.uint8)
    picture[y - 2 : y + 3, x - 2 : x + 3] = 0
    return picture


def mark_in_the_file(page: Page) -> tuple[float, float]:
    """Where the middle of the dot lies in the pixels of the file."""
    y, x = np.indices(page.image.shape)
    darkness = 255.0 - page.image
    middle = np.array([(x * darkness).sum(), (y * darkness).sum(), darkness.sum()])
    point = page.to_original @ (middle / middle[2])
    return float(point[0] / point[2]), float(point[1] / point[2])


places = st.tuples(st.integers(20, WIDTH - 21), st.integers(20, HEIGHT - 21))


@given(places, st.integers(0, 3), st.floats(-15, 15), st.integers(0, 3))
def test_a_mark_goes_there_and_back_through_turns(
    place: tuple[int, int], before: int, degrees: float, after: int
) -> None:
    first = quarter_turns(before, (HEIGHT, WIDTH))
    second = turn(degrees, first.size[::-1])
    third = quarter_turns(after, second.size[::-1])
    page = take(Page(marked(*place)), [first, second, third])
    assert mark_in_the_file(page) == pytest.approx(place, abs=0.5)
    assert page.image.shape == third.size[::-1]


@given(places, st.lists(st.integers(-15, 15), min_size=8, max_size=8), st.floats(-5, 5))
def test_a_mark_goes_there_and_back_through_a_rectification(
    place: tuple[int, int], shifts: list[int], degrees: float
) -> None:
    edges = [(0, 0), (WIDTH - 1, 0), (WIDTH - 1, HEIGHT - 1), (0, HEIGHT - 1)]
    moved = np.array(edges) + np.reshape(shifts, (4, 2))
    a, b, c, d = ((float(x), float(y)) for x, y in moved)
    first = rectification(Quadrilateral((a, b, c, d)))
    page = take(Page(marked(*place)), [first, turn(degrees, first.size[::-1])])
    if (page.image < 128).sum() < 12:  # the mark lies outside the sheet
        return
    assert mark_in_the_file(page) == pytest.approx(place, abs=1.0)


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_quarter_turns_move_pixels_and_change_none(quarters: int) -> None:
    image = np.random.default_rng(0).integers(0, 256, (30, 50, 3), dtype=np.uint8)
    turned = take(Page(image), [quarter_turns(quarters, image.shape)])
    assert np.array_equal(turned.image, np.rot90(image, -quarters))
    back = take(turned, [quarter_turns(-quarters % 4, turned.image.shape)])
    assert np.array_equal(back.image, image)
    assert np.allclose(back.to_original, np.eye(3))


def test_a_turn_cuts_nothing_off() -> None:
    image = np.zeros((100, 200), np.uint8)
    step = turn(7.0, image.shape)
    corners = np.array([(0, 0, 1), (199, 0, 1), (199, 99, 1), (0, 99, 1)]) @ np.linalg.inv(step.to_before).T
    assert corners[:, :2].min() >= -0.5
    assert (corners[:, :2] <= np.array(step.size) - 0.5).all()


def test_steps_taken_together_blur_less_than_one_after_another() -> None:
    y, x = np.indices((90, 100))
    image = (127 + 120 * np.sin(1.3 * x) * np.cos(1.1 * y)).round().astype(np.uint8)
    steps: list[Step] = []
    for degrees in (4.0, -6.0, 3.0):
        steps.append(turn(degrees, steps[-1].size[::-1] if steps else image.shape))
    together, apart = take(Page(image), steps), Page(image)
    for step in steps:
        apart = take(apart, [step])
    assert np.allclose(together.to_original, apart.to_original)
    middle = (slice(30, 70), slice(30, 70))
    assert together.image[middle].std() > 1.3 * apart.image[middle].std()


def test_every_step_is_recorded_and_none_leaves_the_page_alone() -> None:
    page = Page(np.zeros((20, 30), np.uint8), source="a.png", number=3, dpi=300.0)
    assert take(page, []) is page
    done = take(page, [quarter_turns(1, (20, 30)), turn(2.0, (30, 20))])
    assert [(change.name, change.note) for change in done.changes] == [
        ("turned", "by 90 degrees clockwise"),
        ("deskewed", "by 2.0 degrees clockwise"),
    ]
    assert (done.source, done.number, done.dpi) == ("a.png", 3, 300.0)
