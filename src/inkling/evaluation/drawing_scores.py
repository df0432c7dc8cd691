"""Drawings of an evaluation: confusion, calibration, and risk against coverage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from inkling.evaluation.calibration import (
    Reliability,
    RiskCoverage,
    coverage_at_risk,
    place_at_coverage,
)
from inkling.evaluation.canvas import (
    BLUE,
    FAINT,
    INK,
    OCHRE,
    QUIET,
    RED,
    add_legend,
    blend,
    chart,
    new_figure,
    place,
    write,
)
from inkling.evaluation.metrics import wilson_interval
from inkling.evaluation.report import COVERAGES, Evaluation

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


_MOST_MARGINS = 20
"""Classes beyond which recall and precision would run into each other."""


def draw_confusion(evaluation: Evaluation, *, title: str = "What is taken for what") -> Figure:
    """The confusion matrix, its diagonal muted so that mistakes stand out, and the commonest of them."""
    low, high = evaluation.interval
    wrong = evaluation.count - int(np.trace(evaluation.confusion))
    subtitle = (
        f"{evaluation.name}: {100 * evaluation.accuracy:.2f} % of {evaluation.count:,} recognised "
        f"(95 % interval {100 * low:.2f} to {100 * high:.2f} %), {wrong:,} mistaken"
    )
    figure = new_figure(10.4, 6.9, title, subtitle)
    _draw_matrix(place(figure, 1.15, 0.5, 5.9, 5.1), evaluation)
    _draw_pairs(place(figure, 7.75, 0.5, 2.4, 5.1), evaluation)
    return figure


def _draw_matrix(axes: Axes, evaluation: Evaluation) -> None:
    matrix = evaluation.confusion
    classes = len(matrix)
    mistakes = matrix - np.diag(np.diagonal(matrix))
    shares = mistakes / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    shares = shares / max(float(shares.max()), 1e-9)
    # The square root keeps the rare mistakes visible beside the commonest.
    axes.imshow(
        np.sqrt(shares), cmap=blend("white", "#f3cfc5", RED), vmin=0, vmax=1, extent=(0, classes, classes, 0)
    )
    axes.set_aspect("auto")
    _draw_grid(axes, classes)
    for row, column in zip(*np.nonzero(matrix), strict=True):
        mistaken = row != column
        colour = "white" if shares[row, column] > 0.65 else INK if mistaken else QUIET
        write(
            axes,
            column + 0.5,
            row + 0.5,
            f"{matrix[row, column]:,}",
            ha="center",
            va="center",
            size=_size(classes),
            color=colour,
            weight="bold" if mistaken else "normal",
        )
    _draw_margins(axes, evaluation)
    axes.set_xlim(0, classes)
    axes.set_ylim(classes, 0)


def _size(classes: int) -> float:
    return 9 if classes <= 12 else 5


def _draw_grid(axes: Axes, classes: int) -> None:
    """Lines between the cells, and a grey that mutes the diagonal."""
    from matplotlib.collections import LineCollection, PolyCollection

    squares = [[(c, c), (c + 1, c), (c + 1, c + 1), (c, c + 1)] for c in range(classes)]
    axes.add_collection(PolyCollection(squares, facecolor="#f4f5f7"))
    lines = [[(at, 0), (at, classes)] for at in range(classes + 1)]
    lines += [[(0, at), (classes, at)] for at in range(classes + 1)]
    axes.add_collection(LineCollection(lines, colors=FAINT, linewidths=0.7))


def _draw_margins(axes: Axes, evaluation: Evaluation) -> None:
    """The classes' names along two sides, recall and precision along the others."""
    names, classes = evaluation.alphabet, len(evaluation.alphabet)
    size, edge = _size(classes) + 1, 0.012 * classes
    upright = max(map(len, names)) <= 3
    for number, (name, score) in enumerate(zip(names, evaluation.classes, strict=True)):
        middle = number + 0.5
        write(axes, -edge, middle, name, ha="right", va="center", size=size, weight="bold")
        write(
            axes,
            middle,
            -edge,
            name,
            ha="center" if upright else "left",
            va="bottom",
            size=size,
            weight="bold",
            rotation=0 if upright else 35,
        )
        if classes <= _MOST_MARGINS:
            write(axes, classes + edge, middle, _percent(score.recall), ha="left", va="center", color=QUIET)
            write(axes, middle, classes + edge, _percent(score.precision), ha="center", va="top", color=QUIET)
    if classes <= _MOST_MARGINS:
        write(axes, classes + edge, -edge, "recall (%)", ha="left", va="bottom", color=QUIET)
        write(axes, -edge, classes + edge, "precision (%)", ha="right", va="top", color=QUIET)
    if upright:
        side = {"color": QUIET, "size": 9, "ha": "center", "va": "center", "transform": axes.transAxes}
        write(axes, -0.095, 0.5, "true class", rotation=90, **side)
        write(axes, 0.5, 1.085, "taken for", **side)


