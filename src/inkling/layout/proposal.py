"""A template proposed for a form: its boxes, combs and tables, for a person to correct."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from inkling.elements import Box, Page
from inkling.errors import FormError
from inkling.layout.rectangles import find_rectangles, millimetres
from inkling.layout.template import CellsField, CombField, FormField, LineField, overlap
from inkling.preprocessing.light import level

_NARROW = 1.25
"""A box for one character is at most so many times as wide as high."""

_APART = 0.6
"""Boxes of a comb stand apart by this part of their width at most."""

_EQUAL = 0.2
"""Boxes of a comb differ in width by this part at most."""

_RULE = 1.6
"""Millimetres between the cells of a table at most."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """Fields that a form seems to have.

    Attributes:
        fields: In reading order, named `field_1` and so on.
        labels: Boxes that were left out because something stands in them.
    """

    fields: tuple[FormField, ...]
    labels: int


def propose_fields(page: Page, *, filled: bool = False) -> Proposal:
    """Find the boxes, combs and tables of a form.

    Narrow boxes side by side are a comb; other boxes with a rule between them are the cells of a
    table; a box that stands alone is a line.

    Args:
        page: The form, upright.
        filled: Whether it has been written on; boxes with something in them are fields then.

    Raises:
        FormError: It has no boxes.
    """
    grey = level(page).image
    found = find_rectangles(grey)
    boxes = [each.box for each in found if each.bare or filled]
    labels = len(found) - len(boxes)
    if not boxes:
        told = f"; {labels} have something in them" if labels else ""
        raise FormError(
            f"The form has no empty boxes with rules on all sides{told}.",
            remedy="Write the template by hand"
            + ("; or, if the form has been filled in, say --filled." if labels else "."),
        )
    rule = millimetres(grey.shape, _RULE)
    combs, rest = _split_combs(_runs(boxes, _are_comb))
    tables = _tables(_runs(rest, lambda a, b: b.left - a.right <= rule), rule)
    fields = _apart([_comb(run) for run in combs] + [_cells(rows) for rows in tables])
    ordered = _in_reading_order(fields)
    named = [field.model_copy(update={"name": f"field_{n}"}) for n, field in enumerate(ordered, start=1)]
    return Proposal(tuple(named), labels)


def template_text(
    fields: Sequence[FormField], *, name: str, reference: str, page: int, dpi: int | None, filled: bool
) -> str:
    """The template as a person reads it, YAML with a comment of what to check.

    Args:
        fields: As proposed.
        name: Of the form.
        reference: The picture of the form: its path from the template.
        page: Of the reference.
        dpi: At which it was rendered, if it is a PDF.
        filled: Whether it has been written on.
    """
    lines = [
        "# Proposed by `inkling form new`. Look at the picture beside it and check:",
        "# - delete the fields that hold no numbers, and name the others;",
        "# - boxes are [left, top, right, bottom] in pixels of the reference;",
        "# - kind: line for a number, comb for boxes of one character each, cells for a table;",
        '# - add what is known: length: 3, characters: "0123456789".',
        f"name: {_quoted(name)}",
        f"reference: {_quoted(reference)}",
    ]
    lines += [f"page: {page}"] if page != 1 else []
    lines += [f"dpi: {dpi}"] if dpi else []
    if filled:
        lines += [
            "# The reference has been written on: what stands inside the fields is not taken for print.",
            "filled: true",
        ]
    return "\n".join([*lines, "fields:", *(_entry(field) for field in fields)]) + "\n"


def _entry(field: FormField) -> str:
    parts = [f"name: {_quoted(field.name)}", f"kind: {field.kind}", f"box: {_numbers(field.box)}"]
    if isinstance(field, CombField):
        boxes = field.boxes
        told = str(boxes) if isinstance(boxes, int) else "[" + ", ".join(map(_numbers, boxes)) + "]"
        parts.append(f"boxes: {told}")
    elif isinstance(field, CellsField):
        parts += [f"rows: {_edges(field.rows)}", f"columns: {_edges(field.columns)}"]
    return "  - " + "\n    ".join(parts)


def _quoted(text: str) -> str:
    """As it stands when YAML cannot take it for something else; JSON strings are YAML."""
    return text if text.isidentifier() and text.isascii() else json.dumps(text, ensure_ascii=False)


def _numbers(box: Box) -> str:
    return "[" + ", ".join(f"{edge:g}" for edge in (box.left, box.top, box.right, box.bottom)) + "]"


def _edges(edges: int | tuple[float, ...]) -> str:
    return str(edges) if isinstance(edges, int) else "[" + ", ".join(f"{edge:g}" for edge in edges) + "]"


def _runs(boxes: Sequence[Box], belong: Callable[[Box, Box], bool]) -> list[list[Box]]:
    """Boxes side by side in one row of which each belongs to the one before."""
    runs: list[list[Box]] = []
    for box in sorted(boxes, key=lambda box: box.left):
        for run in reversed(runs):
            if _same_row(run[-1], box) and belong(run[-1], box):
                run.append(box)
                break
        else:
            runs.append([box])
    return runs


def _same_row(a: Box, b: Box) -> bool:
    near = 0.2 * min(a.bottom - a.top, b.bottom - b.top)
    return abs(a.top - b.top) <= near and abs(a.bottom - b.bottom) <= near and b.left >= a.right - near


def _are_comb(a: Box, b: Box) -> bool:
    widths = a.right - a.left, b.right - b.left
    return (
        max(widths) <= _NARROW * min(a.bottom - a.top, b.bottom - b.top)
        and max(widths) - min(widths) <= _EQUAL * max(widths)
        and b.left - a.right <= _APART * min(widths)
    )


def _split_combs(runs: Iterable[list[Box]]) -> tuple[list[list[Box]], list[Box]]:
    combs, rest = [], []
    for run in runs:
        if len(run) > 1:
            combs.append(run)
        else:
            rest += run
    return combs, rest


def _tables(runs: Iterable[list[Box]], rule: float) -> list[list[list[Box]]]:
    """Runs of cells below each other with the same columns, as lists of rows."""
    tables: list[list[list[Box]]] = []
    for run in sorted(runs, key=lambda run: run[0].top):
        for table in tables:
            above = table[-1]
            if (
                len(above) == len(run)
                and -rule <= run[0].top - max(box.bottom for box in above) <= rule
                and all(
                    abs(a.left - b.left) <= rule and abs(a.right - b.right) <= rule
                    for a, b in zip(above, run, strict=True)
                )
            ):
                table.append(run)
                break
        else:
            tables.append([run])
    return tables


def _comb(run: Sequence[Box]) -> CombField:
    box = _around(run)
    steps = np.diff([each.left for each in run])
    gaps = [b.left - a.right for a, b in pairwise(run)]
    width = (box.right - box.left) / len(run)
    even = np.ptp(steps) <= 0.1 * width and max(gaps) <= 0.2 * width
    return CombField(name="field", kind="comb", box=box, boxes=len(run) if even else tuple(run))


def _cells(rows: Sequence[Sequence[Box]]) -> FormField:
    """The field of a table; of a single cell, a line."""
    box = _around([each for row in rows for each in row])
    if len(rows) == len(rows[0]) == 1:
        return LineField(name="field", kind="line", box=box)
    tops = [(min(each.top for each in row), max(each.bottom for each in row)) for row in rows]
    lefts = [
        (min(each.left for each in column), max(each.right for each in column))
        for column in zip(*rows, strict=True)
    ]
    return CellsField(
        name="field",
        kind="cells",
        box=box,
        rows=_between(tops),
        columns=_between(lefts),
    )


def _between(parts: Sequence[tuple[float, float]]) -> int | tuple[float, ...]:
    """Edges in the middle of the rules between parts; how many there are, when they are equal."""
    inner = [round((before[1] + after[0]) / 2) for before, after in pairwise(parts)]
    edges = (parts[0][0], *map(float, inner), parts[-1][1])
    sizes = np.diff(edges)
    return len(parts) if np.ptp(sizes) <= 0.08 * sizes.mean() else edges


def _around(boxes: Sequence[Box]) -> Box:
    return Box(
        min(box.left for box in boxes),
        min(box.top for box in boxes),
        max(box.right for box in boxes),
        max(box.bottom for box in boxes),
    )


def _apart(fields: Sequence[FormField]) -> list[FormField]:
    """Fields of which none overlaps another: of two that do, the larger one.

    In a filled form, loops of digits and pieces of tables are boxes, too.
    """
    kept: list[FormField] = []
    for field in sorted(fields, key=_area, reverse=True):
        if not any(overlap(field.box, other.box) for other in kept):
            kept.append(field)
    return kept


def _area(field: FormField) -> float:
    return (field.box.right - field.box.left) * (field.box.bottom - field.box.top)


def _in_reading_order(fields: Sequence[FormField]) -> list[FormField]:
    """From top to bottom, what stands side by side from left to right."""
    rows: list[list[FormField]] = []
    for field in sorted(fields, key=lambda field: field.box.top):
        first = rows[-1][0].box if rows else None
        if first is not None and (field.box.top + field.box.bottom) / 2 < first.bottom:
            rows[-1].append(field)
        else:
            rows.append([field])
    return [field for row in rows for field in sorted(row, key=lambda field: field.box.left)]
