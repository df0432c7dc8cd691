"""Drawings of single digits: what the network says of them, and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from inkling.evaluation.canvas import (
    BLUE,
    FAINT,
    GREY,
    INK,
    PALE,
    QUIET,
    RED,
    blend,
    corner,
    diverging,
    ink_on_paper,
    new_figure,
    percent,
    place,
    sheet,
    write,
)
from inkling.evaluation.report import Evaluation

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Images = NDArray[np.uint8]

MOST_PREDICTIONS = 8
_MOST_BARS = 12


def draw_predictions(
    images: Images,
    probabilities: NDArray[np.floating],
    alphabet: Sequence[str],
    *,
    labels: Sequence[str] | None = None,
    title: str = "What the network sees",
) -> Figure:
    """Each picture beside a bar for every class.

    Args:
        images: uint8 (N, 28, 28), ink high, N at least 1; the first eight are shown.
        probabilities: (N, C), 0 to 1.
        alphabet: The classes' names, C of them; of more than twelve the ten most probable are shown.
        labels: The true classes' names, if they are known: an answer that differs is drawn in red.
        title: Of the figure.
    """
    count = min(len(images), MOST_PREDICTIONS)
    columns = count if count in (1, 3) else 2
    rows = -(-count // columns)
    figure = new_figure(4.6 * columns + 0.3, 2.0 * rows + 0.7, title)
    for number in range(count):
        left = 0.3 + 4.6 * (number % columns)
        bottom = 2.0 * (rows - 1 - number // columns) + 0.2
        label = None if labels is None else labels[number]
        _draw_one(figure, left, bottom, images[number], probabilities[number], alphabet, label)
    return figure


def _draw_one(
    figure: Figure,
    left: float,
    bottom: float,
    image: Images,
    probabilities: NDArray[np.floating],
    alphabet: Sequence[str],
    label: str | None,
) -> None:
    order = list(range(len(alphabet)))
    if len(alphabet) > _MOST_BARS:
        order = np.argsort(-probabilities, kind="stable")[:10].tolist()
    best = int(np.argmax(probabilities))
    right = label is None or label == alphabet[best]
    colour = BLUE if right else RED

    axes = place(figure, left, bottom, 1.6, 1.6)
    _show_digits(axes, image)
    heading = alphabet[best] if right else f"{alphabet[best]}, but it is {label}"
    write(axes, 0, -1.2, heading, size=9, weight="bold", color=colour, va="bottom")

    room = 0.25 + 0.055 * max(len(alphabet[shown]) for shown in order)
    bars = place(figure, left + 1.6 + room, bottom, 2.15 - room, 1.6)
    values = np.asarray(probabilities[order], np.float64)
    _draw_bars(bars, values, [alphabet[shown] for shown in order], order.index(best), colour)


def _draw_bars(axes: Axes, values: NDArray[np.float64], names: list[str], best: int, colour: str) -> None:
    """A bar a class, the most probable one in colour, each on a pale one of full length."""
    spots = np.arange(len(names))
    axes.barh(spots, np.ones(len(names)), height=0.62, color=PALE)
    axes.barh(spots, values, height=0.62, color=[colour if spot == best else GREY for spot in spots])
    for spot, (name, value) in enumerate(zip(names, values.tolist(), strict=True)):
        weight, shade = ("bold", INK) if spot == best else ("normal", QUIET)
        write(axes, -0.04, spot, name, ha="right", va="center", size=8, weight=weight, color=shade)
        if value >= 0.001:
            write(axes, 1.04, spot, percent(value), va="center", weight=weight, color=shade)
    axes.set_xlim(0, 1)
    axes.set_ylim(len(names) - 0.5, -0.5)


def _show_digits(axes: Axes, picture: NDArray[Any], *, frame: bool = True) -> None:
    """Dark ink on white paper, 0 to 255, with a thin edge of paper around."""
    axes.imshow(picture, cmap=ink_on_paper(), vmin=0, vmax=255, interpolation="nearest")
    if frame:
        from matplotlib.patches import Rectangle

        height, width = picture.shape
        axes.add_patch(
            Rectangle((-0.5, -0.5), width, height, fill=False, edgecolor=FAINT, linewidth=1, clip_on=False)
        )


def draw_mistakes(images: Images, evaluation: Evaluation, *, most: int = 25) -> Figure:
    """The worst mistakes, the most confident first: the picture, its class, and what it was taken for.

    Args:
        images: uint8 (N, 28, 28), those that were evaluated.
        evaluation: Of `images`.
        most: Pictures at most.
    """
    mistakes = evaluation.mistakes[:most]
    wrong = evaluation.count - int(np.trace(evaluation.confusion))
    title = "The worst mistakes, the most confident first"
    subtitle = (
        f"{evaluation.name}: {wrong:,} of {evaluation.count:,} mistaken; true class → answer, confidence"
    )
    if not mistakes:
        return new_figure(7, 1.2, "No mistakes", f"{evaluation.name}: all {evaluation.count:,} recognised")
    names = evaluation.alphabet
    long = max(map(len, names)) > 3
    columns = min(5, max(len(mistakes), 4))
    rows = -(-len(mistakes) // columns)
    gap, side = (11, 1.6) if long else (7, 1.5)
    figure = new_figure(columns * side + 0.6, rows * side + 1.0, title, subtitle)
    axes = place(figure, 0.3, 0.1, columns * side, rows * side)
    pictures = images[[mistake.index for mistake in mistakes]]
    _show_digits(axes, sheet(pictures, columns, gap=gap), frame=False)
    axes.set_ylim(rows * (28 + gap), -0.5)
    axes.set_xlim(-0.5, columns * (28 + gap) - 0.5)
    arrow = " →\n" if long else " → "
    for number, mistake in enumerate(mistakes):
        top, left = corner(number, columns, (28, 28), gap=gap)
        kind = f"{names[mistake.true]}{arrow}{names[mistake.predicted]}"
        size = 7.5 if long else 10
        write(axes, left, top + 27.8, kind, size=size, weight="bold", va="top", color=RED)
        claimed = f"{100 * mistake.confidence:.0f} %"
        write(axes, left + 28, top + 28.2, claimed, va="top", ha="right", size=size - 1, color=QUIET)
    return figure


def draw_saliency(image: Images, saliency: NDArray[np.floating], *, label: str) -> Figure:
    """Which pixels the answer hangs on: the picture, the map, and the map over the picture.

    Args:
        image: uint8 (28, 28), ink high.
        saliency: (28, 28); where it has negative values, blue speaks against the answer.
        label: The answer that is explained.
    """
    signed = bool((saliency < 0).any())
    against = "; blue ones speak against it" if signed else ""
    figure = new_figure(
        7.6, 3.35, f"Why {label}?", f"The redder a pixel, the more the answer hangs on it{against}"
    )
    limit = float(np.abs(saliency).max()) or 1.0
    colours = diverging() if signed else blend("white", "#f3cfc5", RED, "#7d2413")
    panels = [place(figure, 0.3 + 2.4 * number, 0.35, 2.2, 2.2) for number in range(3)]
    for axes, title in zip(panels, ("picture", "map", "both"), strict=True):
        axes.set_title(title, loc="left", size=8, color=QUIET, pad=3, y=-0.13)
    _show_digits(panels[0], image)
    panels[1].imshow(saliency, cmap=colours, vmin=-limit if signed else 0, vmax=limit)
    _show_digits(panels[2], image * 0.35)
    strength = np.sqrt(np.abs(saliency) / limit)
    panels[2].imshow(saliency, cmap=colours, vmin=-limit if signed else 0, vmax=limit, alpha=strength)
    return figure


def draw_neighbours(
    image: Images, neighbours: Images, *, labels: Sequence[str], distances: Sequence[float]
) -> Figure:
    """The training pictures that are most like a picture, as the network sees it.

    Args:
        image: uint8 (28, 28), ink high.
        neighbours: uint8 (K, 28, 28), the nearest first, K at least 1.
        labels: Their classes' names, K of them.
        distances: From `image`, K of them, 0 or greater.
    """
    count, gap = len(neighbours), 4
    columns = min(count, 8)
    rows = -(-count // columns)
    height = max(rows * 1.3, 1.6)
    figure = new_figure(
        2.45 + columns * 1.05,
        height + 1.0,
        "The most alike among the training pictures",
        "label and distance under each",
    )
    _show_digits(place(figure, 0.3, 0.25 + height - 1.6, 1.6, 1.6), image)
    axes = place(figure, 2.25, 0.25, columns * 1.05, height)
    deep = gap + 7
    stretched = np.full((count, 28 + 7, 28), np.nan)
    stretched[:, :28] = neighbours
    _show_digits(axes, sheet(stretched, columns, gap=gap), frame=False)
    axes.set_anchor("NW")
    for number, (label, distance) in enumerate(zip(labels, distances, strict=True)):
        top, left = corner(number, columns, (28 + deep - gap, 28), gap=gap)
        write(axes, left, top + 28.5, str(label), va="top", size=9.5, weight="bold")
        write(axes, left + 27.5, top + 29, f"{distance:.2f}", va="top", ha="right", color=QUIET)
    return figure
