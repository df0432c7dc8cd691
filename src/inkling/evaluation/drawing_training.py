"""Drawings of a training: its curves, one step of it, the search for its rate, the first layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from inkling.evaluation.canvas import (
    BLUE,
    INK,
    OCHRE,
    QUIET,
    RED,
    add_legend,
    blend,
    chart,
    diverging,
    new_figure,
    place,
    sheet,
    write,
)
from inkling.training.finder import RateSearch
from inkling.training.inspector import Inspection

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_MAPS = 64


def draw_curves(metrics: Sequence[dict[str, Any]], *, kept: float | None = None) -> Figure:
    """How a training went: loss, held-out accuracy, learning rate, and what each layer did.

    Args:
        metrics: Lines of a `metrics.jsonl`, as `training.observers.read_metrics` reads them.
        kept: Part of the held-out pictures that the weights kept get right, 0 to 1; these need not be
            those of the last step.
    """
    layered = [line for line in metrics if line.get("gradient")]
    height = 6.9 if layered else 3.9
    figure = new_figure(11, height, "How the training went", _summary(metrics, kept))
    top = height - 3.2
    _draw_losses(chart(figure, 0.75, top, 2.75, 2.1, title="Loss (nats)", x_label="step"), metrics)
    _draw_accuracy(
        chart(figure, 4.35, top, 2.75, 2.1, title="Held-out accuracy (%)", x_label="step"), metrics, kept
    )
    rates = chart(figure, 7.95, top, 2.75, 2.1, title="Learning rate", x_label="step")
    _draw_line(rates, *_series(metrics, "learning_rate"), color=INK)
    rates.set_ylim(bottom=0)
    if layered:
        names = _weight_names(layered)
        panels = (
            ("gradient", "Gradient by layer (root mean square)", 0.75),
            ("update_share", "Update by layer (part of the weights' size)", 5.4),
        )
        for key, title, left in panels:
            axes = chart(figure, left, 0.6, 3.6, 2.1, title=title, x_label="step")
            _draw_layers(axes, layered, key, names)
        add_legend(
            axes,
            loc="center left",
            bbox_to_anchor=(1.02, 0.5),
            title="first layer to last",
            title_fontsize=7.5,
            alignment="left",
        )
    for axes in figure.axes:
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        axes.locator_params(axis="x", nbins=5)
        axes.set_xlim(left=0)
    return figure


def _summary(metrics: Sequence[dict[str, Any]], kept: float | None) -> str:
    steps, accuracies = _series(metrics, "heldout_accuracy")
    if not len(steps):
        return ""
    when = "at the end" if kept is None else "by the weights kept"
    part = accuracies[-1] if kept is None else kept
    return f"{steps[-1]:,.0f} steps; {100 * part:.2f} % of the held-out pictures recognised {when}"


def _series(metrics: Sequence[dict[str, Any]], key: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    pairs = [(line["step"], line[key]) for line in metrics if key in line]
    table = np.array(pairs, np.float64).reshape(-1, 2)
    return table[:, 0], table[:, 1]


def _draw_line(axes: Axes, x: NDArray[np.float64], y: NDArray[np.float64], **style: Any) -> None:
    """A line, with its points where there are too few of them to make one."""
    axes.plot(x, y, linewidth=1.6, marker="o" if len(x) < 3 else "", markersize=4, **style)


def _draw_losses(axes: Axes, metrics: Sequence[dict[str, Any]]) -> None:
    _draw_line(axes, *_series(metrics, "loss"), color=BLUE, label="training (running mean)")
    axes.plot(
        *_series(metrics, "heldout_loss"), "o-", color=OCHRE, linewidth=1.4, markersize=4, label="held out"
    )
    axes.set_ylim(bottom=0)
    add_legend(axes, loc="upper right")


def _draw_accuracy(axes: Axes, metrics: Sequence[dict[str, Any]], kept: float | None) -> None:
    """The accuracy after each epoch; the figure that counts is the last one, or that of the weights kept."""
    steps, accuracies = _series(metrics, "heldout_accuracy")
    axes.plot(steps, 100 * accuracies, "o-", color=OCHRE, linewidth=1.4, markersize=4)
    if not len(steps):
        write(axes, 0.5, 0.5, "not measured", color=QUIET, transform=axes.transAxes, ha="center")
        return
    counts = 100 * float(accuracies[-1] if kept is None else kept)
    low = min(100 * float(accuracies.min()), counts, 99.0)
    bottom = low - 0.15 * (100 - low)
    axes.set_ylim(bottom, 100)
    if kept is not None:
        axes.axhline(counts, color=INK, linewidth=1, linestyle="--")
    under_the_title = counts - bottom > 0.9 * (100 - bottom)
    axes.annotate(
        f"{counts:.2f} %" + ("" if kept is None else " kept"),
        (steps[-1], counts),
        (0, -15 if under_the_title else 7),
        textcoords="offset points",
        ha="right",
        size=9,
        color=INK,
        weight="bold",
    )


def _weight_names(lines: Sequence[dict[str, Any]]) -> list[str]:
    """The layers' weights, first layer first; biases and normalisation would only crowd the picture."""
    names = [name for name in lines[0]["gradient"] if name.endswith(".weight") and ".norm." not in name]
    return names or list(lines[0]["gradient"])


