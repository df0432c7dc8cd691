"""The lesson's network: layers of neurons, each connected to all of the layer before."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from torch import Tensor, nn


class Perceptron(nn.Module):
    """784 pixels in, hidden layers with ReLU, ten logits out.

    With the default sizes its layers are `fc1`, `relu1`, `fc2`, `relu2`, `logits`.

    Args:
        widths: Neurons of each hidden layer.
        classes: Logits.
    """

    def __init__(self, widths: Sequence[int] = (128, 64), classes: int = 10) -> None:
        super().__init__()
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        inputs = 28 * 28
        for number, width in enumerate(widths, start=1):
            layers[f"fc{number}"] = nn.Linear(inputs, width)
            layers[f"relu{number}"] = nn.ReLU()
            inputs = width
        for name, layer in layers.items():
            self.add_module(name, layer)
        self._hidden = tuple(layers.values())  # a tuple, so that the layers are not registered twice
        self.logits = nn.Linear(inputs, classes)

    @property
    def linear_layers(self) -> list[nn.Linear]:
        """The layers that have weights, first to last."""
        return [layer for layer in self.children() if isinstance(layer, nn.Linear)]

    def features(self, images: Tensor) -> Tensor:
        """The last hidden layer's activations: (N, 1, 28, 28) to (N, widths[-1])."""
        x = images.flatten(1)  # (N, 784)
        for layer in self._hidden:
            x = layer(x)
        return x

    def forward(self, images: Tensor) -> Tensor:
        """Logits: (N, 1, 28, 28) to (N, classes)."""
        return self.logits(self.features(images))

    def logits_and_features(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Both of one pass: (N, classes) and what `features` gives."""
        features = self.features(images)
        return self.logits(features), features
