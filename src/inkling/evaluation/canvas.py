"""What every drawing shares: colours, a figure measured in inches, sheets of digits, and saving.

Figures are made without pyplot, so nothing is global, no window opens, and threads may draw.
"""

from __future__ import annotations

import contextlib
import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from inkling.errors import StorageError, UnknownNameError, UsageError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.figure import Figure

INK = "#1d2733"
"""Text and digits."""
QUIET = "#7b8591"
"""What explains: axes, second lines of text."""
FAINT = "#e3e6ea"
"""Grids, and bars that are not the point."""
BLUE = "#2c6a9e"
"""The network; what is right."""
RED = "#c4513a"
"""What is wrong."""
OCHRE = "#c8922f"
"""What is compared with."""

PALE = "#f4f5f7"
"""The whole length that a bar could have."""
GREY = "#a9b4bf"
"""A bar that is not the point."""

MONO = "DejaVu Sans Mono"
"""A font whose characters are all of one width; it comes with matplotlib."""
ADVANCE = 0.602 / 72
"""Inches that a character of it moves on, for each point of its size."""

DPI = 110

_SMALL, _PLAIN, _LARGE = 7.5, 9.0, 12.0


def new_figure(width: float, height: float, title: str = "", subtitle: str = "") -> Figure:
    """An empty sheet of paper.

    Args:
        width: In inches.
        height: In inches.
        title: At the top left; it and the subtitle take the upper 0.75 inches.
        subtitle: Smaller, under the title.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=DPI, facecolor="white")
    left = 0.3 / width
    if title:
        figure.text(left, 1 - 0.22 / height, title, size=_LARGE, weight="bold", color=INK, va="top")
    if subtitle:
        figure.text(left, 1 - 0.47 / height, subtitle, size=_PLAIN, color=QUIET, va="top")
    return figure


def place(figure: Figure, left: float, bottom: float, width: float, height: float) -> Axes:
    """Add bare axes, without frame or ticks.

    Args:
        figure: To add them to.
        left: Of their lower left corner, in inches from that of the figure.
        bottom: The same, upwards.
        width: In inches.
        height: In inches.
    """
    whole, tall = figure.get_size_inches()
    axes = figure.add_axes((left / whole, bottom / tall, width / whole, height / tall))
    axes.set_axis_off()
    return axes


def in_inches(figure: Figure, spot: tuple[float, float, float, float] | None = None) -> Axes:
    """Add bare axes that are measured in inches from their top left corner, y down.

    Args:
        figure: To add them to.
        spot: Left, top, width and height in inches; by default the whole figure.
    """
    whole = float(figure.get_size_inches()[1])
    left, top, width, height = spot or (0.0, 0.0, float(figure.get_size_inches()[0]), whole)
    axes = place(figure, left, whole - top - height, width, height)
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    axes.autoscale(False)
    return axes


def show_picture(axes: Axes, picture: NDArray[np.uint8], left: float, top: float, scale: float) -> None:
    """A picture as it is, with a thin edge around; `scale` in inches a pixel."""
    from matplotlib.patches import Rectangle

    height, width = picture.shape[0] * scale, picture.shape[1] * scale
    extent = (left, left + width, top + height, top)
    axes.imshow(picture, cmap="gray", vmin=0, vmax=255, extent=extent, aspect="auto")
    axes.add_patch(Rectangle((left, top), width, height, fill=False, edgecolor=FAINT, linewidth=1))


def chart(
    figure: Figure,
    left: float,
    bottom: float,
    width: float,
    height: float,
    *,
    title: str = "",
    x_label: str = "",
    y_label: str = "",
) -> Axes:
    """Add axes for lines and bars: two thin spines, a faint grid; measures as in `place`."""
    axes = place(figure, left, bottom, width, height)
    axes.set_axis_on()
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(QUIET)
    axes.spines[["left", "bottom"]].set_linewidth(0.8)
    axes.tick_params(which="both", colors=QUIET, labelsize=_SMALL, length=3, width=0.8)
    axes.grid(True, color=FAINT, linewidth=0.7)
    axes.set_axisbelow(True)
    axes.set_title(title, loc="left", size=_PLAIN, weight="bold", color=INK, pad=7)
    axes.set_xlabel(x_label, size=_PLAIN, color=QUIET)
    axes.set_ylabel(y_label, size=_PLAIN, color=QUIET)
    return axes


def write(axes: Axes, x: float, y: float, text: str, **style: Any) -> None:
    """Put a text at a place in the data's coordinates, small and in ink unless said otherwise."""
    settings: dict[str, Any] = {"size": _SMALL, "color": INK} | style
    axes.text(x, y, text, **settings)


