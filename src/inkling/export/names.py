"""Names of files made from what strangers called theirs."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from inkling.elements import PageReadings
from inkling.export.writing import refuse_inputs

_LONGEST = 60
"""Characters of a stem; in UTF-8 at most 240 bytes with what is added, which every file system takes."""

_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
"""Names that are devices on Windows, with any suffix."""


def safe_name(text: str) -> str:
    """A part of a file's name: letters, digits, `.`, `_` and `-`, not beginning with a dot or dash.

    Example:
        >>> safe_name("../../étage 1/sum?")
        'étage_1_sum'
    """
    name = re.sub(r"[^\w.-]+", "_", unicodedata.normalize("NFC", text))
    name = name.lstrip("._-")[:_LONGEST].rstrip("._-")
    return f"_{name}" if _RESERVED.fullmatch(name) else name


class Names:
    """Gives each key its own name, on file systems that ignore case as well.

    Args:
        fallback: What is called so when nothing of a name can be kept.
    """

    def __init__(self, fallback: str) -> None:
        self._fallback = fallback
        self._names: dict[object, str] = {}
        self._taken: set[str] = set()

    def of(self, key: object, wanted: str) -> str:
        """The name of a key, the same at every call: what is wanted, numbered if that is taken."""
        if key not in self._names:
            plain = name = safe_name(wanted) or self._fallback
            number = 1
            while name.casefold() in self._taken:
                number += 1
                name = f"{plain}-{number}"
            self._names[key] = name
            self._taken.add(name.casefold())
        return self._names[key]


class Stems:
    """The stem that the files about a document begin with.

    Documents of equal names in different folders get different stems: the second one a number. So
    stems depend on the order in which documents come; a run that goes on with an earlier one names
    all of that run's documents again.

    Args:
        sources: Paths of documents, in order.
    """

    def __init__(self, sources: Iterable[str] = ()) -> None:
        self._names = Names("page")
        self._files: dict[str, list[str]] = {}
        for source in sources:
            self.of(source)
            self._files.setdefault(_file(source).casefold(), []).append(source)

    def of(self, source: str) -> str:
        """The stem of a document: its file's name without folder and suffix, made safe.

        Example:
            >>> stems = Stems()
            >>> stems.of("a/form.pdf"), stems.of("b/form.png"), stems.of("-")
            ('form', 'form-2', 'stdin')
        """
        file = _file(source)
        stem = file.rpartition(".")[0] or file
        return self._names.of(source, "stdin" if source == "-" else stem)

    def of_page(self, readings: PageReadings) -> str:
        """The stem of a page, such as `form-p2`; of a file that could not be opened, that of the file."""
        stem = self.of(readings.source)
        return stem if readings.number is None else f"{stem}-p{readings.number}"

    def refuse_documents(self, path: Path) -> Path:
        """The path of an output, if it is that of none of the documents.

        Raises:
            UsageError: It is; the document is as it was.
        """
        refuse_inputs([path], self._files.get(path.name.casefold(), ()))
        return path


def _file(source: str) -> str:
    return re.split(r"[\\/]", source)[-1]


class PageFiles:
    """The file of each page, for formats that hold one page a file.

    Args:
        path: A folder; or, with that suffix, the file of the first page, the next ones numbered.
        suffix: Of the files.
        stems: What the names of documents begin with.
    """

    def __init__(self, path: Path, suffix: str, stems: Stems) -> None:
        self._path = path
        self._suffix = suffix
        self._stems = stems
        self._given = 0

    def next(self, readings: PageReadings) -> Path:
        """The file of the next page: `<folder>/<stem>-p<page>.xml`, or `name.xml`, `name-2.xml`, ...

        Raises:
            UsageError: It is a document that is to be read, or has been.
        """
        if self._path.suffix.lower() != self._suffix:
            path = self._path / f"{self._stems.of_page(readings)}{self._suffix}"
        else:
            self._given += 1
            number = "" if self._given == 1 else f"-{self._given}"
            path = self._path.with_name(f"{self._path.stem}{number}{self._path.suffix}")
        return self._stems.refuse_documents(path)
