"""What does novelty tell apart? The weights in the box on digits, and on what is no digit.

python benchmarks/novelty.py
"""

from __future__ import annotations

import string

import cv2
import numpy as np

from conditions import describe
from inkling.datasets.strokes import draw_strokes
from inkling.recognition.classify import STRANGE_ABOVE, classify_all


def scribble(rng: np.random.Generator) -> np.ndarray:
    """Four to eight straight lines through random points."""
    sheet = np.full((80, 80), 255, np.uint8)
    points = rng.integers(8, 72, (rng.integers(5, 10), 2)).astype(np.int32)
    return cv2.polylines(sheet, [points], False, 0, 5, cv2.LINE_AA)


def printed(letter: str, rng: np.random.Generator) -> np.ndarray:
    """A character in one of OpenCV's eight stroke fonts, thin to thick."""
    sheet = np.full((100, 100), 255, np.uint8)
    font, pen = int(rng.integers(0, 8)), int(rng.integers(3, 8))
    return cv2.putText(sheet, letter, (25, 75), font, 2.2, 0, pen, cv2.LINE_AA)


def main() -> None:
    print(describe())
    rng = np.random.default_rng(0)
    sets = {
        "strokes drawn with another seed": list(draw_strokes(300, seed=1).images),
        "printed digits": [printed(digit, rng) for digit in string.digits for _ in range(30)],
        "printed capitals": [printed(c, rng) for c in string.ascii_uppercase for _ in range(12)],
        "scribbles": [scribble(rng) for _ in range(300)],
        "noise": [rng.integers(0, 256, (40, 40), np.uint8) for _ in range(300)],
    }
    print(f"{'':<32} pictures  blank  median novelty  above {STRANGE_ABOVE:g}  read")
    for name, pictures in sets.items():
        results = classify_all(pictures)
        novelties = [result.novelty for result in results if result.novelty is not None]
        blank = np.mean([result.status == "blank" for result in results])
        read = np.mean([result.status == "read" for result in results])
        strange = np.mean([novelty > STRANGE_ABOVE for novelty in novelties]) if novelties else float("nan")
        median = np.median(novelties) if novelties else float("nan")
        print(f"{name:<32} {len(pictures):>8} {blank:>6.0%} {median:>15.2f} {strange:>8.0%} {read:>5.0%}")


if __name__ == "__main__":
    main()
