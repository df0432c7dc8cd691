"""The command line, called in this process as a shell would call it."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import numpy as np

from inkling.cli.app import main

SMALL = (
    *("network.name=perceptron", "network.widths=16", "augmentation.shift=0", "precision=float32"),
    *("optimizer.name=sgd", "optimizer.learning_rate=0.1", "batch_size=50", "least_steps=0", "log_every=4"),
)
"""Changes that make any training one of a fraction of a second."""


@dataclass(frozen=True)
class Outcome:
    """What a command left behind: its exit code, and what it wrote to each stream."""

    code: int
    out: str
    err: str


Inkling = Callable[..., Outcome]


def call(*words: object, stdin: bytes = b"") -> Outcome:
    """Run `inkling WORDS...` to its end."""
    out, err = io.StringIO(), io.StringIO()
    code = 0
    with (
        mock.patch.object(sys, "argv", ["inkling", *map(str, words)]),
        mock.patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin))),
        mock.patch.dict("os.environ", {"COLUMNS": "80", "NO_COLOR": "1", "TERM": "dumb"}),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
    return Outcome(code, out.getvalue(), err.getvalue())


def write_idx(path: Path, array: np.ndarray) -> None:
    """Write bytes as an IDX file, the format that MNIST is published in."""
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    path.write_bytes(bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes())