def percent(probability: float) -> str:
    """One decimal; what is not quite certain does not claim to be."""
    return "> 99.9 %" if 0.9995 <= probability < 1 else f"{100 * probability:.1f} %"


def add_legend(axes: Axes, **style: Any) -> None:
    """Name the lines, without a frame."""
    legend = axes.legend(**({"fontsize": _SMALL, "frameon": False, "handlelength": 1.6} | style))
    for text in legend.get_texts():
        text.set_color(INK)


def blend(*colours: str) -> LinearSegmentedColormap:
    """A colour map that runs through colours at equal distances."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("inkling", list(colours))


def ink_on_paper() -> LinearSegmentedColormap:
    """White at 0 to ink at 1: how digits are shown."""
    return blend("white", INK)


def diverging() -> LinearSegmentedColormap:
    """Blue below the middle, white in it, red above: for weights and gradients."""
    return blend("#14456e", BLUE, "#a9c8e0", "white", "#ecb8ab", RED, "#7d2413")


def sheet(pictures: NDArray[Any], columns: int, *, gap: int = 4) -> NDArray[np.float64]:
    """Lay pictures out in rows on one large picture, which draws faster than many small ones.

    Args:
        pictures: (N, h, w), N at least 1.
        columns: Pictures in a row; the last row may be shorter.
        gap: Pixels between two pictures.

    Returns:
        float64 (rows · (h + gap) − gap, columns · (w + gap) − gap); NaN where there is no picture.
    """
    count, height, width = pictures.shape
    rows = -(-count // columns)
    whole = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap), np.nan)
    for number, picture in enumerate(pictures):
        top, left = corner(number, columns, (height, width), gap=gap)
        whole[top : top + height, left : left + width] = picture
    return whole


def corner(number: int, columns: int, size: tuple[int, int], *, gap: int = 4) -> tuple[int, int]:
    """The first row and column of a picture on a `sheet`."""
    return number // columns * (size[0] + gap), number % columns * (size[1] + gap)


_FORMATS = ("pdf", "png", "svg")
"""How the name of a drawing may end."""


def format_of(path: Path, known: Sequence[str] = _FORMATS) -> str:
    """The format of a drawing, by the end of its name.

    Raises:
        UsageError: The name has no end, or another one than those that are known.
    """
    suffix = path.suffix.lstrip(".").lower()
    if not suffix:
        endings = f"{', '.join(f'.{each}' for each in known[:-1])} or .{known[-1]}"
        raise UsageError(f"{path} is no name of a drawing.", remedy=f"End it in {endings}.")
    if suffix not in known:
        raise UnknownNameError("format of drawings", suffix, known)
    return suffix


def save_figure(figure: Figure, path: str | os.PathLike[str]) -> Path:
    """Write a figure, whole or not at all.

    Args:
        figure: As the drawing functions make it.
        path: Its suffix says the format: png, pdf or svg.

    Returns:
        The path.

    Raises:
        UsageError: There is no suffix, or it is of no such format.
        StorageError: The file cannot be written.
    """
    from matplotlib.text import Text

    path = Path(path)
    suffix = format_of(path)
    axes = [axis for each in figure.axes for axis in (each.xaxis, each.yaxis)]
    numbers = {id(label) for axis in axes for label in axis.get_ticklabels(which="both")}
    for text in figure.findobj(Text):
        if id(text) not in numbers:  # powers of ten are formulas
            text.set_parse_math(False)  # names are none: they come from strangers
            text.set_text(text.get_text().encode(errors="replace").decode())  # and are no Unicode, at times
    partial = path.with_name(f"{path.name}.partial-{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph", UserWarning)  # a box stands for it
            figure.savefig(partial, format=suffix)
        os.replace(partial, path)
    except OSError as problem:
        raise StorageError(
            f"{path} cannot be written: {problem.strerror}.",
            remedy="Is the disk full, or the folder read-only?",
        ) from None
    finally:
        # Where the folder itself is no folder there is nothing to clear away either.
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
    return path
