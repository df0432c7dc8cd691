"""Draw what the line reader in the box does not read, for its model card: four pictures of each weakness.

python docs/pictures/weaknesses.py [--data mnist]

The first of 6,000 synthetic lines, of digits that were not learned from, on which it errs in that way.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import inkling
from inkling.datasets.lines.hand import Cuttings
from inkling.datasets.lines.synthesis import LinePicture, draw_line
from inkling.elements import Reading
from inkling.evaluation.canvas import BLUE, INK, QUIET, RED, save_figure
from inkling.evaluation.drawing_lines import Part, draw_line_sheet
from inkling.evaluation.lines import edit_operations

LINES, SEED, ACROSS = 6_000, 1 << 62, 4

Errs = Callable[[LinePicture, Reading], bool]


def changes(line: LinePicture, reading: Reading) -> set[tuple[str, str]]:
    """What was read otherwise than it is written, where a number is written and one was read."""
    if line.writing.mark or not reading.text:
        return set()
    pairs = edit_operations(line.writing.text, reading.text)
    return {(true, read) for true, read in pairs if true != read}


def alone(*wanted: tuple[str, str]) -> Errs:
    """Lines on which nothing but one of these changes is wrong."""
    return lambda line, reading: bool(found := changes(line, reading)) and found <= set(wanted)


def tail_read(line: LinePicture, reading: Reading) -> bool:
    found = changes(line, reading)
    return line.writing.after != "" and bool(found) and all(true == "" for true, _ in found)


WEAKNESSES: dict[str, Errs] = {
    "point lost": alone((".", ""), (",", "")),
    "1 lost": alone(("1", "")),
    "misread": alone(("4", "9"), ("9", "4"), ("9", "3"), ("7", "1"), ("1", "7"), ("7", "2")),
    "digit lost": alone(*((digit, "") for digit in "0234568")),
    "tail read": tail_read,
    "upside down": lambda line, reading: line.writing.mark == "upside down" and reading.text != "",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="mnist", help="the set whose test digits are cut up")
    cuttings = Cuttings(inkling.load_digits(parser.parse_args().data, split="test"))
    shown: dict[str, list[tuple[LinePicture, Reading]]] = {name: [] for name in WEAKNESSES}
    for start in range(0, LINES, 200):
        lines = [draw_line(cuttings, seed=SEED, index=start + place) for place in range(200)]
        for line, reading in zip(lines, inkling.read_lines([line.image for line in lines]), strict=True):
            for name, errs in WEAKNESSES.items():
                if len(shown[name]) < ACROSS and errs(line, reading):
                    shown[name].append((line, reading))
    pictures, captions = [], []
    for name, cases in shown.items():
        for line, reading in cases:
            parts: list[Part] = [(f"{name}: ", QUIET), (line.writing.text, BLUE), (" → ", INK)]
            pictures.append(line.image)
            captions.append([*parts, (reading.text, RED)])
    title = "What the line reader in the box does not read"
    figure = draw_line_sheet(pictures, captions, title=title, subtitle="what is written → what it reads")
    print(save_figure(figure, Path(__file__).parent / "weaknesses.png"))


if __name__ == "__main__":
    main()
