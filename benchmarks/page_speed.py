"""How long does a form take from file to numbers, and how much memory; beside Tesseract on the same page?

A 300-dpi form of 28 fields, 2560 x 3300 pixels (see pages.py: it is not part of the project): in a process
that runs, as a command from a cold start, and as a PDF of many such pages. Tesseract, as it comes, reads the
whole page as scattered text (`--psm 11`), digits alone; its numbers are matched by place.

    INKLING_MEASURE=DIR python benchmarks/page_speed.py [--pages 200]
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import multiprocessing
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image

from conditions import describe, external, spread
from inkling.elements import Box, Quadrilateral, Reading, Region
from inkling.export.lines import to_json
from inkling.layout.template import Template, load_template
from inkling.networks.weights import shipped_weights
from inkling.recognition.read import read
from page_references import prepare
from pages import score_nist_anywhere
from pages_truth import Score, nist_fields, score_fields

RUNS = 5
"""Of a command."""

PASSES = 15
"""Of a page in a process that runs."""


def peak() -> float:
    """Greatest memory of this process so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def from_file_to_json(path: Path, template: Template) -> tuple[list[str], tuple[Reading, ...], Counter[str]]:
    """Read a page; its lines of JSON, its readings, and seconds by stage."""
    alphabet = shipped_weights("lines").header.alphabet
    (page,) = read(path, form=template)
    lines = [json.dumps(to_json(reading, page, alphabet)) for reading in page.readings]
    return lines, page.readings, Counter(dict(page.seconds))


@dataclass(frozen=True, slots=True)
class Run:
    """A command that has ended.

    Attributes:
        seconds: From start to end.
        memory: Its greatest, in MiB.
        output: What it printed.
    """

    seconds: float
    memory: float
    output: str


_LAUNCHER = """
import resource, subprocess, sys, time
began = time.perf_counter()
done = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
seconds = time.perf_counter() - began
print(seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)
sys.stdout.flush()
sys.stdout.buffer.write(done.stdout)
"""
"""A small parent: a process is said to need as much memory as the one that it was forked from."""


def run(words: list[str]) -> Run:
    """Run a command and wait for it."""
    launched = [sys.executable, "-c", _LAUNCHER, *words]
    done = subprocess.run(launched, capture_output=True, text=True, check=True)
    figures, _, output = done.stdout.partition("\n")
    seconds, memory = map(float, figures.split())
    return Run(seconds, memory, output)


def tesseract_readings(table: str) -> list[Reading]:
    """The words of Tesseract's TSV, as readings."""
    found = []
    for row in csv.DictReader(io.StringIO(table), delimiter="\t", quoting=csv.QUOTE_NONE):
        text = row["text"].strip()
        if row["level"] == "5" and text:
            left, top = int(row["left"]), int(row["top"])
            box = Box(left, top, left + int(row["width"]), top + int(row["height"]))
            found.append(Reading(text, 0.5, "read", region=Region("line", Quadrilateral.of(box))))
    return found


def told(score: Score) -> str:
    """A score in a few words."""
    return (
        f"{score.right} of {score.count} numbers right, {score.wrong} wrong, {score.missed} missed, "
        f"{score.false_alarms} false alarms"
    )


def read_document(path: Path, template: Path, threads: int) -> list[tuple[int, float, float]]:
    """Read all pages of a PDF: after some of them, their number, seconds, and greatest memory in MiB."""
    torch.set_num_threads(threads)
    began = time.perf_counter()
    marks = []
    for page in read(path, form=template):
        assert page.number is not None
        if page.failed:
            raise SystemExit(f"page {page.number}: {page.reason}")
        if page.number in (1, 10, 25, 50, 100, 150, 200):
            marks.append((page.number, time.perf_counter() - began, peak()))
    return marks


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pages", type=int, default=200, help="of the PDF; 0 for none")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    arguments = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = os.environ["OMP_THREAD_LIMIT"] = str(arguments.threads)
    torch.set_num_threads(arguments.threads)
    print(describe())
    root = external("pages")
    if root is None or not (root / "nist-form").exists():
        print("nist-form: not found")
        return
    image = root / "nist-form/images/hsf.png"
    (truth,) = json.loads((root / "nist-form/truth.json").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as name:
        template = prepare("nist-form", root, Path(name))
        in_a_process(image, template, truth)
        as_a_command(image, template)
        beside_tesseract(image, truth)
        if arguments.pages:
            as_a_document(image, template, arguments.pages, arguments.threads)


def in_a_process(image: Path, template: Path, truth: dict[str, list[str]]) -> None:
    """The page again and again, the first time not counted; the template is loaded once, for all pages."""
    loaded = load_template(template)
    from_file_to_json(image, loaded)
    seconds, stages = [], Counter[str]()
    for _ in range(PASSES):
        began = time.perf_counter()
        _, readings, took = from_file_to_json(image, loaded)
        seconds.append(time.perf_counter() - began)
        stages.update(took)
    shares = ", ".join(f"{stage} {took / sum(seconds):.0%}" for stage, took in stages.items())
    score = score_fields(nist_fields(truth), readings)
    print(f"Inkling, process that runs   {spread(seconds)} s; {told(score)}")
    print(f"  share of the stages        {shares}, the rest {1 - stages.total() / sum(seconds):.0%}")


def as_a_command(image: Path, template: Path) -> None:
    """`inkling read`, everything loaded anew."""
    words = [sys.executable, "-m", "inkling.cli.app", "read", str(image), "--form", str(template), "--json"]
    runs = [run(words) for _ in range(RUNS)]
    print(
        f"Inkling, cold command        {spread([each.seconds for each in runs])} s, "
        f"greatest memory {max(each.memory for each in runs):.0f} MiB"
    )


def beside_tesseract(image: Path, truth: dict[str, list[str]]) -> None:
    """Tesseract's command on the same page."""
    command = shutil.which("tesseract")
    if command is None:
        print("Tesseract is not installed: apt-get install tesseract-ocr")
        return
    words = [command, str(image), "-", "--psm", "11", "-c", "tessedit_char_whitelist=0123456789", "tsv"]
    runs = [run(words) for _ in range(RUNS)]
    score = score_nist_anywhere(truth, tesseract_readings(runs[0].output))
    print(
        f"Tesseract, command           {spread([each.seconds for each in runs])} s, "
        f"greatest memory {max(each.memory for each in runs):.0f} MiB; {told(score)}"
    )


def as_a_document(image: Path, template: Path, pages: int, threads: int) -> None:
    """A PDF of many such pages, in a process of its own."""
    path = template.with_name("pages.pdf")
    with Image.open(image) as page:
        bilevel = page.convert("1")
    bilevel.save(path, save_all=True, append_images=[bilevel] * (pages - 1), resolution=300)
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as executor:
        for number, seconds, memory in executor.submit(read_document, path, template, threads).result():
            print(f"Inkling, PDF, after page {number:>3}  {seconds:.1f} s, greatest memory {memory:.0f} MiB")


if __name__ == "__main__":
    main()
