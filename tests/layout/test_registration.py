"""A filled page laid on the blank form, or refused."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from drawn_forms import SHAPE, cat, comb_boxes, draw_form, photograph, through, write
from hypothesis import given, settings
from hypothesis import strategies as st

from inkling.elements import Page
from inkling.errors import FormError
from inkling.layout.curl import bent, bent_picture, flat
from inkling.layout.projection import scale_of, scaling, warped
from inkling.layout.registration import Blank, Registration, register
from inkling.preprocessing.light import level

CORNERS = np.array([[0, 0], [SHAPE[1], 0], [SHAPE[1], SHAPE[0]], [0, SHAPE[0]]], float)
LEANS = st.floats(-0.25, 0.25)


@pytest.fixture(scope="module")
def blank() -> Blank:
    return Blank(draw_form())


def lay(blank: Blank, image: np.ndarray) -> Registration:
    return register(blank, level(Page(image)).image)


def miss(found: Registration, matrix: np.ndarray) -> float:
    """By how many pixels of the page the worst corner is missed."""
    return float(np.linalg.norm(through(found.matrix, CORNERS) - through(matrix, CORNERS), axis=1).max())


@given(
    turned=st.floats(0, 360),
    scale=st.floats(0.5, 1.0),  # a smaller one that is covered and tilted as far as here is refused
    tilt=st.tuples(LEANS, LEANS),
    covered=st.sampled_from([0.0, 0.3]),
    seed=st.integers(0, 1000),
)
@settings(max_examples=8, deadline=None, derandomize=True)
def test_corners_are_found_within_one_and_a_half_pixels_however_the_page_lies(
    blank: Blank, turned: float, scale: float, tilt: tuple[float, float], covered: float, seed: int
) -> None:
    seen = photograph(blank.grey, turned=turned, scale=scale, tilt=tilt, covered=covered, seed=seed)
    found = lay(blank, seen.image)
    assert miss(found, seen.matrix) < 1.5
    assert found.error < 0.5
    assert (found.share < 0.8) == (covered > 0)


def test_what_is_written_on_a_form_does_no_harm(blank: Blank) -> None:
    filled = blank.grey.copy()
    for row in range(8):
        for left, _, _, bottom in comb_boxes(8, row):
            write(filled, str(row), (left + 8, bottom - 12), 1.6, 4, 60)
    seen = photograph(filled, turned=2, scale=0.8, tilt=(0.1, -0.1))
    assert miss(lay(blank, seen.image), seen.matrix) < 0.5


def test_the_bend_of_the_paper_is_found(blank: Blank) -> None:
    # A sheet whose middle third lies 6 pixels further down than its ends, as a wave.
    bend = flat()
    bend[..., 1] = 6 * np.sin(np.linspace(0, np.pi, len(bend)))[:, None]
    found = lay(blank, bent_picture(blank.grey, bend))
    points = np.array([[left, top] for row in range(8) for left, top, _, _ in comb_boxes(8, row)], float)
    true = points + bent(bend, points, SHAPE)
    expected = through(found.matrix, points + bent(found.bend, points, SHAPE))
    assert np.linalg.norm(expected - true, axis=1).max() < 1.0
    assert np.linalg.norm(through(found.matrix, points) - true, axis=1).max() > 1.5  # no homography does it


def test_paper_that_bends_between_the_marks_alone_is_not_taken_for_flat() -> None:
    # Words above; below rules from edge to edge, which have no corners, and which a bulge moves down.
    grey = np.full((1600, 1200), 255, np.uint8)
    for row in range(14):
        for column in range(8):
            write(grey, f"{row * 37 % 89}{chr(65 + column)}", (60 + 140 * column, 80 + 44 * row), 0.9, 2, 0)
    rules = np.arange(860, 1540, 60)
    for rule in rules:
        cv2.line(grey, (0, int(rule)), (1199, int(rule)), 0, 3)
    bend = flat()
    down, across = (np.linspace(-1, 1, len(bend)) for _ in range(2))
    bend[..., 1] = 3 * np.exp(-(((down - 0.5) / 0.2) ** 2))[:, None] * np.exp(-((across / 0.5) ** 2))
    found = lay(Blank(grey), bent_picture(grey, bend))
    points = np.array([[x, rule] for rule in rules[2:-2] for x in range(300, 901, 100)], float)
    true = points + bent(bend, points, grey.shape)
    expected = through(found.matrix, points + bent(found.bend, points, grey.shape))
    assert np.abs(expected - true)[:, 1].max() < 1.0


def test_what_is_ignored_on_the_blank_is_not_looked_for() -> None:
    form = draw_form()
    ignored = np.zeros(SHAPE, bool)
    for row in range(8):
        for left, top, right, bottom in comb_boxes(8, row):
            write(form, "5", (left + 8, bottom - 12), 1.6, 4)
            ignored[top + 4 : bottom - 4, left + 4 : right - 4] = True
    written_on = Blank(form, ignored)
    assert lay(written_on, draw_form()).share == 1.0
    assert lay(Blank(form), draw_form()).share < 0.99


def _other_paper() -> np.ndarray:
    picture = np.full(SHAPE, 235, np.uint8)
    for line in range(30):
        write(picture, "quick brown foxes jump over lazy dogs", (80, 60 + 44 * line), 1.1, 2, 30)
    return picture


@pytest.mark.parametrize(
    "image",
    [
        pytest.param(cat(), id="a cat"),
        pytest.param(_other_paper(), id="a page of text"),
        pytest.param(draw_form(rows=5, seed=3), id="a form of the same family"),
        pytest.param(np.full(SHAPE, 250, np.uint8), id="an empty sheet"),
        pytest.param(np.random.default_rng(0).integers(0, 256, SHAPE, dtype=np.uint8), id="noise"),
        pytest.param(draw_form()[:, ::-1].copy(), id="a mirrored form"),
        pytest.param(np.zeros((1, 1), np.uint8), id="a pixel"),
    ],
)
def test_what_is_not_the_form_is_refused(blank: Blank, image: np.ndarray) -> None:
    with pytest.raises(FormError, match="The page is not this form") as refused:
        lay(blank, image)
    assert refused.value.exit_code == 3
    assert refused.value.remedy


def test_nothing_can_be_laid_on_an_empty_blank() -> None:
    with pytest.raises(FormError):
        lay(Blank(np.full(SHAPE, 255, np.uint8)), draw_form())


@given(factor=st.floats(0.2, 4.0))
@settings(max_examples=20, deadline=None)
def test_scaling_leaves_the_corner_of_the_picture_where_it_is(factor: float) -> None:
    # The upper left corner of the upper left pixel lies half a pixel before its centre.
    assert np.allclose(through(scaling(factor), np.array([[-0.5, -0.5]])), -0.5)
    assert scale_of(scaling(factor), (30, 20)) == pytest.approx(factor, rel=1e-6)


def test_a_picture_seen_through_the_identity_is_itself() -> None:
    form = draw_form()
    assert np.array_equal(warped(form, np.eye(3), form.shape), form)


@pytest.mark.parametrize(("width", "height"), [(1237, 1733), (2481, 3475)])
def test_a_page_of_another_size_is_laid_exactly(width: int, height: int) -> None:
    large = cv2.resize(draw_form(), None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC)
    blank, page = (
        np.asarray(cv2.resize(large, size, interpolation=cv2.INTER_AREA), np.uint8)
        for size in ((1001, 1401), (width, height))
    )
    found = register(Blank(blank), page)
    corners = np.array([[50.0, 50.0], [950.0, 50.0], [950.0, 1350.0], [50.0, 1350.0]])
    expected = (corners + 0.5) * (width / 1001, height / 1401) - 0.5
    assert np.abs(through(found.matrix, corners) - expected).max() < 0.3


@given(
    st.lists(st.tuples(*[st.integers(0, 199)] * 2, *[st.integers(-1, 80)] * 2), max_size=4),
    st.floats(-0.2, 0.2),
)
def test_windows_are_seen_as_in_the_whole_picture_and_white_outside(
    places: list[tuple[int, int, int, int]], lean: float
) -> None:
    form = draw_form()[:400, :300]
    matrix = np.array([[1.1, lean, 5.0], [lean / 2, 0.9, -3.0], [1e-5, 2e-5, 1.0]])
    shape = (280, 280)
    windows = [(slice(top, top + high), slice(left, left + wide)) for top, left, high, wide in places]
    whole, seen = warped(form, matrix, shape), warped(form, matrix, shape, windows)
    inside = np.zeros(shape, bool)
    for window in windows:
        inside[window] = True
    away = np.abs(seen.astype(int) - whole)[inside]
    assert away.max(initial=0) <= 8  # places are rounded to 1/32 of a pixel
    assert (seen[~inside] == 255).all()


def test_thin_rules_survive_when_a_large_picture_is_seen_small() -> None:
    ruled = np.full((1200, 1200), 255, np.uint8)
    ruled[::12] = 0
    small = warped(ruled, scaling(8.0), (150, 150))
    assert abs(float(small.mean()) - 255 * 11 / 12) < 3  # the nearest pixels alone would give 0 or 255
    assert np.ptp(cv2.blur(small, (1, 9))[10:-10]) < 60