def _draw_layers(axes: Axes, lines: Sequence[dict[str, Any]], key: str, names: list[str]) -> None:
    colours = blend("#9cc3de", BLUE, INK)(np.linspace(0, 1, len(names)))
    steps = [line["step"] for line in lines]
    for name, colour in zip(names, colours, strict=True):
        # Exactly zero has no place on a logarithmic scale.
        sizes = np.array([line[key].get(name, np.nan) for line in lines], np.float64)
        sizes[sizes <= 0] = np.nan
        axes.plot(
            steps,
            sizes,
            color=colour,
            linewidth=1.4,
            marker="o",
            markersize=2,
            label=name.removesuffix(".weight"),
        )
    _scale_by_decades(axes)


def _scale_by_decades(axes: Axes) -> None:
    """A logarithmic scale that names 1, 2 and 5 of each decade, so that two lines can be told apart."""
    from matplotlib.ticker import LogLocator, NullLocator

    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0), numticks=8))
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.2g}")
    axes.yaxis.set_minor_locator(NullLocator())


def draw_rate_search(search: RateSearch) -> Figure:
    """Loss against learning rate, with the rate to take marked."""
    figure = new_figure(
        7,
        4,
        "Which learning rate?",
        f"Suggested: {search.suggestion:.2g}, a tenth of where the loss was lowest",
    )
    axes = chart(figure, 0.75, 0.6, 5.9, 2.45, x_label="learning rate", y_label="loss (nats, smoothed)")
    axes.plot(search.rates, search.losses, color=BLUE, linewidth=1.8)
    lowest = int(np.argmin(search.losses))
    axes.plot(search.rates[lowest], search.losses[lowest], "o", color=INK, markersize=5)
    axes.annotate(
        "lowest loss",
        (search.rates[lowest], search.losses[lowest]),
        (0, -13),
        textcoords="offset points",
        ha="center",
        size=7.5,
        color=QUIET,
    )
    axes.axvline(search.suggestion, color=RED, linewidth=1.4)
    write(
        axes,
        search.suggestion,
        1.02,
        f"{search.suggestion:.2g}",
        color=RED,
        ha="center",
        va="bottom",
        weight="bold",
        size=9,
        transform=axes.get_xaxis_transform(),
    )
    axes.set_xscale("log")
    axes.margins(y=0.15)
    return figure


