"""Words on a command line become files: names, folders, patterns, and `-`."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence

SUFFIXES = (
    *(".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".ppm", ".pgm", ".pbm"),
    ".pdf",
)
"""Names of files that are taken for documents in a folder; a file that is named itself is opened anyway."""


def find_files(words: Sequence[str]) -> Iterator[str]:
    """The files that some words mean, in the order of the words.

    Args:
        words: Each is a file; a folder, for the pictures and PDFs in it and in those below it, in the
            order of their names, what is hidden left out; a pattern such as `scans/*.tif` or
            `scans/**/*.tif`, which a shell has not replaced by its files; or `-`.

    Yields:
        Paths, and `-` for `-`. What leads to no file is given as it is, so that opening it says why:
        a name or a pattern without files, a folder without documents, one that cannot be read.
    """
    for word in words:
        if os.path.lexists(word) or not glob.has_magic(word):
            yield from _below(word)
        else:
            # A pattern with ** finds files by themselves and by their folders.
            found = (file for path in sorted(glob.glob(word, recursive=True)) for file in _below(path))
            yield from dict.fromkeys(found) or [word]


def _below(path: str) -> Iterator[str]:
    """The documents in a folder and below it; what is no folder, or one without any, is given back."""
    if path == "-" or not os.path.isdir(path):
        yield path
        return
    closed: list[str] = []
    empty = True
    for parent, folders, files in os.walk(path, onerror=lambda problem: closed.append(problem.filename)):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if name.lower().endswith(SUFFIXES) and not name.startswith("."):
                empty = False
                yield os.path.join(parent, name)
    yield from closed or ([path] if empty else [])
