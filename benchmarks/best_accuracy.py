"""How far does the recipe `best` get on MNIST's test set, and how well is it calibrated?

One network for each seed, trained as `inkling train best --data mnist seed=S` trains it, on 95 % of
the training set; the temperature is fitted on the other 5 %. The test set is read once, at the end.
Stop it at any time: it goes on where it was.

    python benchmarks/best_accuracy.py --data mnist --seeds 3 --folder runs/best
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np

import inkling
from conditions import describe, mean_of
from inkling.evaluation.calibration import expected_calibration_error, softmax
from inkling.evaluation.metrics import wilson_interval
from inkling.training.devices import choose_device
from inkling.training.material import logits_of
from inkling.training.recipes import override
from inkling.training.run import CHECKPOINT, WEIGHTS, take_up

SHIFTS = ((0, 0), (0, 1), (1, 0), (0, -1), (-1, 0))
"""Views of a picture whose logits are averaged, in pixels; the first is the picture itself."""


def train(recipe: inkling.Recipe, digits: inkling.Digits, folder: Path, device: str) -> None:
    """Train one network, from wherever its folder stands, and write its weights."""
    training, heldout = inkling.split(digits, recipe.heldout, seed=recipe.seed)
    material = inkling.DigitMaterial(training.images, training.targets)
    job = inkling.Training(recipe, material, device=choose_device(device))
    if (folder / CHECKPOINT).exists():
        take_up(job, folder)
    clock = folder / "seconds.json"
    before = json.loads(clock.read_text()) if clock.exists() else 0.0
    began = time.perf_counter()
    for progress in inkling.run(job, (heldout.images, heldout.targets), folder=folder):
        if progress.heldout is not None:
            seconds = before + time.perf_counter() - began
            clock.write_text(json.dumps(seconds))
            accuracy = f"{progress.heldout.accuracy:.2%}"
            print(
                f"  seed {recipe.seed} step {progress.step.number} held out {accuracy} {seconds:.0f} s",
                flush=True,
            )
    header = inkling.Header(
        recipe.network, digits.alphabet, trained_on={"data": digits.name, "recipe": asdict(recipe)}
    )
    parts = (training.images, training.targets, heldout.images, heldout.targets)
    inkling.save_weights(folder / WEIGHTS, inkling.finish(job.result.cpu(), header, *parts))


def views(weights: inkling.Weights, images: np.ndarray) -> np.ndarray:
    """Logits of each view: (views, N, C)."""
    return np.stack(
        [logits_of(weights.network, np.roll(images, shift, axis=(1, 2))).numpy() for shift in SHIFTS]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="mnist")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=Path("runs/best"))
    parser.add_argument("--device", default="auto")
    parser.add_argument("changes", nargs="*", help="KEY=VALUE changes to the recipe")
    arguments = parser.parse_args()
    print(describe())
    digits = inkling.load_digits(arguments.data)
    loaded = []
    for seed in range(arguments.seeds):
        recipe = override(inkling.RECIPES["best"], [*arguments.changes, f"seed={seed}"])
        folder = arguments.folder / f"seed-{seed}"
        if not (folder / WEIGHTS).exists():
            train(recipe, digits, folder, arguments.device)
        loaded.append((inkling.load_weights(folder / WEIGHTS), recipe))

    test = inkling.load_digits(arguments.data, split="test")
    plain, viewed, errors = [], [], []
    averaged = np.zeros((len(test), len(test.alphabet)))
    for weights, _ in loaded:
        logits = views(weights, test.images)
        plain.append((logits[0].argmax(1) == test.targets).mean() * 100)
        viewed.append((logits.mean(0).argmax(1) == test.targets).mean() * 100)
        probabilities = softmax(logits[0], weights.header.temperature)
        errors.append(calibration_error(probabilities, test.targets) * 100)
        averaged += probabilities / len(loaded)
    low, high = wilson_interval(round(np.mean(plain) * len(test) / 100), len(test))
    print(f"{arguments.seeds} seeds, {len(test):,} test pictures, mean [least..greatest]")
    print(f"one network           {mean_of(plain)} %, one network's 95 % interval {low:.2%} to {high:.2%}")
    print(f"  calibration error   {mean_of(errors)} % at the stored temperature")
    print(f"one network, 5 views  {mean_of(viewed)} %")
    right = (averaged.argmax(1) == test.targets).mean()
    print(f"average of all        {right:.2%}, error {calibration_error(averaged, test.targets):.2%}")


def calibration_error(probabilities: np.ndarray, targets: np.ndarray) -> float:
    """Expected calibration error, 0 to 1."""
    return expected_calibration_error(probabilities.max(1), probabilities.argmax(1) == targets)


if __name__ == "__main__":
    main()
