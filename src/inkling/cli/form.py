"""`inkling form`: propose the template of a form, and look at one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inkling.errors import InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from inkling.elements import Layout, Page, Region

app = typer.Typer(
    name="form",
    help="Make the template of a form, and check it.",
    no_args_is_help=True,
    add_completion=False,
)

_JSON = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
_PDF_DPI = 150
"""At which a PDF is rendered; a template may say otherwise."""


@app.command()
def new(
    blank: Annotated[
        Path, typer.Argument(metavar="BLANK", help="A picture of the blank form, or a PDF; upright.")
    ],
    output: Annotated[
        Path | None, typer.Option("--output", help="The template (default: BLANK with .yaml).")
    ] = None,
    page: Annotated[int, typer.Option(min=1, help="Of a PDF or TIFF: which page.")] = 1,
    dpi: Annotated[int, typer.Option(min=30, max=600, help="At which a PDF is rendered.")] = _PDF_DPI,
    filled: Annotated[
        bool, typer.Option("--filled", help="The form has been written on; no blank is to be had.")
    ] = False,
    as_json: _JSON = False,
) -> None:
    """Propose a template from the boxes, combs and tables of a blank form.

    Beside the template it draws the fields. Look at them, delete what holds no numbers, name the
    rest, and say what is known of them: the template is a text file with comments.

    Examples:
    inkling form new blank.png

    inkling form new sheet.pdf --page 2 --output forms/sheet.yaml
    """
    from inkling.export.writing import refuse_inputs
    from inkling.layout.forms import places_of
    from inkling.layout.proposal import propose_fields, template_text
    from inkling.layout.template import load_template

    target = output or blank.with_suffix(".yaml")
    picture = target.with_name(f"{target.stem}-fields.png")
    if target.exists():
        raise UsageError(
            f"{target} exists; it is not overwritten, as it may have been corrected by hand.",
            remedy="Remove it, or name another file with --output.",
        )
    refuse_inputs([picture], [blank])
    if blank.name in (target.name, picture.name):  # of a blank that lies elsewhere there is to be a copy
        raise UsageError(
            f"What is written would be called {blank.name}, as the blank form is.",
            remedy="Name another file with --output.",
        )
    form = _open(blank, page, dpi)
    proposal = propose_fields(form, filled=filled)
    reference = _reference_of(blank, target)
    text = template_text(
        proposal.fields,
        name=blank.stem,
        reference=reference,
        page=page,
        dpi=dpi if _is_pdf(blank) else None,
        filled=filled,
    )
    _write(target, text)
    _draw(form.image, places_of(load_template(target)), picture)
    result = {
        "template": str(target),
        "picture": str(picture),
        "fields": len(proposal.fields),
        "labels": proposal.labels,
    }
    if as_json:
        typer.echo(json.dumps(result))
        return
    typer.echo(f"{len(proposal.fields)} fields in {target}, drawn in {picture}")
    if proposal.labels and not filled:
        typer.echo(
            f"{proposal.labels} boxes with something in them were taken for labels; if that was written by "
            "hand, say --filled."
        )


@app.command()
def check(
    template: Annotated[Path, typer.Argument(metavar="TEMPLATE", help="The YAML file.")],
    filled: Annotated[
        Path | None, typer.Argument(metavar="FILLED", help="A filled form to lay on the blank one.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", help="The drawing (default: TEMPLATE-check.png).")
    ] = None,
    page: Annotated[int, typer.Option(min=1, help="Of FILLED: which page.")] = 1,
    as_json: _JSON = False,
) -> None:
    """Check a template, and draw its fields on the blank form or on a filled one.

    A filled form is drawn as it lies on the blank one, and beside that as it will be read, without
    its print; and it is told by how many pixels the two miss each other.

    Examples:
    inkling form check sheet.yaml

    inkling form check sheet.yaml scan.jpg --output seen.png
    """
    from inkling.export.writing import refuse_inputs
    from inkling.layout.forms import place_form, places_of
    from inkling.layout.template import load_template

    loaded = load_template(template)
    target = output or template.with_name(f"{template.stem}-check.png")
    if target.suffix.lower() != ".png":
        raise UsageError(f"The drawing is a PNG, not {target.name}.", remedy="Name it so: --output seen.png")
    refuse_inputs([target], filter(None, (template, loaded.reference_path, filled)))
    result: dict[str, object] = {"template": str(template), "fields": len(loaded.fields)}
    if filled is None:
        _draw(loaded.blank().image, places_of(loaded), target)
        told = f"{len(loaded.fields)} fields of '{loaded.name}'"
    else:
        form = _open(filled, page, 300)
        layout = place_form(loaded, form)
        hidden = sorted({region.name for region in layout.regions if region.reason})
        _draw(_as_seen(form, layout), layout.regions, target)
        result |= {"filled": str(filled), "error": round(layout.error or 0.0, 3), "hidden": hidden}
        told = f"{filled} is '{loaded.name}': the marks miss each other by {layout.error:.2f} pixels"
        told += f"; hidden: {', '.join(hidden)}" if hidden else ""
    if as_json:
        typer.echo(json.dumps(result | {"picture": str(target)}, ensure_ascii=False))
    else:
        typer.echo(f"{told}. Drawn in {target}")


def _open(path: Path, number: int, dpi: int) -> Page:
    """One page of a file.

    Raises:
        InputError: It cannot be opened.
    """
    from inkling.documents.open import PageRanges, open_pages
    from inkling.elements import Unopened

    page = next(open_pages(path, dpi=dpi, pages=PageRanges(((number, number),))))
    if isinstance(page, Unopened):
        raise InputError(page.reason)
    return page


def _is_pdf(path: Path) -> bool:
    with path.open("rb") as file:
        return b"%PDF-" in file.read(1024)


def _reference_of(blank: Path, target: Path) -> str:
    """The path of the blank form from its template; a copy of it, if it lies elsewhere.

    Raises:
        UsageError: Another file has the name that the copy would get.
        StorageError: It cannot be copied.
    """
    from inkling.export.writing import whole_file

    folder = target.parent.resolve()
    if blank.resolve().is_relative_to(folder):
        return blank.resolve().relative_to(folder).as_posix()
    copy, content = target.parent / blank.name, blank.read_bytes()
    if copy.exists() and copy.read_bytes() != content:
        raise UsageError(f"{copy} is another file than {blank}.", remedy="Rename one of them.")
    with whole_file(copy) as file:
        file.write(content)
    return copy.name


def _write(path: Path, text: str) -> None:
    from inkling.export.writing import whole_file

    with whole_file(path) as file:
        file.write(text.encode())


def _as_seen(page: Page, layout: Layout) -> NDArray[np.uint8]:
    """The page as it lies on the blank form, and beside it as it is read: uint8 (H, 2 W, 3)."""
    import cv2
    import numpy as np

    from inkling.layout.projection import warped

    clean = layout.page.image
    image = page.image if page.image.ndim == 3 else cv2.cvtColor(page.image, cv2.COLOR_GRAY2RGB)
    seen = warped(np.asarray(image, np.uint8), layout.page.to_original, clean.shape)
    return np.hstack([seen, np.asarray(cv2.cvtColor(clean, cv2.COLOR_GRAY2RGB), np.uint8)])


def _draw(image: NDArray[np.uint8], regions: Sequence[Region], path: Path) -> None:
    """Draw fields on a picture and write it.

    Raises:
        StorageError: It cannot be written.
    """
    from PIL import Image

    from inkling.export.writing import whole_file
    from inkling.layout.drawing import draw_regions

    with whole_file(path) as file:
        Image.fromarray(draw_regions(image, regions)).save(file, format="PNG")
