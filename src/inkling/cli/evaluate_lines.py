"""`inkling evaluate --as line`: measure a line reader on labelled pictures, or on lines that are drawn."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from inkling.cli.data_sheet import SYNTHETIC_LINES
from inkling.cli.failures import failures_of
from inkling.cli.readings import columns_of, percent, print_whole
from inkling.elements import is_mark
from inkling.errors import DatasetError

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from inkling.elements import Reading
    from inkling.evaluation.lines import LineEvaluation
    from inkling.networks.weights import Weights

_SYNTHETIC = 1_000
_SERIES = 1 << 64
"""Seed of the lines that are drawn to measure on: no training has one so large."""

_MOST_SHOWN = 5

_NAME = 30
"""Columns of the terminal that the name of a picture takes at most."""

_BESIDE = 12
"""The same for how sure a mistake was, and for gaps."""

_SIGNS = {" ": "space", ".": "point", ",": "comma", "-": "dash", "/": "slash", ":": "colon"}
"""What characters are called between the commas of a list."""


@dataclass(frozen=True)
class LabelledLines:
    """Pictures of lines with what is written on them.

    Attributes:
        name: What the set is called.
        pictures: Paths, or uint8 (H, W).
        texts: What is written on each; the name of a mark, such as `crossed out`, where no number is.
        learned_from: The set of digits that they were drawn with; else the set's own name.
    """

    name: str
    pictures: Sequence[str | NDArray[np.uint8]]
    texts: Sequence[str]
    learned_from: str


@dataclass(frozen=True)
class LineResult:
    """What was measured of all of them.

    Attributes:
        lines: All of the pictures, whose places the evaluation's mistakes name.
        evaluation: Of those without a mark; of the others it has what was read from them all the same.
        marks: For each mark on the pictures, how many have it, and how many of these were said to be
            illegible.
        failures: Why each picture that could not be opened could not be.
    """

    lines: LabelledLines
    evaluation: LineEvaluation
    marks: dict[str, tuple[int, int]]
    failures: list[str]


def take_lines(data: str, loaded: Weights) -> LabelledLines:
    """The lines that are asked for: a folder's, or a thousand that are drawn for the purpose.

    Raises:
        DatasetError: It is no labelled folder, or a text is outside the alphabet of the weights.
    """
    if data == SYNTHETIC_LINES:
        return _synthetic(loaded.header.trained_on)
    from inkling.datasets.lines.folders import load_line_labels

    name, labels = load_line_labels(data, alphabet=loaded.header.alphabet)
    return LabelledLines(name, [path for path, _ in labels], [text for _, text in labels], name)


def _synthetic(trained_on: dict[str, Any]) -> LabelledLines:
    """Lines of MNIST's test digits where these are on this machine; else of the sample's.

    Of these, weights that learned from the sample are shown none but what was held out.
    """
    from inkling.datasets.lines.hand import Cuttings
    from inkling.datasets.lines.synthesis import draw_line
    from inkling.datasets.load import load_digits
    from inkling.datasets.named import locate
    from inkling.datasets.split import split

    if locate("mnist", splits=("test",)) is not None:
        digits = load_digits("mnist", split="test")
    else:
        digits = load_digits("sample")
        recipe = trained_on.get("recipe")
        settings = recipe if isinstance(recipe, dict) else {}
        fraction, seed = settings.get("heldout"), settings.get("seed")
        if digits.name == trained_on.get("data") and isinstance(fraction, float) and isinstance(seed, int):
            digits = split(digits, fraction, seed=seed)[1]
    cuttings = Cuttings(digits)
    lines = [draw_line(cuttings, seed=_SERIES, index=index) for index in range(_SYNTHETIC)]
    texts = [line.writing.mark or line.writing.text for line in lines]
    return LabelledLines(SYNTHETIC_LINES, [line.image for line in lines], texts, digits.name)


def measure(
    lines: LabelledLines,
    readings: Sequence[Reading],
    alphabet: tuple[str, ...],
    *,
    same_point: bool,
    digits_only: bool,
) -> LineResult:
    """Compare readings with what is written; pictures whose label is a mark are counted apart.

    Raises:
        DatasetError: No picture is labelled with a number, or as blank.
    """
    from inkling.evaluation.lines import evaluate_lines

    marks = set(filter(is_mark, alphabet))
    if all(text in marks for text in lines.texts):
        raise DatasetError(f"{lines.name}: no picture is labelled with a number.", remedy="Label some.")
    called = Counter(
        (text, reading.status == "illegible")
        for text, reading in zip(lines.texts, readings, strict=True)
        if text in marks
    )
    counted = {
        name: (called[name, True] + called[name, False], called[name, True])
        for name in alphabet
        if (name, True) in called or (name, False) in called
    }
    evaluation = evaluate_lines(
        readings, lines.texts, marks=marks, same_point=same_point, digits_only=digits_only
    )
    return LineResult(lines, evaluation, counted, failures_of(readings))


class OpenedWhenSeen(Sequence["NDArray[np.uint8]"]):
    """Pictures that are opened when they are asked for: of many, a report shows few."""

    def __init__(self, pictures: Sequence[str | NDArray[np.uint8]]) -> None:
        self.pictures = pictures

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, place: Any) -> Any:
        from inkling.documents.picture import to_picture

        return to_picture(self.pictures[place])


def to_json(result: LineResult, *, seen: bool | None, drawn: Sequence[Path]) -> dict[str, Any]:
    """Plain values; each mistake with its picture's path, if it has one."""
    values = {"data": result.lines.name} | result.evaluation.to_json()
    for mistake in values["mistakes"]:
        picture = result.lines.pictures[mistake["index"]]
        mistake["image"] = picture if isinstance(picture, str) else None
    values["marks"] = {name: {"count": n, "illegible": said} for name, (n, said) in result.marks.items()}
    return values | {
        "failures": result.failures,
        "seen_in_training": seen,
        "pictures": [str(path) for path in drawn],
    }


