"""How many of the numbers on whole pages are read exactly?

Forms are read with a template, tables as tables, and one form also as a page with numbers anywhere. The
pages are not part of the project (see line_accuracy.py); neither are their blank forms, which are made from
them (see page_references.py). Where a form has only one page, that page was made into its own blank, so its
registration is easier than another page's would be. How numbers are compared: pages_truth.py.

    INKLING_MEASURE=DIR python benchmarks/pages.py [--failures] [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import torch
import yaml

from conditions import describe, external
from inkling.elements import Box, PageReadings, Reading
from inkling.layout.template import load_template
from inkling.networks.weights import Weights, load_weights
from inkling.recognition.read import read
from page_references import TEMPLATES, prepare
from pages_truth import (
    Score,
    election_2024_fields,
    game_grid,
    golf_rows,
    kenya_grid,
    named_fields,
    nist_fields,
    score_fields,
    score_grid,
    score_places,
    score_rows,
)

Truth = dict[str, Any]
Judge = Callable[[Truth, Sequence[Reading]], Score]


def score_nist_anywhere(truth: Truth, readings: Sequence[Reading]) -> Score:
    """Numbers matched by the boxes that they were written in."""
    content = yaml.safe_load((TEMPLATES / "nist-form.yaml").read_text(encoding="utf-8"))
    boxes = {entry["name"]: Box(*entry["box"]) for entry in content["fields"]}
    return score_places(
        {name: (boxes[name], written) for name, written in nist_fields(truth).items()}, readings
    )


def score_exam(truth: Truth, readings: Sequence[Reading]) -> Score:
    """The boxed digits alone: what was written freely stands in no field."""
    boxed = {name: written for name, written in named_fields(truth).items() if name != "free"}
    return score_fields(boxed, readings)


@dataclass(frozen=True, slots=True)
class Pages:
    """A set of pages and how they are read and judged.

    Attributes:
        folder: Its folder.
        score: Compares a page's readings with its truth.
        templates: The template of each page, by the beginning of its file's name; none for pages that are
            no forms.
        kind: What a page without a template is.
    """

    folder: str
    score: Judge
    templates: dict[str, str] = field(default_factory=dict)
    kind: Literal["numbers", "table"] = "numbers"

    def template_of(self, image: str) -> str | None:
        """The name of the template of a page."""
        stem = Path(image).stem
        return next((name for start, name in self.templates.items() if stem.startswith(start)), None)


SETS = {
    "nist-form": Pages("nist-form", lambda t, r: score_fields(nist_fields(t), r), {"hsf": "nist-form"}),
    "nist-form, no template": Pages("nist-form", score_nist_anywhere),
    "election-2024": Pages(
        "election-2024",
        lambda t, r: score_fields(election_2024_fields(t), r),
        {"pwp": "election-2024-presidential", "dpr10": "election-2024-provincial"},
    ),
    "election-c1": Pages(
        "election-c1",
        lambda t, r: score_fields(named_fields(t), r),
        {
            "c1_2014_1420": "election-c1-scans",
            "c1_2014_salah": "election-c1-certificate",
            "plano_2017": "election-c1-plano-2017",
            "plano_2019": "election-c1-plano-2019",
        },
    ),
    "kenya-34a": Pages("kenya-34a", lambda t, r: score_grid(kenya_grid(t), r), kind="table"),
    "game-sheets": Pages("game-sheets", lambda t, r: score_grid(game_grid(t), r), kind="table"),
    "golf": Pages("golf", lambda t, r: score_rows(golf_rows(t), r), kind="table"),
    "exam": Pages("exam", score_exam, {"markus": "exam-cover", "nsysu": "exam-quiz"}),
}


@dataclass(slots=True)
class Result:
    """What came of a set.

    Attributes:
        pages: Pages read.
        score: Of all their numbers.
        seconds: By stage, of all pages.
        notes: A line for each page that could not be read.
    """

    pages: int = 0
    score: Score = field(default_factory=Score)
    seconds: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    def add(self, image: str, page: PageReadings, score: Score) -> None:
        """Take another page in."""
        self.pages += 1
        failures = tuple(f"{Path(image).name}  {line}" for line in score.failures)
        self.score += Score(score.right, score.wrong, score.missed, score.false_alarms, failures)
        self.seconds.update(dict(page.seconds))
        if page.failed:
            self.notes.append(f"{Path(image).name}  not read: {page.reason}")


def measure(pages: Pages, root: Path, folder: Path, weights: Weights | None) -> Result:
    """Read every page of a set that has a truth."""
    truths: list[Truth] = json.loads((root / pages.folder / "truth.json").read_text(encoding="utf-8"))
    templates = {name: load_template(prepare(name, root, folder)) for name in pages.templates.values()}
    result = Result()
    for truth in truths:
        path = root / pages.folder / truth["image"]
        name = pages.template_of(truth["image"])
        (page,) = read(path, form=templates[name] if name else None, kind=pages.kind, weights=weights)
        result.add(truth["image"], page, pages.score(truth, page.readings))
    return result


def show(name: str, result: Result) -> str:
    """One line of the table."""
    score, total = result.score, sum(result.seconds.values())
    part = f"{score.right / score.count:.1%}" if score.count else "none transcribed"
    shares = ", ".join(f"{stage} {took / total:.0%}" for stage, took in result.seconds.items())
    return (
        f"{name:<24}{result.pages:>6}{score.count:>9}{score.right:>7}{part:>18}{score.wrong:>7}"
        f"{score.missed:>8}{score.false_alarms:>13}{total / result.pages:>9.2f}  {shares}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sets", nargs="*", help=f"some of: {', '.join(SETS)}")
    parser.add_argument("--weights", type=Path, help="of a line reader, instead of those in the box")
    parser.add_argument("--failures", action="store_true", help="list every number that was not right")
    parser.add_argument("--json", action="store_true", help="one object instead of the table")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    weights = load_weights(arguments.weights) if arguments.weights else None
    root = external("pages")
    results: dict[str, Result] = {}
    missing = []
    with tempfile.TemporaryDirectory() as folder:
        for name in arguments.sets or SETS:
            if root is None or not (root / SETS[name].folder / "truth.json").exists():
                missing.append(name)
                continue
            results[name] = measure(SETS[name], root, Path(folder), weights)
    if arguments.json:
        print(json.dumps({name: as_json(result) for name, result in results.items()}, indent=1))
        return
    print(describe())
    print(
        f"{'set':<24}{'pages':>6}{'numbers':>9}{'right':>7}{'':>18}{'wrong':>7}{'missed':>8}"
        f"{'false alarms':>13}{'s/page':>9}"
    )
    for name, result in results.items():
        print(show(name, result))
        for line in (*result.notes, *(result.score.failures if arguments.failures else ())):
            print(f"    {line}")
    for name in missing:
        print(f"{name}: not found")


def as_json(result: Result) -> dict[str, Any]:
    """The figures of a set for programs."""
    score = result.score
    return {
        "pages": result.pages,
        "numbers": score.count,
        "right": score.right,
        "wrong": score.wrong,
        "missed": score.missed,
        "false_alarms": score.false_alarms,
        "seconds": dict(result.seconds),
        "failures": [*result.notes, *score.failures],
    }


if __name__ == "__main__":
    main()
