"""The forms of digits in a line: those of the drawn digits, and more that real paper shows.

Learned from looking at every second picture of two public sets of lines, cheque amounts and cells of
a clinic's logbooks: a 1 whose upstroke is as long as its stem, that is a narrow bow, or a stem alone, a 4
without corners, a 9 like a P, a q or an open 8, a 6 like a b, an 8 and a 0 left open, a 7 that curls or
that a bar makes a t, a 2 that begins with a loop, a 5 like a root sign.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from inkling.datasets.strokes import FORMS, Points, Stroke

Rng = np.random.Generator
Form = Callable[[Rng], list[Stroke]]


def _arc(x: float, y: float, across: float, down: float, start: float, turn: float) -> Points:
    """Points of an ellipse around (x, y), clockwise from `start` degrees (0 is right, 90 is down)."""
    angles = np.radians(start + np.linspace(0, turn, max(int(abs(turn) / 30), 3)))
    return [(x + across * float(np.cos(a)), y + down * float(np.sin(a))) for a in angles]


def _zero_open(rng: Rng) -> list[Stroke]:
    """The ends do not meet, or pass each other."""
    return [
        (_arc(0.5, 0.5, rng.uniform(0.35, 0.6), 0.5, rng.uniform(-140, -20), -rng.uniform(315, 420)), True)
    ]


def _zero_with_tail(rng: Rng) -> list[Stroke]:
    """It ends in a curl at the top, as when the pen goes on to the next."""
    ring = _arc(0.5, 0.52, rng.uniform(0.35, 0.5), 0.48, -70, -rng.uniform(330, 370))
    return [
        ([*ring, (0.75, rng.uniform(0.05, 0.2)), (rng.uniform(0.95, 1.3), rng.uniform(-0.05, 0.15))], True)
    ]


def _one_with_flag(rng: Rng) -> list[Stroke]:
    """A short stroke up to the top of the stem; it is steep, where the bar of a 7 is flat."""
    top = (rng.uniform(0.5, 0.75), rng.uniform(0.0, 0.03))
    reach = rng.uniform(0.12, 0.65)
    start = (top[0] - reach, top[1] + min(reach * rng.uniform(0.55, 1.8), 0.8))
    foot = (top[0] + rng.normal(-0.03, 0.08), 1.0)
    return [([start, top, foot], False)]


def _one_looped(rng: Rng) -> list[Stroke]:
    """Up and down again around a narrow bow, without a corner."""
    x, wide = rng.uniform(0.5, 0.75), rng.uniform(0.1, 0.3)
    start = (x - wide - rng.uniform(-0.15, 0.4), rng.uniform(0.5, 1.0))
    bow: Points = [(x - wide, rng.uniform(0.2, 0.4)), (x - wide / 3, 0.01), (x, rng.uniform(0.08, 0.2))]
    return [([start, *bow, (x - rng.uniform(-0.05, 0.25), 1.0)], True)]


def _one_with_long_upstroke(rng: Rng) -> list[Stroke]:
    """Up from the line and down to it again, like a tent."""
    top = (rng.uniform(0.5, 0.8), 0.0)
    start = (rng.uniform(-0.6, 0.25), rng.uniform(0.5, 1.0))
    end = (top[0] + rng.uniform(-0.15, 0.15), 1.0)
    if rng.random() < 0.4:
        bend = ((start[0] + top[0]) / 2, (start[1] + top[1]) / 2 + rng.uniform(-0.15, 0.25))
        return [([start, bend, top], True), ([top, end], False)]
    return [([start, top, end], False)]


def _one_of_two_strokes(rng: Rng) -> list[Stroke]:
    """The upstroke does not reach the stem, or passes it, as if two were written."""
    x = rng.uniform(0.45, 0.7)
    end = (x - rng.uniform(0.0, 0.25), rng.uniform(-0.02, 0.25))
    up: Points = [(rng.uniform(-0.6, 0.1), rng.uniform(0.5, 1.0)), end]
    return [(up, False), ([(x, rng.uniform(-0.05, 0.05)), (x + rng.uniform(-0.2, 0.1), 1.0)], False)]


def _one_bent(rng: Rng) -> list[Stroke]:
    """A stem that is bent, or hooked at its foot."""
    foot = [(0.5, 1.0)] if rng.random() < 0.6 else [(0.5, 0.93), (rng.uniform(0.6, 0.9), 1.0)]
    start: Points = [(rng.uniform(0.1, 0.4), rng.uniform(0.15, 0.4))] if rng.random() < 0.6 else []
    return [([*start, (0.55, 0.0), (0.5 + rng.normal(0, 0.06), 0.5), *foot], True)]


def _one_upright(rng: Rng) -> list[Stroke]:
    """A stem alone, which may lean."""
    lean = rng.normal(0, 0.12)
    return [([(0.5 + lean, 0.0), (0.5 - lean, 1.0)], False)]


def _two_looped(rng: Rng) -> list[Stroke]:
    """A loop at the foot, and a long tail."""
    top: Points = [(0.05, rng.uniform(0.15, 0.4)), (0.35, 0.0), (0.8, 0.15), (0.75, 0.45), (0.3, 0.85)]
    loop: Points = [(0.05, 0.97), (-0.02, 0.85), (0.15, 0.75), (0.45, 0.88)]
    return [([*top, *loop, (rng.uniform(0.9, 1.4), rng.uniform(0.8, 1.05))], True)]


def _two_swung(rng: Rng) -> list[Stroke]:
    """A round head whose stroke ends along the line."""
    head: Points = [(rng.uniform(0.0, 0.2), rng.uniform(0.1, 0.3)), (0.45, 0.0), (0.8, 0.22), (0.55, 0.6)]
    return [([*head, (0.05, 1.0), (0.4, rng.uniform(0.92, 1.0)), (rng.uniform(0.85, 1.2), 0.97)], True)]


def _two_curled(rng: Rng) -> list[Stroke]:
    """The pen begins inside the head, with a hook or a whole loop, as in a Q."""
    x, y = rng.uniform(0.25, 0.5), rng.uniform(0.2, 0.35)
    hook = _arc(x, y, rng.uniform(0.15, 0.3), rng.uniform(0.1, 0.2), rng.uniform(0, 90), rng.uniform(90, 200))
    head: Points = [(0.45, 0.0), (rng.uniform(0.75, 0.95), 0.22), (0.6, 0.6), (0.1, rng.uniform(0.9, 1.0))]
    foot: Points = [(0.4, rng.uniform(0.9, 1.0)), (rng.uniform(0.8, 1.3), rng.uniform(0.9, 1.05))]
    return [([*hook, *head, *foot], True)]


def _two_swung_up(rng: Rng) -> list[Stroke]:
    """A small head that begins with a curl, and a foot that swings up again behind it."""
    curl: Points = [
        (rng.uniform(0.2, 0.4), rng.uniform(0.25, 0.4)),
        (rng.uniform(0.0, 0.15), 0.2),
        (0.3, 0.0),
    ]
    down: Points = [(rng.uniform(0.55, 0.75), 0.2), (0.35, 0.65), (rng.uniform(-0.05, 0.15), 0.95)]
    foot: Points = [(0.35, rng.uniform(0.8, 0.95)), (rng.uniform(0.6, 0.8), rng.uniform(0.92, 1.02))]
    end = (rng.uniform(0.95, 1.3), rng.uniform(0.45, 0.8))
    return [([*curl, *down, *foot, end], True)]


def _three_pointed(rng: Rng) -> list[Stroke]:
    """Two bows with a sharp waist."""
    waist = (rng.uniform(0.25, 0.5), rng.uniform(0.38, 0.5))
    upper: Points = [(rng.uniform(0.0, 0.2), rng.uniform(0.05, 0.2)), (0.5, 0.0), (0.8, 0.2), waist]
    lower: Points = [waist, (0.85, 0.6), (0.75, 0.92), (0.35, 1.0), (rng.uniform(-0.1, 0.15), 0.88)]
    return [(upper, True), (lower, True)]


def _four_like_h(rng: Rng) -> list[Stroke]:
    """A bow, open above, and a stem that reaches below it."""
    y = rng.uniform(0.5, 0.7)
    x = rng.uniform(0.7, 0.95)
    bow: Points = [
        (rng.uniform(0.05, 0.35), rng.uniform(0.0, 0.15)),
        (0.08, y - 0.1),
        (0.3, y),
        (x, y - 0.12),
    ]
    return [(bow, True), ([(x + 0.05, rng.uniform(0.0, 0.55)), (x - rng.uniform(0.0, 0.2), 1.0)], False)]


def _four_rounded(rng: Rng) -> list[Stroke]:
    """Closed, all its corners round; but it is pointed at the left, and the stem runs on below the bar."""
    top, y = (rng.uniform(0.65, 0.85), rng.uniform(0.0, 0.08)), rng.uniform(0.48, 0.68)
    left = (rng.uniform(0.0, 0.15), y - rng.uniform(0.0, 0.08))
    head: Points = [top, (rng.uniform(0.3, 0.45), y * rng.uniform(0.35, 0.6)), left, (0.3, y + 0.03)]
    end = (rng.uniform(0.75, 1.05), y - rng.uniform(-0.02, 0.1))
    stem: Points = [(top[0] + rng.uniform(-0.05, 0.08), rng.uniform(0.0, 0.3)), (rng.uniform(0.5, 0.8), 1.0)]
    return [([*head, end], True), (stem, False)]


def _four_apart(rng: Rng) -> list[Stroke]:
    """A corner like an L, and a stem that stands apart or only touches it."""
    y = rng.uniform(0.45, 0.7)
    corner: Points = [(rng.uniform(0.1, 0.35), 0.0), (rng.uniform(0.0, 0.1), y), (rng.uniform(0.5, 0.9), y)]
    x = rng.uniform(0.7, 1.0)
    return [
        (corner, rng.random() < 0.4),
        ([(x, rng.uniform(0.1, 0.4)), (x - rng.uniform(0, 0.15), 1.0)], False),
    ]


def _five_in_one(rng: Rng) -> list[Stroke]:
    """Bar, stem and bowl without lifting the pen."""
    bar: Points = [(rng.uniform(0.75, 1.1), rng.uniform(-0.02, 0.1)), (0.25, 0.04)]
    stem: Points = [(0.25, 0.04), (rng.uniform(0.1, 0.25), 0.42)]
    bowl = _arc(0.4, 0.68, rng.uniform(0.35, 0.5), 0.31, -120, rng.uniform(200, 270))
    return [(bar, False), ([*stem, *bowl], True)]


def _five_with_flying_bar(rng: Rng) -> list[Stroke]:
    """The bar stands well apart, high and to the right."""
    bowl = _arc(0.35, 0.7, 0.42, 0.3, -130, rng.uniform(220, 270))
    x, y = rng.uniform(0.3, 0.6), rng.uniform(-0.12, 0.05)
    start = (rng.uniform(0.05, 0.3), rng.uniform(0.0, 0.15))
    return [
        ([start, *bowl], True),
        ([(x, y), (x + rng.uniform(0.4, 0.8), y + rng.normal(-0.03, 0.05))], False),
    ]


def _five_like_a_tick(rng: Rng) -> list[Stroke]:
    """Stem and bowl run together, and a long bar flies off at the top."""
    corner = (rng.uniform(0.2, 0.45), rng.uniform(0.0, 0.1))
    stem: Points = [
        corner,
        (rng.uniform(0.1, 0.3), 0.4),
        (0.5, 0.55),
        (0.45, 0.9),
        (rng.uniform(-0.1, 0.15), 1.0),
    ]
    end = (rng.uniform(0.9, 1.5), corner[1] - rng.uniform(-0.05, 0.2))
    return [(stem, True), ([corner, end], False)]


def _six_like_b(rng: Rng) -> list[Stroke]:
    """A straight stem, and a belly at its foot."""
    lean = rng.uniform(-0.1, 0.35)
    belly = _arc(0.42, 0.75, rng.uniform(0.28, 0.42), rng.uniform(0.18, 0.26), 180, -rng.uniform(320, 380))
    return [([(0.1 + lean, 0.0), (0.05 + lean / 3, 0.45), *belly], True)]


def _five_like_a_root(rng: Rng) -> list[Stroke]:
    """A small hook, and the bar and the stem in one long stroke, as in a root sign."""
    foot = (rng.uniform(0.2, 0.5), 1.0)
    hook: Points = [(rng.uniform(-0.15, 0.1), rng.uniform(0.7, 0.9)), foot]
    belly: Points = [(rng.uniform(0.45, 0.65), 0.7), (rng.uniform(0.2, 0.4), 0.45)]
    top = (rng.uniform(0.3, 0.5), rng.uniform(0.0, 0.1))
    bar = (rng.uniform(0.9, 1.4), top[1] - rng.uniform(-0.05, 0.1))
    return [([*hook, *belly, top], True), ([top, bar], False)]


def _seven_plain(rng: Rng) -> list[Stroke]:
    corner = (rng.uniform(0.8, 1.05), rng.uniform(0.0, 0.1))
    top: Points = [(rng.uniform(-0.05, 0.2), rng.uniform(0.0, 0.15)), corner]
    return [(top, False), ([corner, (rng.uniform(0.5, 0.7), 0.5), (rng.uniform(0.15, 0.6), 1.0)], True)]


def _seven_curled(rng: Rng) -> list[Stroke]:
    """A wave at the top, a bow below, and sometimes a bar."""
    wave: Points = [(rng.uniform(-0.1, 0.1), rng.uniform(0.15, 0.35)), (0.15, 0.03), (0.5, 0.12), (0.95, 0.0)]
    stem: Points = [(0.95, 0.0), (0.6, 0.4), (rng.uniform(0.3, 0.5), 0.75), (rng.uniform(0.2, 0.6), 1.0)]
    y = rng.uniform(0.4, 0.6)
    bar: list[Stroke] = [([(rng.uniform(0.1, 0.4), y), (rng.uniform(0.75, 1.1), y - 0.04)], False)]
    return [(wave, True), (stem, True), *(bar if rng.random() < 0.5 else [])]


def _eight_open(rng: Rng) -> list[Stroke]:
    """An S that comes back, and need not close at the top."""
    end = (rng.uniform(0.6, 1.0), rng.uniform(-0.05, 0.15))
    s: Points = [(rng.uniform(0.55, 0.85), rng.uniform(0.0, 0.15)), (0.25, 0.08), (0.25, 0.35), (0.6, 0.52)]
    return [([*s, (0.85, 0.78), (0.45, 1.0), (0.12, 0.8), (0.4, 0.5), (0.7, 0.25), end], True)]


def _three_in_one(rng: Rng) -> list[Stroke]:
    """A small loop at the waist, where the pen turns."""
    upper: Points = [(rng.uniform(0.0, 0.2), rng.uniform(0.05, 0.25)), (0.45, 0.0), (0.75, 0.2), (0.4, 0.45)]
    loop: Points = [(rng.uniform(0.15, 0.3), 0.42), (0.3, rng.uniform(0.32, 0.4)), (0.5, 0.48)]
    return [([*upper, *loop, (0.8, 0.7), (0.4, 1.0), (rng.uniform(-0.1, 0.15), 0.85)], True)]


def _four_like_a_plus(rng: Rng) -> list[Stroke]:
    """A small corner, a bar that runs on to the right, and a stem that crosses it and hangs low."""
    y, x = rng.uniform(0.5, 0.75), rng.uniform(0.5, 0.85)
    corner: Points = [
        (rng.uniform(0.1, 0.4), y - rng.uniform(0.25, 0.7)),
        (rng.uniform(-0.05, 0.1), y),
        (x + rng.uniform(0.2, 0.7), y - rng.uniform(-0.08, 0.12)),
    ]
    stem: Points = [(x + rng.uniform(0.0, 0.15), y - rng.uniform(0.15, 0.5)), (x - rng.uniform(0, 0.2), 1.05)]
    return [(corner, rng.random() < 0.3), (stem, False)]


def _seven_with_serif(rng: Rng) -> list[Stroke]:
    """The bar at the top begins with a stroke downwards, and a long bar crosses the stem, as in an F."""
    corner = (rng.uniform(0.8, 1.1), rng.uniform(-0.03, 0.08))
    x = rng.uniform(-0.05, 0.15)
    top: Points = [(x - rng.uniform(-0.05, 0.1), rng.uniform(0.12, 0.35)), (x, rng.uniform(0.0, 0.1)), corner]
    foot = (rng.uniform(0.2, 0.65), 1.0)
    strokes: list[Stroke] = (
        [([*top, foot], False)] if rng.random() < 0.5 else [(top, True), ([corner, foot], True)]
    )
    if rng.random() < 0.75:
        y, middle = rng.uniform(0.35, 0.6), (corner[0] + foot[0]) / 2
        ends = rng.uniform(0.2, 0.5, 2)
        strokes.append(([(middle - ends[0], y + rng.normal(0.03, 0.05)), (middle + ends[1], y)], False))
    return strokes


def _seven_like_t(rng: Rng) -> list[Stroke]:
    """A short top, a steep stem, and a long bar low on it."""
    corner = (rng.uniform(0.45, 0.7), rng.uniform(0.0, 0.1))
    top: Points = [(rng.uniform(0.0, 0.2), rng.uniform(0.05, 0.25)), (0.3, rng.uniform(0.0, 0.12)), corner]
    foot: Points = [(rng.uniform(0.3, 0.5), 0.7), (rng.uniform(0.15, 0.6), 1.0)]
    y, rise = rng.uniform(0.4, 0.65), rng.uniform(-0.05, 0.2)
    bar: Points = [(rng.uniform(-0.1, 0.25), y + rise / 2), (rng.uniform(0.8, 1.3), y - rise / 2)]
    return [([*top, *foot], rng.random() < 0.6), (bar, False)]


def _eight_two_rings(rng: Rng) -> list[Stroke]:
    """One ring on the other; they may overlap, or not quite touch, or stay open."""
    waist = rng.uniform(0.38, 0.55)
    gap, off = rng.uniform(-0.06, 0.06), rng.normal(0.05, 0.08)
    upper = _arc(
        0.5 + off, waist / 2, rng.uniform(0.22, 0.4), waist / 2, rng.uniform(0, 360), -rng.uniform(310, 390)
    )
    lower = _arc(
        0.5, (1 + waist + gap) / 2, rng.uniform(0.3, 0.5), (1 - waist - gap) / 2, -90, rng.uniform(310, 390)
    )
    return [(upper, True), (lower, True)]


def _eight_like_b(rng: Rng) -> list[Stroke]:
    """A back that is nearly straight, and two bows."""
    lean, waist = rng.uniform(0.0, 0.25), rng.uniform(0.4, 0.52)
    back: Points = [(0.15 + lean, rng.uniform(0.0, 0.12)), (0.1 + lean / 2, 0.5), (0.1, rng.uniform(0.9, 1))]
    bows: Points = [
        (0.12 + lean, 0.05),
        (0.6 + lean, rng.uniform(0.0, 0.1)),
        (0.65 + lean, waist - 0.12),
        (rng.uniform(0.15, 0.4), waist),
        (0.75, waist + 0.12),
        (0.7, 0.92),
        (rng.uniform(0.05, 0.25), 0.98),
    ]
    return [(back, True), (bows, True)]


def _eight_from_the_left(rng: Rng) -> list[Stroke]:
    """Begun with a hook at the top left, which need not close; a belly below, as a 6 has it."""
    start = (rng.uniform(0.05, 0.35), rng.uniform(0.1, 0.4))
    head: Points = [(0.35, rng.uniform(0.0, 0.1)), (rng.uniform(0.6, 0.85), 0.12), (0.5, 0.4)]
    left = (rng.uniform(0.0, 0.2), rng.uniform(0.65, 0.85))
    end = (rng.uniform(0.1, 0.45), rng.uniform(0.42, 0.6))
    return [([start, *head, left, (0.4, 1.0), (rng.uniform(0.7, 0.95), 0.8), (0.6, 0.52), end], True)]


def _eight_from_the_right(rng: Rng) -> list[Stroke]:
    """Begun at the top right, crossed in the middle, and closed with a straight stroke upwards."""
    start = (rng.uniform(0.7, 1.0), rng.uniform(0.0, 0.2))
    down: Points = [(0.45, 0.0), (rng.uniform(0.1, 0.25), 0.2), (0.5, 0.5), (0.8, 0.78), (0.45, 1.0)]
    return [([start, *down, (rng.uniform(0.05, 0.25), 0.8), (0.45, 0.5), (start[0], start[1] + 0.03)], True)]


def _nine_like_p(rng: Rng) -> list[Stroke]:
    """The head lies to the right or left of the stem's top, and the stem is straight."""
    x = rng.uniform(0.6, 0.9)
    head = _arc(x - 0.3, 0.25, rng.uniform(0.25, 0.4), rng.uniform(0.18, 0.27), -20, -rng.uniform(290, 380))
    return [(head, True), ([(x + 0.05, rng.uniform(-0.02, 0.2)), (x - rng.uniform(-0.1, 0.4), 1.0)], False)]


