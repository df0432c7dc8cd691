"""Full MNIST on this machine: how long does training take to 99.0, 99.4 and 99.6 %?

Each recipe is trained over several seeds; the clock runs from bytes in memory to final weights. The
test set is measured once, at the end: no checkpoint is picked, and the recipes were chosen on a part
held out of the training set. Then a cold command: from typing `inkling train` to its exit.

    python benchmarks/time_to_accuracy.py --data mnist --seeds 5
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import inkling
from conditions import describe, mean_of, spread
from inkling.evaluation.metrics import wilson_interval
from inkling.training.devices import choose_device
from inkling.training.material import logits_of
from inkling.training.recipes import override

RUNGS: dict[str, list[str]] = {
    "99.0 %": ["network.widths=32,64", "augmentation.shift=0"],
    "99.4 %": [
        "epochs=2",
        "augmentation.shift=1.5",
        "augmentation.rotation=10",
        "augmentation.scale=0.1",
    ],
    "99.6 %": [
        "network.name=deepnet",
        "network.widths=16,32,64",
        "epochs=4",
        "optimizer.learning_rate=0.05",
        "augmentation.shift=1.5",
        "augmentation.rotation=10",
        "augmentation.scale=0.1",
        "augmentation.shear=0.1",
    ],
}
"""Changes to the recipe `quick` for each aim."""


def train_once(changes: list[str], seed: int, training: inkling.Digits, device: str) -> tuple[float, object]:
    """Seconds from bytes in memory to final weights, and the network."""
    recipe = override(inkling.RECIPES["quick"], [*changes, f"seed={seed}"])
    began = time.perf_counter()
    material = inkling.DigitMaterial(training.images, training.targets)
    job = inkling.Training(recipe, material, device=choose_device(device))
    for step in job.steps():
        if step.number == job.total:
            float(step.loss)  # waits for a GPU to be done
    return time.perf_counter() - began, job


def accuracy_of(job: inkling.Training, test: inkling.Digits) -> float:
    """Per cent of the test set."""
    logits = logits_of(job.result, test.images, device=job.device, precision=job.precision)
    return float((logits.argmax(1).numpy() == test.targets).mean() * 100)


def cold_command(data: str) -> tuple[float, float]:
    """Seconds of a whole `inkling train` in a new process, and its held-out accuracy in per cent."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "inkling.cli.app", "train", "quick", "--data", data, "--json"]
        began = time.perf_counter()
        done = subprocess.run(
            [*command, "--run", str(Path(folder) / "run")], capture_output=True, text=True, check=True
        )
        seconds = time.perf_counter() - began
    return seconds, json.loads(done.stdout)["heldout"]["accuracy"] * 100


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="mnist")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--heldout", action="store_true", help="measure on held-out pictures: for choosing")
    arguments = parser.parse_args()
    print(describe())
    training, test = inkling.load_digits(arguments.data), None
    if arguments.heldout:
        training, test = inkling.split(training, 1 / 6, seed=0)
    else:
        test = inkling.load_digits(arguments.data, split="test")
    train_once(["epochs=0.1", "least_steps=1"], 0, training, arguments.device)  # what is made once
    print(f"{len(training):,} pictures to learn from, {len(test):,} measured on, {arguments.seeds} seeds")
    for aim, changes in RUNGS.items():
        seconds, accuracies = [], []
        for seed in range(arguments.seeds):
            duration, job = train_once(changes, seed, training, arguments.device)
            seconds.append(duration)
            accuracies.append(accuracy_of(job, test))
        low, high = wilson_interval(round(np.mean(accuracies) * len(test) / 100), len(test))
        print(
            f"{aim}: {spread(seconds)} s, accuracy {mean_of(accuracies)} %, "
            f"one network's 95 % interval {low:.2%} to {high:.2%}   quick {' '.join(changes)}",
            flush=True,
        )
    if arguments.device == "cpu":
        colds = [cold_command(arguments.data) for _ in range(3)]
        print(
            f"cold `inkling train quick`: {spread([s for s, _ in colds])} s, pictures drawn, "
            f"held-out accuracy {mean_of([a for _, a in colds])} %"
        )


if __name__ == "__main__":
    main()
