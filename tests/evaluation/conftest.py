"""A small network that has learned a little: good enough to be right mostly, and to be wrong often."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from trained_network import DIGITS, Trained

from inkling.evaluation.report import evaluate, finish
from inkling.networks.build import NetworkSettings
from inkling.networks.weights import Header
from inkling.training.material import DigitMaterial
from inkling.training.optimizers import OptimizerSettings
from inkling.training.recipes import Recipe
from inkling.training.session import Training


@pytest.fixture(scope="session")
def trained(sample: tuple[NDArray[np.uint8], NDArray[np.int64]]) -> Trained:
    images, targets = sample
    recipe = Recipe(
        network=NetworkSettings("perceptron", (32,)),
        optimizer=OptimizerSettings("sgd", 0.1),
        epochs=5.0,
        batch_size=32,
    )
    training = Training(recipe, DigitMaterial(images[:300], targets[:300]))
    for _ in training.steps():
        pass
    weights = finish(
        training.result,
        Header(recipe.network, DIGITS),
        images[:300],
        targets[:300],
        images[300:400],
        targets[300:400],
    )
    evaluation = evaluate(weights, images[400:], targets[400:], name="the last 200")
    return Trained(weights, images[400:], targets[400:], evaluation)
