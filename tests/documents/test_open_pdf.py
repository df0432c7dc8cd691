"""PDFs become pages: what is rendered, what is locked, and what PDFium would pass over."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from broken_documents import (
    bars,
    locked_pdf,
    pdf,
    pdf_with_its_end_first,
    picture,
    scanned_pdf,
    stream,
    typed_pdf,
)
from opened_documents import PAGES, only, outline, refusal

from inkling.documents.open import open_pages
from inkling.elements import Unopened


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
    assert (only(typed_pdf("1")).image.mean(axis=2) < 100).any()
    assert not (only(typed_pdf("")).image.mean(axis=2) < 100).any()


def test_a_pdf_that_only_its_owner_may_change_is_opened() -> None:
    assert only(locked_pdf(password="")).image.max() == 0
    assert "protected by a password. Save it without one" in refusal(locked_pdf()).reason


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


def test_threads_do_not_disturb_each_other() -> None:
    content = scanned_pdf(PAGES)
    seen: list[list[int | str]] = []
    threads = [threading.Thread(target=lambda: seen.append(outline(content))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [[1, 2, 3, 4, 5]] * 4


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
