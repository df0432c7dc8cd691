"""Readings as ALTO 4 XML, which libraries and archives use.

The standard: https://www.loc.gov/standards/alto/ (version 4.4, Library of Congress). A region is a
`TextBlock`; a number is its one `String` with the confidence `WC`; the characters are `Glyph`s with
`GC`, what else each may be their `Variant`s. What was found blank or illegible is a block without
lines. Status and reason, and the name or the cell of a region, are tags that blocks refer to.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from inkling.elements import Box, Character, Page, PageReadings, Quadrilateral, Reading, Region
from inkling.export.names import PageFiles, Stems
from inkling.export.text import printable
from inkling.export.writing import Writer, whole_file

NAMESPACE = "http://www.loc.gov/standards/alto/ns-v4#"
VERSION = "4.4"

_LEAST_VARIANT = 0.01
"""Probability that another character has at least to be told."""

_LONGEST_VARIANT = 3
"""Code points that the standard allows for one."""


class Alto(Writer):
    """An ALTO file a page: in a folder, or, for a path that ends in `.xml`, under that name.

    Args:
        path: A folder, or a file; of several pages the second one becomes `name-2.xml`.
        alphabet: Names of the characters, in the order of their probabilities.
        stems: What the names of documents begin with; shared with the other writers of a run.
    """

    def __init__(self, path: Path, alphabet: Sequence[str], *, stems: Stems | None = None) -> None:
        super().__init__(path)
        self.alphabet = alphabet
        self.files = PageFiles(path, ".xml", stems or Stems())

    def write(self, page: Page | None, readings: PageReadings) -> None:
        """Write the file of a page."""
        with whole_file(self.files.next(readings)) as file:
            tree = ElementTree.ElementTree(to_alto(readings, self.alphabet))
            ElementTree.indent(tree)
            tree.write(file, encoding="UTF-8", xml_declaration=True)


def to_alto(readings: PageReadings, alphabet: Sequence[str]) -> Element:
    """A page as the root element of an ALTO file, its places in pixels of the page's file.

    Args:
        readings: What was read on it; a page that failed has no blocks, and says why in its
            description.
        alphabet: Names of the characters, in the order of their probabilities.
    """
    root = Element("alto", {"xmlns": NAMESPACE, "SCHEMAVERSION": VERSION})
    _describe(root, readings)
    tags = _Tags(SubElement(root, "Tags"))
    layout = SubElement(root, "Layout")
    sheet = SubElement(layout, "Page", ID="page", PHYSICAL_IMG_NR=str(readings.number or 1))
    if readings.failed:
        sheet.set("PAGECLASS", "failed")
    if readings.width:
        sheet.attrib |= {"HEIGHT": str(readings.height), "WIDTH": str(readings.width)}
        space = SubElement(sheet, "PrintSpace", _place(Box(0, 0, readings.width, readings.height)))
        for number, reading in enumerate(readings.readings):
            _add_block(space, f"block{number}", reading, tags, alphabet)
    return root


def _describe(root: Element, readings: PageReadings) -> None:
    """What the file says of itself: the picture, what was done to it, and who read it."""
    description = SubElement(root, "Description")
    SubElement(description, "MeasurementUnit").text = "pixel"
    picture = SubElement(description, "sourceImageInformation")
    SubElement(picture, "fileName").text = printable(readings.source)
    steps = [f"{change.name} {change.note}".strip() for change in readings.changes]
    steps += [f"failed: {readings.reason}"] if readings.failed else []
    processing = SubElement(description, "Processing", ID="reading")
    SubElement(processing, "processingCategory").text = "contentGeneration"
    for step in steps:
        SubElement(processing, "processingStepDescription").text = printable(step)
    software = SubElement(processing, "processingSoftware")
    SubElement(software, "softwareName").text = "Inkling"


class _Tags:
    """The tags of a page, each written once and referred to by its ID."""

    def __init__(self, parent: Element) -> None:
        self._parent = parent
        self._known: dict[tuple[str, ...], str] = {}

    def refer(self, element: str, kind: str, label: str, description: str = "") -> str:
        """The ID of a tag, which is written if it is new."""
        key = (element, kind, label, description)
        if key not in self._known:
            self._known[key] = f"tag{len(self._known)}"
            tag = SubElement(self._parent, element, ID=self._known[key], TYPE=kind, LABEL=printable(label))
            if description:
                tag.set("DESCRIPTION", printable(description))
        return self._known[key]


def _add_block(space: Element, name: str, reading: Reading, tags: _Tags, alphabet: Sequence[str]) -> None:
    """The block of a region, with its line and its number if there is one."""
    region = reading.region
    if region is None:
        return
    block = SubElement(space, "TextBlock", {"ID": name, "TAGREFS": _tags_of(reading, region, tags)})
    block.attrib |= _place(region.quad.box)
    _add_shape(block, region.quad)
    if not reading.text:
        return
    line = SubElement(block, "TextLine", {"ID": f"{name}line"} | _place(region.quad.box))
    _add_shape(line, region.quad)
    number = SubElement(line, "String", {"ID": f"{name}number", "CONTENT": printable(reading.text)})
    number.attrib |= {"WC": f"{reading.confidence:.6f}"} | _place(region.quad.box)
    for other in reading.alternatives:
        purpose = f"confidence {other.confidence:.6f}"
        SubElement(number, "ALTERNATIVE", PURPOSE=purpose).text = printable(other.text)
    for character in reading.characters:
        _add_glyph(number, character, alphabet)


def _tags_of(reading: Reading, region: Region, tags: _Tags) -> str:
    found = [tags.refer("OtherTag", "status", reading.status, reading.reason)]
    if region.name:
        found.append(tags.refer("StructureTag", "field", region.name))
    if region.row is not None and region.column is not None:
        cell = f"table {region.table or 0} row {region.row} column {region.column}"
        found.append(tags.refer("StructureTag", "cell", cell))
    return " ".join(found)


def _add_glyph(number: Element, character: Character, alphabet: Sequence[str]) -> None:
    """A character, and what else it may be; one that is not a single code point cannot be a glyph."""
    if len(character.text) != 1:
        return
    glyph = SubElement(number, "Glyph", CONTENT=printable(character.text), GC=f"{character.confidence:.6f}")
    glyph.attrib |= _place(character.box)
    others = zip(character.probabilities, alphabet, strict=True)
    for probability, name in sorted(others, reverse=True):
        if name != character.text and probability >= _LEAST_VARIANT and len(name) <= _LONGEST_VARIANT:
            SubElement(glyph, "Variant", CONTENT=printable(name), VC=f"{probability:.6f}")


def _add_shape(parent: Element, quad: Quadrilateral) -> None:
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in quad.corners)
    SubElement(SubElement(parent, "Shape"), "Polygon", POINTS=points)


def _place(box: Box) -> dict[str, str]:
    sides = {"HEIGHT": box.bottom - box.top, "WIDTH": box.right - box.left, "HPOS": box.left, "VPOS": box.top}
    return {name: f"{side:.1f}" for name, side in sides.items()}
