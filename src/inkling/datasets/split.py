"""A set cut in two: what is learned from, and what is held out to measure with."""

from __future__ import annotations

import numpy as np

from inkling.datasets.digits import Digits
from inkling.errors import DatasetError, UsageError


def split(digits: Digits, fraction: float, *, seed: int) -> tuple[Digits, Digits]:
    """Hold out a part of every class.

    Of a class of `n` pictures `round(n * fraction)` are held out, but never all of them, and at
    least one when there are two. Which ones is a function of the seed and the targets alone, the
    same on every machine and with every version of NumPy.

    Args:
        digits: The set.
        fraction: Part to hold out, above 0 and below 1.
        seed: Of the draw, 0 or greater.

    Returns:
        `(training, heldout)`: sets without a picture in common, together all of the set, both in its
        order.

    Raises:
        UsageError: The fraction or the seed is out of range.
        DatasetError: No class has two pictures, so nothing can be held out.
    """
    if not 0 < fraction < 1:
        raise UsageError(
            f"The fraction to hold out is {fraction}.", remedy="Give a number above 0 and below 1."
        )
    if seed < 0:
        raise UsageError(f"The seed is {seed}.", remedy="Give 0 or a greater whole number.")
    # NumPy promises the raw stream of PCG64 for ever, and no shuffle made of it.
    keys = np.random.PCG64(seed).random_raw(len(digits))
    held = np.zeros(len(digits), bool)
    for target in range(len(digits.alphabet)):
        places = np.flatnonzero(digits.targets == target)
        if len(places) >= 2:
            count = min(max(round(len(places) * fraction), 1), len(places) - 1)
            held[places[np.argsort(keys[places], kind="stable")[:count]]] = True
    if not held.any():
        raise DatasetError(
            f"{digits.name}: nothing can be held out, since no class has two pictures.",
            remedy="Add pictures, or name a set to evaluate on.",
        )
    return digits.part(~held, name=digits.name), digits.part(held, name=f"{digits.name} (held out)")
