"""Drawings of pictures with what was read on them, character by character."""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from inkling.elements import Character, Reading
from inkling.evaluation.canvas import (
    ADVANCE,
    BLUE,
    FAINT,
    GREY,
    INK,
    MONO,
    OCHRE,
    PALE,
    QUIET,
    RED,
    in_inches,
    new_figure,
    percent,
    show_picture,
    write,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Picture = NDArray[np.uint8]

_MOST_SHOWN = 4
"""Characters that stand under each character of a reading."""
_MOST_ALTERNATIVES = 6
_SURE = 0.9
"""Below it a character is drawn as one to look at."""
_COLUMN = 0.86
"""Inches for each character, where there is room."""
_STRIP = 0.3
"""Inches for the source of a picture, above it."""

MOST_READINGS = 12
"""Pictures that `draw_readings` shows."""


def draw_reading(picture: Picture, reading: Reading, alphabet: Sequence[str]) -> Figure:
    """A picture with what was read on it: each character's box, what else it may be, other numbers.

    Args:
        picture: uint8 (H, W), 0 black to 255 white, or (H, W, 3) RGB.
        reading: Of `picture`; boxes and bars are drawn of its characters, if it has any.
        alphabet: The characters that their probabilities are of, in order.

    Raises:
        ValueError: The probabilities of a character are not as many as the alphabet.
    """
    layout = _lay_out(picture, reading, alphabet)
    figure = new_figure(layout.width, layout.height)
    _draw_reading(in_inches(figure), picture, reading, alphabet, layout)
    return figure


def draw_readings(
    pictures: Sequence[Picture], readings: Sequence[Reading], alphabet: Sequence[str]
) -> Figure:
    """Several pictures on one sheet, each as `draw_reading` draws it, under its source.

    Args:
        pictures: As in `draw_reading`, N of them, at least one; the first `MOST_READINGS` are shown.
        readings: Of each.
        alphabet: The characters that their probabilities are of, in order.

    Raises:
        ValueError: There are no pictures, not as many as readings, or the probabilities of a
            character are not as many as the alphabet.
    """
    if not pictures or len(pictures) != len(readings):
        raise ValueError(f"{len(pictures)} pictures for {len(readings)} readings; one at least is wanted")
    shown = list(zip(pictures, readings, strict=True))[:MOST_READINGS]
    if len(shown) == 1:
        return draw_reading(*shown[0], alphabet)
    layouts = [_lay_out(picture, reading, alphabet) for picture, reading in shown]
    width = max(layout.width for layout in layouts)
    columns = 1 if len(shown) <= 3 or width > _WIDE else 2
    rows = [layouts[start : start + columns] for start in range(0, len(layouts), columns)]
    heights = [_STRIP + max(layout.height for layout in row) for row in rows]
    tops = [0.0, *itertools.accumulate(heights)]
    figure = new_figure(width * columns, tops[-1])
    whole = in_inches(figure)
    for top in tops[1:-1]:
        whole.axhline(top, color=FAINT, linewidth=1)
    for number, ((picture, reading), layout) in enumerate(zip(shown, layouts, strict=True)):
        left, top = width * (number % columns), tops[number // columns]
        name = Path(reading.named_source).name
        most = int(13 * (width - 0.6))
        name = name if len(name) <= most else f"…{name[1 - most :]}"
        write(whole, left + 0.3, top + 0.25, name, size=8, va="center", color=QUIET)
        spot = (left, top + _STRIP, layout.width, layout.height)
        _draw_reading(in_inches(figure, spot), picture, reading, alphabet, layout)
    return figure


_WIDE = 9.0
"""Inches; readings that are wider stand one below the other."""


class _Layout(NamedTuple):
    """Where the parts of one reading stand, in inches."""

    heading: list[str]
    """Lines of text under the number."""
    top: float
    """Where the picture begins."""
    scale: float
    """For a pixel of the picture."""
    room: float
    """Width of the picture and of the characters under it."""
    side: float
    """Width of the alternatives beside them; 0 without any."""
    bars: float
    """Height of the characters and their bars."""
    width: float
    """Of all."""
    height: float
    """Of all."""


def _lay_out(picture: Picture, reading: Reading, alphabet: Sequence[str]) -> _Layout:
    for character in reading.characters:
        if len(character.probabilities) != len(alphabet):
            raise ValueError(f"{len(character.probabilities)} probabilities for {len(alphabet)} characters")
    count = len(reading.characters)
    height, width = picture.shape[:2]
    area = float(np.clip(max(count * _COLUMN, 0.8 * width / height), 4.2, 10.4))
    scale = min(area / width, 2.2 / height)
    side = _side_width(reading)
    room = max(width * scale, min(count * _COLUMN, area), 2.2 if side else 3.8)
    heading = _heading(reading, int(13 * (room + side)))
    top = 0.75 + 0.17 * len(heading)
    bars = 0.95 + 0.2 * min(_MOST_SHOWN, len(alphabet)) if count else 0.0
    listed = 0.35 + 0.3 * (1 + min(len(reading.alternatives), _MOST_ALTERNATIVES)) if side else 0.0
    tall = top + max(height * scale + bars, listed) + 0.2
    return _Layout(heading, top, scale, room, side, bars, 0.6 + room + side, tall)


def _draw_reading(
    axes: Axes, picture: Picture, reading: Reading, alphabet: Sequence[str], layout: _Layout
) -> None:
    heading, top, scale, room, side, bars, *_ = layout
    count = len(reading.characters)
    height, width = picture.shape[:2]
    title = reading.text or reading.status
    colour = {"blank": QUIET, "illegible": OCHRE, "failed": RED}.get(reading.status, INK)
    write(axes, 0.3, 0.2, title, size=20, weight="bold", va="top", color=colour, family=MONO)
    for row, line in enumerate(heading):
        write(axes, 0.3, 0.62 + 0.17 * row, line, size=9, va="top", color=QUIET)
    # A picture that is narrower than the row of characters under it stands over its middle.
    left = 0.3 + max(0.0, (min(count * _COLUMN, room) - width * scale) / 2)
    show_picture(axes, picture, left, top, scale)
    if count:
        _draw_characters(axes, reading.characters, alphabet, (left, top, scale), height * scale, room)
        explained = f"Bars: how probable each character is; ochre: below {_SURE:.0%}".replace("%", " %")
        write(axes, 0.3, top + height * scale + bars, explained, va="center", color=QUIET)
    if side:
        _draw_alternatives(axes, reading, 0.3 + room + 0.4, top, side - 0.4)


def _heading(reading: Reading, width: int) -> list[str]:
    """What came of the picture, in lines of `width` characters at most."""
    sure = "" if reading.status == "failed" else f"{percent(reading.confidence)} sure"
    said = ", ".join(filter(None, ["doubtful" if reading.status == "doubtful" else "", sure]))
    gauge = "" if reading.novelty is None else f"novelty {reading.novelty:.2f}"
    facts = "; ".join(filter(None, [said, gauge]))
    return textwrap.wrap(". ".join(filter(None, [facts, reading.reason])), width)


def _draw_characters(
    axes: Axes,
    characters: Sequence[Character],
    alphabet: Sequence[str],
    spot: tuple[float, float, float],
    height: float,
    room: float,
) -> None:
    """The boxes on the picture, and under each its character with the bars, tied to it by a line.

    The picture's left edge, top and scale are `spot`; it is `height` high, the row below `room` wide.
    """
    from matplotlib.patches import Rectangle

    left, top, scale = spot
    step = min(1.15, room / len(characters))
    centres = [left + (each.box.left + each.box.right) / 2 * scale for each in characters]
    middles = _spread(centres, step, 0.3 + step / 2, 0.3 + room - step / 2)
    for character, centre, middle in zip(characters, centres, middles, strict=True):
        box, colour = character.box, BLUE if character.confidence >= _SURE else OCHRE
        corner = (left + box.left * scale, top + box.top * scale)
        sides = ((box.right - box.left) * scale, (box.bottom - box.top) * scale)
        axes.add_patch(Rectangle(corner, *sides, facecolor=colour, alpha=0.07, linewidth=0))
        axes.add_patch(Rectangle(corner, *sides, fill=False, edgecolor=colour, linewidth=1.1))
        below = top + height
        corners = [top + box.bottom * scale, below + 0.08, below + 0.3]
        axes.plot([centre, centre, middle], corners, color=colour, linewidth=0.8, alpha=0.45)
        style: dict[str, Any] = {"ha": "center", "va": "center", "weight": "bold", "color": colour}
        write(axes, middle, below + 0.47, character.text, size=15, family=MONO, **style)
        _draw_bars(axes, character, alphabet, middle - step / 2, below + 0.78, step)


def _spread(centres: Sequence[float], step: float, first: float, last: float) -> list[float]:
    """Move places apart to a distance of at least `step`, each as little as possible (least squares).

    Less the distance wanted, the places must not fall: an isotonic regression, by pooling adjacent
    violators (Ayer et al., 1955).
    """
    pools: list[tuple[float, int]] = []
    for number, centre in enumerate(centres):
        mean, size = centre - number * step, 1
        while pools and pools[-1][0] > mean:
            before, more = pools.pop()
            mean, size = (mean * size + before * more) / (size + more), size + more
        pools.append((mean, size))
    shifted = np.repeat([mean for mean, _ in pools], [size for _, size in pools])
    steps = step * np.arange(len(centres))
    return (np.clip(shifted, first, last - steps[-1]) + steps).tolist()


def _draw_bars(
    axes: Axes, character: Character, alphabet: Sequence[str], left: float, top: float, step: float
) -> None:
    """The most probable characters, the most probable first; numbers only where they have room."""
    numbered = step >= 0.7
    name, most = left + 0.14, step - 0.24 - (0.34 if numbered else 0.0)
    values = np.array(character.probabilities)
    # A mark, such as "crossed out", is of a whole picture; beside digits it would tell nobody anything.
    order = [place for place in np.argsort(-values, kind="stable").tolist() if len(alphabet[place]) == 1]
    for row, index in enumerate(order[:_MOST_SHOWN]):
        middle, chosen = top + 0.2 * row, alphabet[index] == character.text
        colour = (BLUE if character.confidence >= _SURE else OCHRE) if chosen else GREY
        shade, weight = (INK, "bold") if chosen else (QUIET, "normal")
        axes.barh(middle, most, height=0.11, left=name + 0.05, color=PALE)
        axes.barh(middle, most * values[index], height=0.11, left=name + 0.05, color=colour)
        write(axes, name, middle, alphabet[index], ha="right", va="center", color=shade, weight=weight)
        if numbered and values[index] >= 0.0005:
            share = 100 * values[index]
            shown = "> 99.9" if 99.95 <= share < 100 else f"{share:.1f}"
            write(axes, name + 0.08 + most, middle, shown, va="center", size=6.5, color=shade)


def _side_width(reading: Reading) -> float:
    """Inches for the alternatives; 0 when there are none."""
    longest = max((len(other.text) for other in reading.alternatives), default=0)
    return 1.9 + 10 * ADVANCE * max(longest, len(reading.text)) if longest else 0.0


def _draw_alternatives(axes: Axes, reading: Reading, left: float, top: float, width: float) -> None:
    """The number and those that it may be instead, each with a bar for its probability."""
    write(axes, left, top, "The whole number", size=9, weight="bold", va="top")
    rows = [(reading.text, reading.confidence)] if reading.text else []
    rows += [(other.text, other.confidence) for other in reading.alternatives[:_MOST_ALTERNATIVES]]
    begin = left + 0.1 + 10 * ADVANCE * max(len(text) for text, _ in rows)
    most = left + width - begin - 0.55
    for row, (text, probability) in enumerate(rows):
        chosen, middle = text == reading.text, top + 0.4 + 0.3 * row
        shade, weight = (INK, "bold") if chosen else (QUIET, "normal")
        write(axes, left, middle, text, size=10, va="center", color=shade, weight=weight, family=MONO)
        axes.barh(middle, most, height=0.15, left=begin, color=PALE)
        axes.barh(middle, most * probability, height=0.15, left=begin, color=BLUE if chosen else GREY)
        write(axes, begin + most + 0.06, middle, percent(probability), va="center", color=shade)