def _nine_as_p(rng: Rng) -> list[Stroke]:
    """A stem with a bow at its top, on the right, as a P has it; the bow may begin left of the stem."""
    lean = rng.uniform(0.0, 0.3)
    stem: Points = [(0.25 + lean, rng.uniform(0.0, 0.15)), (0.2, rng.uniform(0.9, 1.0))]
    begin: Points = [(rng.uniform(-0.1, 0.2), rng.uniform(0.1, 0.3))] if rng.random() < 0.5 else []
    across, low = rng.uniform(0.3, 0.5), rng.uniform(0.4, 0.58)
    bow: Points = [(0.3 + lean, 0.02), (0.3 + lean + across, 0.08), (0.3 + lean + across, low - 0.12)]
    end = (rng.uniform(0.1, 0.35) + lean / 2, low)
    if rng.random() < 0.5:
        return [(stem, False), ([*begin, *bow, end], True)]
    return [([end, (0.1 + lean / 2, 0.25), *bow, end, (0.2, 1.0)], True)]


def _nine_like_8(rng: Rng) -> list[Stroke]:
    """The head closes at the waist, and the tail swings out to the right and back: an 8 open on its left."""
    begin = (rng.uniform(0.1, 0.4), rng.uniform(0.3, 0.48))
    head: Points = [(rng.uniform(0.05, 0.25), 0.2), (0.45, 0.0), (rng.uniform(0.7, 0.95), 0.2)]
    waist = (rng.uniform(0.25, 0.5), rng.uniform(0.42, 0.55))
    tail: Points = [(rng.uniform(0.55, 0.85), rng.uniform(0.65, 0.8)), (rng.uniform(0.2, 0.55), 1.0)]
    return [([begin, *head, waist, *tail], True)]


