"""What is fitted to a line reader: by a network whose every frame is written into its picture."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from inkling.datasets.lines.stream import FramedLine
from inkling.errors import DatasetError, DivergedError
from inkling.evaluation.calibration import expected_calibration_error
from inkling.evaluation.line_report import LineScores, finish_lines, score_lines
from inkling.evaluation.logistic import fit_logistic, logistic
from inkling.networks import scan as scanning
from inkling.networks.build import NetworkSettings
from inkling.networks.characters import character_features
from inkling.networks.ctc import align
from inkling.networks.scan import scan
from inkling.networks.weights import Header
from inkling.transforms.lines import LINE_HEIGHT, PAPER

ALPHABET = ("a", "b", "c")
HEADER = Header(NetworkSettings("line-reader", (4, 4, 4)), ALPHABET, scores={"other": {"n": 1}})


class Told(nn.Module):
    """Reads what the first row of a picture says: every second pixel is a frame's class above paper.

    The second row says how sure it is; features are the class's unit vector and a third row's number.
    """

    def __init__(self) -> None:
        super().__init__()
        self.matrix = nn.Parameter(torch.tensor([[0.1, 1.0]]))

    def logits_and_features(self, images: Tensor) -> tuple[Tensor, Tensor]:
        levels = (images[:, 0, :3, ::2] * (255 - PAPER) / 3).round().permute(1, 2, 0)  # (3, T, N)
        classes = nn.functional.one_hot(levels[0].long(), 4).float()
        return classes * levels[1, ..., None], torch.cat([classes, levels[2, ..., None]], dim=2)


@pytest.fixture(autouse=True)
def one_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written into a picture cannot be read from another view of it."""
    monkeypatch.setattr(scanning, "_SURE", -np.inf)


def line(read: tuple[int, ...], *, true: tuple[int, ...] | None = None, sure: int = 10) -> FramedLine:
    """A picture that is read so; its label is the same unless said otherwise."""
    image = np.full((LINE_HEIGHT, 48), PAPER, np.uint8)
    for place, target in enumerate(read):
        image[0, 4 * place + 4] += target + 1
    image[1] += sure
    image[2, ::2] += np.arange(24, dtype=np.uint8)
    return image, read if true is None else true


