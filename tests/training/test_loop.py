"""`fit`, worked out by hand on a line, and against itself taken apart differently."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from inkling.networks.build import NetworkSettings, build_network
from inkling.training.criteria import make_criterion
from inkling.training.loop import Step, fit
from inkling.training.optimizers import SGD, Adam
from inkling.training.schedules import linear
from inkling.transforms.batches import Batch, ResidentBatches

Sample = tuple[NDArray[np.uint8], NDArray[np.int64]]


class Line(nn.Module):
    """y = w x, starting at w = 1."""

    def __init__(self) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.ones(1))

    def forward(self, x: Tensor) -> Tensor:
        return self.w * x


def squared(output: Tensor, target: Tensor) -> Tensor:
    return ((output - target) ** 2).mean()


def points(*pairs: tuple[float, float], epoch: int = 0) -> Batch:
    x, y = (torch.tensor(values) for values in zip(*pairs, strict=True))
    return Batch(epoch, x, y, len(pairs))


def test_two_steps_on_a_line_worked_out_by_hand() -> None:
    line = Line()
    steps = list(
        fit(
            line,
            [points((1.0, 3.0)), points((2.0, 4.0))],
            criterion=squared,
            optimizer=SGD(line.parameters(), 0.1),
        )
    )
    # Loss (1·1 − 3)² = 4, gradient 2·(1 − 3)·1 = −4, so w becomes 1 + 0.1·4 = 1.4.
    # Loss (1.4·2 − 4)² = 1.44, gradient 2·(2.8 − 4)·2 = −4.8, so w becomes 1.88.
    assert [float(step.loss) for step in steps] == pytest.approx([4, 1.44])
    assert line.w.item() == pytest.approx(1.88)
    assert [(s.number, s.epoch, s.examples, s.learning_rate) for s in steps] == [
        (1, 0, 1, 0.1),
        (2, 0, 1, 0.1),
    ]
    assert all(step.seconds >= 0 and not step.loss.requires_grad for step in steps)


def test_accumulating_two_batches_worked_out_by_hand() -> None:
    line = Line()
    batches = [points((1.0, 3.0)), points((2.0, 4.0)), points((1.0, 3.0)), points((1.0, 3.0))]
    weights = []
    for _ in fit(line, batches, criterion=squared, optimizer=SGD(line.parameters(), 0.1), accumulate=2):
        weights.append(line.w.item())
    # Gradients −4 and 2·(2 − 4)·2 = −8 at w = 1; their mean −6 gives 1.6 at the second batch.
    # Then −2.8 twice, so 1.88 at the fourth.
    assert weights == pytest.approx([1, 1.6, 1.6, 1.88])


def test_the_batches_that_are_left_at_the_end_make_an_update_of_their_own() -> None:
    line = Line()
    batches = [points((1.0, 3.0))] * 3
    weights = []
    for _ in fit(line, batches, criterion=squared, optimizer=SGD(line.parameters(), 0.1), accumulate=2):
        weights.append(line.w.item())
    # Gradient −4 twice: 1.4 at the second batch. Then −3.2 alone, not halved: 1.72.
    assert weights == pytest.approx([1, 1.4, 1.72])


def test_the_rate_follows_the_schedule_over_the_progress() -> None:
    line = Line()
    batches = [points((0.0, 0.0))] * 4
    optimizer = SGD(line.parameters(), 0.8)
    rates = [
        s.learning_rate for s in fit(line, batches, criterion=squared, optimizer=optimizer, schedule=linear)
    ]
    assert rates == pytest.approx([0.8, 0.6, 0.4, 0.2])


def test_a_training_that_goes_on_counts_on_and_has_the_rates_of_its_place() -> None:
    line = Line()
    steps = list(
        fit(
            line,
            [points((0.0, 0.0))] * 2,
            criterion=squared,
            optimizer=SGD(line.parameters(), 0.8),
            schedule=linear,
            total=4,
            done=2,
        )
    )
    assert [step.number for step in steps] == [3, 4]
    assert [step.learning_rate for step in steps] == pytest.approx([0.4, 0.2])


def test_nothing_is_done_before_it_is_asked_for() -> None:
    line = Line()
    optimizer = SGD(line.parameters(), 0.1)
    steps = fit(line, [points((1.0, 3.0))] * 2, criterion=squared, optimizer=optimizer)
    assert line.w.item() == 1
    next(steps)
    assert line.w.item() == pytest.approx(1.4)


def test_a_share_of_a_joined_batch_weighs_what_it_is_of_it() -> None:
    line = Line()
    share = Batch(0, torch.tensor([1.0]), torch.tensor([3.0]), joined=4)
    list(fit(line, [share], criterion=squared, optimizer=SGD(line.parameters(), 0.1)))
    assert line.w.item() == pytest.approx(1 + 0.1 * 4 / 4)


@pytest.mark.parametrize("name", ["perceptron", "convnet"])
def test_no_share_at_all_leaves_finite_zero_gradients(name: str) -> None:
    network = build_network(NetworkSettings(name, (4,))).eval()
    network.train = lambda mode=True: network  # type: ignore[method-assign, assignment]
    empty = Batch(0, torch.zeros(0, 1, 28, 28), torch.zeros(0, dtype=torch.int64), joined=1)
    before = copy.deepcopy(network.state_dict())
    optimizer = SGD(network.parameters(), 0.1)
    [step] = fit(network, [empty], criterion=make_criterion("cross-entropy"), optimizer=optimizer)
    assert float(step.loss) == 0
    assert all(torch.equal(before[key], value) for key, value in network.state_dict().items())


def trained(sample: Sample, make: Any, **settings: Any) -> tuple[nn.Module, list[Step]]:
    network = build_network(NetworkSettings("perceptron", (16,)), seed=1)
    batch_size = settings.pop("batch_size", 64)
    batches = ResidentBatches(sample[0][:512], sample[1][:512], batch_size=batch_size)
    criterion = make_criterion("cross-entropy")
    steps = list(fit(network, batches, criterion=criterion, optimizer=make(network.parameters()), **settings))
    return network, steps


def close(one: nn.Module, other: nn.Module) -> None:
    for mine, theirs in zip(one.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-6)


def test_two_batches_of_32_accumulated_are_one_of_64(sample: Sample) -> None:
    whole, _ = trained(sample, lambda p: SGD(p, 0.1, momentum=0.5), batch_size=64)
    halves, steps = trained(sample, lambda p: SGD(p, 0.1, momentum=0.5), batch_size=32, accumulate=2)
    assert len(steps) == 16
    close(whole, halves)


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        (lambda p: SGD(p, 0.1, momentum=0.9), lambda p: torch.optim.SGD(p, 0.1, momentum=0.9)),
        (lambda p: Adam(p, 0.01), lambda p: torch.optim.Adam(p, 0.01)),
    ],
    ids=["SGD", "Adam"],
)
def test_an_optimizer_of_pytorchs_does_the_same(mine: Any, theirs: Any, sample: Sample) -> None:
    close(trained(sample, mine, schedule=linear)[0], trained(sample, theirs, schedule=linear)[0])


def test_the_network_is_put_into_training_mode(sample: Sample) -> None:
    network = build_network(NetworkSettings("convnet", (4,))).eval()
    modes = []

    def watched() -> Iterator[Batch]:
        for batch in ResidentBatches(sample[0][:64], sample[1][:64], batch_size=32):
            modes.append(network.training)
            yield batch

    criterion = make_criterion("cross-entropy")
    list(fit(network, watched(), criterion=criterion, optimizer=SGD(network.parameters(), 0.1), total=2))
    assert modes == [True, True]


def test_bfloat16_keeps_the_weights_in_float32(sample: Sample) -> None:
    exact, _ = trained(sample, lambda p: SGD(p, 0.05))
    rough, steps = trained(sample, lambda p: SGD(p, 0.05), precision=torch.bfloat16)
    assert {p.dtype for p in rough.parameters()} == {torch.float32}
    assert steps[-1].loss.dtype == torch.float32
    for one, other in zip(exact.parameters(), rough.parameters(), strict=True):
        assert not torch.equal(one, other)
        torch.testing.assert_close(one, other, rtol=0, atol=0.01)
