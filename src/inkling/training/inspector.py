"""One training pass under the glass.

Weights before, gradient, weights after, and the sum that builds up when gradients are not zeroed.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from inkling.errors import UnknownNameError
from inkling.training.criteria import Criterion
from inkling.training.optimizers import OptimizerSettings, make_optimizer


@dataclass(frozen=True, slots=True)
class Inspection:
    """What one training pass did to one parameter.

    Attributes:
        parameter: Its name, such as `fc1.weight`.
        before: float32, the parameter before the step.
        gradient: Same shape; of the loss, at `before`.
        after: Same shape, after the step.
        accumulated: Same shape each; the gradient after one, two, three, ... passes over the same
            batch without zeroing: once, twice, three times `gradient`.
        loss_before: The batch's loss before the step.
        loss_after: The same batch's loss after it.
        learning_rate: The step was taken with.
    """

    parameter: str
    before: NDArray[np.float32]
    gradient: NDArray[np.float32]
    after: NDArray[np.float32]
    accumulated: tuple[NDArray[np.float32], ...]
    loss_before: float
    loss_after: float
    learning_rate: float


def inspect_step(
    network: nn.Module,
    images: Tensor,
    targets: Tensor,
    *,
    criterion: Criterion,
    optimizer: OptimizerSettings,
    parameter: str | None = None,
    passes: int = 4,
) -> Inspection:
    """Take one training pass on a copy of a network, and show what it did.

    Args:
        network: Left as it is.
        images: float32 (B, 1, 28, 28), as `to_input` makes them.
        targets: int64 (B,).
        criterion: The loss.
        optimizer: The rule of the step.
        parameter: Which to show; by default the first, the weights of the first layer.
        passes: How many gradients to add up without zeroing.

    Raises:
        UnknownNameError: The network has no such parameter.
    """
    network = copy.deepcopy(network).train()
    names = [name for name, _ in network.named_parameters()]
    name = names[0] if parameter is None else parameter
    if name not in names:
        raise UnknownNameError("parameter", name, names)
    shown = network.get_parameter(name)
    rule = make_optimizer(optimizer, network)

    accumulated = []
    for _ in range(passes):  # zero_grad is left out here on purpose
        criterion(network(images), targets).backward()
        accumulated.append(_array(shown.grad))

    before = _array(shown)
    rule.zero_grad()
    loss = criterion(network(images), targets)
    loss.backward()
    gradient = _array(shown.grad)
    rule.step()

    return Inspection(
        parameter=name,
        before=before,
        gradient=gradient,
        after=_array(shown),
        accumulated=tuple(accumulated),
        loss_before=float(loss.detach()),
        loss_after=float(criterion(network(images), targets).detach()),
        learning_rate=optimizer.learning_rate,
    )


def _array(values: Tensor | None) -> NDArray[np.float32]:
    assert values is not None
    return np.array(values.detach().cpu().numpy(), np.float32)
