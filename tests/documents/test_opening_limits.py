"""How much of a document is opened."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from broken_documents import empty_pages_pdf, long_tiff, picture, tiff
from opened_documents import PAGES, encoded, only, outline, refusal

from inkling.documents.open import Limits, open_pages
from inkling.documents.ranges import parse_pages
from inkling.elements import Page, Unopened
from inkling.errors import SettingsError, UsageError


@pytest.mark.parametrize("name", ["pixels", "pages", "bytes"])
def test_a_limit_below_one_is_refused_by_its_name(name: str) -> None:
    with pytest.raises(SettingsError, match=rf"limits\.{name} must be at least 1, not 0"):
        Limits(**{name: 0})


@pytest.mark.parametrize("dpi", [0, -1, float("nan"), float("inf")])
def test_a_dpi_that_is_none_is_refused_at_once(dpi: float) -> None:
    with pytest.raises(UsageError, match="dpi must be a positive number"):
        open_pages(b"", dpi=dpi)


def test_a_picture_with_too_many_pixels_is_refused_and_the_next_page_opened() -> None:
    content = tiff([picture(1), picture(2, 61, 40), picture(3)])
    assert outline(content, limits=Limits(pixels=2400)) == [1, "2!", 3]
    reason = list(open_pages(content, limits=Limits(pixels=2400), name="s.tif"))[1].reason
    assert reason == (
        "page 2 of s.tif has 40 x 61 pixels, more than 2,400 (limits.pixels). "
        "Scale it down, or cut it into several."
    )


def test_a_side_that_is_too_long_for_what_comes_after_is_refused() -> None:
    page = np.zeros((1, 32_767), np.uint8)
    assert "has 32,767 x 1 pixels, and no side may have more" in refusal(encoded(page, "PNG")).reason
    assert only(encoded(page[:, 1:], "PNG")).image.shape == (1, 32_766)


def test_squared_pixels_are_counted() -> None:
    content = encoded(PAGES[0], "TIFF", dpi=(100, 300))
    assert "40 x 60" not in refusal(content, limits=Limits(pixels=2400)).reason
    assert "120 x 60 pixels" in refusal(content, limits=Limits(pixels=2400)).reason


@pytest.mark.parametrize("dpi", [72, 300, 1200.5])
@pytest.mark.parametrize(("width", "height"), [(595.276, 841.89), (842, 595), (14_400, 72), (2000.1, 2000.1)])
@pytest.mark.parametrize("pixels", [10_000, 200_000])
def test_the_dpi_that_is_named_fits_and_hardly_a_larger_one(
    width: float, height: float, dpi: float, pixels: int
) -> None:
    content, limits = empty_pages_pdf(1, width, height), Limits(pixels=pixels)
    fits = int(refusal(content, dpi=dpi, limits=limits).reason.rstrip(".").split()[-1])
    assert fits < dpi
    assert only(content, dpi=fits, limits=limits).image[..., 0].size <= pixels
    assert refusal(content, dpi=fits + 2, limits=limits).number == 1


def test_a_page_that_fits_at_no_dpi_says_so() -> None:
    result = refusal(empty_pages_pdf(1, 14_400, 14_400), limits=Limits(pixels=10_000))
    assert result.reason.endswith("Raise the limit: --limit pixels=N, in Python Limits(pixels=N).")


def test_a_wide_pdf_says_at_which_dpi_it_fits() -> None:
    result = refusal(empty_pages_pdf(1, 12_000, 842), name="wide.pdf")
    assert result == Unopened(
        "wide.pdf",
        1,
        "page 1 of wide.pdf would have 50,000 x 3,509 pixels at 300 dpi, more than 100,000,000 "
        "(limits.pixels). Render it at 196 dpi: --dpi 196.",
    )
    assert only(empty_pages_pdf(1, 12_000, 842), dpi=196).image.shape == (2293, 32_667, 3)


@pytest.mark.parametrize("make", [long_tiff, lambda count: empty_pages_pdf(count, 9, 9)], ids=["tiff", "pdf"])
def test_a_document_with_too_many_pages_is_refused_unless_some_are_chosen(
    make: Callable[[int], bytes],
) -> None:
    content = make(10_000)
    assert refusal(content, name="long").reason == (
        "long has 10,000 pages to open, more than 5,000 (limits.pages). "
        "Choose some of them, such as --pages 1-5000, or raise the limit: --limit pages=N, in Python "
        "Limits(pages=N)."
    )
    few = list(open_pages(content, pages=parse_pages("9-11,5000")))
    assert [page.number for page in few] == [9, 10, 11, 5000]
    assert next(open_pages(content, limits=Limits(pages=10_000))).number == 1


@pytest.mark.parametrize("form", [bytes, io.BytesIO, Path])
def test_a_file_with_too_many_bytes_is_refused(form: type, tmp_path: Path) -> None:
    content = encoded(PAGES[0], "BMP")
    (tmp_path / "a.bmp").write_bytes(content)
    source = tmp_path / "a.bmp" if form is Path else form(content)
    assert "bytes (limits.bytes)" in refusal(source, limits=Limits(bytes=len(content) - 1)).reason
    source = tmp_path / "a.bmp" if form is Path else form(content)
    (page,) = open_pages(source, limits=Limits(bytes=len(content)))
    assert isinstance(page, Page)


def test_a_stream_without_end_is_left_at_the_limit() -> None:
    class Endless(io.RawIOBase):
        given = 0

        def read(self, size: int = -1) -> bytes:
            self.given += size
            return b"P5" * (size // 2)

    stream = Endless()
    assert "limits.bytes" in refusal(stream, limits=Limits(bytes=3_000_000), name="-").reason
    assert stream.given < 5_000_000
