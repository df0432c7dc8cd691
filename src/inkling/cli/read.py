"""`inkling read`: the numbers on pages, forms, tables, and pictures of one line."""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import fields
from functools import partial
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Annotated

import typer

from inkling.errors import InputError, PartialError, UnknownNameError, UsageError

if TYPE_CHECKING:
    from inkling.cli.line_reader import Rules
    from inkling.cli.readings import Printer
    from inkling.documents.limits import Limits
    from inkling.elements import Page, PageReadings, Unopened
    from inkling.export.resume import PageKey
    from inkling.export.writing import Writer
    from inkling.layout.template import Template
    from inkling.networks.weights import Weights
    from inkling.recognition.read import PageKind

EXAMPLE = (
    "Examples:\n\n[bold]inkling read scan.pdf[/bold]\n\n"
    "[bold]inkling read scans/ --form tally.yaml --out numbers.csv --plot seen.pdf[/bold]\n\n"
    "[bold]inkling read card.jpg --table --out card.xlsx[/bold]\n\n"
    "[bold]inkling read --as line amount.png[/bold]"
)


_DRAWINGS = ("pdf", "png")
"""How the name of a drawing may end; of pages, one without an end is a folder of them."""


class Kind(enum.StrEnum):
    """What is on a picture, as an option takes it."""

    line = "line"


def read(
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATH", help="Pictures, TIFFs, PDFs, folders, patterns, or - for stdin."),
    ],
    form: Annotated[
        Path | None, typer.Option(help="A template: every page is a filled copy of that form.")
    ] = None,
    table: Annotated[bool, typer.Option("--table", help="Every page is a ruled table.")] = False,
    kind: Annotated[
        Kind | None, typer.Option("--as", help="What each picture is, if not a page: one line.")
    ] = None,
    out: Annotated[
        list[Path] | None,
        typer.Option(
            "--out",
            "-o",
            help="Write to a file, by its end: .jsonl .csv .parquet .xlsx .xml .pdf; a folder: tables.",
        ),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(help="Draw what was read: a .pdf, or a .png for each page.")
    ] = None,
    pages: Annotated[str | None, typer.Option(help="Pages of each file, such as 1-3,7.")] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on where an earlier run stopped writing --out.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a number.")] = False,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="Print one line of CSV a number.", hidden=True)
    ] = False,
    crops: Annotated[
        Path | None, typer.Option(help="A folder for a picture of each number.", hidden=True)
    ] = None,
    printed: Annotated[bool, typer.Option("--printed", help="Read print, too.", hidden=True)] = False,
    same_point: Annotated[
        bool, typer.Option("--same-point", help="Of lines: a comma is as good as a point.", hidden=True)
    ] = False,
    digits_only: Annotated[
        bool, typer.Option("--digits-only", help="Of lines: pass over all that is no digit.", hidden=True)
    ] = False,
    dpi: Annotated[int, typer.Option(min=1, help="At which PDFs are rendered.", hidden=True)] = 300,
    limit: Annotated[
        list[str] | None,
        typer.Option(help="What a document may have at most, such as pages=10000.", hidden=True),
    ] = None,
    weights: Annotated[Path | None, typer.Option(help="Of a line reader.", hidden=True)] = None,
) -> None:
    """Read handwritten numbers: each with the probability that it is exactly right.

    Without an option a page is searched for numbers anywhere on it. What is
    doubtful, blank, illegible, or cannot be opened says why. A few more options
    are told in docs/documents.md.
    """
    from inkling.cli.failures import refuse_failures
    from inkling.cli.line_reader import BATCH, Rules, load_line_reader
    from inkling.cli.read_pages import Opening, read_pages
    from inkling.documents.files import find_files
    from inkling.documents.ranges import parse_pages
    from inkling.export.choose import RESUMABLE, suffix_of
    from inkling.layout.template import load_template

    lines, what = kind is Kind.line, "picture" if kind is Kind.line else "page"
    _refuse(as_json and as_csv, "--json and --csv exclude each other.", "Leave one out.")
    several = (form is not None) + table + lines > 1
    _refuse(several, "A page is a form, a table, or a line.", "Leave all but one of them out.")
    only_lines = (same_point or digits_only) and not lines
    _refuse(only_lines, "--same-point and --digits-only are about lines.", "Say --as line.")
    no_print = printed and (form is not None or lines)
    _refuse(no_print, "--printed is about tables, and pages that are no form.", "Leave it out.")
    _refuse(resume and not out, "There is nothing to go on with.", "Name what was written with --out.")
    _refuse(resume and plot is not None, "A drawing cannot be gone on with.", "Leave --plot out.")
    wanted, limits = parse_pages(pages) if pages else None, _limits(limit or [])
    template = load_template(form) if form else None
    preparing = _prepare(template) if template else None
    loaded = load_line_reader(weights)
    if preparing:
        preparing.join()
    files = list(dict.fromkeys(find_files(paths)))
    rules = Rules(same_point=same_point, digits_only=digits_only) if lines else None
    reader = _reader(loaded, template, table=table, printed=printed, rules=rules)
    inputs = [*files, *([str(form), str(template.reference_path)] if form and template else [])]
    inputs += [str(weights)] if weights else []
    writers, done = _outputs(files, inputs, out or [], plot, crops, loaded, lines=lines, resume=resume)
    printer = _printer(files, loaded, lines=lines, as_json=as_json, as_csv=as_csv)
    opening = Opening(wanted, dpi, limits, done)
    try:
        reasons, parts = read_pages(files, opening, reader, writers, printer, batch=BATCH if lines else 1)
    except KeyboardInterrupt:
        what += "s" * (printer.pages != 1)
        on = "; go on with --resume" if out and all(suffix_of(path) in RESUMABLE for path in out) else ""
        typer.echo(f"Stopped after {printer.pages:,} {what}{on}.", err=True)
        raise typer.Exit(130) from None
    printer.close()
    refuse_failures([each for each in reasons if each], len(reasons), what=f"{what}s")
    if parts:
        raise PartialError(f"Of {len(parts)} {what}{'s' * (len(parts) != 1)} a part failed: {parts[0]}")


