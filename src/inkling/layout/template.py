"""A template of a form: a YAML file that says which numbers stand where on the blank form.

    name: Tally sheet
    reference: blank.png      # a picture of the blank form, or a PDF, in this folder or below it
    fields:
      - name: total
        kind: comb            # line: a number on a line or in a box; comb: a box for each character
        box: [120, 340, 420, 400]      # left, top, right, bottom, in pixels of the reference
        boxes: 3              # equally wide; or a list of boxes [[l, t, r, b], ...]
        characters: "0123456789"
      - name: scores
        kind: cells           # a ruled region, with a number in each cell
        box: [120, 460, 840, 700]
        rows: 6               # equally high; or a list of the edges' positions
        columns: [120, 300, 480, 840]

A person writes it, so whatever is wrong in it is told with its line and its field.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    PrivateAttr,
    StrictBool,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)

from inkling.datasets.folders import quoted
from inkling.datasets.lines.writing import CHARACTERS
from inkling.documents.open import PageRanges, open_pages
from inkling.elements import Box, Page, Unopened
from inkling.errors import TemplateError
from inkling.layout.marked_yaml import Place, nearest, read_marked_yaml

MOST_PARTS = 500
"""Boxes of a comb, rows and columns of cells."""

_SHARED = 0.1
"""Part of the smaller of two fields that may lie in both: neighbours share a ruled line."""


def _to_box(value: object) -> Box:
    if isinstance(value, Box):
        return value
    numbers = _to_numbers(value)
    if len(numbers) != 4:
        raise ValueError("a box is four numbers: [left, top, right, bottom]")
    left, top, right, bottom = numbers
    if not (left < right and top < bottom):
        raise ValueError("the right edge of a box lies right of its left one, the bottom below the top")
    return Box(left, top, right, bottom)


def _to_numbers(value: object) -> tuple[float, ...]:
    if not isinstance(value, (list, tuple)) or not all(
        isinstance(each, (int, float)) and not isinstance(each, bool) and math.isfinite(each)
        for each in value
    ):
        raise ValueError("this must be a list of numbers")
    return tuple(float(each) for each in value)


def _to_count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST_PARTS:
        raise ValueError(f"this must be a whole number from 1 to {MOST_PARTS}")
    return value


def _to_edges(value: object) -> int | tuple[float, ...]:
    if not isinstance(value, (list, tuple)):
        return _to_count(value)
    edges = _to_numbers(value)
    if not 2 <= len(edges) <= MOST_PARTS or sorted(set(edges)) != list(edges):
        raise ValueError("edges are two or more positions, each beyond the one before")
    return edges


def _to_boxes(value: object) -> int | tuple[Box, ...]:
    if not isinstance(value, (list, tuple)):
        return _to_count(value)
    boxes = tuple(_to_box(each) for each in value[:MOST_PARTS])
    lefts = [box.left for box in boxes]
    if not boxes or sorted(set(lefts)) != lefts:
        raise ValueError("the boxes of a comb stand in a list from left to right")
    return boxes


_Rectangle = Annotated[Box, PlainValidator(_to_box)]
_Edges = Annotated[int | tuple[float, ...], PlainValidator(_to_edges)]
_Boxes = Annotated[int | tuple[Box, ...], PlainValidator(_to_boxes)]
_Name = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=200)]


class _Entry(BaseModel):
    """What is true of every field.

    Attributes:
        name: Stands beside its number in what is written.
        box: Where it stands, in pixels of the reference.
        length: Characters that a number has, if that is known.
        characters: Which it may consist of; any, when empty.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    name: _Name
    box: _Rectangle
    length: Annotated[int | None, Field(strict=True, ge=1, le=100)] = None
    characters: Annotated[str, StringConstraints(strict=True, max_length=100)] = ""

    readable: ClassVar[tuple[str, ...]] = CHARACTERS
    """What can be read in such a field."""

    @field_validator("characters")
    @classmethod
    def _can_be_read(cls, characters: str) -> str:
        for character in characters:
            if character not in cls.readable:
                known = "".join(cls.readable)
                raise ValueError(f"{quoted(character)} cannot be read here, but for {quoted(known)}")
        return characters


class LineField(_Entry):
    """A number on a line or in a box."""

    kind: Literal["line"]


