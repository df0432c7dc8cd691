"""A run that is put to rest and taken up again ends with the bits of one that was never stopped."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from inkling.errors import CheckpointError
from inkling.networks.build import NetworkSettings
from inkling.training.material import DigitMaterial
from inkling.training.observers import read_metrics
from inkling.training.optimizers import OptimizerSettings
from inkling.training.recipes import Recipe
from inkling.training.run import CHECKPOINT, METRICS, Progress, run, take_up
from inkling.training.session import Training
from inkling.transforms.augment import Augmentation

Sample = tuple[NDArray[np.uint8], NDArray[np.int64]]

BASE = Recipe(
    network=NetworkSettings("perceptron", (8,)),
    optimizer=OptimizerSettings("sgd", 0.05),
    epochs=2.0,
    batch_size=50,
    log_every=3,
    precision="float32",
    compile="off",
)
STEPS = 12
"""Of 300 pictures in batches of 50, twice."""

CONVNET = NetworkSettings("convnet", (4, 6))
RECIPES: dict[str, Recipe] = {
    "sgd": BASE,
    "sgd with momentum": replace(BASE, optimizer=OptimizerSettings("sgd", 0.05, momentum=0.9, nesterov=True)),
    "adam on a cosine": replace(BASE, optimizer=OptimizerSettings("adam", 0.01, "cosine")),
    "adamw": replace(BASE, optimizer=OptimizerSettings("adamw", 0.01, "one-cycle", weight_decay=0.1)),
    "muon": replace(BASE, network=CONVNET, optimizer=OptimizerSettings("muon", 0.1, "linear")),
    "convnet": replace(BASE, network=CONVNET),
    "augmented": replace(BASE, augmentation=Augmentation(shift=2, rotation=10, elastic=1, stroke=0.5)),
    "averaged": replace(BASE, network=CONVNET, average=0.9),
    "accumulated": replace(BASE, accumulate=4, optimizer=OptimizerSettings("adam", 0.01)),
    "accumulated in a convnet": replace(BASE, network=CONVNET, accumulate=3),
    "patient": replace(BASE, patience=5),
    "smoothed": replace(BASE, label_smoothing=0.1, criterion="negative-log-likelihood"),
}


def training(recipe: Recipe, sample: Sample) -> Training:
    return Training(recipe, DigitMaterial(sample[0][:300], sample[1][:300]))


def drive(
    recipe: Recipe,
    sample: Sample,
    folder: Path,
    *,
    until: int | None = None,
    resume: bool = False,
    **settings: Any,
) -> tuple[Training, list[Progress]]:
    """Run to the end, or to a step; from the start, or from the folder's checkpoint."""
    job = training(recipe, sample)
    if resume:
        take_up(job, folder)
    heldout = (sample[0][500:], sample[1][500:])
    progress = list(run(job, heldout, folder=folder, stop=lambda: job.done == until, **settings))
    return job, progress


def bits(job: Training) -> dict[str, torch.Tensor]:
    return {**job.network.state_dict(), **{f"result.{k}": v for k, v in job.result.state_dict().items()}}


def without_speed(folder: Path) -> list[dict[str, Any]]:
    lines = read_metrics(folder / METRICS)
    return [{key: value for key, value in line.items() if key != "images_per_second"} for line in lines]


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
@pytest.mark.parametrize("until", [3, 6, 11])
def test_stopped_and_resumed_ends_with_the_same_bits(
    recipe: Recipe, until: int, sample: Sample, tmp_path: Path
) -> None:
    whole, _ = drive(recipe, sample, tmp_path / "whole")
    first, before = drive(recipe, sample, tmp_path / "resumed", until=until)
    torch.manual_seed(until)  # another process has another random state
    second, after = drive(recipe, sample, tmp_path / "resumed", resume=True)

    assert (first.done, second.done, whole.done) == (until, STEPS, STEPS)
    assert [p.step.number for p in before + after] == list(range(1, STEPS + 1))
    expected, found = bits(whole), bits(second)
    assert list(expected) == list(found)
    assert [key for key in expected if not torch.equal(expected[key], found[key])] == []
    assert whole.extra == second.extra
    if until % recipe.log_every == 0:
        assert without_speed(tmp_path / "whole")[-1] == without_speed(tmp_path / "resumed")[-1]