def _refuse(wrong: bool, message: str, remedy: str) -> None:
    """Raise about options that do not go together."""
    if wrong:
        raise UsageError(message, remedy=remedy)


def _prepare(template: Template) -> Thread:
    """Prepare the blank form in a thread of its own: PyTorch takes a second to load, and needs one core.

    What is wrong with the blank is told when the first page is laid on it.
    """
    from inkling.layout.forms import prepared

    def prepare() -> None:
        with suppress(InputError):
            prepared(template).prepare()

    # As a daemon, it does not keep a command that cannot go on from ending.
    thread = Thread(target=prepare, daemon=True)
    thread.start()
    return thread


def _limits(words: Sequence[str]) -> Limits:
    """Limits from words such as `pages=10000`."""
    from inkling.documents.limits import Limits

    values: dict[str, int] = {}
    known = [each.name for each in fields(Limits)]
    for word in words:
        name, _, value = word.partition("=")
        if name not in known:
            raise UnknownNameError("limit", name, known)
        if not value.isdecimal():
            raise UsageError(f"--limit {word}: {value or 'nothing'} is no whole number.")
        values[name] = int(value)
    return Limits(**values)


def _reader(
    loaded: Weights,
    template: Template | None,
    *,
    table: bool,
    printed: bool,
    rules: Rules | None,
) -> Callable[[Sequence[Page | Unopened]], list[PageReadings]]:
    """What reads a batch of pages; by rules if they are lines."""
    from inkling.recognition.read import read_line_pages, read_page

    if rules:
        return partial(read_line_pages, weights=loaded, **rules)
    kind: PageKind = "table" if table else "numbers"
    one = partial(read_page, form=template, kind=kind, printed=printed, weights=loaded)
    return lambda pages: [one(page) for page in pages]


def _outputs(
    files: Sequence[str],
    inputs: Sequence[str],
    out: Sequence[Path],
    plot: Path | None,
    crops: Path | None,
    loaded: Weights,
    *,
    lines: bool,
    resume: bool,
) -> tuple[list[Writer], frozenset[PageKey]]:
    """What writes, and which pages all of it has already.

    Raises:
        UsageError: A file that is to be read would be lost, or one cannot be gone on with.
    """
    from inkling.evaluation.canvas import format_of
    from inkling.export.annotated import Annotated as Drawn
    from inkling.export.choose import suffix_of, writer_for
    from inkling.export.crops import Crops
    from inkling.export.names import Stems
    from inkling.export.resume import done_pages
    from inkling.export.writing import refuse_inputs

    outputs = [path for path in (*out, plot, crops) if path is not None]
    refuse_inputs(outputs, inputs)
    for place, path in enumerate(outputs):
        _refuse(path in outputs[:place], f"{path} is named as two outputs.", "Name another one.")
    if plot is not None and (lines or plot.suffix):
        format_of(plot, _DRAWINGS)
    for path in out if lines else ():
        _refuse(not suffix_of(path), f"{path}: a folder is of tables, and lines are none.", "Name a file.")
    stems = Stems(files)
    cut = Crops(crops, stems) if crops else None
    alphabet = loaded.header.alphabet
    writers: list[Writer] = [cut] if cut else []
    writers += [writer_for(path, alphabet=alphabet, crops=cut, stems=stems, resume=resume) for path in out]
    if plot is not None and lines:
        from inkling.cli.line_plot import LinePlot

        writers.append(LinePlot(plot, alphabet))
    elif plot is not None:
        writers.append(Drawn(plot, stems=stems))
    done = [done_pages(path) for path in out] if resume else []
    return writers, frozenset(set.intersection(*done) if done else ())


def _printer(files: Sequence[str], loaded: Weights, *, lines: bool, as_json: bool, as_csv: bool) -> Printer:
    from inkling.cli.pages_shown import ShownPages
    from inkling.cli.readings import Lines, Rows

    if as_json or as_csv:
        return Lines(loaded.header.alphabet, as_csv=as_csv)
    return Rows(files) if lines else ShownPages()
