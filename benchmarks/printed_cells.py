"""How well are printed cells told from handwritten ones? On drawn tables, with fonts not fitted to.

    python benchmarks/printed_cells.py [--fit]

`--fit` also fits the weights of `inkling.layout.printed` anew, on other fonts, and prints them.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from inkling.datasets.lines.hand import Cuttings, pick_hand, write_text
from inkling.datasets.sample import read_sample
from inkling.elements import Box, Quadrilateral, Region
from inkling.layout import printed

FOLDER = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
FITTED = (
    "DejaVuSans.ttf",
    "DejaVuSans-Bold.ttf",
    "DejaVuSansMono.ttf",
    "DejaVuSerif-Italic.ttf",
    "cmr10.ttf",
    "0",
    "2",
)
HELD_OUT = (
    "STIXGeneral.ttf",
    "STIXGeneralBol.ttf",
    "DejaVuSerif.ttf",
    "DejaVuSans-Oblique.ttf",
    "cmss10.ttf",
    "3",
)
WORDS = ["Total", "Name", "Punkte", "Sum", "Par", "Index", "Jumlah", "Spiel", "Hole", "White"]


def printed_ink(text: str, font: str, size: int) -> np.ndarray:
    """Ink of printed characters, 0 clean to 255."""
    if font.isdigit():
        scale = size / 22
        (width, height), base = cv2.getTextSize(text, int(font), scale, 1)
        ink = np.zeros((height + base + 4, width + 4), np.uint8)
        cv2.putText(ink, text, (2, height + 2), int(font), scale, 255, max(1, size // 12), cv2.LINE_AA)
    else:
        face = ImageFont.truetype(FOLDER / font, round(size * 1.35))
        left, top, right, bottom = face.getbbox(text)
        picture = Image.new("L", (int(right - left) + 4, int(bottom - top) + 4))
        ImageDraw.Draw(picture).text((2 - left, 2 - top), text, fill=255, font=face)
        ink = np.asarray(picture)
    return ink


def written_ink(text: str, hand, cuttings: Cuttings, size: float, rng) -> np.ndarray:
    """Ink of a handwritten number, 0 clean to 255."""
    sheet = write_text(text, hand, cuttings, rng).sheet
    rows, columns = np.flatnonzero(sheet.any(axis=1)), np.flatnonzero(sheet.any(axis=0))
    cut = sheet[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return cv2.resize(cut, None, fx=size / 40, fy=size / 40, interpolation=cv2.INTER_AREA)


def number(rng, most: int) -> str:
    return "".join(map(str, rng.integers(0, 10, int(rng.integers(1, most + 1)))))


def table(fonts: tuple[str, ...], cuttings: Cuttings, seed: int):
    """A page with one table: its cells, and what is in each: 0 nothing, 1 hand, 2 print."""
    rng = np.random.default_rng(seed)
    rows, columns = int(rng.integers(3, 14)), int(rng.integers(2, 10))
    high, wide = int(rng.integers(26, 60)), int(rng.integers(60, 120))
    page = np.zeros((rows * high + 80, columns * wide + 80), np.float32)
    font, hand = str(rng.choice(fonts)), pick_hand(rng)
    print_size, hand_size = high * rng.uniform(0.3, 0.5), high * rng.uniform(0.4, 0.85)
    dark = rng.uniform(0.35, 0.95), rng.uniform(0.3, 0.95)
    head, side = int(rng.integers(0, 4)), int(rng.integers(0, 2))
    most = int(rng.choice([1, 1, 2, 3, 4]))  # digits of a number
    cells, kinds = [], []
    for row in range(rows):
        for column in range(columns):
            left, top = 40 + column * wide, 40 + row * high
            quad = Quadrilateral.of(Box(left, top, left + wide, top + high))
            cells.append(Region("cell", quad, table=0, row=row, column=column))
            by_machine = row < head or column < side or rng.random() < 0.03
            kinds.append(0 if rng.random() < 0.1 else 1 + by_machine)
            if kinds[-1] == 0:
                continue
            if by_machine:
                text = str(rng.choice(WORDS)) if column < side or rng.random() < 0.2 else number(rng, most)
                ink = printed_ink(text, font, max(9, round(print_size)))
                x, y = left + (wide - ink.shape[1]) // 2, top + (high - ink.shape[0]) // 2
            else:
                ink = written_ink(
                    number(rng, most), hand, cuttings, max(12, hand_size * rng.uniform(0.85, 1.15)), rng
                )
                x, y = (
                    left + (wide - ink.shape[1]) * rng.uniform(0.2, 0.8),
                    top + high * 0.5 - ink.shape[0] * rng.uniform(0.4, 0.6),
                )
            x, y = max(int(x), 0), max(int(y), 0)
            ink = ink[: page.shape[0] - y, : page.shape[1] - x]
            place = page[y : y + ink.shape[0], x : x + ink.shape[1]]
            np.maximum(place, ink / 255 * dark[by_machine == 0], out=place)
    blurred = cv2.GaussianBlur(page, (0, 0), rng.uniform(0.3, 1.1))
    grey = 255 * (1 - blurred) + rng.normal(0, rng.uniform(0.5, 6), page.shape)
    grey = np.clip(grey, 0, 255).astype(np.uint8)
    if rng.random() < 0.5:
        grey = cv2.imdecode(cv2.imencode(".jpg", grey, [1, int(rng.integers(40, 95))])[1], 0)
    return grey, cells, np.array(kinds)


def logistic_fit(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Weights, then the constant, by Newton's method with a little weight decay."""
    x = np.column_stack([x, np.ones(len(x))])
    weights = np.zeros(x.shape[1])
    for _ in range(40):
        chance = 1 / (1 + np.exp(-np.clip(x @ weights, -30, 30)))
        gradient = x.T @ (chance - y) + 0.1 * weights
        weights -= np.linalg.solve(
            (x * (chance * (1 - chance))[:, None]).T @ x + 0.1 * np.eye(len(weights)), gradient
        )
    return weights


