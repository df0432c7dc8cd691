from __future__ import annotations

import io
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pypdfium2 as pdfium
import pytest
from read_pages import example, failed, page_of, picture_of, reading

from inkling.elements import Box, Page, PageReadings, Quadrilateral
from inkling.export.pdf import Pdf, Text
from inkling.export.searchable import SearchablePdf

INCH = 72 / 100
"""Points to a pixel of the example, which has 100 pixels to an inch."""


def opened(path: Path, *pages: tuple[Page | None, PageReadings]) -> pdfium.PdfDocument:
    with SearchablePdf(path) as writer:
        for page, readings in pages:
            writer.write(page, readings)
    return pdfium.PdfDocument(path)


def words(page: pdfium.PdfPage) -> list[str]:
    return page.get_textpage().get_text_bounded().split()


def place_of(page: pdfium.PdfPage, word: str) -> Box:
    """Where a word is found, in points from the left upper corner."""
    text = page.get_textpage()
    start, count = text.search(word).get_next()
    boxes = np.array([text.get_charbox(start + place, loose=True) for place in range(count)])
    (left, bottom), (right, top) = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    high = page.get_height()
    return Box(left, high - top, right, high - bottom)


def test_every_number_is_found_and_nothing_else(tmp_path: Path) -> None:
    pdf = opened(tmp_path / "out.pdf", (picture_of(example()), example()))
    assert words(pdf[0]) == ["4071", "88", "2024", "7", "12", "0034", "-5.5"]


@pytest.mark.parametrize(
    ("word", "box"),
    [
        ("4071", Box(40, 40, 130, 70)),
        ("2024", Box(40, 120, 160, 155)),
        ("7", Box(40, 330, 70, 370)),
        ("0034", Box(300, 240, 370, 280)),
    ],
)
def test_a_number_is_found_where_it_stands(word: str, box: Box, tmp_path: Path) -> None:
    pdf = opened(tmp_path / "out.pdf", (picture_of(example()), example()))
    skip = 1 if word == "7" else 0  # the first 7 is that of 4071
    text = pdf[0].get_textpage()
    search = text.search(word)
    start = [search.get_next()[0] for _ in range(skip + 1)][-1]
    first, last = (text.get_charbox(start + place, loose=True) for place in (0, len(word) - 1))
    high = pdf[0].get_height()
    assert first[0] == pytest.approx(box.left * INCH, abs=1)
    assert last[2] == pytest.approx(box.right * INCH, abs=1)
    assert high - first[3] == pytest.approx(box.top * INCH, abs=1)
    assert high - first[1] == pytest.approx(box.bottom * INCH, abs=1)


def test_a_short_number_in_a_wide_place_lies_on_its_characters(tmp_path: Path) -> None:
    page = page_of(reading("47", Box(300, 100, 340, 130)))
    (number,) = page.readings
    wide = page_of(
        reading("47", Box(100, 95, 500, 135)),
        reading("5", Box(100, 295, 500, 335)),
    )
    wide = replace(wide, readings=(replace(wide.readings[0], characters=number.characters), wide.readings[1]))
    pdf = opened(tmp_path / "out.pdf", (picture_of(wide), wide))
    found = place_of(pdf[0], "47")
    assert found.left == pytest.approx(300 * INCH, abs=1)
    assert found.right == pytest.approx(340 * INCH, abs=1)
    assert place_of(pdf[0], "5").right == pytest.approx(500 * INCH, abs=1)


@pytest.mark.parametrize("turns", range(4))
def test_numbers_on_a_turned_page_lie_along_their_writing(turns: int, tmp_path: Path) -> None:
    corners = [(100.0, 100.0), (220.0, 100.0), (220.0, 140.0), (100.0, 140.0)]
    for _ in range(turns):
        corners = [(400 - y, x) for x, y in corners]
    quad = Quadrilateral(tuple(corners))  # type: ignore[arg-type]
    page = page_of(reading("4.7-1", quad))
    image = np.full((400, 400), 255, np.uint8)
    pdf = opened(tmp_path / "out.pdf", (Page(image, dpi=100), page))
    assert words(pdf[0]) == ["4.7-1"]
    found, box = place_of(pdf[0], "4.7-1"), quad.box
    for side in ("left", "top", "right", "bottom"):
        assert getattr(found, side) == pytest.approx(getattr(box, side) * INCH, abs=1), side


def test_neighbours_in_a_table_are_not_run_together(tmp_path: Path) -> None:
    boxes = [Box(40 + 50 * place, 40, 90 + 50 * place, 80) for place in range(4)]
    page = page_of(*(reading(text, box) for text, box in zip(("12", "3", "456", "78"), boxes, strict=True)))
    pdf = opened(tmp_path / "out.pdf", (picture_of(page), page))
    assert words(pdf[0]) == ["12", "3", "456", "78"]


