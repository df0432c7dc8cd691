"""What one step did, by hand; and the learning rate that a sweep suggests."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from inkling.errors import UnknownNameError
from inkling.networks.build import NetworkSettings, build_network
from inkling.training.criteria import make_criterion
from inkling.training.finder import find_learning_rate
from inkling.training.inspector import inspect_step
from inkling.training.material import DigitMaterial
from inkling.training.observers import LayerGauge
from inkling.training.optimizers import SGD, OptimizerSettings
from inkling.training.recipes import Recipe
from inkling.training.session import Training
from inkling.transforms.normalize import to_input

Sample = tuple[NDArray[np.uint8], NDArray[np.int64]]

CRITERION = make_criterion("cross-entropy")


def batch(sample: Sample, count: int = 64) -> tuple[Tensor, Tensor]:
    return to_input(torch.from_numpy(sample[0][:count])), torch.from_numpy(sample[1][:count])


@pytest.mark.parametrize("name", ["perceptron", "convnet"])
def test_gradients_that_are_not_zeroed_add_up(name: str, sample: Sample) -> None:
    network = build_network(NetworkSettings(name, (6,)))
    shown = inspect_step(
        network, *batch(sample), criterion=CRITERION, optimizer=OptimizerSettings("sgd", 0.1)
    )
    assert len(shown.accumulated) == 4
    assert np.abs(shown.gradient).max() > 0
    for times, accumulated in enumerate(shown.accumulated, start=1):
        np.testing.assert_allclose(accumulated, times * shown.gradient, rtol=1e-4, atol=1e-6)


def test_the_gradient_is_autograds_and_the_step_is_the_rules(sample: Sample) -> None:
    network = build_network(NetworkSettings("perceptron", (6,)))
    images, targets = batch(sample)
    shown = inspect_step(
        network, images, targets, criterion=CRITERION, optimizer=OptimizerSettings("sgd", 0.25)
    )
    weight = network.get_parameter("fc1.weight")
    loss = CRITERION(network(images), targets)
    gradient = torch.autograd.grad(loss, weight)[0].numpy()

    assert (shown.parameter, shown.learning_rate) == ("fc1.weight", 0.25)
    np.testing.assert_array_equal(shown.before, weight.detach().numpy())
    np.testing.assert_allclose(shown.gradient, gradient, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(shown.after, shown.before - 0.25 * shown.gradient, rtol=1e-6, atol=1e-7)
    assert shown.loss_before == pytest.approx(loss.item(), rel=1e-6)
    assert shown.loss_after < shown.loss_before


def test_the_loss_after_is_that_of_the_stepped_network(sample: Sample) -> None:
    network = build_network(NetworkSettings("perceptron", (6,)))
    images, targets = batch(sample)
    shown = inspect_step(
        network, images, targets, criterion=CRITERION, optimizer=OptimizerSettings("sgd", 0.1)
    )
    stepped = copy.deepcopy(network)
    rule = torch.optim.SGD(stepped.parameters(), 0.1)
    CRITERION(stepped(images), targets).backward()
    rule.step()
    assert shown.loss_after == pytest.approx(CRITERION(stepped(images), targets).item(), rel=1e-6)


@pytest.mark.parametrize("rule", ["sgd", "adam", "muon"])
def test_the_network_is_left_alone(rule: str, sample: Sample) -> None:
    network = build_network(NetworkSettings("convnet", (6,))).eval()
    before = copy.deepcopy(network.state_dict())
    inspect_step(network, *batch(sample), criterion=CRITERION, optimizer=OptimizerSettings(rule, 0.1))
    assert not network.training
    assert all(p.grad is None for p in network.parameters())
    assert all(torch.equal(before[key], value) for key, value in network.state_dict().items())


@pytest.mark.parametrize(
    ("parameter", "passes", "shape"),
    [("logits.bias", 2, (10,)), ("fc1.bias", 1, (6,)), ("logits.weight", 6, (10, 6))],
)
def test_any_parameter_and_any_number_of_passes_can_be_shown(
    parameter: str, passes: int, shape: tuple[int, ...], sample: Sample
) -> None:
    network = build_network(NetworkSettings("perceptron", (6,)))
    shown = inspect_step(
        network,
        *batch(sample),
        criterion=CRITERION,
        optimizer=OptimizerSettings(),
        parameter=parameter,
        passes=passes,
    )
    assert shown.before.shape == shown.gradient.shape == shown.after.shape == shape
    assert [a.shape for a in shown.accumulated] == [shape] * passes


def test_an_unknown_parameter_suggests_the_nearest(sample: Sample) -> None:
    network = build_network(NetworkSettings("perceptron", (6,)))
    with pytest.raises(UnknownNameError, match=r"Did you mean 'fc1.weight'"):
        inspect_step(
            network,
            *batch(sample),
            criterion=CRITERION,
            optimizer=OptimizerSettings(),
            parameter="fc1.weights",
        )


def test_the_layer_gauge_gives_the_numbers_worked_out_by_hand() -> None:
    layer = nn.Linear(2, 1)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[3.0, 4.0]]))
        layer.bias.zero_()
    gauge = LayerGauge(layer)
    gauge.watch()
    layer.weight.grad, layer.bias.grad = torch.tensor([[6.0, 8.0]]), torch.tensor([2.0])
    SGD(layer.parameters(), 0.1).step()
    sizes = gauge.measure(0.1)
    # Gradient (6, 8): root of the mean of 36 and 64. Update −0.1 times it: (−0.6, −0.8), of norm 1
    # against a weight of norm 5.
    assert sizes["gradient"] == pytest.approx({"weight": 50**0.5, "bias": 2.0})
    assert sizes["update"] == pytest.approx({"weight": 0.5**0.5, "bias": 0.2})
    assert sizes["update_share"]["weight"] == pytest.approx(0.2)


def test_a_step_that_left_no_gradient_behind_has_the_one_that_its_update_came_from() -> None:
    layer = nn.Linear(2, 1)
    gauge = LayerGauge(layer)
    gauge.watch()
    with torch.no_grad():
        layer.weight -= 0.1 * torch.tensor([[6.0, 8.0]])
    sizes = gauge.measure(0.1)
    assert sizes["gradient"] == pytest.approx({"weight": 50**0.5, "bias": 0.0}, rel=1e-5)


RECIPE = Recipe(
    network=NetworkSettings("perceptron", (16,)), batch_size=32, precision="float32", compile="off"
)


@pytest.mark.parametrize("rule", ["sgd", "adam"])
def test_the_suggested_rate_lies_in_the_sweep_and_lowers_the_loss(rule: str, sample: Sample) -> None:
    recipe = replace(RECIPE, optimizer=OptimizerSettings(rule, schedule="linear"), epochs=3.0)
    search = find_learning_rate(recipe, DigitMaterial(*sample), lowest=1e-5, highest=10, steps=80)
    assert search.rates[0] == pytest.approx(1e-5)
    assert 1e-5 < search.suggestion < search.rates[-1]
    assert len(search.rates) == len(search.losses) <= 80
    np.testing.assert_allclose(search.rates[1:] / search.rates[:-1], 1e6 ** (1 / 79), rtol=1e-6)

    job = Training(
        replace(recipe, optimizer=OptimizerSettings(rule, search.suggestion)), DigitMaterial(*sample)
    )
    losses = [float(step.loss) for step in job.steps()]
    assert np.mean(losses[-5:]) < 0.7 * np.mean(losses[:5])


def test_the_sweep_ends_when_the_loss_explodes(sample: Sample) -> None:
    search = find_learning_rate(RECIPE, DigitMaterial(*sample), lowest=1e-3, highest=1e6, steps=100)
    assert len(search.rates) < 100
    assert np.isfinite(search.losses).all()


def test_the_losses_are_smoothed_as_documented(sample: Sample) -> None:
    search = find_learning_rate(RECIPE, DigitMaterial(*sample), lowest=1e-4, highest=1e-3, steps=5)
    factor = 10 ** (1 / 4)
    job = Training(
        replace(RECIPE, optimizer=OptimizerSettings("sgd", 1.0), epochs=1.0), DigitMaterial(*sample)
    )
    total = job.total
    raw = [float(s.loss) for s in job.steps(lambda progress: 1e-4 * factor ** (progress * total))][:5]
    weights = [np.array([0.9 ** (last - place) for place in range(last + 1)]) for last in range(5)]
    expected = [np.average(raw[: len(w)], weights=w) for w in weights]
    np.testing.assert_allclose(search.losses, expected, rtol=1e-5)
    assert search.suggestion == pytest.approx(search.rates[np.argmin(expected)] / 10)
