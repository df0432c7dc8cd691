"""A pile of pictures of lines that nobody has labelled, and what is read on them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from inkling.cli.line_reader import BATCH, progress_bar, read_all
from inkling.errors import DatasetError, StorageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from inkling.datasets.lines.folders import Lines
    from inkling.elements import Reading
    from inkling.networks.weights import Weights

SURE = 0.8
"""A number is learned from where it is read with this confidence: of less sure ones too many are wrong."""

LEAST_SURE = 20
"""Pictures that must be read surely, for there to be anything to learn."""

MOST_PICTURES = 10_000
"""Pictures that are kept in memory; of more, so many are taken, evenly."""


@dataclass(frozen=True, slots=True, eq=False)
class Pile:
    """Pictures of lines without labels.

    Attributes:
        pictures: N of them, each uint8 (H, W), grey.
        paths: Where each lies.
        failures: Why others could not be opened.
        left_out: How many there were too many.
    """

    pictures: tuple[NDArray[np.uint8], ...]
    paths: tuple[str, ...]
    failures: tuple[str, ...] = ()
    left_out: int = 0

    @classmethod
    def open(cls, files: Sequence[str]) -> Pile:
        """Open pictures; what cannot be opened is told of in `failures`."""
        from inkling.datasets.lines.folders import open_kept

        step = max(len(files) / MOST_PICTURES, 1.0)
        chosen = [files[int(place * step)] for place in range(min(len(files), MOST_PICTURES))]
        opened: list[tuple[NDArray[np.uint8], str]] = []
        failures = []
        with progress_bar(hidden=len(chosen) <= BATCH) as bar:
            for file in bar.track(chosen):
                try:
                    opened.append((open_kept(Path(file)), file))
                except DatasetError as problem:
                    failures.append(problem.message)
        pictures, paths = zip(*opened, strict=True) if opened else ((), ())
        return cls(pictures, paths, tuple(failures), len(files) - len(chosen))

    def read(self, weights: Weights) -> list[Reading]:
        """What is written on each, signs and all."""
        from dataclasses import replace

        readings = read_all(self.pictures, weights, {"same_point": False, "digits_only": False})
        return [replace(each, source=path) for each, path in zip(readings, self.paths, strict=True)]

    def surely(self, readings: Sequence[Reading], *, name: str) -> Lines:
        """The pictures that were read surely, labelled with what was read.

        Args:
            readings: Of each picture.
            name: What the set is called.

        Raises:
            DatasetError: They are too few.
        """
        from inkling.datasets.lines.folders import Lines

        places = [at for at, each in enumerate(readings) if each.text and each.confidence >= SURE]
        if len(places) < LEAST_SURE:
            raise DatasetError(
                f"Of {len(readings):,} pictures {len(places)} are read with a confidence of {SURE:.0%}; "
                f"at least {LEAST_SURE} are needed to learn from.",
                remedy="Give more pictures, or label some: inkling train fine-tune --data FOLDER",
            )
        return Lines(
            tuple(self.pictures[at] for at in places),
            tuple(readings[at].text for at in places),
            tuple(self.paths[at] for at in places),
            name,
        )


def write_learned(path: Path, lines: Lines) -> None:
    """Write down what is learned from: a JSON object a line, as in a file of labels.

    Raises:
        StorageError: It cannot be written.
    """
    records = (
        json.dumps({"image": image, "text": text}, ensure_ascii=False)
        for image, text in zip(lines.paths, lines.texts, strict=True)
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(records) + "\n", encoding="utf-8")
    except OSError as problem:
        raise StorageError(f"{path} cannot be written: {problem}.", remedy="Is the disk full?") from None
