"""Drawings of readings show what they are given: read back from the figures' own data."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from drawn_numbers import ALPHABET, number, paper, texts
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from numpy.typing import NDArray

from inkling.elements import Reading, Status
from inkling.evaluation.canvas import BLUE, OCHRE, QUIET, RED, save_figure
from inkling.evaluation.drawing_readings import MOST_READINGS, _spread, draw_reading, draw_readings


def rectangles(figure: Figure, *, outlined: bool) -> list[tuple[list[float], str]]:
    """Left, top, width and height in inches, and the colour, of boxes (outlined) or bars (filled)."""
    found = []
    for patch in figure.axes[0].patches:
        if patch.get_fill() != outlined and patch.get_alpha() is None:
            colour = patch.get_edgecolor() if outlined else patch.get_facecolor()
            place = [patch.get_x(), patch.get_y(), patch.get_width(), patch.get_height()]
            found.append((place, to_hex(colour)))
    return found


def bars(figure: Figure) -> list[tuple[float, str]]:
    """Length, as a part of the pale bar under it, and colour of each bar, in the order drawn."""
    filled = rectangles(figure, outlined=False)
    return [
        (bar[2] / pale[2], colour) for (pale, _), (bar, colour) in zip(filled[::2], filled[1::2], strict=True)
    ]


def test_the_boxes_stand_where_the_characters_do_on_the_picture() -> None:
    picture, reading = paper(), number("407")
    figure = draw_reading(picture, reading, ALPHABET)
    (shown,) = figure.axes[0].images
    assert (shown.get_array() == picture).all()
    left, right, bottom, top = shown.get_extent()
    scale = (right - left) / 200
    assert (bottom - top) / 40 == pytest.approx(scale)
    (frame, _), *boxes = rectangles(figure, outlined=True)
    assert frame == pytest.approx([left, top, 200 * scale, 40 * scale])
    for (place, colour), each in zip(boxes, reading.characters, strict=True):
        expected = [left + each.box.left * scale, top + each.box.top * scale, 12 * scale, 25 * scale]
        assert place == pytest.approx(expected)
        assert colour == BLUE


def test_bars_are_as_long_as_the_probabilities_of_the_four_most_probable() -> None:
    reading = number("407", ("401", 0.08), ("4", 0.01), least=0.6)
    drawn = bars(draw_reading(paper(), reading, ALPHABET))
    lengths = [length for length, _ in drawn]
    for place, each in enumerate(reading.characters):
        most = sorted(each.probabilities, reverse=True)[:4]
        assert lengths[4 * place : 4 * place + 4] == pytest.approx(most)
    assert lengths[12:] == pytest.approx([0.9, 0.08, 0.01])
    colours = [colour for _, colour in drawn]
    assert [colours[0], colours[4], colours[8], colours[12]] == [BLUE, BLUE, OCHRE, BLUE]
    assert len(set(colours[1:4] + colours[13:])) == 1


def test_the_number_its_confidence_and_its_alternatives_are_written() -> None:
    figure = draw_reading(paper(), number("407", ("401", 0.08), ("4", 0.01)), ALPHABET)
    written = texts(figure)
    assert written[0] == "407"
    assert written[1] == "90.0 % sure; novelty 0.50"
    assert [text for text in written if text in ("401", "4")][-2:] == ["401", "4"]
    assert {"8.0 %", "1.0 %", "The whole number"} <= set(written)


def test_the_seventh_alternative_is_left_out_and_without_any_there_is_no_list() -> None:
    others = [(str(1000 + n), 0.01) for n in range(7)]
    written = texts(draw_reading(paper(), number("999", *others), ALPHABET))
    assert ("1005" in written, "1006" in written) == (True, False)
    assert "The whole number" not in texts(draw_reading(paper(), number("999"), ALPHABET))


def test_what_is_not_quite_certain_does_not_claim_to_be() -> None:
    written = texts(draw_reading(paper(), number("7", confidence=0.9999, least=0.99999), ALPHABET))
    assert "> 99.9 % sure; novelty 0.50" in written
    assert "> 99.9" in written
    certain = texts(draw_reading(paper(), number("7", confidence=1.0, least=1.0), ALPHABET))
    assert {"100.0 % sure; novelty 0.50", "100.0"} <= set(certain)


@pytest.mark.parametrize(
    ("status", "confidence", "line", "colour"),
    [
        ("blank", 0.97, "97.0 % sure. There is no ink.", QUIET),
        ("illegible", 0.7, "70.0 % sure. There is no ink.", OCHRE),
        ("failed", 0.0, "There is no ink.", RED),
    ],
)
def test_a_reading_without_a_text_says_what_came_of_it_and_why(
    status: Status, confidence: float, line: str, colour: str
) -> None:
    figure = draw_reading(paper(), Reading("", confidence, status, "There is no ink."), ALPHABET)
    assert texts(figure) == [status, line]
    assert figure.axes[0].texts[0].get_color() == colour
    assert bars(figure) == []


def test_a_doubtful_reading_says_why_in_lines_that_fit_the_figure(tmp_path: Path) -> None:
    reason = "It could also be 4011, and it is unlike all the numbers that were trained on. " * 3
    figure = draw_reading(paper(), Reading("4071", 0.6, "doubtful", reason.strip()), ALPHABET)
    title, *lines = texts(figure)
    assert title == "4071"
    assert " ".join(lines) == f"doubtful, 60.0 % sure. {reason.strip()}"
    assert len(lines) > 2
    save_figure(figure, tmp_path / "doubtful.png")
    edge = figure.bbox.width
    assert all(text.get_window_extent().x1 < edge for text in figure.axes[0].texts)


@pytest.mark.parametrize(
    "picture",
    [
        paper(30, 20),
        paper(1, 1),
        paper(20, 3000),
        paper(2000, 30),
        paper(480, 6000),
        np.stack([paper()] * 3, axis=-1),
    ],
    ids=["digit", "pixel", "wide", "tall", "large", "coloured"],
)
@pytest.mark.parametrize("text", ["7", "120456789012", "12045678901234567890"])
def test_pictures_and_numbers_of_any_size_stay_on_the_figure(
    picture: NDArray[np.uint8], text: str, tmp_path: Path
) -> None:
    figure = draw_reading(picture, number(text, (text[::-1], 0.05)), ALPHABET)
    save_figure(figure, tmp_path / "reading.png")
    wide, high = figure.get_size_inches()
    assert wide < 16
    assert high < 8
    left, right, bottom, top = figure.axes[0].images[0].get_extent()
    assert 0 <= left < right <= wide
    assert 0 <= top < bottom <= high
    for label in figure.axes[0].texts:
        extent = label.get_window_extent()
        assert extent.x0 >= 0
        assert extent.x1 <= figure.bbox.width


def test_probabilities_of_another_alphabet_are_refused() -> None:
    with pytest.raises(ValueError, match="13 probabilities for 10 characters"):
        draw_reading(paper(), number("7"), ALPHABET[:10])


centres = st.lists(st.floats(0, 10), min_size=1, max_size=8)


@given(centres)
def test_places_are_moved_apart_and_stay_within_bounds(places: list[float]) -> None:
    moved = _spread(places, 1.0, 0.5, 9.5)
    assert (np.diff(moved) >= 1 - 1e-9).all()
    assert moved[0] >= 0.5
    assert moved[-1] <= 9.5 + 1e-9


@given(centres, st.integers(0, 1000))
def test_no_other_places_that_far_apart_are_nearer(places: list[float], seed: int) -> None:
    moved = np.array(_spread(places, 1.0, -100, 100))
    random = np.random.default_rng(seed)
    other = moved + random.normal(0, 1) + np.cumsum(random.exponential(0.3, len(moved)))
    assert ((moved - places) ** 2).sum() <= ((other - places) ** 2).sum() + 1e-9


def test_places_that_are_far_enough_apart_stay() -> None:
    assert _spread([1.0, 2.5, 4.0], 1.0, 0, 10) == pytest.approx([1.0, 2.5, 4.0])
    assert _spread([2.0, 2.0], 1.0, 0, 10) == pytest.approx([1.5, 2.5])


def axes_of(figure: Figure) -> list[list[str]]:
    """What is written in each of the figure's axes."""
    return [[text.get_text() for text in axes.texts] for axes in figure.axes]