LINES = [
    *[line((n % 3, (n // 3) % 3), sure=9 + n % 3) for n in range(30)],
    *[line((0, 1), true=(0, 2), sure=5 + n % 3) for n in range(10)],
    line(()),
]


def test_a_line_is_right_when_all_of_it_is() -> None:
    scores = score_lines(Told(), LINES, HEADER.alphabet)
    assert scores.correct.tolist() == [True] * 30 + [False] * 10 + [True]
    assert scores.scores[:30].min() > scores.scores[30:40].max()
    assert scores.exact == pytest.approx(31 / 41)
    assert scores.interval[0] < scores.exact < scores.interval[1]


def test_finished_weights_carry_calibration_scores_and_gauge() -> None:
    weights, scores = finish_lines(Told(), HEADER, LINES[:30], LINES)
    again = score_lines(weights.network, LINES, HEADER.alphabet)
    np.testing.assert_array_equal(scores.scores, again.scores)
    np.testing.assert_array_equal(scores.correct, again.correct)
    assert weights.header.calibration == fit_logistic(scores.scores, scores.correct)
    confidences = scores.confidences(weights.header.calibration)
    assert confidences[:30].min() > 0.8 > 0.5 > confidences[30:40].max()
    found = weights.header.scores["heldout"]
    assert (found["n"], found["exact"]) == (41, scores.exact)
    assert found == scores.to_json()
    assert weights.header.scores["other"] == {"n": 1}
    assert not weights.network.training
    assert weights.gauge is not None
    assert weights.gauge.means.shape == (3, 5)


RIGHT, WRONG = line((0, 1), sure=9), line((0, 1), true=(0, 2), sure=9)
SURER_WRONG = line((0, 1), true=(0, 2), sure=12)


@pytest.mark.parametrize(
    ("heldout", "kept"),
    [
        ([*LINES[:12], *LINES[30:37]], "19 held-out pictures are too few"),
        ([*LINES[:13], *LINES[30:37]], ""),
        (LINES[:20], "all of 20 held-out pictures were right"),
        (LINES[30:40] * 2, "none of 20 held-out pictures were right"),
        ([RIGHT, SURER_WRONG] * 10, "what was right was no surer than the rest"),
        ([RIGHT, WRONG] * 10, "what was right was no surer than the rest"),
    ],
    ids=["19", "20", "all right", "all wrong", "wrong ones surer", "equally sure"],
)
def test_a_curve_of_before_is_kept_where_nothing_can_be_learned_of_when_to_doubt(
    heldout: list[FramedLine], kept: str
) -> None:
    calibrated = {"calibrated_on": {"data": "mine"}}
    old = replace(HEADER, calibration=(0.7, -0.3), trained_on={"data": "others"} | calibrated)
    measured = score_lines(Told(), heldout, ALPHABET)
    fitted = fit_logistic(measured.scores, measured.correct)
    again = finish_lines(Told(), old, LINES[:3], heldout, calibrated=True)[0].header
    assert again.calibration == (old.calibration if kept else fitted)
    assert again.trained_on == {"data": "others"} | (calibrated if kept else {})
    if kept:
        claimed = expected_calibration_error(measured.confidences(old.calibration), measured.correct)
        told = {"ece": pytest.approx(claimed), "calibration_kept": kept}
        assert again.scores["heldout"] == measured.to_json() | told
    else:
        assert again.scores["heldout"] == measured.to_json()
    first = finish_lines(Told(), old, LINES[:3], heldout)[0].header
    assert first.calibration == fitted, "where there is none of before, any will do"
    assert first.scores["heldout"] == measured.to_json()


def test_what_is_measured_is_what_is_kept_in_half_the_bytes() -> None:
    network = Told()
    finish_lines(network, HEADER, LINES[:3], LINES)
    assert network.matrix.half().float().equal(network.matrix)
    assert not torch.tensor(0.1).half().float().equal(torch.tensor(0.1))


def test_the_gauge_knows_the_characters_by_their_means() -> None:
    lines = LINES[:9]
    weights, _ = finish_lines(Told(), HEADER, lines, lines)
    assert weights.gauge is not None
    rows: dict[int, list[Any]] = {0: [], 1: [], 2: []}
    for scanned, (_, places) in zip(scan(Told(), [image for image, _ in lines]), lines, strict=True):
        features = character_features(scanned, align(scanned.log_probs, [place + 1 for place in places]))
        for place, row in zip(places, features, strict=True):
            rows[place].append(row)
    means = np.stack([np.mean(rows[place], axis=0) for place in range(3)])
    np.testing.assert_allclose(weights.gauge.means, means, rtol=1e-6)


def test_characters_features_are_those_of_the_frames_they_stand_in() -> None:
    [scanned] = scan(Told(), [line((2, 0, 1))[0]])
    features = character_features(scanned, align(scanned.log_probs, (3, 1, 2)))
    assert features.tolist() == [[0, 0, 0, 1, 2], [0, 1, 0, 0, 4], [0, 0, 1, 0, 6]]
    assert character_features(scanned, ()).shape == (0, 5)


@pytest.mark.parametrize("familiar", [[], [line((0, 1))] * 5, [line(())] * 5])
def test_a_character_that_never_stood_anywhere_leaves_no_gauge(familiar: list[FramedLine]) -> None:
    assert finish_lines(Told(), HEADER, familiar, LINES)[0].gauge is None


def test_a_line_too_narrow_for_its_label_is_no_trouble() -> None:
    crowded = line((0, 1), true=(0,) * 13)  # thirteen equal characters want twenty-five frames
    weights, _ = finish_lines(Told(), HEADER, [*LINES, crowded], [*LINES, crowded])
    assert weights.gauge is not None
    assert weights.header.scores["heldout"]["n"] == 42


def test_nothing_judges_itself() -> None:
    scores = LineScores(np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), np.array([0, 1, 0, 1, 1, 1], bool))
    even, odd = slice(0, None, 2), slice(1, None, 2)
    confidences = np.empty(6)
    confidences[even] = logistic(scores.scores[even], *fit_logistic(scores.scores[odd], scores.correct[odd]))
    confidences[odd] = logistic(scores.scores[odd], *fit_logistic(scores.scores[even], scores.correct[even]))
    assert scores.to_json()["ece"] == pytest.approx(expected_calibration_error(confidences, scores.correct))


@pytest.mark.parametrize("count", [1, 2])
def test_a_line_or_two_are_enough_to_finish(count: int) -> None:
    weights, _ = finish_lines(Told(), HEADER, LINES, LINES[:count])
    slope, intercept = weights.header.calibration
    assert slope >= 0
    assert np.isfinite(intercept)


def test_nothing_to_measure_on_is_refused() -> None:
    with pytest.raises(DatasetError):
        finish_lines(Told(), HEADER, LINES, [])


def test_a_network_that_gives_no_numbers_is_refused() -> None:
    class Torn(Told):
        def logits_and_features(self, images: Tensor) -> tuple[Tensor, Tensor]:
            logits, features = super().logits_and_features(images)
            return logits * torch.nan, features

    with pytest.raises(DivergedError):
        finish_lines(Torn(), HEADER, LINES, LINES)
