"""Print or writing, number or word: logistic decisions over the evidence.

The coefficients are fitted on drawn pages by `python benchmarks/find_numbers.py --fit`, which prints
them in this form, and belong to the weights of the line reader in the box.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inkling.layout.evidence import SHAPES
from inkling.layout.pieces import Floats, Ints

_OF_SHAPE = [SHAPES.index(name) for name in ("feet", "heads", "length", "apart")]
"""What shapes say of numbers: words have ascenders, and are long."""

_MOST_COMPANY = 4.0
"""Log-odds of a neighbour count no further than to this."""

PRINTED = (3.007, -17.298, -2.500, 13.583, 1.428, 7.558, -28.376, 8.745, 0.138, -8.645)
"""Of `SHAPES`, then the constant."""

PRINTED_WITH_WHOLE = (0.773, 0.473, -0.212)
"""Of the score alone, of that of the group that it is a part of, then the constant."""

PRINTED_AT = 1.0
"""Log-odds from which a group is print: to lose a number is worse than to look at a printed one."""

BY_HAND = (0.241, 0.131, 1.042, -1.050, -2.476, -2.343, -0.773, -4.762, 0.421, 1.931, -5.628)
"""Of `READS`, then of feet, heads, length and apart, then the constant; of what is no print."""

BY_HAND_IN_ROW = (0.952, 0.395, 0.697)
"""Of the score alone, of the mean score of the others in the row, then the constant."""

IN_PRINT = (1.202, 1.192, -20.349, -0.594, 1.467, -2.669, -33.338, -26.454, 0.788, 0.649, -2.955)
"""As `BY_HAND`, of print."""


def printed_scores(shapes: Floats, wholes: NDArray[np.int64]) -> Floats:
    """Log-odds that groups are print.

    Args:
        shapes: (N, len(SHAPES)), their `shape_evidence`.
        wholes: (N,), place of the group that each is a part of, or −1.
    """
    alone = shapes @ PRINTED[:-1] + PRINTED[-1]
    return with_whole(alone, wholes) @ PRINTED_WITH_WHOLE[:-1] + PRINTED_WITH_WHOLE[-1]


def with_whole(alone: Floats, wholes: NDArray[np.int64]) -> Floats:
    """(N, 2): scores, and those of the wholes, −4 to 4, 0 for what is no part."""
    bounded = np.clip(alone, -_MOST_COMPANY, _MOST_COMPANY)
    return np.stack([alone, np.where(wholes < 0, 0.0, bounded[wholes])], axis=1)


def lone_scores(read: Floats, shapes: Floats, printed: NDArray[np.bool_]) -> Floats:
    """Log-odds that groups are numbers, each judged alone; `printed` says which are print."""
    said = number_evidence(read, shapes)
    by_hand, in_print = (said @ weights[:-1] + weights[-1] for weights in (BY_HAND, IN_PRINT))
    return np.where(printed, in_print, by_hand)


def number_evidence(read: Floats, shapes: Floats) -> Floats:
    """What is said of numbers, by the line reader and by shapes: (N, len(BY_HAND) − 1)."""
    return np.concatenate([read, shapes[:, _OF_SHAPE]], axis=1)


def number_scores(alone: Floats, printed: NDArray[np.bool_], rows: Ints, wholes: NDArray[np.int64]) -> Floats:
    """Log-odds that groups are numbers, those by hand in the company of their rows.

    Args:
        alone: (N,), as `lone_scores` gives them; NaN where a group was not judged.
        printed: (N,), which are print.
        rows: (N,), the row that each stands in.
        wholes: (N,), place of the group that each is a part of, or −1.
    """
    company = company_of(np.where(printed, np.nan, alone), rows, wholes)
    own, others, constant = BY_HAND_IN_ROW
    return np.where(printed, alone, own * alone + others * company + constant)


def company_of(alone: Floats, rows: Ints, wholes: NDArray[np.int64]) -> Floats:
    """Mean score of the others in a row; among words stand words.

    Args:
        alone: (N,), log-odds of each group; NaN where it was not judged.
        rows: (N,), the row that each stands in.
        wholes: (N,), place of the group that each is a part of, or −1; only wholes keep company.

    Returns:
        float64 (N,), −4 to 4; 0 where there are no others.
    """
    counts = (wholes < 0) & ~np.isnan(alone)
    bounded = np.where(counts, np.clip(alone, -_MOST_COMPANY, _MOST_COMPANY), 0.0)
    own = np.where(wholes < 0, np.arange(len(alone)), wholes)
    sums = np.bincount(rows, bounded)[rows] - bounded[own]
    others = np.bincount(rows, counts)[rows] - counts[own]
    return np.asarray(sums / np.maximum(others, 1))
