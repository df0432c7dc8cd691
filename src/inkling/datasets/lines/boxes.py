"""The boxes of combs that nobody filled in, as a set of labelled pictures."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import DataLoader, Dataset

from inkling.datasets.digits import Digits
from inkling.datasets.lines.combs import CROSSED, draw_comb
from inkling.datasets.lines.hand import Cuttings
from inkling.datasets.lines.writing import BOX_ALPHABET
from inkling.transforms.boxes import frame_box

_COMBS_TOGETHER = 500
"""Combs that a process draws at a time."""

_NAMES = {"": "empty", CROSSED: "crossed out"}


class _Chunks(Dataset[tuple[NDArray[np.uint8], NDArray[np.int64]]]):
    """The boxes of some combs at a time, which one process draws."""

    def __init__(self, cuttings: Cuttings, seed: int, combs: int) -> None:
        self.cuttings = cuttings
        self.seed = seed
        self.combs = combs

    def __getitem__(self, chunk: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        first = chunk * _COMBS_TOGETHER
        numbers = range(first, min(first + _COMBS_TOGETHER, self.combs))
        drawn = [draw_comb(self.cuttings, seed=self.seed, index=number) for number in numbers]
        images = np.stack([frame_box(box) for comb in drawn for box in comb.boxes])
        names = [_NAMES.get(what, what) for comb in drawn for what in comb.held]
        return images, np.array([BOX_ALPHABET.index(name) for name in names], np.int64)


def draw_boxes(cuttings: Cuttings, *, name: str, seed: int, combs: int, workers: int = 0) -> Digits:
    """The boxes of the first combs of the series that a seed stands for.

    Args:
        cuttings: Where digits are cut from.
        name: Of the set of these digits.
        seed: Equal seeds give equal boxes, whatever the number of workers.
        combs: How many, at least one; each has one to eight boxes.
        workers: Processes that draw; 0 draws in this one.

    Returns:
        A set with the alphabet `BOX_ALPHABET`, the boxes in the order of the series.
    """
    cv2.setNumThreads(1)  # see `stream.LineBatches`
    chunks = DataLoader(
        _Chunks(cuttings, seed, combs),
        batch_size=None,
        sampler=range(-(-combs // _COMBS_TOGETHER)),
        num_workers=workers,
        generator=torch.Generator(),  # else PyTorch's own random state would move
    )
    images, targets = zip(*chunks, strict=True)
    return Digits(torch.cat(images).numpy(), torch.cat(targets).numpy(), f"boxes of {name}", BOX_ALPHABET)
