"""A larger convolutional network, made for accuracy."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from inkling.networks.layer import Layer


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
            Layer(1, wide, kernel=5, padding=2, pool=2),  # (N, wide, 14, 14)
            Layer(wide, middle),
            Layer(middle, middle, pool=2),  # (N, middle, 7, 7)
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
