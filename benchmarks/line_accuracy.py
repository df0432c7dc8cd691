"""How well does a line reader do on numbers that people wrote on real paper?

Zero-shot on the odd half of each set (pictures 1, 3, ...), of which nothing was ever looked at; its
confidence as it comes, and after `inkling calibrate` on the even half; for weights that were adapted to a
set's pictures, of which no label was seen, on the odd half as well; and, for weights that were fine-tuned on
four fifths of a set, on the fifth that was held out.

    INKLING_MEASURE=DIR python benchmarks/line_accuracy.py
    inkling adapt DIR/lines/meza-clinic --run runs/adapted
    INKLING_MEASURE=DIR python benchmarks/line_accuracy.py --adapted meza-clinic=WEIGHTS
    INKLING_MEASURE=DIR python benchmarks/line_accuracy.py --tuned meza-clinic=runs/clinic/weights.safetensors

The sets are not part of the project (see zero_shot.py).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import inkling
from conditions import describe, external
from inkling.datasets.lines.folders import Lines, load_lines, split_lines
from inkling.evaluation.line_calibration import calibrate_lines, score_labelled
from inkling.evaluation.lines import LineEvaluation, evaluate_lines
from inkling.networks.weights import Weights, shipped_weights
from inkling.recognition.lines import read_lines
from inkling.transforms.lines import frame_line

SETS: dict[str, dict[str, Any]] = {"orand-car-a": {"digits_only": True}, "meza-clinic": {"same_point": True}}
"""Sets in `lines/`, and how they are compared: cheque amounts are labelled with their digits alone, and the
clinic's labels use point and comma as they come."""

HELDOUT = 0.2


def sets_at_hand() -> Iterator[tuple[str, dict[str, Any], Lines]]:
    """Each of `SETS` that is there: its name, how it is compared, its pictures; of the others it is said."""
    for name, rules in SETS.items():
        if folder := external("lines", name):
            yield name, rules, load_lines(folder)
        else:
            print(f"{name}: not found")


def show(title: str, found: LineEvaluation) -> None:
    """One line of figures."""
    low, high = found.interval
    risks = ", ".join(f"{part:.0%}: {error:.2%}" for part, error in found.error_at_coverage.items())
    print(
        f"{title:<34} {found.exact:>7.2%} of {found.count:,} ({low:.1%} to {high:.1%}), digits wrong "
        f"{found.digit_error_rate:.2%}, calibration error {found.ece:.3f}, "
        f"{found.ece_by_chance:.3f} by chance\n"
        f"{'':<34} wrong among the surest {risks}; "
        + ", ".join(f"{status} {count}" for status, count in found.statuses.items() if count)
    )


def measure(lines: Lines, weights: Weights, rules: dict[str, Any]) -> LineEvaluation:
    """Read lines and compare."""
    return evaluate_lines(read_lines(lines.pictures, weights=weights, **rules), lines.texts, **rules)


def calibrated(lines: Lines, weights: Weights, rules: dict[str, Any]) -> Weights:
    """The same weights with their confidence fitted to some lines, as `inkling calibrate` does it."""
    scores = score_labelled(
        weights, [frame_line(picture) for picture in lines.pictures], lines.texts, **rules
    )
    return calibrate_lines(weights, scores).weights


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", type=Path, help="instead of those in the box")
    parser.add_argument("--half", choices=("odd", "even"), default="odd", help="even: for developing")
    parser.add_argument("--adapted", action="append", default=[], metavar="SET=WEIGHTS")
    parser.add_argument("--tuned", action="append", default=[], metavar="SET=WEIGHTS")
    arguments = parser.parse_args()
    weights = inkling.load_weights(arguments.weights) if arguments.weights else shipped_weights("lines")
    print(describe())
    tuned = dict(pair.split("=", 1) for pair in arguments.tuned)
    adapted = [pair.split("=", 1) for pair in arguments.adapted]
    for name, rules, lines in sets_at_hand():
        halves = {"even": range(0, len(lines), 2), "odd": range(1, len(lines), 2)}
        measured = lines.part(halves.pop(arguments.half))
        other = lines.part(halves.popitem()[1])
        show(f"{name}, {arguments.half} half, zero-shot", measure(measured, weights, rules))
        show("  calibrated on the other half", measure(measured, calibrated(other, weights, rules), rules))
        for other_name, path in adapted:
            if other_name == name:
                show("  adapted, no label seen", measure(measured, inkling.load_weights(Path(path)), rules))
        if name in tuned:
            better = inkling.load_weights(Path(tuned[name]))
            _, fifth = split_lines(lines, HELDOUT, seed=0)
            show("  held-out fifth, before", measure(fifth, weights, rules))
            show("  held-out fifth, fine-tuned", measure(fifth, better, rules))
            raw = replace(better, header=replace(better.header, calibration=(1.0, 0.0)))
            show("  the same, confidence as learned", measure(fifth, raw, rules))


if __name__ == "__main__":
    main()
