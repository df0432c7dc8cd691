"""Rules that turn gradients into updates.

They follow the protocol of `torch.optim` where the loop touches it (`param_groups`, `zero_grad`,
`step`, `state_dict`), so either kind may be given to `fit`. They are written out here because the
update is what Inkling shows, because all tensors are updated in one call, and because making the
first optimizer of `torch.optim` imports a second of code that training a small network never uses.
The tests hold them against `torch.optim`, update by update.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import hardshrink

from inkling.errors import SettingsError, UnknownNameError


class Optimizer:
    """What the rules share: parameters in groups, each with its learning rate `lr`."""

    state_names: tuple[str, ...] = ()
    """The tensors that a rule remembers for every parameter."""

    def __init__(self, parameters: Iterable[Tensor], lr: float) -> None:
        self.param_groups: list[dict[str, Any]] = [{"params": list(parameters), "lr": lr}]
        self.steps = 0
        self.state: dict[str, list[Tensor]] = {
            name: [torch.zeros_like(p) for p in self.parameters] for name in self.state_names
        }

    @property
    def parameters(self) -> list[Tensor]:
        """The tensors that are updated."""
        return self.param_groups[0]["params"]

    @property
    def lr(self) -> float:
        """The learning rate now; a schedule sets it before each step."""
        return self.param_groups[0]["lr"]

    def zero_grad(self) -> None:
        """Forget the gradients of the step before; else the next ones are added to them."""
        for parameter in self.parameters:
            parameter.grad = None

    def gradients(self) -> list[Tensor]:
        """Every parameter's gradient; zeros for one that the loss does not depend on."""
        return [torch.zeros_like(p) if p.grad is None else p.grad for p in self.parameters]

    def step(self) -> None:
        """Update the parameters from their gradients."""
        raise NotImplementedError

    def state_dict(self) -> dict[str, Any]:
        """Everything that a later step depends on, beside parameters and learning rate."""
        return {"steps": self.steps, "state": {name: list(values) for name, values in self.state.items()}}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what `state_dict` gave."""
        self.steps = state["steps"]
        for name, values in self.state.items():
            for mine, saved in zip(values, state["state"][name], strict=True):
                mine.copy_(saved)


class SGD(Optimizer):
    """Gradient descent: p ← p − lr · g, with momentum v ← μ v + g in place of g if wanted.

    Args:
        parameters: The tensors to update.
        lr: Learning rate.
        momentum: μ, 0 to 1.
        nesterov: Look ahead: p ← p − lr · (g + μ v).
        weight_decay: Added to the gradient, times the parameter.
    """

    def __init__(
        self,
        parameters: Iterable[Tensor],
        lr: float,
        *,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float = 0.0,
    ) -> None:
        self.momentum = momentum
        self.nesterov = nesterov
        self.weight_decay = weight_decay
        self.state_names = ("velocity",) if momentum else ()
        super().__init__(parameters, lr)

    @torch.no_grad()
    def step(self) -> None:
        """Update the parameters from their gradients."""
        gradients: Any = self.gradients()
        if self.weight_decay:
            gradients = torch._foreach_add(gradients, self.parameters, alpha=self.weight_decay)
        if self.momentum:
            velocity = self.state["velocity"]
            torch._foreach_mul_(velocity, self.momentum)
            torch._foreach_add_(velocity, gradients)
            if self.nesterov:
                gradients = torch._foreach_add(gradients, velocity, alpha=self.momentum)
            else:
                gradients = velocity
        torch._foreach_add_(self.parameters, gradients, alpha=-self.lr)
        self.steps += 1


class Adam(Optimizer):
    """Steps scaled by running means of the gradient and of its square (Kingma and Ba, 2014).

    Args:
        parameters: The tensors to update.
        lr: Learning rate.
        betas: Decay of the two running means, per step.
        eps: Keeps the division finite.
        weight_decay: Added to the gradient, times the parameter.
    """

    state_names = ("mean", "square")
    decoupled = False

    def __init__(
        self,
        parameters: Iterable[Tensor],
        lr: float,
        *,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(parameters, lr)
        self.betas = betas
        self.eps = eps
        self.weight_decay = weight_decay

    @torch.no_grad()
    def step(self) -> None:
        """Update the parameters from their gradients."""
        self.steps += 1
        first, second = self.betas
        mean, square = self.state["mean"], self.state["square"]
        gradients: Any = self.gradients()
        if self.weight_decay and self.decoupled:
            torch._foreach_mul_(self.parameters, 1 - self.lr * self.weight_decay)
        elif self.weight_decay:
            gradients = torch._foreach_add(gradients, self.parameters, alpha=self.weight_decay)
        torch._foreach_lerp_(mean, gradients, 1 - first)
        torch._foreach_mul_(square, second)
        torch._foreach_addcmul_(square, gradients, gradients, value=1 - second)
        # Both means start at zero; dividing by 1 - beta^t undoes that.
        spread: Any = torch._foreach_sqrt(square)
        torch._foreach_div_(spread, math.sqrt(1 - second**self.steps))
        torch._foreach_add_(spread, self.eps)
        torch._foreach_addcdiv_(self.parameters, mean, spread, value=-self.lr / (1 - first**self.steps))


class AdamW(Adam):
    """Adam whose weight decay shrinks the parameters themselves (Loshchilov and Hutter, 2017)."""

    decoupled = True


class Muon(Optimizer):
    """Momentum whose update of each matrix is made orthogonal (Jordan et al., 2024).

    Convolution kernels count as matrices (outputs × all else). As in the fastest public CIFAR-10
    trainings, each matrix is first scaled to a norm of √rows, so that `lr` is the part of it that
    a step replaces. Vectors and the last layer, for which that makes no sense, are Adam's, with a
    fifth of the learning rate.

    Args:
        parameters: The tensors to update, the last layer's weight and bias at the end.
        lr: Learning rate.
        momentum: Decay of the running gradient, per step; looked ahead as Nesterov does.
        betas: Of Adam's share.
        iterations: Newton-Schulz iterations; few suffice, the result need only be near orthogonal.
    """

    state_names = ("velocity",)

    def __init__(
        self,
        parameters: Iterable[Tensor],
        lr: float,
        *,
        momentum: float = 0.6,
        betas: tuple[float, float] = (0.7, 0.9),
        iterations: int = 3,
    ) -> None:
        everything = list(parameters)
        matrices = [p for p in everything[:-2] if p.ndim >= 2]
        others = [p for p in everything if all(p is not m for m in matrices)]
        super().__init__(matrices, lr)
        self.momentum = momentum
        self.iterations = iterations
        self.adam = Adam(others, lr / 5, betas=betas)

    def zero_grad(self) -> None:
        """Forget the gradients of the step before."""
        super().zero_grad()
        self.adam.zero_grad()

    @torch.no_grad()
    def step(self) -> None:
        """Update the parameters from their gradients."""
        self.steps += 1
        self.adam.param_groups[0]["lr"] = self.lr / 5
        self.adam.step()
        for parameter, gradient, velocity in zip(
            self.parameters, self.gradients(), self.state["velocity"], strict=True
        ):
            velocity.mul_(self.momentum).add_(gradient)
            ahead = gradient.add(velocity, alpha=self.momentum)
            parameter.mul_(math.sqrt(len(parameter)) / parameter.norm().clamp_min(1e-12))
            parameter.add_(orthogonalize(ahead, iterations=self.iterations), alpha=-self.lr)

    def state_dict(self) -> dict[str, Any]:
        """Everything that a later step depends on, beside parameters and learning rate."""
        return super().state_dict() | {"adam": self.adam.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what `state_dict` gave."""
        super().load_state_dict(state)
        self.adam.load_state_dict(state["adam"])


