"""What is measured of a network, recomputed from its logits by other means."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn
from trained_network import DIGITS, Trained

from inkling.errors import DatasetError, DivergedError
from inkling.evaluation.calibration import expected_calibration_error
from inkling.evaluation.report import Evaluation, evaluate, finish
from inkling.networks.build import NetworkSettings, build_network
from inkling.networks.weights import Header, Weights, load_weights, save_weights
from inkling.training.material import logits_of


def test_every_figure_follows_from_the_logits(trained: Trained) -> None:
    weights, images, targets, evaluation = trained
    logits = logits_of(weights.network, images) / weights.header.temperature
    probabilities = logits.double().softmax(1).numpy()
    right = probabilities.argmax(1) == targets
    assert evaluation.count == 200
    assert evaluation.accuracy == right.mean()
    assert evaluation.interval[0] < right.mean() < evaluation.interval[1]
    assert evaluation.confusion.sum() == 200
    assert np.trace(evaluation.confusion) == right.sum()
    assert [score.count for score in evaluation.classes] == np.bincount(targets, minlength=10).tolist()
    assert evaluation.probabilities == pytest.approx(probabilities, abs=1e-6)
    surprise = -np.log(probabilities[np.arange(200), targets]).mean()
    assert evaluation.calibrated.nll == pytest.approx(surprise, rel=1e-5)
    assert evaluation.calibrated.ece == pytest.approx(
        expected_calibration_error(probabilities.max(1), right), abs=1e-5
    )
    assert evaluation.risk.risk[-1] == pytest.approx(1 - right.mean())


def test_the_uncalibrated_figures_are_those_at_temperature_one(trained: Trained) -> None:
    weights, images, targets, evaluation = trained
    plain = Weights(weights.network, replace(weights.header, temperature=1.0))
    other = evaluate(plain, images, targets, name="the same")
    assert weights.header.temperature != 1.0
    assert evaluation.uncalibrated.nll == other.calibrated.nll
    assert evaluation.uncalibrated.ece == other.calibrated.ece
    assert (evaluation.predicted == other.predicted).all()


def test_the_mistakes_are_the_wrong_ones_and_the_most_confident_come_first(trained: Trained) -> None:
    evaluation = trained.evaluation
    wrong = set(np.flatnonzero(evaluation.predicted != trained.targets).tolist())
    assert {mistake.index for mistake in evaluation.mistakes} == wrong
    claimed = [mistake.confidence for mistake in evaluation.mistakes]
    assert claimed == sorted(claimed, reverse=True)
    for mistake in evaluation.mistakes:
        assert mistake.true == trained.targets[mistake.index]
        assert mistake.predicted == evaluation.predicted[mistake.index]
        assert mistake.confidence == evaluation.confidences[mistake.index]


def test_the_json_is_plain_names_the_classes_and_agrees_with_itself(trained: Trained) -> None:
    written = json.loads(json.dumps(trained.evaluation.to_json(), allow_nan=False))
    assert written["n"] == 200
    assert sum(map(sum, written["confusion"])) == 200
    assert written["risk"]["error_at_coverage"]["1"] == pytest.approx(1 - written["accuracy"])
    assert written["classes"]["7"]["count"] == int((trained.targets == 7).sum())
    first, mistake = written["mistakes"][0], trained.evaluation.mistakes[0]
    assert first["true"] == str(mistake.true)
    assert first["predicted"] == str(mistake.predicted)
    assert set(written["risk"]["error_at_coverage"]) == {"0.8", "0.9", "0.95", "0.99", "1"}


def test_what_is_not_defined_is_null_in_the_json(trained: Trained) -> None:
    few = evaluate(trained.weights, trained.images[:1], trained.targets[:1], name="one")
    written = few.to_json()
    absent = str((int(trained.targets[0]) + 1) % 10)
    assert written["classes"][absent]["recall"] is None
    assert None in written["reliability"]["accuracy"]
    assert json.loads(json.dumps(written, allow_nan=False))["n"] == 1


@pytest.mark.parametrize(
    ("targets", "message"), [([0, 10], "know 10 classes"), ([-1, 0], "from -1"), ([], "no pictures")]
)
def test_targets_beyond_the_alphabet_are_refused(trained: Trained, targets: list[int], message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        evaluate(trained.weights, trained.images[: len(targets)], np.array(targets, np.int64), name="odd")


def test_a_network_that_gives_no_numbers_is_refused(trained: Trained) -> None:
    network = build_network(NetworkSettings("perceptron", (4,)))
    with torch.no_grad():
        next(network.parameters()).fill_(torch.nan)
    broken = Weights(network, Header(NetworkSettings("perceptron", (4,)), DIGITS))
    with pytest.raises(DivergedError):
        evaluate(broken, trained.images, trained.targets, name="any")


def test_finished_weights_carry_their_temperature_their_score_and_a_gauge(
    trained: Trained, tmp_path: Path
) -> None:
    score = trained.weights.header.scores["heldout"]
    assert score["n"] == 100
    assert score["interval"][0] < score["accuracy"] < score["interval"][1]
    assert not trained.weights.network.training
    save_weights(tmp_path / "w.safetensors", trained.weights)
    again = evaluate(load_weights(tmp_path / "w.safetensors"), trained.images, trained.targets, name="again")
    assert again.accuracy == trained.evaluation.accuracy
    assert again.calibrated.nll == trained.evaluation.calibrated.nll


def test_calibration_makes_the_truth_more_likely_on_pictures_never_seen(trained: Trained) -> None:
    assert trained.evaluation.calibrated.nll < trained.evaluation.uncalibrated.nll


def test_the_gauge_finds_noise_stranger_than_digits(trained: Trained) -> None:
    from inkling.transforms.normalize import to_input

    network, gauge = trained.weights.network, trained.weights.gauge
    assert gauge is not None
    noise = np.random.default_rng(0).integers(0, 256, (50, 28, 28), dtype=np.uint8)
    with torch.inference_mode():
        familiar = gauge.novelty(network.features(to_input(torch.from_numpy(trained.images))))
        strange = gauge.novelty(network.features(to_input(torch.from_numpy(noise))))
    assert float(familiar.median()) < 1 < float(strange.median())


def finish_on(targets: NDArray[np.int64], images: NDArray[np.uint8]) -> Weights:
    settings = NetworkSettings("perceptron", (8,))
    header = Header(settings, DIGITS, scores={"other": {"n": 1}})
    network: nn.Module = build_network(settings)
    return finish(network, header, images, targets, images[:20], targets[:20])


def test_a_class_without_training_pictures_leaves_no_gauge(trained: Trained) -> None:
    few = trained.targets < 9
    assert finish_on(trained.targets[few], trained.images[few]).gauge is None
    assert finish_on(trained.targets, trained.images).gauge is not None


def test_finishing_keeps_the_other_scores(trained: Trained) -> None:
    assert finish_on(trained.targets, trained.images).header.scores["other"] == {"n": 1}


def test_the_gauge_sees_every_class_of_a_large_set_however_rare(
    trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    from inkling.evaluation import report

    monkeypatch.setattr(report, "_GAUGE_PICTURES", 5)
    places = report._spread(np.repeat([0, 1, 2], [900, 99, 1]), 5)
    assert len(places) <= 5 + 3
    assert set(np.repeat([0, 1, 2], [900, 99, 1])[places]) == {0, 1, 2}
    assert finish_on(trained.targets, trained.images).gauge is not None


def test_the_record_cannot_be_changed(trained: Trained) -> None:
    evaluation: Evaluation = trained.evaluation
    with pytest.raises(AttributeError):
        evaluation.accuracy = 1.0  # type: ignore[misc]
