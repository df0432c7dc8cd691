"""The networks by name."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from inkling.errors import SettingsError, UnknownNameError
from inkling.networks.convnet import ConvNet
from inkling.networks.deepnet import DeepNet
from inkling.networks.perceptron import Perceptron

NETWORKS: dict[str, type[Perceptron] | type[ConvNet] | type[DeepNet]] = {
    "perceptron": Perceptron,
    "convnet": ConvNet,
    "deepnet": DeepNet,
}
"""Each takes `(widths, classes)` and offers `forward`, `features` and `logits_and_features`."""

_WIDTHS = {"perceptron": (1, 8), "convnet": (1, 3), "deepnet": (3, 3)}


@dataclass(frozen=True, slots=True)
class NetworkSettings:
    """Which network, and how wide."""

    name: str = "convnet"
    """`perceptron`, `convnet` or `deepnet`."""
    widths: tuple[int, ...] = (32, 64, 128)
    """Neurons or channels of its stages."""

    def __post_init__(self) -> None:
        if self.name not in NETWORKS:
            raise UnknownNameError("network", self.name, NETWORKS)
        least, most = _WIDTHS[self.name]
        if not least <= len(self.widths) <= most:
            count = f"{least}" if least == most else f"{least} to {most}"
            raise SettingsError(f"network.widths of a {self.name} are {count} numbers, not {self.widths}.")
        if not all(isinstance(width, int) and 1 <= width <= 4096 for width in self.widths):
            raise SettingsError(
                f"network.widths must be whole numbers between 1 and 4096, not {self.widths}."
            )


def build_network(settings: NetworkSettings, *, classes: int = 10, seed: int = 0) -> nn.Module:
    """Make a network with fresh weights.

    Args:
        settings: Which one.
        classes: Logits.
        seed: Of the weights; the caller's random state is left as it was.

    Returns:
        The network, in training mode, on the CPU.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return NETWORKS[settings.name](settings.widths, classes)


def in_channels_last(network: nn.Module) -> None:
    """Lay convolution kernels out channels-last, in place, which the CPU computes faster."""
    for parameter in network.parameters():
        if parameter.ndim == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
