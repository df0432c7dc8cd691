"""What `inkling data show` draws: pictures of any set with what is written on them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from inkling.datasets.lines.writing import Writing

SYNTHETIC_LINES = "synthetic-lines"
"""What the lines are called that Inkling draws: `inkling train lines` learns from them."""

ABOUT_SYNTHETIC_LINES = (
    "handwritten numbers that Inkling makes up of labelled digits and strokes of its own, on paper and "
    "under light of its own: what `inkling train lines` learns from"
)


class Sheet(NamedTuple):
    """Some pictures of a set."""

    name: str
    """Of the set."""
    total: int | None
    """Pictures in it; None when there is no end of them."""
    pictures: Sequence[NDArray[np.uint8]]
    """uint8 (H, W), ink dark."""
    writings: Sequence[Writing]
    """What stands on each."""


def take_sheet(data: str, number: int, seed: int) -> Sheet:
    """Take pictures from all over a set, or the first ones of a synthetic series.

    Raises:
        InklingError: There is no such set, or it cannot be read.
    """
    if data == SYNTHETIC_LINES:
        return _synthetic(number, seed)
    from inkling.datasets.folders import LABELS

    folder = Path(data).expanduser()
    return _labelled(folder, number) if (folder / LABELS).is_file() else _digits(data, number)


def _synthetic(number: int, seed: int) -> Sheet:
    from inkling.datasets.lines.hand import Cuttings
    from inkling.datasets.lines.synthesis import draw_line
    from inkling.datasets.load import load_digits

    cuttings = Cuttings(load_digits("sample"))
    lines = [draw_line(cuttings, seed=seed, index=index) for index in range(number)]
    return Sheet(SYNTHETIC_LINES, None, [line.image for line in lines], [line.writing for line in lines])


def _labelled(folder: Path, number: int) -> Sheet:
    from inkling.datasets.lines.folders import load_lines
    from inkling.datasets.lines.writing import MARKS, Writing

    lines = load_lines(folder)
    places = _all_over(len(lines), number)
    texts = [lines.texts[place] for place in places]
    writings = [Writing("", mark=text) if text in MARKS else Writing(text) for text in texts]
    return Sheet(lines.name, len(lines), [lines.pictures[place] for place in places], writings)


def _digits(data: str, number: int) -> Sheet:
    from inkling.datasets.lines.writing import Writing
    from inkling.datasets.load import load_digits

    digits = load_digits(data)
    places = _all_over(len(digits), number)
    writings = [Writing(digits.alphabet[digits.targets[place]]) for place in places]
    return Sheet(digits.name, len(digits), [255 - digits.images[place] for place in places], writings)


def _all_over(total: int, number: int) -> list[int]:
    count = min(number, total)
    return [index * (total - 1) // max(count - 1, 1) for index in range(count)]


def draw_sheet(sheet: Sheet, path: Path) -> None:
    """Draw the pictures, each with its text: what is no number in another colour, what is beside it pale.

    Raises:
        StorageError: The drawing cannot be written.
    """
    from inkling.evaluation.canvas import INK, OCHRE, QUIET, save_figure
    from inkling.evaluation.drawing_lines import draw_line_sheet

    def caption(writing: Writing) -> list[tuple[str, str]]:
        if writing.mark:
            return [(f"{writing.text} " if writing.text else "", QUIET), (writing.mark, OCHRE)]
        written = (writing.text, INK) if writing.text else ("blank", OCHRE)
        return [(writing.before, QUIET), written, (writing.after, QUIET)]

    captions = [[part for part in caption(writing) if part[0]] for writing in sheet.writings]
    number = len(sheet.pictures)
    shown = f"{number:,} of an endless series" if sheet.total is None else f"{number:,} of {sheet.total:,}"
    beside = "; pale: written beside the number" if any(w.before or w.after for w in sheet.writings) else ""
    apart = "; ochre: no number" if any(w.mark or not w.text for w in sheet.writings) else ""
    subtitle = f"{shown}, with what is written{beside}{apart}"
    save_figure(draw_line_sheet(sheet.pictures, captions, title=sheet.name, subtitle=subtitle), path)


def count_kinds(writings: Sequence[Writing]) -> dict[str, int]:
    """How many are numbers, and how many are each of the other things."""
    kinds = Counter(each.mark or ("number" if each.text else "blank") for each in writings)
    return dict(kinds.most_common())
