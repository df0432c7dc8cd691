"""A run in its folder: what it learns, what it writes, and how it ends when it must."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from inkling.errors import DivergedError, StorageError
from inkling.networks.build import NetworkSettings
from inkling.training import material
from inkling.training.checkpoints import read_checkpoint
from inkling.training.material import DigitMaterial, Heldout
from inkling.training.observers import read_metrics
from inkling.training.optimizers import OptimizerSettings, make_optimizer
from inkling.training.recipes import Recipe
from inkling.training.run import CHECKPOINT, METRICS, Progress, run, take_up
from inkling.training.session import Training

Sample = tuple[NDArray[np.uint8], NDArray[np.int64]]

RECIPE = Recipe(
    network=NetworkSettings("perceptron", (16,)),
    optimizer=OptimizerSettings("sgd", 0.1),
    epochs=3.0,
    batch_size=50,
    log_every=4,
    precision="float32",
    compile="off",
)


def training(sample: Sample, **changes: Any) -> Training:
    return Training(replace(RECIPE, **changes), DigitMaterial(sample[0][:500], sample[1][:500]))


def drive(job: Training, sample: Sample, **settings: Any) -> Iterator[Progress]:
    return run(job, (sample[0][500:], sample[1][500:]), **settings)


@pytest.mark.parametrize(
    ("network", "optimizer", "least_accuracy"),
    [
        (NetworkSettings("perceptron", (16,)), OptimizerSettings("sgd", 0.1, momentum=0.5), 0.7),
        (NetworkSettings("convnet", (8, 16)), OptimizerSettings("muon", 0.1, "linear"), 0.85),
        (NetworkSettings("deepnet", (4, 4, 8)), OptimizerSettings("adamw", 0.02, "triangular"), 0.6),
    ],
    ids=lambda settings: getattr(settings, "name", ""),
)
def test_the_loss_falls_and_digits_are_recognised(
    network: NetworkSettings, optimizer: OptimizerSettings, least_accuracy: float, sample: Sample
) -> None:
    progress = list(drive(training(sample, network=network, optimizer=optimizer), sample))
    running = [p.running_loss for p in progress if p.running_loss is not None]
    measured = [p.heldout for p in progress if p.heldout is not None]
    assert running[-1] < 0.5 * running[0]
    assert len(measured) == 3
    assert measured[-1].accuracy > least_accuracy
    assert measured[-1].loss < measured[0].loss


def test_the_average_does_as_well_as_the_last_weights(sample: Sample) -> None:
    job = training(sample, average=0.8, optimizer=OptimizerSettings("adam", 0.01))
    *_, last = drive(job, sample)
    assert job.result is not job.network
    assert last.heldout == job.measure((sample[0][500:], sample[1][500:]))
    last_weights = material.logits_of(job.network, sample[0][500:]).argmax(1).numpy()
    assert last.heldout.accuracy > float(np.mean(last_weights == sample[1][500:])) - 0.1 > 0.5
    assert not torch.equal(job.result.fc1.weight, job.network.fc1.weight)  # type: ignore[union-attr, arg-type]


def test_metrics_hold_a_line_every_so_many_steps_and_every_epoch(sample: Sample, tmp_path: Path) -> None:
    progress = list(drive(training(sample), sample, folder=tmp_path))
    lines = [json.loads(line) for line in (tmp_path / METRICS).read_text(encoding="utf-8").splitlines()]
    losses = [line for line in lines if "loss" in line]
    measured = [line for line in lines if "heldout_loss" in line]
    assert [line["step"] for line in losses] == [4, 8, 12, 16, 20, 24, 28, 30]
    assert [line["step"] for line in measured] == [10, 20, 30]
    assert [line["epoch"] for line in losses] == [0, 0, 1, 1, 1, 2, 2, 2]

    each = [float(p.step.loss) for p in progress]
    assert losses[1]["loss"] == pytest.approx(np.mean(each[4:8]))
    assert losses[-1]["loss"] == pytest.approx(np.mean(each[28:30]))
    assert [p.running_loss for p in progress if p.running_loss] == [line["loss"] for line in losses]
    assert {line["learning_rate"] for line in losses} == {0.1}
    assert all(line["images_per_second"] > 0 for line in losses)
    for line in losses[:-1]:
        for name in ("gradient", "update", "update_share"):
            assert set(line[name]) == {"fc1.weight", "fc1.bias", "logits.weight", "logits.bias"}
            assert all(value > 0 for value in line[name].values())
    heldout = [p.heldout for p in progress if p.heldout]
    assert [(m["heldout_loss"], m["heldout_accuracy"]) for m in measured] == heldout


def test_layers_are_measured_at_every_step_if_every_step_is_logged(sample: Sample, tmp_path: Path) -> None:
    list(drive(training(sample, log_every=1, epochs=0.5), sample, folder=tmp_path))
    losses = [line for line in read_metrics(tmp_path / METRICS) if "loss" in line]
    assert [line["step"] for line in losses if "update_share" in line] == [2, 3, 4, 5]


def test_without_a_folder_nothing_is_written(
    sample: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert len(list(drive(training(sample), sample))) == 30
    assert list(tmp_path.iterdir()) == []


def test_measuring_leaves_the_networks_mode_and_agrees_with_counting(sample: Sample) -> None:
    job = training(sample, network=NetworkSettings("convnet", (4,)))
    job.network.train()
    images, targets = sample[0][:77], sample[1][:77]
    measured = job.measure((images, targets))
    assert job.network.training
    logits = material.logits_of(job.network, images, batch_size=10).numpy().astype(np.float64)
    assert measured.accuracy == pytest.approx(np.mean(logits.argmax(1) == targets))
    surprise = np.log(np.exp(logits).sum(1)) - logits[np.arange(77), targets]
    assert measured.loss == pytest.approx(surprise.mean(), rel=1e-5)


@pytest.mark.parametrize("at", [1, 7, 10, 30])
def test_stop_ends_the_run_with_a_checkpoint_of_that_step(at: int, sample: Sample, tmp_path: Path) -> None:
    job = training(sample)
    progress = list(drive(job, sample, folder=tmp_path, stop=lambda: job.done == at))
    assert [p.step.number for p in progress] == list(range(1, at + 1))
    state = read_checkpoint(tmp_path / CHECKPOINT)
    assert state["done"] == at
    assert torch.equal(state["network"]["fc1.weight"], job.network.fc1.weight)  # type: ignore[arg-type]


def test_checkpoints_come_as_often_as_asked_for(sample: Sample, tmp_path: Path) -> None:
    seen = []
    for progress in drive(training(sample), sample, folder=tmp_path, checkpoint_seconds=0):
        seen.append(read_checkpoint(tmp_path / CHECKPOINT)["done"])
        assert seen[-1] == progress.step.number
    assert len(seen) == 30


class Scripted(Training):
    """A training whose held-out losses are given, to test what patience makes of them."""

    losses: tuple[float, ...] = ()

    def measure(self, heldout: Any) -> Heldout:
        return Heldout(self.losses[self.done // self.batches.steps_per_epoch - 1], 0.5)


def scripted(sample: Sample, losses: tuple[float, ...], patience: int) -> Scripted:
    recipe = replace(RECIPE, epochs=float(len(losses)), patience=patience)
    job = Scripted(recipe, DigitMaterial(sample[0][:100], sample[1][:100]))
    job.losses = losses
    return job


@pytest.mark.parametrize(
    ("losses", "patience", "epochs", "best"),
    [
        ((3.0, 2.0, 1.0), 1, 3, 3),
        ((3.0, 2.0, 2.5, 1.0), 1, 3, 2),
        ((3.0, 2.0, 2.5, 1.0), 2, 4, 4),
        ((1.0, 2.0, 3.0, 4.0), 2, 3, 1),
        ((1.0, 2.0, 3.0, 4.0), 9, 4, 1),
        ((1.0, 1.0, 1.0), 2, 3, 1),
        ((1.0, 2.0, 3.0), 0, 3, 3),
    ],
)
@pytest.mark.parametrize("stopped", [False, True], ids=["in one go", "stopped after each epoch"])
def test_patience_stops_and_returns_to_the_best(
    losses: tuple[float, ...],
    patience: int,
    epochs: int,
    best: int,
    stopped: bool,
    sample: Sample,
    tmp_path: Path,
) -> None:
    kept: dict[int, torch.Tensor] = {}
    job = scripted(sample, losses, patience)
    for sitting in range(len(losses) + 1 if stopped else 1):
        if sitting:
            job = scripted(sample, losses, patience)
            take_up(job, tmp_path)
        end = job.done + 2
        for progress in drive(
            job, sample, folder=tmp_path, stop=lambda job=job, end=end: stopped and job.done == end
        ):
            if progress.heldout:
                kept[progress.step.epoch + 1] = job.network.fc1.weight.detach().clone()  # type: ignore[union-attr, operator]
    assert len(kept) == epochs
    assert torch.equal(job.result.fc1.weight, kept[best])  # type: ignore[arg-type]


@pytest.mark.parametrize("log_every", [1, 4, 1000])
@pytest.mark.parametrize("checkpoint_seconds", [0, 60])
# With the decay, the first update already makes weights infinite, after a loss that was finite.
@pytest.mark.parametrize("weight_decay", [0.0, 1e30])
def test_a_run_that_diverges_says_so_and_its_last_good_checkpoint_stands(
    log_every: int, checkpoint_seconds: float, weight_decay: float, sample: Sample, tmp_path: Path
) -> None:
    good = training(sample, log_every=log_every)
    list(drive(good, sample, folder=tmp_path, stop=lambda: good.done == 3))
    job = training(sample, log_every=log_every)
    take_up(job, tmp_path)
    # A rate that was good for three steps and then is not.
    optimizer = OptimizerSettings("sgd", 1e19, weight_decay=weight_decay)
    job.recipe = replace(job.recipe, optimizer=optimizer)
    job.optimizer = make_optimizer(optimizer, job.network)
    with pytest.raises(DivergedError) as caught:
        list(drive(job, sample, folder=tmp_path, checkpoint_seconds=checkpoint_seconds))
    assert caught.value.exit_code == 4
    assert "training has diverged" in caught.value.message
    assert str(tmp_path) in caught.value.message
    assert "smaller optimizer.learning_rate" in caught.value.remedy

    state = read_checkpoint(tmp_path / CHECKPOINT)
    assert all(torch.isfinite(tensor).all() for tensor in state["network"].values())
    for line in (tmp_path / METRICS).read_text(encoding="utf-8").splitlines():
        assert all(math.isfinite(v) for v in json.loads(line).values() if isinstance(v, float))


def test_divergence_without_a_folder_promises_no_checkpoint(sample: Sample) -> None:
    with pytest.raises(DivergedError) as caught:
        list(drive(training(sample, optimizer=OptimizerSettings("sgd", 1e19)), sample))
    assert "checkpoint" not in caught.value.message


def full(*_: Any, **__: Any) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("where", ["replace", "write_bytes"])
def test_a_checkpoint_that_cannot_be_written_leaves_the_one_before(
    where: str, sample: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = training(sample)
    list(drive(job, sample, folder=tmp_path, stop=lambda: job.done == 5))
    before = (tmp_path / CHECKPOINT).read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(os if where == "replace" else Path, where, full)
        with pytest.raises(StorageError, match="No space left on device"):
            job.save(tmp_path / CHECKPOINT)
    assert (tmp_path / CHECKPOINT).read_bytes() == before
    assert not [path for path in tmp_path.iterdir() if "partial" in path.name]


def test_a_folder_that_cannot_be_made_is_a_storage_error(sample: Sample, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("here")
    with pytest.raises(StorageError):
        list(drive(training(sample), sample, folder=tmp_path / "file"))
