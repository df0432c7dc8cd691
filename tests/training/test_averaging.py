"""The running mean of the weights, worked out by hand."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from inkling.training.averaging import WeightAverage, move_towards


def weigh(layer: nn.Module, value: float) -> None:
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.fill_(value)


@pytest.mark.parametrize(
    ("decay", "expected"),
    [
        # After the n-th update the part kept is the lesser of the decay and n / (n + 10).
        (0.999, [1 / 11 * 0 + 10 / 11 * 1, None]),
        (0.05, [0.05 * 0 + 0.95 * 1, 0.05 * 0.95 + 0.95 * 3]),
    ],
)
def test_the_mean_moves_by_the_part_that_is_not_kept(decay: float, expected: list[float | None]) -> None:
    layer = nn.Linear(1, 1)
    weigh(layer, 0.0)
    average = WeightAverage(layer, decay)
    found = []
    for value in (1.0, 3.0):
        weigh(layer, value)
        average.update(layer)
        found.append(average.network.weight.item())  # type: ignore[union-attr, operator]
    if expected[1] is None:
        expected[1] = 2 / 12 * expected[0] + 10 / 12 * 3  # type: ignore[operator]
    assert found == pytest.approx(expected)
    assert layer.weight.item() == 3


def test_trained_weights_count_as_much_as_those_after_them_until_the_decay_is_reached() -> None:
    layer = nn.Linear(1, 1)
    weigh(layer, 4.0)
    average = WeightAverage(layer, 0.75, fresh=False)
    found = []
    for value in (1.0, 2.0, 5.0, 7.0):
        weigh(layer, value)
        average.update(layer)
        found.append(average.network.weight.item())  # type: ignore[union-attr, operator]
    assert found == pytest.approx([5 / 2, 7 / 3, 12 / 4, 0.75 * 3 + 0.25 * 7])


def test_normalisation_statistics_are_averaged_and_counters_copied() -> None:
    layer = nn.BatchNorm2d(2)
    average = WeightAverage(layer, 0.5)
    layer(torch.randn(4, 2, 3, 3, generator=torch.Generator().manual_seed(0)) + 5)
    average.update(layer)
    mean = layer.running_mean
    assert mean is not None
    torch.testing.assert_close(average.network.running_mean, mean * (10 / 11))
    assert average.network.num_batches_tracked == layer.num_batches_tracked == 1
    assert not average.network.training
    assert layer.training


def test_the_mean_of_weights_that_stand_still_is_those_weights() -> None:
    layer = nn.Linear(3, 2)
    average = WeightAverage(layer, 0.9)
    for _ in range(30):
        average.update(layer)
    torch.testing.assert_close(average.network.weight, layer.weight)


@given(st.floats(0, 1), st.integers(0, 10**6))
def test_a_network_moves_so_far_towards_another(part: float, seed: int) -> None:
    torch.manual_seed(seed)
    here, there = (nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3)) for _ in range(2))
    there(torch.randn(4, 2))
    before = {name: value.clone() for name, value in here.state_dict().items()}
    move_towards(here, there, part)
    for name, value in here.state_dict().items():
        goal = there.state_dict()[name]
        expected = before[name] + part * (goal - before[name]) if value.is_floating_point() else goal
        torch.testing.assert_close(value, expected)
