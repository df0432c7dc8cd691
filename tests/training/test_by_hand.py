"""Back-propagation written out gives what autograd gives."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from inkling.networks.perceptron import Perceptron
from inkling.training.by_hand import fit_by_hand
from inkling.training.criteria import cross_entropy
from inkling.training.loop import fit
from inkling.training.material import DigitMaterial
from inkling.training.optimizers import SGD
from inkling.training.recipes import RECIPES, override
from inkling.training.schedules import constant, linear
from inkling.training.session import Training
from inkling.transforms.augment import Augmentation
from inkling.transforms.batches import ResidentBatches

Sample = tuple[NDArray[np.uint8], NDArray[np.int64]]


@pytest.mark.parametrize("widths", [(128, 64), (5,), (9, 8, 7), ()])
@pytest.mark.parametrize("schedule", [constant, linear])
@pytest.mark.parametrize("augment", [None, Augmentation(shift=1, rotation=5)])
def test_by_hand_and_by_autograd_agree_step_by_step(widths, schedule, augment, sample: Sample) -> None:
    torch.manual_seed(0)
    one = Perceptron(widths)
    two = copy.deepcopy(one)
    batches = ResidentBatches(*sample, batch_size=64, epochs=1.5, augment=augment)
    optimizer = SGD(two.parameters(), lr=0.05)
    hand = fit_by_hand(one, batches, learning_rate=0.05, schedule=schedule)
    auto = fit(two, batches, criterion=cross_entropy, optimizer=optimizer, schedule=schedule)
    for mine, theirs in zip(hand, auto, strict=True):
        torch.testing.assert_close(mine.loss, theirs.loss, rtol=1e-5, atol=1e-6)
        assert (mine.number, mine.epoch, mine.examples) == (theirs.number, theirs.epoch, theirs.examples)
        assert mine.learning_rate == pytest.approx(theirs.learning_rate)
        for a, b in zip(one.parameters(), two.parameters(), strict=True):
            torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("changes", "by_hand"),
    [
        ([], True),
        (["optimizer.schedule=cosine", "batch_size=7"], True),
        (["optimizer.momentum=0.9"], False),
        (["optimizer.weight_decay=0.1"], False),
        (["optimizer.name=adam"], False),
        (["criterion=mean-squared-error"], False),
        (["label_smoothing=0.1"], False),
        (["accumulate=2"], False),
        (["precision=bfloat16"], False),
        (["network.name=convnet", "network.widths=4"], False),
    ],
)
def test_a_training_goes_by_hand_where_that_is_the_same(changes, by_hand, sample: Sample) -> None:
    job = Training(override(RECIPES["lesson"], changes), DigitMaterial(*sample))
    next(job.steps())
    # Autograd leaves gradients behind; by hand there are none.
    assert all((p.grad is None) == by_hand for p in job.network.parameters())
