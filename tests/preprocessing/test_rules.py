"""Ruled lines: found in all their states, and taken away without the strokes that cross them."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from inkling.preprocessing.ink import ink_mask
from inkling.preprocessing.rules import Rules, find_rules, without_rules

HEIGHT, WIDTH = 900, 700
Picture = NDArray[np.uint8]


def paper() -> Picture:
    return np.full((HEIGHT, WIDTH), 255, np.uint8)


def line(picture: Picture, start: tuple[int, int], end: tuple[int, int], thickness: int = 3) -> None:
    """Exactly so many pixels thick, which cv2.line is not."""
    (x, y), (right, lower) = start, end
    if abs(right - x) < abs(lower - y):
        line(picture.T, (y, x), (lower, right), thickness)
        return
    for column in range(x, right + 1):
        row = round(y + (lower - y) * (column - x) / (right - x)) - thickness // 2
        picture[row : row + thickness, column] = 0


def write(picture: Picture, text: str, corner: tuple[int, int], *, tall: float = 1.3) -> None:
    cv2.putText(picture, text, corner, cv2.FONT_HERSHEY_SIMPLEX, tall, 0, 3)


def rules_of(picture: Picture) -> Rules:
    return find_rules(ink_mask(picture))


def solid(picture: Picture) -> None:
    line(picture, (60, 300), (640, 300))


def thin(picture: Picture) -> None:
    line(picture, (60, 300), (640, 300), 1)


def thick(picture: Picture) -> None:
    line(picture, (60, 300), (640, 300), 5)


def tilted(picture: Picture) -> None:
    line(picture, (60, 300), (640, 330))


def broken(picture: Picture) -> None:
    rng = np.random.default_rng(0)
    line(picture, (60, 300), (640, 300))
    for x in rng.integers(70, 620, 14):
        picture[295:306, x : x + 6] = 255


def ragged(picture: Picture) -> None:
    """As a photocopy of a photocopy has it."""
    line(picture, (60, 300), (640, 300))
    picture[np.random.default_rng(0).random((HEIGHT, WIDTH)) < 0.12] = 255


def dotted(picture: Picture) -> None:
    for x in range(60, 640, 8):
        cv2.circle(picture, (x, 300), 1, 0, -1)


def dashed(picture: Picture) -> None:
    for x in range(60, 640, 15):
        line(picture, (x, 300), (x + 9, 300), 2)


def bent(picture: Picture) -> None:
    x = np.arange(60, 641, 4)
    y = 300 + 12 * np.sin((x - 60) / 580 * np.pi)
    cv2.polylines(picture, [np.column_stack([x, y]).round().astype(np.int32)], False, 0, 3)


def written_on(picture: Picture) -> None:
    line(picture, (60, 300), (640, 300))
    write(picture, "4075 13869", (90, 325))


STATES = [solid, thin, thick, tilted, broken, ragged, dotted, dashed, bent, written_on]


@pytest.mark.parametrize("draw", STATES, ids=lambda draw: draw.__name__)
@pytest.mark.parametrize("upright", [False, True], ids=["across", "down"])
def test_a_rule_is_found_whatever_its_state(draw: Callable[[Picture], None], upright: bool) -> None:
    picture = paper()
    draw(picture)
    rules = rules_of(np.ascontiguousarray(picture.T) if upright else picture)
    found, others = (rules.vertical, rules.horizontal) if upright else (rules.horizontal, rules.vertical)
    assert len(others) == 0
    assert len(found) == 1 or draw in (broken, written_on)
    places = found[:, [1, 0, 3, 2]] if upright else found[:, :4]
    lower = 330 if draw is tilted else 300
    assert places[:, [1, 3]].min() >= 300 - 3
    assert places[:, [1, 3]].max() <= lower + 3
    columns = np.arange(60, 641)
    covered = ((columns >= places[:, :1]) & (columns <= places[:, 2:3])).any(axis=0)
    assert covered.mean() >= 0.92


@pytest.mark.parametrize("thickness", [1, 3, 5])
def test_its_thickness_is_told(thickness: int) -> None:
    picture = paper()
    line(picture, (60, 300), (640, 300), thickness)
    assert find_rules(picture == 0).horizontal[0, 4] == thickness


def text(picture: Picture) -> None:
    for y in range(80, 860, 40):
        cv2.putText(
            picture, "minimum little tittle WITH HELL EEE", (40, y), cv2.FONT_HERSHEY_COMPLEX, 0.8, 0, 1
        )


def numbers(picture: Picture) -> None:
    for y in range(100, 860, 110):
        write(picture, "1171 4-7 -1", (60, y), tall=1.8)


def ones_and_bars(picture: Picture) -> None:
    for x in range(60, 640, 60):
        line(picture, (x, 200), (x + 3, 260), 5)
        line(picture, (x, 400), (x + 30, 398), 5)
        line(picture, (x, 500), (x + 40, 500), 5)
        line(picture, (x + 40, 500), (x + 20, 560), 5)


@pytest.mark.parametrize("draw", [text, numbers, ones_and_bars], ids=lambda draw: draw.__name__)
def test_writing_is_no_rule(draw: Callable[[Picture], None]) -> None:
    picture = paper()
    draw(picture)
    rules = rules_of(picture)
    assert len(rules.horizontal) == 0
    assert len(rules.vertical) == 0
    assert np.array_equal(without_rules(picture, rules), picture)


def test_a_one_between_two_rules_stays() -> None:
    picture = paper()
    for y in (300, 400):
        line(picture, (60, y), (640, y))
    for place, digit in enumerate("1417111"):
        write(picture, digit, (90 + 70 * place, 385), tall=2.2)
    rules = rules_of(picture)
    assert len(rules.horizontal) == 2
    assert len(rules.vertical) == 0


def comb(picture: Picture, left: int = 100, top: int = 300, boxes: int = 8, size: int = 50) -> None:
    for y in (top, top + 60):
        line(picture, (left, y), (left + boxes * size, y))
    for x in range(left, left + boxes * size + 1, size):
        line(picture, (x, top), (x, top + 60))


def test_the_teeth_of_a_comb_and_the_sides_of_boxes_are_rules() -> None:
    picture = paper()
    comb(picture)
    for place, digit in enumerate("40715"):
        write(picture, digit, (108 + 50 * place, 350))
    cv2.rectangle(picture, (100, 500), (150, 550), 0, 2)
    rules = rules_of(picture)
    assert len(rules.horizontal) == 4
    assert sorted(rules.vertical[:, 0].round(-1)) == sorted([*range(100, 501, 50), 100, 150])
    left = without_rules(picture, rules)
    frame = paper()
    comb(frame)
    cv2.rectangle(frame, (100, 500), (150, 550), 0, 2)
    assert (left[frame == 0] == 255).mean() >= 0.97


def ink_over_rules(
    draw: Callable[[Picture], None], digits: NDArray[np.uint8], places: list[tuple[int, int]], size: int
) -> tuple[Picture, NDArray[np.bool_], NDArray[np.bool_]]:
    """A picture; the pixels of its strokes; and those of its rules that are of no stroke."""
    ruled, written = paper(), paper()
    draw(ruled)
    for digit, (x, y) in zip(digits, places, strict=True):
        large = cv2.resize(digit, (size, size), interpolation=cv2.INTER_CUBIC)
        patch = written[y : y + size, x : x + size]
        patch[large > 110] = 0
    return np.minimum(ruled, written), written == 0, (ruled == 0) & (written > 0)


def ruled_paper(picture: Picture) -> None:
    for y in range(80, 860, 70):
        line(picture, (40, y), (660, y), 2)


def table(picture: Picture) -> None:
    for y in range(80, 860, 70):
        line(picture, (40, y), (660, y + 8), 2)
    for x in range(40, 670, 103):
        line(picture, (x, 80), (x - 6, 850), 2)


@pytest.mark.parametrize("draw", [ruled_paper, table], ids=lambda draw: draw.__name__)
@pytest.mark.parametrize("size", [40, 56])
def test_rules_go_and_the_strokes_over_them_stay(
    draw: Callable[[Picture], None], size: int, sample: tuple[NDArray[np.uint8], NDArray[np.int64]]
) -> None:
    """Handwritten digits over rules, of which each pixel is known to be of the one or the other."""
    rng = np.random.default_rng(size)
    places = [
        (int(x + rng.integers(-10, 10)), int(y + rng.integers(-20, 20)))
        for y in range(60, 740, 110)
        for x in range(60, 560, 95)
    ]
    picture, strokes, rules_only = ink_over_rules(draw, sample[0][: len(places)], places, size)
    left = without_rules(picture, rules_of(picture)) < 128
    assert left[strokes].mean() >= 0.97
    assert left[rules_only].mean() <= 0.03


def test_the_pale_fringe_of_a_rule_goes_with_it() -> None:
    picture = paper()
    solid(picture)
    blurred = cv2.GaussianBlur(picture, (0, 0), 0.8)
    left = without_rules(blurred, find_rules(blurred < 150))
    assert left.min() >= 235


@given(arrays(np.bool_, st.tuples(st.integers(1, 60), st.integers(1, 60))))
@settings(max_examples=40)
def test_any_ink_may_be_searched(ink: NDArray[np.bool_]) -> None:
    rules = find_rules(ink)
    assert rules.mask.shape == ink.shape
    assert rules.horizontal.shape[1:] == (5,)
    assert rules.vertical.shape[1:] == (5,)


def test_empty_paper_has_no_rules() -> None:
    rules = rules_of(paper())
    assert len(rules.horizontal) == len(rules.vertical) == 0
    assert not rules.mask.any()
