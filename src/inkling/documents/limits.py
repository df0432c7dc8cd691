"""How much of a document is opened, since anybody may have sent it."""

from __future__ import annotations

from dataclasses import dataclass, fields

from inkling.documents.picture import MAX_PIXELS
from inkling.errors import SettingsError

MOST_SIDE = 32_766
"""Pixels that a page may be wide or high: OpenCV counts them in 16 bits where it turns pictures."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a document may have at most; each can be set.

    Attributes:
        pixels: Of one page. Pillow refuses pictures of more than 178,956,970 by itself, whatever is
            set here; pages of PDFs may have more.
        pages: That are opened of one document; those that were not asked for do not count.
        bytes: Of the file.

    Raises:
        SettingsError: One is less than 1.
    """

    pixels: int = MAX_PIXELS
    pages: int = 5_000
    bytes: int = 2_000_000_000

    def __post_init__(self) -> None:
        for each in fields(self):
            if getattr(self, each.name) < 1:
                raise SettingsError(f"limits.{each.name} must be at least 1, not {getattr(self, each.name)}.")

    def raised(self, name: str) -> str:
        """How one of them is raised, to be put in a remedy."""
        return f"raise the limit: --limit {name}=N, in Python Limits({name}=N)"

    def excess(self, width: int, height: int) -> str:
        """What is too much about a page of so many pixels, to be put in a sentence; empty if nothing is."""
        if width * height > self.pixels:
            return f"more than {self.pixels:,} (limits.pixels)"
        if max(width, height) > MOST_SIDE:
            return f"and no side may have more than {MOST_SIDE:,}"
        return ""
