"""What all tests share: one thread a process, hypothesis without a clock, and a few real digits."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

# Tiny tensors gain nothing by threads, and sums come out in one order on every machine.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from numpy.typing import NDArray

settings.register_profile(
    "inkling",
    deadline=None,  # a slow machine is not a failing test
    derandomize=True,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("inkling")

Pictures = tuple[NDArray[np.uint8], NDArray[np.int64]]


@pytest.fixture(scope="session")
def sample() -> Pictures:
    """600 handwritten digits, 60 of each class in mixed order: uint8 (600, 28, 28), int64 (600,)."""
    from inkling.datasets.sample import read_sample

    digits = read_sample()
    order = np.random.default_rng(0).permutation(len(digits))
    chosen = np.concatenate([order[digits.targets[order] == c][:60] for c in range(10)])
    chosen = np.random.default_rng(1).permutation(chosen)
    return digits.images[chosen], digits.targets[chosen]


@pytest.fixture(scope="session")
def reader() -> Any:
    """Weights of a line reader that has learned printed lines, as `printed_lines` prints them."""
    from printed_lines import train_reader

    return train_reader()


@pytest.fixture(scope="session")
def box_reader() -> Any:
    """Weights of a box reader that knows printed boxes, as `printed_lines` prints them."""
    from printed_lines import box_reader_of_print

    return box_reader_of_print()


@pytest.fixture(scope="session")
def reader_file(reader: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of these weights; not to be written to."""
    from inkling.networks.weights import save_weights

    path = tmp_path_factory.mktemp("reader") / "printed.safetensors"
    save_weights(path, reader)
    return path