def test_stopped_twice_is_stopped_once(sample: Sample, tmp_path: Path) -> None:
    recipe = RECIPES["accumulated in a convnet"]
    whole, _ = drive(recipe, sample, tmp_path / "whole")
    drive(recipe, sample, tmp_path / "r", until=2)
    drive(recipe, sample, tmp_path / "r", until=7, resume=True)
    last, _ = drive(recipe, sample, tmp_path / "r", resume=True)
    assert all(map(torch.equal, bits(whole).values(), bits(last).values()))


def test_a_finished_run_taken_up_again_has_nothing_left_to_do(sample: Sample, tmp_path: Path) -> None:
    recipe = RECIPES["patient"]
    whole, _ = drive(recipe, sample, tmp_path)
    again, progress = drive(recipe, sample, tmp_path, resume=True)
    assert progress == []
    assert all(map(torch.equal, bits(whole).values(), bits(again).values()))


def test_metrics_of_steps_after_the_checkpoint_are_written_once(sample: Sample, tmp_path: Path) -> None:
    # The process dies at step 10; its checkpoint is of step 6, the end of the first epoch.
    job = training(BASE, sample)
    for progress in run(job, (sample[0][500:], sample[1][500:]), folder=tmp_path):
        if progress.step.number == 10:
            break
    drive(BASE, sample, tmp_path, resume=True)
    assert [line["step"] for line in read_metrics(tmp_path / METRICS)] == [3, 6, 6, 9, 12, 12]


def spoil(name: str, folder: Path) -> None:
    path = folder / CHECKPOINT
    if name == "missing":
        path.unlink()
    elif name == "empty":
        path.write_bytes(b"")
    elif name == "garbage":
        path.write_bytes(b"\x00garbage" * 100)
    elif name == "cut off":
        path.write_bytes(path.read_bytes()[:-100])
    elif name == "newer":
        path.write_bytes(path.read_bytes().replace(b'{\\"format\\": 1', b'{\\"format\\": 9'))


@pytest.mark.parametrize(
    ("damage", "recipe", "message"),
    [
        ("missing", BASE, "has no checkpoint to go on from"),
        ("empty", BASE, "checkpoint.safetensors"),
        ("garbage", BASE, "checkpoint.safetensors"),
        ("cut off", BASE, "checkpoint.safetensors"),
        ("newer", BASE, "is from a newer version"),
        ("none", replace(BASE, network=NetworkSettings("perceptron", (9,))), "other settings"),
        ("none", replace(BASE, network=NetworkSettings("perceptron", (8, 8))), "other settings"),
        ("none", replace(BASE, network=CONVNET), "other settings"),
        ("none", replace(BASE, optimizer=OptimizerSettings("adam")), "other settings"),
        ("none", replace(BASE, optimizer=OptimizerSettings("muon")), "other settings"),
        ("none", replace(BASE, average=0.9), "other settings"),
        ("none", replace(BASE, seed=9), "other settings"),
        ("none", BASE, None),
    ],
)
def test_a_checkpoint_fits_or_says_why_not(
    damage: str, recipe: Recipe, message: str | None, sample: Sample, tmp_path: Path
) -> None:
    drive(BASE, sample, tmp_path, until=2)
    spoil(damage, tmp_path)
    job = training(recipe, sample)
    if message is None:
        take_up(job, tmp_path)
        assert job.done == 2
        return
    with pytest.raises(CheckpointError) as caught:
        take_up(job, tmp_path)
    assert message in caught.value.message
    assert caught.value.remedy


def test_a_weights_file_is_no_checkpoint(sample: Sample, tmp_path: Path) -> None:
    from inkling.networks.weights import Header, Weights, save_weights

    job = training(BASE, sample)
    save_weights(tmp_path / CHECKPOINT, Weights(job.network, Header(BASE.network, tuple("0123456789"))))
    with pytest.raises(CheckpointError, match="no checkpoint of Inkling's"):
        take_up(job, tmp_path)


def test_a_checkpoint_of_other_data_is_refused(sample: Sample, tmp_path: Path) -> None:
    drive(BASE, sample, tmp_path, until=2)
    images, targets = sample
    changed = images.copy()
    changed[0, 0, 0] ^= 1
    job = training(BASE, (changed, targets))
    with pytest.raises(CheckpointError, match="other data"):
        take_up(job, tmp_path)