def test_several_readings_stand_on_one_sheet_each_under_its_source() -> None:
    readings = [replace(number(text, ("1", 0.1)), source=f"scans/{text}.png") for text in ("407", "12")]
    figure = draw_readings([paper(), paper(60, 90)], readings, ALPHABET)
    whole, first, second = axes_of(figure)
    assert whole == ["407.png", "12.png"]
    assert [first[0], second[0]] == ["407", "12"]
    for axes, reading in zip(figure.axes[1:], readings, strict=True):
        alone = draw_reading(axes.images[0].get_array(), reading, ALPHABET)
        assert [text.get_text() for text in axes.texts] == texts(alone)
        assert [axes.get_xlim()[1], axes.get_ylim()[0]] == pytest.approx(alone.get_size_inches())
    upper, lower = (axes.get_position() for axes in figure.axes[1:])
    assert lower.y1 < upper.y0
    assert max(upper.x1, lower.x1) == pytest.approx(1)


def test_a_page_is_named_and_a_long_name_is_cut_to_its_end() -> None:
    readings = [
        replace(number("407"), source=source, page=page) for source, page in (("a.tif", 1), ("a.tif", 2))
    ]
    readings.append(replace(number("407"), source="x" * 300 + "end.png"))
    whole, *_ = axes_of(draw_readings([paper()] * 3, readings, ALPHABET))
    assert whole[:2] == ["a.tif", "a.tif, page 2"]
    assert (whole[2][0], whole[2][-7:]) == ("…", "end.png")
    assert len(whole[2]) < 150


