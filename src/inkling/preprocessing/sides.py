"""The sides of a sheet fitted at the full resolution of a photograph."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.elements import Quadrilateral

_SAMPLES = 64
"""Places along a side at which the edge is looked for."""

_REACH = 0.012
"""An edge is looked for at either side of the rough one, as a part of the photograph's longer side."""

_LEAST_RISE = 4.0
"""Grey levels between the two sides of an edge, at least."""


def fit_sides(image: NDArray[np.uint8], corners: NDArray[np.float64]) -> Quadrilateral:
    """Fit lines to the edges near the sides of a rough quadrilateral.

    Args:
        image: (H, W) grey or (H, W, 3) RGB.
        corners: (4, 2), rough, in pixels of the image.

    Returns:
        Where the fitted sides meet. A side without an edge, such as one at the image's border, stays.
    """
    lines = [
        _side(image, start, end) for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True)
    ]
    met = [_meeting(lines[place - 1], lines[place]) for place in range(4)]
    a, b, c, d = ((float(x), float(y)) for x, y in met)
    return Quadrilateral((a, b, c, d))


def _side(
    image: NDArray[np.uint8], start: NDArray[np.float64], end: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Two points (2, 2) on the edge that runs near from start to end."""
    rough = np.array([start, end])
    direction = end - start
    across = np.array([-direction[1], direction[0]]) / max(float(np.hypot(*direction)), 1e-9)
    reach = max(4, round(_REACH * max(image.shape[:2])))
    offsets = np.arange(-reach, reach + 1)
    along = start + np.linspace(0.04, 0.96, _SAMPLES)[:, None] * direction
    points = (along[:, None] + offsets[:, None] * across).astype(np.float32)
    height, width = image.shape[:2]
    inside = (points >= 1).all(axis=(1, 2)) & (points <= (width - 2, height - 2)).all(axis=(1, 2))
    if inside.sum() < _SAMPLES // 4:
        return rough
    profiles = cv2.remap(image, points[inside], None, cv2.INTER_LINEAR).astype(np.float32)
    profiles = profiles.reshape(int(inside.sum()), len(offsets), -1)
    step = max(1, reach // 8)
    box = np.cumsum(np.pad(profiles, ((0, 0), (1, 0), (0, 0))), axis=1)
    mean = (box[:, step:] - box[:, :-step]) / step
    rise = np.abs(mean[:, step:] - mean[:, :-step]).max(axis=2)
    place = np.argmax(rise, axis=1)
    clear = rise.max(axis=1) >= _LEAST_RISE
    if clear.sum() < _SAMPLES // 4:
        return rough
    # The edge between pixel n - 1 and n lies at n - 1/2.
    found = along[inside][clear] + (offsets[0] + place[clear] + step - 0.5)[:, None] * across
    vx, vy, x, y = cv2.fitLine(found.astype(np.float32), cv2.DIST_WELSCH, reach / 8, 0.01, 0.01).ravel()
    return np.array([(x, y), (x + vx, y + vy)], np.float64)


def _meeting(line: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where two lines meet, each given by two points."""
    d, e = line[1] - line[0], other[1] - other[0]
    part = np.linalg.solve(np.column_stack([d, -e]), other[0] - line[0])[0]
    return np.asarray(line[0] + part * d)