_NOTHING = 1e-15
"""What is smaller, as a part of a gradient's norm, makes no difference to its directions."""


def orthogonalize(gradient: Tensor, *, iterations: int = 3) -> Tensor:
    """The nearest orthogonal matrix, roughly: singular values come out between about 0.7 and 1.2.

    A Newton-Schulz iteration with the quintic coefficients of Jordan et al. (2024), which trade
    exactness for speed.

    Args:
        gradient: (R, ...), taken as a matrix of R rows.
        iterations: Five bring all singular values near 1; three leave the least ones smaller.

    Returns:
        A tensor of the same shape.
    """
    a, b, c = 3.4445, -4.7750, 2.0315
    x = gradient.flatten(1)
    # What has died in a network leaves running gradients that shrink for ever, and a product of numbers
    # below 1e-38 takes a processor fifty times as long: beside the rest they are 0.
    x = hardshrink(x / (x.norm() + 1e-7), _NOTHING)
    tall = x.shape[0] > x.shape[1]
    if tall:
        x = x.T
    for _ in range(iterations):
        square = x @ x.T
        x = a * x + (b * square + c * square @ square) @ x
    return (x.T if tall else x).reshape(gradient.shape)


@dataclass(frozen=True, slots=True)
class OptimizerSettings:
    """Which rule, how fast, and how the rate changes over the training."""

    name: str = "sgd"
    """`sgd`, `adam`, `adamw` or `muon`."""
    learning_rate: float = 0.01
    """At its peak."""
    schedule: str = "constant"
    """`constant`, `linear`, `cosine`, `triangular` or `one-cycle`."""
    momentum: float = 0.0
    """Of SGD and Muon; for Adam, the decay of the running gradient (0: the rule's own)."""
    nesterov: bool = False
    """Of SGD."""
    second_momentum: float = 0.0
    """Decay of Adam's running square (0: the rule's own)."""
    weight_decay: float = 0.0
    """Of SGD, Adam and AdamW."""

    def __post_init__(self) -> None:
        from inkling.training.schedules import make_schedule

        if self.name not in OPTIMIZERS:
            raise UnknownNameError("optimizer", self.name, OPTIMIZERS)
        make_schedule(self.schedule)
        if not 0 < self.learning_rate <= 1e30:
            raise SettingsError(
                f"optimizer.learning_rate must be more than 0, at most 1e30, not {self.learning_rate}."
            )
        for name in ("momentum", "second_momentum"):
            if not 0 <= getattr(self, name) < 1:
                raise SettingsError(f"optimizer.{name} must be from 0 to below 1, not {getattr(self, name)}.")
        if not 0 <= self.weight_decay < math.inf:
            raise SettingsError(f"optimizer.weight_decay must be 0 or more, not {self.weight_decay}.")
        if self.nesterov and (self.name != "sgd" or not self.momentum):
            raise SettingsError("optimizer.nesterov needs sgd with a momentum.")
        if self.weight_decay and self.name == "muon":
            raise SettingsError("optimizer.weight_decay has no meaning for muon, which sets each norm.")


OPTIMIZERS = ("adam", "adamw", "muon", "sgd")


def make_optimizer(settings: OptimizerSettings, network: nn.Module) -> Optimizer:
    """The optimizer that the settings ask for.

    Args:
        settings: Which rule, and its numbers.
        network: All of its parameters are updated, in place.
    """
    parameters, lr = list(network.parameters()), settings.learning_rate
    if settings.name == "sgd":
        return SGD(
            parameters,
            lr,
            momentum=settings.momentum,
            nesterov=settings.nesterov,
            weight_decay=settings.weight_decay,
        )
    if settings.name == "muon":
        return Muon(
            parameters,
            lr,
            momentum=settings.momentum or 0.6,
            betas=(0.7, settings.second_momentum or 0.9),
        )
    rule = AdamW if settings.name == "adamw" else Adam
    betas = (settings.momentum or 0.9, settings.second_momentum or 0.999)
    return rule(parameters, lr, betas=betas, weight_decay=settings.weight_decay)
