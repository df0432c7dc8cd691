"""What is said of pictures that are no single upright line, and of lines with much paper around them?

    INKLING_MEASURE=DIR python benchmarks/line_refusals.py     # DIR as for zero_shot.py

Pictures of the even halves: turned; several of them, their paper made alike, one above the other; and single
ones in paper of their own grey.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import inkling
from conditions import describe
from inkling.elements import Reading
from inkling.evaluation.lines import canonical
from inkling.networks.weights import shipped_weights
from inkling.recognition.decisions import REASONS
from line_accuracy import sets_at_hand

Picture = NDArray[np.uint8]

COUNT = 240


def stacked(pictures: Sequence[Picture]) -> Picture:
    """Pictures one above the other, on paper of one grey."""
    grey = np.median(np.concatenate([picture.ravel() for picture in pictures]))
    alike = [np.clip(picture + (grey - np.median(picture)), 0, 255).astype(np.uint8) for picture in pictures]
    width = max(picture.shape[1] for picture in pictures)
    return np.vstack([np.pad(each, ((0, 0), (0, width - each.shape[1])), mode="edge") for each in alike])


def in_paper(picture: Picture, above: int, beside: int) -> Picture:
    """A picture with so many pixels of paper on two sides each."""
    paper = int(np.median(picture))
    return np.pad(picture, ((above, above), (beside, beside)), constant_values=paper)


def kind_of(reading: Reading, told: str) -> str:
    """What a picture is said to be, of which it should be told why there is no number."""
    if reading.reason == told:
        return "told"
    if reading.text:
        return "sure" if reading.status == "read" else "a number"
    return reading.status


def show(title: str, readings: Sequence[Reading], told: str) -> None:
    """How many are said to be what they are, and what is said of the others."""
    kinds = Counter(kind_of(each, told) for each in readings)
    parts = ", ".join(f"{kind} {count / len(readings):.0%}" for kind, count in kinds.most_common())
    print(f"  {title:<34} {len(readings):>4}  {parts}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", type=Path)
    arguments = parser.parse_args()
    weights = inkling.load_weights(arguments.weights) if arguments.weights else shipped_weights("lines")
    print(describe())
    for name, rules, lines in sets_at_hand():
        random = np.random.default_rng(0)
        chosen = random.permutation(np.arange(0, len(lines), 2))[:COUNT]
        pictures = [lines.pictures[place] for place in chosen]
        texts = [canonical(lines.texts[place], **rules) for place in chosen]

        def read(given: Sequence[Picture], rules: dict[str, Any] = rules) -> list[Reading]:
            return inkling.read_lines(given, weights=weights, **rules)

        print(name)
        directed = [picture for picture, text in zip(pictures, texts, strict=True) if set(text) & set("347")]
        show(
            "upside down, with a 3, 4 or 7",
            read([each[::-1, ::-1] for each in directed]),
            REASONS["upside down"],
        )
        for quarters, side in ((1, "left"), (3, "right")):
            turned = [np.rot90(each, quarters) for each in pictures]
            show(f"on their {side} side", read(turned), REASONS["upside down"])
        for rows in (2, 3, 4, 5):
            stacks = [
                stacked([pictures[place] for place in random.choice(len(pictures), rows, replace=False)])
                for _ in range(COUNT)
            ]
            show(f"{rows} lines", read(stacks), REASONS["several lines"])
        for above, beside in ((0, 0), (100, 0), (300, 0), (0, 100), (0, 300), (100, 100), (300, 300)):
            readings = read([in_paper(each, above, beside) for each in pictures])
            right = np.mean([each.text == text for each, text in zip(readings, texts, strict=True)])
            blank = sum(each.status == "blank" for each in readings)
            print(
                f"  paper of {above} above and below, {beside} beside: {right:.1%} exactly right, "
                f"{blank} of {len(readings)} called blank",
                flush=True,
            )


if __name__ == "__main__":
    main()
