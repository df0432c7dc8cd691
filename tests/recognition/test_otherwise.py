"""What says little as it stands is looked at turned, and row by row; what is right stays as it was read."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from inkling.datasets.digits import Digits
from inkling.datasets.lines.hand import EM, Cuttings, pick_hand, write_text
from inkling.elements import Reading
from inkling.networks.weights import Weights
from inkling.recognition.decisions import REASONS, UNCLEAR
from inkling.recognition.lines import read_line
from inkling.recognition.otherwise import ASKED_BELOW, seen_otherwise
from printed_lines import print_line

BLANK = Reading("", 0.8, "blank", "There is no writing on the picture.")
UNLIKELY = Reading("71", ASKED_BELOW - 0.01, "doubtful", "It could also be 11.")
OPEN = Reading("", 0.9, "illegible", "It cannot be read: no number is probable.")
NO_NUMBER = Reading("", 0.9, "illegible", REASONS["not a number"])

Picture = NDArray[np.uint8]


def otherwise(reader: Weights, reading: Reading, picture: Picture | Path, *, apart: bool = False) -> Reading:
    (seen,) = seen_otherwise(
        [reading],
        [picture],
        [apart],
        reader.network,
        reader,
        treated=lambda frames: frames,
        precision=torch.float32,
    )
    return seen


def stacked(*texts: str) -> Picture:
    """Printed lines, one above the other."""
    lines = [print_line(text) for text in texts]
    width = max(line.shape[1] for line in lines)
    return np.vstack([np.pad(line, ((0, 0), (0, width - line.shape[1])), mode="edge") for line in lines])


@pytest.mark.parametrize("reading", [BLANK, UNLIKELY, OPEN, NO_NUMBER])
@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_what_reads_well_when_it_is_turned_is_the_wrong_way_up(
    reader: Weights, reading: Reading, quarters: int
) -> None:
    source = replace(reading, source="scan.png")
    seen = otherwise(reader, source, np.rot90(print_line("4071"), quarters))
    assert (seen.text, seen.status, seen.reason) == ("", "illegible", REASONS["upside down"])
    assert (seen.source, seen.alternatives) == ("scan.png", ())
    assert 0.5 <= seen.confidence <= 1


@pytest.mark.parametrize("texts", [("4071", "58"), ("4071", "58", "9340"), ("12", "345", "67", "8901", "23")])
def test_what_reads_well_row_by_row_has_several_lines(reader: Weights, texts: tuple[str, ...]) -> None:
    seen = otherwise(reader, BLANK, stacked(*texts))
    assert (seen.text, seen.status, seen.reason) == ("", "illegible", REASONS["several lines"])
    assert 0.5 <= seen.confidence <= 1


@pytest.mark.parametrize(
    ("confidence", "apart", "told"),
    [(0.6, True, True), (0.999999, True, False), (0.6, False, False)],
)
def test_a_number_whose_rows_are_apart_must_be_surer_than_these(
    reader: Weights, confidence: float, apart: bool, told: bool
) -> None:
    reading = Reading(
        "458", confidence, "read" if confidence > 0.9 else "doubtful", "" if confidence > 0.9 else "?"
    )
    seen = otherwise(reader, reading, stacked("4071", "58"), apart=apart)
    assert (seen.reason == REASONS["several lines"]) == told
    assert told or seen is reading


def test_what_is_apart_and_cannot_be_read_is_not_passed_over_as_blank(reader: Weights) -> None:
    strokes = np.full((60, 120), 230, np.uint8)
    strokes[10:14, 30:90] = strokes[40:44, 30:90] = 30
    assert otherwise(reader, BLANK, strokes) is BLANK
    seen = otherwise(reader, BLANK, strokes, apart=True)
    assert (seen.text, seen.status, seen.reason) == ("", "illegible", UNCLEAR)
    no_ink = Reading("", 1.0, "blank", "There is no ink on the picture.")
    assert otherwise(reader, no_ink, strokes, apart=False) is no_ink


@pytest.mark.parametrize("picture", [np.rot90(print_line("4071"), 2), stacked("4071", "58")])
@pytest.mark.parametrize(("slope", "intercept"), [(1.0, 0.0), (0.5, -0.5), (0.0, 3.0)])
def test_that_it_is_turned_or_several_lines_is_as_sure_as_calibrated(
    reader: Weights, picture: Picture, slope: float, intercept: float
) -> None:
    def confidence(*curve: float) -> float:
        header = replace(reader.header, calibration=curve)
        return otherwise(replace(reader, header=header), BLANK, picture).confidence

    raw = confidence(1.0, 0.0)
    score = math.log(raw / (1 - raw))
    assert confidence(slope, intercept) == pytest.approx(1 / (1 + math.exp(-slope * score - intercept)))


@pytest.mark.parametrize(
    ("picture", "called"),
    [
        (print_line("4071"), "upright"),
        (print_line("7")[::-1, ::-1], "a single digit, which may be another one as it stands"),
        (np.full((40, 130), 200, np.uint8), "paper"),
        (np.pad(np.full((3, 120), 20, np.uint8), ((18, 18), (5, 5)), constant_values=235), "a rule"),
    ],
)
def test_what_does_not_read_well_otherwise_stays_what_it_was(
    reader: Weights, picture: Picture, called: str
) -> None:
    assert otherwise(reader, BLANK, picture) is BLANK, called


@pytest.mark.parametrize(
    "reading",
    [
        Reading("71", 0.95, "read"),
        Reading("71", ASKED_BELOW, "doubtful", "It could also be 11."),
        Reading("", 1.0, "blank", "There is no ink on the picture."),
        Reading("", 0.0, "failed", "It cannot be opened."),
        Reading("", 0.9, "illegible", REASONS["crossed out"]),
    ],
)
def test_what_says_enough_is_not_asked(reader: Weights, reading: Reading) -> None:
    assert otherwise(reader, reading, np.rot90(print_line("4071"), 2)) is reading


def test_a_picture_that_has_gone_since_it_was_read_stays_what_it_was(reader: Weights, tmp_path: Path) -> None:
    assert otherwise(reader, BLANK, tmp_path / "gone.png") is BLANK


def test_a_reader_that_takes_writing_for_nothing_is_told_that_it_is_several_lines(
    sample: tuple[np.ndarray, np.ndarray],
) -> None:
    cuttings = Cuttings(Digits(*sample, "sample"))
    rng = np.random.default_rng(0)
    hand = replace(pick_hand(rng), gap=0.15 * EM, unevenness=0.0, climb=0.0, pen=4.0, width=1.0)
    rows = [write_text(text, hand, cuttings, rng).sheet[2 * EM : 5 * EM] for text in ("4071", "6382", "9154")]
    page = np.vstack([row[:, : min(row.shape[1] for row in rows)] for row in rows])
    reading = read_line((245 - 0.8 * page).astype(np.uint8))
    assert (reading.status, reading.reason) == ("illegible", REASONS["several lines"])
    assert not math.isnan(reading.confidence)
