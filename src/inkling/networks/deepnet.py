"""A larger convolutional network, made for accuracy."""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn


class Layer(nn.Module):
    """Convolution, optional 2×2 pooling, normalisation, ReLU; added to its input if `residual`."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        *,
        kernel: int = 3,
        padding: int = 1,
        pool: bool = False,
        residual: bool = False,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, padding=padding, bias=False)
        self.norm = nn.BatchNorm2d(outputs)
        self.pool = pool
        self.residual = residual

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, h, w) to (N, outputs, h', w')."""
        y = self.conv(x)
        if self.pool:
            y = F.max_pool2d(y, 2)
        y = F.relu(self.norm(y))
        return x + y if self.residual else y


class DeepNet(nn.Module):
    """Six convolutions from full resolution down to 5×5, ten logits.

    Args:
        widths: Channels at 28×28, at 14×14 and at 7×7.
        classes: Logits.
    """

    def __init__(self, widths: Sequence[int] = (32, 64, 128), classes: int = 10) -> None:
        super().__init__()
        wide, middle, deep = widths
        self.layers = nn.Sequential(
            Layer(1, wide, kernel=5, padding=2, pool=True),  # (N, wide, 14, 14)
            Layer(wide, middle),
            Layer(middle, middle, pool=True),  # (N, middle, 7, 7)
            Layer(middle, deep),
            Layer(deep, deep, residual=True),
            Layer(deep, deep, padding=0),  # (N, deep, 5, 5)
        )
        self.logits = nn.Linear(deep * 25, classes)

    def features(self, images: Tensor) -> Tensor:
        """The last layer's activations, averaged over places: (N, 1, 28, 28) to (N, deep)."""
        return self.layers(images).mean(dim=(2, 3))

    def forward(self, images: Tensor) -> Tensor:
        """Logits: (N, 1, 28, 28) to (N, classes)."""
        return self.logits(self.layers(images).flatten(1))

    def logits_and_features(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Both of one pass: (N, classes) and what `features` gives."""
        x = self.layers(images)
        return self.logits(x.flatten(1)), x.mean(dim=(2, 3))
