"""On a GPU: how many seconds to 99 % and to 99.6 % of MNIST's test set, compilation apart?

The same recipes as `time_to_accuracy.py`, once as they are and once compiled. A first, uncounted
training of each pays for compilation and for the GPU's own warming up; its time is stated beside.

    python benchmarks/gpu_speed.py --data mnist --seeds 5
"""

from __future__ import annotations

import argparse
import sys
import time

import torch

import inkling
from conditions import describe, mean_of, spread
from time_to_accuracy import RUNGS, accuracy_of, train_once


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="mnist")
    parser.add_argument("--seeds", type=int, default=5)
    arguments = parser.parse_args()
    print(describe())
    if not torch.cuda.is_available():
        sys.exit("There is no GPU here that PyTorch can use: nothing was measured.")
    training = inkling.load_digits(arguments.data)
    test = inkling.load_digits(arguments.data, split="test")
    for aim, changes in RUNGS.items():
        for compiled in ("off", "on"):
            asked = [*changes, f"compile={compiled}"]
            began = time.perf_counter()
            train_once(asked, 0, training, "cuda")
            warming = time.perf_counter() - began
            seconds, accuracies = [], []
            for seed in range(arguments.seeds):
                duration, job = train_once(asked, seed, training, "cuda")
                seconds.append(duration)
                accuracies.append(accuracy_of(job, test))
            print(
                f"{aim}, compile {compiled}: {spread(seconds, '{:.3f}')} s "
                f"(first {warming:.1f} s), accuracy {mean_of(accuracies)} %",
                flush=True,
            )


if __name__ == "__main__":
    main()
