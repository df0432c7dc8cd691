"""How far curled or folded paper departs from a homography, as shifts at the nodes of a grid."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.layout.projection import Floats

_NODES = 33
"""In each direction, from the first pixel of the blank to its last."""

_REACH = 0.05
"""How far a mark tells of the paper around it, as a part of the longer side."""

_FEW = 0.3
"""Marks right at a node that weigh as much as the homography."""

_HOLD = 0.5
"""Square of the slope, in grey levels a pixel, that print must have on the average to move the grid."""

_UNSEEN = 0.25
"""Pixels by which a picture may move before it is worth while to draw it anew."""

_PRINT = 2.0
"""Mean depth around a node, in grey levels, from which something is printed there."""

_STEP = 3.0
"""Pixels that the grid may move at a time."""


def flat() -> Floats:
    """No bend at all, float64 (n, n, 2)."""
    return np.zeros((_NODES, _NODES, 2))


def bend_of(points: Floats, shifts: Floats, shape: tuple[int, ...]) -> Floats:
    """Shifts of marks averaged over their surroundings, at the nodes of a grid.

    The kernel regression of Nadaraya and Watson (1964), drawn to zero where there are few marks.
    """
    down, across = _weights(points, shape)
    sums = np.stack([(down * shift) @ across.T for shift in shifts.T], axis=-1)
    return np.asarray(sums / (down @ across.T + _FEW)[..., None])


def tell_all(grey: NDArray[np.uint8], points: NDArray[np.intp]) -> bool:
    """Whether there are marks near everything that is printed: a rule has none but at its ends.

    Args:
        grey: uint8 (h, w), the blank, paper near 255.
        points: (N, 2), x and y of the marks in it.
    """
    down, across = _weights(points, grey.shape)
    printed = _around_nodes(255 - grey.astype(np.float32)) > _PRINT
    return bool((down @ across.T > _FEW)[printed].all())


def _weights(points: Floats | NDArray[np.intp], shape: tuple[int, ...]) -> tuple[Floats, Floats]:
    """What marks weigh at the nodes: for rows and for columns of nodes float64 (n, N), to be multiplied."""
    spread = 2 * (_REACH * max(shape)) ** 2
    xs, ys = (np.linspace(0, size - 1, _NODES) for size in (shape[1], shape[0]))
    across = np.exp(-((xs[:, None] - points[:, 0]) ** 2) / spread)
    down = np.exp(-((ys[:, None] - points[:, 1]) ** 2) / spread)
    return down, across


def follow(grey: NDArray[np.uint8], seen: NDArray[np.uint8], bend: Floats) -> Floats:
    """Make the bend follow all that is printed, rules too, which have no corners to look for.

    Least squares on the grey levels around each node (Lucas and Kanade, 1981), held to the bend that
    the marks gave where nothing is printed, along rules, and where the page shows something else than
    the blank. What is written on the form changes little: it counts only where print has an edge.

    Args:
        grey: uint8 (h, w), the blank.
        seen: uint8 (h, w), the page in its frame.
        bend: float64 (n, n, 2), in pixels of `grey`.
    """
    for sigma in (2.5, 1.5):
        model = cv2.GaussianBlur(bent_picture(grey, bend), (0, 0), sigma).astype(np.float32)
        target = cv2.GaussianBlur(seen, (0, 0), sigma).astype(np.float32)
        across, down = (cv2.Sobel(model, cv2.CV_32F, *way, ksize=3, scale=1 / 8) for way in ((1, 0), (0, 1)))
        rest = np.clip(target - model, -60, 60)
        products = (across * across, across * down, down * down, across * rest, down * rest)
        xx, xy, yy, x, y = map(_around_nodes, products)
        normal = np.stack([np.stack([xx + _HOLD, xy], -1), np.stack([xy, yy + _HOLD], -1)], -1)
        step = -np.linalg.solve(normal, np.stack([x, y], -1)[..., None])[..., 0]
        alike = np.clip(2.5 * _likeness(model, target) - 1.25, 0, 1)[..., None]
        bend = bend + _without_jumps(np.clip(step, -_STEP, _STEP) * alike)
    return np.asarray(bend, np.float64)


def _without_jumps(steps: Floats) -> Floats:
    """Medians of five by five nodes: paper bends, it does not jump."""
    planes = (steps[..., axis].astype(np.float32) for axis in (0, 1))
    return np.stack([cv2.medianBlur(np.ascontiguousarray(plane), 5) for plane in planes], axis=-1)


def _likeness(model: NDArray[np.float32], target: NDArray[np.float32]) -> Floats:
    """Correlation of two pictures around the nodes, -1 to 1."""
    m, t = _around_nodes(model), _around_nodes(target)
    both = _around_nodes(model * target) - m * t
    spreads = (_around_nodes(model * model) - m * m) * (_around_nodes(target * target) - t * t)
    return np.asarray(both / np.sqrt(np.maximum(spreads, 1.0)), np.float64)


def _around_nodes(values: NDArray[np.float32]) -> Floats:
    """Means around the nodes, float64 (n, n)."""
    height, width = values.shape
    reach = max(height, width) // _NODES
    # Two products give these means alone; a blur would give those around every pixel as well.
    means = _windows(height, reach) @ values @ _windows(width, reach).T
    return np.asarray(means, np.float64)


@lru_cache(maxsize=8)
def _windows(size: int, reach: int) -> NDArray[np.float32]:
    """What each of `size` pixels in a row weighs in the mean around each node, float32 (n, size)."""
    nodes = np.linspace(0, size - 1, _NODES).round()
    inside = np.abs(nodes[:, None] - np.arange(size)) <= reach
    return np.asarray(inside / inside.sum(axis=1, keepdims=True), np.float32)


def bent(bend: Floats, points: Floats, shape: tuple[int, ...]) -> Floats:
    """How far the paper departs from the homography at points of the blank.

    Args:
        bend: As `Registration` has it.
        points: float64 (N, 2), x and y in pixels of the blank.
        shape: Of the blank.

    Returns:
        float64 (N, 2), in pixels of the blank.
    """
    last = np.array([shape[1] - 1, shape[0] - 1]) / (_NODES - 1)
    nodes = np.clip(points / last, 0, _NODES - 1).astype(np.float32)[None]
    field = bend.astype(np.float32)
    return np.asarray(cv2.remap(field, nodes[..., 0], nodes[..., 1], cv2.INTER_LINEAR)[0], np.float64)


def bent_picture(grey: NDArray[np.uint8], bend: Floats) -> NDArray[np.uint8]:
    """A picture whose every pixel has moved by the bend; the picture itself where that cannot be seen.

    Args:
        grey: uint8 (h, w).
        bend: float64 (n, n, 2), in pixels of `grey`, at a grid that spans it from edge to edge.
    """
    if np.abs(bend).max() < _UNSEEN:
        return grey
    height, width = grey.shape
    down, across = _hats(height, len(bend)), _hats(width, len(bend))
    xs, ys = (np.linspace(0, size - 1, len(bend)) for size in (width, height))
    # Where pixels come from is linear between the nodes, as their shifts are: two products say it.
    x, y = (
        down @ sources.astype(np.float32) @ across.T
        for sources in (xs - bend[..., 0], ys[:, None] - bend[..., 1])
    )
    return np.asarray(cv2.remap(grey, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.uint8)


@lru_cache(maxsize=8)
def _hats(size: int, nodes: int) -> NDArray[np.float32]:
    """What each of the nodes weighs at each of `size` pixels in a row, float32 (size, n)."""
    places = np.linspace(0, nodes - 1, size)
    return np.asarray(np.maximum(1 - np.abs(places[:, None] - np.arange(nodes)), 0), np.float32)
