"""Drawings of many numbers show what they are given: read back from the figures' own data."""

from __future__ import annotations

import re
import subprocess
import sys
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest
from drawn_numbers import paper, texts
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

from inkling.elements import Reading
from inkling.errors import StorageError
from inkling.evaluation.canvas import BLUE, INK, OCHRE, QUIET, RED, save_figure
from inkling.evaluation.drawing_lines import (
    draw_line_mistakes,
    draw_line_reliability,
    draw_line_sheet,
    write_line_report,
)
from inkling.evaluation.lines import LineEvaluation, evaluate_lines


@pytest.fixture(scope="module")
def mistaken() -> tuple[list[NDArray[np.uint8]], LineEvaluation]:
    cases = [
        ("407", "497", 0.95),
        ("12", "12", 0.99),
        ("4071", "471", 0.80),
        ("", "1", 0.70),
        ("9", "", 0.60),
        ("8", "188", 0.9999),
        ("555", "555", 0.5),
    ]
    readings = [
        Reading(read, c, "read" if read else "blank", "" if read else "Blank.") for _, read, c in cases
    ]
    pictures = [paper(20 + 7 * n, 200 - 20 * n, n) for n in range(len(cases))]
    return pictures, evaluate_lines(readings, [true for true, _, _ in cases])


def lines_of(figure: Figure) -> list[tuple[str, str]]:
    """Text of each mistake, and the colour of each of its characters: ink, blue, red or quiet."""
    letters = {INK: "i", BLUE: "b", RED: "r", QUIET: "q"}
    parts = [
        (round(text.get_position()[1], 3), text.get_text(), letters[text.get_color()])
        for text in figure.axes[0].texts
    ]
    found = []
    for _, row in groupby(parts, key=lambda part: part[0]):
        cell: list[tuple[str, str]] = []
        for _, text, colour in row:
            cell.append((text, colour * len(text)))
            if text.endswith("%"):  # the confidence ends a cell
                found.append(("".join(t for t, _ in cell), "".join(c for _, c in cell)))
                cell = []
    return found


def test_mistakes_stand_in_order_and_what_differs_is_coloured(
    mistaken: tuple[list[NDArray[np.uint8]], LineEvaluation],
) -> None:
    pictures, evaluation = mistaken
    figure = draw_line_mistakes(pictures, evaluation)
    assert lines_of(figure) == [
        ("8 → 188> 99.9 %", "iqqqrri" + "q" * 8),
        ("407 → 49795.0 %", "ibiqqqiri" + "q" * 6),
        ("4071 → 47180.0 %", "ibiiqqqiii" + "q" * 6),
        ("blank → 170.0 %", "bbbbbqqqr" + "q" * 6),
        ("9 → blank60.0 %", "bqqqrrrrr" + "q" * 6),
    ]
    shown = [image.get_array() for image in figure.axes[0].images]
    for drawn, index in zip(shown, (5, 0, 2, 3, 4), strict=True):
        assert (drawn == pictures[index]).all()
    assert "5 of 7 not exactly right; true → read, confidence" in texts(figure)


def test_each_picture_keeps_its_proportions_and_its_cell(
    mistaken: tuple[list[NDArray[np.uint8]], LineEvaluation], tmp_path: Path
) -> None:
    pictures, evaluation = mistaken
    figure = draw_line_mistakes(pictures, evaluation)
    save_figure(figure, tmp_path / "mistakes.png")
    extents = [image.get_extent() for image in figure.axes[0].images]
    for (left, right, bottom, top), index in zip(extents, (5, 0, 2, 3, 4), strict=True):
        height, width = pictures[index].shape
        assert (right - left) / (bottom - top) == pytest.approx(width / height)
        assert right - left <= 2.7 + 1e-9
        assert bottom - top <= 0.68 + 1e-9
    assert extents[1][0] >= extents[0][0] + 2.7  # beside the first
    assert extents[4][3] > extents[0][2]  # below it


def test_long_numbers_are_written_smaller_and_stay_in_their_cells(tmp_path: Path) -> None:
    readings = [Reading("9" * 25, 0.99, "read"), Reading("1", 0.9, "read")]
    figure = draw_line_mistakes([paper(), paper()], evaluate_lines(readings, ["8" * 25, "2"]))
    save_figure(figure, tmp_path / "mistakes.png")
    parts = figure.axes[0].texts
    claimed = [text for text in parts if text.get_text().endswith("%")]
    first = parts[: parts.index(claimed[0])]
    assert max(text.get_window_extent().x1 for text in first) < claimed[0].get_window_extent().x0


def test_most_cuts_the_sheet_and_no_mistakes_say_so(
    mistaken: tuple[list[NDArray[np.uint8]], LineEvaluation],
) -> None:
    pictures, evaluation = mistaken
    assert len(lines_of(draw_line_mistakes(pictures, evaluation, most=3))) == 3
    perfect = evaluate_lines([Reading("1", 0.9, "read")], ["1"])
    assert texts(draw_line_mistakes([paper()], perfect)) == ["No wrong answers", "0 of 1 not exactly right"]
    silent = evaluate_lines([Reading("", 0.9, "illegible", "Scribble.")], ["1"])
    assert "1 of 1 not exactly right, 1 of them without an answer" in texts(
        draw_line_mistakes([paper()], silent)
    )


