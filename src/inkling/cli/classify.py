"""`inkling classify`: which digit is on a picture."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from inkling.cli.failures import refuse_failures
from inkling.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from inkling.elements import Classification
    from inkling.networks.weights import Weights

EXAMPLE = (
    "Examples:\n\n[bold]inkling classify seven.png[/bold]\n\n"
    "[bold]inkling classify scans/*.png --json[/bold]\n\n[bold]inkling classify - < seven.png[/bold]"
)

_FEW = 12
"""Up to so many pictures are shown with their ten bars; more get a line each."""

_EXPLAINED = ("saliency.png", "neighbours.png")
"""What the drawings of an explanation are called."""


def classify(
    pictures: Annotated[list[str], typer.Argument(metavar="PICTURE", help="Files, or - for stdin.")],
    weights: Annotated[
        Path | None, typer.Option(help="A weights file (default: the one that comes with Inkling).")
    ] = None,
    plot: Annotated[Path | None, typer.Option(help="Draw each picture beside its ten bars.")] = None,
    why: Annotated[
        Path | None,
        typer.Option(help="A folder: which ink spoke for the digit, its nearest training digits."),
    ] = None,
    data: Annotated[str, typer.Option(help="With --why: where the training digits are.")] = "sample",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a picture.")] = False,
) -> None:
    """Recognise one digit a picture: ten probabilities, and how unlike the training data it is.

    Any size, polarity, colour and bit depth, with margins and off-centre. A blank picture is blank.
    """
    from inkling.datasets.load import files_of
    from inkling.evaluation.canvas import format_of
    from inkling.export.writing import refuse_inputs
    from inkling.networks.weights import load_weights, shipped_weights
    from inkling.recognition.classify import classify_framed, frame_all

    outputs = [plot, *(why / name for name in _EXPLAINED)] if why is not None else [plot]
    inputs = [*pictures, weights, *(files_of(data) if why is not None else [])]
    refuse_inputs(filter(None, outputs), filter(None, inputs))
    if plot is not None:
        format_of(plot)
    loaded = shipped_weights("digits") if weights is None else load_weights(weights)
    sources = [sys.stdin.buffer.read() if name == "-" else name for name in pictures]
    framed, failures = frame_all(sources)
    inked = [place for place, picture in enumerate(framed) if picture is not None]
    if why is not None and len(inked) > 1:
        raise UsageError("--why explains one picture.", remedy="Name one picture.")
    results = classify_framed(framed, weights=loaded, sources=pictures, failures=failures)
    if as_json:
        for result in results:
            typer.echo(json.dumps(_to_json(result, loaded.header.alphabet), ensure_ascii=False))
    else:
        _print(results, loaded.header.alphabet)
    if plot is not None and inked:
        _plot([framed[place] for place in inked], [results[place] for place in inked], loaded, plot)
    if why is not None and inked:
        _explain(framed[inked[0]], results[inked[0]], loaded, data, why)
    refuse_failures(list(failures.values()), len(results))


def _to_json(result: Classification, alphabet: tuple[str, ...]) -> dict[str, object]:
    probabilities = {name: round(p, 6) for name, p in zip(alphabet, result.probabilities, strict=False)}
    return asdict(result) | {"probabilities": probabilities}


def _print(results: list[Classification], alphabet: tuple[str, ...]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    blocks = (console.encoding or "").startswith("utf")
    for result in results:
        colour = {"read": "green", "doubtful": "yellow", "blank": "dim", "failed": "red"}[result.status]
        label = result.label or "-"
        figures = "" if result.label is None else f"  {result.confidence:.1%}"
        if result.novelty is not None:
            figures += f"  novelty {result.novelty:.2f}"
        console.print(f"[bold {colour}]{label}[/bold {colour}]{figures}  [dim]{escape(result.source)}[/dim]")
        if result.status != "read":
            console.print(f"  [{colour}]{result.status}: {escape(result.reason)}[/{colour}]")
        if len(results) <= _FEW and result.label is not None:
            for name, probability in zip(alphabet, result.probabilities, strict=True):
                style = "bold green" if name == result.label else "dim"
                console.print(
                    f"  [{style}]{escape(name)} {_bar(probability, blocks):<32} {probability:7.2%}[/{style}]"
                )


def _bar(probability: float, blocks: bool, width: int = 32) -> str:
    """A bar of eighths of a character; of whole ones where block characters cannot be shown."""
    if not blocks:
        return "#" * round(probability * width)
    eighths = round(probability * width * 8)
    return "█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8].strip()


def _plot(
    framed: list[NDArray[np.uint8] | None], results: list[Classification], loaded: Weights, path: Path
) -> None:
    import numpy as np

    from inkling.evaluation.drawing import draw_predictions, save_figure

    images = np.stack([picture for picture in framed if picture is not None])
    probabilities = np.array([result.probabilities for result in results])
    save_figure(draw_predictions(images, probabilities, loaded.header.alphabet), path)
    typer.echo(f"Drawn in {path}", err=True)


def _explain(
    image: NDArray[np.uint8] | None, result: Classification, loaded: Weights, data: str, folder: Path
) -> None:
    from inkling.datasets.load import load_digits
    from inkling.evaluation.drawing import draw_neighbours, draw_saliency, save_figure
    from inkling.recognition.explain import nearest, saliency

    assert image is not None
    assert result.label is not None
    digits = load_digits(data)
    if digits.alphabet != loaded.header.alphabet:
        raise UsageError(f"The classes of {data} are not those of the weights.", remedy="Change --data.")
    near = nearest(image, digits.images, loaded)
    labels = [digits.alphabet[target] for target in digits.targets[near.indices]]
    ink, others = (folder / name for name in _EXPLAINED)
    save_figure(draw_saliency(image, saliency(image, loaded), label=result.label), ink)
    neighbours = draw_neighbours(
        image, digits.images[near.indices], labels=labels, distances=near.distances.tolist()
    )
    save_figure(neighbours, others)
    typer.echo(f"Explained in {ink} and {others}", err=True)
