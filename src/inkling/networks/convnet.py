"""A small convolutional network, made to learn and to read fast on two CPU cores."""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn


class Block(nn.Module):
    """3×3 convolution, 2×2 pooling, normalisation, ReLU: halves the sides.

    Pooling comes before normalisation and ReLU, which then have a quarter of the work and give the
    same result up to the statistics that normalisation sees.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel_size=3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(outputs, momentum=0.3)

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, h, w) to (N, outputs, h // 2, w // 2)."""
        return F.relu(self.norm(F.max_pool2d(self.conv(x), 2)))


class ConvNet(nn.Module):
    """Pixels folded into channels, blocks that halve the sides, ten logits.

    Folding 2×2 pixels into four channels first quarters the cost of the first convolution, the one
    that a CPU computes least well.

    Args:
        widths: Channels of each block, one to three of them.
        classes: Logits.
    """

    def __init__(self, widths: Sequence[int] = (32, 64, 128), classes: int = 10) -> None:
        super().__init__()
        self.fold = nn.PixelUnshuffle(2)  # (N, 4, 14, 14)
        channels = (4, *widths)
        self.blocks = nn.Sequential(
            *(Block(inputs, outputs) for inputs, outputs in zip(channels, widths, strict=False))
        )
        side = 14 >> len(widths)
        self.logits = nn.Linear(channels[-1] * side * side, classes)

    def features(self, images: Tensor) -> Tensor:
        """The last block's activations: (N, 1, 28, 28) to (N, widths[-1] · side²)."""
        # PyTorch would fold no pictures at all into the wrong shape.
        folded = self.fold(images) if images.shape[0] > 0 else images.new_empty(0, 4, 14, 14)
        return self.blocks(folded).flatten(1)

    def forward(self, images: Tensor) -> Tensor:
        """Logits: (N, 1, 28, 28) to (N, classes)."""
        return self.logits(self.features(images))

    def logits_and_features(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Both of one pass: (N, classes) and what `features` gives."""
        features = self.features(images)
        return self.logits(features), features
