"""Cells of a CSV that no spreadsheet takes for a formula."""

from __future__ import annotations

import re

_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "'")
"""What a spreadsheet takes a cell that begins so for: a formula; the apostrophe is its way to say no."""

_NUMBER = re.compile(r"[-+]?[\d.,]*")
"""What stays as it is, as does the `-` that stands for stdin."""


def armed(cell: str) -> str:
    """A cell with an apostrophe in front if a spreadsheet would run it.

    Example:
        >>> armed("=cmd|'/c calc'!A0"), armed("-4.5"), armed("scan.png")
        ("'=cmd|'/c calc'!A0", '-4.5', 'scan.png')
    """
    return f"'{cell}" if cell.startswith(_SIGNS) and not _NUMBER.fullmatch(cell) else cell


def disarmed(cell: str) -> str:
    """What a cell said before it was armed."""
    return cell.removeprefix("'")
