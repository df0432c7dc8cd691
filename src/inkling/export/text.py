"""Text from strangers, made fit for formats that cannot hold every character."""

from __future__ import annotations

import re

_UNPRINTABLE = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, and Excel and Parquet with it: https://www.w3.org/TR/xml/#charsets"""


def printable(text: str) -> str:
    """A text in which each forbidden character is the replacement character, U+FFFD."""
    return _UNPRINTABLE.sub("\ufffd", text)