def _nine_with_bow(rng: Rng) -> list[Stroke]:
    """A small head, and a tail that bows to the right as far as a 3 does, and back below the head."""
    head = _arc(0.4, 0.22, rng.uniform(0.22, 0.36), rng.uniform(0.16, 0.24), rng.uniform(-30, 20), -340.0)
    bow: Points = [(rng.uniform(0.7, 0.9), rng.uniform(0.55, 0.75)), (rng.uniform(0.4, 0.6), 0.97)]
    return [([*head, *bow, (rng.uniform(-0.1, 0.2), rng.uniform(0.85, 1.0))], True)]


def _nine_with_tail_right(rng: Rng) -> list[Stroke]:
    """A head whose tail runs out to the right, as in a Q or an R."""
    head = _arc(0.42, 0.3, rng.uniform(0.3, 0.48), rng.uniform(0.2, 0.3), rng.uniform(-40, 60), -360.0)
    turn = (rng.uniform(0.3, 0.6), rng.uniform(0.5, 0.65))
    end = (rng.uniform(0.7, 1.2), rng.uniform(0.9, 1.02))
    return [(head, True), ([turn, ((turn[0] + end[0]) / 2, 0.75), end], True)]


def _nine_in_one(rng: Rng) -> list[Stroke]:
    """Head and tail in one sweep; the head may stay open."""
    start = rng.uniform(-60, 10)
    head = _arc(0.45, 0.27, rng.uniform(0.3, 0.42), 0.26, start, -rng.uniform(300, 350))
    bend = (rng.uniform(0.65, 0.85), 0.6)
    return [([*head, (0.85, 0.3), bend, (rng.uniform(0.3, 0.7), 1.0)], True)]


_MORE: tuple[tuple[Form, ...], ...] = (
    (_zero_open, _zero_open, _zero_with_tail),
    (
        *(_one_with_flag, _one_with_flag, _one_with_long_upstroke, _one_with_long_upstroke),
        *(_one_of_two_strokes, _one_bent, _one_looped, _one_upright, _one_upright, _one_upright),
    ),
    (_two_looped, _two_swung, _two_curled, _two_swung_up),
    (_three_pointed, _three_in_one),
    (_four_like_h, _four_apart, _four_like_a_plus, _four_rounded),
    (_five_in_one, _five_with_flying_bar, _five_like_a_tick, _five_like_a_root),
    (_six_like_b,),
    (_seven_plain, _seven_curled, _seven_with_serif, _seven_like_t),
    (_eight_open, _eight_two_rings, _eight_like_b, _eight_from_the_right, _eight_from_the_left),
    (_nine_like_p, _nine_in_one, _nine_as_p, _nine_as_p, _nine_like_8, _nine_with_tail_right, _nine_with_bow),
)

LINE_FORMS = tuple((*forms, *more) for forms, more in zip(FORMS, _MORE, strict=True))
"""For each digit, the forms that it is drawn in."""
