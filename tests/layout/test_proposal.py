"""Templates proposed from the boxes, combs and tables of a blank form."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from drawn_forms import comb_boxes, draw_form, write
from PIL import Image

from inkling.elements import Page
from inkling.errors import FormError
from inkling.layout.proposal import propose_fields, template_text
from inkling.layout.template import CellsField, CombField, LineField, load_template


def test_combs_and_boxes_are_found_where_they_are() -> None:
    fields = propose_fields(Page(draw_form())).fields
    combs = [field for field in fields if isinstance(field, CombField)]
    assert [comb.boxes for comb in combs] == [3] * 8
    for row, comb in enumerate(combs):
        for place, drawn in zip(comb.places, comb_boxes(8, row), strict=True):
            found = (place.left, place.top, place.right, place.bottom)
            assert np.abs(np.subtract(found, drawn)).max() <= 4
    assert sum(isinstance(field, LineField) for field in fields) == 3
    assert [field.name for field in fields] == [f"field_{n}" for n in range(1, len(fields) + 1)]


def test_a_table_is_a_field_of_cells_without_its_printed_ones() -> None:
    page = np.full((1400, 1000), 255, np.uint8)
    for row in range(5):
        for column in range(4):
            left, top = 100 + 180 * column, 200 + 60 * row
            cv2.rectangle(page, (left, top), (left + 180, top + 60), 0, 2)
            if row == 0 or column == 0:
                write(page, "label", (left + 20, top + 40), 1.0, 2)
    proposal = propose_fields(Page(page))
    (table,) = proposal.fields
    assert isinstance(table, CellsField)
    assert (table.rows, table.columns) == (4, 3)
    assert proposal.labels == 8
    assert np.abs(np.subtract((table.box.left, table.box.top), (280, 260))).max() <= 4


def test_boxes_of_a_filled_form_are_fields_when_that_is_said() -> None:
    form = draw_form()
    for row in range(8):
        for left, _, _, bottom in comb_boxes(8, row):
            write(form, "4", (left + 8, bottom - 12), 1.6, 4)
    assert not any(isinstance(field, CombField) for field in propose_fields(Page(form)).fields)
    filled = propose_fields(Page(form), filled=True).fields
    assert sum(isinstance(field, CombField) for field in filled) == 8


def test_of_fields_that_overlap_the_larger_one_is_proposed() -> None:
    form = np.full((700, 1000), 255, np.uint8)
    boxes = [(100, 100, 200, 200), (245, 100, 345, 200), (100, 300, 400, 380)]
    between = (207, 112, 238, 188)  # a loop that somebody wrote between the boxes of a comb
    for left, top, right, bottom in (*boxes, between):
        cv2.rectangle(form, (left, top), (right, bottom), 0, 3)
    fields = propose_fields(Page(form), filled=True).fields
    assert [field.kind for field in fields] == ["comb", "line"]


def test_what_is_proposed_can_be_loaded(tmp_path: Path) -> None:
    Image.fromarray(draw_form()).save(tmp_path / "blank.png")
    fields = propose_fields(Page(draw_form())).fields
    text = template_text(fields, name='a "form": 1', reference="blank.png", page=1, dpi=None, filled=True)
    (tmp_path / "form.yaml").write_text(text, encoding="utf-8")
    loaded = load_template(tmp_path / "form.yaml")
    assert loaded.fields == fields
    assert loaded.name == 'a "form": 1'
    assert loaded.filled


@pytest.mark.parametrize("grey", [255, 0])
def test_a_page_without_boxes_is_refused(grey: int) -> None:
    with pytest.raises(FormError, match="no empty boxes"):
        propose_fields(Page(np.full((400, 300), grey, np.uint8)))
