"""Drawings of how well numbers are read: the worst mistakes, the confidence, and a report of all."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from inkling.evaluation.canvas import (
    ADVANCE,
    BLUE,
    INK,
    MONO,
    QUIET,
    RED,
    add_legend,
    chart,
    in_inches,
    new_figure,
    percent,
    save_figure,
    show_picture,
    write,
)
from inkling.evaluation.drawing_scores import draw_bins, draw_risk_coverage
from inkling.evaluation.lines import LineEvaluation, LineMistake, edit_operations

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Picture = NDArray[np.uint8]

Part = tuple[str, str]
"""A piece of text and its colour."""

_CELL, _SHEET_ROW, _GAP, _SHEET = (2.7, 0.68), 1.14, 0.25, 11.6
"""Inches for one picture of a sheet, for it with its text, between two, and for a row of them."""


def draw_line_mistakes(pictures: Sequence[Picture], evaluation: LineEvaluation, *, most: int = 40) -> Figure:
    """The worst mistakes, the most confident first: the picture, its number or mark, and what was read.

    Args:
        pictures: uint8 (H, W), 0 black to 255 white, of any size each; those that were evaluated.
        evaluation: Of `pictures`.
        most: Pictures at most.

    Raises:
        ValueError: The pictures are not as many as were evaluated.
    """
    evaluated = evaluation.count + evaluation.marked
    if len(pictures) != evaluated:
        raise ValueError(f"{len(pictures)} pictures for an evaluation of {evaluated}")
    wrong, silent = evaluation.count - evaluation.right, evaluation.count - evaluation.answered
    counted = f"{wrong:,} of {evaluation.count:,} not exactly right"
    counted += f", {silent:,} of them without an answer" if silent else ""
    if evaluation.misread:
        counted += f"; {evaluation.misread:,} of {evaluation.marked:,} without a number answered all the same"
    mistakes = evaluation.mistakes[:most]
    if not mistakes:
        return new_figure(7, 1.2, "No wrong answers", counted)
    title = "The worst mistakes, the most confident first"
    figure, spots = _cells(len(mistakes), title, f"{counted}; true → read, confidence")
    axes = in_inches(figure)
    for mistake, (left, bottom) in zip(mistakes, spots, strict=True):
        _show_in_cell(axes, pictures[mistake.index], left, bottom)
        _write_mistake(axes, mistake, left, bottom + 0.16, _CELL[0])
    return figure


def _write_mistake(axes: Axes, mistake: LineMistake, left: float, middle: float, width: float) -> None:
    """One line in which the characters that differ stand out: the true ones blue, the read ones red."""
    pairs = edit_operations(mistake.true, mistake.read)
    parts = [(true, BLUE if true != read else INK) for true, read in pairs]
    parts = parts if mistake.true else [("blank", BLUE)]
    parts += [(" → ", QUIET)]
    parts += (
        [(read, RED if true != read else INK) for true, read in pairs] if mistake.read else [("blank", RED)]
    )
    _write_parts(axes, parts, left, middle, width - 0.62)
    write(
        axes, left + width, middle, percent(mistake.confidence), ha="right", va="center", size=8, color=QUIET
    )


def _write_parts(axes: Axes, parts: Sequence[Part], left: float, middle: float, room: float) -> None:
    """One line of text in several colours, as large as there is room, at most 9.5 points."""
    size = min(9.5, room / (ADVANCE * max(sum(len(text) for text, _ in parts), 1)))
    place = left
    for text, colour in parts:
        weight = "normal" if colour in (INK, QUIET) else "bold"
        write(axes, place, middle, text, size=size, va="center", color=colour, weight=weight, family=MONO)
        place += size * ADVANCE * len(text)


def draw_line_sheet(
    pictures: Sequence[Picture], captions: Sequence[Sequence[Part]], *, title: str, subtitle: str = ""
) -> Figure:
    """Pictures in rows, what is written on each under it.

    Args:
        pictures: uint8 (H, W), 0 black to 255 white, or (H, W, 3) RGB; N of any size, at least one.
        captions: Of each, its parts with their colours.
        title: Of the sheet.
        subtitle: Under it.

    Raises:
        ValueError: There are no pictures, or not as many as captions.
    """
    if not pictures or len(pictures) != len(captions):
        raise ValueError(f"{len(pictures)} pictures for {len(captions)} captions; one at least is wanted")
    widest = max(picture.shape[1] / picture.shape[0] for picture in pictures) * _CELL[1]
    longest = max(sum(len(text) for text, _ in parts) for parts in captions) * ADVANCE * 9.5
    width = min(max(widest, longest), _CELL[0])
    figure, spots = _cells(len(pictures), title, subtitle, width)
    axes = in_inches(figure)
    for picture, parts, (left, bottom) in zip(pictures, captions, spots, strict=True):
        _show_in_cell(axes, picture, left, bottom)
        _write_parts(axes, parts, left, bottom + 0.16, width)
    return figure


def _cells(
    count: int, title: str, subtitle: str, width: float = _CELL[0]
) -> tuple[Figure, list[tuple[float, float]]]:
    """A sheet for pictures in rows, and the lower left corner of each, in inches from the top left."""
    step = width + _GAP
    columns = min(int((_SHEET + _GAP) / step), max(count, 2))
    rows = -(-count // columns)
    across = max(0.6 + columns * step - _GAP, 6.2)  # the title is to fit, too
    figure = new_figure(across, 0.95 + rows * _SHEET_ROW, title, subtitle)
    spots = [
        (0.3 + number % columns * step, 0.85 + number // columns * _SHEET_ROW + _CELL[1])
        for number in range(count)
    ]
    return figure, spots


def _show_in_cell(axes: Axes, picture: Picture, left: float, bottom: float) -> None:
    scale = min(_CELL[0] / picture.shape[1], _CELL[1] / picture.shape[0])
    show_picture(axes, picture, left, bottom - picture.shape[0] * scale, scale)


def draw_line_reliability(evaluation: LineEvaluation) -> Figure:
    """The confidence of the answers against how many are exactly right, over how often each occurs."""
    if not evaluation.answered:
        return new_figure(7, 1.2, "No answers", "There is no confidence to compare with anything")
    bins = evaluation.reliability
    figure = new_figure(
        6.2,
        6.9,
        "Can the confidence be believed?",
        "On the diagonal 80 % confident means exactly right 8 times in 10",
    )
    axes = chart(figure, 0.85, 2.45, 5.0, 3.35, y_label="of these, exactly right (%)")
    axes.plot([0, 100], [0, 100], "--", color=QUIET, linewidth=1)
    label = f"{evaluation.answered:,} answers: calibration error {100 * evaluation.ece:.2f} %"
    draw_bins(axes, bins, BLUE, label)
    axes.set_ylim(-2, 102)
    axes.tick_params(labelbottom=False)
    add_legend(axes, loc="lower left", bbox_to_anchor=(0, 1.0), borderaxespad=0.3)
    below = chart(figure, 0.85, 0.65, 5.0, 1.35, x_label="confidence (%)", y_label="pictures")
    below.stairs(np.maximum(bins.count, 0.5), 100 * bins.edges, baseline=0.5, color=BLUE, fill=True)
    below.set_yscale("log")
    below.set_ylim(bottom=0.5)
    below.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}" if value >= 1 else "")
    below.yaxis.set_minor_formatter(lambda value, _: "")
    below.tick_params(axis="y", which="minor", left=False)
    for each in (axes, below):
        each.set_xlim(0, 101)
    return figure


LINE_REPORT = ("reliability.png", "risk-coverage.png", "mistakes.png")
"""What the drawings of an evaluation of lines are called."""


def write_line_report(
    folder: str | os.PathLike[str], *, evaluation: LineEvaluation, pictures: Sequence[Picture]
) -> list[Path]:
    """Draw everything there is to see of an evaluation of lines.

    Args:
        folder: Where the drawings go; made if it is missing.
        evaluation: Of `pictures`.
        pictures: uint8 (H, W), 0 black to 255 white, of any size each; those that were evaluated.

    Returns:
        The paths, of the names in `LINE_REPORT`.

    Raises:
        ValueError: The pictures are not as many as were evaluated.
        StorageError: A file cannot be written.
    """
    drawings: dict[str, Callable[[], Figure]] = {
        "reliability.png": lambda: draw_line_reliability(evaluation),
        "risk-coverage.png": lambda: draw_risk_coverage(evaluation.risk),
        "mistakes.png": lambda: draw_line_mistakes(pictures, evaluation),
    }
    return [save_figure(drawings[name](), Path(folder) / name) for name in LINE_REPORT]