def draw_first_layer(network: nn.Module) -> Figure:
    """The weights of the first layer as pictures, all on one scale: blue below zero, red above.

    A perceptron's are maps of the page, one a neuron; a convolution's are its kernels, laid out as
    they lie on the page where pixels were folded into channels first.
    """
    name, maps = _first_maps(network)
    shown = maps[:_MOST_MAPS]
    columns = 16 if len(shown) > 32 else 8
    rows = -(-len(shown) // columns)
    side = 9.4 / columns
    of = f"the first {len(shown)} of {len(maps)}" if len(shown) < len(maps) else f"all {len(maps)}"
    size = f"{maps.shape[1]} × {maps.shape[2]} pixels"
    figure = new_figure(
        10, rows * side + 1.45, "What the first layer looks for", f"{name}: {of}, {size} each"
    )
    axes = place(figure, 0.3, 0.55, 9.4, rows * side)
    _draw_weights(axes, sheet(shown, columns, gap=max(1, maps.shape[1] // 9)), _limit(shown))
    _draw_scale(figure, 0.3, 0.3, _limit(shown))
    return figure


def _first_maps(network: nn.Module) -> tuple[str, NDArray[np.float32]]:
    """The name of the first weights, and the weights as (N, h, w)."""
    fold = 1
    for module in network.modules():
        if isinstance(module, nn.PixelUnshuffle):
            fold = module.downscale_factor
    name, weights = next((n, p.detach().cpu().float()) for n, p in network.named_parameters() if p.ndim > 1)
    if weights.ndim == 2:
        side = round(weights.shape[1] ** 0.5)
        if side * side != weights.shape[1]:
            return name, weights.unsqueeze(0).numpy()
        return name, weights.view(-1, side, side).numpy()
    if fold > 1 and weights.shape[1] % (fold * fold) == 0:
        weights = nn.functional.pixel_shuffle(weights, fold)
    return name, weights.mean(dim=1).numpy()


def draw_inspection(inspection: Inspection) -> Figure:
    """One training step under the glass: weights, gradient, weights after, and the sums that build up."""
    inspected = inspection
    drop = f"loss {inspected.loss_before:.4f} before, {inspected.loss_after:.4f} after"
    figure = new_figure(
        11,
        7.1,
        f"One training step, seen at {inspected.parameter}",
        f"{drop}; learning rate {inspected.learning_rate:g}; {_shown_part(inspected.before)}",
    )
    weights = _limit(np.stack([inspected.before, inspected.after]))
    change = inspected.after - inspected.before
    blocks = (
        ("weights before", inspected.before, weights),
        ("gradient of the loss", inspected.gradient, _limit(inspected.gradient)),
        ("change: after − before", change, _limit(change)),
        ("weights after", inspected.after, weights),
    )
    for number, (title, values, limit) in enumerate(blocks):
        left = 0.35 + 2.65 * number
        _draw_block(figure, left, 3.4, 2.35, title, _as_picture(values), limit)
    _draw_sums(figure, inspected.accumulated)
    return figure


def _draw_sums(figure: Figure, sums: tuple[NDArray[np.float32], ...]) -> None:
    """What adds up when gradients are not zeroed, all on the scale of the last sum."""
    text = "Without zero_grad the gradients add up"
    shown = [_as_picture(total) for total in sums]
    if _is_neurons(sums[-1]):
        # One neuron, large, says more here than four; a neuron that learned nothing would say nothing.
        liveliest = int(np.linalg.norm(sums[-1], axis=1).argmax())
        shown = [total[liveliest].reshape(28, 28).astype(np.float64) for total in sums]
        text += f" (neuron {liveliest + 1}, the one with the largest gradient)"
    figure.text(0.3 / 11, 2.93 / 7.1, text, size=9, weight="bold", color=INK)
    limit, width = _limit(shown[-1]), min(1.65, 7.0 / len(sums) - 0.12)
    for number, picture in enumerate(shown):
        axes = place(figure, 0.35 + (width + 0.12) * number, 0.75, width, 1.75)
        _draw_weights(axes, picture, limit)
        axes.set_title(f"{number + 1}×", size=9, color=INK, pad=4)
    _draw_scale(figure, 0.35, 0.38, limit)
    bars = chart(figure, 7.75, 0.75, 2.9, 1.75, title="norm of the sum", x_label="backward passes")
    norms = [float(np.linalg.norm(total)) for total in sums]
    bars.bar(range(1, len(sums) + 1), norms, color=[BLUE] + [RED] * (len(sums) - 1), width=0.6)
    bars.grid(False)
    bars.set_xticks(range(1, len(sums) + 1))
    bars.set_yticks([])
    bars.spines["left"].set_visible(False)
    for number, norm in enumerate(norms, start=1):
        write(bars, number, norm, f"{norm:.3g}", ha="center", va="bottom")


def _draw_block(
    figure: Figure,
    left: float,
    bottom: float,
    size: float,
    title: str,
    picture: NDArray[np.float64],
    limit: float,
) -> None:
    axes = place(figure, left, bottom + 0.3, size, size)
    _draw_weights(axes, picture, limit)
    axes.set_title(title, loc="left", size=9, weight="bold", color=INK, pad=6)
    _draw_scale(figure, left, bottom, limit)


def _draw_weights(axes: Axes, picture: NDArray[np.float64], limit: float) -> None:
    wide = picture.shape[1] / picture.shape[0]
    axes.imshow(picture, cmap=diverging(), vmin=-limit, vmax=limit, interpolation="nearest")
    axes.set_aspect("equal" if 0.1 < wide < 10 else "auto")
    # Paper between maps is a shade darker than the white of a weight of zero.
    axes.set_axis_on()
    axes.set_facecolor("#f1f2f4")
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)


def _draw_scale(figure: Figure, left: float, bottom: float, limit: float) -> None:
    """A small key: −limit, 0, +limit."""
    axes = place(figure, left, bottom, 1.4, 0.09)
    axes.imshow(np.linspace(-1, 1, 64)[None], cmap=diverging(), aspect="auto", extent=(-1, 1, 0, 1))
    for x, text, side in ((-1, f"−{limit:.2g}", "left"), (1, f"+{limit:.2g}", "right")):
        write(axes, x, -0.3, text, ha=side, va="top", color=QUIET, size=7)


def _limit(values: NDArray[Any]) -> float:
    """A bound for the colours that a few outliers do not set; never 0."""
    return float(np.quantile(np.abs(values), 0.998)) or float(np.abs(values).max()) or 1e-12


def _is_neurons(values: NDArray[np.float32]) -> bool:
    """Whether each row is a map of the page."""
    return values.ndim == 2 and values.shape[1] == 28 * 28


def _as_picture(values: NDArray[np.float32]) -> NDArray[np.float64]:
    """Weights as one picture: of a first layer the first four neurons as maps, else a matrix."""
    if _is_neurons(values):
        return sheet(values[:4].reshape(-1, 28, 28), 2, gap=2)
    matrix = values.reshape(len(values), -1) if values.ndim > 1 else values.reshape(1, -1)
    return matrix.astype(np.float64)


def _shown_part(values: NDArray[np.float32]) -> str:
    shape = " × ".join(str(side) for side in values.shape)
    if _is_neurons(values):
        return f"{shape}, of which the first four neurons are shown"
    return f"{shape}, one row an output" if values.ndim > 1 else shape