@pytest.mark.parametrize(("dpi", "points"), [(100, (432, 288)), (300, (144, 96)), (None, (288, 192))])
def test_a_page_is_as_large_as_on_paper(dpi: float | None, points: tuple[int, int], tmp_path: Path) -> None:
    picture = Page(np.full((400, 600), 255, np.uint8), dpi=dpi)
    pdf = opened(tmp_path / "out.pdf", (picture, page_of()))
    assert pdf[0].get_size() == pytest.approx(points, abs=0.01)


def test_no_resolution_makes_a_page_larger_than_viewers_take(tmp_path: Path) -> None:
    pdf = opened(tmp_path / "out.pdf", (Page(np.full((40, 2000), 255, np.uint8), dpi=1), page_of()))
    assert pdf[0].get_size() == pytest.approx((14_400, 288))


@pytest.mark.parametrize("colour", [False, True])
def test_the_picture_is_the_original_and_the_text_unseen(colour: bool, tmp_path: Path) -> None:
    picture = picture_of(example(), colour=colour)
    pdf = opened(tmp_path / "out.pdf", (picture, example()))
    seen = pdf[0].render(scale=1 / INCH).to_numpy()[..., ::-1]
    wanted = picture.image if colour else np.stack([picture.image] * 3, axis=2)
    assert seen.shape == wanted.shape
    assert np.abs(seen.astype(int) - wanted).mean() < 2


def test_black_and_white_is_kept_without_loss(tmp_path: Path) -> None:
    image = np.where(np.random.default_rng(0).random((50, 83)) < 0.5, np.uint8(0), np.uint8(255))
    pdf = opened(tmp_path / "out.pdf", (Page(image, dpi=72), page_of()))
    assert np.array_equal(pdf[0].render(scale=1, grayscale=True).to_numpy(), image)


@pytest.mark.parametrize("shape", [(2, 66_000), (2, 66_000, 3)])
def test_a_picture_too_wide_for_jpeg_is_kept_as_well(shape: tuple[int, ...]) -> None:
    file = io.BytesIO()
    pdf = Pdf(file)
    pdf.add_page(np.full(shape, 77, np.uint8), 10_000)
    pdf.finish()
    (picture,) = pdfium.PdfDocument(file.getvalue())[0].get_objects()
    assert picture.get_px_size() == (66_000, 2)
    assert set(picture.get_bitmap().to_numpy()[..., :3].ravel().tolist()) == {77}


def test_pages_keep_their_places_when_one_could_not_be_opened(tmp_path: Path) -> None:
    second = page_of(reading("42", Box(40, 40, 130, 70)), number=3)
    pdf = opened(
        tmp_path / "out.pdf",
        (picture_of(example()), example()),
        (None, failed("scan.pdf", 2)),
        (picture_of(second), second),
    )
    assert [words(page) for page in pdf][1:] == [[], ["42"]]
    assert (pdf[1].render(grayscale=True).to_numpy() < 128).any()


@pytest.mark.parametrize("text", ["(4)", "\\7", "4)Tj", "½€", "漢"])
def test_no_text_breaks_the_page(text: str) -> None:
    file = io.BytesIO()
    pdf = Pdf(file)
    pdf.add_page(np.full((100, 200), 255, np.uint8), 72, [Text(text, (20, 60), (120, 60), 30)])
    pdf.finish()
    (word,) = words(pdfium.PdfDocument(file.getvalue())[0])
    assert word == text.encode("cp1252", errors="replace").decode("cp1252")


def test_the_table_of_contents_points_at_the_objects() -> None:
    file = io.BytesIO()
    pdf = Pdf(file)
    for shade in (0, 100, 200):
        pdf.add_page(np.full((30, 20), shade, np.uint8), 72)
    pdf.finish()
    data = file.getvalue()
    start = int(re.findall(rb"startxref\n(\d+)\n%%EOF\n$", data)[0])
    places = re.findall(rb"^(\d{10}) 00000 n \n", data[start:], re.MULTILINE)
    assert len(places) == 12
    for number, place in enumerate(places, 1):
        assert data[int(place) :].startswith(b"%d 0 obj\n" % number)


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext is not installed")
def test_pdftotext_finds_the_numbers(tmp_path: Path) -> None:
    opened(tmp_path / "out.pdf", (picture_of(example()), example())).close()
    found = subprocess.run(
        ["pdftotext", "-layout", tmp_path / "out.pdf", "-"], capture_output=True, text=True, check=True
    )
    assert set(found.stdout.split()) == {"4071", "88", "2024", "7", "12", "0034", "-5.5"}