def _percent(part: float) -> str:
    return "–" if np.isnan(part) else f"{100 * part:.1f}"


def _draw_pairs(axes: Axes, evaluation: Evaluation) -> None:
    """The commonest mistakes as a list with bars."""
    names, pairs = evaluation.alphabet, evaluation.confused
    axes.set_xlim(0, 1)
    axes.set_ylim(10.2, -1.0)
    write(axes, 0, -0.6, "Commonest mistakes", size=9, weight="bold")
    write(axes, 1, -0.2, "of the class   count", color=QUIET, ha="right")
    if not pairs:
        write(axes, 0, 0.4, "none", color=QUIET)
    most = max((pair.count for pair in pairs), default=1)
    kinds = [f"{names[pair.true]} → {names[pair.predicted]}" for pair in pairs]
    size = 9.5 if max(map(len, kinds), default=0) < 16 else 7.5
    for row, pair in enumerate(pairs):
        line = row + 0.25
        write(axes, 0, line, kinds[row], size=size, weight="bold", va="center")
        write(axes, 1, line, f"{pair.count:,}", size=9.5, weight="bold", va="center", ha="right", color=RED)
        write(axes, 0.8, line, f"{100 * pair.share:.1f} %", va="center", ha="right", color=QUIET)
    lengths = [pair.count / most for pair in pairs]
    axes.barh(np.arange(len(pairs)) + 0.62, lengths, height=0.14, color=RED, align="center")


def draw_reliability(
    before: Reliability,
    after: Reliability,
    ece_before: float,
    ece_after: float,
    *,
    calibrated: str = "after temperature",
) -> Figure:
    """Confidence against accuracy, before and after the calibration, over how often each occurs.

    Args:
        before: Bins of what the network itself says.
        after: Bins of the calibrated confidence.
        ece_before: Expected calibration error before, 0 to 1.
        ece_after: The same after.
        calibrated: What the confidence went through; stands beside its error.
    """
    figure = new_figure(
        6.2,
        6.9,
        "Can the confidence be believed?",
        "On the diagonal 80 % confident means right 8 times in 10",
    )
    axes = chart(figure, 0.85, 2.45, 5.0, 3.2, y_label="of these, right (%)")
    axes.plot([0, 100], [0, 100], "--", color=QUIET, linewidth=1)
    draw_bins(
        axes, before, OCHRE, f"as the network says it: calibration error {100 * ece_before:.2f} %", -0.5
    )
    draw_bins(axes, after, BLUE, f"{calibrated}: calibration error {100 * ece_after:.2f} %", 0.5)
    axes.set_ylim(-2, 102)
    add_legend(axes, loc="lower left", bbox_to_anchor=(0, 1.0), borderaxespad=0.3)
    counts = chart(figure, 0.85, 0.65, 5.0, 1.35, x_label="confidence (%)", y_label="pictures")
    styles: dict[str, Any] = {"baseline": 0.5, "linewidth": 1.4}
    for bins, colour, filled in ((after, BLUE, True), (before, OCHRE, False)):
        counts.stairs(np.maximum(bins.count, 0.5), 100 * bins.edges, color=colour, fill=filled, **styles)
    counts.set_yscale("log")
    counts.set_ylim(bottom=0.5)
    if max(before.count.max(), after.count.max()) < 10:  # a power of ten alone says nothing of so few
        counts.set_yticks([1, 2, 5])
    counts.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}" if value >= 1 else "")
    counts.yaxis.set_minor_formatter(lambda value, _: "")
    counts.tick_params(axis="y", which="minor", left=False)
    for each in (axes, counts):
        each.set_xlim(0, 101)
    axes.tick_params(labelbottom=False)
    return figure


