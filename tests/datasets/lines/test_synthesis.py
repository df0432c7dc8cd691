"""Synthetic lines: the same from the same seed, and showing what is said to be written on them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkling.datasets.digits import Digits
from inkling.datasets.lines.forms import LINE_FORMS
from inkling.datasets.lines.hand import (
    EM,
    HEIGHT,
    TOP,
    Cuttings,
    Hand,
    pick_hand,
    write_text,
)
from inkling.datasets.lines.scribbles import cross_out, scribble
from inkling.datasets.lines.synthesis import BESIDE, View, draw_line, lay_beside


@pytest.fixture(scope="module")
def cuttings(sample: tuple[np.ndarray, np.ndarray]) -> Cuttings:
    return Cuttings(Digits(*sample, "sample"))


def plain(rng: np.random.Generator, **changes: object) -> Hand:
    """A tidy writer."""
    hand = replace(pick_hand(rng), gap=0.2 * EM, unevenness=0.0, climb=0.0, joined=0.0, shrink=1.0, width=1.0)
    hand = replace(hand, unruliness=0.0)
    return replace(hand, **changes)  # type: ignore[arg-type]


def test_a_line_is_a_function_of_the_seed_and_its_number(cuttings: Cuttings) -> None:
    forwards = [draw_line(cuttings, seed=3, index=index) for index in range(20)]
    backwards = [draw_line(cuttings, seed=3, index=index) for index in reversed(range(20))][::-1]
    for one, other in zip(forwards, backwards, strict=True):
        assert one.writing == other.writing
        assert np.array_equal(one.image, other.image)
    another = draw_line(cuttings, seed=4, index=0)
    assert another.image.shape != forwards[0].image.shape or not np.array_equal(
        another.image, forwards[0].image
    )


@given(st.integers(0, 2**40), st.integers(0, 2**40))
def test_any_seed_and_number_draw_a_picture(cuttings: Cuttings, seed: int, index: int) -> None:
    line = draw_line(cuttings, seed=seed, index=index)
    assert line.image.dtype == np.uint8
    assert line.image.ndim == 2
    assert min(line.image.shape) >= 8
    assert line.image.shape[0] <= 200 or line.writing.mark in ("several lines", "upside down")


def test_written_lines_are_darker_where_something_is_written(cuttings: Cuttings) -> None:
    """Over many lines, the middle of those with a number has more contrast than that of blank ones."""
    spread: dict[bool, list[float]] = {True: [], False: []}
    for index in range(900):
        line = draw_line(cuttings, seed=1, index=index)
        height = line.image.shape[0]
        middle = line.image[height // 4 : -height // 4].astype(float)
        spread[bool(line.writing.targets)].append(float(middle.std()))
    assert len(spread[False]) > 10
    assert np.median(spread[True]) > 2 * np.median(spread[False])


def test_digits_stand_between_the_top_and_the_bottom_of_the_line_in_their_order(cuttings: Cuttings) -> None:
    rng = np.random.default_rng(0)
    hand = plain(rng, cut=(False,) * 10, gap=0.5 * EM, wobble=0.0, pen=3.0)
    ink = write_text("0 0", hand, cuttings, rng)
    assert ink.sheet.shape[0] == HEIGHT
    rows = np.flatnonzero(ink.sheet.any(axis=1))
    assert TOP - 4 <= rows[0] <= TOP + 4
    assert TOP + EM - 4 <= rows[-1] <= TOP + EM + 4
    columns = ink.sheet.any(axis=0)
    assert columns[ink.left]
    assert columns[ink.right - 1]
    assert not columns[: ink.left].any()
    assert not columns[ink.right :].any()
    gap = np.diff(np.flatnonzero(columns)).max()
    assert gap > 0.6 * EM  # the space


@pytest.mark.parametrize("digit", range(10))
def test_every_form_of_every_digit_is_as_high_as_a_digit(digit: int, cuttings: Cuttings) -> None:
    for form in range(len(LINE_FORMS[digit])):
        rng = np.random.default_rng(form)
        forms = tuple(form if place == digit else 0 for place in range(10))
        hand = plain(rng, cut=(False,) * 10, forms=forms, wobble=0.0, pen=3.0)
        rows = np.flatnonzero(write_text(str(digit), hand, cuttings, rng).sheet.any(axis=1))
        assert 0.85 * EM <= rows[-1] - rows[0] <= 1.3 * EM


def test_a_cut_digit_takes_the_width_of_the_pen(cuttings: Cuttings) -> None:
    def ink(pen: float) -> float:
        rng = np.random.default_rng(5)
        tile = cuttings.draw(8, rng, height=EM, width=1.0, pen=pen)
        return float((tile > 127).sum())

    assert ink(3.0) < ink(5.0) < ink(8.0)


@given(
    st.integers(0, 9), st.floats(0.04, 0.19), st.floats(0.4, 2.0), st.floats(-0.6, 0.6), st.integers(0, 10**6)
)
def test_no_pen_is_so_thin_and_no_digit_so_narrow_that_it_vanishes(
    cuttings: Cuttings, digit: int, pen: float, width: float, lean: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    tile = cuttings.draw(digit, rng, height=EM, width=width, pen=pen * EM, lean=lean)
    assert (tile > 127).any(axis=1).sum() >= 0.6 * len(tile)


@pytest.mark.parametrize("lean", [-0.4, 0.25])
def test_a_digit_that_leans_goes_so_far_to_the_right_at_its_top(lean: float) -> None:
    images = np.zeros((10, 28, 28), np.uint8)
    images[:, 4:24, 12:16] = 255  # ten upright bars
    bars = Cuttings(Digits(images, np.arange(10), "bars"))
    tile = bars.draw(1, np.random.default_rng(0), height=EM, width=1.0, pen=8.0, lean=lean)
    middles = [float(np.flatnonzero(row > 127).mean()) for row in (tile[4], tile[-5])]
    assert middles[0] - middles[1] == pytest.approx(lean * (len(tile) - 9), abs=1)
    assert len(tile) == pytest.approx(EM, abs=3)


def test_digits_that_lack_a_class_cannot_be_cut_up(sample: tuple[np.ndarray, np.ndarray]) -> None:
    images, targets = sample
    with pytest.raises(ValueError, match="all ten digits"):
        Cuttings(Digits(images[targets != 3], targets[targets != 3], "no threes"))


def test_crossing_out_adds_ink_and_takes_none_away(cuttings: Cuttings) -> None:
    rng = np.random.default_rng(2)
    hand = plain(rng)
    ink = write_text("4071", hand, cuttings, rng)
    before = ink.sheet.copy()
    cross_out(ink, hand, rng)
    assert (ink.sheet >= before).mean() > 0.999
    assert (ink.sheet > 127).sum() > 1.05 * (before > 127).sum()


def test_a_line_beside_stands_so_many_pixels_lower(cuttings: Cuttings) -> None:
    rng = np.random.default_rng(2)
    hand = plain(rng)
    one, other = write_text("11", hand, cuttings, rng), write_text("77", hand, cuttings, rng)
    for down in (60, -60):
        both = lay_beside(one, other, down)
        assert np.array_equal(both.sheet, np.maximum(one.sheet, _moved(other.sheet, one.sheet.shape, down)))


@given(st.sampled_from([(), *BESIDE]), st.integers(0, 10**6))
def test_all_of_several_lines_are_seen(cuttings: Cuttings, others: tuple[int, ...], seed: int) -> None:
    rng = np.random.default_rng(seed)
    hand = plain(rng)
    ink = write_text("4071", hand, cuttings, rng)
    view = View.draw(ink, hand, rng, others=others)
    spots = [((ink.left + ink.right) / 2, TOP + EM * (0.5 + 1.3 * place), 1.0) for place in (0, *others)]
    seen = np.linalg.inv(view.matrix) @ np.transpose(spots)
    rows = seen[1] / seen[2]
    assert ((rows > -0.4 * view.unit) & (rows < view.height + 0.4 * view.unit)).all()


def test_pictures_that_are_the_wrong_way_up_may_lie_on_their_side(cuttings: Cuttings) -> None:
    lines = (draw_line(cuttings, seed=2, index=index) for index in range(1500))
    turned = [line.image.shape for line in lines if line.writing.mark == "upside down"]
    upright = sum(height > width for height, width in turned)
    assert 0.15 < upright / len(turned) < 0.6


def _moved(sheet: np.ndarray, shape: tuple[int, ...], down: int) -> np.ndarray:
    moved = np.zeros(shape, np.uint8)
    for row in range(shape[0]):
        if 0 <= row - down < len(sheet):
            width = min(shape[1], sheet.shape[1])
            moved[row, :width] = sheet[row - down, :width]
    return moved


@given(st.integers(0, 2**32))
def test_a_scribble_has_ink(seed: int) -> None:
    rng = np.random.default_rng(seed)
    ink = scribble(pick_hand(rng), rng)
    assert ink.right > ink.left
    assert (ink.sheet > 127).sum() > 10
