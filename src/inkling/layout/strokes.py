"""Strokes of a pen told from pieces of rules: a short one leans and wavers, a rule does neither."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from inkling.layout.ruling import Rule

Floats = NDArray[np.float64]

_SHORT = 0.25
"""Pieces shorter than this part of the longest rule of their direction may be strokes."""

_LEAN, _WAVER = 0.04, 1.0
"""Slope against the rules nearby, and pixels (root mean square) off its own straight line, that each
alone make a short piece a stroke."""

_NEAREST = 3
"""Long rules that tell how rules lie at a place."""


def without_strokes(rules: Sequence[Rule]) -> list[Rule]:
    """Leave out short pieces that lean against the long rules beside them, or waver.

    Digits are as high as the rows that they are written into, and a 1 is a line; but no hand draws it
    quite straight and just as the rules lie there.

    Args:
        rules: Of one direction.
    """
    longest = max((rule.length for rule in rules), default=0.0)
    long = [rule for rule in rules if rule.length >= _SHORT * longest]
    return [rule for rule in rules if rule.length >= _SHORT * longest or _lies_as(rule, long)]


def _lies_as(piece: Rule, long: Sequence[Rule]) -> bool:
    slope, height = np.polyfit(piece.along, piece.across, 1)
    waver = float(np.std(piece.across - slope * piece.along - height))
    middle, level = float(piece.along.mean()), float(piece.across.mean())
    near = sorted(long, key=lambda rule: abs(float(np.interp(middle, rule.along, rule.across)) - level))
    lean = slope - float(np.median([_slope_at(rule, middle) for rule in near[:_NEAREST]]))
    return bool((lean / _LEAN) ** 2 + (waver / _WAVER) ** 2 <= 1)


def _slope_at(rule: Rule, along: float) -> float:
    """Of a rule, or of its end where it does not reach so far."""
    reach = rule.length / 4
    at = np.clip(along, rule.along[0] + reach / 2, rule.along[-1] - reach / 2)
    ends = np.interp([at - reach / 2, at + reach / 2], rule.along, rule.across)
    return float((ends[1] - ends[0]) / reach)
