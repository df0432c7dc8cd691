"""Pictures of blank forms for the templates in `templates/`, made when a benchmark runs.

The pages are not part of the project, so neither are their blank forms. Where an empty form was published,
it is taken as it is. Where there are only filled ones, the reference is their printed part: the page
upright, its fields and other writing painted over with paper or with a printed box that nobody wrote in.
Every position here was taken from print.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import yaml
from numpy.typing import NDArray
from PIL import Image, ImageOps

from inkling.elements import Page
from inkling.layout.template import CombField, FormField, Template
from inkling.preprocessing.light import level

Grey = NDArray[np.uint8]
Corners = Sequence[tuple[float, float]]
"""Top left, top right, bottom right, bottom left: x and y in pixels."""
Rectangle = tuple[int, int, int, int]
"""Left, top, right, bottom, in pixels."""

TEMPLATES = Path(__file__).parent / "templates"


def prepare(template: str, pages: Path, folder: Path) -> Path:
    """Copy a template and make its reference picture beside it; the path of the copy.

    Args:
        template: Its name, such as `nist-form`.
        pages: The folder that holds the sets of pages.
        folder: Where to.
    """
    path = folder / f"{template}.yaml"
    shutil.copyfile(TEMPLATES / path.name, path)
    content = Template.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    cv2.imwrite(str(folder / content.reference), REFERENCES[template](pages, content))
    return path


def open_grey(path: Path) -> Grey:
    """A picture upright and grey, what is transparent being white."""
    with Image.open(path) as opened:
        picture = ImageOps.exif_transpose(opened).convert("RGBA")
    paper = Image.new("RGBA", picture.size, "white")
    return np.asarray(Image.alpha_composite(paper, picture).convert("L"), np.uint8)


def rectify(picture: Grey, corners: Corners, to: Rectangle, size: tuple[int, int]) -> Grey:
    """The picture with four of its points on the corners of a rectangle.

    Args:
        picture: A page.
        corners: The points.
        to: The rectangle.
        size: Width and height of the result.
    """
    left, top, right, bottom = to
    target = np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float32)
    matrix = cv2.getPerspectiveTransform(np.array(corners, np.float32), target)
    return np.asarray(
        cv2.warpPerspective(picture, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE),
        np.uint8,
    )


def evened(picture: Grey) -> Grey:
    """The picture on white paper."""
    return level(Page(picture)).image


def print_of(template: Template, picture: Grey, *, reach: int = 5) -> Grey:
    """The picture without what stands in the fields and crosses their borders.

    The inside of each box is painted over. Along a border, `reach` pixels to both sides, every pixel is the
    median of those on its line: a rule stays as it is, what crosses it goes.
    """
    picture = picture.copy()
    boxes = [box for field in template.fields for box in places(field)]
    for left, top, right, bottom in boxes:
        picture[top + reach : bottom - reach, left + reach : right - reach] = 255
    for left, top, right, bottom in boxes:
        for y in (top, bottom):
            strip = picture[y - reach : y + reach, left + reach : right - reach]
            strip[:] = np.median(strip, axis=1, keepdims=True)
        for x in (left, right):
            strip = picture[top + reach : bottom - reach, x - reach : x + reach]
            strip[:] = np.median(strip, axis=0, keepdims=True)
    return picture


def paint_over(picture: Grey, boxes: Sequence[Rectangle]) -> Grey:
    """The picture with some boxes painted white."""
    picture = picture.copy()
    for left, top, right, bottom in boxes:
        picture[top:bottom, left:right] = 255
    return picture


def places(field: FormField) -> list[Rectangle]:
    """The boxes of a comb, or the one of another field."""
    boxes = field.places if isinstance(field, CombField) else (field.box,)
    return [(round(box.left), round(box.top), round(box.right), round(box.bottom)) for box in boxes]


# One function a form --------------------------------------------------------------------------------------


def nist_form(pages: Path, template: Template) -> Grey:
    """The handwriting sample form: the only page, its boxes empty."""
    boxes = [box for field in template.fields for box in places(field)]
    inside = [(left + 2, top + 2, right - 2, bottom - 2) for left, top, right, bottom in boxes]
    return paint_over(open_grey(pages / "nist-form/images/hsf.png"), inside)


def presidential_sheet(pages: Path, template: Template) -> Grey:
    """The published empty form."""
    return open_grey(pages / "election-2024/blank_forms/c.hasil_pwp_3.png")


def provincial_sheet(pages: Path, template: Template) -> Grey:
    """The photograph, upright; the guides of an unused box stand for those under the digits.

    The published form of this kind has another number of candidates.
    """
    picture = open_grey(pages / "election-2024/images/dpr10_sample_02.jpg")
    marks = ((199.5, 136.5), (2116, 111.3), (2210.4, 3116.3), (247.2, 3175.8))
    photograph = evened(rectify(picture, marks, (77, 60, 1722, 2738), (1800, 2800)))
    page = print_of(template, photograph)
    combs = {field.name: places(field) for field in template.fields if field.name.startswith("row_")}
    for name, boxes in combs.items():
        unused = combs["row_10" if name == "row_11" else name][0]
        guide = photograph[unused[1] : unused[3], unused[0] : unused[2]]
        for left, top, right, bottom in boxes:
            page[top:bottom, left:right] = cv2.resize(guide, (right - left, bottom - top))
    return page


def polling_scans(pages: Path, template: Template) -> Grey:
    """The median of four scans that lie on each other, twice as large, their boxes empty."""
    tables: dict[str, Corners] = {
        "1": ((29.5, 105.5), (449.2, 130.7), (438.8, 312.8), (16.7, 290.2)),
        "2": ((31.3, 127.5), (452.1, 113.3), (458.6, 296.2), (35.6, 312.6)),
        "4": ((27.0, 136.7), (446.4, 106.6), (459.5, 289.1), (37.8, 321.3)),
        "5": ((26.4, 115.4), (447.0, 122.1), (444.7, 303.7), (22.0, 301.4)),
    }
    scans = [
        rectify(
            open_grey(pages / f"election-c1/images/c1_2014_142046{number}.png"),
            corners,
            (60, 250, 900, 614),
            (960, 730),
        )
        for number, corners in tables.items()
    ]
    return print_of(template, np.median(np.stack(scans), axis=0).astype(np.uint8))


def certificate(pages: Path, template: Template) -> Grey:
    """The scan, twice as large, its tables upright and their cells empty."""
    table = ((365, 182), (593, 179), (596, 392), (368.5, 394))
    scan = open_grey(pages / "election-c1/images/c1_2014_salah.png")
    page = evened(rectify(scan, table, (734, 362, 1190, 786), (1274, 1302)))
    return print_of(template, page)


def plano_2017(pages: Path, template: Template) -> Grey:
    """The photograph, twice as large and upright, its cells empty."""
    table = ((48.5, 173), (851, 193), (822, 788), (68.5, 792.5))
    photograph = open_grey(pages / "election-c1/images/plano_2017_3.png")
    page = evened(rectify(photograph, table, (120, 340, 1680, 1560), (1800, 1760)))
    return print_of(template, page)


def plano_2019(pages: Path, template: Template) -> Grey:
    """The photograph, upright, its cells empty."""
    photograph = open_grey(pages / "election-c1/images/plano_2019_rotated.png")
    turned = np.asarray(cv2.rotate(photograph, cv2.ROTATE_90_COUNTERCLOCKWISE), np.uint8)
    table = ((271, 244), (1281, 220), (1358, 1061), (254, 1112))
    page = evened(rectify(turned, table, (200, 280, 1500, 1330), (1740, 1530)))
    return print_of(template, page)


def exam_cover(pages: Path, template: Template) -> Grey:
    """The scan, its comb empty."""
    return print_of(template, open_grey(pages / "exam/images/markus_cover.png"))


def exam_quiz(pages: Path, template: Template) -> Grey:
    """One of the two quizzes without its question and its answer, for both."""
    page = open_grey(pages / "exam/images/nsysu_quiz_2.png")
    return paint_over(print_of(template, page, reach=8), [(0, 400, 1654, 1500)])


REFERENCES: dict[str, Callable[[Path, Template], Grey]] = {
    "nist-form": nist_form,
    "election-2024-presidential": presidential_sheet,
    "election-2024-provincial": provincial_sheet,
    "election-c1-scans": polling_scans,
    "election-c1-certificate": certificate,
    "election-c1-plano-2017": plano_2017,
    "election-c1-plano-2019": plano_2019,
    "exam-cover": exam_cover,
    "exam-quiz": exam_quiz,
}
"""How the reference of each template is made."""
