"""What do bfloat16 and channels-last order gain in training on this machine?

One epoch of the convnet of `quick`, the same pictures and steps: in float32 and in bfloat16, each with
convolution kernels in PyTorch's own order and channels-last.

    python benchmarks/precision.py --data mnist
"""

from __future__ import annotations

import argparse
import time
from unittest import mock

import inkling
from conditions import describe, mean_of, spread
from inkling.training import session
from inkling.training.recipes import override


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="sample")
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    print(describe())
    training, heldout = inkling.split(inkling.load_digits(arguments.data), 1 / 6, seed=0)
    print(f"{len(training):,} pictures, one epoch, {arguments.runs} runs, median [range]; held-out accuracy")
    for precision in ("float32", "bfloat16"):
        for order in ("PyTorch's own", "channels-last"):
            keep = (lambda network: None) if order != "channels-last" else session.in_channels_last
            seconds, accuracies = [], []
            for seed in range(arguments.runs + 1):
                changes = [f"precision={precision}", f"seed={seed}", "least_steps=0"]
                recipe = override(inkling.RECIPES["quick"], changes)
                with mock.patch.object(session, "in_channels_last", keep):
                    job = inkling.Training(recipe, inkling.DigitMaterial(training.images, training.targets))
                began = time.perf_counter()
                for _ in job.steps():
                    pass
                seconds.append(time.perf_counter() - began)
                accuracies.append(job.measure((heldout.images, heldout.targets)).accuracy * 100)
            # The first run pays for what is made once.
            print(
                f"{precision:<9} {order:<14} {spread(seconds[1:])} s   {mean_of(accuracies[1:])} %",
                flush=True,
            )


if __name__ == "__main__":
    main()
