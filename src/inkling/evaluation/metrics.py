"""Counting right and wrong: pure functions of arrays."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class ConfusedPair:
    """One kind of mistake.

    Attributes:
        true: Class of the pictures, 0 to C − 1.
        predicted: Another class, which they were taken for.
        count: How many were, at least 1.
        share: Part of the true class's pictures, above 0 to 1.
    """

    true: int
    predicted: int
    count: int
    share: float


@dataclass(frozen=True, slots=True)
class ClassScore:
    """How one class fared.

    Attributes:
        count: Pictures of the class.
        recall: Part of its pictures that were recognised, 0 to 1; NaN when there are none.
        precision: Part of the pictures taken for it that are of it, 0 to 1; NaN when none was.
    """

    count: int
    recall: float
    precision: float


def wilson_interval(right: int, total: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """The interval that a proportion lies in, from a sample (Wilson, 1927, without continuity correction).

    Unlike the textbook interval it stays within 0 to 1 and is sound for proportions near 1, where
    accuracies are.

    Args:
        right: Successes, 0 to `total`.
        total: Trials; 0 tells nothing, and gives (0, 1).
        confidence: Above 0, below 1.

    Returns:
        `(low, high)`, each 0 to 1.

    Raises:
        ValueError: The counts or the confidence are out of range.

    Example:
        >>> low, high = wilson_interval(98, 100)
        >>> f"{low:.3f} to {high:.3f}"
        '0.930 to 0.994'
    """
    if not 0 <= right <= total:
        raise ValueError(f"{right} of {total} is no proportion")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be between 0 and 1, not {confidence}")
    if total == 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    part = right / total
    middle = (part + z * z / (2 * total)) / (1 + z * z / total)
    reach = z / (1 + z * z / total) * math.sqrt(part * (1 - part) / total + (z / (2 * total)) ** 2)
    # At the ends one limit is 0 or 1 exactly, which rounding would miss by a hair.
    low = 0.0 if right == 0 else max(0.0, middle - reach)
    high = 1.0 if right == total else min(1.0, middle + reach)
    return low, high


def confusion_matrix(
    targets: NDArray[np.integer[Any]], predicted: NDArray[np.integer[Any]], classes: int
) -> NDArray[np.int64]:
    """Count every pair of true and predicted class.

    Args:
        targets: Integers (N,), 0 to `classes` − 1.
        predicted: Integers (N,), of the same range.
        classes: C, at least 1.

    Returns:
        int64 (C, C): rows are true classes, columns predicted ones.

    Raises:
        ValueError: The arrays differ in length, or hold a class out of range.
    """
    if targets.shape != predicted.shape:
        raise ValueError(f"{targets.shape} targets for {predicted.shape} predictions")
    for name, values in (("targets", targets), ("predicted", predicted)):
        if values.size and not (values.min() >= 0 and values.max() < classes):
            raise ValueError(f"{name} must be from 0 to {classes - 1}")
    pairs = targets.astype(np.int64) * classes + predicted
    return np.bincount(pairs, minlength=classes * classes).astype(np.int64).reshape(classes, classes)


def most_confused(matrix: NDArray[np.int64], *, most: int = 10) -> list[ConfusedPair]:
    """The commonest kinds of mistake, commonest first.

    Args:
        matrix: int64 (C, C), as `confusion_matrix` makes it.
        most: Length of the list at most.

    Returns:
        Pairs that occurred; those of equal count in the order of their classes.
    """
    mistakes = matrix - np.diag(np.diagonal(matrix))
    order = np.argsort(-mistakes, axis=None, kind="stable")[:most]
    pairs = [(int(place) // len(matrix), int(place) % len(matrix)) for place in order]
    sizes = matrix.sum(axis=1)
    return [
        ConfusedPair(
            true, predicted, int(matrix[true, predicted]), float(matrix[true, predicted] / sizes[true])
        )
        for true, predicted in pairs
        if mistakes[true, predicted] > 0
    ]


def class_scores(matrix: NDArray[np.int64]) -> list[ClassScore]:
    """Recall, precision and number of pictures of each class.

    Args:
        matrix: int64 (C, C), as `confusion_matrix` makes it.

    Returns:
        One score a class, in order.
    """
    right, counts, taken = np.diagonal(matrix), matrix.sum(axis=1), matrix.sum(axis=0)
    return [
        ClassScore(int(count), _ratio(hits, count), _ratio(hits, claims))
        for hits, count, claims in zip(right, counts, taken, strict=True)
    ]


def _ratio(part: np.int64, whole: np.int64) -> float:
    return float(part / whole) if whole else math.nan
