"""By how many degrees the lines of a page are out of the level."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MOST_SKEW = 15.0
"""Degrees up to which a page is deskewed."""

LEAST_SKEW = 0.1
"""Degrees below which a page is left as it is."""

_POINTS = 40_000
"""Pixels of ink that are looked at."""

_LEAST_POINTS = 200
"""Pixels of ink without which nothing is said."""

_SURE = 1.15
"""How much sharper the profile of the best angle is than the usual, at least."""


def skew(ink: NDArray[np.bool_]) -> float:
    """Degrees, -15 to 15, by which a page must be turned clockwise to be level; 0 when not sure.

    The angle at which the ink falls into the sharpest profile of rows and columns (W. Postl,
    Detection of linear oblique structures, ICPR 1986): first in steps of half a degree, then in
    finer ones around the best, to about 0.03 degrees.

    Args:
        ink: (H, W), 1,000 to 2,000 pixels on the longer side.
    """
    y, x = np.nonzero(ink)
    if len(y) < _LEAST_POINTS:
        return 0.0
    if len(y) > _POINTS:
        chosen = np.random.default_rng(0).choice(len(y), _POINTS, replace=False)
        y, x = y[chosen], x[chosen]
    points = np.column_stack([x, y]).astype(np.float32)
    coarse = np.arange(-MOST_SKEW - 1, MOST_SKEW + 1.01, 0.5)
    sharpness = np.array([_sharpness(points, angle, 3.0) for angle in coarse])
    best = float(coarse[np.argmax(sharpness)])
    if abs(best) > MOST_SKEW or sharpness.max() < _SURE * np.median(sharpness):
        return 0.0
    for reach, step in ((0.5, 0.1), (0.1, 0.025)):
        fine = np.arange(best - reach, best + reach + step / 2, step)
        best = float(fine[np.argmax([_sharpness(points, angle, 1.0) for angle in fine])])
    return best


def _sharpness(points: NDArray[np.float32], degrees: float, width: float) -> float:
    """Sum of the squares of the profiles along both directions, the page turned by some degrees."""
    angle = np.deg2rad(degrees)
    turned = points @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]], np.float32)
    total = 0.0
    for axis in turned.T:
        profile = np.bincount(((axis - axis.min()) / width).astype(np.int64)).astype(np.float64)
        total += float((np.diff(profile) ** 2).sum())
    return total
