"""The rules against `torch.optim`, update by update, and Muon against the singular value decomposition."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from inkling.errors import SettingsError, UnknownNameError, UsageError
from inkling.training.optimizers import (
    OPTIMIZERS,
    SGD,
    Adam,
    AdamW,
    Muon,
    Optimizer,
    OptimizerSettings,
    make_optimizer,
    orthogonalize,
)


def toy(seed: int = 0) -> nn.Sequential:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 4), nn.Tanh(), nn.Linear(4, 3)).double()


def descend(network: nn.Module, optimizer: Any, steps: int, *, first: int = 0) -> None:
    """Take steps on a small problem whose data change from step to step."""
    for number in range(first, first + steps):
        random = torch.Generator().manual_seed(number)
        inputs = torch.randn(16, 6, generator=random, dtype=torch.float64)
        targets = torch.randint(0, 3, (16,), generator=random)
        optimizer.zero_grad()
        nn.functional.cross_entropy(network(inputs), targets).backward()
        optimizer.step()


def weights(network: nn.Module) -> Tensor:
    return nn.utils.parameters_to_vector(network.parameters()).detach()


@pytest.mark.parametrize(
    ("mine", "theirs", "settings"),
    [
        (SGD, torch.optim.SGD, {}),
        (SGD, torch.optim.SGD, {"momentum": 0.9}),
        (SGD, torch.optim.SGD, {"momentum": 0.9, "nesterov": True}),
        (SGD, torch.optim.SGD, {"weight_decay": 0.1}),
        (SGD, torch.optim.SGD, {"momentum": 0.5, "nesterov": True, "weight_decay": 0.1}),
        (Adam, torch.optim.Adam, {}),
        (Adam, torch.optim.Adam, {"betas": (0.7, 0.9), "eps": 1e-4}),
        (Adam, torch.optim.Adam, {"weight_decay": 0.1}),
        (AdamW, torch.optim.AdamW, {"weight_decay": 0.0}),
        (AdamW, torch.optim.AdamW, {"weight_decay": 0.1, "betas": (0.8, 0.95)}),
    ],
)
def test_twenty_steps_go_where_pytorch_goes(
    mine: Callable[..., Optimizer], theirs: Callable[..., Any], settings: dict[str, Any]
) -> None:
    here, there = toy(), toy()
    descend(here, mine(here.parameters(), 0.1, **settings), 20)
    descend(there, theirs(there.parameters(), 0.1, **settings), 20)
    torch.testing.assert_close(weights(here), weights(there), rtol=1e-9, atol=1e-12)
    assert not torch.allclose(weights(here), weights(toy()))


def test_a_learning_rate_set_between_steps_holds_from_the_next_step_on() -> None:
    here, there = toy(), toy()
    mine = Adam(here.parameters(), 0.1)
    theirs = torch.optim.Adam(there.parameters(), 0.1)
    for number in range(6):
        for network, optimizer in ((here, mine), (there, theirs)):
            optimizer.param_groups[0]["lr"] = 0.1 / (number + 1)
            descend(network, optimizer, 1, first=number)
    torch.testing.assert_close(weights(here), weights(there), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("rule", [SGD, Adam, AdamW])
def test_a_parameter_that_the_loss_does_not_depend_on_stays(rule: Callable[..., Optimizer]) -> None:
    used, unused = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    optimizer = rule([used, unused], 0.1)
    optimizer.zero_grad()
    used.sum().backward()
    optimizer.step()
    assert unused.tolist() == [1, 1]
    assert used.tolist() == pytest.approx([0.9, 0.9])


def test_zero_grad_forgets_what_else_adds_up() -> None:
    weight = torch.ones(1, requires_grad=True)
    optimizer = SGD([weight], 0.1)
    for _ in range(2):
        (3 * weight).sum().backward()
    assert weight.grad is not None
    assert weight.grad.item() == 6
    optimizer.zero_grad()
    assert weight.grad is None


@pytest.mark.parametrize(
    "settings",
    [
        OptimizerSettings("sgd", 0.1),
        OptimizerSettings("sgd", 0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
        OptimizerSettings("adam", 0.01, momentum=0.8, second_momentum=0.95),
        OptimizerSettings("adamw", 0.01, weight_decay=0.1),
        OptimizerSettings("muon", 0.05),
    ],
    ids=lambda settings: f"{settings.name} {settings.momentum}",
)
def test_a_state_taken_out_and_put_back_changes_nothing(settings: OptimizerSettings) -> None:
    whole = toy()
    descend(whole, make_optimizer(settings, whole), 8)

    begun = toy()
    first = make_optimizer(settings, begun)
    descend(begun, first, 5)
    resumed = toy(seed=1)
    second = make_optimizer(settings, resumed)
    resumed.load_state_dict(begun.state_dict())
    second.load_state_dict(first.state_dict())
    descend(resumed, second, 3, first=5)
    assert torch.equal(weights(resumed), weights(whole))


def test_a_state_of_another_network_is_refused() -> None:
    small = nn.Linear(2, 2)
    state = make_optimizer(OptimizerSettings("adam"), small).state_dict()
    with pytest.raises((RuntimeError, ValueError)):
        make_optimizer(OptimizerSettings("adam"), toy()).load_state_dict(state)


shapes = st.tuples(st.integers(2, 24), st.integers(2, 24))


@given(shape=shapes, seed=st.integers(0, 1000), size=st.floats(1e-3, 1e3))
def test_five_iterations_bring_the_singular_values_near_one_and_keep_the_directions(
    shape: tuple[int, int], seed: int, size: float
) -> None:
    random = np.random.default_rng(seed)
    u, _ = np.linalg.qr(random.normal(size=(shape[0], min(shape))))
    v, _ = np.linalg.qr(random.normal(size=(shape[1], min(shape))))
    matrix = torch.from_numpy(u * random.uniform(0.2, 1, min(shape)) @ v.T * size)
    found = orthogonalize(matrix, iterations=5)
    values = torch.linalg.svdvals(found)
    assert 0.3 < float(values.min()) <= float(values.max()) < 1.5
    # The same singular vectors: between them the result is diagonal.
    inside = u.T @ found.numpy() @ v
    np.testing.assert_allclose(inside - np.diag(np.diag(inside)), 0, atol=1e-6)


@given(factor=st.floats(1e-2, 1e2), iterations=st.integers(1, 5))
def test_the_size_of_a_gradient_does_not_matter_and_transposing_is_transposing(
    factor: float, iterations: int
) -> None:
    matrix = torch.from_numpy(np.random.default_rng(0).normal(size=(7, 4)))
    once = orthogonalize(matrix, iterations=iterations)
    torch.testing.assert_close(
        orthogonalize(matrix * factor, iterations=iterations), once, rtol=1e-3, atol=1e-5
    )
    torch.testing.assert_close(orthogonalize(matrix.T, iterations=iterations).T, once)


def test_a_kernel_counts_as_a_matrix_of_a_row_per_output() -> None:
    kernel = torch.from_numpy(np.random.default_rng(0).normal(size=(4, 3, 3, 3)))
    expected = orthogonalize(kernel.reshape(4, 27)).reshape(4, 3, 3, 3)
    torch.testing.assert_close(orthogonalize(kernel), expected)
    in_another_order = kernel.to(memory_format=torch.channels_last)
    torch.testing.assert_close(orthogonalize(in_another_order), expected)


def test_what_has_died_counts_as_nothing() -> None:
    """Running gradients of it shrink below what processors compute with at full speed."""
    matrix = torch.from_numpy(np.random.default_rng(0).normal(size=(6, 9))).float()
    dead, dying = matrix.clone(), matrix.clone()
    dead[2], dying[2] = 0.0, matrix[2] * 1e-40
    assert dying[2].abs().max() > 0
    assert torch.equal(orthogonalize(dying), orthogonalize(dead))


def test_no_gradient_stays_none() -> None:
    assert orthogonalize(torch.zeros(3, 4)).abs().max() == 0


def test_muon_steps_as_its_docstring_says() -> None:
    network, reference = toy(), toy()
    muon = Muon(network.parameters(), 0.1, momentum=0.6, betas=(0.7, 0.9), iterations=3)
    old = [p.detach().clone() for p in reference.parameters()]
    hidden, adams = (0, 2), (1, 3, 4, 5)  # weights of all but the last layer; the rest is Adam's
    adam = torch.optim.Adam([list(reference.parameters())[i] for i in adams], 0.02, betas=(0.7, 0.9))
    velocity = {i: torch.zeros_like(old[i]) for i in hidden}
    for number in range(3):
        descend(network, muon, 1, first=number)
        descend(reference, adam, 1, first=number)
        with torch.no_grad():
            for i in hidden:
                p = list(reference.parameters())[i]
                assert p.grad is not None
                velocity[i] = 0.6 * velocity[i] + p.grad
                ahead = p.grad + 0.6 * velocity[i]
                p.copy_(p * len(p) ** 0.5 / p.norm() - 0.1 * orthogonalize(ahead, iterations=3))
                p.grad = None
        torch.testing.assert_close(weights(network), weights(reference), rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"name": "sgd", "momentum": 0.9, "nesterov": True}, None),
        ({"name": "adm"}, (UnknownNameError, "Did you mean 'adam'?")),
        ({"schedule": "liner"}, (UnknownNameError, "Did you mean 'linear'?")),
        ({"learning_rate": 0.0}, (SettingsError, "optimizer.learning_rate must be more than 0")),
        ({"learning_rate": float("nan")}, (SettingsError, "optimizer.learning_rate")),
        ({"learning_rate": float("inf")}, (SettingsError, "optimizer.learning_rate")),
        ({"momentum": 1.0}, (SettingsError, "optimizer.momentum must be from 0 to below 1")),
        ({"second_momentum": -0.1}, (SettingsError, "optimizer.second_momentum")),
        ({"weight_decay": -1.0}, (SettingsError, "optimizer.weight_decay")),
        ({"nesterov": True}, (SettingsError, "optimizer.nesterov needs sgd with a momentum")),
        ({"name": "adam", "nesterov": True, "momentum": 0.9}, (SettingsError, "optimizer.nesterov")),
        ({"name": "muon", "weight_decay": 0.1}, (SettingsError, "optimizer.weight_decay has no meaning")),
    ],
)
def test_settings_fit_or_say_why_not(
    settings: dict[str, Any], error: tuple[type[UsageError], str] | None
) -> None:
    if error is None:
        assert OptimizerSettings(**settings).nesterov
        return
    with pytest.raises(error[0]) as caught:
        OptimizerSettings(**settings)
    assert error[1] in str(caught.value)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_each_name_makes_a_rule_that_lowers_the_loss(name: str) -> None:
    network = toy()
    inputs = torch.randn(64, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    targets = (inputs[:, 0] > 0).long()
    optimizer = make_optimizer(OptimizerSettings(name, 0.05), network)
    losses = []
    for _ in range(40):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(network(inputs), targets)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.8 * losses[0]
