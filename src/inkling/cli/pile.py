"""A pile of pictures of lines that nobody has labelled, and what is read on them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from inkling.cli.failures import told
from inkling.cli.line_reader import BATCH, progress_bar, read_all
from inkling.errors import DatasetError, InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from inkling.datasets.lines.folders import Lines
    from inkling.elements import Reading
    from inkling.networks.weights import Weights

SURE = 0.8
"""A number is sure where it has this confidence: of less sure ones too many are wrong to learn from."""

LEAST_SURE = 20
"""Pictures that must be read surely, for there to be anything to learn."""

MOST_FILES = 10_000
"""Files whose pictures are kept in memory; of more, so many are taken, evenly spread."""

DRAWING = "changed.png"
"""What a run draws of its pile: no picture of another one."""


@dataclass(frozen=True, slots=True, eq=False)
class Pile:
    """Pictures of lines without labels.

    Attributes:
        pictures: N of them, each uint8 (H, W), grey.
        places: Of each, its file and its page there, from 1.
        failures: Why others could not be opened.
        left_out: Files that were too many.
    """

    pictures: tuple[NDArray[np.uint8], ...]
    places: tuple[tuple[str, int], ...]
    failures: tuple[str, ...] = ()
    left_out: int = 0

    @classmethod
    def open(cls, files: Iterable[str]) -> Pile:
        """Open all pages of some files; of what cannot be opened, or is no line, `failures` tell."""
        files = [file for file in dict.fromkeys(files) if not _is_drawing(Path(file))]
        step = max(len(files) / MOST_FILES, 1.0)
        chosen = [files[int(place * step)] for place in range(min(len(files), MOST_FILES))]
        opened: list[tuple[NDArray[np.uint8], tuple[str, int]]] = []
        failures = []
        with progress_bar(hidden=len(chosen) <= BATCH) as bar:
            for file in bar.track(chosen):
                for found in _lines_of(file):
                    if isinstance(found, str):
                        failures.append(found)
                    else:
                        opened.append(found)
        pictures, places = zip(*opened, strict=True) if opened else ((), ())
        return cls(pictures, places, tuple(failures), len(files) - len(chosen))

    def read(self, weights: Weights) -> list[Reading]:
        """What is written on each, signs and all."""
        return read_all(self.pictures, weights, {"same_point": False, "digits_only": False})

    def surely(self, readings: Sequence[Reading], *, name: str) -> Lines:
        """The pictures that were read surely, labelled with what was read.

        Args:
            readings: Of each picture.
            name: What the set is called.

        Raises:
            DatasetError: They are too few.
        """
        from inkling.datasets.lines.folders import Lines

        sure = [at for at, reading in enumerate(readings) if is_sure(reading)]
        if len(sure) < LEAST_SURE:
            raise DatasetError(
                f"{len(sure)} of {len(readings):,} pictures are read with a confidence of {SURE:.0%}; "
                f"at least {LEAST_SURE} are needed to learn from.",
                remedy="Give more pictures, or label some: inkling train fine-tune --data FOLDER",
            )
        return Lines(
            tuple(self.pictures[at] for at in sure),
            tuple(readings[at].text for at in sure),
            name,
        )

    def write_learned(self, path: Path, readings: Sequence[Reading]) -> None:
        """Write down what is learned from: an object a line, as in a file of labels.

        Raises:
            StorageError: It cannot be written.
        """
        from inkling.export.writing import whole_file

        with whole_file(path) as file:
            for (image, page), reading in zip(self.places, readings, strict=True):
                if is_sure(reading):
                    more = {"page": page} if page > 1 else {}
                    record = {"image": image, **more, "text": reading.text}
                    line = json.dumps(record, ensure_ascii=False)
                    # A name that is no Unicode comes as lone surrogates.
                    file.write(line.encode(errors="backslashreplace") + b"\n")


def is_sure(reading: Reading) -> bool:
    """Whether a number is sure enough to be learned from."""
    return reading.text != "" and reading.confidence >= SURE


def _is_drawing(path: Path) -> bool:
    """Whether an earlier run, which lies in the pile, drew it."""
    return path.name == DRAWING and (path.parent / "round-1").is_dir()


def _lines_of(file: str) -> Iterator[tuple[NDArray[np.uint8], tuple[str, int]] | str]:
    """The pictures of a file's pages, as they are learned from; or why one cannot be."""
    from inkling.datasets.lines.folders import shrink
    from inkling.documents.open import open_pages
    from inkling.documents.picture import to_grey
    from inkling.elements import Unopened
    from inkling.transforms.lines import refuse_no_line

    for page in open_pages(file):
        if isinstance(page, Unopened):
            yield told(page.source, page.reason)
            continue
        picture = to_grey(page.image)
        try:
            refuse_no_line(picture)
        except InputError as problem:
            which = f"page {page.number}: " if page.number > 1 else ""
            yield told(page.source, f"{which}{problem}")
        else:
            yield shrink(picture), (page.source, page.number)
