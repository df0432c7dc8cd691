"""A filled form made ready for reading."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from drawn_forms import cat, comb_boxes, draw_form, photograph, row_edges, through, write
from PIL import Image

from inkling.elements import Page
from inkling.errors import FormError
from inkling.layout.forms import place_form
from inkling.layout.template import Template, load_template

ROWS = 8


def make_template(folder: Path, blank: np.ndarray, more: str = "") -> Template:
    """A template with a comb in each row of the table, a line, and the words' column as cells."""
    Image.fromarray(blank).save(folder / "blank.png")
    lines = [f"name: Tally\nreference: blank.png\n{more}fields:"]
    for row in range(ROWS):
        boxes = comb_boxes(ROWS, row)
        box = [boxes[0][0], boxes[0][1], boxes[-1][2], boxes[-1][3]]
        lines.append(
            f"- {{name: row_{row}, kind: comb, box: {box}, boxes: 3, length: 3, characters: '01234'}}"
        )
    lines.append("- {name: station, kind: line, box: [600, 135, 900, 165]}")
    top, bottom = row_edges(ROWS)[0][0], row_edges(ROWS)[-1][1]
    lines.append(f"- {{name: side, kind: cells, box: [860, {top}, 910, {bottom}], rows: {ROWS}, columns: 1}}")
    (folder / "form.yaml").write_text("\n".join(lines))
    return load_template(folder / "form.yaml")


def fill(form: np.ndarray, text: str = "407", grey: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """A form with a digit in each box of each comb, and the pixels of the digits alone."""
    ink = np.full_like(form, 255)
    for row in range(ROWS):
        for (left, _, _, bottom), digit in zip(comb_boxes(ROWS, row), text, strict=True):
            write(ink, digit, (left + 8, bottom - 10), 1.6, 4, grey)
    return np.minimum(form, ink), ink


def test_only_the_writing_is_left(tmp_path: Path) -> None:
    filled, ink = fill(draw_form())
    layout = place_form(make_template(tmp_path, draw_form()), Page(filled))
    clean = layout.page.image
    assert clean.shape == ink.shape
    written = ink < 100
    assert (clean[written] < 128).mean() > 0.97
    away = cv2.erode(ink, np.ones((5, 5), np.uint8)) == 255
    assert (clean[away] > 200).mean() > 0.9995


def test_strokes_that_cross_print_stay_whole(tmp_path: Path) -> None:
    blank = draw_form()
    filled = blank.copy()
    top, bottom = comb_boxes(ROWS, 2)[0][1], comb_boxes(ROWS, 2)[0][3]
    cv2.line(filled, (725, top - 12), (725, bottom + 12), 30, 5)  # across pale rules
    cv2.line(filled, (690, 125), (710, 175), 30, 5)  # across dark ones
    clean = place_form(make_template(tmp_path, blank), Page(filled)).page.image
    assert clean[top - 12 : bottom + 12, 725].max() < 128
    pieces, _ = cv2.connectedComponents((clean[122:178, 680:720] < 128).astype(np.uint8))
    assert pieces - 1 == 1


@pytest.mark.parametrize(
    "view",
    [
        {"turned": 91.0, "scale": 0.9},
        {"turned": 180.0, "tilt": (0.15, 0.1)},
        {"turned": 4.0, "scale": 0.6, "tilt": (-0.1, 0.2)},
    ],
)
def test_fields_are_found_on_photographs(tmp_path: Path, view: dict[str, float]) -> None:
    filled, _ = fill(draw_form())
    seen = photograph(filled, **view)
    template = make_template(tmp_path, draw_form())
    layout = place_form(template, Page(seen.image))
    assert layout.error is not None
    assert layout.error < 0.5
    for region, row in zip(layout.regions, range(ROWS), strict=False):
        for box, (left, top, right, bottom) in zip(region.boxes, comb_boxes(ROWS, row), strict=True):
            corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], float)
            found = np.array(box.through(layout.page.to_original).corners)
            assert np.abs(found - through(seen.matrix, corners)).max() < 1.5
    assert [change.name for change in layout.page.changes] == ["levelled", "laid on the form"]


def test_regions_say_what_the_template_says(tmp_path: Path) -> None:
    template = make_template(tmp_path, draw_form())
    regions = place_form(template, Page(draw_form())).regions
    assert [region.name for region in regions] == [f"row_{n}" for n in range(8)] + ["station"] + ["side"] * 8
    assert {region.kind for region in regions[:8]} == {"comb"}
    assert all(len(region.boxes) == 3 and region.length == 3 for region in regions[:8])
    assert regions[0].allowed == "01234"
    assert regions[8].kind == "line"
    assert [(region.table, region.row, region.column) for region in regions[9:]] == [
        (0, n, 0) for n in range(8)
    ]


@pytest.mark.parametrize("grey", [255, 40])
def test_a_covered_field_is_not_an_empty_one(tmp_path: Path, grey: int) -> None:
    template = make_template(tmp_path, draw_form())
    seen = draw_form()
    seen[row_edges(ROWS)[5][0] + 4 : row_edges(ROWS)[6][1] - 4, 40:] = grey  # something over two rows
    regions = place_form(template, Page(seen)).regions
    hidden = [region.name for region in regions if region.reason and region.kind == "comb"]
    assert hidden == ["row_5", "row_6"]


def test_a_form_that_was_written_on_serves_as_blank(tmp_path: Path) -> None:
    reference, _ = fill(draw_form(), "118")
    template = make_template(tmp_path, reference, more="filled: true\n")
    filled, ink = fill(draw_form(), "407")
    clean = place_form(template, Page(filled)).page.image
    assert (clean[ink < 100] < 128).mean() > 0.97


@pytest.mark.parametrize(
    "image",
    [
        pytest.param(cat(), id="a cat"),
        pytest.param(draw_form(rows=11), id="with other rows"),
        pytest.param(draw_form()[:250].copy(), id="cut off below its head"),
    ],
)
def test_what_is_not_the_form_is_refused_with_a_reason(tmp_path: Path, image: np.ndarray) -> None:
    with pytest.raises(FormError, match="The page is not this form"):
        place_form(make_template(tmp_path, draw_form()), Page(image))
