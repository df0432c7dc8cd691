"""How well do the weights in the box read digits of other people, scanners and countries?

Every picture goes through the public `classify` path. Nothing is trained on these sets. Mistakes on every
second picture (0, 2, ...) of pen, Semeion and optdigits were looked at when `strokes` was drawn; the
others, the odd half, were not. The sets are not part of the project: those that are not found (in the
folder that INKLING_MEASURE names) are said to be missing.

    INKLING_MEASURE=DIR python benchmarks/zero_shot.py
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import inkling
from conditions import describe, external
from inkling.datasets.idx import as_array, read_contents
from inkling.evaluation.metrics import wilson_interval
from inkling.networks.weights import shipped_weights
from inkling.recognition.classify import classify_all

SETS = {
    "usps": ("digits/usps", "test"),
    "optdigits": ("digits/optdigits", "windep"),
    "semeion": ("digits/semeion", "all"),
    "pen": ("digits/pen", ""),
}
PLAIN_CONVNET = {"usps": 97.7, "optdigits": 96.3, "semeion": 91.2, "pen": 91.6}
"""A small convnet trained on MNIST, its ink cropped and centred; pen: the largest piece of ink alone."""


def load(folder: Path, series: str) -> tuple[list[object], list[str]]:
    """Pictures as arrays or paths, and their digits."""
    if not series:
        lines = [json.loads(line) for line in (folder / "labels.jsonl").read_text().splitlines()]
        paths = [folder / line["image"] for line in lines]
        paths = [path if path.exists() else folder / "images" / path.name for path in paths]
        return list(paths), [line["text"] for line in lines]
    arrays = []
    for kind in ("images-idx3", "labels-idx1"):
        path = folder / f"{series}-{kind}-ubyte.gz"
        with path.open("rb") as stream:
            arrays.append(as_array(read_contents(stream, name=str(path)), name=str(path)))
    return list(arrays[0]), [str(target) for target in arrays[1]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", type=Path)
    arguments = parser.parse_args()
    weights = inkling.load_weights(arguments.weights) if arguments.weights else shipped_weights("digits")
    print(describe())
    print("set        pictures  right %   95 % interval  plain %   read  right of read  odd half %")
    for name, (place, series) in SETS.items():
        folder = external(*place.split("/"))
        if folder is None:
            print(f"{name:<10} not found")
            continue
        pictures, labels = load(folder, series)
        results = classify_all(pictures, weights=weights)
        right = [result.label == label for result, label in zip(results, labels, strict=True)]
        sure = [ok for result, ok in zip(results, right, strict=True) if result.status == "read"]
        low, high = wilson_interval(sum(right), len(right))
        print(
            f"{name:<10} {len(right):>8,} {100 * sum(right) / len(right):>8.2f} "
            f"{f'{low:.1%} to {high:.1%}':>15} {PLAIN_CONVNET[name]:>8} "
            f"{len(sure) / len(right):>6.1%} {sum(sure) / len(sure):>14.2%} "
            f"{100 * sum(right[1::2]) / len(right[1::2]):>11.2f}"
        )


if __name__ == "__main__":
    main()
