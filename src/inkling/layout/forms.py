"""A filled form made ready for reading: laid on its blank, without what was printed, field by field."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise

import numpy as np

from inkling.elements import Box, Layout, Page, Quadrilateral, Region
from inkling.errors import FormError
from inkling.layout.curl import bent
from inkling.layout.projection import Floats, Window, scale_of, scaling, warped
from inkling.layout.registration import Blank, Registration, register
from inkling.layout.subtraction import expected_print, shown_print, without_print
from inkling.layout.template import CellsField, CombField, FormField, Template
from inkling.preprocessing.light import level

MOST_PIXELS = 40_000_000
"""Of the page in the frame of its blank; a finer one is reduced to so many."""

LEAST_SHOWN = 0.75
"""Part of the print in and around a field that the page must show, or the field is hidden."""

_HIDDEN = "The print around the field cannot be seen: it is covered, or the page is another form."

_INSET = 0.06
"""Of a field's height: so near its edge, a blank that has been written on still shows print."""


def place_form(template: Template, page: Page) -> Layout:
    """Lay a filled page on the blank form and take away what is printed around its fields.

    Args:
        template: Of the form.
        page: As it came from the file: a scan or a photograph, of any orientation.

    Returns:
        The page as seen from above, at its own resolution, upright, on white paper, with only what
        was written in and around the fields; and the fields in the order of the template.

    Raises:
        FormError: The page is not that form, or too little of it can be seen.
        TemplateError: The blank form cannot be opened.
    """
    blank = prepared(template)
    lit = level(page)
    found = register(blank, lit.image)
    scale = _frame_scale(found, blank)
    height, width = (max(1, round(size * scale)) for size in blank.grey.shape)
    to_page = found.matrix @ np.linalg.inv(scaling(scale))
    windows = [_window(field.box, scale, (height, width)) for field in template.fields]
    seen = warped(lit.image, to_page, (height, width), windows)
    printed = expected_print(blank, found, (height, width))
    shown = [shown_print(seen[window], printed[window]) for window in windows]
    _refuse_another_form([part for part in shown if part is not None])
    clean = without_print(seen, printed, windows, error=found.error)
    laid = lit.changed(clean, "laid on the form", template.name, to_before=to_page)

    def quad(box: Box) -> Quadrilateral:
        corners: Floats = np.array(Quadrilateral.of(box).corners)
        moved = (corners + bent(found.bend, corners, blank.grey.shape)) * scale
        a, b, c, d = ((float(x), float(y)) for x, y in moved)
        return Quadrilateral((a, b, c, d))

    return Layout(laid, _regions(template, quad, shown), found.error)


def _refuse_another_form(shown: list[float]) -> None:
    """Forms of one family have much in common, but not around their fields.

    Raises:
        FormError: Around most fields there is something else than on the blank.
    """
    good = sum(part >= LEAST_SHOWN for part in shown)
    if 2 * good < len(shown):
        raise FormError(
            f"The page is not this form: {len(shown) - good} of {len(shown)} fields are not in their places.",
            remedy="Give the template of this form, or a page that shows more of it.",
        )


@functools.lru_cache(maxsize=8)
def prepared(template: Template) -> Blank:
    """The blank of a template, opened and prepared once for all pages."""
    grey = level(template.blank()).image
    if not template.filled:
        return Blank(grey)
    ignored = np.zeros(grey.shape, bool)
    for field in template.fields:
        for place in _places(field):
            inset = _INSET * (place.bottom - place.top)
            rows = slice(round(place.top + inset), round(place.bottom - inset))
            ignored[rows, round(place.left + inset) : round(place.right - inset)] = True
    return Blank(grey, ignored)


def _frame_scale(found: Registration, blank: Blank) -> float:
    """Pixels of the frame to one of the blank: those of the page, unless they are too many."""
    return min(scale_of(found.matrix, blank.grey.shape), (MOST_PIXELS / blank.grey.size) ** 0.5)


def _window(box: Box, scale: float, shape: tuple[int, int]) -> Window:
    """Rows and columns of the frame in which the writing of a field may be."""
    margin = 0.5 * min(box.bottom - box.top, box.right - box.left)
    top, bottom = ((edge * scale) for edge in (box.top - margin, box.bottom + margin))
    left, right = ((edge * scale) for edge in (box.left - margin, box.right + margin))
    return (
        slice(max(0, round(top)), min(shape[0], round(bottom))),
        slice(max(0, round(left)), min(shape[1], round(right))),
    )


def _places(field: FormField) -> list[Box]:
    """The boxes that a field consists of, in pixels of the blank; of cells, row by row."""
    if isinstance(field, CombField):
        return list(field.places)
    if isinstance(field, CellsField):
        rows, columns = field.row_edges, field.column_edges
        return [
            Box(left, top, right, bottom)
            for top, bottom in pairwise(rows)
            for left, right in pairwise(columns)
        ]
    return [field.box]


def places_of(template: Template) -> tuple[Region, ...]:
    """The fields of a template as regions of its blank form, in its order."""
    return _regions(template, Quadrilateral.of, [None] * len(template.fields))


def _regions(
    template: Template, quad: Callable[[Box], Quadrilateral], shown: Sequence[float | None]
) -> tuple[Region, ...]:
    regions: list[Region] = []
    tables = 0
    for field, part in zip(template.fields, shown, strict=True):
        reason = _HIDDEN if part is not None and part < LEAST_SHOWN else ""
        known = partial(Region, name=field.name, length=field.length, allowed=field.characters, reason=reason)
        quads = [quad(place) for place in _places(field)]
        if isinstance(field, CellsField):
            columns = len(field.column_edges) - 1
            regions += [
                known("cell", each, table=tables, row=index // columns, column=index % columns)
                for index, each in enumerate(quads)
            ]
            tables += 1
        else:
            boxes = tuple(quads) if isinstance(field, CombField) else ()
            regions.append(known(field.kind, quad(field.box), boxes=boxes))
    return tuple(regions)
