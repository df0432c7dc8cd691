"""How fast are lines drawn, learned from, and read; and how fast does RapidOCR's recogniser read them?

python benchmarks/line_speed.py
INKLING_MEASURE=DIR python benchmarks/line_speed.py                     # real lines as well, see zero_shot.py
pip install rapidocr-onnxruntime && python benchmarks/line_speed.py     # the peer, in the same run
"""

from __future__ import annotations

import argparse
import itertools
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import torch

import inkling
from classify_speed import rate
from conditions import describe, external, spread
from inkling.datasets.lines.hand import Cuttings
from inkling.datasets.lines.stream import LineBatches, SyntheticLines
from inkling.datasets.lines.synthesis import draw_line
from inkling.networks.build import build_network
from inkling.networks.weights import Weights, shipped_weights
from inkling.recognition.lines import read_line, read_lines
from inkling.training.criteria import make_criterion
from inkling.training.devices import choose_precision, keep_memory_warm
from inkling.training.loop import fit
from inkling.training.optimizers import make_optimizer
from inkling.transforms.batches import Batch
from line_accuracy import SETS
from line_peers import MissingEngineError, Picture, load_odd_half, rapidocr_in_batches, read_with_rapidocr

PICTURES = 512


class Timed:
    """Batches, and how long was waited for them."""

    def __init__(self, batches: LineBatches) -> None:
        self.batches = batches
        self.waited = 0.0

    def __len__(self) -> int:
        return len(self.batches)

    def __iter__(self) -> Iterator[Batch]:
        batches = iter(self.batches)
        while True:
            began = time.perf_counter()
            batch = next(batches, None)
            self.waited += time.perf_counter() - began
            if batch is None:
                return
            yield batch


def show(title: str, rates: list[float], unit: str = "lines/s") -> None:
    print(f"{title:<52} {spread(rates, '{:,.0f}'):>22} {unit}", flush=True)


def drawing(cuttings: Cuttings, runs: int) -> None:
    """One process, one core."""
    cv2.setNumThreads(1)
    series, rates = SyntheticLines(cuttings, seed=1), []
    for run in range(runs):
        began = time.perf_counter()
        for index in range(run * 500, (run + 1) * 500):
            series(index)
        rates.append(500 / (time.perf_counter() - began))
    show("drawn and framed, one core", rates)


def learning(cuttings: Cuttings, steps: int) -> None:
    """Steps of the recipe `lines`, with one process that draws."""
    recipe = inkling.RECIPES["lines"]
    weights = shipped_weights("lines")
    network = build_network(weights.header.network, classes=weights.header.classes)
    keep_memory_warm()
    batches = LineBatches(
        SyntheticLines(cuttings, seed=2), batch_size=recipe.batch_size, steps=steps, steps_per_epoch=steps
    )
    timed = Timed(batches)
    precision = choose_precision(recipe.precision, torch.device("cpu"), recipe.network.name)
    optimizer = make_optimizer(recipe.optimizer, network)
    began = waited = 0.0
    for step in fit(
        network, timed, criterion=make_criterion("ctc"), optimizer=optimizer, precision=precision
    ):
        if step.number == steps // 4:  # the first steps wait for the process that draws to start
            began, waited = time.perf_counter(), timed.waited
    seconds, taken = time.perf_counter() - began, steps - steps // 4
    print(
        f"learned from, batches of {recipe.batch_size}: {taken / seconds:.1f} steps/s, "
        f"{taken * recipe.batch_size / seconds:,.0f} lines/s, "
        f"{(timed.waited - waited) / seconds:.0%} of the time waiting for data"
    )


def reading(title: str, pictures: list[Picture], weights: Weights, rules: dict[str, Any], runs: int) -> None:
    """The same pictures by Inkling and by the peer."""
    print(f"{title}, {len(pictures)} pictures")
    some = pictures[:64]
    show(
        "read_line, one at a time",
        rate(lambda: [read_line(p, weights=weights, **rules) for p in some], len(some), runs=runs),
    )
    show(
        "read_lines, all together",
        rate(lambda: read_lines(pictures, weights=weights, **rules), len(pictures), runs=runs),
    )
    try:
        read_with_rapidocr(pictures[0])
    except MissingEngineError as missing:
        print(f"RapidOCR is not installed: {missing}")
        return
    show("RapidOCR, one at a time", rate(lambda: [read_with_rapidocr(p) for p in some], len(some), runs=runs))
    for batch in (6, 32):
        show(f"RapidOCR, batches of {batch}", [rapidocr_in_batches(pictures, batch) for _ in range(runs)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--steps", type=int, default=80)
    arguments = parser.parse_args()
    weights = inkling.load_weights(arguments.weights) if arguments.weights else shipped_weights("lines")
    print(describe())
    cuttings = Cuttings(inkling.load_digits("sample"))
    drawing(cuttings, arguments.runs)
    learning(cuttings, arguments.steps)
    lines = (draw_line(cuttings, seed=3, index=index) for index in itertools.count())
    drawn = (line.image for line in lines if 2 <= len(line.writing.text) <= 6)
    reading("synthetic lines", list(itertools.islice(drawn, PICTURES)), weights, {}, arguments.runs)
    for name, rules in SETS.items():
        if folder := external("lines", name):
            reading(name, load_odd_half(folder, PICTURES)[0], weights, rules, arguments.runs)


if __name__ == "__main__":
    main()
