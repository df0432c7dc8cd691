"""Pictures and TIFFs become pages: what they show, at which resolution, and how they are broken."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from broken_documents import bars, directories, plain_tiff, tiff, tiff_in_a_circle, tiff_with_a_page_elsewhere
from opened_documents import PAGES, encoded, only, outline
from PIL import Image

from inkling.documents.frames import find_directories
from inkling.documents.open import open_pages
from inkling.documents.ranges import parse_pages
from inkling.elements import Unopened


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("PNG", {}),
        ("JPEG", {"quality": 95}),
        ("WEBP", {"lossless": True}),
        ("BMP", {}),
        ("GIF", {}),
        ("PPM", {}),
        ("TIFF", {}),
    ],
)
def test_a_picture_of_any_kind_is_one_page(kind: str, options: dict[str, object], tmp_path: Path) -> None:
    path = tmp_path / "named.pdf"  # the suffix does not matter
    path.write_bytes(encoded(PAGES[2], kind, **options))
    page = only(path)
    assert bars(page.image) == 3
    assert page.image.dtype == np.uint8
    assert page.image.shape[:2] == (60, 40)
    assert (page.source, page.number, page.changes) == (str(path), 1, ())
    assert np.array_equal(page.to_original, np.eye(3))


@pytest.mark.parametrize("missing", [1, 2, 3])
def test_a_page_whose_data_are_not_in_the_file_is_no_black_page(missing: int) -> None:
    pages = list(open_pages(tiff_with_a_page_elsewhere(3, missing), name="s.tif"))
    [told] = [page for page in pages if isinstance(page, Unopened)]
    assert (told.number, "lies outside the file" in told.reason) == (missing, True)
    assert sorted(bars(page.image) for page in pages if page is not told) == sorted({1, 2, 3} - {missing})


@pytest.mark.parametrize("options", [{}, {"compression": "tiff_lzw"}, {"compression": "tiff_adobe_deflate"}])
@pytest.mark.parametrize("big", [False, True])
def test_every_page_of_a_tiff_is_opened(options: dict[str, object], big: bool) -> None:
    content = tiff(PAGES, big_tiff=big, **options)
    pages = list(open_pages(content))
    assert [page.number for page in pages] == [1, 2, 3, 4, 5]
    assert all(np.array_equal(page.image, drawn) for page, drawn in zip(pages, PAGES, strict=True))


@pytest.mark.parametrize("compression", ["group3", "group4"])
def test_bilevel_pages_come_out_as_grey(compression: str) -> None:
    content = tiff([Image.fromarray(page).convert("1") for page in PAGES], compression=compression)
    for page, drawn in zip(open_pages(content), PAGES, strict=True):
        assert np.array_equal(page.image, drawn)


def test_pages_of_16_bits_are_stretched_each_by_itself() -> None:
    deep = [
        Image.fromarray(page.astype(np.uint16) * factor)
        for page, factor in zip(PAGES[:4], (257, 9, 40, 1), strict=True)
    ]
    for page, drawn in zip(open_pages(tiff(deep)), PAGES[:4], strict=True):
        assert np.array_equal(page.image, drawn)


def test_pages_of_a_tiff_differ_in_size_mode_and_direction() -> None:
    lying = Image.fromarray(np.rot90(PAGES[1]))
    lying.info.clear()
    mixed = [
        Image.fromarray(PAGES[0]).convert("1"),
        lying,
        Image.fromarray(np.stack([PAGES[2]] * 3, axis=2)),
    ]
    exif = Image.Exif()
    exif[0x0112] = 6
    single = tiff([lying], exif=exif)
    assert [page.image.shape for page in open_pages(tiff(mixed))] == [(60, 40), (40, 60), (60, 40, 3)]
    assert bars(only(single).image) == 2
    assert only(single).image.shape == (60, 40)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("field", ["I", "H"])
@pytest.mark.parametrize(
    ("kinds", "opened"),
    [
        ([0, 0, 0], [1, 2, 3]),
        ([2, 2, 2], [1, 2, 3]),
        ([0, 1, 0], [1, 3]),
        ([2, 2, 4], [1, 2]),
        ([0, 5, 0], [1, 3]),
        ([1, 0, 0], [1, 2, 3]),
    ],
)
def test_smaller_copies_and_masks_in_a_tiff_are_no_pages(
    kinds: list[int], opened: list[int], order: str, field: str
) -> None:
    pages = list(open_pages(plain_tiff(PAGES[:3], kinds, order, field)))
    assert [bars(page.image) for page in pages] == opened
    assert [page.number for page in pages] == list(range(1, len(opened) + 1))


def test_an_animation_is_its_first_frame() -> None:
    frames = [Image.fromarray(page) for page in PAGES]
    for kind in ("GIF", "WEBP", "PNG"):
        content = encoded(frames[0], kind, save_all=True, append_images=frames[1:])
        assert bars(only(content).image) == 1


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "TIFF"])
@pytest.mark.parametrize(
    ("said", "taken"),
    [
        ((300, 300), 300),
        ((75, 75), 75),
        ((72, 72), None),
        ((96, 96), None),
        ((1, 1), None),
        ((9600, 9600), None),
    ],
)
def test_the_dpi_of_a_file_is_taken_where_it_can_be_true(
    kind: str, said: tuple[int, int], taken: float | None
) -> None:
    dpi = only(encoded(PAGES[0], kind, dpi=said)).dpi
    assert dpi == (None if taken is None else pytest.approx(taken, rel=1e-3))


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "PPM", "GIF", "TIFF", "BMP"])
def test_a_file_that_says_nothing_has_no_dpi(kind: str) -> None:
    assert only(encoded(PAGES[0], kind)).dpi is None


def test_each_page_of_a_tiff_has_its_own_dpi() -> None:
    pages = [Image.fromarray(page) for page in PAGES[:3]]
    for page, dpi in zip(pages, (200, None, 400), strict=True):
        page.encoderinfo = {"dpi": (dpi, dpi)} if dpi else {}
    content = tiff(pages)
    assert [page.dpi for page in open_pages(content)] == [200, None, 400]


def test_a_photograph_has_no_dpi_whatever_it_says() -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x829A] = 1 / 60
    assert only(encoded(PAGES[0], "JPEG", dpi=(300, 300), exif=exif)).dpi is None


@pytest.mark.parametrize(("across", "down", "size"), [(200, 100, (120, 40)), (100, 300, (60, 120))])
@pytest.mark.parametrize("lying", [False, True])
def test_pixels_of_a_coarse_fax_are_made_square(
    across: int, down: int, size: tuple[int, int], lying: bool
) -> None:
    sheet, dpi, exif = PAGES[2], (across, down), Image.Exif()
    if lying:
        sheet, dpi, exif[0x0112] = np.rot90(sheet), (down, across), 6
    page = only(encoded(sheet, "TIFF", dpi=dpi, exif=exif))
    assert page.image.shape == size
    assert page.dpi == max(across, down)
    assert bars(page.image) == 3
    assert [change.name for change in page.changes] == ["pixels made square"]
    assert np.array_equal(page.to_original, np.eye(3))  # places count in square pixels


def test_pixels_that_are_nearly_square_stay_as_they_are() -> None:
    page = only(encoded(PAGES[0], "TIFF", dpi=(204, 196)))
    assert page.image.shape == (60, 40)
    assert page.changes == ()


def test_the_page_is_upright_as_a_viewer_shows_it() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    page = only(encoded(np.rot90(PAGES[3]), "PNG", exif=exif))
    assert np.array_equal(page.image, PAGES[3])
    assert np.array_equal(page.to_original, np.eye(3))


def test_what_is_wrong_after_the_last_page_is_told_only_to_those_who_want_it() -> None:
    content = tiff_in_a_circle(3, 2)
    assert outline(content, pages=parse_pages("1-3")) == [1, 2, 3]
    *_, result = open_pages(content, name="fax.tif")
    assert result == Unopened(
        "fax.tif",
        4,
        "fax.tif may have more pages than 3, but the directory of its pages leads back to an earlier one. "
        "Get it again, or save it again.",
    )


def test_directories_of_a_tiff_are_found_as_the_builder_of_it_found_them() -> None:
    content = tiff(PAGES)
    assert find_directories(io.BytesIO(content)) == (list(range(len(directories(content)))), "")
