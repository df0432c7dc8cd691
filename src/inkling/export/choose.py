"""The writer of a file, chosen by how its name ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from inkling.errors import UsageError
from inkling.export.alto import Alto
from inkling.export.annotated import Annotated
from inkling.export.crops import Crops
from inkling.export.excel import Excel
from inkling.export.lines import Csv, JsonLines
from inkling.export.names import Stems
from inkling.export.parquet import Parquet
from inkling.export.searchable import SearchablePdf
from inkling.export.table_csv import TableCsv
from inkling.export.writing import Writer

SUFFIXES = {
    ".jsonl": "JSON Lines, everything that is known",
    ".csv": "CSV, one line a number",
    ".parquet": "Parquet, one row a number",
    ".xlsx": "Excel, one row a number",
    ".xml": "ALTO 4 XML, one file a page",
    ".pdf": "the original pages, searchable",
    ".annotated.pdf": "the pages with what was read drawn on them",
    ".png": "the same as pictures, one file a page",
    "": "a folder: each table as CSV in its shape, and another with the confidences",
}
"""What can be written, by the end of the name."""

RESUMABLE = (".jsonl", ".csv")
"""Outputs that a later run can go on with."""


def writer_for(
    path: Path,
    *,
    alphabet: Sequence[str],
    crops: Crops | None = None,
    stems: Stems | None = None,
    resume: bool = False,
) -> Writer:
    """The writer of a file.

    Args:
        path: Of the file; its suffix says what is written.
        alphabet: Names of the characters, in the order of their probabilities.
        crops: The pictures of the readings that tables link to, if such are written.
        stems: What the names of documents begin with; shared by the writers of a run.
        resume: Go on with what an earlier run has written.

    Raises:
        UsageError: The suffix is none of `SUFFIXES`, or its format cannot be gone on with.
        MissingExtraError: A package that the format needs is not installed.
    """
    suffix = suffix_of(path)
    if resume and suffix not in RESUMABLE:
        raise UsageError(
            f"{path}: a {suffix} file cannot be gone on with, as it is written whole.",
            remedy=f"Write {' or '.join(RESUMABLE)}, or leave --resume out.",
        )
    writers: dict[str, Callable[[], Writer]] = {
        ".jsonl": lambda: JsonLines(path, alphabet, crops=crops, resume=resume),
        ".csv": lambda: Csv(path, crops=crops, resume=resume),
        ".parquet": lambda: Parquet(path, crops=crops),
        ".xlsx": lambda: Excel(path, crops=crops),
        ".xml": lambda: Alto(path, alphabet, stems=stems),
        ".pdf": lambda: SearchablePdf(path),
        ".annotated.pdf": lambda: Annotated(path, stems=stems),
        ".png": lambda: Annotated(path, stems=stems),
        "": lambda: TableCsv(path, stems=stems),
    }
    return writers[suffix]()


def suffix_of(path: Path) -> str:
    """The one of `SUFFIXES` that a path ends in; the longest.

    Raises:
        UsageError: It ends in none of them.
    """
    name = path.name.lower()
    for suffix in sorted(SUFFIXES, key=len, reverse=True):
        if suffix and name.endswith(suffix) and name != suffix:
            return suffix
    if not path.suffix and not name.startswith("."):
        return ""
    raise UsageError(
        f"{path}: nothing is known about files that end like that.",
        remedy=f"Known: {', '.join(filter(None, SUFFIXES))}, and none for a folder of tables.",
    )
