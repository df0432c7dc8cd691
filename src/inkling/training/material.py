"""What a training learns from, and how what it learned is measured: single digits, or lines."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from inkling.datasets.lines.stream import FramedLine, LineBatches, LineSource, join_lines
from inkling.errors import SettingsError
from inkling.networks.constrained import spelled
from inkling.networks.scan import alike
from inkling.training.criteria import LINE_MARKS, ctc
from inkling.training.loop import autocast
from inkling.training.recipes import Recipe
from inkling.transforms.batches import Batch, ResidentBatches
from inkling.transforms.lines import to_line_input
from inkling.transforms.normalize import to_input

_LINES_AT_A_TIME = 64


class Heldout(NamedTuple):
    """How well a network does on pictures that it was not trained on.

    Attributes:
        loss: Mean cross-entropy of digits, or mean CTC loss of lines, in nats.
        accuracy: Part of the pictures recognised, 0 to 1; of lines, the part read exactly.
    """

    loss: float
    accuracy: float


class Batches(Protocol):
    """The batches of a whole training, from any step on."""

    start: int
    """Number of the first step to give."""

    @property
    def steps_per_epoch(self) -> int:
        """Steps in one pass."""

    def __len__(self) -> int:
        """Steps of the whole training."""

    def __iter__(self) -> Iterator[Batch]:
        """Those that are left."""


class Material(Protocol):
    """What a training learns from."""

    @property
    def classes(self) -> int:
        """Logits that the network is to have."""

    @property
    def fingerprint(self) -> int:
        """A checksum of the data, which ties a checkpoint to it."""

    def batches(self, recipe: Recipe, *, device: torch.device, rank: int, world: int) -> Batches:
        """The batches that a recipe asks for, this process's part of them."""

    def measure(
        self, network: nn.Module, heldout: Any, *, device: torch.device, precision: torch.dtype
    ) -> Heldout:
        """How well a network does on material of the same kind."""


@dataclass(frozen=True, slots=True, eq=False)
class DigitMaterial:
    """Pictures of single digits.

    Attributes:
        images: uint8 (N, 28, 28), framed.
        targets: int64 (N,).
        classes: Number of classes.
    """

    images: NDArray[np.uint8]
    targets: NDArray[np.int64]
    classes: int = 10

    @property
    def fingerprint(self) -> int:
        """A checksum of pictures and targets."""
        return zlib.crc32(self.images.tobytes(), zlib.crc32(self.targets.tobytes()))

    def batches(self, recipe: Recipe, *, device: torch.device, rank: int, world: int) -> ResidentBatches:
        """Each picture once an epoch."""
        steps_per_epoch = math.ceil(len(self.images) / recipe.batch_size)
        return ResidentBatches(
            self.images,
            self.targets,
            batch_size=recipe.batch_size,
            epochs=max(recipe.epochs, recipe.least_steps / steps_per_epoch),
            seed=recipe.seed,
            augment=recipe.augmentation,
            device=device,
            rank=rank,
            world=world,
        )

    def measure(
        self,
        network: nn.Module,
        heldout: tuple[NDArray[np.uint8], NDArray[np.int64]],
        *,
        device: torch.device,
        precision: torch.dtype,
    ) -> Heldout:
        """Cross-entropy and accuracy on other pictures and their targets."""
        images, targets = heldout
        logits = logits_of(network, images, device=device, precision=precision)
        wanted = torch.from_numpy(targets)
        return Heldout(
            float(F.cross_entropy(logits, wanted)), float((logits.argmax(1) == wanted).float().mean())
        )


@dataclass(frozen=True, slots=True, eq=False)
class LineMaterial:
    """An endless series of lines of writing.

    Attributes:
        series: Of the lines.
        classes: The characters of the alphabet, and CTC's blank.
    """

    series: LineSource
    classes: int

    @property
    def fingerprint(self) -> int:
        """The series's own."""
        return self.series.fingerprint

    def batches(self, recipe: Recipe, *, device: torch.device, rank: int, world: int) -> LineBatches:
        """Lines that never come again.

        Raises:
            SettingsError: There are fewer lines in a batch than processes.
        """
        if recipe.batch_size < world:
            raise SettingsError(f"batch_size must be {world} at least, one line for each process.")
        steps_per_epoch = max(1, round(recipe.lines_per_epoch / recipe.batch_size))
        return LineBatches(
            self.series,
            batch_size=recipe.batch_size,
            steps=max(1, recipe.least_steps, round(steps_per_epoch * recipe.epochs)),
            steps_per_epoch=steps_per_epoch,
            seed=recipe.seed,
            device=device,
            workers=recipe.workers,
            rank=rank,
            world=world,
        )

    def measure(
        self,
        network: nn.Module,
        heldout: Sequence[FramedLine],
        *,
        device: torch.device,
        precision: torch.dtype,
    ) -> Heldout:
        """Of other lines: the criterion's loss, and the part that the most probable path spells."""
        loss, right = 0.0, 0
        with evaluating(network):
            # As they are read: without filling.
            for places in alike((image.shape[1] for image, _ in heldout), _LINES_AT_A_TIME):
                lines = [heldout[place] for place in places]
                images, targets = join_lines(lines)
                with autocast(device, precision):
                    logits = network(to_line_input(images.to(device))).float()  # (T, N, C)
                loss += float(ctc(logits, targets.to(device))) * len(lines)
                read = [spelled(frames, LINE_MARKS) for frames in logits.transpose(0, 1).cpu().numpy()]
                true = [tuple(place + 1 for place in places) for _, places in lines]
                right += sum(map(tuple.__eq__, read, true))
        return Heldout(loss / len(heldout), right / len(heldout))


@contextmanager
def evaluating(network: nn.Module) -> Iterator[None]:
    """Put a network into evaluation mode, without gradients, and its mode back afterwards."""
    was_training = network.training
    network.eval()
    try:
        with torch.inference_mode():
            yield
    finally:
        network.train(was_training)


def logits_of(
    network: nn.Module,
    images: NDArray[np.uint8],
    *,
    device: torch.device | str = "cpu",
    precision: torch.dtype = torch.float32,
    batch_size: int = 1000,
) -> Tensor:
    """Run a network over pictures, in evaluation mode, and leave its mode as it was.

    Args:
        network: On `device`.
        images: uint8 (N, 28, 28), framed.
        device: Where the network is.
        precision: What it computes in.
        batch_size: Pictures at a time.

    Returns:
        float32 (N, C) on the CPU.
    """
    device = torch.device(device)
    parts = []
    with evaluating(network):
        for place in range(0, len(images), batch_size):
            part = torch.from_numpy(images[place : place + batch_size]).to(device)
            with autocast(device, precision):
                parts.append(network(to_input(part)).float().cpu())
        return torch.cat(parts)
