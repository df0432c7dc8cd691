"""The sheet of paper in a photograph, found and seen from straight above."""

from __future__ import annotations

import itertools

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.elements import Page, Quadrilateral
from inkling.preprocessing.shrinking import shrunk
from inkling.preprocessing.sides import fit_sides
from inkling.preprocessing.warping import Step, take

_LOOK_SIDE = 480
"""Pixels of the longer side at which the sheet is looked for."""

_STROKES = 30
"""Dark lines narrower than this part of the longer side are closed: writing has no edges then."""

_MOST_LINES = 14
"""Lines of either direction that are tried as sides."""

_FAINT, _CLEAR = 2.0, 7.0
"""Grey levels to a pixel between which an edge comes to count as one."""

_LEAST_SUPPORT = 0.4
"""Part of a side along which there is an edge, at least: a hand may lie on the rest."""

_MEAN_SUPPORT = 0.6
"""The same, all sides together."""

_LEAST_AREA = 0.25
"""Part of the photograph that a sheet covers, at least."""

_AREA_WEIGHT = 0.5
"""What the whole photograph's area is worth, in parts of the sides' support: sheets have edges
within, such as coloured bands."""

_MOST_TRIED = 40
"""Quadrilaterals whose surroundings are looked at."""

_AROUND = (3, 5, 7)
"""Hundredths of the longer side beyond the sides at which the surroundings are looked at."""

_AROUND_LEAST, _AROUND_PART, _DIFFERENCE = 0.3, 0.6, 14.0
"""Such a part of the surroundings lies in the photograph, at least; such a part of that differs from
the paper, by so many grey levels in one channel."""

_LIGHT, _MOST_LIGHT = 0.8, 0.35
"""What has such a part of the paper's level in every channel may be paper itself; at most such a part
of what is outside is: else the quadrilateral is a part of a larger sheet."""

_INSET = 2
"""Pixels that are left out along the sides, in which sheet and table are mixed."""

_OUTSIDE = 0.03
"""Corners may lie outside the photograph by this part of its longer side."""


