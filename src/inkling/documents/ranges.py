"""Which pages of a document are meant, as people write it: `1-3,7,10-`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from inkling.errors import UsageError


@dataclass(frozen=True, slots=True)
class PageRanges:
    """Some pages of a document; they are opened in the document's order, each once.

    Attributes:
        parts: First and last page of each part, from 1, both of them in it; the last is None when
            the part goes to the end of the document.
    """

    parts: tuple[tuple[int, int | None], ...]

    def __contains__(self, number: int) -> bool:
        return any(first <= number and (last is None or number <= last) for first, last in self.parts)

    def __str__(self) -> str:
        return ",".join(_written(first, last) for first, last in self.parts)


def _written(first: int, last: int | None) -> str:
    return f"{first}-" if last is None else f"{first}" if first == last else f"{first}-{last}"


def parse_pages(text: str) -> PageRanges:
    """The pages that a text such as `1-3,7,10-` means.

    Args:
        text: Numbers of pages, from 1, and ranges of them, with commas between; a range without an
            end goes to the end of the document.

    Raises:
        UsageError: A part is none of these; the message names it.

    >>> parse_pages("1-3, 7, 10-").parts
    ((1, 3), (7, 7), (10, None))
    """
    return PageRanges(tuple(_part(part.strip(), text) for part in text.split(",")))


def _part(part: str, text: str) -> tuple[int, int | None]:
    found = re.fullmatch(r"([0-9]{1,9})\s*(?:(-)\s*([0-9]{1,9})?)?", part)
    if found is None:
        what = "is empty" if not part else "is neither a page nor a range of pages"
    else:
        first = int(found[1])
        last = int(found[3]) if found[3] else None if found[2] else first
        if first >= 1 and (last is None or last >= first):
            return first, last
        what = "ends before it begins" if first >= 1 else "begins at 0, and the first page is 1"
    raise UsageError(f"Pages '{text}': the part '{part}' {what}.", remedy="Write them like this: 1-3,7,10-")
