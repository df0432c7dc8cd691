from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from read_pages import ALPHABET, example, failed, page_of, reading

from inkling.elements import Box, PageReadings
from inkling.export.alto import NAMESPACE, Alto

SCHEMA = etree.XMLSchema(etree.parse(Path(__file__).with_name("alto-4-part.xsd")))
NAMES = {"a": NAMESPACE}
NUMBER = Box(40, 40, 130, 70)


def written(readings: PageReadings, folder: Path) -> etree._ElementTree:
    """The file of a page, which fits the schema."""
    with Alto(folder / "page.xml", ALPHABET) as alto:
        alto.write(None, readings)
    tree = etree.parse(folder / "page.xml")
    SCHEMA.assertValid(tree)
    return tree


def numbers(tree: etree._ElementTree) -> list[str]:
    return [element.get("CONTENT") for element in tree.iterfind(".//a:String", NAMES)]


def test_a_page_with_one_of_everything_fits_the_schema(tmp_path: Path) -> None:
    assert numbers(written(example(), tmp_path)) == ["4071", "88", "2024", "7", "12", "0034", "-5.5"]


@pytest.mark.parametrize(
    ("element", "attribute", "value"),
    [
        ("String", "WC", "1.5"),
        ("String", "CONTENT", None),
        ("Glyph", "CONTENT", "42"),
        ("TextBlock", "ID", None),
        ("Page", "PHYSICAL_IMG_NR", "one"),
        ("Page", "COLOUR", "red"),
    ],
)
def test_the_schema_refuses_what_the_standard_does(
    element: str, attribute: str, value: str | None, tmp_path: Path
) -> None:
    tree = written(example(), tmp_path)
    found = tree.find(f".//a:{element}", NAMES)
    assert found is not None
    if value is None:
        del found.attrib[attribute]
    else:
        found.set(attribute, value)
    assert not SCHEMA.validate(tree)


def test_a_number_has_its_place_its_confidence_and_what_else_it_may_be(tmp_path: Path) -> None:
    string = written(example(), tmp_path).find(".//a:String", NAMES)
    assert string is not None
    assert [float(string.get(side)) for side in ("HPOS", "VPOS", "WIDTH", "HEIGHT")] == [40, 40, 90, 30]
    assert float(string.get("WC")) == 0.995
    assert [other.text for other in string.iterfind("a:ALTERNATIVE", NAMES)] == ["4011"]
    glyphs = string.findall("a:Glyph", NAMES)
    assert [glyph.get("CONTENT") for glyph in glyphs] == list("4071")
    assert [float(glyph.get("HPOS")) for glyph in glyphs] == [40, 62.5, 85, 107.5]
    variants = [(each.get("CONTENT"), float(each.get("VC"))) for each in glyphs[0]]
    assert variants == [("3", pytest.approx(0.03))]


def test_what_is_turned_has_its_corners(tmp_path: Path) -> None:
    shapes = [shape.get("POINTS") for shape in written(example(), tmp_path).iterfind(".//a:Polygon", NAMES)]
    assert "300.0,60.0 420.0,80.0 415.0,110.0 295.0,90.0" in shapes


def test_blocks_refer_to_status_reason_field_and_cell(tmp_path: Path) -> None:
    tree = written(example(), tmp_path)
    tags = {tag.get("ID"): tag for tag in tree.find(".//a:Tags", NAMES)}
    said = [
        [(tags[ref].get("LABEL"), tags[ref].get("DESCRIPTION")) for ref in block.get("TAGREFS").split()]
        for block in tree.iterfind(".//a:TextBlock", NAMES)
    ]
    assert said[0] == [("read", None)]
    assert said[1] == [("doubtful", "It may as well be another number."), ("sum", None)]
    assert said[3] == [("blank", "Nothing is written here."), ("spare", None)]
    assert said[7] == [("read", None), ("table 0 row 1 column 0", None)]


@pytest.mark.parametrize("page", [failed(), failed("a.pdf", 3), page_of()])
def test_a_page_without_readings_fits_the_schema_too(page: PageReadings, tmp_path: Path) -> None:
    tree = written(page, tmp_path)
    assert numbers(tree) == []
    steps = [step.text for step in tree.iterfind(".//a:processingStepDescription", NAMES)]
    assert ("failed: It is encrypted." in steps) == page.failed


@settings(max_examples=30)
@given(st.text(st.characters(exclude_categories=()), min_size=1))
def test_no_text_breaks_the_file(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    page = page_of(reading(text, NUMBER, name=text, reason=text), source=text)
    tree = written(page, tmp_path_factory.mktemp("alto"))
    assert len(numbers(tree)) == 1


def test_markup_in_a_name_stays_text(tmp_path: Path) -> None:
    tree = written(page_of(reading("1", NUMBER), source="<script>&\x00.png"), tmp_path)
    assert tree.findtext(".//a:fileName", namespaces=NAMES) == "<script>&\ufffd.png"


def test_several_pages_are_several_files(tmp_path: Path) -> None:
    for path in (tmp_path / "all.xml", tmp_path / "folder"):
        with Alto(path, ALPHABET) as alto:
            alto.write(None, page_of(number=1))
            alto.write(None, page_of(number=2))
            alto.write(None, failed())
    made = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*"))
    assert made == ["all-2.xml", "all-3.xml", "all.xml"] + [
        f"folder/{name}.xml" for name in ("broken", "sheet-p1", "sheet-p2")
    ]
