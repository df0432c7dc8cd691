"""The learning-rate finder: how the loss answers to ever larger steps (Smith, 2015)."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from inkling.errors import DivergedError
from inkling.training.material import Material
from inkling.training.recipes import Recipe
from inkling.training.session import Training


@dataclass(frozen=True, slots=True)
class RateSearch:
    """A sweep over learning rates.

    Attributes:
        rates: float64 (S,), rising by a constant factor.
        losses: float64 (S,), of each step, smoothed.
        suggestion: A tenth of the rate at which the loss was lowest: the usual safe choice for
            a constant rate; a schedule that rises and falls bears three times as much.
    """

    rates: NDArray[np.float64]
    losses: NDArray[np.float64]
    suggestion: float


def find_learning_rate(
    recipe: Recipe,
    material: Material,
    *,
    lowest: float = 1e-5,
    highest: float = 10.0,
    steps: int = 150,
    device: str = "cpu",
) -> RateSearch:
    """Train a fresh network while the learning rate rises, until the loss explodes.

    Args:
        recipe: Everything but the learning rate and its schedule is taken from here.
        material: What to learn from.
        lowest: Rate of the first step.
        highest: Rate of the last, if it is reached.
        steps: From the lowest to the highest.
        device: Where to compute.
    """
    # With a peak of 1 the schedule is the rate itself.
    optimizer = replace(recipe.optimizer, schedule="constant", learning_rate=1.0)
    recipe = replace(recipe, optimizer=optimizer, epochs=100_000.0, compile="off")
    training = Training(recipe, material, device=device)
    factor = (highest / lowest) ** (1 / (steps - 1))
    rates, losses = [], []
    smooth, least = 0.0, math.inf
    for step in islice(
        training.steps(lambda progress: lowest * factor ** (progress * training.total)), steps
    ):
        smooth = 0.9 * smooth + 0.1 * float(step.loss)
        corrected = smooth / (1 - 0.9**step.number)
        if not math.isfinite(corrected) or corrected > 4 * least:
            break
        least = min(least, corrected)
        rates.append(step.learning_rate)
        losses.append(corrected)
    if not rates:
        raise DivergedError("The loss is no number at the lowest rate.", remedy="Try precision=float32.")
    return RateSearch(np.array(rates), np.array(losses), rates[int(np.argmin(losses))] / 10)
