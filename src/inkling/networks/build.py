"""The networks by name."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from inkling.errors import SettingsError, UnknownNameError
from inkling.networks.convnet import ConvNet
from inkling.networks.deepnet import DeepNet
from inkling.networks.linereader import LineReader
from inkling.networks.perceptron import Perceptron

NETWORKS: dict[str, type[Perceptron] | type[ConvNet] | type[DeepNet] | type[LineReader]] = {
    "perceptron": Perceptron,
    "convnet": ConvNet,
    "deepnet": DeepNet,
    "line-reader": LineReader,
    "box-reader": DeepNet,
}
"""Each takes `(widths, classes)` and offers `forward`, `features` and `logits_and_features`."""

LINE_READERS = ("line-reader",)
"""Those that read lines of writing; the others tell what one picture shows."""

BOX_READERS = ("box-reader",)
"""Those that tell what a box of a comb holds; the others that are no line readers tell one digit."""

MOST_CLASSES = 4096
"""Logits that a network may have."""

_WIDTHS = {
    "perceptron": (1, 8),
    "convnet": (1, 3),
    "deepnet": (3, 3),
    "line-reader": (3, 3),
    "box-reader": (3, 3),
}


@dataclass(frozen=True, slots=True)
class NetworkSettings:
    """Which network, and how wide."""

    name: str = "convnet"
    """`perceptron`, `convnet` or `deepnet` for digits, `line-reader` for lines, `box-reader` for boxes."""
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
        if self.name in LINE_READERS and self.widths[0] < 2:
            raise SettingsError(f"network.widths of a {self.name} begin with 2 or more, not {self.widths}.")

    def fits_into(self, wider: NetworkSettings) -> bool:
        """Whether the other is the same network, and nowhere narrower."""
        same = (self.name, len(self.widths)) == (wider.name, len(wider.widths))
        return same and all(width <= wanted for width, wanted in zip(self.widths, wider.widths, strict=True))


def build_network(settings: NetworkSettings, *, classes: int = 10, seed: int = 0) -> nn.Module:
    """Make a network with fresh weights.

    Args:
        settings: Which one.
        classes: Logits, `MOST_CLASSES` at most; a line reader's include the blank.
        seed: Of the weights; the caller's random state is left as it was.

    Returns:
        The network, in training mode, on the CPU.

    Raises:
        SettingsError: So many classes are no alphabet.
    """
    if not 1 <= classes <= MOST_CLASSES:
        raise SettingsError(f"A network has 1 to {MOST_CLASSES} classes, not {classes}.")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return NETWORKS[settings.name](settings.widths, classes)


def in_channels_last(network: nn.Module) -> None:
    """Lay convolution kernels out channels-last, in place, which the CPU computes faster."""
    for parameter in network.parameters():
        if parameter.ndim == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
