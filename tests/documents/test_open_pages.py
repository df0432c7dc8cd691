"""Paths, bytes and streams become pages, one at a time; what cannot be opened says why."""

from __future__ import annotations

import gc
import io
import os
import subprocess
import sys
import threading
import tracemalloc
import weakref
from collections.abc import Callable
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
from broken_documents import (
    bars,
    cut,
    directories,
    empty_pages_pdf,
    locked_pdf,
    long_tiff,
    pdf,
    pdf_with_its_end_first,
    picture,
    plain_tiff,
    relinked,
    scanned_pdf,
    stream,
    tiff,
    tiff_in_a_circle,
    tiff_with_a_damaged_page,
)
from hypothesis import given
from PIL import Image

from inkling.documents.frames import find_directories
from inkling.documents.open import Limits, open_pages
from inkling.documents.ranges import parse_pages
from inkling.elements import Page, Unopened
from inkling.errors import SettingsError, UsageError


def encoded(image: Image.Image | np.ndarray, kind: str, **options: object) -> bytes:
    written = io.BytesIO()
    whole = image if isinstance(image, Image.Image) else Image.fromarray(image)
    whole.save(written, kind, **options)
    return written.getvalue()


def only(source: bytes | str | Path, **options: object) -> Page:
    """The one page of a document that has one."""
    (page,) = open_pages(source, **options)
    assert isinstance(page, Page), page.reason
    return page


def refusal(source: object, **options: object) -> Unopened:
    """Why a document cannot be opened, which is all that comes of it."""
    (result,) = open_pages(source, **options)
    assert isinstance(result, Unopened)
    return result


def outline(source: bytes, **options: object) -> list[int | str]:
    """Of every page what `picture` drew on it, or the first word of why there is none."""
    results = list(open_pages(source, dpi=72, **options))
    return [bars(each.image) if isinstance(each, Page) else f"{each.number}!" for each in results]


PAGES = [picture(number) for number in range(1, 6)]


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


def test_every_page_of_a_pdf_is_rendered_at_the_dpi_that_is_asked_for() -> None:
    content = scanned_pdf([picture(number, 120, 80) for number in (3, 1, 4)])
    for dpi, size in ((72, (120, 80, 3)), (144, (240, 160, 3)), (100.5, (168, 112, 3))):
        pages = list(open_pages(content, dpi=dpi))
        assert [(page.image.shape, page.dpi) for page in pages] == [(size, dpi)] * 3
        assert [bars(page.image) for page in pages] == [3, 1, 4]
    assert np.array_equal(pages[0].to_original, np.eye(3))


def test_colours_of_a_pdf_are_red_green_and_blue() -> None:
    (page,) = open_pages(
        pdf(
            [
                b"<< /Type /Catalog /Pages 2 0 R >>",
                b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
                b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 30 10] /Contents 4 0 R >>",
                stream(b"", b"1 0 0 rg 0 0 10 10 re f 0 0 1 rg 10 0 10 10 re f"),
            ]
        ),
        dpi=72,
    )
    assert page.image[5, 5].tolist() == [255, 0, 0]
    assert page.image[5, 15].tolist() == [0, 0, 255]
    assert page.image[5, 25].tolist() == [255, 255, 255]


def test_what_was_typed_into_a_pdf_is_drawn() -> None:
    canvas = pytest.importorskip("reportlab.pdfgen.canvas")
    stream = io.BytesIO()
    form = canvas.Canvas(stream, pagesize=(100, 50))
    form.acroForm.textfield(value="1", x=10, y=10, width=80, height=30, fontSize=24, borderWidth=0)
    form.showPage()
    form.save()
    assert (only(stream.getvalue()).image.mean(axis=2) < 100).any()


def test_a_pdf_that_only_its_owner_may_change_is_opened() -> None:
    canvas = pytest.importorskip("reportlab.pdfgen.canvas")
    encryption = pytest.importorskip("reportlab.lib.pdfencrypt").StandardEncryption
    for password in ("", "secret"):
        stream = io.BytesIO()
        document = canvas.Canvas(stream, encrypt=encryption(password, ownerPassword="owner"))
        document.showPage()
        document.save()
        if password:
            assert "protected by a password. Save it without one" in refusal(stream.getvalue()).reason
        else:
            assert only(stream.getvalue()).number == 1