def test_wide_readings_stand_one_below_the_other() -> None:
    figure = draw_readings([paper(40, 1500)] + [paper()] * 3, [number("407")] * 4, ALPHABET)
    assert {round(axes.get_position().x0, 3) for axes in figure.axes[1:]} == {0}
    assert figure.get_size_inches()[0] < 14


@pytest.mark.parametrize(
    ("count", "columns", "rows"), [(2, 1, 2), (3, 1, 3), (4, 2, 2), (11, 2, 6), (20, 2, 6)]
)
def test_a_sheet_of_readings_has_two_columns_of_many_and_ends_at_twelve(
    count: int, columns: int, rows: int
) -> None:
    figure = draw_readings([paper()] * count, [number("407")] * count, ALPHABET)
    places = [axes.get_position() for axes in figure.axes[1:]]
    assert len(places) == min(count, MOST_READINGS)
    assert len({round(place.x0, 3) for place in places}) == columns
    assert len({round(place.y1, 3) for place in places}) == rows


def test_one_reading_on_a_sheet_is_that_reading_drawn_alone() -> None:
    sheet, alone = (
        draw_readings([paper()], [number("407")], ALPHABET),
        draw_reading(paper(), number("407"), ALPHABET),
    )
    assert texts(sheet) == texts(alone)
    assert sheet.get_size_inches() == pytest.approx(alone.get_size_inches())


@pytest.mark.parametrize("count", [0, 1])
def test_a_sheet_wants_a_reading_for_each_picture(count: int) -> None:
    with pytest.raises(ValueError, match=f"2 pictures for {count} readings|0 pictures for 0 readings"):
        draw_readings([paper()] * (2 * count), [number("407")] * count, ALPHABET)


def test_a_mark_is_not_drawn_among_the_characters() -> None:
    alphabet = (*ALPHABET, "crossed out")
    first, *others = number("407").characters
    marked = replace(first, probabilities=(*(0.5 * p for p in first.probabilities), 0.5))
    rest = [replace(each, probabilities=(*each.probabilities, 0.0)) for each in others]
    reading = replace(number("407"), characters=(marked, *rest))
    assert "crossed out" not in texts(draw_reading(paper(), reading, alphabet))
