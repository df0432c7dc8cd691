"""A run in its folder: steps are taken, logged, measured, and put to rest.

RUN/settings.toml            what was asked for, taken back by --settings
RUN/metrics.jsonl            a line every so many steps and every epoch
RUN/checkpoint.safetensors   the state to go on from
RUN/weights.safetensors      the result (written by whoever drives the run)
RUN/events.out.tfevents.*    the metrics for TensorBoard, if tensorboardX is installed
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from inkling.errors import CheckpointError, DivergedError, StorageError
from inkling.training.loop import Step
from inkling.training.material import Heldout
from inkling.training.observers import LayerGauge, MetricsLog, TensorBoardLog
from inkling.training.session import Training

CHECKPOINT = "checkpoint.safetensors"
METRICS = "metrics.jsonl"
SETTINGS = "settings.toml"
WEIGHTS = "weights.safetensors"
RUN_FILES = (SETTINGS, METRICS, CHECKPOINT, WEIGHTS)


@dataclass(frozen=True, slots=True)
class Progress:
    """What a run tells after each step.

    Attributes:
        step: The step itself.
        running_loss: Mean loss over the last `log_every` steps; None between two such figures.
        heldout: Measured after this step, at the end of an epoch; None at others.
    """

    step: Step
    running_loss: float | None = None
    heldout: Heldout | None = None


def run(
    training: Training,
    heldout: Any,
    *,
    folder: Path | None = None,
    stop: Callable[[], bool] = lambda: False,
    checkpoint_seconds: float = 60.0,
) -> Iterator[Progress]:
    """Take a training to its end, from wherever it stands.

    Args:
        training: Fresh, or restored by `take_up`.
        heldout: What is measured on after every epoch: for digits, images and targets; for lines, a
            sequence of framed lines (`training.material` says how).
        folder: Where metrics and checkpoints go; None keeps nothing.
        stop: Asked after each step; when true, a checkpoint is written and the run ends.
        checkpoint_seconds: Time between two checkpoints; there is one at every epoch's end, too.

    Yields:
        Progress after each step.

    Raises:
        DivergedError: The loss is no longer a number; the last good checkpoint stands.
        StorageError: The folder cannot be written.
    """
    journal = _Journal(training, folder if training.rank == 0 else None)
    losses: list[torch.Tensor] = []
    patience = _Patience(training)
    if training.recipe.begin and training.recipe.patience and training.done == 0:
        # What it begins with may stay the best.
        patience.exhausted(training.measure(heldout))
    last_checkpoint = time.monotonic()
    every = training.recipe.log_every
    # A run that ended by patience has ended, also when it is taken up again.
    for step in () if training.finished else training.steps():
        losses.append(step.loss)
        running_loss = None
        if step.number % every == 0 or step.number == training.total:
            running_loss = training.over_processes(float(torch.stack(losses).mean()))
            losses.clear()
            _refuse_divergence(running_loss, step, journal.folder)
            journal.log_step(step, running_loss)
        if step.number % every == every - 1:
            journal.gauge.watch()
        measured = None
        if step.number % training.batches.steps_per_epoch == 0 or step.number == training.total:
            measured = training.measure(heldout)
            _refuse_divergence(measured.loss, step, journal.folder)
            journal.log_heldout(step, measured)
        # In this order: patience takes note of every epoch, of the one that is stopped at, too.
        impatient = measured is not None and patience.exhausted(measured)
        stopping = training.agree(impatient or stop())
        due = time.monotonic() - last_checkpoint > checkpoint_seconds
        if stopping or due or measured is not None:
            # The loss is from before the update, which may have been the one too many.
            sound = all(torch.isfinite(p).all() for p in training.network.parameters())
            _refuse_divergence(float(step.loss) if sound else math.nan, step, journal.folder)
            journal.checkpoint()
            last_checkpoint = time.monotonic()
        yield Progress(step, running_loss, measured)
        if stopping:
            break
    if training.finished:
        training.return_to_best()
    journal.close()


def take_up(training: Training, folder: Path) -> None:
    """Restore a training from the checkpoint of a run.

    Raises:
        CheckpointError: There is none, or it does not fit.
    """
    path = folder / CHECKPOINT
    if not path.exists():
        raise CheckpointError(
            f"{folder} has no checkpoint to go on from.", remedy="Begin it anew without --resume."
        )
    training.restore(path)


def _refuse_divergence(loss: float, step: Step, folder: Path | None) -> None:
    if math.isfinite(loss):
        return
    kept = folder is not None and (folder / CHECKPOINT).exists()
    stands = f" The checkpoint in {folder} is from before." if kept else ""
    raise DivergedError(
        f"The loss is {loss} at step {step.number}: training has diverged.{stands}",
        remedy="Try a smaller optimizer.learning_rate (--find-lr shows which), or precision=float32.",
    )


class _Patience:
    """Early stopping: the weights of the lowest held-out loss are kept, and for how long it stood."""

    def __init__(self, training: Training) -> None:
        self.training = training
        self.training.extra.setdefault("lowest", math.inf)
        self.training.extra.setdefault("waited", 0)

    def exhausted(self, measured: Heldout) -> bool:
        patience, extra = self.training.recipe.patience, self.training.extra
        if not patience:
            return False
        if measured.loss < extra["lowest"]:
            extra |= {"lowest": measured.loss, "waited": 0}
            self.training.keep_best()
        else:
            extra["waited"] += 1
        return self.training.finished


class _Journal:
    """The run's folder: metrics for programs and TensorBoard, and the checkpoint."""

    def __init__(self, training: Training, folder: Path | None) -> None:
        self.training = training
        self.folder = folder
        self.gauge = LayerGauge(training.network)
        if folder is None:
            return
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            raise StorageError(
                f"{folder} cannot be made: {problem.strerror}.", remedy="Name another folder with --run."
            ) from None
        self.metrics = MetricsLog(folder / METRICS, done=training.done)
        self.board = TensorBoardLog(folder)

    def log_step(self, step: Step, running_loss: float) -> None:
        if self.folder is None:
            return
        line: dict[str, object] = {
            "step": step.number,
            "epoch": step.epoch,
            "loss": running_loss,
            "learning_rate": step.learning_rate,
            "images_per_second": step.examples / max(step.seconds, 1e-9),
        }
        if self.gauge.before is not None:
            line |= self.gauge.measure(step.learning_rate)
        self._write(line)

    def log_heldout(self, step: Step, measured: Heldout) -> None:
        if self.folder is not None:
            self._write(
                {
                    "step": step.number,
                    "heldout_loss": measured.loss,
                    "heldout_accuracy": measured.accuracy,
                }
            )

    def _write(self, line: dict[str, object]) -> None:
        self.metrics.write(line)
        self.board.write(line)

    def checkpoint(self) -> None:
        if self.folder is not None:
            self.training.save(self.folder / CHECKPOINT)

    def close(self) -> None:
        if self.folder is not None:
            self.board.close()
