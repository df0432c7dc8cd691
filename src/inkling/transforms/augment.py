"""Pictures as other hands might have written them: whole batches at once, on their own device."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from inkling.errors import SettingsError

_COARSE = 5
"""Elastic displacements are drawn on a grid of this side and smoothed up to the picture's."""


class Drawn(NamedTuple):
    """The random numbers of one batch.

    Attributes:
        matrices: float32 (N, 2, 3): output to input coordinates, both from -1 to 1.
        displacements: float32 (N, 2, 5, 5) in the same coordinates; None without `elastic`.
        strokes: float32 (N, 1, 1, 1), -1 thinnest to 1 thickest; None without `stroke`.
    """

    matrices: Tensor
    displacements: Tensor | None
    strokes: Tensor | None

    def part(self, rows: slice) -> Drawn:
        """The random numbers of some of the batch's pictures."""
        matrices, displacements, strokes = self
        return Drawn(
            matrices[rows],
            None if displacements is None else displacements[rows],
            None if strokes is None else strokes[rows],
        )


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How far pictures are changed while training; all zeros leave them as they are.

    Every amount is drawn anew for each picture, uniformly between minus and plus the figure given
    (the elastic displacement: from a normal distribution).
    """

    shift: float = 0.0
    """Pixels, along each axis."""
    rotation: float = 0.0
    """Degrees."""
    scale: float = 0.0
    """Part of the size, along each axis by itself: 0.1 is 90 to 110 %."""
    shear: float = 0.0
    """Slant: columns moved per row."""
    elastic: float = 0.0
    """Standard deviation of the displacement in pixels (after Simard et al., 2003)."""
    stroke: float = 0.0
    """How far strokes thicken or thin, 0 to 1: at 1, by up to a pixel on each side."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not 0 <= value < math.inf:
                raise SettingsError(f"augmentation.{field.name} must be 0 or more, not {value}.")
        for name, most in (("scale", 0.9), ("stroke", 1)):
            if getattr(self, name) > most:
                raise SettingsError(f"augmentation.{name} must be at most {most}, not {getattr(self, name)}.")

    def __bool__(self) -> bool:
        return any(getattr(self, field.name) > 0 for field in fields(self))

    def draw(self, count: int, generator: torch.Generator) -> Drawn:
        """Draw the random numbers for `count` pictures, on the generator's device."""
        device = generator.device

        def between(most: float) -> Tensor:
            return (torch.rand(count, generator=generator, device=device) * 2 - 1) * most

        angle = between(math.radians(self.rotation))
        across, down = 1 + between(self.scale), 1 + between(self.scale)
        slant = between(self.shear)
        right, below = between(self.shift * 2 / 28), between(self.shift * 2 / 28)
        cosine, sine = angle.cos(), angle.sin()
        matrices = torch.stack(
            [
                torch.stack([cosine / across, (slant - sine) / down, right], dim=1),
                torch.stack([sine / across, cosine / down, below], dim=1),
            ],
            dim=1,
        )
        displacements = strokes = None
        if self.elastic:
            grid = torch.randn(count, 2, _COARSE, _COARSE, generator=generator, device=device)
            displacements = grid * (self.elastic * 2 / 28)
        if self.stroke:
            strokes = between(self.stroke).view(count, 1, 1, 1)
        return Drawn(matrices, displacements, strokes)

    def __call__(self, images: Tensor, drawn: Drawn) -> Tensor:
        """Change pictures by the numbers drawn for them.

        Args:
            images: float32 of shape (N, 1, 28, 28), paper 0.
            drawn: What `draw(N, ...)` gave.

        Returns:
            float32 of the same shape.
        """
        size = list(images.shape)
        grid = F.affine_grid(drawn.matrices, size, align_corners=False)
        if drawn.displacements is not None:
            field = F.interpolate(drawn.displacements, size=size[2:], mode="bicubic", align_corners=True)
            grid = grid + field.permute(0, 2, 3, 1)
        images = F.grid_sample(images, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
        if drawn.strokes is not None:
            thick = F.max_pool2d(images, 3, stride=1, padding=1)
            thin = -F.max_pool2d(-images, 3, stride=1, padding=1)
            towards = torch.where(drawn.strokes > 0, thick, thin)
            images = torch.lerp(images, towards, drawn.strokes.abs())
        return images
