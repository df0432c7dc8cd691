"""What speaks for a number, and what for print: measurements of pieces that stand together.

Two kinds. Of the shapes: print stands on one line, its characters are equally high, and each of them
comes again on the page in the same shape. Of the line reader: how sure it is of each character, and how
much of the width its characters explain.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.datasets.lines.writing import LINE_ALPHABET, MARKS
from inkling.layout.pieces import LEAST_SIDE, Floats, Ints, Pieces, Places, members_of
from inkling.networks.scan import scan
from inkling.networks.weights import shipped_weights
from inkling.transforms.lines import frame_line

SHAPES = ("same", "feet", "heads", "pen", "length", "row same", "row feet", "peers", "apart")
READS = ("mean peak", "least peak", "entropy", "mark", "digits", "crowd")

_SIDE = 16
"""Pieces are compared in squares of this many pixels."""

_LIKE = 0.08
"""Two pieces are compared that differ in width and height by no more than this part, or by 2 pixels."""

_TALL = 0.5
"""Points, dots and commas are lower than this part of the highest piece."""

_STICK = 3.0
"""What is so many times as high as wide, or as wide as high, looks like any other stroke."""

_SHARP = 8
"""Correlations count by this power: 0.95 is print, and 0.8 happens in one hand, too."""

_UNTOLD = 0.25
"""How like others pieces are taken to be of which none is telling."""

_FEW = 3
"""As many untold pieces count beside those as high as a group."""

_MARGIN = 0.35
"""Paper around a candidate, as a part of its height, for the line reader."""


_FIRST_MARK = LINE_ALPHABET.index(MARKS[0]) + 1
_DIGITS = 10
_LEAST_LOG = -5.0
"""Of a character, where there is none."""

_FRAMES = 16
"""Of a framed picture as wide as high."""

_CHARACTERS = 1.65
"""Characters that most hands write on that width."""


def likeness(pieces: Pieces) -> Floats:
    """How like each piece is to the one on the page that is most like it.

    Printed characters come again in the same size and shape, which no hand can do.

    Returns:
        float64 (N,), a power of the correlation of the two shapes, 0 to 1; 0 for a piece without any
        other of its size; NaN for strokes and points, which say nothing.
    """
    widths, heights = pieces.widths, pieces.heights
    longer, shorter = np.maximum(widths, heights), np.minimum(widths, heights)
    order = np.flatnonzero((longer >= LEAST_SIDE) & (longer < _STICK * shorter))
    order = order[np.argsort(heights[order], kind="stable")]
    highs, wides, shapes = heights[order], widths[order], _shapes(pieces, order)
    ends = np.searchsorted(highs, np.maximum(highs * (1 + _LIKE), highs + 2), side="right")
    best = np.zeros(len(order))
    for start in range(0, len(order), 256):
        stop = min(start + 256, len(order))
        end = int(ends[stop - 1])
        alike = shapes[start:stop] @ shapes[start:end].T
        unlike = np.abs(wides[start:stop, None] - wides[start:end]) > np.maximum(_LIKE * wides[start:end], 2)
        alike[unlike | (np.arange(start, end) >= ends[start:stop, None])] = 0
        np.fill_diagonal(alike, 0)
        best[start:stop] = np.maximum(best[start:stop], alike.max(axis=1))
        best[start:end] = np.maximum(best[start:end], alike.max(axis=0))
    found = np.full(len(heights), np.nan)
    found[order] = best**_SHARP
    return found


def _shapes(pieces: Pieces, places: Places) -> NDArray[np.float32]:
    """Each piece stretched to a square, of mean 0 and length 1: float32 (len(places), _SIDE²)."""
    rows = np.empty((len(places), _SIDE * _SIDE), np.float32)
    for row, place in zip(rows, places.tolist(), strict=True):
        left, top, right, bottom = pieces.boxes[place].tolist()
        shape = (pieces.labels[top:bottom, left:right] == place + 1).astype(np.float32)
        row[:] = cv2.resize(shape, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).ravel()
    rows -= rows.mean(axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6))


def shape_evidence(pieces: Pieces, groups: Sequence[Places], rows: Ints) -> Floats:
    """What the shapes of groups of pieces say.

    Args:
        pieces: Of the page.
        groups: The places of the pieces of each.
        rows: int32 (number of pieces,), in which row of writing each stands.

    Returns:
        float64 (N, len(SHAPES)): of each group, how like its pieces are to others on the page; how
        uneven feet and heads are, and how wide the pen, in heights; the logarithm of the number of
        pieces. The first two again of the rest of its row, or of itself. How like the pieces of its
        height are to each other. How far the rest of the row stands from it, in heights, 2 at most.
    """
    alike = likeness(pieces)
    told = np.flatnonzero(~np.isnan(alike))
    told = told[np.argsort(pieces.heights[told], kind="stable")]
    sums = np.concatenate([[0.0], np.cumsum(alike[told])])
    in_row = members_of(rows)
    found = np.empty((len(groups), len(SHAPES)))
    for row, members in zip(found, groups, strict=True):
        own = _shape_of(pieces, members, alike)
        rest = _rest(pieces, in_row[rows[members[0]]], members)
        beside = _shape_of(pieces, rest, alike)[:2] if len(rest) else own[:2]
        height = float(np.median(pieces.heights[_tall(pieces, members)]))
        low, high = np.searchsorted(pieces.heights[told], [height * (1 - _LIKE), height * (1 + _LIKE)])
        peers = (sums[high] - sums[low] + _FEW * _UNTOLD) / (high - low + _FEW)
        row[:] = [*own, *beside, peers, _apart(pieces, rest, members)]
    return found


def _tall(pieces: Pieces, members: Places) -> Places:
    """Those that are no points or commas."""
    heights = pieces.heights[members]
    return members[heights >= _TALL * heights.max()]


def _rest(pieces: Pieces, row: Places, members: Places) -> Places:
    """The others of a row that are about as high as a group in it."""
    rest = np.setdiff1d(row, members, assume_unique=True)
    height, heights = int(pieces.heights[members].max()), pieces.heights[rest]
    return rest[(3 * heights >= height) & (heights <= 3 * height)]


def _shape_of(pieces: Pieces, members: Places, alike: Floats) -> Floats:
    """The first five of `shape_evidence`."""
    tall = _tall(pieces, members)
    boxes, heights = pieces.boxes[tall], pieces.heights[tall]
    height = float(np.median(heights))
    told = alike[tall][~np.isnan(alike[tall])]
    same = float(told.mean()) if len(told) else _UNTOLD
    feet, heads = (min(_unevenness(boxes[:, 0], boxes[:, side]) / height, 0.3) for side in (3, 1))
    pen = float(pieces.areas[tall].sum() / (pieces.widths[tall] + heights).sum())
    return np.array([same, feet, heads, pen / height, np.log(len(tall))])


def _unevenness(places: Ints, ends: Ints) -> float:
    """Median distance of ends from the straight line through them."""
    if len(ends) < 3:
        return float(np.ptp(ends)) / 2
    across = places - places.mean()
    rest = ends - across * (across @ ends) / max(float(across @ across), 1.0)
    return float(np.median(np.abs(rest - np.median(rest))))


def _apart(pieces: Pieces, rest: Places, members: Places) -> float:
    """How far the nearest of the rest stands from a group, in heights of the group, 0 to 2."""
    if len(rest) == 0:
        return 2.0
    boxes, others = pieces.boxes[members], pieces.boxes[rest]
    gaps = np.maximum(others[:, 0] - boxes[:, 2].max(), boxes[:, 0].min() - others[:, 2])
    return float(np.clip(gaps.min() / pieces.heights[members].max(), 0, 2))


def picture_of(grey: NDArray[np.uint8], pieces: Pieces, members: Places) -> NDArray[np.uint8]:
    """A picture of some pieces alone, on white paper, with a margin."""
    boxes = pieces.boxes[members]
    height = int((boxes[:, 3] - boxes[:, 1]).max())
    margin = max(round(_MARGIN * height), 4)
    left, top = np.maximum(boxes[:, :2].min(axis=0) - margin, 0).tolist()
    right, bottom = (boxes[:, 2:].max(axis=0) + margin).tolist()
    wanted = np.zeros(len(pieces.boxes) + 1, np.uint8)
    wanted[members + 1] = 1
    mask = cv2.dilate(wanted[pieces.labels[top:bottom, left:right]], np.ones((5, 5), np.uint8))
    return np.where(mask > 0, grey[top:bottom, left:right], np.uint8(255)).astype(np.uint8)


def read_evidence(pictures: Sequence[NDArray[np.uint8]]) -> Floats:
    """What the line reader makes of pictures of groups.

    Returns:
        float64 (N, len(READS)): of the characters of the best path, the mean and the least logarithm of
        their highest probability; the mean entropy of a frame, in nats; the logarithm of the highest
        probability of a mark such as `not a number`; the part of the characters that are digits; and
        how far their number is from what the width leads to expect, as a logarithm.
    """
    framed = [frame_line(picture) for picture in pictures]
    scans = scan(shipped_weights("lines").network, framed, batch_size=64)
    rows = [_of_frames(seen.log_probs) for seen in scans]
    return np.array(rows, np.float64).reshape(len(rows), len(READS))


def _of_frames(log_probs: NDArray[np.float32]) -> tuple[float, ...]:
    """`read_evidence` of one picture, from its frames, (T, C)."""
    path = log_probs.argmax(axis=1)
    starts = np.flatnonzero((np.diff(path, prepend=0) != 0) & (path != 0))
    probabilities = np.exp(log_probs)
    entropy = float(-(probabilities * log_probs).sum(axis=1).mean())
    mark = max(float(np.log(probabilities[:, _FIRST_MARK:].sum(axis=1).max() + 1e-4)), -8.0)
    if len(starts) == 0:
        return _LEAST_LOG, _LEAST_LOG, entropy, mark, 0.0, 2.0
    peaks = np.maximum.reduceat(np.where(path != 0, log_probs.max(axis=1), _LEAST_LOG), starts)
    digits = float(np.mean(path[starts] <= _DIGITS))
    crowd = abs(float(np.log(len(starts) * _FRAMES / (_CHARACTERS * len(path)))))
    return float(peaks.mean()), float(peaks.min()), entropy, mark, digits, crowd
