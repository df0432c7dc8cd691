"""A filled page laid on the blank form: where each point of the form is on the page.

Three steps. Features that look alike on both give a first homography. From there the printed marks of
the blank are each looked for on the page, which makes the homography exact and tells by how much
curled paper departs from it. How many of the marks are where they should be decides whether the page
is that form at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.errors import FormError
from inkling.layout.curl import bend_of, bent, flat, follow, tell_all
from inkling.layout.marks import LEAST_MARKS, Marks, agreeing, find_marks, look
from inkling.layout.projection import Floats, corners_of, scale_of, scaling, through, warped
from inkling.preprocessing.shrinking import shrunk

_FEATURE_SIDE = 1200
"""Pixels of the longer side at which features are compared."""

_FEATURES = 1800

_LEAST_SIDE = 32
"""Pixels that a page is wide and high at least; features are as large."""

_MARK_SIDE = 1600
"""Pixels of the longer side of the blank at which its marks are looked for, at most."""

_REACHES = (0.01, 0.005, 0.004)
"""How far from where it is expected a mark is looked for, time after time, as a part of the longer side."""

_KNOWN = 0.5
"""Where nine of ten marks are within so many pixels of where they were expected, no further look is taken."""

_FLAT = 0.2
"""Paper that bends by no more at its marks, in pixels, is flat, if marks are wherever print is."""

_LEAST_SHARE = 0.35
"""Part of the marks that must be found where they should be."""


class Features(NamedTuple):
    """Points of a picture that can be told from others.

    Attributes:
        points: float32 (N, 2), x and y in the pixels of the picture.
        descriptions: A row for each.
    """

    points: NDArray[np.float32]
    descriptions: NDArray[np.generic]


@dataclass(frozen=True, eq=False)
class Registration:
    """Where the points of a blank form are on a page.

    Attributes:
        matrix: float64 (3, 3), the homography from pixels of the blank to those of the page.
        bend: float64 (n, n, 2), how far the paper departs from the homography, in pixels of the
            blank, at a grid of points that spans the blank from its first to its last pixel.
        error: Median distance, in pixels of the page, between where marks are and where they were
            expected.
        found: Marks of the blank that were found.
        marks: Marks that there are on the part of the form that is in the picture.
    """

    matrix: Floats
    bend: Floats
    error: float
    found: int
    marks: int

    @property
    def share(self) -> float:
        """Part of the marks that were found, 0 to 1."""
        return self.found / max(self.marks, 1)


class Blank:
    """A blank form, prepared once for all the pages that are laid on it.

    Args:
        grey: uint8 (H, W), paper near 255.
        ignored: bool (H, W), True where the picture says nothing of the form; None for nowhere.
    """

    def __init__(self, grey: NDArray[np.uint8], ignored: NDArray[np.bool_] | None = None) -> None:
        self.grey = grey if ignored is None else np.where(ignored, 255, grey).astype(np.uint8)
        self.ignored = ignored
        self._features: dict[str, Features] = {}
        self._marks: dict[int, Marks] = {}

    def prepare(self) -> None:
        """Find what most pages ask for, before there is a page."""
        self.features("orb")
        self.marks(_MARK_SIDE)

    def features(self, way: str) -> Features:
        """Features found with `orb` or `sift`."""
        if way not in self._features:
            self._features[way] = _find_features(self.grey, way)
        return self._features[way]

    def marks(self, side: int) -> Marks:
        """Marks at a longer side of so many pixels."""
        if side not in self._marks:
            self._marks[side] = find_marks(self.grey, self.ignored, side)
        return self._marks[side]


def register(blank: Blank, page: NDArray[np.uint8]) -> Registration:
    """Lay a page on the blank form.

    The page may be shifted, scaled, turned by any angle, photographed at an angle, and covered in
    part; its paper may be slightly curled or folded.

    Args:
        blank: The form.
        page: uint8 (H, W), paper near 255.

    Raises:
        FormError: It is not that form, or too little of it can be seen.
    """
    best: Registration | None = None
    # ORB takes a tenth of the time; SIFT finds what is blurred, coarse or repeats itself.
    for way in ("orb", "sift"):
        for matrix in _coarse(blank.features(way), _find_features(page, way)):
            if not _is_plausible(matrix, blank.grey.shape, page.shape):
                continue
            refined = _refine(blank, page, matrix)
            if refined is not None and (best is None or refined.share > best.share):
                best = refined
            if best is not None and best.share >= _LEAST_SHARE and best.found >= LEAST_MARKS:
                return best
    if best is None:
        raise FormError(
            "The page is not this form: its print does not appear on it.",
            remedy="Give the template of this form, or a page that shows more of it.",
        )
    raise FormError(
        f"The page is not this form: only {best.found} of {best.marks} printed marks are in their places.",
        remedy="Give the template of this form, or a page that shows more of it.",
    )


def _find_features(grey: NDArray[np.uint8], way: str) -> Features:
    small, scale = shrunk(grey, _FEATURE_SIDE)
    nothing = Features(np.zeros((0, 2), np.float32), np.zeros((0, 1), np.uint8))
    if min(small.shape) < _LEAST_SIDE:
        return nothing
    finder = (
        cv2.ORB.create(_FEATURES, fastThreshold=10)
        if way == "orb"
        else cv2.SIFT.create(_FEATURES, contrastThreshold=0.03)
    )
    points, descriptions = finder.detectAndCompute(small, None)
    if descriptions is None:
        return nothing
    places = np.array([point.pt for point in points], np.float32)
    return Features(((places + 0.5) / scale - 0.5).astype(np.float32), descriptions)


def _coarse(blank: Features, page: Features) -> list[Floats]:
    """Homographies from blank to page that features which look alike agree on; none or one."""
    if len(blank.points) < 8 or len(page.points) < 8:
        return []
    norm = cv2.NORM_HAMMING if blank.descriptions.dtype == np.uint8 else cv2.NORM_L2
    pairs = cv2.BFMatcher(norm).knnMatch(blank.descriptions, page.descriptions, k=2)
    # The ratio test of Lowe (2004): what looks as much like a second place says nothing.
    clear = [first for first, second in pairs if first.distance < 0.8 * second.distance]
    if len(clear) < 8:
        return []
    start = blank.points[[match.queryIdx for match in clear]]
    end = page.points[[match.trainIdx for match in clear]]
    reach = 0.004 * float(np.ptp(page.points, axis=0).max())
    matrix, _ = cv2.findHomography(start, end, cv2.USAC_MAGSAC, reach, maxIters=5000, confidence=0.999)
    return [] if matrix is None else [np.asarray(matrix, np.float64)]


def _is_plausible(matrix: Floats, blank: tuple[int, ...], page: tuple[int, ...]) -> bool:
    """Whether a homography shows the form as a camera could: not mirrored, torn, or tiny."""
    corners = corners_of(blank)
    depth = np.column_stack([corners, np.ones(4)]) @ matrix[2]
    if not (np.all(depth > 0) or np.all(depth < 0)):
        return False
    seen = through(matrix, corners)
    if not np.all(np.isfinite(seen)) or not cv2.isContourConvex(seen.astype(np.float32)):
        return False
    area = cv2.contourArea(seen.astype(np.float32), oriented=True)
    sides = np.linalg.norm(np.roll(seen, -1, axis=0) - seen, axis=1)
    opposite = (
        max(sides[0], sides[2]) / min(sides[0], sides[2]),
        max(sides[1], sides[3]) / min(sides[1], sides[3]),
    )
    stretch = (sides[0] + sides[2]) / (sides[1] + sides[3]) * blank[0] / blank[1]
    return bool(
        0.02 * page[0] * page[1] < area < 25 * page[0] * page[1]
        and max(opposite) < 2.5
        and 0.4 < stretch < 2.5
    )


def _refine(blank: Blank, page: NDArray[np.uint8], matrix: Floats) -> Registration | None:
    """Look for each mark near where a homography expects it; None when there are too few."""
    shape = blank.grey.shape
    side = scale_of(matrix, shape) * max(shape)
    marks = blank.marks(_mark_side(side))
    # Once reduced to the size of the marks, the page is quickly seen through one homography more.
    small, reduction = shrunk(page, round(max(page.shape) * max(marks.grey.shape) / side))
    matrix = scaling(reduction) @ matrix
    points = marks.points[_are_on(small.shape, matrix, marks)]
    places = marks.to_blank(points)
    bend = flat()
    for part in _REACHES:
        reach = max(4, round(part * max(marks.grey.shape)))
        expected = bent(bend, places, shape) * marks.scale
        shifts, likeness = look(marks, points, _seen(small, matrix, marks), expected, reach)
        surprises = shifts - expected
        found = agreeing(points, surprises, likeness)
        if found.sum() < LEAST_MARKS:
            return None
        start = places[found]
        end = through(matrix, start + shifts[found] / marks.scale)
        step, _ = cv2.findHomography(start, end, cv2.USAC_MAGSAC, 3.0)
        if step is None:
            return None
        matrix = np.asarray(step, np.float64)
        away = through(np.linalg.inv(matrix), end) - start
        bend = bend_of(start, away, shape)
        if np.quantile(np.linalg.norm(surprises[found], axis=1), 0.9) < _KNOWN:
            break
    if np.abs(bend).max() * marks.scale > _FLAT or not tell_all(marks.grey, points[found]):
        bend = follow(marks.grey, _seen(small, matrix, marks), bend * marks.scale) / marks.scale
    matrix = np.linalg.inv(scaling(reduction)) @ matrix
    left = np.linalg.norm(away - bent(bend, start, shape), axis=1)
    return Registration(
        matrix, bend, float(np.median(left)) * scale_of(matrix, shape), len(start), len(points)
    )


def _mark_side(side: float) -> int:
    """The side at which marks are compared: no finer than the page shows the form."""
    return next((each for each in (_MARK_SIDE, 1131, 800, 566) if each <= 1.2 * side), 400)


def _are_on(page: tuple[int, ...], matrix: Floats, marks: Marks) -> NDArray[np.bool_]:
    seen = through(matrix, marks.to_blank(marks.points))
    limit = np.array([page[1] - 1, page[0] - 1])
    return np.asarray(np.all((seen >= 0) & (seen <= limit), axis=1))


def _seen(page: NDArray[np.uint8], matrix: Floats, marks: Marks) -> NDArray[np.uint8]:
    """The page in the frame of `marks.grey`, seen through a homography from the blank."""
    return warped(page, matrix @ np.linalg.inv(scaling(marks.scale)), marks.grey.shape)
