"""How many pictures a second does `classify` read, against ONNX Runtime with the same weights?

Three roads, each one at a time and in batches: the public `classify` on pictures of any size (framing
included), the network alone in PyTorch, and the same network in ONNX Runtime.

    python benchmarks/classify_speed.py
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
import torch

import inkling
from conditions import describe, spread
from inkling.networks.weights import shipped_weights
from inkling.recognition.classify import classify_all, distributions


def rate(job: Callable[[], object], pictures: int, *, runs: int, seconds: float = 1.0) -> list[float]:
    """Pictures a second, of several runs of about so many seconds each."""
    job()
    began = time.perf_counter()
    job()
    repeats = max(1, round(seconds / (time.perf_counter() - began)))
    rates = []
    for _ in range(runs):
        began = time.perf_counter()
        for _ in range(repeats):
            job()
        rates.append(repeats * pictures / (time.perf_counter() - began))
    return rates


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    weights = inkling.load_weights(arguments.weights) if arguments.weights else shipped_weights("digits")
    print(describe())
    framed = inkling.load_digits("sample").images[::5][:1024].copy()
    # Dark on light, with margins, 96 x 80: what a scanner's cell might be.
    pictures = [np.pad(255 - picture, ((34, 34), (26, 26)), constant_values=255) for picture in framed]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "digits.onnx"
        inkling.export_onnx(weights, path)
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    one, many = framed[:1], framed
    jobs: dict[str, tuple[Callable[[], object], int]] = {
        "classify, one picture of 96 x 80": (lambda: inkling.classify(pictures[0], weights=weights), 1),
        "classify_all, 1,024 pictures of 96 x 80": (lambda: classify_all(pictures, weights=weights), 1024),
        "network and gauge, one framed picture": (lambda: distributions(one, weights), 1),
        "network and gauge, 1,024 framed pictures": (lambda: distributions(many, weights), 1024),
        "ONNX Runtime, one framed picture": (lambda: session.run(None, {"images": one}), 1),
        "ONNX Runtime, 1,024 framed pictures": (lambda: session.run(None, {"images": many}), 1024),
    }
    name = f"{weights.header.network.name} {'-'.join(map(str, weights.header.network.widths))}"
    print(f"{name}, {torch.get_num_threads()} threads, {arguments.runs} runs, pictures/s, median [range]")
    for label, (job, count) in jobs.items():
        print(f"{label:<42} {spread(rate(job, count, runs=arguments.runs), '{:,.0f}')}")


if __name__ == "__main__":
    main()
