"""Gradient descent with back-propagation written out: the chain rule, line by line.

For a perceptron, cross-entropy and plain gradient descent this learns what `fit` does, to float
precision and faster (`benchmarks/lesson_speed.py`): no graph is recorded, and each update goes into
the weights in the same pass that computes its gradient. The tests hold it against autograd.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from inkling.networks.perceptron import Perceptron
from inkling.training.loop import Step
from inkling.training.schedules import Schedule, constant
from inkling.transforms.batches import Batch


def fit_by_hand(
    network: Perceptron,
    batches: Iterable[Batch],
    *,
    learning_rate: float,
    schedule: Schedule = constant,
    total: int | None = None,
    done: int = 0,
) -> Iterator[Step]:
    """Train a perceptron by plain gradient descent on the cross-entropy, a step at a time.

    Args:
        network: Changed in place.
        batches: What to learn from.
        learning_rate: At its peak.
        schedule: Factor of the learning rate, of progress from 0 to 1.
        total: Steps of the whole training; by default the length of `batches`.
        done: Steps taken before, when a training goes on.

    Yields:
        A `Step` after each update, as `fit` does. No parameter has a `grad`: the gradient of a step is
        its update, divided by minus the learning rate.
    """
    total = len(batches) if total is None else total  # type: ignore[arg-type]
    network.train()
    layers = [(layer.weight, layer.bias) for layer in network.linear_layers]
    before = time.perf_counter()
    for number, batch in enumerate(batches, start=done + 1):
        rate = learning_rate * schedule((number - 1) / total)
        loss = _descend(layers, batch.images.flatten(1), batch.targets, rate)
        now = time.perf_counter()
        yield Step(number, batch.epoch, loss, rate, batch.joined, now - before)
        before = now


@torch.no_grad()
def _descend(layers: Sequence[tuple[Tensor, Tensor]], x: Tensor, targets: Tensor, rate: float) -> Tensor:
    """One step on weights and biases: (N, 784) and (N,) to the loss before it, ()."""
    inputs = []
    for weight, bias in layers[:-1]:
        inputs.append(x)
        x = torch.addmm(bias, x, weight.t()).relu_()
    inputs.append(x)
    weight, bias = layers[-1]
    log_probabilities = torch.addmm(bias, x, weight.t()).log_softmax(dim=1)
    loss = F.nll_loss(log_probabilities, targets)

    # g is the gradient of the loss by the outputs of a layer, from the last layer to the first.
    g = log_probabilities.exp_()
    g.scatter_add_(1, targets.unsqueeze(1), g.new_full((len(g), 1), -1.0)).div_(len(g))
    for (weight, bias), x in zip(reversed(layers), reversed(inputs), strict=True):
        by_inputs = g @ weight if x is not inputs[0] else g
        weight.addmm_(g.t(), x, alpha=-rate)
        bias.sub_(g.sum(dim=0), alpha=rate)
        if x is not inputs[0]:
            g = by_inputs.mul_(x > 0)  # a ReLU lets through what was positive
    return loss
