"""Means of weights, which generalise better than the last of them."""

from __future__ import annotations

import copy

import torch
from torch import nn


class WeightAverage:
    """Exponential moving average of a network's weights and normalisation statistics.

    After Polyak and Juditsky (1992), in the exponential form. Early on the decay is shorter: random
    weights of the start are soon forgotten, trained ones count as much as any after them.

    Args:
        network: The one that is trained.
        decay: Part of the average kept at each update, 0 to 1.
        fresh: Whether the network's weights are still random.
    """

    def __init__(self, network: nn.Module, decay: float, *, fresh: bool = True) -> None:
        self.network = copy.deepcopy(network).eval()
        self.decay = decay
        self.forgotten = 10 if fresh else 1
        self.updates = 0

    @torch.no_grad()
    def update(self, network: nn.Module) -> None:
        """Move the average towards the weights of now."""
        self.updates += 1
        weight = 1 - min(self.decay, self.updates / (self.updates + self.forgotten))
        move_towards(self.network, network, weight)


@torch.no_grad()
def move_towards(network: nn.Module, other: nn.Module, part: float) -> None:
    """Move weights and normalisation statistics towards those of another network of the same kind.

    Args:
        network: Changed in place; its counters become those of the other.
        other: Where it is moved to.
        part: How far, 0 to 1.
    """
    mine, theirs = network.state_dict().values(), other.state_dict().values()
    floating = [(a, b) for a, b in zip(mine, theirs, strict=True) if a.is_floating_point()]
    torch._foreach_lerp_([a for a, _ in floating], [b for _, b in floating], part)
    for a, b in zip(mine, theirs, strict=True):
        if not a.is_floating_point():
            a.copy_(b)
