"""What commands that read pictures of lines share: the weights, the rules, a bar."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

if TYPE_CHECKING:
    from inkling.documents.picture import Picture
    from inkling.elements import Reading
    from inkling.networks.weights import Weights

BATCH = 64
"""Pictures that are read before they are printed."""


class Rules(TypedDict):
    """How lines are read, by options of the same names."""

    same_point: bool
    digits_only: bool


def load_line_reader(path: Path | None) -> Weights:
    """The weights of a line reader, by default those that come with Inkling.

    Raises:
        WeightsError: It is no weights file, or one of a network that tells digits.
    """
    # PyTorch makes hundreds of thousands of objects that stay to the end: looking among them for what
    # could go takes a fifth of the time of a short command, while they are made and, were they not
    # frozen, once more when it ends.
    gc.disable()
    try:
        from inkling.networks.weights import load_weights, shipped_weights
        from inkling.recognition.lines import refuse_digit_weights
    finally:
        gc.freeze()
        gc.enable()

    if path is None:
        return shipped_weights("lines")
    loaded = load_weights(path)
    refuse_digit_weights(loaded, str(path))
    return loaded


def read_all(pictures: Sequence[Picture], loaded: Weights, rules: Rules) -> list[Reading]:
    """Read many pictures before anything is told of them, with a bar in the terminal."""
    from inkling.recognition.lines import read_lines

    readings: list[Reading] = []
    with progress_bar(hidden=len(pictures) <= BATCH) as bar:
        task = bar.add_task("reading", total=len(pictures))
        for start in range(0, len(pictures), BATCH):
            readings += read_lines(pictures[start : start + BATCH], weights=loaded, **rules)
            bar.update(task, completed=len(readings))
    return readings


def progress_bar(*after: ProgressColumn, hidden: bool) -> Progress:
    """A bar for many pictures, on stderr if that is a terminal; `after` follows their number."""
    console = Console(stderr=True)
    return Progress(
        TextColumn("reading"),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        *after,
        TimeRemainingColumn(compact=True),
        console=console,
        transient=True,
        disable=hidden or not console.is_terminal,
        redirect_stdout=False,
        redirect_stderr=False,
    )