def test_what_was_read_from_a_picture_with_a_mark_stands_on_the_sheet(tmp_path: Path) -> None:
    readings = [
        Reading("1", 0.9, "read"),
        Reading("31", 0.95, "read"),
        Reading("", 0.9, "illegible", "Torn."),
    ]
    evaluation = evaluate_lines(readings, ["1", "upside down", "torn"], marks=("upside down", "torn"))
    pictures = [paper(seed=number) for number in range(3)]
    figure = draw_line_mistakes(pictures, evaluation)
    assert lines_of(figure) == [("upside down → 3195.0 %", "b" * 11 + "qqqrr" + "q" * 6)]
    (shown,) = figure.axes[0].images
    assert (shown.get_array() == pictures[1]).all()
    counted = "0 of 1 not exactly right; 1 of 2 without a number answered all the same"
    assert f"{counted}; true → read, confidence" in texts(figure)
    with pytest.raises(ValueError, match="1 pictures for an evaluation of 3"):
        draw_line_mistakes(pictures[:1], evaluation)


def test_the_reliability_shows_each_bin_and_the_error() -> None:
    random = np.random.default_rng(0)
    confidences = random.random(400)
    readings = [Reading("1", float(c), "read") for c in confidences]
    evaluation = evaluate_lines(readings, ["1" if random.random() < c else "2" for c in confidences])
    figure = draw_line_reliability(evaluation)
    points = figure.axes[0].containers[0].lines[0]
    full = evaluation.reliability.count > 0
    assert points.get_xdata() == pytest.approx(100 * evaluation.reliability.confidence[full])
    assert points.get_ydata() == pytest.approx(100 * evaluation.reliability.accuracy[full])
    assert figure.axes[1].patches[0].get_data().values.tolist() == evaluation.reliability.count.tolist()
    (label,) = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert re.fullmatch(r"400 answers: calibration error \d+\.\d\d %", label)
    assert f"{100 * evaluation.ece:.2f}" in label


@pytest.mark.parametrize("answers", ["mixed", "perfect", "silent"])
def test_the_report_is_three_pictures(
    mistaken: tuple[list[NDArray[np.uint8]], LineEvaluation], answers: str, tmp_path: Path
) -> None:
    pictures, evaluation = mistaken
    if answers == "perfect":
        pictures, evaluation = pictures[:1], evaluate_lines([Reading("1", 0.9, "read")], ["1"])
    if answers == "silent":
        pictures, evaluation = pictures[:1], evaluate_lines([Reading("", 0.0, "failed", "Broken.")], ["1"])
    paths = write_line_report(tmp_path / "new", evaluation=evaluation, pictures=pictures)
    assert [path.name for path in paths] == ["reliability.png", "risk-coverage.png", "mistakes.png"]
    assert sorted((tmp_path / "new").iterdir()) == sorted(paths)
    for path in paths:
        with Image.open(path) as drawn:
            grey = np.asarray(drawn.convert("L"))
        assert (grey < 100).mean() > 0.001  # something is written on the paper


def test_a_report_is_refused_where_pictures_are_missing_or_it_cannot_be_written(
    mistaken: tuple[list[NDArray[np.uint8]], LineEvaluation], tmp_path: Path
) -> None:
    pictures, evaluation = mistaken
    with pytest.raises(ValueError, match="6 pictures for an evaluation of 7"):
        draw_line_mistakes(pictures[1:], evaluation)
    (tmp_path / "taken").write_text("a file, not a folder")
    with pytest.raises(StorageError):
        write_line_report(tmp_path / "taken", evaluation=evaluation, pictures=pictures)


def test_evaluating_lines_imports_no_matplotlib_and_no_torch() -> None:
    script = (
        "import sys, inkling.evaluation.lines, inkling.evaluation.logistic\n"
        "assert not {'matplotlib', 'torch'} & set(sys.modules)\n"
        "import inkling.evaluation.drawing_lines\n"
        "assert 'matplotlib' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_sheet_of_lines_shows_each_with_its_text_in_its_colours() -> None:
    pictures = [paper(40, 60 + 10 * n, seed=n) for n in range(9)]
    captions = [[("$", QUIET), (str(n), INK)] for n in range(8)] + [[("crossed out", OCHRE)]]
    figure = draw_line_sheet(pictures, captions, title="lines", subtitle="nine")
    assert [text.get_text() for text in figure.texts] == ["lines", "nine"]
    axes = figure.axes[0]
    assert [(text.get_text(), text.get_color()) for text in axes.texts] == [p for c in captions for p in c]
    assert all(
        (shown.get_array() == picture).all() for shown, picture in zip(axes.images, pictures, strict=True)
    )
    lefts, tops = zip(*((shown.get_extent()[0], shown.get_extent()[2]) for shown in axes.images), strict=True)
    assert len(set(lefts)) == 4, "as many to a row as the widest leaves room for"
    assert len({round(top, 3) for top in tops}) == 3
    for shown, text in zip(axes.images, axes.texts[::2], strict=True):
        assert text.get_position()[0] == pytest.approx(shown.get_extent()[0])
        assert text.get_position()[1] > shown.get_extent()[2]


@pytest.mark.parametrize(("pictures", "captions"), [(0, 0), (2, 1)])
def test_a_sheet_of_lines_wants_a_caption_for_each_picture(pictures: int, captions: int) -> None:
    with pytest.raises(ValueError, match=f"{pictures} pictures for {captions} captions"):
        draw_line_sheet([paper()] * pictures, [[("1", INK)]] * captions, title="lines")
