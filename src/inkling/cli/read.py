"""`inkling read`: the numbers on pages, forms, tables, and pictures of one line."""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inkling.errors import UnknownNameError, UsageError

if TYPE_CHECKING:
    from inkling.cli.pages_shown import ShownPages
    from inkling.cli.readings import PrintedPages
    from inkling.documents.limits import Limits
    from inkling.elements import Page, PageReadings, Unopened
    from inkling.export.resume import PageKey
    from inkling.export.writing import Writer
    from inkling.networks.weights import Weights
    from inkling.recognition.read import PageKind

EXAMPLE = (
    "Examples:\n\n[bold]inkling read scan.pdf[/bold]\n\n"
    "[bold]inkling read scans/ --form tally.yaml --out numbers.csv --plot seen.pdf[/bold]\n\n"
    "[bold]inkling read card.jpg --table --out card.xlsx[/bold]\n\n"
    "[bold]inkling read --as line amount.png[/bold]"
)


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
    dpi: Annotated[float, typer.Option(help="At which PDFs are rendered.", hidden=True)] = 300,
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
    from inkling.cli.read_lines import Rules, load_line_reader, read_pictures
    from inkling.cli.read_pages import read_pages
    from inkling.cli.readings import Lines, Rows
    from inkling.documents.files import find_files
    from inkling.documents.ranges import parse_pages

    _refuse_contradictions(form, table, kind, as_json=as_json, as_csv=as_csv, resume=resume, out=out)
    wanted = parse_pages(pages) if pages else None
    limits = _limits(limit or [])
    loaded = load_line_reader(weights)
    files = list(dict.fromkeys(find_files(paths)))
    writers, done = _outputs(files, out or [], plot if kind is None else None, crops, loaded, resume=resume)
    if kind is Kind.line:
        alphabet = loaded.header.alphabet
        printer = Lines(alphabet, as_csv=as_csv) if as_json or as_csv else Rows(files)
        read_pictures(
            files,
            loaded,
            printer=printer,
            rules=Rules(same_point=same_point, digits_only=digits_only),
            writers=writers,
            plot=plot,
        )
        return
    reader = _reader(form, "table" if table else "numbers", loaded, printed=printed)
    shown = _shown(loaded, as_json=as_json, as_csv=as_csv)
    try:
        reasons = read_pages(
            files, reader, writers, shown.show, done=done, pages=wanted, dpi=dpi, limits=limits
        )
    except KeyboardInterrupt:
        typer.echo("Stopped; what was written is complete. Go on with --resume.", err=True)
        raise typer.Exit(130) from None
    shown.close()
    refuse_failures([reason for reason in reasons if reason], len(reasons), what="pages")


def _refuse_contradictions(
    form: Path | None,
    table: bool,
    kind: Kind | None,
    *,
    as_json: bool,
    as_csv: bool,
    resume: bool,
    out: Sequence[Path] | None,
) -> None:
    if as_json and as_csv:
        raise UsageError("--json and --csv exclude each other.", remedy="Leave one out.")
    if (form is not None) + table + (kind is not None) > 1:
        raise UsageError("A page is a form, a table, or a line.", remedy="Leave all but one of them out.")
    if resume and not out:
        raise UsageError("There is nothing to go on with.", remedy="Name what was written with --out.")


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
    form: Path | None, kind: PageKind, loaded: Weights, *, printed: bool
) -> Callable[[Page | Unopened], PageReadings]:
    """What reads one page."""
    from inkling.layout.template import load_template
    from inkling.recognition.read import read_page

    template = load_template(form) if form else None
    return partial(read_page, form=template, kind=kind, printed=printed, weights=loaded)


def _outputs(
    files: Sequence[str],
    out: Sequence[Path],
    plot: Path | None,
    crops: Path | None,
    loaded: Weights,
    *,
    resume: bool,
) -> tuple[list[Writer], frozenset[PageKey]]:
    """What writes, and which pages all of it has already."""
    from inkling.export.annotated import Annotated as Drawn
    from inkling.export.choose import writer_for
    from inkling.export.crops import Crops
    from inkling.export.names import Stems
    from inkling.export.resume import done_pages

    stems = Stems(files)
    cut = Crops(crops, stems) if crops else None
    alphabet = loaded.header.alphabet
    writers: list[Writer] = [cut] if cut else []
    writers += [writer_for(path, alphabet=alphabet, crops=cut, stems=stems, resume=resume) for path in out]
    if plot is not None:
        writers.append(Drawn(plot, stems=stems))
    done = [done_pages(path) for path in out] if resume else []
    return writers, frozenset(set.intersection(*done) if done else ())


def _shown(loaded: Weights, *, as_json: bool, as_csv: bool) -> ShownPages | PrintedPages:
    from inkling.cli.pages_shown import ShownPages
    from inkling.cli.readings import PrintedPages

    if as_json or as_csv:
        return PrintedPages(loaded.header.alphabet, as_csv=as_csv)
    return ShownPages()
