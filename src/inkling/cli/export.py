"""`inkling export`: weights as ONNX."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

EXAMPLE = "Example: [bold]inkling export runs/mine/weights.safetensors --to digits.onnx[/bold]"


def export(
    weights: Annotated[
        Path | None,
        typer.Argument(metavar="WEIGHTS", help="A weights file (default: the one that comes with Inkling)."),
    ] = None,
    to: Annotated[Path, typer.Option(help="The file to write.")] = Path("digits.onnx"),
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Write a network as ONNX, and check that ONNX Runtime and PyTorch agree.

    The model takes framed pictures as bytes, (N, 28, 28), ink high.

    It gives calibrated probabilities, (N, classes): normalisation and temperature are inside.
    """
    from inkling.export.writing import refuse_inputs
    from inkling.networks.onnx import export_onnx
    from inkling.networks.weights import load_weights, shipped_weights

    refuse_inputs([to], filter(None, [weights]))
    difference = export_onnx(shipped_weights("digits") if weights is None else load_weights(weights), to)
    if as_json:
        typer.echo(
            json.dumps({"path": str(to), "bytes": to.stat().st_size, "largest_difference": difference})
        )
        return
    typer.echo(f"{to}: {to.stat().st_size / 1024:,.0f} KiB")
    typer.echo(f"ONNX Runtime and PyTorch agree: probabilities differ by at most {difference:.1e}")
