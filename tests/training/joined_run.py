"""Trains every case of `CASES` and writes what came out; run by `torchrun` in test_distributed.py.

Usage: joined_run.py FOLDER
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from inkling.datasets.lines.stream import FramedLine
from inkling.networks.build import NetworkSettings
from inkling.networks.weights import write_tensors
from inkling.training import distributed
from inkling.training.material import DigitMaterial, LineMaterial, Material
from inkling.training.optimizers import OptimizerSettings
from inkling.training.recipes import Recipe
from inkling.training.session import Training
from inkling.transforms.augment import Augmentation
from inkling.transforms.lines import LINE_HEIGHT, PAPER

BASE = Recipe(
    network=NetworkSettings("perceptron", (16,)),
    optimizer=OptimizerSettings("sgd", 0.1),
    batch_size=64,
    precision="float32",
    compile="off",
)
CONVNET = replace(BASE, network=NetworkSettings("convnet", (4, 6)))
LINES = replace(
    BASE,
    network=NetworkSettings("line-reader", (4, 6, 8)),
    # At larger steps nine normalised layers make much of how sums are rounded.
    optimizer=OptimizerSettings("sgd", 0.0002),
    criterion="ctc",
    batch_size=8,
    lines_per_epoch=16,
    workers=0,
)
AUGMENTATION = Augmentation(shift=2, rotation=15, scale=0.1, shear=0.1, elastic=1, stroke=0.5)

CASES: dict[str, tuple[Recipe, int]] = {
    "perceptron": (BASE, 256),
    "perceptron with momentum": (
        replace(BASE, optimizer=OptimizerSettings("sgd", 0.1, momentum=0.9, weight_decay=0.01)),
        256,
    ),
    "perceptron, augmented": (replace(BASE, augmentation=AUGMENTATION), 256),
    "perceptron, accumulated": (replace(BASE, batch_size=32, accumulate=2), 256),
    "convnet": (CONVNET, 256),
    "convnet, augmented": (replace(CONVNET, augmentation=AUGMENTATION), 256),
    "convnet, averaged": (replace(CONVNET, average=0.9), 256),
    # The last batch of an epoch cannot be shared evenly; a picture alone goes to the first process.
    "perceptron, uneven": (replace(BASE, epochs=2.0), 64 + 5),
    "perceptron, a picture alone": (replace(BASE, epochs=2.0), 64 + 1),
    "convnet, uneven": (replace(CONVNET, epochs=2.0), 64 + 5),
    "convnet, a picture alone": (replace(CONVNET, epochs=2.0), 64 + 1),
    "convnet, augmented, a picture alone": (
        replace(CONVNET, augmentation=AUGMENTATION, epochs=2.0),
        64 + 1,
    ),
    "lines": (LINES, 0),
    "lines, accumulated": (replace(LINES, batch_size=4, accumulate=2), 0),
}
"""The recipe, and how many pictures it learns from; lines have no number."""


def pictures(count: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Noise with a bright bar whose place is the class: quickly learned, and no file to read."""
    random = np.random.default_rng(count)
    targets = random.integers(0, 10, count)
    images = random.integers(0, 120, (count, 28, 28))
    for image, target in zip(images, targets, strict=True):
        image[4 + 2 * target : 6 + 2 * target] += 100
    return images.astype(np.uint8), targets


class Bars:
    """Lines of upright bars of three widths, which are their characters."""

    fingerprint = 0

    def __call__(self, index: int) -> FramedLine:
        random = np.random.default_rng(index)
        targets = tuple(random.integers(0, 3, random.integers(0, 4)).tolist())
        image = np.full((LINE_HEIGHT, 16 * random.integers(4, 7)), PAPER, np.uint8)
        image += random.integers(0, 20, image.shape, dtype=np.uint8)
        for place, target in enumerate(targets):
            image[8:24, 4 + 16 * place : 8 + 16 * place + 3 * target] = 255
        return image, targets


def outcome(name: str) -> dict[str, torch.Tensor]:
    """Weights, statistics and losses that the case comes to in this process."""
    recipe, count = CASES[name]
    material: Material = DigitMaterial(*pictures(count)) if count else LineMaterial(Bars(), classes=4)
    training = Training(recipe, material)
    shares = [step.loss.clone() for step in training.steps()]
    return {**training.result.state_dict(), "losses": torch.stack(shares)}


def main() -> None:
    """Train every case and write `FOLDER/RANK/CASE.safetensors`."""
    for name in CASES:
        tensors = outcome(name)
        rank = torch.distributed.get_rank()
        write_tensors(Path(sys.argv[1]) / str(rank) / f"{name}.safetensors", tensors, {})
    distributed.leave()


if __name__ == "__main__":
    main()
