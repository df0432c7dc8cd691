"""Templates: what is accepted, and what is said of what is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inkling.elements import Box
from inkling.errors import TemplateError
from inkling.layout.template import CellsField, CombField, LineField, load_template

GOOD = """\
name: Tally sheet
reference: blank.png
fields:
  - name: total
    kind: comb
    box: [10, 20, 70, 40]
    boxes: 3
    length: 3
    characters: "0123456789"
  - name: date
    kind: line
    box: [100, 20, 180, 40]
  - name: scores
    kind: cells
    box: [10, 50, 190, 90]
    rows: 2
    columns: [10, 60, 190]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a blank form of 200 x 100 pixels, and something that is no picture."""
    Image.fromarray(np.full((100, 200), 255, np.uint8)).save(tmp_path / "blank.png")
    (tmp_path / "notes.txt").write_text("no picture")
    return tmp_path


def load(folder: Path, text: str | bytes):
    path = folder / "form.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_template(path)


def test_a_template_says_where_its_fields_are(folder: Path) -> None:
    template = load(folder, GOOD)
    total, date, scores = template.fields
    assert isinstance(total, CombField)
    assert [place.left for place in total.places] == [10, 30, 50]
    assert total.places[2] == Box(50, 20, 70, 40)
    assert (total.length, total.characters) == (3, "0123456789")
    assert isinstance(date, LineField)
    assert isinstance(scores, CellsField)
    assert scores.row_edges == (50, 70, 90)
    assert scores.column_edges == (10, 60, 190)
    assert (template.page, template.dpi, template.filled) == (1, 150, False)
    assert template.blank().image.shape == (100, 200)


def test_the_boxes_of_a_comb_may_stand_apart(folder: Path) -> None:
    apart = GOOD.replace("boxes: 3", "boxes: [[10, 20, 25, 40], [40, 20, 70, 40]]")
    (first, second) = load(folder, apart).fields[0].places
    assert (first.right, second.left) == (25, 40)


def test_the_reference_may_lie_below_the_template(folder: Path) -> None:
    (folder / "forms").mkdir()
    (folder / "blank.png").rename(folder / "forms" / "blank.png")
    template = load(folder, GOOD.replace("blank.png", "forms/blank.png"))
    assert template.blank().source.endswith("blank.png")


def changed(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new, 1)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        # misspelt, missing, of another kind
        (changed("boxes: 3", "boxs: 3"), 7, "field 'total': there is no key 'boxs'; did you mean 'boxes'?"),
        (changed("reference:", "referense:"), 2, "there is no key 'referense'; did you mean 'reference'?"),
        (changed("    boxes: 3\n", ""), 4, "field 'total': there is no 'boxes'"),
        (changed("  - name: date\n    kind", "  - kind"), 10, "field 2: there is no 'name'"),
        (changed("kind: line", "kind: lines"), 11, "'kind' must be line, comb or cells"),
        (changed("    kind: line\n", ""), 10, "'kind' must be line, comb or cells"),
        (changed("boxes: 3", "boxes: 3\n    pattern: '[0-9]+'"), 8, "there is no key 'pattern'"),
        (changed("kind: line", "kind: line\n    boxes: 3"), 12, "there is no key 'boxes'"),
        # values
        (changed("boxes: 3", "boxes: three"), 7, "whole number from 1 to 500"),
        (changed("boxes: 3", "boxes: 0"), 7, "whole number from 1 to 500"),
        (changed("boxes: 3", "boxes: true"), 7, "whole number from 1 to 500"),
        (changed("boxes: 3", "boxes: [[40, 20, 70, 40], [10, 20, 25, 40]]"), 7, "from left to right"),
        (changed("boxes: 3", "boxes: [[10, 20, 25, 60]]"), 4, "lie within its 'box'"),
        (changed("[100, 20, 180, 40]", "[100, 20, 180]"), 12, "four numbers"),
        (changed("[100, 20, 180, 40]", "[180, 20, 100, 40]"), 12, "right edge of a box lies right"),
        (changed("[100, 20, 180, 40]", "[100, 20, .inf, 40]"), 12, "list of numbers"),
        (changed("[100, 20, 180, 40]", "here"), 12, "list of numbers"),
        (changed("[10, 60, 190]", "[10, 60, 60]"), 17, "each beyond the one before"),
        (changed("[10, 60, 190]", "[10, 60, 250]"), 13, "lie within 'box'"),
        (changed('"0123456789"', "123456789"), 9, "put it in quotes"),
        (changed("length: 3", "length: -3"), 8, "'length'"),
        (changed('"0123456789"', '"0123x"'), 9, '"x" cannot be read here, but for "0123456789"'),
        (changed('"0123456789"', '"0123."'), 9, '"." cannot be read here, but for "0123456789"'),
        (changed("name: Tally sheet", "name: ''"), 1, "'name'"),
        (changed("reference: blank.png", "reference: blank.png\ndpi: 5"), 3, "'dpi'"),
        ("name: x\nreference: blank.png\nfields: []\n", 3, "there are none"),
        ("name: x\nreference: blank.png\nfields:\n  - total\n", 4, "mapping"),
        ("- 1\n- 2\n", 1, "mapping"),
        # the fields together
        (changed("name: date", "name: total"), 10, "another field has the same name"),
        (changed("[100, 20, 180, 40]", "[60, 20, 180, 40]"), 12, "overlaps 'total'"),
        (changed("[100, 20, 180, 40]", "[100, 20, 280, 40]"), 12, "200 x 100 pixels"),
        (changed("[100, 20, 180, 40]", "[100, -20, 180, 40]"), 12, "leaves the reference"),
        # the reference
        (changed("blank.png", "blanc.png"), 2, "There is no reference 'blanc.png'"),
        (changed("blank.png", "../blank.png"), 2, "outside the template's folder"),
        (changed("blank.png", "/etc/passwd"), 2, "outside the template's folder"),
        (changed("blank.png", "outward.png"), 2, "outside the template's folder"),
        (changed("blank.png", "notes.txt"), 2, "cannot be opened"),
        (changed("blank.png", "."), 2, "There is no reference"),
        (changed("blank.png", "blank.png\npage: 7"), 2, "cannot be opened"),
        # YAML
        (changed("boxes: 3", "boxes: 3\n    boxes: 4"), 8, "'boxes' stands here a second time"),
        ("name: [\n", 2, "This is not YAML"),
        ("name: !!python/object/apply:os.getcwd []\n", 1, "This is not YAML"),
        ("a: &a [1]\nb: *a\n", 2, "Aliases"),
        ("a: " + "[" * 100 + "]" * 100, 1, "too deep"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(folder: Path, text: str, line: int, said: str) -> None:
    (folder / "outward.png").symlink_to("/etc/passwd")
    with pytest.raises(TemplateError) as refused:
        load(folder, text)
    message = refused.value.message
    assert message.startswith(f"{folder / 'form.yaml'}:{line}: "), message
    assert said in message


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"# nothing\n", "is empty"),
        (b"\xff\xfe\x00\x01", "not text in UTF-8"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "not text in UTF-8"),
        (b"name: \x01\n", "not YAML"),
        (b"# " + b"x" * 1_000_000, "more than 1,000,000 bytes"),
        (b"name: 2024-13-45\n", "not YAML"),
    ],
)
def test_what_is_no_template_at_all_is_told(folder: Path, content: bytes, said: str) -> None:
    with pytest.raises(TemplateError, match=said):
        load(folder, content)


def test_several_mistakes_are_told_at_a_time(folder: Path) -> None:
    text = GOOD.replace("boxes: 3", "boxs: 3").replace("kind: line", "kind: lines").replace("rows:", "row:")
    with pytest.raises(TemplateError) as refused:
        load(folder, text)
    lines = [line.split(":")[1] for line in refused.value.message.splitlines()]
    assert lines == ["7", "11", "16"]


def test_a_missing_template_is_told(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="cannot be opened"):
        load_template(tmp_path / "none.yaml")
    with pytest.raises(TemplateError, match="cannot be opened"):
        load_template(tmp_path)


def test_the_exit_code_is_that_of_unreadable_input() -> None:
    assert TemplateError("").exit_code == 3
