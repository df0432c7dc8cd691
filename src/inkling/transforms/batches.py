"""Batches of a set of pictures that lies on the device whole, as bytes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inkling.transforms.augment import Augmentation
from inkling.transforms.normalize import to_input


class Batch(NamedTuple):
    """What one step learns from.

    Attributes:
        epoch: Passes over the set before this one; 0 in the first.
        images: float32 (B, 1, 28, 28), as `transforms.normalize.to_input` makes them.
        targets: int64 (B,).
        joined: Pictures in this step over all processes together; B in a single one.
    """

    epoch: int
    images: Tensor
    targets: Tensor
    joined: int


class ResidentBatches:
    """The batches of a whole training, each picture once an epoch in a new order.

    The order of epoch `e` and the augmentation of step `s` are functions of `(seed, e)` and
    `(seed, s)` alone, so a run goes on from any step as if it had never stopped, and several
    processes that share a seed share one joined batch among them without a word.

    Args:
        images: uint8 of shape (N, 28, 28), framed.
        targets: int64 of shape (N,).
        batch_size: Pictures a step, over all processes together; the last batch of an epoch may
            be smaller.
        epochs: Passes over the set; 1.5 stops in the middle of the second.
        seed: Of the order and the augmentation.
        augment: How pictures are changed; None or all zeros leaves them as they are.
        device: Where the set is kept and the batches are made.
        start: Number of the first step to give.
        rank: This process's number among `world`; it gets every picture of the joined batch
            whose place is `rank` modulo `world`.
        world: Number of processes.
    """

    def __init__(
        self,
        images: NDArray[np.uint8],
        targets: NDArray[np.int64],
        *,
        batch_size: int,
        epochs: float = 1,
        seed: int = 0,
        augment: Augmentation | None = None,
        device: torch.device | str = "cpu",
        start: int = 0,
        rank: int = 0,
        world: int = 1,
    ) -> None:
        self.images = torch.from_numpy(np.ascontiguousarray(images)).to(device)
        self.targets = torch.from_numpy(np.ascontiguousarray(targets)).to(device)
        self.batch_size = min(batch_size, len(images))
        self.epochs = epochs
        self.seed = seed
        self.augment = augment if augment else None
        self.start = start
        self.rank = rank
        self.world = world

    @property
    def steps_per_epoch(self) -> int:
        """Steps in one pass over the set."""
        return math.ceil(len(self.images) / self.batch_size)

    def __len__(self) -> int:
        """Steps from the first to the last, whatever `start` is."""
        return max(1, round(self.steps_per_epoch * self.epochs))

    def __iter__(self) -> Iterator[Batch]:
        epoch, order = -1, torch.empty(0, dtype=torch.int64)
        for step in range(self.start, len(self)):
            if step // self.steps_per_epoch != epoch:
                epoch = step // self.steps_per_epoch
                order = self._order(epoch)
            place = (step % self.steps_per_epoch) * self.batch_size
            joined = order[place : place + self.batch_size]
            mine = slice(self.rank, None, self.world)
            index = joined[mine]
            # index_select is several times as fast as images[index].
            images = to_input(self.images.index_select(0, index))
            # The last batch of an epoch may be smaller than the number of processes.
            if self.augment is not None and len(index) > 0:
                drawn = self.augment.draw(len(joined), self._generator(step, "augment"))
                images = self.augment(images, drawn.part(mine))
            yield Batch(epoch, images, self.targets.index_select(0, index), len(joined))

    def _order(self, epoch: int) -> Tensor:
        generator = self._generator(epoch, "order")
        return torch.randperm(len(self.images), generator=generator, device=self.images.device)

    def _generator(self, number: int, purpose: str) -> torch.Generator:
        generator = torch.Generator(self.images.device)
        # Three small numbers become one seed without two of them meeting in practice.
        seeds = np.random.SeedSequence([self.seed, number, len(purpose)])
        return generator.manual_seed(int(seeds.generate_state(1, np.uint64)[0]) >> 1)
