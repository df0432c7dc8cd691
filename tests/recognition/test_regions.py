"""What stands in the regions of a page, and where that is in the page's file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from inkling.elements import Box, Layout, Page, Quadrilateral, Reading, Region
from inkling.networks.weights import Weights
from inkling.recognition import combs, regions
from inkling.recognition.regions import read_regions
from printed_lines import HEIGHT, STEP, print_line

PAPER = 235


@pytest.fixture(autouse=True)
def combs_of_print(box_reader: Weights, monkeypatch: pytest.MonkeyPatch) -> None:
    """The boxes of combs are read by a reader of print."""
    monkeypatch.setattr(combs, "shipped_weights", lambda name: box_reader)


def page_with(*lines: tuple[str, int, int]) -> NDArray[np.uint8]:
    """A sheet, uint8 (300, 400), with printed lines at (left, top)."""
    sheet = np.full((300, 400), PAPER, np.uint8)
    for text, left, top in lines:
        picture = print_line(text)
        sheet[top : top + HEIGHT, left : left + picture.shape[1]] = picture
    return sheet


def quad_of(text: str, left: int, top: int) -> Quadrilateral:
    """Where such a line stands."""
    return Quadrilateral.of(Box(left, top, left + print_line(text).shape[1], top + HEIGHT))


def line(text: str, left: int, top: int, **known: object) -> Region:
    return Region("line", quad_of(text, left, top), **known)  # type: ignore[arg-type]


def comb(text: str, left: int, top: int, **known: object) -> Region:
    """A comb whose boxes are around the characters of a printed line."""
    lefts = [left + STEP * (1 + place) for place in range(len(text))]
    boxes = tuple(Quadrilateral.of(Box(x - 4, top, x + STEP + 4, top + HEIGHT)) for x in lefts)
    return Region("comb", quad_of(text, left, top), boxes=boxes, **known)  # type: ignore[arg-type]


def centre(box: Box) -> tuple[float, float]:
    return (box.left + box.right) / 2, (box.top + box.bottom) / 2


def test_every_region_is_read_in_its_order(reader: Weights) -> None:
    image = page_with(("4071", 20, 20), ("X42", 200, 90), ("19.5", 40, 200))
    regions = (
        line("19.5", 40, 200, name="third"),
        comb("X42", 200, 90, name="second"),
        line("4071", 20, 20, name="first"),
        line("12", 250, 200, name="empty"),
    )
    readings = read_regions(Layout(Page(image, "form.png", 3), regions), weights=reader)
    assert [reading.text for reading in readings] == ["19.5", "42", "4071", ""]
    assert [readings[place].status for place in (0, 2, 3)] == ["read", "read", "blank"]
    assert {(reading.source, reading.page) for reading in readings} == {("form.png", 3)}
    assert [reading.region for reading in readings] == list(regions)


def test_a_cell_is_seen_within_its_borders(reader: Weights) -> None:
    image = page_with(("407", 20, 20))
    quad = quad_of("407", 20, 20)
    cv2.rectangle(image, (20, 20), (20 + int(quad.box.right) - 20, 20 + HEIGHT), 20, 2)
    [reading] = read_regions(Layout(Page(image), (Region("cell", quad, row=1, column=2),)), weights=reader)
    assert (reading.text, reading.status) == ("407", "read")
    assert reading.region is not None
    assert (reading.region.row, reading.region.column) == (1, 2)


TURN = cv2.getRotationMatrix2D((150, 150), 17, 0.8)


@pytest.mark.parametrize(
    "to_original",
    [
        np.eye(3),
        np.diag([0.5, 0.5, 1.0]),
        np.array([[-1.0, 0, 400], [0, -1, 300], [0, 0, 1]]),  # the file is upside down
        np.vstack([TURN, [0, 0, 1]]),
        np.array([[1.0, 0.1, 5], [0.05, 0.9, -3], [2e-4, 1e-4, 1]]),
    ],
    ids=["as it was", "half as large", "upside down", "turned", "at an angle"],
)
def test_places_are_those_of_the_file(reader: Weights, to_original: NDArray[np.float64]) -> None:
    regions = (line("4071", 20, 20), comb("X42", 200, 90))
    page = Page(page_with(("4071", 20, 20), ("X42", 200, 90)), to_original=to_original)
    of_line, of_comb = read_regions(Layout(page, regions), weights=reader)
    for reading, region, lefts, top in ((of_line, regions[0], 20, 20), (of_comb, regions[1], 200 + STEP, 90)):
        assert reading.region is not None
        assert reading.region.quad == region.quad.through(to_original)
        assert reading.region.boxes == tuple(box.through(to_original) for box in region.boxes)
        for place, character in enumerate(reading.characters):
            x, y = lefts + STEP * (1.5 + place), top + 22
            true = Quadrilateral.of(Box(x - 1, y - 1, x + 1, y + 1)).through(to_original).box
            assert centre(character.box) == pytest.approx(centre(true), abs=4)


@pytest.mark.parametrize("angle", [0, 25, 90, 180])
def test_a_region_that_lies_askew_is_cut_out_upright(reader: Weights, angle: float) -> None:
    turn = cv2.getRotationMatrix2D((200, 150), angle, 1.0)
    image = cv2.warpAffine(page_with(("4071", 120, 130)), turn, (400, 300), borderValue=PAPER)
    quad = quad_of("4071", 120, 130).through(np.vstack([turn, [0, 0, 1]]))
    [reading] = read_regions(Layout(Page(image), (Region("line", quad),)), weights=reader)
    assert reading.text == "4071"


def test_what_is_known_of_a_field_is_kept_to(reader: Weights) -> None:
    image = page_with(("19.5", 20, 20))
    regions = (line("19.5", 20, 20, allowed="0123456789"), line("19.5", 20, 20, length=4))
    digits, four = read_regions(Layout(Page(image), regions), weights=reader)
    assert "." not in digits.text + "".join(other.text for other in digits.alternatives)
    assert (four.text, four.status) == ("19.5", "read")


def test_a_region_over_the_edge_of_the_page_is_read_as_far_as_it_goes(reader: Weights) -> None:
    image = page_with(("407", 20, 20))
    quad = Quadrilateral.of(Box(-30, 10, 130, 70))
    [reading] = read_regions(Layout(Page(image), (Region("line", quad),)), weights=reader)
    assert reading.text == "407"


@pytest.mark.parametrize("box", [Box(10, 10, 60, 13), Box(50, 50, 50, 50), Box(0, 0, 390, 4)])
def test_a_region_that_can_be_no_line_fails_and_the_others_are_read(reader: Weights, box: Box) -> None:
    image = page_with(("407", 20, 100))
    regions = (Region("line", Quadrilateral.of(box)), line("407", 20, 100))
    failed, read = read_regions(Layout(Page(image), regions), weights=reader)
    assert (failed.status, failed.text) == ("failed", "")
    assert failed.reason
    assert read.text == "407"


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_paper_is_blank(reader: Weights, grey: int) -> None:
    image = np.full((300, 400), grey, np.uint8)
    [reading] = read_regions(Layout(Page(image), (line("407", 20, 20),)), weights=reader)
    assert (reading.status, reading.confidence) == ("blank", 1.0)


def test_a_coloured_page_is_read_like_its_grey(reader: Weights) -> None:
    image = page_with(("407", 20, 20))
    regions = (line("407", 20, 20),)
    [grey] = read_regions(Layout(Page(image), regions), weights=reader)
    [coloured] = read_regions(Layout(Page(np.stack([image] * 3, axis=2)), regions), weights=reader)
    assert replace(grey, characters=()) == replace(coloured, characters=())


def test_a_page_without_regions_has_no_readings(reader: Weights) -> None:
    readings: tuple[Reading, ...] = read_regions(Layout(Page(page_with()), ()), weights=reader)
    assert readings == ()


def test_a_cell_has_paper_on_its_right_and_a_line_has_none(
    reader: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[NDArray[np.uint8]] = []
    read = regions.read_lines

    def watched(pictures: Sequence[NDArray[np.uint8]], **known: Any) -> list[Reading]:
        seen.extend(pictures)
        return read(pictures, **known)

    monkeypatch.setattr(regions, "read_lines", watched)
    image = page_with(("4071", 20, 20))
    line_of_it = line("4071", 20, 20)
    readings = read_regions(
        Layout(Page(image, "card.png", 1), (line_of_it, replace(line_of_it, kind="cell"))), weights=reader
    )
    assert [reading.text for reading in readings] == ["4071", "4071"]
    as_line, as_cell = seen
    height, width = as_cell.shape
    within = round(quad_of("4071", 20, 20).corners[1][0] - 20 - 2 * 0.04 * HEIGHT)
    assert width - within == pytest.approx(0.4 * height, abs=1)
    assert (as_cell[:, within:] == PAPER).all()
    assert as_line.shape[1] == pytest.approx(print_line("4071").shape[1] + 2 * 0.1 * HEIGHT, abs=1)
