"""A curled sheet straightened on paper only: coordinates in which every rule of a table is straight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inkling.layout.ruling import Rule

Floats = NDArray[np.float64]

_POINTS = 40
"""Points of a rule that the bend is fitted to, for each extent of the table."""

_STIFFNESS = np.array([0.001, 0.001, 0.01, 0.03, 0.03, 0.03])
"""How much each term of the polynomial is held back, for each rule of the table."""


@dataclass(frozen=True, slots=True, eq=False)
class Bend:
    """The level of a point across the rules: the same all along each rule, however it is bent.

    `level = across + p(along, across)`, p a cubic polynomial without terms that do not change along
    the rules. Two of them, one for each direction, straighten a table that lies in perspective, on
    curled paper, or both (after the idea of D. Meng and others, Active flattening of curved document
    images, CVPR 2014: rules that were straight on the sheet show how the sheet bends).

    Attributes:
        terms: float64 (6,), the coefficients of p.
        middle: Along and across of the point where p is 0, in pixels.
        extent: Pixels that are 1 in the polynomial.
    """

    terms: Floats
    middle: tuple[float, float]
    extent: float

    @classmethod
    def fit(cls, rules: Sequence[Rule]) -> Bend:
        """Fit to rules, each of which is to get one level; those that disagree count little."""
        low = min(rule.along[0] for rule in rules), min(rule.across.min() for rule in rules)
        high = max(rule.along[-1] for rule in rules), max(rule.across.max() for rule in rules)
        middle = (low[0] + high[0]) / 2, (low[1] + high[1]) / 2
        bend = cls(np.zeros(6), middle, max(high[0] - low[0], high[1] - low[1], 1.0) / 2)
        factors, misses = [], []
        for rule in rules:
            count = max(4, round(_POINTS * rule.length / (2 * bend.extent)))
            along = np.linspace(rule.along[0], rule.along[-1], count)
            across = np.interp(along, rule.along, rule.across)
            factor = bend._factors(along, across)
            factors.append(factor - factor.mean(axis=0))
            misses.append((across - across.mean()) / bend.extent)
        grams = np.array([factor.T @ factor for factor in factors])
        sides = np.array([factor.T @ miss for factor, miss in zip(factors, misses, strict=True)])
        weights = np.ones(len(rules))
        terms = np.zeros(6)
        for _ in range(8):
            gram = np.tensordot(weights, grams, 1) + np.diag(_STIFFNESS * weights.sum())
            terms = np.linalg.solve(gram, -weights @ sides)
            spread = np.array([np.std(m + f @ terms) for f, m in zip(factors, misses, strict=True)])
            usual = max(float(np.median(spread)), 0.5 / bend.extent)
            weights = 1 / (1 + np.square(spread / (2 * usual)))
        return cls(terms, bend.middle, bend.extent)

    def level(self, along: Floats, across: Floats) -> Floats:
        """Levels of points, in pixels; of those in the middle, their place across the page."""
        return np.asarray(across + self.extent * (self._factors(along, across) @ self.terms))

    def across(self, along: Floats, level: Floats) -> Floats:
        """Where along a rule of a level, it lies across the page."""
        along, level = np.broadcast_arrays(along, level)
        across = level.astype(np.float64)
        for _ in range(6):
            across = across + level - self.level(along, across)
        return across

    def _factors(self, along: Floats, across: Floats) -> Floats:
        # Outside of what it was fitted to, the bend is not known, and a cubic soon goes astray.
        a = np.clip((np.asarray(along) - self.middle[0]) / self.extent, -1.2, 1.2)
        b = np.clip((np.asarray(across) - self.middle[1]) / self.extent, -1.2, 1.2)
        return np.stack([a, a * b, a * a, a * a * b, a * b * b, a * a * a], axis=-1)
