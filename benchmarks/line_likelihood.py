"""How probable do line readers find what people wrote on real paper, one beside the other?

The natural logarithm of the probability of each true number, no less than FLOOR, on the even half of each
set: a finer measure than how many are exactly right, and the one to develop by. Differences from the
weights in the box are paired, with one standard error.

    INKLING_MEASURE=DIR python benchmarks/line_likelihood.py runs/a/weights.safetensors ...

The sets are not part of the project (see zero_shot.py).
"""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import inkling
from conditions import describe
from inkling.datasets.lines.folders import Lines, places_of
from inkling.evaluation.lines import canonical
from inkling.networks.constrained import marks_of, treat
from inkling.networks.ctc import log_probability_each
from inkling.networks.scan import look
from inkling.networks.weights import Weights, shipped_weights
from inkling.transforms.lines import frame_line
from line_accuracy import sets_at_hand

FLOOR = -8.0
"""A number less probable than this is wrong anyway, or its label is."""


def log_probabilities(lines: Lines, weights: Weights, rules: dict[str, Any]) -> NDArray[np.float64]:
    """Of each line, the logarithm of the mean over its views of the probability of what is written."""
    alphabet = weights.header.alphabet
    looks = look(
        weights.network,
        list(map(frame_line, lines.pictures)),
        marks=marks_of(alphabet),
        treated=partial(treat, alphabet=alphabet, **rules),
    )
    found = []
    for seen, text in zip(looks, lines.texts, strict=True):
        labels = [place + 1 for place in places_of(canonical(text, **rules), alphabet)]
        of_views = log_probability_each(seen.views, [labels] * len(seen.views))
        found.append(np.logaddexp.reduce(of_views) - np.log(len(of_views)))
    return np.maximum(found, FLOOR)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("weights", type=Path, nargs="*", help="to compare with those in the box")
    arguments = parser.parse_args()
    print(describe())
    candidates = {"in the box": shipped_weights("lines")}
    candidates |= {str(path): inkling.load_weights(path) for path in arguments.weights}
    for name, rules, lines in sets_at_hand():
        even = lines.part(range(0, len(lines), 2))
        of_all = {title: log_probabilities(even, weights, rules) for title, weights in candidates.items()}
        for title, found in of_all.items():
            gain = found - of_all["in the box"]
            print(
                f"{name}, even half, {len(even):,}  {title:<40} {found.mean():+.4f}  "
                f"({gain.mean():+.4f} ± {gain.std() / len(gain) ** 0.5:.4f})"
            )


if __name__ == "__main__":
    main()
