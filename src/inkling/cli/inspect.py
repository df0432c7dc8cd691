"""`inkling inspect`: what one training pass does to the weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from inkling.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from inkling.training.inspector import Inspection

EXAMPLE = (
    "Examples:\n\n[bold]inkling inspect[/bold]\n\n"
    "[bold]inkling inspect runs/mine/weights.safetensors --layer fc2.weight --plot pass.png[/bold]"
)


def inspect(
    weights: Annotated[
        Path | None,
        typer.Argument(metavar="WEIGHTS", help="A weights file (default: a fresh network of the recipe)."),
    ] = None,
    recipe: Annotated[str, typer.Option(help="lesson, quick or best.")] = "lesson",
    data: Annotated[str, typer.Option(help="Name or path of the data.")] = "sample",
    layer: Annotated[
        str | None, typer.Option(help="Which parameter to show (default: the first layer's weights).")
    ] = None,
    passes: Annotated[int, typer.Option(min=1, max=100, help="Gradients added up without zeroing.")] = 4,
    plot: Annotated[Path | None, typer.Option(help="Draw it into this file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the numbers as JSON.")] = False,
) -> None:
    """Take one training pass and show it: weights before, gradient, weights after.

    And the sum that builds up when gradients are not zeroed. Nothing is written but the picture.
    """
    from inkling.datasets.load import files_of, load_digits
    from inkling.evaluation.canvas import format_of
    from inkling.export.writing import refuse_inputs
    from inkling.networks.build import BOX_READERS, LINE_READERS, build_network
    from inkling.networks.weights import load_weights, refuse_readers
    from inkling.training.criteria import make_criterion
    from inkling.training.inspector import inspect_step
    from inkling.training.recipes import recipe_named
    from inkling.transforms.batches import ResidentBatches

    if plot is not None:
        refuse_inputs([plot], filter(None, (weights, *files_of(data))))
        format_of(plot)
    chosen = recipe_named(recipe)
    if chosen.network.name in (*LINE_READERS, *BOX_READERS):
        what = "lines" if chosen.network.name in LINE_READERS else "boxes"
        raise UsageError(f"The recipe '{recipe}' is for {what}; a pass over digits is shown.")
    digits = load_digits(data)
    if weights is None:
        network = build_network(chosen.network, classes=len(digits.alphabet), seed=chosen.seed)
    else:
        loaded = load_weights(weights)
        refuse_readers(loaded)
        network = loaded.network
        if digits.alphabet != loaded.header.alphabet:
            raise UsageError(
                f"The classes of {data} are not those of the weights.", remedy="Name other --data."
            )
    batches = ResidentBatches(digits.images, digits.targets, batch_size=chosen.batch_size, seed=chosen.seed)
    batch = next(iter(batches))
    inspection = inspect_step(
        network,
        batch.images,
        batch.targets,
        criterion=make_criterion(chosen.criterion, label_smoothing=chosen.label_smoothing),
        optimizer=chosen.optimizer,
        parameter=layer,
        passes=passes,
    )
    if plot is not None:
        from inkling.evaluation.drawing import draw_inspection, save_figure

        save_figure(draw_inspection(inspection), plot)
    if as_json:
        typer.echo(json.dumps(_to_json(inspection)))
        return
    _print(inspection, len(batch.targets))
    if plot is not None:
        typer.echo(f"Drawn in {plot}")


def _print(inspection: Inspection, pictures: int) -> None:
    console = Console(highlight=False)
    shape = " x ".join(map(str, inspection.before.shape))
    console.print(
        f"One training pass over {pictures} pictures, learning rate {inspection.learning_rate:g}\n"
        f"Shown: [bold]{inspection.parameter}[/bold] ({shape}), its values of largest gradient\n"
    )
    places = _largest(inspection.gradient)
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("", *(f"[{','.join(map(str, place))}]" for place in places), "root mean square"):
        table.add_column(heading, justify="right")
    rows = [("before", inspection.before), ("gradient", inspection.gradient), ("after", inspection.after)]
    for name, values in rows:
        table.add_row(name, *(f"{values[place]:+.5f}" for place in places), f"{_size(values):.3g}")
    table.add_section()
    for count, summed in enumerate(inspection.accumulated, start=1):
        name = f"{count} pass{'es' if count > 1 else ''}, not zeroed"
        table.add_row(name, *(f"{summed[place]:+.5f}" for place in places), f"{_size(summed):.3g}")
    console.print(table)
    console.print(
        f"\nLoss on these pictures: {inspection.loss_before:.4f} before, {inspection.loss_after:.4f} after"
    )


def _largest(gradient: NDArray[np.float32], count: int = 3) -> list[tuple[int, ...]]:
    import numpy as np

    flat = np.abs(gradient).ravel().argsort()[::-1][:count]
    return [tuple(int(i) for i in np.unravel_index(place, gradient.shape)) for place in flat]


def _size(values: NDArray[np.float32]) -> float:
    return float((values.astype(float) ** 2).mean() ** 0.5)


def _to_json(inspection: Inspection) -> dict[str, object]:
    places = _largest(inspection.gradient, 10)
    named = {"before": inspection.before, "gradient": inspection.gradient, "after": inspection.after}
    return {
        "parameter": inspection.parameter,
        "shape": list(inspection.before.shape),
        "learning_rate": inspection.learning_rate,
        "loss_before": inspection.loss_before,
        "loss_after": inspection.loss_after,
        "root_mean_square": {name: _size(values) for name, values in named.items()},
        "accumulated_root_mean_square": [_size(values) for values in inspection.accumulated],
        "largest": [
            {"place": place} | {name: float(values[place]) for name, values in named.items()}
            for place in places
        ],
    }
