"""Paths, bytes and streams become pages, one at a time; what cannot be opened says why."""

from __future__ import annotations

import gc
import io
import os
import tracemalloc
import weakref
from collections.abc import Callable, Container
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
from broken_documents import (
    bars,
    cut,
    empty_pages_pdf,
    locked_pdf,
    long_tiff,
    pdf_with_its_end_first,
    picture,
    relinked,
    scanned_pdf,
    tiff,
    tiff_in_a_circle,
    tiff_with_a_damaged_page,
)
from hypothesis import given
from opened_documents import PAGES, encoded, outline, refusal

from inkling.documents.open import Limits, open_pages
from inkling.documents.ranges import parse_pages
from inkling.elements import Page, Unopened


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
@pytest.mark.parametrize(
    ("pages", "skip", "opened"),
    [("1-", {2, 4}, [1, 3, 5]), ("2-3", {3, 9}, [2]), ("2-3", {2, 3}, []), ("1-", range(1, 6), [])],
)
def test_pages_that_were_read_before_are_passed_over(
    content: bytes, pages: str, skip: Container[int], opened: list[int]
) -> None:
    assert outline(content, pages=parse_pages(pages), skip=skip) == opened


def test_what_was_wrong_before_is_passed_over_as_well() -> None:
    assert outline(tiff_in_a_circle(3, 1), skip={1, 4}) == [2, 3]
    assert outline(tiff_with_a_damaged_page(4, 3), skip={3}) == [1, 2, 4]


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
