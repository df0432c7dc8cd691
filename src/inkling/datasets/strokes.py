"""Digits drawn stroke by stroke, in the hands that MNIST lacks.

MNIST was written by people in the United States. Elsewhere a 1 has an upstroke or a foot, a 7 a bar,
a 2 may be a Z, a 4 open, a 9 a g, a 5 has its bar apart, a 0 a slash. Each form below is a few curves
through points in a unit square (x to the right, y down); every picture moves the points, the pen and
the slant a little, from one seed.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from inkling.datasets.digits import Digits

Points = list[tuple[float, float]]
Stroke = tuple[Points, bool]
"""Points, and whether the pen rounds them (True) or turns sharply at each (False)."""

COUNT = 30_000
"""Pictures in the set that `load_digits("strokes")` gives."""

_CANVAS = 112
"""Pixels of the square that strokes are drawn on, before framing."""


def draw_strokes(count: int = COUNT, *, seed: int = 0) -> Digits:
    """Draw digits in the hands that MNIST lacks.

    Args:
        count: Pictures, the classes in turn, those that MNIST lacks most more often.
        seed: Equal seeds give equal pictures.

    Returns:
        Pictures framed as MNIST's are.
    """
    from inkling.transforms.normalize import frame

    images = np.zeros((count, 28, 28), np.uint8)
    targets = np.resize(np.array(_TURNS, np.int64), count)
    for place, target in enumerate(targets):
        rng = np.random.Generator(np.random.PCG64([seed, place]))
        forms = FORMS[int(target)]
        strokes = forms[rng.integers(len(forms))](rng)
        framed = frame(_draw(strokes, rng))
        assert framed is not None, "a drawn digit has ink"
        images[place] = framed
    return Digits(images, targets, "strokes")


def _draw(strokes: list[Stroke], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Dark ink on light paper: uint8 (112, 112)."""
    import cv2

    height = rng.uniform(0.75, 1.0) * 0.72 * _CANVAS
    width = height * rng.uniform(0.5, 1.2)
    slant = rng.normal(0.12, 0.18)
    pen = round(float(rng.triangular(0.03, 0.08, 0.24)) * height)
    sheet = np.zeros((_CANVAS, _CANVAS), np.uint8)
    for points, rounded in strokes:
        moved = np.array(points) + rng.normal(0, 0.03, (len(points), 2))
        path = rounded_through(moved) if rounded else moved
        path = path - 0.5
        x = (path[:, 0] * width) - path[:, 1] * slant * height + _CANVAS / 2
        y = path[:, 1] * height + _CANVAS / 2
        # Fixed-point coordinates of a sixteenth of a pixel.
        line = np.round(np.stack([x, y], axis=1) * 16).astype(np.int32)
        cv2.polylines(sheet, [line], False, 255, max(pen, 2), cv2.LINE_AA, 4)
    if rng.random() < 0.3:
        sheet = _fill_box(sheet, rng)
    soft = cv2.GaussianBlur(sheet, (0, 0), float(rng.uniform(0.5, 2.0)))
    return np.asarray(255 - soft, np.uint8)


