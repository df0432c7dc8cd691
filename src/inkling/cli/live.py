"""A training as it happens, in the terminal."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from inkling.training.run import Progress as RunProgress


class LiveView:
    """A line for every running loss and every held-out figure, above a bar of all steps.

    Args:
        console: Where it is shown; a terminal gets the bar, a file the lines alone.
        total: Steps of the whole training.
        steps_per_epoch: Of one pass.
        done: Steps taken before.
    """

    def __init__(self, console: Console, *, total: int, steps_per_epoch: int, done: int = 0) -> None:
        self.console = console
        self.steps_per_epoch = steps_per_epoch
        self.images = 0
        self.began = time.perf_counter()
        self.bar = Progress(
            TextColumn("[bold]{task.fields[epoch]}"),
            BarColumn(bar_width=None),
            TaskProgressColumn(),
            TextColumn("loss [bold]{task.fields[loss]}"),
            TextColumn("{task.fields[rate]} images/s"),
            TimeRemainingColumn(compact=True),
            console=console,
            transient=True,
        )
        self.epochs = -(-total // steps_per_epoch)
        self.task = self.bar.add_task(
            "training", total=total, completed=done, epoch="epoch 1", loss="-", rate="-"
        )

    def __enter__(self) -> LiveView:
        self.bar.__enter__()
        return self

    def __exit__(self, *raised: object) -> None:
        self.bar.__exit__(None, None, None)

    def show(self, progress: RunProgress) -> None:
        """Show what one step told."""
        step = progress.step
        self.images += step.examples
        if progress.running_loss is not None:
            rate = f"{self.images / (time.perf_counter() - self.began):,.0f}"
            self.bar.update(
                self.task,
                completed=step.number,
                epoch=f"epoch {step.epoch + 1}/{self.epochs}",
                loss=f"{progress.running_loss:.4f}",
                rate=rate,
            )
            self.console.print(
                f"epoch {step.epoch + 1:>3}  step {step.number:>6}  "
                f"loss [bold]{progress.running_loss:.4f}[/bold]  "
                f"[dim]learning rate {step.learning_rate:.2g}  {rate} images/s[/dim]",
                highlight=False,
            )
        if progress.heldout is not None:
            self.console.print(
                f"epoch {step.epoch + 1:>3}  held out: accuracy "
                f"[bold green]{progress.heldout.accuracy:.2%}[/bold green]  loss {progress.heldout.loss:.4f}",
                highlight=False,
            )
