"""How well are combs read, and what is the confidence of a comb worth?

On combs that nobody filled in (`inkling.datasets.lines.combs`), drawn with MNIST's test digits where they
are on this machine, else with the sample's. Prints the curve that belongs into `recognition/combs.py` as
`CALIBRATION`: copy it there after the weights have changed, and run again.

    python benchmarks/comb_accuracy.py
"""

from __future__ import annotations

import argparse
from itertools import accumulate
from pathlib import Path

import numpy as np

import inkling
from conditions import describe
from inkling.datasets.lines.combs import CROSSED, draw_comb
from inkling.datasets.lines.hand import Cuttings
from inkling.datasets.load import load_digits
from inkling.datasets.named import locate
from inkling.evaluation.calibration import expected_calibration_error, risk_at_coverage, risk_coverage
from inkling.evaluation.line_report import LineScores
from inkling.evaluation.logistic import fit_logistic
from inkling.networks.weights import shipped_weights
from inkling.recognition.combs import (
    CALIBRATION,
    BoxChances,
    box_chances,
    comb_numbers,
    comb_score,
)

SEED = 1 << 64


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", type=Path, help="a box reader instead of the one in the box")
    parser.add_argument("--combs", type=int, default=2000)
    arguments = parser.parse_args()
    weights = inkling.load_weights(arguments.weights) if arguments.weights else shipped_weights("boxes")
    digits = (
        load_digits("mnist", split="test") if locate("mnist", splits=("test",)) else load_digits("sample")
    )
    cuttings = Cuttings(digits)
    combs = [draw_comb(cuttings, seed=SEED, index=index) for index in range(arguments.combs)]
    chances = box_chances([box for comb in combs for box in comb.boxes], weights)
    stops = list(accumulate(len(comb.boxes) for comb in combs))
    numbers = [
        comb_numbers(chances.part(slice(stop - len(comb.boxes), stop)))
        for comb, stop in zip(combs, stops, strict=True)
    ]
    print(describe())
    show_boxes([what for comb in combs for what in comb.held], chances)
    correct = np.array([found[0].text == comb.text for found, comb in zip(numbers, combs, strict=True)])
    measured = LineScores(np.array([comb_score(found) for found in numbers]), correct)
    claimed = measured.confidences(CALIBRATION)
    low, high = measured.interval
    risk = risk_coverage(claimed, correct)
    print(
        f"combs of {digits.name}: {measured.exact:.2%} of {len(combs):,} exactly right "
        f"({low:.1%} to {high:.1%}); wrong among the surest "
        + ", ".join(f"{part:.0%}: {risk_at_coverage(risk, part):.2%}" for part in (0.5, 0.7, 0.8, 0.9))
    )
    print(
        f"calibration error {expected_calibration_error(claimed, correct):.3f} with {CALIBRATION}; "
        f"{measured.to_json()['ece']:.3f} with a curve fitted to the other half"
    )
    slope, intercept = fit_logistic(measured.scores, correct)
    print(f"CALIBRATION = ({slope:.3f}, {intercept:.3f})")


def show_boxes(held: list[str], chances: BoxChances) -> None:
    """What single boxes are taken for, without a look at their neighbours."""
    unused = chances.empty + chances.crossed
    said = np.where(unused > chances.digits.max(axis=1), 10, chances.digits.argmax(axis=1))
    true = np.array([int(what) if what.isdigit() else 10 for what in held])
    for name, kind in (
        ("a digit", true < 10),
        ("nothing", np.array(held) == ""),
        ("a cross", np.array(held) == CROSSED),
    ):
        print(f"boxes with {name}: {(said == true)[kind].mean():.2%} of {kind.sum():,} right")


if __name__ == "__main__":
    main()
