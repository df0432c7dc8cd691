"""Checkpoints: a training at rest, from which it goes on as if it had never stopped.

One safetensors file; tensors hold the weights, the optimizer's state and the random state, the
header (a JSON object) what is not a tensor. It is written beside the last one and renamed over it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from inkling.errors import CheckpointError, WeightsError
from inkling.networks.weights import read_tensors, write_tensors

FORMAT = 1


def write_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Write nested dicts and lists of tensors and plain values.

    Raises:
        StorageError: The file cannot be written; the one before stands.
    """
    tensors: dict[str, Tensor] = {}
    plain = _take_tensors(state, "", tensors)
    header = json.dumps({"format": FORMAT, "state": plain})
    write_tensors(path, tensors, {"inkling-checkpoint": header})


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Read what `write_checkpoint` wrote.

    Raises:
        CheckpointError: Missing, broken, or from a newer version.
    """
    try:
        tensors, metadata = read_tensors(path)
        header = json.loads(metadata["inkling-checkpoint"])
        if header["format"] > FORMAT:
            raise CheckpointError(f"{path} is from a newer version of Inkling.", remedy="Update Inkling.")
        return _put_tensors(header["state"], tensors)
    except WeightsError as problem:
        raise CheckpointError(problem.message, remedy="Begin a new run.") from None
    except (KeyError, ValueError, TypeError):
        raise CheckpointError(f"{path} is no checkpoint of Inkling's.", remedy="Begin a new run.") from None


def _take_tensors(value: Any, name: str, tensors: dict[str, Tensor]) -> Any:
    """The value with each tensor moved into `tensors` and its name left in its place."""
    if isinstance(value, Tensor):
        tensors[name] = value
        return {"$tensor": name}
    if isinstance(value, dict):
        return {key: _take_tensors(item, f"{name}/{key}", tensors) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_take_tensors(item, f"{name}/{place}", tensors) for place, item in enumerate(value)]
    return value


def _put_tensors(value: Any, tensors: dict[str, Tensor]) -> Any:
    if isinstance(value, dict):
        if set(value) == {"$tensor"}:
            return tensors[value["$tensor"]]
        return {key: _put_tensors(item, tensors) for key, item in value.items()}
    if isinstance(value, list):
        return [_put_tensors(item, tensors) for item in value]
    return value


def random_state() -> dict[str, Tensor]:
    """PyTorch's own random state, which layers such as dropout draw from."""
    state = {"cpu": torch.get_rng_state()}
    if torch.cuda.is_available():
        state["cuda"] = torch.cuda.get_rng_state()
    return state


def restore_random_state(state: dict[str, Tensor]) -> None:
    """Set what `random_state` gave."""
    torch.set_rng_state(state["cpu"])
    if "cuda" in state and torch.cuda.is_available():
        torch.cuda.set_rng_state(state["cuda"])
