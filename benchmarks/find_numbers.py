"""How many numbers are found on a page, and how many words are taken for one?

Measured on drawn pages (see `mixed_pages.py`) of seeds and fonts that nothing was fitted to: numbers
found (a box that overlaps theirs by half, intersection over union) and false alarms for 1,000 words, on
pages of print, of words by hand, of both with numbers among them, and of scattered numbers. With `--fit`,
the logistic decisions of `layout/judgement.py` are fitted on other seeds and fonts and printed, to be
copied there; this is to be done again for other weights of the line reader.

    python benchmarks/find_numbers.py
    python benchmarks/find_numbers.py --fit
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import inkling
from conditions import describe
from inkling.elements import Box, Page
from inkling.layout import anywhere, evidence, judgement
from inkling.layout.anywhere import find_numbers
from inkling.layout.pieces import find_pieces
from inkling.preprocessing.ink import ink_mask
from inkling.preprocessing.rules import find_rules, without_rules
from mixed_pages import DrawnPage, Item, draw_page

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

KINDS = ("mixed", "mixed", "mixed", "script", "numbers", "print")
"""Of every six pages to fit on."""


def overlap(a: Box, b: Box) -> float:
    """Intersection over union, 0 to 1."""
    across = min(a.right, b.right) - max(a.left, b.left)
    down = min(a.bottom, b.bottom) - max(a.top, b.top)
    shared = max(across, 0.0) * max(down, 0.0)
    whole = sum((box.right - box.left) * (box.bottom - box.top) for box in (a, b))
    return shared / max(whole - shared, 1e-9)


def share_inside(inner: Box, outer: Box) -> float:
    """Part of a box that lies in another, 0 to 1."""
    across = min(inner.right, outer.right) - max(inner.left, outer.left)
    down = min(inner.bottom, outer.bottom) - max(inner.top, outer.top)
    return max(across, 0) * max(down, 0) / max((inner.right - inner.left) * (inner.bottom - inner.top), 1e-9)


def measure(pages: int, digits: inkling.Digits) -> None:
    """Print a table over kinds of pages."""
    print("                        found          taken for handwritten numbers              seconds")
    print("page     pages  by hand   on request  words, doodles  per 1,000 words  print    a page")
    for kind in ("print", "script", "mixed", "numbers"):
        count: Counter[str] = Counter()
        seconds = 0.0
        for seed in range(10_000, 10_000 + pages):
            page = draw_page(seed, digits, measure=True, kind=kind)
            started = time.process_time()
            regions = find_numbers(Page(page.image)).regions
            seconds += time.process_time() - started
            count.update(item.kind for item in page.items)
            count.update(_tally(page, [region.quad.box for region in regions], "number"))
            both = find_numbers(Page(page.image), printed=True).regions
            of_print = [region.quad.box for region in both if region.printed]
            count["on request"] += _tally(page, of_print, "printed number")["found"]
        words = count["word"] + count["printed word"]
        print(
            f"{kind:<8} {pages:>5} {_part(count['found'], count['number']):>8} "
            f"{_part(count['on request'], count['printed number']):>12} {count['others']:>15,} "
            f"{1000 * count['others'] / max(words, 1):>16.1f} {count['print']:>6} {seconds / pages:>9.2f}"
        )


def _part(found: int, there: int) -> str:
    return f"{found}/{there}" if there else "-"


def _tally(page: DrawnPage, boxes: list[Box], kind: str) -> dict[str, int]:
    """Numbers found, and boxes on what is none; those on a part of a number are neither."""
    there = [item for item in page.items if item.kind == kind]
    found = sum(any(overlap(box, item.box) > 0.5 for box in boxes) for item in there)
    on = Counter(_nearest(box, page.items)[0] for box in boxes)
    print_taken = on["printed number"] if kind == "number" else 0
    others = sum(on[other] for other in ("word", "printed word", "doodle", "nothing"))
    return {"found": found, "print": print_taken, "others": others}


WORDS_LEFT_OUT = 6
"""Of so many printed words one is read."""

WRITTEN = ("number", "word", "printed number", "printed word")


class Examples(NamedTuple):
    """Candidates on drawn pages, and what they are.

    Attributes:
        shapes, read: float64 (N, ...), their evidence.
        kinds: (N,), of what each overlaps most.
        overlaps, inside: float64 (N,), how much, and the part of the candidate that lies inside of it.
        rows, wholes: int64 (N,), as in `Candidates`, but of all pages.
    """

    shapes: Floats
    read: Floats
    kinds: NDArray[np.str_]
    overlaps: Floats
    inside: Floats
    rows: NDArray[np.int64]
    wholes: NDArray[np.int64]


def gather(pages: int, digits: inkling.Digits, *, measure: bool) -> Examples:
    """Candidates of drawn pages with their evidence."""
    parts, start = [], 0
    for seed in range(pages):
        page = draw_page(seed, digits, measure=measure, kind=KINDS[seed % len(KINDS)])
        ink = ink_mask(page.image)
        rules = find_rules(ink)
        pieces = find_pieces(ink & ~rules.mask, rules.mask)
        grey = without_rules(page.image, rules)
        found = anywhere.find_candidates(pieces)
        truths = [_nearest(Box(*box), page.items) for box in found.boxes.tolist()]
        kinds = np.array([kind for kind, _, _ in truths])
        read = np.full((len(kinds), len(evidence.READS)), np.nan)
        # Most of print is words, of which a part is enough.
        wanted = (kinds != "printed word") | (np.arange(len(kinds)) % WORDS_LEFT_OUT == 0)
        read[wanted] = anywhere.read_candidates(grey, pieces, found, np.flatnonzero(wanted))
        wholes = np.where(found.wholes < 0, -1, found.wholes + start)
        overlaps, inside = (np.array([truth[k] for truth in truths]) for k in (1, 2))
        parts.append((found.shapes, read, kinds, overlaps, inside, found.rows + 10**6 * seed, wholes))
        start += len(kinds)
    return Examples(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _nearest(box: Box, items: list[Item]) -> tuple[str, float, float]:
    """What a box overlaps most, how much, and how much of it lies inside."""
    best = max(items, key=lambda item: overlap(box, item.box))
    shared = overlap(box, best.box)
    return (best.kind, shared, share_inside(box, best.box)) if shared > 0 else ("nothing", 0.0, 0.0)


def fit(halves: list[Examples]) -> None:
    """Fit the decisions on the first half and print them, with their errors on both."""
    machine = [np.char.startswith(half.kinds, "printed") for half in halves]
    known = [(half.inside > 0.8) & np.isin(half.kinds, WRITTEN) for half in halves]
    evenly = _even(halves[0].kinds[known[0]])
    weights = _fitted("PRINTED", [half.shapes for half in halves], machine, known, evenly)
    scores = [half.shapes @ weights[:-1] + weights[-1] for half in halves]
    pairs = [judgement.with_whole(score, half.wholes) for score, half in zip(scores, halves, strict=True)]
    weights = _fitted("PRINTED_WITH_WHOLE", pairs, machine, known, evenly)
    taken = [pair @ weights[:-1] + weights[-1] > judgement.PRINTED_AT for pair in pairs]

    number = [np.char.endswith(half.kinds, "number") & (half.overlaps > 0.6) for half in halves]
    clear = [_is_clear(half) for half in halves]
    said = [judgement.number_evidence(half.read, half.shapes) for half in halves]
    hand = [c & ~m & ~t for c, m, t in zip(clear, machine, taken, strict=True)]
    weights = _fitted("BY_HAND", said, number, hand)
    alone = [np.where(t, np.nan, s @ weights[:-1] + weights[-1]) for s, t in zip(said, taken, strict=True)]
    company = [
        judgement.company_of(a, np.unique(half.rows, return_inverse=True)[1], half.wholes)
        for a, half in zip(alone, halves, strict=True)
    ]
    pairs = [np.stack(columns, axis=1) for columns in zip(alone, company, strict=True)]
    _fitted("BY_HAND_IN_ROW", pairs, number, hand)
    of_print = [c & m for c, m in zip(clear, machine, strict=True)]
    many = np.where(halves[0].kinds[of_print[0]] == "printed word", float(WORDS_LEFT_OUT), 1.0)
    _fitted("IN_PRINT", said, number, of_print, many)


def _is_clear(half: Examples) -> Bools:
    """Not a part of a number, nor one with something at it."""
    is_number = np.char.endswith(half.kinds, "number")
    alone = (is_number & (half.overlaps > 0.6)) | (
        ~is_number & ((half.overlaps > 0.6) | (half.overlaps < 0.3))
    )
    return np.asarray(alone & ~np.isnan(half.read[:, 0]))


def _even(kinds: NDArray[np.str_]) -> Floats:
    """Weights by which each kind counts alike, 1 in the mean."""
    _, which, counts = np.unique(kinds, return_inverse=True, return_counts=True)
    return np.asarray(len(kinds) / len(counts) / counts[which])


def _fitted(
    name: str, seen: list[Floats], truth: list[Bools], chosen: list[Bools], weights: Floats | None = None
) -> Floats:
    """Logistic regression of what is chosen of the first half, slightly ridged; its errors on both."""
    seen = [values[which] for values, which in zip(seen, chosen, strict=True)]
    truth = [values[which] for values, which in zip(truth, chosen, strict=True)]
    values, true = seen[0], truth[0]
    parts = np.ones(len(values)) if weights is None else weights
    mean, spread = values.mean(axis=0), values.std(axis=0) + 1e-9
    even = np.column_stack([(values - mean) / spread, np.ones(len(values))])
    ridge = 1e-3 * len(values) * np.diag([*np.ones(len(mean)), 0.0])
    solution = np.zeros(even.shape[1])
    for _ in range(50):
        chances = 1 / (1 + np.exp(-np.clip(even @ solution, -30, 30)))
        slope = even.T @ (parts * (chances - true)) + ridge @ solution
        solution -= np.linalg.solve((even.T * (parts * chances * (1 - chances))) @ even + ridge, slope)
    found = np.array([*solution[:-1] / spread, solution[-1] - (solution[:-1] * mean / spread).sum()])
    print(f"{name} = ({', '.join(f'{value:.3f}' for value in found)})")
    for half, values, true in zip(("fitted", "held out"), seen, truth, strict=True):
        yes = values @ found[:-1] + found[-1] > 0
        missed, false = np.mean(~yes[true]), np.mean(yes[~true])
        print(f"    {half:<8} {len(true):>6,} candidates: {missed:.1%} missed, {false:.1%} false")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fit", action="store_true", help="print the coefficients of layout/judgement.py")
    parser.add_argument("--pages", type=int, default=12, help="pages of a kind; a third of those to fit on")
    arguments = parser.parse_args()
    print(describe())
    digits = inkling.load_digits("sample")
    if arguments.fit:
        fit([gather(3 * arguments.pages, digits, measure=half) for half in (False, True)])
    else:
        measure(arguments.pages, digits)


if __name__ == "__main__":
    main()
