"""Digits and lines as material: how each is measured, what ties a checkpoint to it, what does not mix."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from inkling.datasets.lines.stream import FramedLine
from inkling.errors import CheckpointError, SettingsError, WeightsError
from inkling.networks.build import NetworkSettings, build_network
from inkling.networks.ctc import best_path, log_probability
from inkling.networks.weights import Header, Weights, save_weights
from inkling.training.criteria import make_criterion
from inkling.training.finder import find_learning_rate
from inkling.training.loop import fit
from inkling.training.material import DigitMaterial, Heldout, LineMaterial
from inkling.training.observers import read_metrics
from inkling.training.optimizers import SGD, OptimizerSettings
from inkling.training.recipes import RECIPES, Recipe, override
from inkling.training.run import METRICS, run, take_up
from inkling.training.session import Training
from inkling.transforms.augment import Augmentation
from inkling.transforms.batches import Batch
from inkling.transforms.lines import LINE_HEIGHT, PAPER, to_line_input

RECIPE = Recipe(
    network=NetworkSettings("line-reader", (4, 6, 8)),
    optimizer=OptimizerSettings("adam", 0.01, "linear"),
    epochs=2.0,
    batch_size=6,
    criterion="ctc",
    log_every=3,
    precision="float32",
    compile="off",
    lines_per_epoch=36,
    workers=0,
)
"""Twelve steps of six lines."""


class Bars:
    """Lines of upright bars of three widths, which are their characters; some lines are blank."""

    def __init__(self, seed: int = 0) -> None:
        self.fingerprint = seed

    def __call__(self, index: int) -> FramedLine:
        random = np.random.default_rng([self.fingerprint, index])
        targets = tuple(random.integers(0, 3, random.integers(0, 4)).tolist())
        image = np.full((LINE_HEIGHT, 16 * random.integers(4, 7)), PAPER, np.uint8)
        for place, target in enumerate(targets):
            image[8:24, 4 + 16 * place : 7 + 16 * place + 4 * target] = 255
        return image, targets


MATERIAL = LineMaterial(Bars(), classes=4)
HELDOUT = [Bars(1)(index) for index in range(40)]


def drive(
    recipe: Recipe, folder: Path, *, until: int | None = None, resume: bool = False, seed: int = 0
) -> Training:
    job = Training(recipe, LineMaterial(Bars(seed), classes=4))
    if resume:
        take_up(job, folder)
    for _ in run(job, HELDOUT, folder=folder, stop=lambda: job.done == until):
        pass
    return job


def bits(job: Training) -> dict[str, Tensor]:
    return {**job.network.state_dict(), **{f"result.{k}": v for k, v in job.result.state_dict().items()}}


def same(one: Training, other: Training) -> bool:
    return all(map(torch.equal, bits(one).values(), bits(other).values())) and one.extra == other.extra


LINE_RECIPES = {
    "adam": RECIPE,
    "averaged, by muon": replace(RECIPE, average=0.9, optimizer=OptimizerSettings("muon", 0.02)),
    "accumulated": replace(RECIPE, accumulate=5),
    "patient": replace(RECIPE, patience=1, optimizer=OptimizerSettings("sgd", 1e-9)),
}


@pytest.mark.parametrize("recipe", LINE_RECIPES.values(), ids=LINE_RECIPES)
@pytest.mark.parametrize("until", [1, 6, 9])
def test_a_training_on_lines_that_was_stopped_ends_with_the_same_bits(
    recipe: Recipe, until: int, tmp_path: Path
) -> None:
    whole = drive(recipe, tmp_path / "whole")
    drive(recipe, tmp_path / "broken", until=until)
    torch.manual_seed(until)  # another process has another random state
    broken = drive(recipe, tmp_path / "broken", resume=True)
    assert whole.done == broken.done == 12
    assert same(whole, broken)


@pytest.mark.filterwarnings("ignore:This DataLoader will create")  # more than there are cores
def test_the_number_of_workers_changes_nothing(tmp_path: Path) -> None:
    alone = drive(RECIPE, tmp_path / "0")
    for workers in (1, 2):
        recipe = replace(RECIPE, workers=workers)
        drive(recipe, tmp_path / str(workers), until=5)
        assert same(alone, drive(recipe, tmp_path / str(workers), resume=True))
    before = torch.get_rng_state()
    next(iter(MATERIAL.batches(replace(RECIPE, workers=1), device=torch.device("cpu"), rank=0, world=1)))
    assert torch.equal(torch.get_rng_state(), before), "PyTorch's own random state is left alone"


def test_a_checkpoint_of_other_lines_is_refused(tmp_path: Path) -> None:
    drive(RECIPE, tmp_path, until=2)
    with pytest.raises(CheckpointError, match="other data"):
        drive(RECIPE, tmp_path, resume=True, seed=5)


def test_lines_are_learned_and_told_of_like_digits(tmp_path: Path) -> None:
    recipe = replace(
        RECIPE,
        network=NetworkSettings("line-reader", (8, 12, 16)),
        optimizer=OptimizerSettings("muon", 0.1, "linear"),
        epochs=30.0,
    )
    job = Training(recipe, MATERIAL)
    progress = list(run(job, HELDOUT, folder=tmp_path))
    measured = [p.heldout for p in progress if p.heldout is not None]
    assert len(measured) == 30
    assert measured[-1].loss < 0.3 * measured[0].loss
    assert measured[-1].accuracy > 0.7
    assert {p.step.examples for p in progress} == {6}
    lines = read_metrics(tmp_path / METRICS)
    assert [line["heldout_accuracy"] for line in lines if "heldout_accuracy" in line] == [
        m.accuracy for m in measured
    ]
    assert [line["step"] for line in lines if "loss" in line] == list(range(3, 181, 3))


def test_what_is_measured_of_lines_is_the_mean_over_them_one_by_one() -> None:
    job = Training(RECIPE, MATERIAL)
    for _ in job.steps():
        pass
    measured = job.measure(HELDOUT)
    assert job.network.training
    losses, right = [], []
    network = job.network.eval()
    for image, places in HELDOUT:
        labels = [place + 1 for place in places]
        with torch.inference_mode():
            frames = network(to_line_input(torch.from_numpy(image[None])))[:, 0].log_softmax(1).numpy()
        losses.append(-log_probability(frames, labels) / max(len(labels), 1))
        right.append(list(best_path(frames)) == labels)
    assert measured.accuracy == np.mean(right)
    assert measured.loss == pytest.approx(np.mean(losses), rel=1e-4)


def test_the_finder_sweeps_over_lines() -> None:
    search = find_learning_rate(RECIPE, MATERIAL, lowest=1e-5, highest=1.0, steps=20)
    assert 1e-5 < search.suggestion < 1


@pytest.mark.parametrize(
    ("batch_size", "epochs", "least_steps", "steps_per_epoch", "steps"),
    [(6, 2.0, 0, 6, 12), (6, 0.5, 0, 6, 3), (36, 1.0, 0, 1, 1), (100, 1.0, 0, 1, 1), (6, 1.0, 30, 6, 30)],
)
def test_an_epoch_of_lines_is_so_many_by_definition(
    batch_size: int, epochs: float, least_steps: int, steps_per_epoch: int, steps: int
) -> None:
    recipe = replace(RECIPE, batch_size=batch_size, epochs=epochs, least_steps=least_steps)
    batches = MATERIAL.batches(recipe, device=torch.device("cpu"), rank=0, world=1)
    assert (batches.steps_per_epoch, len(batches)) == (steps_per_epoch, steps)


def test_a_batch_of_lines_has_a_line_for_every_process() -> None:
    with pytest.raises(SettingsError, match="batch_size must be 7 at least"):
        MATERIAL.batches(RECIPE, device=torch.device("cpu"), rank=0, world=7)


class Frames(nn.Module):
    """Lines to frames by a single number."""

    def __init__(self) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.ones(1))

    def forward(self, x: Tensor) -> Tensor:
        return (self.w * x[:, 0, 0]).T[..., None] * torch.ones(4)  # (T, N, 4)


def test_no_share_of_lines_leaves_finite_zero_gradients() -> None:
    network = Frames()
    empty = Batch(0, torch.zeros(0, 1, LINE_HEIGHT, 16), torch.zeros(0, 1, dtype=torch.int64), joined=1)
    [step] = fit(network, [empty], criterion=make_criterion("ctc"), optimizer=SGD(network.parameters(), 1.0))
    assert float(step.loss) == 0
    assert network.w.item() == 1


def test_shares_of_lines_weigh_what_they_are_of_the_joined_batch() -> None:
    batches = MATERIAL.batches(RECIPE, device=torch.device("cpu"), rank=0, world=1)
    batch = next(iter(batches))
    network = build_network(RECIPE.network, classes=4).eval()
    network.train = lambda mode=True: network  # type: ignore[method-assign, assignment]
    gradients: list[Tensor] = []
    for parts in ([slice(None)], [slice(0, 4), slice(4, None)]):
        network.zero_grad()
        for part in parts:
            share = batch._replace(images=batch.images[part], targets=batch.targets[part])
            kept = SGD(network.parameters(), 0.0)
            kept.zero_grad = lambda: None  # type: ignore[method-assign]
            list(fit(network, [share], criterion=make_criterion("ctc"), optimizer=kept))
        gradients.append(network.logits.weight.grad.clone())  # type: ignore[union-attr, operator]
    torch.testing.assert_close(gradients[0], gradients[1], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("base", "changes", "said"),
    [
        ("quick", ["criterion=ctc"], "criterion=ctc does not fit a convnet."),
        ("lesson", ["criterion=ctc"], "criterion=ctc does not fit a perceptron."),
        ("lines", ["criterion=cross-entropy"], "criterion=cross-entropy does not fit a line-reader."),
        ("lines", ["label_smoothing=0.1"], "label_smoothing has no meaning for the criterion ctc."),
        ("lines", ["augmentation.shift=1"], "augmentation is of digits"),
        ("quick", ["network.name=line-reader"], "does not fit a line-reader"),
        ("lines", ["workers=-1"], "workers must be 0 or more"),
        ("lines", ["lines_per_epoch=0"], "lines_per_epoch must be at least 1"),
        ("lines", ["network.name=deepnet"], "criterion=ctc does not fit a deepnet."),
        ("lines", ["network.name=deepnet", "criterion=cross-entropy"], None),
        ("lines", ["workers=0", "network.widths=8,8,8"], None),
    ],
)
def test_what_is_of_digits_and_what_is_of_lines_does_not_mix(
    base: str, changes: list[str], said: str | None
) -> None:
    if said is None:
        override(RECIPES[base], changes)
        return
    with pytest.raises(SettingsError) as caught:
        override(RECIPES[base], changes)
    assert said in caught.value.message


def test_a_recipe_for_lines_knows_no_augmentation() -> None:
    with pytest.raises(SettingsError):
        replace(RECIPE, augmentation=Augmentation(rotation=3))


@pytest.mark.parametrize("changed", ["images", "targets"])
def test_the_fingerprint_of_digits_tells_every_bit(changed: str, sample: Any) -> None:
    images, targets = sample[0][:20].copy(), sample[1][:20].copy()
    before = DigitMaterial(images, targets).fingerprint
    assert DigitMaterial(images.copy(), targets.copy()).fingerprint == before
    if changed == "images":
        images[19, 27, 27] ^= 1
    else:
        targets[19] = (targets[19] + 1) % 10
    assert DigitMaterial(images, targets).fingerprint != before


def weights_file(path: Path, *, alphabet: str = "abc", widths: tuple[int, ...] = (4, 6, 8)) -> Path:
    settings = NetworkSettings("line-reader", widths)
    network = build_network(settings, classes=len(alphabet) + 1, seed=9).eval()
    save_weights(path, Weights(network, Header(settings, tuple(alphabet))))
    return path


@pytest.mark.parametrize("average", [0.0, 0.9])
def test_a_training_begins_with_the_weights_of_a_file(average: float, tmp_path: Path) -> None:
    path = weights_file(tmp_path / "w.safetensors")
    job = Training(replace(RECIPE, begin=str(path), average=average), MATERIAL)
    expected = build_network(RECIPE.network, classes=4, seed=9).state_dict()
    assert job.result.state_dict().keys() == expected.keys()
    assert all(torch.equal(value, expected[key]) for key, value in job.result.state_dict().items())
    assert job.network.training


def test_a_training_begins_with_the_weights_of_a_narrower_network(tmp_path: Path) -> None:
    path = weights_file(tmp_path / "w.safetensors", widths=(4, 5, 8))
    job = Training(replace(RECIPE, begin=str(path)), MATERIAL)
    images = torch.rand(2, 1, 32, 48)
    narrow = build_network(NetworkSettings("line-reader", (4, 5, 8)), classes=4, seed=9).eval()
    torch.testing.assert_close(job.result.eval()(images), narrow(images), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("others", "said"),
    [({"alphabet": "abcd"}, "with 5 classes"), ({"widths": (4, 6, 9)}, "of widths (4, 6, 9)")],
)
def test_weights_of_another_network_are_not_begun_with(
    others: dict[str, Any], said: str, tmp_path: Path
) -> None:
    path = weights_file(tmp_path / "w.safetensors", **others)
    with pytest.raises(SettingsError) as caught:
        Training(replace(RECIPE, begin=str(path)), MATERIAL)
    assert said in caught.value.message


def test_a_file_that_is_not_there_is_not_begun_with(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="does not exist"):
        Training(replace(RECIPE, begin=str(tmp_path / "absent")), MATERIAL)


class Scripted(Training):
    """A training whose held-out losses are given: the first is of what it begins with."""

    losses: Iterator[float]

    def measure(self, heldout: Any) -> Heldout:
        return Heldout(next(self.losses), 0.5)


@pytest.mark.parametrize(
    ("losses", "best"), [((1.0, 2.0, 3.0), 0), ((3.0, 1.0, 2.0, 2.5), 1), ((3.0, 2.0, 1.0), 2)]
)
def test_weights_that_are_begun_with_may_stay_the_best(
    losses: tuple[float, ...], best: int, tmp_path: Path
) -> None:
    path = weights_file(tmp_path / "w.safetensors")
    recipe = replace(RECIPE, begin=str(path), patience=2, epochs=float(len(losses) - 1))
    job = Scripted(recipe, MATERIAL)
    job.losses = iter(losses)
    kept = [next(job.network.parameters()).detach().clone()]
    for progress in run(job, HELDOUT):
        if progress.heldout:
            kept.append(next(job.network.parameters()).detach().clone())
    assert torch.equal(next(job.result.parameters()), kept[best])


def logits_and_labels(seed: int) -> tuple[Tensor, NDArray[np.int64]]:
    random = torch.Generator().manual_seed(seed)
    logits = torch.randn(9, 5, 4, generator=random, dtype=torch.float64) * 2
    lengths = torch.tensor([0, 1, 2, 3, 4])
    labels = torch.randint(1, 4, (5, 4), generator=random) * (torch.arange(4) < lengths[:, None])
    return logits.requires_grad_(), labels.numpy()


@pytest.mark.parametrize("seed", range(5))
def test_the_criterion_is_the_mean_surprise_of_a_label(seed: int) -> None:
    logits, labels = logits_and_labels(seed)
    loss = make_criterion("ctc")(logits, torch.from_numpy(labels))
    frames = logits.detach().log_softmax(2).numpy()
    surprises = [
        -log_probability(frames[:, line], row[row > 0].tolist()) / max((row > 0).sum(), 1)
        for line, row in enumerate(labels)
    ]
    assert loss.item() == pytest.approx(np.mean(surprises), rel=1e-6)

    # The gradient, by a small step along it.
    (gradient,) = torch.autograd.grad(loss, logits)
    moved = make_criterion("ctc")(logits.detach() + 1e-4 * gradient, torch.from_numpy(labels))
    assert (moved - loss).item() == pytest.approx(1e-4 * float(gradient.square().sum()), rel=1e-2)


def test_of_a_marked_line_only_the_mark_is_asked_for() -> None:
    """Mark 18 in any frame, by an oracle that adds up frame by frame; the number beside it is CTC's."""
    random = torch.Generator().manual_seed(0)
    logits = (torch.randn(7, 2, 21, generator=random, dtype=torch.float64) * 2).requires_grad_()
    labels = torch.tensor([[18, 0], [3, 5]])
    loss = make_criterion("ctc")(logits, labels)
    shown, nowhere = 0.0, 1.0
    for p in logits[:, 0].detach().softmax(1)[:, 18].tolist():
        shown, nowhere = shown + nowhere * p, nowhere * (1 - p)
    number = -log_probability(logits[:, 1].detach().log_softmax(1).numpy(), (3, 5)) / 2
    assert loss.item() == pytest.approx((-math.log(shown) + number) / 2, rel=1e-9)

    (gradient,) = torch.autograd.grad(loss, logits)
    moved = make_criterion("ctc")(logits.detach() + 1e-4 * gradient, labels)
    assert (moved - loss).item() == pytest.approx(1e-4 * float(gradient.square().sum()), rel=1e-2)


@pytest.mark.parametrize("logit", [-200.0, 200.0])
def test_a_mark_that_is_certain_or_impossible_has_a_finite_surprise(logit: float) -> None:
    logits = torch.zeros(6, 1, 21)
    logits[:, 0, 17] = logit
    logits.requires_grad_()
    loss = make_criterion("ctc")(logits, torch.tensor([[17]]))
    assert 0 <= loss.item() < 100
    assert torch.isfinite(torch.autograd.grad(loss, logits)[0]).all()


def test_filling_costs_nothing_and_labels_that_do_not_fit_neither() -> None:
    logits, labels = logits_and_labels(0)
    criterion = make_criterion("ctc")
    wider = torch.from_numpy(np.pad(labels, ((0, 0), (0, 3))))
    assert torch.equal(criterion(logits, wider), criterion(logits, torch.from_numpy(labels)))
    crowded = torch.ones(5, 9, dtype=torch.int64)  # nine equal labels need seventeen frames
    loss = criterion(logits, crowded)
    assert loss.item() == 0
    assert torch.autograd.grad(loss, logits)[0].abs().max() == 0