class CombField(_Entry):
    """Boxes with a character each.

    Attributes:
        boxes: How many, equally wide and filling `box`; or where each is.
    """

    kind: Literal["comb"]
    boxes: _Boxes

    readable: ClassVar[tuple[str, ...]] = CHARACTERS[:10]

    @model_validator(mode="after")
    def _are_inside(self) -> Self:
        if not all(_is_inside(each, self.box) for each in self.places):
            raise ValueError("the boxes of a comb lie within its 'box'")
        return self

    @property
    def places(self) -> tuple[Box, ...]:
        """Its boxes, from left to right, in pixels of the reference."""
        if not isinstance(self.boxes, int):
            return self.boxes
        edges = _even(self.box.left, self.box.right, self.boxes)
        return tuple(Box(left, self.box.top, right, self.box.bottom) for left, right in pairwise(edges))


class CellsField(_Entry):
    """A ruled region with a number in each cell.

    Attributes:
        rows, columns: How many, equally large and filling `box`; or the positions of their edges,
            the outermost included.
    """

    kind: Literal["cells"]
    rows: _Edges
    columns: _Edges

    @model_validator(mode="after")
    def _are_inside(self) -> Self:
        for edges, first, last in (
            (self.row_edges, self.box.top, self.box.bottom),
            (self.column_edges, self.box.left, self.box.right),
        ):
            if edges[0] < first - 1 or edges[-1] > last + 1:
                raise ValueError("the edges of rows and columns lie within 'box'")
        return self

    @property
    def row_edges(self) -> tuple[float, ...]:
        """Upper and lower edges of the rows, from top to bottom, in pixels of the reference."""
        return (
            self.rows if not isinstance(self.rows, int) else _even(self.box.top, self.box.bottom, self.rows)
        )

    @property
    def column_edges(self) -> tuple[float, ...]:
        """Edges of the columns, from left to right, in pixels of the reference."""
        if not isinstance(self.columns, int):
            return self.columns
        return _even(self.box.left, self.box.right, self.columns)


FormField = Annotated[LineField | CombField | CellsField, Field(discriminator="kind")]


