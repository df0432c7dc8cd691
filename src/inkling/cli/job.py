"""A training that a command has begun: its data, its steps, and what is made of it in the end."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

    from inkling.networks.weights import Header, Weights
    from inkling.training.material import Material
    from inkling.training.session import Training


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What became of a training that has come to its end.

    Attributes:
        weights: As they were written.
        pictures: That were drawn.
        text: What a person is told of the result, in Rich's markup.
        command: That uses the weights, but for its `--weights`.
        result: What was fitted and compared, for programs.
    """

    weights: Weights
    pictures: list[Path]
    text: str
    command: str
    result: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Job:
    """One training's data, and what is made of it in the end.

    Attributes:
        material: What is learned from.
        heldout: What is measured on: what `material.measure` takes.
        name: Of the data.
        about: How much there is of it.
        conclude: Calibrates, writes the weights into the run's folder, and draws.
    """

    material: Material
    heldout: Any
    name: str
    about: str
    conclude: Callable[[Training, Path], Conclusion]


def trained_on(
    training: Training, name: str, *, began: Header | None = None, beside: str = "", **more: Any
) -> dict[str, Any]:
    """What the weights file says of where the weights come from.

    Args:
        training: That made them.
        name: Of the data.
        began: Of the weights that it began with. What these learned from is told as `also`, and what their
            confidence was fitted to is kept for as long as that confidence is.
        beside: Name of other data that was learned from.
        more: Whatever else is to be told.
    """
    from dataclasses import asdict, replace

    import torch

    import inkling

    before = {} if began is None else began.trained_on
    sets = [beside, *(before.get(key) for key in ("data", "also"))]
    also = dict.fromkeys(part for each in sets if isinstance(each, str) for part in each.split(" + ") if part)
    history: dict[str, Any] = {"also": " + ".join(also)} if also else {}
    if "calibrated_on" in before:
        history["calibrated_on"] = before["calibrated_on"]
    # Of a path on this machine the name is enough.
    recipe = replace(training.recipe, begin=Path(training.recipe.begin).name)
    versions = {"inkling": inkling.__version__, "torch": torch.__version__}
    return {"data": name, **history, **more, "steps": training.done, "recipe": asdict(recipe), **versions}


def take_steps(training: Training, heldout: Any, folder: Path, console: Console, *, data: str = "") -> bool:
    """Take the steps that are left, where one can watch and stop them.

    Args:
        training: Fresh, or taken up again.
        heldout: What is measured on: what `material.measure` takes.
        folder: Of the run.
        console: Where it is shown.
        data: Name or path of the data, for the run's settings; empty where these would not repeat it.

    Returns:
        Whether it has come to its end; else a person stopped it, and a checkpoint is written.
    """
    from inkling.cli.live import LiveView
    from inkling.training.recipes import write_settings
    from inkling.training.run import SETTINGS, run

    view = LiveView(
        console, total=training.total, steps_per_epoch=training.batches.steps_per_epoch, done=training.done
    )
    with _stop_on_interrupt() as stop, view:
        progresses = run(training, heldout, folder=folder, stop=stop)
        for number, progress in enumerate(progresses):
            if number == 0 and training.rank == 0 and data:
                write_settings(folder / SETTINGS, training.recipe, data=data)
            view.show(progress)
        return training.finished


@contextmanager
def _stop_on_interrupt() -> Iterator[Any]:
    """The first Ctrl-C asks for a stop between two steps, the second one ends at once."""
    asked = False

    def ask(number: int, frame: object) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, before)
