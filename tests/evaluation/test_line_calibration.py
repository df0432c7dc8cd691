"""What a calibration on one's own pictures counts as right, and what it fits to that."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from inkling.errors import DatasetError
from inkling.evaluation.calibration import expected_calibration_error
from inkling.evaluation.line_calibration import calibrate_lines, score_labelled
from inkling.evaluation.line_report import LEAST_PICTURES, LineScores
from inkling.networks.weights import Weights
from inkling.transforms.lines import frame_line
from printed_lines import print_line


@pytest.mark.parametrize(
    ("printed", "text", "options", "right"),
    [
        ("19.5", "19.5", {}, True),
        ("19.5", " 19.5 ", {}, True),
        ("19.5", "19,5", {}, False),
        ("19.5", "19,5", {"same_point": True}, True),
        ("19.5", "195", {"same_point": True}, False),
        ("19.5", "195", {"digits_only": True}, True),
        ("19.5", "196", {"digits_only": True}, False),
        ("1", "", {"digits_only": True}, False),
        ("12", "", {}, False),
        ("-", "-", {"digits_only": True}, True),
        ("-", "-", {}, True),
        ("-", "", {}, False),
        ("X", "crossed out", {}, True),
        ("X", "upside down", {}, False),
        ("X", "12", {"digits_only": True}, False),
        ("X", "", {}, False),
        ("1X2", "crossed out", {}, True),
        ("1X2", "12", {}, False),
        ("12", "crossed out", {"digits_only": True}, False),
        ("-", "crossed out", {"digits_only": True}, False),
        ("-", "not a number", {"digits_only": True}, False),
    ],
)
def test_what_counts_as_right(
    reader: Weights, printed: str, text: str, options: dict[str, bool], right: bool
) -> None:
    measured = score_labelled(reader, [frame_line(print_line(printed))], [text], **options)
    assert measured.correct.tolist() == [right]
    assert measured.scores.shape == (1,)


def test_paper_without_ink_is_left_out(reader: Weights) -> None:
    pictures = [frame_line(print_line(text)) for text in ("1", " ", "2")]
    measured = score_labelled(reader, pictures, ["1", "", "3"])
    assert measured.correct.tolist() == [True, False]
    assert len(score_labelled(reader, [], []).scores) == 0


def scored(count: int, *, seed: int = 0) -> LineScores:
    """Scores whose logistic curve has slope 0.5 and intercept −0.5."""
    rng = np.random.default_rng(seed)
    scores = rng.normal(2, 3, count)
    return LineScores(scores, rng.random(count) < 1 / (1 + np.exp(0.5 - 0.5 * scores)))


def test_the_curve_that_made_the_answers_is_found_and_overconfidence_is_gone(reader: Weights) -> None:
    measured = scored(4000)
    old = replace(reader, header=replace(reader.header, calibration=(2.0, 0.0)))
    fitted = calibrate_lines(old, measured)
    assert fitted.weights.header.calibration == pytest.approx((0.5, -0.5), abs=0.1)
    assert fitted.weights.network is reader.network
    assert fitted.before == pytest.approx(
        expected_calibration_error(1 / (1 + np.exp(-2 * measured.scores)), measured.correct)
    )
    assert fitted.before > 0.1
    assert fitted.after < 0.03


@pytest.mark.parametrize(
    ("scores", "said"),
    [
        (scored(LEAST_PICTURES - 1), "19 labelled pictures with ink are too few"),
        (
            LineScores(np.arange(30.0), np.ones(30, bool)),
            "All of 30 labelled pictures with ink were right",
        ),
        (
            LineScores(np.arange(30.0), np.zeros(30, bool)),
            "None of 30 labelled pictures with ink were right",
        ),
    ],
)
def test_what_tells_nothing_is_refused(reader: Weights, scores: LineScores, said: str) -> None:
    with pytest.raises(DatasetError, match=said):
        calibrate_lines(reader, scores)


def test_twenty_will_do(reader: Weights) -> None:
    assert calibrate_lines(reader, scored(LEAST_PICTURES, seed=1)).weights.header.calibration[0] >= 0