def find_sheet(image: NDArray[np.uint8]) -> Quadrilateral | None:
    """Find the sheet of paper in a photograph: on a table, tilted, a hand on a corner.

    Lines are found among the edges that are left when dark strokes are closed (Hough transform, Duda
    and Hart 1972); of all the quadrilaterals that they make, with at most one edge of the photograph
    among them, the one whose sides have edges along them and that is large is taken. Its sides are
    then fitted again at the full resolution.

    Args:
        image: (H, W) grey or (H, W, 3) RGB.

    Returns:
        The corners, in pixels of the image, in the order in which they appear; the sheet may be
        turned by quarters. None where there is no sheet with something around it, such as on a scan.
    """
    small, factor = shrunk(image, _LOOK_SIDE)
    if min(small.shape[:2]) < 32:
        return None
    side = max(3, max(small.shape[:2]) // _STROKES) | 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    closed = np.asarray(cv2.morphologyEx(small, cv2.MORPH_CLOSE, kernel), np.uint8)
    slopes = _slopes(closed)
    for corners in _candidates(slopes, *_lines(slopes)):
        if _lies_on_something(closed, corners) and _is_brighter(closed, corners):
            return fit_sides(image, (corners + 0.5) / factor - 0.5)
    return None


def _slopes(closed: NDArray[np.uint8]) -> NDArray[np.float32]:
    """How steeply the grey rises to the right and down, (h, w, 2), in the channel that shows it most."""
    blurred = cv2.GaussianBlur(closed, (0, 0), 1.0)
    slopes = [
        [cv2.Scharr(channel, cv2.CV_32F, dx, 1 - dx) / 32 for dx in (1, 0)] for channel in cv2.split(blurred)
    ]
    stack = np.array(slopes)
    strongest = np.argmax((stack**2).sum(axis=1), axis=0)
    return np.moveaxis(np.take_along_axis(stack, strongest[None, None], axis=0)[0], 0, -1)


def _lines(slopes: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lines (n, 3) among the edges: a and b of a unit normal and c, with a x + b y = c.

    Those that run rather from left to right, b positive, and those from top to bottom, a positive;
    the edges of the picture are the last two of each.
    """
    height, width = slopes.shape[:2]
    edges = cv2.Canny(
        np.ascontiguousarray((slopes[..., 0] * 16).astype(np.int16)),
        np.ascontiguousarray((slopes[..., 1] * 16).astype(np.int16)),
        16 * _FAINT,
        16 * (_FAINT + _CLEAR) / 2,
        L2gradient=True,
    )
    found = cv2.HoughLines(edges, 1, np.pi / 360, max(20, min(height, width) // 8))
    kept: tuple[list[tuple[float, float, float]], ...] = ([], [])
    for rho, theta in found[:2000, 0] if found is not None else ():
        a, b, c = float(np.cos(theta)), float(np.sin(theta)), float(rho)
        steep = abs(a) > abs(b)
        if (a if steep else b) < 0:
            a, b, c = -a, -b, -c
        alike = kept[steep]
        if len(alike) < _MOST_LINES and not any(_near((a, b, c), line, (width, height)) for line in alike):
            alike.append((a, b, c))
    flat = np.array([*kept[False], (0, 1, 0), (0, 1, height - 1)], np.float64)
    return flat, np.array([*kept[True], (1, 0, 0), (1, 0, width - 1)], np.float64)


def _near(line: tuple[float, float, float], other: tuple[float, float, float], size: tuple[int, int]) -> bool:
    """Whether two lines of one direction are nearly the same within the picture."""
    apart = []
    for place in (0.1, 0.9):
        at = [
            (c - a * place * size[0]) / b if abs(b) >= abs(a) else (c - b * place * size[1]) / a
            for a, b, c in (line, other)
        ]
        apart.append(abs(at[0] - at[1]))
    return max(apart) < 0.02 * max(size)


def _support(
    slopes: NDArray[np.float32], lines: NDArray[np.float64], crossing: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Part of each stretch of each line along which there is an edge.

    Args:
        slopes: (h, w, 2).
        lines: (n, 3).
        crossing: (n, m, 2), where each meets those of the other direction.

    Returns:
        (n, m, m), between two crossings.
    """
    height, width = slopes.shape[:2]
    reach = max(height, width) * 2
    steps = np.arange(-reach, reach + 1)
    along = np.empty((len(lines), 2 * reach + 2))
    for place, (a, b, c) in enumerate(lines):
        strength = np.zeros(len(steps))
        for shift in (-2, -1, 0, 1, 2):
            x = np.round(a * (c + shift) - b * steps).astype(np.int64)
            y = np.round(b * (c + shift) + a * steps).astype(np.int64)
            inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
            across = np.abs(slopes[y[inside], x[inside]] @ np.array([a, b]))
            strength[inside] = np.maximum(strength[inside], across)
        clear = np.clip((strength - _FAINT) / (_CLEAR - _FAINT), 0, 1)
        along[place] = np.concatenate([[0], np.cumsum(clear)])
    where = crossing[..., 1] * lines[:, None, 0] - crossing[..., 0] * lines[:, None, 1]
    where = np.clip(np.round(np.nan_to_num(where)).astype(np.int64) + reach, 0, 2 * reach + 1)
    sums = np.take_along_axis(along, where, axis=1)
    lengths = np.abs(where[:, :, None] - where[:, None, :])
    return np.asarray(np.abs(sums[:, :, None] - sums[:, None, :]) / np.maximum(lengths, 1))


def _candidates(
    slopes: NDArray[np.float32], flat: NDArray[np.float64], steep: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The corners (n, 4, 2) of quadrilaterals that may be the sheet, best first."""
    height, width = slopes.shape[:2]
    a, b, c = (flat[:, None, k] for k in range(3))
    d, e, f = (steep[None, :, k] for k in range(3))
    crossing = np.stack([c * e - b * f, a * f - c * d], axis=-1) / (a * e - b * d)[..., None]
    on_flat = _support(slopes, flat, crossing)
    on_steep = _support(slopes, steep, crossing.transpose(1, 0, 2))
    upper, lower = np.array(list(itertools.permutations(range(len(flat)), 2))).T[:, :, None]
    left, right = np.array(list(itertools.permutations(range(len(steep)), 2))).T[:, None, :]
    corners = np.stack(
        [crossing[upper, left], crossing[upper, right], crossing[lower, right], crossing[lower, left]],
        axis=2,
    )
    support = np.stack(
        [
            on_flat[upper, left, right],
            on_steep[right, upper, lower],
            on_flat[lower, left, right],
            on_steep[left, upper, lower],
        ],
        axis=-1,
    )
    last = np.array([len(flat), len(steep), len(flat), len(steep)]) - 2
    at_border = np.stack(np.broadcast_arrays(upper, right, lower, left), axis=-1) >= last
    support = np.where(at_border, _LEAST_SUPPORT, support)
    good, area = _are_sheets(corners, (width, height))
    good &= (at_border.sum(axis=-1) <= 1) & (support >= _LEAST_SUPPORT).all(axis=-1)
    good &= support.mean(axis=-1) >= _MEAN_SUPPORT
    score = (support.mean(axis=-1) + _AREA_WEIGHT * area)[good]
    return np.asarray(corners[good][np.argsort(-score)[:_MOST_TRIED]])


def _lies_on_something(closed: NDArray[np.uint8], corners: NDArray[np.float64]) -> bool:
    """Whether what is beyond each side is not the paper within: else it is a part of a sheet.

    What is beyond must be seen along a good part of all sides together; a side at the border of the
    photograph has nothing beyond.
    """
    unit = 0.01 * max(closed.shape[:2])
    sides = []
    for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        outward = np.array([end[1] - start[1], start[0] - end[0]])
        outward *= unit / max(float(np.hypot(*outward)), 1e-9)
        along = start + np.linspace(0.1, 0.9, 33)[:, None] * (end - start)
        sides.append([(along + steps * outward, along - steps * outward) for steps in _AROUND])
    paper = np.median(np.vstack([_colours(closed, inner) for side in sides for _, inner in side]), axis=0)
    seen = 0
    for outer in (outer for side in sides for outer, _ in side):
        difference = np.abs(_colours(closed, outer) - paper).max(axis=1)
        seen += len(difference)
        if len(difference) > 8 and (difference >= _DIFFERENCE).mean() < _AROUND_PART:
            return False
    return seen >= _AROUND_LEAST * 33 * 4 * len(_AROUND)


def _is_brighter(closed: NDArray[np.uint8], corners: NDArray[np.float64]) -> bool:
    """Whether little of what is outside a quadrilateral is as light as the paper within."""
    inside = cv2.fillConvexPoly(np.zeros(closed.shape[:2], np.uint8), np.round(corners).astype(np.int32), 1)
    colours = closed.reshape(*closed.shape[:2], -1)
    paper = np.quantile(colours[inside > 0], 0.75, axis=0)
    light = (colours[inside == 0] >= _LIGHT * paper).all(axis=1)
    return len(light) > 0 and bool(light.mean() <= _MOST_LIGHT)


def _colours(image: NDArray[np.uint8], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Colours (n, channels) at those of the points that lie in the image."""
    x, y = np.round(points).astype(np.int64).T
    there = (x >= 0) & (x < image.shape[1]) & (y >= 0) & (y < image.shape[0])
    return image.reshape(*image.shape[:2], -1)[y[there], x[there]].astype(np.float64)


def _are_sheets(
    corners: NDArray[np.float64], size: tuple[int, int]
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Which quadrilaterals (..., 4, 2) may be a sheet seen at an angle; and their parts of the area."""
    side = np.roll(corners, -1, axis=-2) - corners
    following = np.roll(side, -1, axis=-2)
    turning = side[..., 0] * following[..., 1] - side[..., 1] * following[..., 0]
    lengths = np.linalg.norm(side, axis=-1)
    sine = turning / np.maximum(lengths * np.roll(lengths, -1, axis=-1), 1e-9)
    x, y = corners[..., 0], corners[..., 1]
    area = (x * np.roll(y, -1, axis=-1) - y * np.roll(x, -1, axis=-1)).sum(axis=-1) / 2 / (size[0] * size[1])
    beyond = _OUTSIDE * max(size)
    inside = (x > -beyond) & (x < size[0] + beyond) & (y > -beyond) & (y < size[1] + beyond)
    upright = (y[..., :2].sum(axis=-1) < y[..., 2:].sum(axis=-1)) & (x[..., 0] < x[..., 1])
    good = (sine > 0.6).all(axis=-1) & inside.all(axis=-1) & upright & (area >= _LEAST_AREA)
    return np.asarray(good), area


def rectify(page: Page, quad: Quadrilateral) -> Page:
    """See a quadrilateral of a page from straight above.

    Args:
        page: A photograph.
        quad: In its pixels, such as `find_sheet` gives it.

    Returns:
        The page as large as the longer ones of the opposite sides, less 2 pixels on each side.
    """
    return take(page, [rectification(quad)])


def rectification(quad: Quadrilateral) -> Step:
    """The step that `rectify` takes."""
    corners = np.array(quad.corners, np.float64)
    top, right, bottom, left = np.linalg.norm(corners - np.roll(corners, -1, axis=0), axis=1)
    width, height = (max(2, round(max(pair)) - 2 * _INSET) for pair in ((top, bottom), (left, right)))
    near, right_end, lower_end = -_INSET, width - 1 + _INSET, height - 1 + _INSET
    upright = np.array(
        [(near, near), (right_end, near), (right_end, lower_end), (near, lower_end)], np.float32
    )
    matrix = cv2.getPerspectiveTransform(upright, corners.astype(np.float32))
    return Step("rectified", "the sheet in a photograph", np.asarray(matrix, np.float64), (width, height))
