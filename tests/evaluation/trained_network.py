"""What the tests of this folder share by name."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inkling.evaluation.report import Evaluation
from inkling.networks.weights import Weights

DIGITS = tuple("0123456789")


class Trained(NamedTuple):
    """Weights and what they were measured on: 200 pictures that they were not trained on."""

    weights: Weights
    images: NDArray[np.uint8]
    targets: NDArray[np.int64]
    evaluation: Evaluation