def _fill_box(sheet: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Stretch the ink towards a square: some scanners fill a box with every digit, a 1 too."""
    import cv2

    rows, columns = np.flatnonzero(sheet.any(axis=1)), np.flatnonzero(sheet.any(axis=0))
    ink = sheet[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    width = max(ink.shape[1], round(ink.shape[0] * rng.uniform(0.3, 1.0)))
    stretched = cv2.resize(ink, (width, ink.shape[0]), interpolation=cv2.INTER_AREA)
    return np.asarray(np.pad(stretched, 8), np.uint8)


def rounded_through(points: NDArray[np.float64], between: int = 12) -> NDArray[np.float64]:
    """A Catmull-Rom curve through the points."""
    padded = np.concatenate([2 * points[:1] - points[1:2], points, 2 * points[-1:] - points[-2:-1]])
    t = np.linspace(0, 1, between, endpoint=False)[:, None]
    a, b, c, d = (padded[first : len(padded) - 3 + first, None] for first in range(4))
    curves = 2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * (b - c) + d - a) * t**3
    return np.concatenate([curves.reshape(-1, 2) / 2, points[-1:]])


def _loop(x: float, y: float, across: float, down: float, *, start: float = -90, turn: float = 360) -> Stroke:
    """An arc of an ellipse around (x, y), clockwise from `start` degrees (0 is right, 90 is down)."""
    angles = np.radians(start + np.linspace(0, turn, max(int(abs(turn) / 30), 3)))
    return [(x + across * float(np.cos(a)), y + down * float(np.sin(a))) for a in angles], True


def _one_with_upstroke(rng: np.random.Generator) -> list[Stroke]:
    top, foot = (rng.uniform(0.5, 0.75), 0.0), (rng.uniform(0.45, 0.75), 1.0)
    start = (rng.uniform(-0.4, 0.35), rng.uniform(0.15, 0.8))
    return [([start, top, foot], False)]


def _one_curved(rng: np.random.Generator) -> list[Stroke]:
    middle = (rng.uniform(0.3, 0.5), rng.uniform(0.15, 0.3))
    upstroke: Points = [(rng.uniform(-0.1, 0.2), rng.uniform(0.3, 0.7)), middle, (0.65, 0.0)]
    return [(upstroke, True), ([(0.65, 0.0), (rng.uniform(0.5, 0.7), 1.0)], False)]


def _one_joined_below(rng: np.random.Generator) -> list[Stroke]:
    """The upstroke swings up from the left and meets the stem below its top."""
    x, joint = rng.uniform(0.55, 0.85), rng.uniform(0.1, 0.4)
    upstroke: Points = [
        (rng.uniform(-0.25, 0.15), rng.uniform(0.5, 0.8)),
        (0.35, joint + rng.uniform(0.1, 0.3)),
        (x, joint),
    ]
    stem: Points = [(x + rng.uniform(-0.05, 0.1), 0.0), (x - rng.uniform(-0.05, 0.15), 0.6)]
    return [(upstroke, True), ([*stem, (x + rng.uniform(-0.2, 0.25), 1.0)], True)]


def _one_with_foot(rng: np.random.Generator) -> list[Stroke]:
    strokes = _one_with_upstroke(rng) if rng.random() < 0.7 else [([(0.55, 0.0), (0.55, 1.0)], False)]
    x = strokes[0][0][-1][0]
    return [*strokes, ([(x - rng.uniform(0.2, 0.5), 1.0), (x + rng.uniform(0.2, 0.5), 1.0)], False)]


def _one_plain(rng: np.random.Generator) -> list[Stroke]:
    return [([(0.5, 0.0), (0.5 + rng.normal(0, 0.05), 0.5), (0.5, 1.0)], True)]


def _seven(rng: np.random.Generator) -> list[Stroke]:
    corner = (rng.uniform(0.8, 1.0), rng.uniform(0.0, 0.08))
    end = (rng.uniform(0.2, 0.55), 1.0)
    top: Points = [(rng.uniform(0.0, 0.15), rng.uniform(0.0, 0.1)), corner]
    if rng.random() < 0.4:  # a serif, or a wave
        top = [(top[0][0], rng.uniform(0.12, 0.25)), *top]
    if rng.random() < 0.5:
        return [([*top, end], False)]
    return [(top, False), ([corner, (rng.uniform(0.5, 0.65), 0.45), end], True)]


def _seven_barred(rng: np.random.Generator) -> list[Stroke]:
    y = rng.uniform(0.4, 0.6)
    left, right = rng.uniform(0.1, 0.35), rng.uniform(0.75, 1.0)
    return [*_seven(rng), ([(left, y + rng.normal(0, 0.05)), (right, y - rng.uniform(0, 0.08))], False)]


def _two_like_z(rng: np.random.Generator) -> list[Stroke]:
    return [
        ([(0.05, rng.uniform(0.0, 0.15)), (0.9, 0.05), (0.05, 0.97), (1.0, rng.uniform(0.9, 1.0))], False)
    ]


def _two_round(rng: np.random.Generator) -> list[Stroke]:
    top: Points = [(0.1, 0.25), (0.3, 0.03), (0.7, 0.03), (0.85, 0.3), (0.5, 0.65), (0.08, 0.97)]
    foot: Points = [(0.08, 0.97), (0.5, rng.uniform(0.9, 1.0)), (0.98, rng.uniform(0.88, 1.0))]
    if rng.random() < 0.4:  # a loop where the pen turns
        foot = [(0.08, 0.97), (0.15, 0.78), (0.4, 0.88), (0.6, 1.0), (1.0, 0.93)]
    return [(top, True), (foot, True)]


def _three_flat(rng: np.random.Generator) -> list[Stroke]:
    bowl = _loop(0.42, 0.68, 0.45, 0.32, start=-80, turn=rng.uniform(190, 240))
    return [([(0.1, 0.03), (0.85, 0.03), (0.42, rng.uniform(0.3, 0.42))], False), bowl]


def _three_round(rng: np.random.Generator) -> list[Stroke]:
    upper = _loop(0.45, 0.25, 0.38, 0.25, start=-150, turn=rng.uniform(220, 250))
    return [upper, _loop(0.45, 0.73, 0.45, 0.27, start=-90, turn=rng.uniform(200, 250))]


def _four_open(rng: np.random.Generator) -> list[Stroke]:
    y = rng.uniform(0.5, 0.7)
    corner = (rng.uniform(0.0, 0.15), y)
    start = (rng.uniform(0.25, 0.6), 0.0)
    x, top = rng.uniform(0.6, 0.8), rng.uniform(0.15, y)
    return [
        ([start, corner, (rng.uniform(0.85, 1.0), y - rng.uniform(-0.05, 0.1))], False),
        ([(x, top), (x - rng.uniform(-0.05, 0.15), 1.0)], False),
    ]


def _four_in_one_sweep(rng: np.random.Generator) -> list[Stroke]:
    """Down, along and down again, without lifting the pen, rounded."""
    y = rng.uniform(0.45, 0.65)
    sweep: Points = [
        (rng.uniform(0.4, 0.65), 0.0),
        (0.12, y - 0.12),
        (0.15, y),
        (0.5, y - 0.02),
        (0.85, y - rng.uniform(0.05, 0.2)),
    ]
    x = rng.uniform(0.65, 0.85)
    return [(sweep, True), ([(x, y - rng.uniform(0.05, 0.25)), (x - rng.uniform(0, 0.15), 1.0)], False)]


def _four_without_lifting(rng: np.random.Generator) -> list[Stroke]:
    """Down, along, and down again from where the pen is."""
    y = rng.uniform(0.35, 0.75)
    x = rng.uniform(0.6, 0.95)
    start: Points = [(rng.uniform(0.35, 0.8), 0.0), (rng.uniform(0.0, 0.15), y)]
    turn = (x, y - rng.uniform(0.0, 0.15))
    return [([*start, turn, (x - rng.uniform(0.0, 0.25), 1.0)], rng.random() < 0.5)]


def _four_closed(rng: np.random.Generator) -> list[Stroke]:
    y, x = rng.uniform(0.55, 0.75), rng.uniform(0.55, 0.75)
    return [([(x, 1.0), (x, 0.0), (0.0, y), (1.0, y)], False)]


def _five_with_bar_apart(rng: np.random.Generator) -> list[Stroke]:
    gap = rng.uniform(0.0, 0.12)
    y = rng.uniform(0.0, 0.05)
    bowl = _loop(0.4, 0.67, 0.45, 0.31, start=-115, turn=rng.uniform(220, 260))
    down: Points = [(0.22, 0.05), (0.2, 0.42)]
    return [(down, False), bowl, ([(0.22 + gap, y), (rng.uniform(0.8, 1.05), y - 0.02)], False)]


def _five_like_s(rng: np.random.Generator) -> list[Stroke]:
    start = (rng.uniform(0.8, 1.0), rng.uniform(0.0, 0.1))
    body: Points = [start, (0.4, 0.02), (0.2, 0.2), (0.4, 0.42), (0.75, 0.6), (0.75, 0.85), (0.4, 1.0)]
    return [([*body, (0.05, rng.uniform(0.8, 0.95))], True)]


def _six_hooked(rng: np.random.Generator) -> list[Stroke]:
    """A hook at the top, and a belly that closes."""
    hook: Points = [(rng.uniform(0.75, 1.0), rng.uniform(0.05, 0.25)), (0.6, 0.0), (0.2, 0.25), (0.08, 0.65)]
    y = rng.uniform(0.4, 0.55)
    belly: Points = [(0.4, 1.0), (0.88, 0.8), (0.75, y), (0.4, y), (0.1, 0.68)]
    return [([*hook, *belly], True)]


def _six(rng: np.random.Generator) -> list[Stroke]:
    top = (rng.uniform(0.5, 0.85), rng.uniform(0.0, 0.1))
    belly: Points = [top, (0.25, 0.3), (0.08, 0.65), (0.3, 0.97), (0.7, 0.93), (0.85, 0.68)]
    return [([*belly, (0.55, 0.48), (rng.uniform(0.1, 0.25), rng.uniform(0.6, 0.75))], True)]


def _eight(rng: np.random.Generator) -> list[Stroke]:
    waist = rng.uniform(0.4, 0.5)
    if rng.random() < 0.5:
        return [
            _loop(0.5, waist / 2, rng.uniform(0.28, 0.4), waist / 2),
            _loop(0.5, (1 + waist) / 2, rng.uniform(0.35, 0.48), (1 - waist) / 2),
        ]
    s: Points = [(0.8, 0.12), (0.45, 0.0), (0.2, 0.2), (0.5, waist), (0.85, 0.75), (0.5, 1.0), (0.15, 0.78)]
    return [([*s, (0.5, waist), (0.8, 0.2), (rng.uniform(0.6, 0.8), 0.08)], True)]


def _nine_curled(rng: np.random.Generator) -> list[Stroke]:
    """A g: the tail swings to the left and up again."""
    head = _loop(0.48, 0.27, 0.36, 0.27, start=-30, turn=-rng.uniform(320, 380))
    x = rng.uniform(0.75, 0.9)
    tail: Points = [(0.84, rng.uniform(0.0, 0.2)), (x, 0.55), (x - 0.12, 0.88), (0.4, 1.0)]
    return [head, ([*tail, (rng.uniform(0.0, 0.2), rng.uniform(0.75, 0.95))], True)]


def _nine_with_bowl(rng: np.random.Generator) -> list[Stroke]:
    """A small head, open or closed, over a bowl as wide as itself."""
    high = rng.uniform(0.2, 0.3)
    head = _loop(
        0.5, high, rng.uniform(0.25, 0.4), high, start=-rng.uniform(10, 60), turn=-rng.uniform(270, 370)
    )
    x = rng.uniform(0.75, 0.95)
    bowl: Points = [(0.84, rng.uniform(0.0, high)), (x - 0.1, 2 * high), (x, 0.75), (0.6, 1.0)]
    return [head, ([*bowl, (rng.uniform(0.0, 0.3), rng.uniform(0.85, 1.0))], True)]


def _nine_straight(rng: np.random.Generator) -> list[Stroke]:
    head = _loop(0.48, 0.27, 0.36, 0.27, start=-20, turn=-rng.uniform(330, 380))
    return [head, ([(0.84, rng.uniform(0.05, 0.25)), (rng.uniform(0.5, 0.85), 1.0)], False)]


def _zero(rng: np.random.Generator) -> list[Stroke]:
    turn = rng.uniform(330, 390)
    return [_loop(0.5, 0.5, rng.uniform(0.35, 0.5), 0.5, start=rng.uniform(-130, -60), turn=turn)]


def _zero_slashed(rng: np.random.Generator) -> list[Stroke]:
    reach = rng.uniform(0.3, 0.55)
    return [*_zero(rng), ([(0.5 + reach, 0.5 - reach), (0.5 - reach, 0.5 + reach)], False)]


_TURNS = (0, 1, 1, 1, 1, 1, 2, 2, 3, 4, 4, 4, 5, 6, 6, 7, 7, 7, 8, 9, 9, 9)
"""The classes, in the order in which they are drawn, again and again."""

FORMS: tuple[tuple[Callable[[np.random.Generator], list[Stroke]], ...], ...] = (
    (_zero, _zero, _zero_slashed),
    (_one_with_upstroke, _one_with_upstroke, _one_curved, _one_joined_below, _one_with_foot, _one_plain),
    (_two_like_z, _two_round),
    (_three_flat, _three_round),
    (_four_open, _four_in_one_sweep, _four_without_lifting, _four_without_lifting, _four_closed),
    (_five_with_bar_apart, _five_like_s),
    (_six, _six_hooked),
    (_seven_barred,),
    (_eight,),
    (_nine_curled, _nine_with_bowl, _nine_with_bowl, _nine_straight),
)
