"""What the tests of the commands share: a small set, a finished run, and pictures of digits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from command_line import SMALL, Inkling, call, write_idx
from PIL import Image


@pytest.fixture(scope="session")
def inkling() -> Inkling:
    return call


@pytest.fixture(scope="session")
def few(sample: tuple[np.ndarray, np.ndarray], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of IDX files: 500 real digits to learn from, 100 to test with."""
    folder = tmp_path_factory.mktemp("few")
    images, targets = sample
    for name, part in (("train", slice(500)), ("t10k", slice(500, 600))):
        write_idx(folder / f"{name}-images-idx3-ubyte", images[part])
        write_idx(folder / f"{name}-labels-idx1-ubyte", targets[part].astype(np.uint8))
    return folder


@pytest.fixture(scope="session")
def trained(few: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that has come to its end; not to be written to."""
    folder = tmp_path_factory.mktemp("runs") / "trained"
    done = call("train", *SMALL, "epochs=4", "--data", few, "--run", folder)
    assert done.code == 0, done.err
    return folder


@pytest.fixture(scope="session")
def digits(sample: tuple[np.ndarray, np.ndarray], tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Twenty pictures of digits, 84 pixels square, dark on light; the n-th one shows n % 10."""
    folder = tmp_path_factory.mktemp("pictures")
    images, targets = sample
    paths = []
    for number in range(20):
        place = np.flatnonzero(targets == number % 10)[30 + number // 10]
        large = np.kron(255 - images[place], np.ones((3, 3), np.uint8))
        paths.append(folder / f"{number:02}-is-{number % 10}.png")
        Image.fromarray(large).save(paths[-1])
    return paths