def draw_bins(axes: Axes, bins: Reliability, colour: str, label: str, shift: float = 0.0) -> None:
    """Points with Wilson intervals: a bin of three pictures must not look like one of three thousand."""
    from matplotlib.colors import to_rgba

    full = np.flatnonzero(bins.count)
    accuracy = bins.accuracy[full]
    right = np.rint(accuracy * bins.count[full]).astype(int)
    limits = np.array([wilson_interval(int(r), int(n)) for r, n in zip(right, bins.count[full], strict=True)])
    reach = np.abs(limits.T - accuracy) * 100
    axes.errorbar(
        100 * bins.confidence[full] + shift,
        100 * accuracy,
        yerr=reach,
        fmt="o",
        color=colour,
        markersize=4.5,
        elinewidth=1.0,
        ecolor=to_rgba(colour, 0.4),
        capsize=0,
        label=label,
    )


def draw_risk_coverage(curve: RiskCoverage) -> Figure:
    """The error rate among what is accepted, as less and less is set aside for a person."""
    total, spotless = 100 * float(curve.risk[-1]), 100 * coverage_at_risk(curve, 0.0)
    none = f"; the most confident {spotless:.1f} % hold no mistake" if spotless else ""
    figure = new_figure(
        7,
        4.4,
        "What is gained by leaving the doubtful to a person",
        f"All accepted: {total:.2f} % wrong{none}",
    )
    axes = chart(
        figure,
        0.85,
        0.65,
        5.8,
        2.85,
        x_label="accepted, the most confident first (% of pictures)",
        y_label="of these, wrong (%)",
    )
    coverage, risk = 100 * curve.coverage, 100 * curve.risk
    axes.fill_between(coverage, risk, color=BLUE, alpha=0.1, linewidth=0)
    axes.plot(coverage, risk, color=BLUE, linewidth=1.8)
    # Where nothing is wrong there is nothing to see: the axis begins shortly before the first mistake.
    left = max(0.0, 10 * np.floor(spotless / 10 - 0.5))
    axes.set_xlim(left, 100 + 0.01 * (100 - left))
    top = min(max(1.2 * float(risk[coverage >= left].max()), 0.1), 105.0)
    axes.set_ylim(0, top)
    _mark_risks(axes, curve, 0.045 * top)
    return figure


def _mark_risks(axes: Axes, curve: RiskCoverage, distance: float) -> None:
    """State the error rate at round coverages, where it is not 0, and not closer than a line of text."""
    lowest = np.inf
    for part in sorted(COVERAGES, reverse=True):
        # Of a few pictures no part is exactly as large as was asked for.
        place = place_at_coverage(curve, part)
        at, risk = 100 * float(curve.coverage[place]), 100 * float(curve.risk[place])
        if not 0 < risk < lowest - distance:
            continue
        lowest = risk
        axes.plot(at, risk, "o", color=INK, markersize=4, clip_on=False)
        style: dict[str, Any] = {"textcoords": "offset points", "size": 7.5, "color": INK}
        paper = {"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.6}
        axes.annotate(
            f"{risk:.2f} % of {100 * part:g} %", (at, risk), (-6, 4), ha="right", bbox=paper, **style
        )