class Template(BaseModel):
    """Which numbers stand where on a form.

    Attributes:
        name: Of the form.
        reference: A picture of the blank form, or a PDF: a path from the template's folder.
        page: Of the reference, from 1.
        dpi: At which a PDF is rendered; the boxes are in these pixels.
        filled: Whether the reference has been written on, so that what stands inside its fields is
            not taken for print.
        fields: In the order in which their numbers are given.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: _Name
    reference: Annotated[str, StringConstraints(strict=True, min_length=1, max_length=1000)]
    page: Annotated[int, Field(strict=True, ge=1, le=10_000)] = 1
    dpi: Annotated[int, Field(strict=True, ge=30, le=600)] = 150
    filled: StrictBool = False
    fields: Annotated[tuple[FormField, ...], Field(min_length=1, max_length=2000)]

    _folder: Path = PrivateAttr(default=Path())

    @property
    def reference_path(self) -> Path:
        """Where the reference lies, links followed; it need not be there."""
        return (self._folder.resolve() / self.reference).resolve()

    def blank(self) -> Page:
        """Open the picture of the blank form.

        Raises:
            TemplateError: It is missing, lies outside the template's folder, or cannot be opened.
        """
        path = self.reference_path
        if not path.is_relative_to(self._folder.resolve()):
            raise TemplateError(
                f"The reference '{self.reference}' lies outside the template's folder.",
                remedy="Put the picture of the blank form beside the template.",
            )
        if not path.is_file():
            raise TemplateError(
                f"There is no reference '{self.reference}' in {self._folder}.",
                remedy="Put the picture of the blank form there, or correct 'reference'.",
            )
        return _open_reference(path, self.page, self.dpi)


def _open_reference(path: Path, number: int, dpi: int) -> Page:
    page = next(open_pages(path, dpi=dpi, pages=PageRanges(((number, number),))))
    if isinstance(page, Unopened):
        raise TemplateError(f"The reference cannot be opened: {page.reason}")
    return page


def load_template(path: str | os.PathLike[str]) -> Template:
    """Open a template and check all of it, its reference picture included.

    Args:
        path: Of the YAML file; at most 1 MB, without aliases.

    Raises:
        TemplateError: It is not a template; the message names file, line and field of what is wrong.
    """
    content = read_marked_yaml(Path(path))
    try:
        template = Template.model_validate(content.value)
    except ValidationError as problem:
        raise content.error([_told(each) for each in _causes(problem.errors())]) from None
    template._folder = Path(path).parent
    try:
        blank = template.blank()
    except TemplateError as problem:
        raise content.error([(("reference",), problem.message)], remedy=problem.remedy) from None
    wrong = [*_duplicates(template), *_off_page(template, blank), *_overlaps(template)]
    if wrong:
        raise content.error(wrong)
    return template


def _causes(problems: Sequence[Any]) -> list[Any]:
    """Problems without those that only follow: a key is not missing but misspelt, a list not empty."""
    kept = []
    for each in problems:
        place, others = each["loc"], [other for other in problems if other is not each]
        inside = any(other["loc"][: len(place)] == place for other in others)
        misspelt = each["type"] == "missing" and any(
            other["type"] == "extra_forbidden"
            and other["loc"][:-1] == place[:-1]
            and nearest(str(other["loc"][-1]), _known_keys(place)) == place[-1]
            for other in others
        )
        if not misspelt and not (each["type"] == "too_short" and inside):
            kept.append(each)
    return kept


def _told(problem: Any) -> tuple[Place, str]:
    """Where in the file a problem that pydantic found is, and what it is in our words."""
    place = tuple(part for part in problem["loc"] if part not in ("line", "comb", "cells"))
    key = place[-1] if place else ""
    match problem["type"]:
        case "missing":
            return place[:-1], f"there is no '{key}'"
        case "extra_forbidden":
            near = nearest(str(key), _known_keys(problem["loc"]))
            return place, f"there is no key '{key}'" + (f"; did you mean '{near}'?" if near else "")
        case "union_tag_invalid" | "union_tag_not_found":
            return (*place, "kind"), "'kind' must be line, comb or cells"
        case "too_short":
            return place, "there are none"
        case "value_error":
            return place, str(problem["ctx"]["error"])
        case "model_type" | "model_attributes_type" | "dict_type":
            return place, "this must be a mapping of keys to values"
        case "string_type":
            return place, f"'{key}' must be text; put it in quotes"
        case _:
            return place, f"'{key}': {problem['msg'].removeprefix('Input ')}"


def _known_keys(place: Place) -> list[str]:
    kinds: dict[str | int, type[BaseModel]] = {"line": LineField, "comb": CombField, "cells": CellsField}
    record = next((kinds[part] for part in place if part in kinds), Template)
    return list(record.model_fields)


def _duplicates(template: Template) -> list[tuple[Place, str]]:
    seen: set[str] = set()
    wrong: list[tuple[Place, str]] = []
    for index, field in enumerate(template.fields):
        if field.name in seen:
            wrong.append((("fields", index, "name"), "another field has the same name"))
        seen.add(field.name)
    return wrong


def _off_page(template: Template, blank: Page) -> list[tuple[Place, str]]:
    height, width = blank.image.shape[:2]
    page = Box(0, 0, width, height)
    return [
        (("fields", index, "box"), f"the box leaves the reference, which has {width} x {height} pixels")
        for index, field in enumerate(template.fields)
        if not _is_inside(field.box, page)
    ]


def _overlaps(template: Template) -> list[tuple[Place, str]]:
    # Sorted by their tops, a field is compared only with those that begin before it ends.
    order = sorted(range(len(template.fields)), key=lambda index: template.fields[index].box.top)
    wrong: list[tuple[Place, str]] = []
    for rank, first in enumerate(order):
        box = template.fields[first].box
        for second in order[rank + 1 :]:
            if template.fields[second].box.top >= box.bottom:
                break
            if overlap(box, template.fields[second].box):
                early, late = sorted((first, second))
                told = f"the field overlaps '{template.fields[early].name}'"
                wrong.append((("fields", late, "box"), told))
    return wrong


def overlap(a: Box, b: Box) -> bool:
    """Whether two fields share more than their borders."""
    across = min(a.right, b.right) - max(a.left, b.left)
    down = min(a.bottom, b.bottom) - max(a.top, b.top)
    smaller = min((box.right - box.left) * (box.bottom - box.top) for box in (a, b))
    return across > 0 and down > 0 and across * down > _SHARED * smaller


def _is_inside(inner: Box, outer: Box) -> bool:
    """Whether a box lies in another, but for a pixel."""
    return (
        inner.left >= outer.left - 1
        and inner.top >= outer.top - 1
        and inner.right <= outer.right + 1
        and inner.bottom <= outer.bottom + 1
    )


def _even(first: float, last: float, parts: int) -> tuple[float, ...]:
    return tuple(first + (last - first) * part / parts for part in range(parts + 1))
