"""The learning rate over a training, as a part of its peak: pure functions of how far it has come.

Each maps progress, 0 at the first step and 1 when the last one is done, to a factor from 0 to 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from inkling.errors import UnknownNameError

Schedule = Callable[[float], float]


def constant(progress: float) -> float:
    """The peak from first to last."""
    return 1.0


def linear(progress: float) -> float:
    """From the peak to zero in a straight line."""
    return 1.0 - progress


def cosine(progress: float) -> float:
    """From the peak to zero along half a cosine (Loshchilov and Hutter, 2016, without restarts)."""
    return (1 + math.cos(math.pi * progress)) / 2


def triangular(progress: float) -> float:
    """Up to the peak in the first three tenths and down again, both straight."""
    return progress / 0.3 if progress < 0.3 else (1 - progress) / 0.7


def one_cycle(progress: float) -> float:
    """Up from 1/25 in the first three tenths, down to 1/10,000, both along cosines (Smith, 2018)."""
    if progress < 0.3:
        low, share = 1 / 25, progress / 0.3
    else:
        low, share = 1e-4, (1 - progress) / 0.7
    return low + (1 - low) * (1 - math.cos(math.pi * share)) / 2


SCHEDULES: dict[str, Schedule] = {
    "constant": constant,
    "cosine": cosine,
    "linear": linear,
    "one-cycle": one_cycle,
    "triangular": triangular,
}


def make_schedule(name: str) -> Schedule:
    """A schedule by name.

    Raises:
        UnknownNameError: No such schedule.
    """
    if name not in SCHEDULES:
        raise UnknownNameError("schedule", name, SCHEDULES)
    return SCHEDULES[name]
