"""The layer that the larger networks are made of."""

from __future__ import annotations

import copy

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval
from torch.nn.utils.memory_format import convert_conv2d_weight_memory_format


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
        self.norm: nn.Module = nn.BatchNorm2d(outputs)
        self.pool = None if pool is None else nn.MaxPool2d(pool)
        self.residual = residual

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, h, w) to (N, outputs, h', w')."""
        y = self.conv(x)
        if self.pool is not None:
            y = self.pool(y)
        y = F.relu(self.norm(y))
        return x + y if self.residual else y


_PAIRS: dict[object, tuple[int, ...]] = {2: (2, 3), (2, 2): (2, 3), (2, 1): (2,), (1, 2): (3,)}
"""Axes that are halved, by the sizes of a pool."""


class _LargerOfTwo(nn.Module):
    """What `nn.MaxPool2d` of pairs gives, without the places that only a gradient needs.

    Args:
        axes: Those that are halved, of even size.
    """

    def __init__(self, axes: tuple[int, ...]) -> None:
        super().__init__()
        self.axes = axes

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, h, w) to half of the axes."""
        for axis in self.axes:
            first, second = x.unflatten(axis, (-1, 2)).unbind(axis + 1)
            x = torch.maximum(first, second)
        return x


def fold(network: nn.Module, precision: torch.dtype) -> nn.Module:
    """A copy that only reads, in fewer steps: the same but for rounding.

    In evaluation mode a normalisation is a multiplication and an addition for each channel, which the
    convolution before it can do along the way; not so where the largest is taken in between. The larger
    of two is taken without its place. Parameters are kept in the precision, and the order of memory, that
    convolutions compute in.

    Args:
        network: In evaluation mode.
        precision: `torch.float32` or `torch.bfloat16`.
    """
    folded = copy.deepcopy(network)
    for layer in folded.modules():
        if isinstance(layer, Layer) and isinstance(layer.norm, nn.BatchNorm2d) and layer.pool is None:
            layer.conv = fuse_conv_bn_eval(layer.conv, layer.norm)
            layer.norm = nn.Identity()
        for name, part in layer.named_children():
            if isinstance(part, nn.MaxPool2d) and part.kernel_size in _PAIRS:
                setattr(layer, name, _LargerOfTwo(_PAIRS[part.kernel_size]))
    return convert_conv2d_weight_memory_format(folded.to(precision), torch.channels_last)
