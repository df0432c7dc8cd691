from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pypdfium2 as pdfium
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from read_pages import cell, example, failed, page_of, picture_of, reading

from inkling.elements import Box, Page, Quadrilateral
from inkling.export.annotated import Annotated
from inkling.export.crops import Crops, cut
from inkling.export.marks import draw_marks, draw_sheet, kind_of, label_of

PAPER = 235


def opened(path: Path) -> NDArray[np.uint8]:
    return cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)


def coloured(picture: NDArray[np.uint8], colour: tuple[int, int, int]) -> NDArray[np.bool_]:
    """Where a picture has nearly a colour."""
    return np.abs(picture.astype(int) - colour).max(axis=2) < 24


@pytest.mark.parametrize(
    ("text", "confidence", "reason", "status", "kind", "label"),
    [
        ("42", 0.999, "", None, "99 % or more", "42"),
        ("42", 0.95, "", None, "90 to 99 %", "42"),
        ("42", 0.999, "It looks strange.", None, "below 90 %, or doubtful", "42 (100%)"),
        ("42", 0.7, "Others are probable.", None, "below 90 %, or doubtful", "42 (70%)"),
        ("42", 0.3, "Others are probable.", None, "below 50 %", "42 (30%)"),
        ("", 0.99, "", "blank", "blank", ""),
        ("", 0.9, "It is crossed out.", "illegible", "illegible", "?"),
        ("", 0.0, "It is 3 pixels high.", "failed", "failed", "?"),
    ],
)
def test_what_a_reading_counts_as_and_what_is_written_beside_it(
    text: str, confidence: float, reason: str, status: str | None, kind: str, label: str
) -> None:
    each = reading(text, Box(0, 0, 9, 9), confidence=confidence, reason=reason, status=status)
    assert kind_of(each).name == kind
    assert label_of(each) == label


def test_the_page_stands_below_a_legend_and_each_box_has_its_colour() -> None:
    page = example()
    drawn = draw_marks(picture_of(page).image, page)
    strip = drawn.shape[0] - 400
    assert drawn.shape[1:] == (600, 3)
    assert 20 < strip < 80
    for each in page.readings:
        assert each.region is not None
        box = each.region.quad.box
        around = drawn[strip + int(box.top) - 1 : strip + int(box.bottom) + 2, int(box.left) : int(box.right)]
        assert coloured(around, kind_of(each).colour).sum() > 60, each
        assert coloured(drawn[:strip], kind_of(each).colour).any(), each


def test_numbers_are_written_outside_of_what_is_written_where_there_is_room() -> None:
    page = page_of(reading("4071", Box(240, 180, 360, 220)))
    picture = picture_of(page)
    drawn = draw_marks(picture.image, page)[-400:]
    assert np.array_equal(drawn[184:216, 244:356, 0], picture.image[184:216, 244:356])
    changed = (drawn[..., 0] != picture.image).any(axis=1)
    assert np.flatnonzero(changed)[0] < 170


@settings(max_examples=25)
@given(st.integers(0, 160), st.integers(0, 90), st.integers(1, 200), st.integers(1, 100))
def test_a_label_stays_on_the_page(left: int, top: int, width: int, height: int) -> None:
    page = page_of(reading("123456", Box(left, top, left + width, top + height)))
    drawn = draw_marks(np.full((100, 170), PAPER, np.uint8), page)
    assert drawn.shape[1] == 170
    assert coloured(drawn[-100:], kind_of(page.readings[0]).colour).sum() > 30


def test_labels_of_a_full_table_do_not_hide_one_another() -> None:
    cells = [cell(row, column, "8") for row in range(3) for column in range(3)]
    blank = np.full((400, 600), PAPER, np.uint8)
    colour = kind_of(cells[0]).colour
    apart = sum(coloured(draw_marks(blank, page_of(each))[-400:], colour).sum() for each in cells)
    together = coloured(draw_marks(blank, page_of(*cells))[-400:], colour).sum()
    assert together > 0.9 * apart


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (40, 12)])
def test_no_picture_is_too_small_to_be_drawn_on(size: tuple[int, int]) -> None:
    drawn = draw_marks(np.full(size, PAPER, np.uint8), page_of(reading("4071", Box(0, 0, 5, 2))))
    assert drawn.shape[1] == size[1]


