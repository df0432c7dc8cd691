"""The normalisation of lines: size, levels, and what it does not depend on."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from inkling.transforms.lines import (
    LINE_HEIGHT,
    OTHER_VIEWS,
    PAPER,
    WIDTH_STEP,
    _dark_on_light,
    _quantiles,
    cut_between_rows,
    find_rows,
    frame_line,
    frame_with_place,
    look_again,
    to_line_input,
)

CORNER = np.array([(2, 53), (110, 55), (109, 3)], np.int32)
"""A border below that meets one at the right."""


def bar(height: int, width: int, *, paper: int = 200, ink: int = 60) -> np.ndarray:
    """Light paper with an upright bar of ink in its middle."""
    picture = np.full((height, width), paper, np.uint8)
    picture[height // 8 : -height // 8, width // 2 - 2 : width // 2 + 2] = ink
    return picture


@given(arrays(np.uint8, st.tuples(st.integers(1, 90), st.integers(1, 200))))
def test_any_picture_becomes_a_line_of_the_one_height(picture: np.ndarray) -> None:
    framed = frame_line(picture)
    assert framed.dtype == np.uint8
    assert framed.shape[0] == LINE_HEIGHT
    assert framed.shape[1] % WIDTH_STEP == 0
    top, bottom, _ = find_rows(_dark_on_light(picture))
    assert 0 <= top < bottom <= len(picture)
    across = max(1, round(picture.shape[1] * LINE_HEIGHT / (bottom - top)))
    assert 0 <= framed.shape[1] - across < WIDTH_STEP
    assert (framed[:, across:] == PAPER).all()


def test_paper_and_the_darkest_ink_have_their_levels() -> None:
    framed = frame_line(bar(LINE_HEIGHT, 64))
    assert framed[0, 0] == PAPER
    assert framed[LINE_HEIGHT // 2, 32] == 255


@given(st.integers(60, 250), st.integers(40, 200), st.floats(0.2, 1.0))
def test_levels_do_not_depend_on_how_light_the_paper_or_how_pale_the_ink_is(
    paper: int, depth: int, fade: float
) -> None:
    ink = max(round(paper - depth * fade), 0)
    if paper - ink < 16:
        return
    assert np.array_equal(
        frame_line(bar(LINE_HEIGHT, 64, paper=paper, ink=ink)), frame_line(bar(LINE_HEIGHT, 64))
    )


def test_the_grain_of_empty_paper_stays_faint() -> None:
    noise = np.random.default_rng(0).normal(200, 1.5, (LINE_HEIGHT, 64)).round().astype(np.uint8)
    assert np.abs(frame_line(noise).astype(int) - PAPER).mean() < 20


@pytest.mark.parametrize(
    ("paper", "ink", "turned"),
    [
        (200, 60, False),
        (40, 220, True),  # chalk on slate, a negative of a film
        (40, 0, False),  # dark paper, darker ink
        (250, 255, False),  # a light that is fainter than any ink
    ],
)
def test_what_is_lighter_than_its_paper_is_framed_as_its_negative(paper: int, ink: int, turned: bool) -> None:
    picture = bar(40, 80, paper=paper, ink=ink)
    inked = frame_line(picture)[LINE_HEIGHT // 2, 32]
    assert (inked > PAPER) == (ink < paper or turned)
    if turned:
        assert np.array_equal(frame_line(picture), frame_line(255 - picture))
        assert find_rows(_dark_on_light(picture)) == find_rows(255 - picture)


@given(arrays(np.uint8, st.tuples(st.integers(8, 40), st.integers(8, 90))))
def test_a_picture_and_its_negative_are_not_both_turned_into_negatives(picture: np.ndarray) -> None:
    assert np.array_equal(_dark_on_light(_dark_on_light(picture)), _dark_on_light(picture))


def test_a_sheet_on_a_darker_table_is_no_writing() -> None:
    picture = np.full((60, 160), 90, np.uint8)
    picture[10:50, 30:110] = bar(40, 80, paper=220)
    assert _dark_on_light(picture) is picture


def test_a_gleam_on_the_paper_does_not_hide_the_ink() -> None:
    picture = bar(40, 160, paper=190, ink=60)
    picture[4:10, 4:20] = 255
    assert frame_line(picture)[LINE_HEIGHT // 2, 64] > 200


@pytest.mark.parametrize("factor", [2, 3])
def test_a_larger_scan_of_the_same_line_is_framed_alike(factor: int) -> None:
    small = bar(LINE_HEIGHT, 64)
    large = small.repeat(factor, axis=0).repeat(factor, axis=1)
    assert np.array_equal(frame_line(large), frame_line(small))


def test_a_coloured_picture_is_framed_by_its_grey() -> None:
    grey = bar(LINE_HEIGHT, 64)
    assert np.array_equal(frame_line(np.stack([grey] * 3, axis=2)), frame_line(grey))


def test_paper_is_nothing_to_the_network() -> None:
    levels = torch.tensor([[[0, PAPER, 255]]], dtype=torch.uint8)
    inputs = to_line_input(levels)
    assert inputs.shape == (1, 1, 1, 3)
    assert inputs[0, 0, 0, 1] == 0
    assert float(inputs[0, 0, 0, 2]) == pytest.approx(3)
    assert inputs[0, 0, 0, 0] == pytest.approx(-64 * 3 / 191)


def sheet(height: int = 60, width: int = 120) -> np.ndarray:
    """Light paper, nothing on it."""
    return np.full((height, width), 210, np.uint8)


def with_writing(top: int, bottom: int) -> np.ndarray:
    """Two strokes between two rows."""
    picture = sheet()
    picture[top:bottom, 40:45] = 60
    picture[top:bottom, 60:65] = 60
    return picture


@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("nothing", lambda picture: None),
        ("a ruled line below", lambda picture: picture.__setitem__((slice(54, 56), slice(None)), 60)),
        ("a border above", lambda picture: picture.__setitem__((slice(0, 2), slice(None)), 60)),
        ("a border at the side", lambda picture: picture.__setitem__((slice(None), slice(0, 2)), 60)),
        ("a neighbour cut off above", lambda picture: picture.__setitem__((slice(0, 9), slice(30, 36)), 60)),
        ("a neighbour cut off below", lambda paper: paper.__setitem__((slice(52, 60), slice(30, 36)), 60)),
        ("the frame of its cell", lambda picture: cv2.rectangle(picture, (3, 4), (114, 55), 60, 1)),
        ("borders that meet", lambda picture: cv2.polylines(picture, [CORNER], False, 60, 2)),
        ("a rule that it stands on", lambda picture: picture.__setitem__((slice(45, 47), slice(4, 116)), 60)),
        ("dust", lambda picture: picture.__setitem__((slice(8, 10), slice(100, 102)), 60)),
    ],
)
def test_the_rows_of_writing_are_found_beside(what: str, change: Callable[[np.ndarray], None]) -> None:
    picture = with_writing(22, 46)
    change(picture)
    top, bottom, _ = find_rows(picture)
    assert 14 <= top <= 19, what
    assert 49 <= bottom <= 54, what


def test_writing_that_fills_the_picture_is_left_as_it_is() -> None:
    assert find_rows(with_writing(4, 57)) == (0, 60, False)


@pytest.mark.parametrize("picture", [sheet(), sheet(1, 50), np.zeros((40, 40), np.uint8)])
def test_where_nothing_is_written_the_whole_picture_is_kept(picture: np.ndarray) -> None:
    assert find_rows(picture) == (0, len(picture), False)


def test_little_writing_on_much_paper_is_found() -> None:
    picture = sheet(400, 2000)
    for left in (900, 940, 980):
        picture[160:222, left : left + 8] = 60
    top, bottom, _ = find_rows(picture)
    assert 120 <= top <= 160
    assert 222 <= bottom <= 262


@pytest.mark.parametrize("height", [16, 24, 44])
@pytest.mark.parametrize(("above", "below", "beside"), [(100, 100, 0), (400, 300, 0), (150, 900, 500)])
@pytest.mark.parametrize("ink", [60, 150])
def test_writing_is_found_however_much_paper_is_above_and_below_it(
    height: int, above: int, below: int, beside: int, ink: int
) -> None:
    picture = sheet(above + height + below, 2 * beside + 4 * height)
    width = max(height // 8, 2)
    for place in range(1, 4):
        picture[above : above + height, beside + place * height :][:, :width] = ink
    top, bottom, _ = find_rows(picture)
    assert above - height <= top <= above
    assert above + height <= bottom <= above + 2 * height


@pytest.mark.parametrize(
    ("rows", "apart"),
    [
        ([(22, 46)], False),
        ([(5, 26), (32, 55)], True),
        ([(5, 26), (24, 55)], False),  # tails that reach into the line below
        ([(15, 45), (50, 52)], False),  # points below the digits
        ([(3, 18), (22, 37), (41, 56)], True),
    ],
)
def test_paper_between_rows_of_writing_is_told(rows: list[tuple[int, int]], apart: bool) -> None:
    picture = sheet()
    for place, (top, bottom) in enumerate(rows):
        left = 40 + 8 * place
        picture[top:bottom, left : left + 4] = picture[top:bottom, left + 25 : left + 29] = 60
    assert find_rows(picture).apart == apart
    assert frame_with_place(picture).apart == apart


def test_a_dot_alone_does_not_fill_the_line() -> None:
    picture = sheet()
    picture[30:40, 50:60] = 60
    top, bottom, _ = find_rows(picture)
    assert bottom - top >= 0.3 * 60
    assert top < 30
    assert bottom > 40


@given(st.integers(0, 25), st.integers(30, 60))
def test_a_framing_leads_back_to_the_picture(top: int, bottom: int) -> None:
    framed = frame_with_place(with_writing(top, bottom))
    rows = np.flatnonzero((framed.image > 150).any(axis=1))
    assert framed.top + rows[0] * framed.scale == pytest.approx(top, abs=1.5 * framed.scale)
    assert framed.top + (rows[-1] + 1) * framed.scale == pytest.approx(bottom, abs=1.5 * framed.scale)


@given(arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9))), st.floats(0, 1))
def test_quantiles_of_bytes_are_those_of_numpy(grey: np.ndarray, part: float) -> None:
    assert _quantiles(grey, part, 0.5) == pytest.approx(np.quantile(grey, (part, 0.5)), abs=1e-9)


@given(st.integers(0, 88), st.integers(2, 22))
def test_other_views_are_higher_around_the_middle_or_narrower_from_the_left(left: int, top: int) -> None:
    framed = np.full((LINE_HEIGHT, 96), PAPER, np.uint8)
    framed[top : top + 8, left : left + 8] = 255
    for view, (high, wide) in zip(look_again(framed), OTHER_VIEWS, strict=True):
        assert (view.dtype, view.shape) == (np.uint8, framed.shape)
        assert np.median(view) == PAPER
        ink = view.astype(float) - PAPER
        assert ink.sum() / (255 - PAPER) == pytest.approx(64 * high * wide, rel=0.1)  # nothing is lost
        column, row = (ink.sum(axis=axis) @ np.arange(view.shape[1 - axis]) / ink.sum() for axis in (0, 1))
        assert column + 0.5 == pytest.approx(wide * (left + 4), abs=0.3)
        assert row + 0.5 == pytest.approx(16 + high * (top + 4 - 16), abs=0.3)


@pytest.mark.parametrize("width", [16, 48])
def test_other_views_of_paper_are_paper(width: int) -> None:
    assert (look_again(np.full((LINE_HEIGHT, width), PAPER, np.uint8)) == PAPER).all()


@pytest.mark.parametrize("count", [1, 2, 3, 5])
@pytest.mark.parametrize("height", [16, 40])
def test_a_picture_is_cut_between_its_rows_of_writing(count: int, height: int) -> None:
    rows = [bar(height, 90) for _ in range(count)]
    parts = cut_between_rows(np.vstack(rows))
    assert len(parts) == (count if count > 1 else 0)
    for part in parts:
        assert abs(len(part) - height) <= 3
        assert (part.min(axis=1) < 128).sum() == pytest.approx(0.75 * height, abs=1)


def test_rules_and_borders_are_no_rows_of_writing() -> None:
    picture = bar(60, 120)
    picture[3:5] = picture[55:57] = picture[:, 2:4] = 60
    assert cut_between_rows(picture) == []


@given(arrays(np.uint8, st.tuples(st.integers(1, 90), st.integers(1, 90))))
def test_the_rows_of_any_picture_make_it_up(picture: np.ndarray) -> None:
    parts = cut_between_rows(picture)
    assert len(parts) != 1
    assert not parts or np.array_equal(np.vstack(parts), picture)
