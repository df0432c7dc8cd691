"""Endless lines as batches, drawn in other processes while the network learns."""

from __future__ import annotations

import signal
import zlib
from collections.abc import Iterator, Sequence
from typing import Protocol

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import DataLoader, Dataset

from inkling.datasets.lines.hand import Cuttings
from inkling.datasets.lines.synthesis import draw_line
from inkling.transforms.batches import Batch
from inkling.transforms.lines import PAPER, frame_line, to_line_input

FramedLine = tuple[NDArray[np.uint8], tuple[int, ...]]
"""A picture as `frame_line` makes it, and the places of its characters in the alphabet."""

_BATCHES_TOGETHER = 32
"""Batches whose lines are sorted by width, so that few pixels of a batch are filling."""

_FINGERPRINTED = 32
"""Lines that a synthetic series is known by."""


class LineSource(Protocol):
    """An endless series of lines: line `i` is a function of `i`, whoever draws it."""

    @property
    def fingerprint(self) -> int:
        """A checksum of all that the lines are made of."""

    def __call__(self, index: int) -> FramedLine:
        """Line `index` of the series, from 0."""


class SyntheticLines:
    """The series of lines that a seed stands for.

    Args:
        cuttings: Where digits are cut from.
        seed: Equal seeds give equal series.
    """

    def __init__(self, cuttings: Cuttings, *, seed: int = 0) -> None:
        self.cuttings = cuttings
        self.seed = seed

    @property
    def fingerprint(self) -> int:
        """A checksum of the first lines: they tell the digits, the seed and the way of drawing."""
        return checksum(self(index) for index in range(_FINGERPRINTED))

    def __call__(self, index: int) -> FramedLine:
        """Draw a line."""
        line = draw_line(self.cuttings, seed=self.seed, index=index)
        return frame_line(line.image), line.writing.targets


class MixedLines:
    """Two series in one.

    Args:
        first: Taken from with probability `share`, line by line.
        second: Taken from otherwise.
        share: 0 to 1.
        seed: Of the choice.
    """

    def __init__(self, first: LineSource, second: LineSource, share: float, *, seed: int = 0) -> None:
        self.first = first
        self.second = second
        self.share = share
        self.seed = seed

    @property
    def fingerprint(self) -> int:
        """A checksum of both and of how they are mixed."""
        parts = (self.first.fingerprint, self.second.fingerprint, self.share, self.seed)
        return zlib.crc32(repr(parts).encode())

    def __call__(self, index: int) -> FramedLine:
        """Line `index` of one of the two."""
        drawn = np.random.Generator(np.random.PCG64([self.seed, index, 2])).random()
        return (self.first if drawn < self.share else self.second)(index)


def checksum(lines: Iterator[FramedLine] | Sequence[FramedLine], start: int = 0) -> int:
    """A checksum of framed lines, in their order."""
    for image, targets in lines:
        start = zlib.crc32(image.tobytes(), zlib.crc32(repr((image.shape, targets)).encode(), start))
    return start


def join_lines(lines: Sequence[FramedLine]) -> tuple[torch.Tensor, torch.Tensor]:
    """One batch of lines of any widths.

    Returns:
        uint8 (N, 32, W), narrower lines filled up with paper; int64 (N, L), places in the alphabet
        plus one, filled up with 0, which is CTC's blank.
    """
    width = max(image.shape[1] for image, _ in lines)
    length = max(1, *(len(targets) for _, targets in lines))
    images = np.full((len(lines), lines[0][0].shape[0], width), PAPER, np.uint8)
    padded = np.zeros((len(lines), length), np.int64)
    for row, (image, targets) in enumerate(lines):
        images[row, :, : image.shape[1]] = image
        padded[row, : len(targets)] = np.array(targets, np.int64) + 1
    return torch.from_numpy(images), torch.from_numpy(padded)


class _Chunks(Dataset[list[tuple[torch.Tensor, torch.Tensor]]]):
    """A few batches at a time, which one process draws."""

    def __init__(self, source: LineSource, batch_size: int, seed: int) -> None:
        self.source = source
        self.batch_size = batch_size
        self.seed = seed

    def __getitem__(self, chunk: int) -> list[tuple[torch.Tensor, torch.Tensor]]:
        size = _BATCHES_TOGETHER * self.batch_size
        lines = [self.source(chunk * size + place) for place in range(size)]
        lines.sort(key=lambda line: line[0].shape[1])
        batches = [
            join_lines(lines[place : place + self.batch_size]) for place in range(0, size, self.batch_size)
        ]
        order = np.random.Generator(np.random.PCG64([self.seed, chunk, 1])).permutation(len(batches))
        return [batches[place] for place in order]


class LineBatches:
    """The batches of a whole training on lines.

    The lines of step `s`, and their order, are functions of the source, of the seed and of `s`
    alone: not of the number of workers, nor of where the run was taken up.

    Args:
        source: Of the lines.
        batch_size: Lines a step, over all processes together.
        steps: Of the whole training.
        steps_per_epoch: Steps that count as an epoch; the series has no end of its own.
        seed: Of the order of batches.
        device: Where the batches go.
        workers: Processes that draw lines; 0 draws them in this one.
        start: Number of the first step to give.
        rank: This process's number among `world`; it gets every line of the joined batch whose
            place is `rank` modulo `world`. Each process draws all of them, since their widths
            decide which lines share a batch.
        world: Number of processes that learn.
    """

    def __init__(
        self,
        source: LineSource,
        *,
        batch_size: int,
        steps: int,
        steps_per_epoch: int,
        seed: int = 0,
        device: torch.device | str = "cpu",
        workers: int = 1,
        start: int = 0,
        rank: int = 0,
        world: int = 1,
    ) -> None:
        self.source = source
        self.batch_size = batch_size
        self.steps = steps
        self.steps_per_epoch = steps_per_epoch
        self.seed = seed
        self.device = torch.device(device)
        self.workers = workers
        self.start = start
        self.rank = rank
        self.world = world

    def __len__(self) -> int:
        """Steps from the first to the last, whatever `start` is."""
        return self.steps

    def __iter__(self) -> Iterator[Batch]:
        first = self.start // _BATCHES_TOGETHER
        step = first * _BATCHES_TOGETHER
        mine = slice(self.rank, None, self.world)
        for chunk in self._loader(first):
            for images, targets in chunk:
                if self.start <= step < self.steps:
                    inputs = to_line_input(images[mine].to(self.device, non_blocking=True))
                    labels = targets[mine].to(self.device, non_blocking=True)
                    yield Batch(step // self.steps_per_epoch, inputs, labels, len(targets))
                step += 1

    def _loader(self, first: int) -> DataLoader[list[tuple[torch.Tensor, torch.Tensor]]]:
        # A worker begins as a copy of this process. OpenCV's threads are not copied, but its belief
        # in them is: the first call in the worker that shares its work among them waits for ever.
        # One thread means no such call, and is what a worker among others is to use anyway.
        cv2.setNumThreads(1)
        return DataLoader(
            _Chunks(self.source, self.batch_size, self.seed),
            batch_size=None,
            sampler=range(first, -(-self.steps // _BATCHES_TOGETHER)),
            num_workers=self.workers,
            prefetch_factor=2 if self.workers else None,
            worker_init_fn=_begin_work,
            generator=torch.Generator(),  # else PyTorch's own random state would move
        )


def _begin_work(worker: int) -> None:
    """Leave Ctrl-C to the process that learns, which ends the workers when it is done with them."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)