def show(result: LineResult, *, seen: bool | None, compared: str) -> None:
    """Print the result for people."""
    console = Console(highlight=False)
    evaluation, lines = result.evaluation, result.lines
    low, high = evaluation.interval
    made_of = f" of the digits {lines.learned_from}" if lines.name == SYNTHETIC_LINES else ""
    others = sum(count for count, _ in result.marks.values())
    pictures = f"{evaluation.count:,} pictures" + (f" and {others:,} without a number" if others else "")
    console.print(
        f"[bold]{escape(lines.name)}[/bold]{escape(made_of)}, {pictures}{compared}\n"
        f"Exactly right [bold green]{evaluation.exact:.2%}[/bold green], "
        f"95 % interval {low:.2%} to {high:.2%}\n"
        f"The answer or an alternative right [bold]{evaluation.in_alternatives:.2%}[/bold]",
        soft_wrap=True,
    )
    if seen:
        told = (
            "these digits, or from some; not from these lines" if made_of else "these pictures, or from some"
        )
        console.print(f"[bold yellow]The weights learned from {told}.[/bold yellow]")
    console.print(
        f"Digit error rate [bold]{_share(evaluation.digit_error_rate)}[/bold]\n"
        f"Calibration error [bold]{_share(evaluation.ece)}[/bold] of {evaluation.answered:,} answers; "
        f"exact confidences would show {_share(evaluation.ece_by_chance)}\n"
    )
    console.print(_risk(evaluation))
    console.print()
    console.print(_statuses(evaluation))
    if result.marks:
        console.print()
        console.print(_marks(result.marks))
    if evaluation.mistakes:
        console.print()
        _show_mistakes(console, result)
    pairs = [_pair(pair.true, pair.read, pair.count) for pair in evaluation.confused[:4]]
    while len(pairs) > 1 and len(", ".join(pairs)) > 64:  # they are to stay on one line of 80 columns
        pairs.pop()
    console.print(f"\nMost confused   {escape(', '.join(pairs) or 'none')}")


def _share(part: float) -> str:
    return "-" if math.isnan(part) else f"{part:.2%}"


def _pair(true: str, read: str, count: int) -> str:
    true, read = _SIGNS.get(true, true), _SIGNS.get(read, read)
    said = f"{true} as {read}" if true and read else f"{true} missed" if true else f"{read} added"
    return f"{said} ({count:,})"


def _risk(evaluation: LineEvaluation) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("of the most confident")
    for coverage in evaluation.error_at_coverage:
        table.add_column(f"{coverage:.0%}", justify="right")
    table.add_row("wrong", *(f"{part:.2%}" for part in evaluation.error_at_coverage.values()))
    return table


def _statuses(evaluation: LineEvaluation) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("status")
    for heading in ("pictures", "exactly right"):
        table.add_column(heading, justify="right")
    for status, count in evaluation.statuses.items():
        exact = evaluation.exact_by_status[status] if status not in ("illegible", "failed") else math.nan
        table.add_row(status, f"{count:,}", _share(exact))
    return table


def _marks(marks: dict[str, tuple[int, int]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("without a number")
    for heading in ("pictures", "said to be illegible"):
        table.add_column(heading, justify="right")
    for name, (count, said) in marks.items():
        table.add_row(escape(name), f"{count:,}", f"{said:,}")
    return table


def _show_mistakes(console: Console, result: LineResult) -> None:
    """The wrong answers that were given most confidently: mistakes of the network, or of the labels."""
    mistakes = result.evaluation.mistakes[:_MOST_SHOWN]
    written = columns_of(["written", *(mistake.true for mistake in mistakes)])
    read = columns_of(["blank", *(mistake.read for mistake in mistakes)])
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("surest mistakes", no_wrap=True, max_width=_NAME)
    table.add_column("written", no_wrap=True, width=written)
    table.add_column("read", no_wrap=True, width=read)
    table.add_column("sure", justify="right")
    for mistake in mistakes:
        picture = result.lines.pictures[mistake.index]
        name = (
            picture.replace("\\", "/").rsplit("/", 1)[-1]
            if isinstance(picture, str)
            else f"no. {mistake.index}"
        )
        said = [escape(text) or "[dim]blank[/dim]" for text in (mistake.true, mistake.read)]
        table.add_row(escape(name), *said, percent(mistake.confidence))
    print_whole(console, table, _NAME + written + read + _BESIDE)
