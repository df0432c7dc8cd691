"""Does it cost accuracy that paper is exactly 0, and no mean is subtracted?

The lesson's job (perceptron, SGD 0.01, batches of 64, three epochs) with four scales of the input.

    python benchmarks/normalisation.py --data mnist
"""

from __future__ import annotations

import argparse

import torch
import torch.nn.functional as F

import inkling
from conditions import describe, mean_of

SCALES = {
    "deviation 1, paper 0 (ours)": (0.0, 255 * 0.3081),
    "deviation 1, mean 0": (255 * 0.1307, 255 * 0.3081),
    "0 to 1": (0.0, 255.0),
    "-1 to 1": (127.5, 127.5),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="sample")
    parser.add_argument("--seeds", type=int, default=3)
    arguments = parser.parse_args()
    print(describe())
    training, heldout = inkling.split(inkling.load_digits(arguments.data), 1 / 6, seed=0)
    images, targets = torch.from_numpy(training.images), torch.from_numpy(training.targets)
    others, wanted = torch.from_numpy(heldout.images), torch.from_numpy(heldout.targets)
    print(f"{len(images):,} pictures, three epochs; {len(others):,} held out, {arguments.seeds} seeds")
    for name, (zero, unit) in SCALES.items():
        accuracies = []
        for seed in range(arguments.seeds):
            torch.manual_seed(seed)
            network = inkling.Perceptron()
            optimizer = inkling.SGD(network.parameters(), lr=0.01)
            for _ in range(3):
                for index in torch.randperm(len(images)).split(64):
                    optimizer.zero_grad()
                    logits = network((images[index].unsqueeze(1).float() - zero) / unit)
                    F.cross_entropy(logits, targets[index]).backward()
                    optimizer.step()
            with torch.no_grad():
                answers = network((others.unsqueeze(1).float() - zero) / unit).argmax(1)
            accuracies.append(float((answers == wanted).float().mean()) * 100)
        print(f"{name:<28} {mean_of(accuracies)} %", flush=True)


if __name__ == "__main__":
    main()
