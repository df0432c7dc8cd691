"""What `inkling train` does differently for digits, for lines, and for a folder of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from inkling.networks.weights import Weights
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


def trained_on(training: Training, name: str, **more: Any) -> dict[str, Any]:
    """What the weights file says of where the weights come from."""
    from dataclasses import asdict, replace

    import torch

    import inkling

    # Of a path on this machine the name is enough.
    recipe = replace(training.recipe, begin=Path(training.recipe.begin).name)
    versions = {"inkling": inkling.__version__, "torch": torch.__version__}
    return {"data": name, **more, "steps": training.done, "recipe": asdict(recipe), **versions}