def test_a_page_that_failed_says_why() -> None:
    blank = np.full((400, 600), PAPER, np.uint8)
    drawn = draw_marks(blank, failed("a.png", 1))
    assert np.array_equal(drawn[-400:, :, 0], blank)
    assert (drawn[:-400] < 128).any()
    assert (draw_sheet(["a.pdf", "It is encrypted. " * 30]) < 128).any()


def test_pages_are_pictures_or_one_pdf(tmp_path: Path) -> None:
    for name in ("out.png", "out.annotated.pdf"):
        with Annotated(tmp_path / name) as writer:
            writer.write(picture_of(example(), colour=True), example())
            writer.write(None, failed())
    assert np.array_equal(
        opened(tmp_path / "out.png"), draw_marks(picture_of(example(), colour=True).image, example())
    )
    assert (opened(tmp_path / "out-2.png") < 128).any()
    pdf = pdfium.PdfDocument(tmp_path / "out.annotated.pdf")
    assert len(pdf) == 2
    seen = pdf[0].render(scale=100 / 72).to_numpy()[..., ::-1]
    wanted = opened(tmp_path / "out.png")
    assert seen.shape == wanted.shape
    assert np.abs(seen.astype(int) - wanted).mean() < 3


def numbered(height: int, width: int) -> NDArray[np.uint8]:
    return (np.arange(height * width) % 251).astype(np.uint8).reshape(height, width)


@given(st.integers(0, 30), st.integers(0, 20), st.integers(1, 30), st.integers(1, 20))
def test_an_upright_place_is_cut_out_pixel_by_pixel(left: int, top: int, width: int, height: int) -> None:
    image = numbered(40, 60)
    found = cut(image, Quadrilateral.of(Box(left, top, left + width, top + height)))
    assert np.array_equal(found, image[top : top + height, left : left + width])


@pytest.mark.parametrize("turns", range(4))
def test_a_turned_place_comes_out_upright(turns: int) -> None:
    corners = [(10.0, 5.0), (40.0, 5.0), (40.0, 25.0), (10.0, 25.0)]
    image = numbered(40, 60)
    upright = image[5:25, 10:40]
    for _ in range(turns):
        corners = [(image.shape[0] - y, x) for x, y in corners]
        image = np.rot90(image, -1).copy()
    assert np.array_equal(cut(image, Quadrilateral(tuple(corners))), upright)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "box", [Box(-50, -50, -40, -40), Box(0, 0, 1e7, 1e7), Box(5, 5, 5, 5), Box(50, 30, 90, 60)]
)
def test_no_place_is_too_strange_to_be_cut(box: Box) -> None:
    found = cut(numbered(40, 60), Quadrilateral.of(box))
    assert 1 <= found.shape[0] <= 73
    assert 1 <= found.shape[1] <= 73


@pytest.mark.parametrize(("left", "width"), [(39_000, 20), (100, 39_000)])
def test_no_page_is_too_wide_to_be_cut(left: int, width: int) -> None:
    image = numbered(12, 40_000)
    found = cut(image, Quadrilateral.of(Box(left, 0, left + width, 12)))
    middle = found.shape[1] // 2
    assert np.array_equal(found[:, middle], image[:, left + width // 2])


def test_crops_are_cut_from_the_original_colours(tmp_path: Path) -> None:
    page = page_of(reading("42", Box(40, 40, 100, 70), name="sum"), reading("7", Box(200, 40, 230, 70)))
    picture = picture_of(page, colour=True)
    with Crops(tmp_path / "crops") as crops:
        crops.write(picture, page)
        crops.write(None, failed())
        crops.write(Page(picture.image), page_of(number=2))
    made = sorted(path.name for path in (tmp_path / "crops").iterdir())
    assert made == ["sheet-p1-2.png", "sheet-p1-sum.png"]
    assert np.array_equal(opened(tmp_path / "crops" / "sheet-p1-sum.png"), picture.image[40:70, 40:100])
