"""What does `make demo` reach? The recipe `quick` on the built-in sample, over several seeds.

python benchmarks/sample_accuracy.py
"""

from __future__ import annotations

import argparse
import time

import inkling
from conditions import describe, mean_of, spread
from inkling.training.recipes import override


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    arguments = parser.parse_args()
    print(describe())
    digits = inkling.load_digits("sample")
    seconds, accuracies = [], []
    for seed in range(arguments.seeds):
        recipe = override(inkling.RECIPES["quick"], ["heldout=0.2", f"seed={seed}"])
        training, heldout = inkling.split(digits, recipe.heldout, seed=seed)
        began = time.perf_counter()
        job = inkling.Training(recipe, inkling.DigitMaterial(training.images, training.targets))
        for _ in job.steps():
            pass
        seconds.append(time.perf_counter() - began)
        accuracies.append(job.measure((heldout.images, heldout.targets)).accuracy * 100)
    print(f"{len(training):,} pictures to learn from, {len(heldout):,} held out, {arguments.seeds} seeds")
    print(f"held-out accuracy {mean_of(accuracies)} %, {spread(seconds)} s of training")


if __name__ == "__main__":
    main()
