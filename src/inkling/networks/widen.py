"""A trained network made wider: it gives the same, and has room to learn more."""

from __future__ import annotations

import torch
from torch import nn


@torch.no_grad()
def widen(network: nn.Module, wider: nn.Module) -> None:
    """Put what a network has learned into a wider one.

    After Net2WiderNet (Chen, Goodfellow and Shlens, "Net2Net: accelerating learning via knowledge
    transfer", 2016), but that new channels are no copies of old ones: they keep the fresh weights that they
    have, and what was there before does not listen to them yet.

    Args:
        network: The trained one.
        wider: Of the same architecture, fresh, no layer narrower; changed in place. In evaluation mode it
            then gives what `network` gives.
    """
    trained = network.state_dict()
    for name, value in wider.state_dict().items():
        old = trained[name]
        if value.ndim >= 2:
            value[: len(old), old.shape[1] :] = 0.0
        value[tuple(slice(size) for size in old.shape)] = old
