"""One training with all its state: made from a recipe, stepped through, put to rest, taken up again."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from inkling.errors import CheckpointError, SettingsError
from inkling.networks.build import LINE_READERS, build_network, in_channels_last
from inkling.networks.perceptron import Perceptron
from inkling.networks.weights import load_weights
from inkling.networks.widen import widen
from inkling.training import distributed
from inkling.training.averaging import WeightAverage, move_towards
from inkling.training.by_hand import fit_by_hand
from inkling.training.checkpoints import (
    random_state,
    read_checkpoint,
    restore_random_state,
    write_checkpoint,
)
from inkling.training.criteria import make_criterion
from inkling.training.devices import choose_precision, keep_memory_warm
from inkling.training.loop import Step, fit
from inkling.training.material import Heldout, Material
from inkling.training.optimizers import OptimizerSettings, make_optimizer
from inkling.training.recipes import Recipe
from inkling.training.schedules import Schedule, make_schedule

_AVERAGE_EVERY = 4
"""Steps between two updates of the running mean; finer is slower and no better."""


class Training:
    """A training in progress.

    Args:
        recipe: What was chosen.
        material: What to learn from.
        device: Where to compute.

    Raises:
        WeightsError: The recipe's weights to begin with cannot be read.
        SettingsError: They are of another network.

    Attributes:
        network: The one that is trained.
        done: Steps taken so far.
        total: Steps of the whole training.
        extra: Numbers of the driver's own, kept in the checkpoint.
        best: The weights that `keep_best` kept; None before it was called.
    """

    def __init__(
        self,
        recipe: Recipe,
        material: Material,
        *,
        device: torch.device | str = "cpu",
    ) -> None:
        self.recipe = recipe
        self.material = material
        self.device = distributed.own_device(torch.device(device))
        self.rank, self.world = distributed.join(self.device)
        if self.device.type == "cpu":
            keep_memory_warm()
        self.network = _begin(recipe, material.classes).to(self.device)
        in_channels_last(self.network)
        if self.world > 1:
            distributed.join_statistics(self.network)
        self.optimizer = make_optimizer(recipe.optimizer, self.network)
        self.average = (
            WeightAverage(self.network, recipe.average, fresh=not recipe.begin) if recipe.average else None
        )
        self.precision = choose_precision(recipe.precision, self.device, recipe.network.name)
        self.batches = material.batches(recipe, device=self.device, rank=self.rank, world=self.world)
        self.total = len(self.batches)
        self.done = 0
        self._data = material.fingerprint
        self.extra: dict[str, float] = {}
        self.best: dict[str, Tensor] | None = None

    @property
    def result(self) -> nn.Module:
        """The network to keep: the running mean of the weights if there is one, else the last."""
        return self.network if self.average is None else self.average.network

    def blended(self) -> nn.Module:
        """A network between `result` and the weights that it began with, as `recipe.keep` says.

        Weights that a training began with and those that it ended with often lie in one valley of the
        loss, and what lies between them generalises better than either (Wortsman et al., "Robust
        fine-tuning of zero-shot models", 2022).
        """
        if not self.recipe.keep:
            return self.result
        network = copy.deepcopy(self.result)
        before = _begin(self.recipe, self.material.classes).to(self.device)
        move_towards(network, before, self.recipe.keep)
        return network

    @property
    def finished(self) -> bool:
        """Whether it has come to its end: the last step was taken, or patience is spent."""
        return self.done == self.total or 0 < self.recipe.patience <= self.extra.get("waited", 0)

    def steps(self, schedule: Schedule | None = None) -> Iterator[Step]:
        """Take the steps that are left, yielding each; by default on the recipe's schedule."""
        self.batches.start = self.done
        self.optimizer.param_groups[0]["lr"] = self.recipe.optimizer.learning_rate
        for step in self._fit(schedule or make_schedule(self.recipe.optimizer.schedule)):
            self.done = step.number
            if self.average is not None and self.done % _AVERAGE_EVERY == 0:
                self.average.update(self.network)
            yield step

    def over_processes(self, number: float) -> float:
        """The mean of a number over the processes."""
        return distributed.mean_over_processes(number) if self.world > 1 else number

    def _fit(self, schedule: Schedule) -> Iterator[Step]:
        """The loop that suits: back-propagation by hand where it is known and faster, else autograd."""
        recipe, rule = self.recipe, self.recipe.optimizer
        plain = rule == OptimizerSettings("sgd", rule.learning_rate, rule.schedule)
        simple = recipe.criterion == "cross-entropy" and not recipe.label_smoothing
        alone = self.device.type == "cpu" and self.world == 1 and recipe.accumulate == 1
        exact = self.precision == torch.float32 and recipe.compile != "on"
        if isinstance(self.network, Perceptron) and plain and simple and alone and exact:
            return fit_by_hand(
                self.network,
                self.batches,
                learning_rate=rule.learning_rate,
                schedule=schedule,
                total=self.total,
                done=self.done,
            )
        return fit(
            self._compiled(),
            self.batches,
            criterion=make_criterion(recipe.criterion, label_smoothing=recipe.label_smoothing),
            optimizer=self.optimizer,
            schedule=schedule,
            total=self.total,
            done=self.done,
            accumulate=recipe.accumulate,
            precision=self.precision,
            reduce=distributed.sum_gradients if self.world > 1 else None,
        )

    def agree(self, wish: bool) -> bool:
        """Tell whether any of the processes wishes for something, so that all do the same."""
        return distributed.any_process(wish) if self.world > 1 else wish

    def _compiled(self) -> nn.Module:
        """The network as it is stepped through; compiled only where that wins."""
        # Lines come in many widths, and each would be compiled for.
        even = self.recipe.network.name not in ("perceptron", *LINE_READERS)
        wins = self.device.type == "cuda" and even and self.total > 5000
        if self.recipe.compile == "on" or (self.recipe.compile == "auto" and wins):
            return torch.compile(self.network)  # type: ignore[return-value]
        return self.network

    def save(self, path: Path) -> None:
        """Write a checkpoint; the file is renamed into place when it is whole."""
        write_checkpoint(
            path,
            {
                "done": self.done,
                "recipe": asdict(self.recipe),
                "data": self._data,
                "network": self.network.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "average": None
                if self.average is None
                else {"updates": self.average.updates, "network": self.average.network.state_dict()},
                "best": self.best,
                # Between two updates, the gradients summed so far are part of the state.
                "gradients": {n: p.grad for n, p in self.network.named_parameters() if p.grad is not None}
                if self.done % self.recipe.accumulate
                else {},
                "random": random_state(),
                "extra": self.extra,
            },
        )

    def restore(self, path: Path) -> None:
        """Go on from a checkpoint of the same recipe and data.

        Raises:
            CheckpointError: Missing, broken, or of another network.
        """
        state = read_checkpoint(path)
        theirs, mine = state.get("recipe"), json.loads(json.dumps(asdict(self.recipe)))
        if theirs != mine or state.get("data") != self._data:
            what = "data" if theirs == mine else "settings"
            raise CheckpointError(
                f"{path} is of a training with other {what}.",
                remedy="Resume a run with the settings and the data that it was begun with.",
            )
        try:
            self.network.load_state_dict(state["network"])
            self.optimizer.load_state_dict(state["optimizer"])
            if self.average is not None:
                self.average.network.load_state_dict(state["average"]["network"])
                self.average.updates = state["average"]["updates"]
            parameters = dict(self.network.named_parameters())
            for name, gradient in state["gradients"].items():
                # In the parameter's own order of memory, as backward would have made it.
                parameters[name].grad = torch.empty_like(parameters[name]).copy_(gradient)
            self.best = state["best"]
            restore_random_state(state["random"])
            self.done = int(state["done"])
            self.extra = state["extra"]
        except (KeyError, RuntimeError, ValueError, TypeError) as problem:
            raise CheckpointError(
                f"{path} does not fit this training: {problem}.",
                remedy="Resume a run with the settings and the data that it was begun with.",
            ) from None

    def keep_best(self) -> None:
        """Remember the weights of `result` as the best so far."""
        self.best = {name: value.clone() for name, value in self.result.state_dict().items()}

    def return_to_best(self) -> None:
        """Make `result` what it was when `keep_best` was last called, if it was."""
        if self.best is not None:
            self.result.load_state_dict(self.best)

    def measure(self, heldout: Any) -> Heldout:
        """Loss and accuracy of `result` on held-out pictures: what `material.measure` takes."""
        return self.material.measure(self.result, heldout, device=self.device, precision=self.precision)


def _begin(recipe: Recipe, classes: int) -> nn.Module:
    """The network with the weights that it begins with: fresh ones, or those of a network no wider."""
    network = build_network(recipe.network, classes=classes, seed=recipe.seed)
    if recipe.begin:
        begun = load_weights(recipe.begin)
        if not begun.header.network.fits_into(recipe.network) or begun.header.classes != classes:
            raise SettingsError(
                f"{recipe.begin} holds a {begun.header.network.name} of widths "
                f"{begun.header.network.widths} with {begun.header.classes} classes; to be trained is a "
                f"{recipe.network.name} of widths {recipe.network.widths} with {classes}."
            )
        widen(begun.network, network)
    return network
