"""The loop: it takes a step and yields it, and knows nothing of files, screens or held-out data."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from inkling.training.criteria import Criterion
from inkling.training.schedules import Schedule, constant
from inkling.transforms.batches import Batch


class UpdateRule(Protocol):
    """An optimizer, Inkling's or PyTorch's."""

    param_groups: list[dict[str, Any]]

    def zero_grad(self) -> None:
        """Forget the gradients of the step before."""

    def step(self) -> Any:
        """Update the parameters from their gradients."""


@dataclass(frozen=True, slots=True)
class Step:
    """What one step of training did.

    Attributes:
        number: Counted from 1 over the whole training.
        epoch: Passes over the training set before this one, from 0.
        loss: Scalar, on the device; `float(step.loss)` waits for it.
        learning_rate: That the step was taken with.
        examples: Pictures learned from in this step, over all processes.
        seconds: Since the step before, everything included.
    """

    number: int
    epoch: int
    loss: Tensor
    learning_rate: float
    examples: int
    seconds: float


def fit(
    network: nn.Module,
    batches: Iterable[Batch],
    *,
    criterion: Criterion,
    optimizer: UpdateRule,
    schedule: Schedule = constant,
    total: int | None = None,
    done: int = 0,
    accumulate: int = 1,
    precision: torch.dtype = torch.float32,
    reduce: Any = None,
) -> Iterator[Step]:
    """Train a network, a step at a time; whoever drives this logs, measures and saves.

    Nothing happens until it is iterated: `for step in fit(...)`. When it ends, the optimizer has its
    peak learning rate again.

    Args:
        network: Changed in place.
        batches: What to learn from.
        criterion: The loss, of logits and targets.
        optimizer: Over the network's parameters; its learning rate is the schedule's peak.
        schedule: Factor of the learning rate, of progress from 0 to 1.
        total: Steps of the whole training, which the schedule runs over; by default the length
            of `batches`.
        done: Steps taken before, when a training goes on.
        accumulate: Batches whose gradients make one update.
        precision: What the network computes in; bfloat16 keeps the weights in float32.
        reduce: Called with the network before each update, to sum gradients over processes; see
            `training.distributed`.

    Yields:
        A `Step` after each batch; with `accumulate`, weights change only at every so many.
    """
    total = len(batches) if total is None else total  # type: ignore[arg-type]
    peaks = [group["lr"] for group in optimizer.param_groups]
    network.train()
    before = time.perf_counter()
    for number, batch in enumerate(batches, start=done + 1):
        factor = schedule((number - 1) / total)
        for group, peak in zip(optimizer.param_groups, peaks, strict=True):
            group["lr"] = peak * factor

        first = (number - 1) // accumulate * accumulate
        together = min(accumulate, total - first)  # the last one may be smaller
        if number == first + 1:
            optimizer.zero_grad()
        with autocast(batch.images.device, precision):
            logits = network(batch.images)
        # A process may have no share in the last batch of an epoch; the mean over nothing is no number.
        loss = criterion(logits.float(), batch.targets) if len(batch.targets) > 0 else logits.float().sum()
        share = len(batch.targets) / batch.joined / together
        (loss if share == 1 else loss * share).backward()
        if number == first + together:
            if reduce is not None:
                reduce(network)
            optimizer.step()

        now = time.perf_counter()
        yield Step(number, batch.epoch, loss.detach(), peaks[0] * factor, batch.joined, now - before)
        before = now
    for group, peak in zip(optimizer.param_groups, peaks, strict=True):
        group["lr"] = peak


def autocast(device: torch.device, precision: torch.dtype) -> AbstractContextManager[Any]:
    """Compute in `precision` where that is safe; nothing at all for float32."""
    if precision == torch.float32:
        return nullcontext()
    return torch.autocast(device.type, precision)
