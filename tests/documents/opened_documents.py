"""What comes of opening documents, in short."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from broken_documents import bars, picture
from PIL import Image

from inkling.documents.open import open_pages
from inkling.elements import Page, Unopened


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