@pytest.mark.parametrize("content", [tiff(PAGES), scanned_pdf(PAGES)], ids=["tiff", "pdf"])
@pytest.mark.parametrize(
    ("pages", "opened"),
    [("1", [1]), ("2-3", [2, 3]), ("4-", [4, 5]), ("5,1", [1, 5]), ("3-99", [3, 4, 5]), ("2,2", [2])],
)
def test_chosen_pages_are_opened_in_the_order_of_the_document(
    content: bytes, pages: str, opened: list[int]
) -> None:
    results = list(open_pages(content, dpi=72, pages=parse_pages(pages)))
    assert [page.number for page in results] == opened
    assert [bars(page.image) for page in results] == opened


@pytest.mark.parametrize("content", [tiff(PAGES), scanned_pdf(PAGES)], ids=["tiff", "pdf"])
def test_pages_that_a_document_does_not_have_are_told_of(content: bytes) -> None:
    result = refusal(content, pages=parse_pages("6-8"), name="scan")
    assert result == Unopened(
        "scan", None, "scan has 5 pages, none of which is among 6-8. Name pages that it has."
    )


@pytest.mark.parametrize("content", [encoded(PAGES[0], "PNG"), tiff(PAGES), scanned_pdf(PAGES)])
def test_a_path_bytes_and_a_stream_give_the_same(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "scan"
    path.write_bytes(content)
    expected = list(open_pages(content))
    with path.open("rb") as stream, path.open("rb", buffering=0) as unbuffered:
        for source in (path, str(path), stream, unbuffered, io.BytesIO(content)):
            results = list(open_pages(source, name="n"))
            assert all(np.array_equal(a.image, b.image) for a, b in zip(results, expected, strict=True))
            assert {page.source for page in results} == {"n"}
        assert not stream.closed


# ---- What the file says of its resolution ----


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
    x, y, _ = page.to_original @ (size[1], size[0], 1)
    assert (x, y) == (40, 60)


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


# ---- Streaming ----


@pytest.mark.parametrize(
    "make",
    [
        lambda count: long_tiff(count, np.pad(picture(3), ((0, 900), (0, 900)), constant_values=255)),
        lambda count: empty_pages_pdf(count, 1000, 1000),
        lambda count: scanned_pdf([picture(3, 1000, 1000)] * count),
    ],
    ids=["tiff", "pdf", "scanned pdf"],
)
def test_memory_does_not_grow_with_the_pages(make: Callable[[int], bytes], tmp_path: Path) -> None:
    def peak(count: int) -> int:
        path = tmp_path / str(count)
        path.write_bytes(make(count))
        gc.collect()
        tracemalloc.start()
        opened = 0
        for page in open_pages(path, dpi=72):
            opened += page.image.shape[0] >= 960
            del page
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert opened == count
        return most

    peak(1)
    assert peak(25) < peak(2) + 300_000  # a third of a page


RESIDENT = """
import os, sys
from inkling.documents.open import open_pages

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGESIZE") / 1e6

after = [resident() for _ in open_pages(sys.argv[1], dpi=4)]
print(len(after), after[-1] - after[9])
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="resident memory is asked of Linux")
def test_data_of_pictures_that_were_rendered_are_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "scan.pdf"
    path.write_bytes(scanned_pdf([np.zeros((1000, 1000), np.uint8)] * 50))  # a megabyte a page
    told = subprocess.run(
        [sys.executable, "-c", RESIDENT, str(path)], check=True, capture_output=True, text=True
    )
    count, growth = told.stdout.split()
    assert int(count) == 50
    assert float(growth) < 20


@pytest.mark.parametrize("content", [long_tiff(20), scanned_pdf([picture(1)] * 20)], ids=["tiff", "pdf"])
def test_a_page_is_let_go_of_before_the_next_is_opened(content: bytes) -> None:
    alive: list[weakref.ref[np.ndarray]] = []
    for page in open_pages(content):
        assert sum(each() is not None for each in alive) == 0
        alive.append(weakref.ref(page.image))
        del page
    assert len(alive) == 20


def test_nothing_is_opened_before_it_is_asked_for() -> None:
    results = open_pages("absent.png")
    assert isinstance(next(results), Unopened)


def test_a_document_that_is_given_up_is_closed(tmp_path: Path) -> None:
    for content in (tiff(PAGES), scanned_pdf(PAGES)):
        path = tmp_path / "scan"
        path.write_bytes(content)
        results = open_pages(path)
        next(results)
        results.close()  # a file left open would be a ResourceWarning, which is an error here
        gc.collect()
        assert list(open_pages(path))


def test_threads_do_not_disturb_each_other() -> None:
    content = scanned_pdf(PAGES)
    seen: list[list[int | str]] = []
    threads = [threading.Thread(target=lambda: seen.append(outline(content))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [[1, 2, 3, 4, 5]] * 4


# ---- Limits ----


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
    fits = int(refusal(content, dpi=dpi, limits=limits).reason.split()[-2])
    assert fits < dpi
    assert only(content, dpi=fits, limits=limits).image[..., 0].size <= pixels
    assert refusal(content, dpi=fits + 2, limits=limits).number == 1


def test_a_page_that_fits_at_no_dpi_says_so() -> None:
    result = refusal(empty_pages_pdf(1, 14_400, 14_400), limits=Limits(pixels=10_000))
    assert result.reason.endswith("more than 10,000 (limits.pixels). Raise the limit.")


def test_a_wide_pdf_says_at_which_dpi_it_fits() -> None:
    result = refusal(empty_pages_pdf(1, 12_000, 842), name="wide.pdf")
    assert result == Unopened(
        "wide.pdf",
        1,
        "page 1 of wide.pdf would have 50,000 x 3,509 pixels at 300 dpi, more than 100,000,000 "
        "(limits.pixels). Render it at 196 dpi.",
    )
    assert only(empty_pages_pdf(1, 12_000, 842), dpi=196).image.shape == (2293, 32_667, 3)


@pytest.mark.parametrize("make", [long_tiff, lambda count: empty_pages_pdf(count, 9, 9)], ids=["tiff", "pdf"])
def test_a_document_with_too_many_pages_is_refused_unless_some_are_chosen(
    make: Callable[[int], bytes],
) -> None:
    content = make(10_000)
    assert refusal(content, name="long").reason == (
        "long has 10,000 pages to open, more than 5,000 (limits.pages). "
        "Choose some of them, such as 1-5000, or raise the limit."
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


# ---- What is broken ----


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (b"", "the file is empty. It may not have been written to its end."),
        (
            b"Dear Sir,\n1234\n",
            "the file is neither a picture nor a PDF. Get it again, or save it in a format",
        ),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "the file is a HEIC or AVIF picture. Get it again, or save"),
        (b"PK\3\4 and so on", "the file is an office document or an archive. Get it again, or save"),
        ("absent.pdf", "absent.pdf does not exist. Check the path."),
        ("a\0b", "a\0b cannot be opened: embedded null byte. Check the path."),
        (b"%PDF-1.7\n", "the file is a PDF that is cut off, damaged, or without pages. Get it again"),
        (b"%PDF-1.7\n%%EOF", "the file is a PDF that is cut off, damaged, or without pages."),
        (empty_pages_pdf(0, 9, 9), "the file is a PDF that is cut off, damaged, or without pages."),
        (cut(scanned_pdf(PAGES), 0.5), "the file is a PDF that is cut off, damaged, or without pages."),
        (cut(pdf_with_its_end_first(PAGES), 0.6), "the file is a PDF that is cut off. Get the whole of it"),
        (locked_pdf(), "the file is a PDF that is protected by a password. Save it without one."),
        (tiff(PAGES)[:8], "the file is a picture that is cut off or damaged. Get it again"),
        (tiff(PAGES)[:4], "the file is a picture that is cut off or damaged. Get it again"),
        (encoded(PAGES[0], "BMP")[:20], "the file cannot be read: "),
    ],
)
def test_a_file_that_cannot_be_opened_says_why(source: bytes | str, reason: str) -> None:
    result = refusal(source)
    assert result.number is None
    assert result.reason.startswith(reason)
    assert result.source == (source if isinstance(source, str) else "")


def test_a_folder_is_told_from_one_without_documents(tmp_path: Path) -> None:
    assert refusal(tmp_path).reason == f"{tmp_path} is a folder without pictures or PDFs."
    (tmp_path / "a.png").touch()
    assert (
        refusal(tmp_path).reason == f"{tmp_path} is a folder. Name the files in it, such as {tmp_path}/a.png."
    )


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes have names on Unix only")
def test_pipes_and_devices_are_refused_without_waiting_for_them(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.pdf")
    for path in (tmp_path / "pipe.pdf", Path("/dev/zero")):
        assert "is a pipe or a device, not a file" in refusal(path).reason


def test_a_file_that_may_not_be_read_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refusing(path: str, mode: str) -> None:
        raise PermissionError(13, "Permission denied", path)

    (tmp_path / "a.png").write_bytes(b"1")
    monkeypatch.setattr("builtins.open", refusing)
    assert "a.png cannot be opened: Permission denied." in refusal(tmp_path / "a.png").reason


@pytest.mark.parametrize(
    ("content", "opened"),
    [
        (tiff_with_a_damaged_page(4, 1), ["1!", 2, 3, 4]),
        (tiff_with_a_damaged_page(4, 3), [1, 2, "3!", 4]),
        (tiff_in_a_circle(3, 1), [1, 2, 3, "4!"]),
        (tiff_in_a_circle(3, 3), [1, 2, 3, "4!"]),
        (relinked(tiff(PAGES), 2, 0x7FFFFFFF), [1, 2, "3!"]),
        (relinked(tiff(PAGES), 2, 1), [1, 2, "3!"]),
        (scanned_pdf(PAGES, damaged=2), [1, "2!", 3, 4, 5]),
        (scanned_pdf(PAGES[:2], claimed=4), [1, 2, "3!", "4!"]),
    ],
)
def test_a_page_that_cannot_be_opened_does_not_keep_the_others_back(
    content: bytes, opened: list[int | str]
) -> None:
    assert outline(content) == opened


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


def test_a_picture_in_a_pdf_that_is_damaged_is_no_empty_page() -> None:
    empty = np.full((60, 40), 255, np.uint8)
    pages = list(open_pages(scanned_pdf([empty, empty], damaged=2), name="scan.pdf"))
    assert (pages[0].image == 255).all()
    assert pages[1].reason.startswith("The picture on page 2 of scan.pdf is damaged.")


def test_a_pdf_with_wrong_places_but_a_proper_end_is_repaired() -> None:
    content = scanned_pdf(PAGES).replace(b"%PDF-1.7\n", b"%PDF-1.7\n% a line more\n")
    assert outline(content) == [1, 2, 3, 4, 5]


def test_a_pdf_without_places_is_whole_when_it_has_its_end() -> None:
    assert outline(pdf_with_its_end_first(PAGES)) == [1, 2, 3, 4, 5]


def test_a_pdf_may_begin_with_something_else() -> None:
    assert outline(b"HTTP/1.1 200 OK\r\n\r\n" + scanned_pdf(PAGES)) == [1, 2, 3, 4, 5]


def test_a_pdf_whose_pages_are_their_own_parents_comes_to_an_end() -> None:
    content = pdf([b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Count 3 /Kids [2 0 R 2 0 R] >>"])
    assert all(isinstance(each, Unopened) for each in open_pages(content))


@given(
    st.sampled_from(
        [tiff(PAGES[:2], compression="tiff_lzw"), long_tiff(3), scanned_pdf(PAGES[:2]), locked_pdf()]
    ),
    st.floats(0, 1),
    st.binary(max_size=8),
    st.booleans(),
)
def test_no_damage_does_more_than_leave_something_unopened(
    content: bytes, place: float, noise: bytes, shorten: bool
) -> None:
    at = int(place * len(content))
    damaged = content[:at] + noise + (b"" if shorten else content[at + len(noise) :])
    for result in open_pages(damaged, dpi=20, limits=Limits(pixels=1_000_000, pages=20)):
        assert isinstance(result, (Page, Unopened))
        assert isinstance(result, Page) or result.reason


def test_directories_of_a_tiff_are_found_as_the_builder_of_it_found_them() -> None:
    content = tiff(PAGES)
    assert find_directories(io.BytesIO(content)) == (list(range(len(directories(content)))), "")
