"""Every handwritten number on a page is found; words, print and dirt are left alone."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from scattered_numbers import number, overlap, put, word

from inkling.elements import Box, Page
from inkling.layout.anywhere import find_numbers

WIDTH, HEIGHT = 1000, 700

Image = NDArray[np.uint8]


def paper() -> Image:
    return np.full((HEIGHT, WIDTH), 255, np.uint8)


def found(image: Image, *, printed: bool = False) -> list[Box]:
    return [region.quad.box for region in find_numbers(Page(image), printed=printed).regions]


def write_print(image: Image, text: str, left: int, bottom: int) -> Box:
    """Evenly printed letters."""
    font, scale = cv2.FONT_HERSHEY_SIMPLEX, 1.2
    cv2.putText(image, text, (left, bottom), font, scale, 0, 3, cv2.LINE_AA)
    (across, down), _ = cv2.getTextSize(text, font, scale, 3)
    return Box(left, bottom - down, left + across, bottom)


def test_numbers_are_found_in_the_order_of_reading() -> None:
    """On each of eight pages; of their 44 numbers three at most are lost, and none comes in pieces."""
    written, found_whole = 0, 0
    for seed in range(8):
        rng = np.random.default_rng(seed)
        image, places = paper(), []
        for place in sorted(rng.choice(12, seed + 2, replace=False).tolist()):
            text = str(rng.integers(100, 10_000))  # so that neighbours stand apart
            left, top = 30 + 320 * (place % 3), 40 + 160 * (place // 3)
            ink = number(text, rng)
            places.append(put(image, ink, left + int(rng.integers(0, 60)), top + int(rng.integers(0, 12))))
        boxes = found(image)
        rows = [row for box in boxes for row, place in enumerate(places) if overlap(box, place) > 0.5]
        assert rows == sorted(set(rows))
        assert len(boxes) == len(rows), "nothing else is taken for a number"
        written += len(places)
        found_whole += len(rows)
    assert found_whole >= written - 3


def test_words_around_a_number_are_left_alone() -> None:
    rng = np.random.default_rng(1)
    image = paper()
    for row, line in enumerate((("Yesterday", "we", "counted"), ("many", "swallows", "flying"))):
        for column, text in enumerate(line):
            put(image, word(text, rng), 30 + 320 * column, 60 + 200 * row)
    place = put(image, number("2674", rng), 400, 520)
    (box,) = found(image)
    assert overlap(box, place) > 0.5


def test_printed_numbers_are_found_only_on_request() -> None:
    image = paper()
    for row in range(5):
        write_print(image, "these are words of print and", 40, 80 + 70 * row)
    write_print(image, "the total of", 40, 500)
    place = write_print(image, "5083", 330, 500)
    hand = put(image, number("7294", np.random.default_rng(2)), 600, 580)
    layout = find_numbers(Page(image))
    assert [region.printed for region in layout.regions] == [False]
    assert overlap(layout.regions[0].quad.box, hand) > 0.5
    both = find_numbers(Page(image), printed=True).regions
    assert any(region.printed and overlap(region.quad.box, place) > 0.5 for region in both)
    assert any(not region.printed and overlap(region.quad.box, hand) > 0.5 for region in both)


@pytest.mark.parametrize("thickness", [2, 4])
def test_a_number_in_a_box_is_found_without_the_box(thickness: int) -> None:
    image = paper()
    place = put(image, number("4096", np.random.default_rng(3)), 300, 200)
    corner, opposite = (280, 180), (600, 270)
    cv2.rectangle(image, corner, opposite, 0, thickness)
    layout = find_numbers(Page(image))
    (region,) = layout.regions
    assert overlap(region.quad.box, place) > 0.7
    assert layout.page.image[180, 300:590].min() > 200, "the border is painted over"


def test_digits_in_a_comb_are_one_number() -> None:
    image, rng = paper(), np.random.default_rng(4)
    for tooth, digit in enumerate("83652"):
        left = 200 + 70 * tooth
        put(image, number(digit, rng, size=44), left + 20, 214)
        cv2.rectangle(image, (left, 200), (left + 70, 274), 0, 2)
    (box,) = found(image)
    assert box.left < 240
    assert box.right > 490


def test_what_is_no_number_is_painted_over_and_numbers_stay() -> None:
    image = paper()
    rng = np.random.default_rng(5)
    put(image, word("Hello", rng), 100, 100)
    place = put(image, number("358", rng), 500, 400)
    layout = find_numbers(Page(image))
    rows, columns = slice(int(place.top), int(place.bottom)), slice(int(place.left), int(place.right))
    assert np.array_equal(layout.page.image[rows, columns], image[rows, columns])
    rest = layout.page.image.copy()
    rest[rows, columns] = 255
    assert rest.min() > 200
    assert [change.name for change in layout.page.changes] == ["cleared"]


@pytest.mark.parametrize("level", [255, 250, 128])
def test_an_empty_page_has_no_numbers(level: int) -> None:
    assert found(np.full((HEIGHT, WIDTH), level, np.uint8)) == []


@pytest.mark.parametrize("shape", [(1, 1), (3, 900), (40, 2)])
def test_a_page_may_be_tiny(shape: tuple[int, int]) -> None:
    assert found(np.full(shape, 255, np.uint8)) == []


@pytest.mark.parametrize("kind", ["grain", "salt", "specks"])
def test_noise_has_few_numbers(kind: str) -> None:
    rng = np.random.default_rng(6)
    image = paper()
    if kind == "grain":
        image = np.clip(rng.normal(235, 12, image.shape), 0, 255).astype(np.uint8)
    elif kind == "salt":
        image[rng.random(image.shape) < 0.05] = 0
    else:
        specks = (rng.random(image.shape) < 0.0005).astype(np.uint8)
        image[cv2.dilate(specks, np.ones((7, 5), np.uint8)) > 0] = 0
    assert len(found(image)) <= 3


def test_numbers_close_above_each_other_are_found_line_by_line() -> None:
    rng = np.random.default_rng(4)
    image, lines = paper(), []
    for row, text in enumerate(("275", "644", "395", "286")):
        # Each digit a little lower than the one before, so that neighbouring lines reach into each other.
        places = [
            put(image, number(digit, rng), 300 + 50 * place, 100 + 62 * row + 11 * place)
            for place, digit in enumerate(text)
        ]
        lines.append(Box(places[0].left, places[0].top, places[-1].right, places[-1].bottom))
    boxes = found(image)
    assert len(boxes) == 4
    assert all(overlap(*pair) > 0.5 for pair in zip(boxes, lines, strict=True))


@pytest.mark.parametrize(("length", "led"), [(20, False), (180, True)])
def test_a_stroke_that_leads_to_a_number_is_no_minus(length: int, led: bool) -> None:
    image = paper()
    place = put(image, number("2674", np.random.default_rng(1)), 400, 300)
    middle = round((place.top + place.bottom) / 2)
    cv2.line(image, (round(place.left) - 12 - length, middle), (round(place.left) - 12, middle), 40, 4)
    (box,) = found(image)
    assert (box.left > place.left - 12) == led