def fit(cuttings: Cuttings) -> None:
    pages = [table(FITTED, cuttings, 10_000 + seed) for seed in range(150)]
    seen = [printed.cell_evidence(grey, cells)[0] for grey, cells, _ in pages]
    told = [(kinds > 0) & ~np.isnan(x[:, 0]) for x, (_, _, kinds) in zip(seen, pages, strict=True)]
    x = np.concatenate([e[t] for e, t in zip(seen, told, strict=True)])
    y = np.concatenate([kinds[t] == 2 for t, (_, _, kinds) in zip(told, pages, strict=True)]).astype(float)
    weights = logistic_fit(x, y)
    printed.WEIGHTS = tuple(float(w) for w in weights.round(3))
    print("WEIGHTS =", printed.WEIGHTS, f"alone {np.mean((x @ weights[:-1] + weights[-1] > 0) == y):.4f}")
    company = []
    for e, (_, cells, _), t in zip(seen, pages, told, strict=True):
        scores = e @ weights[:-1] + weights[-1]
        company.append(
            np.column_stack([scores, *(printed._company(scores, k) for k in printed._neighbours(cells))])[t]
        )
    x = np.concatenate(company)
    weights = logistic_fit(x, y)
    printed.COMPANY = tuple(float(w) for w in weights.round(3))
    print("COMPANY =", printed.COMPANY, f"together {np.mean((x @ weights[:-1] + weights[-1] > 0) == y):.4f}")


def main() -> None:
    cuttings = Cuttings(read_sample())
    if "--fit" in sys.argv:
        fit(cuttings)
    right = np.zeros(3, int)
    cells_of = np.zeros(3, int)
    for seed in range(60):
        grey, cells, kinds = table(HELD_OUT, cuttings, seed)
        found = np.array(printed.printed_cells(grey, cells))
        for kind in (1, 2):
            right[kind] += (found[kinds == kind] == (kind == 2)).sum()
            cells_of[kind] += (kinds == kind).sum()
    for kind, name in ((1, "handwritten"), (2, "printed")):
        print(f"{name}: {right[kind]} of {cells_of[kind]} cells, {right[kind] / cells_of[kind]:.1%}")


if __name__ == "__main__":
    main()
