"""The layer that the larger networks are made of."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn


class Layer(nn.Module):
    """Convolution, optional pooling, normalisation, ReLU; added to its input if `residual`."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int | tuple[int, int] = 3,
        *,
        padding: int | tuple[int, int] = 1,
        pool: int | tuple[int, int] | None = None,
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
        if self.pool is not None:
            y = F.max_pool2d(y, self.pool)
        y = F.relu(self.norm(y))
        return x + y if self.residual else y
