"""What watches a run: plain functions of what happened, that change nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from inkling.errors import StorageError


class MetricsLog:
    """`metrics.jsonl`: one JSON object a line, each flushed, so that a stopped run loses none.

    Args:
        path: The file, appended to.
        done: Steps that the run goes on from; lines of later steps, written after the checkpoint
            was, are dropped, since those steps are taken again.
    """

    def __init__(self, path: Path, *, done: int = 0) -> None:
        self.path = path
        try:
            kept = [line for line in read_metrics(path) if line["step"] <= done] if done else []
            path.write_text("".join(json.dumps(line) + "\n" for line in kept), encoding="utf-8")
        except OSError as problem:
            raise StorageError(f"{path} cannot be written: {problem.strerror}.") from None

    def write(self, values: dict[str, Any]) -> None:
        """Append one line.

        Raises:
            StorageError: The disk is full, or the file cannot be written.
        """
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(values) + "\n")
        except OSError as problem:
            raise StorageError(
                f"{self.path} cannot be written: {problem.strerror}.", remedy="Free some space."
            ) from None


def read_metrics(path: Path) -> list[dict[str, Any]]:
    """The lines of a `metrics.jsonl`; a last line cut off by a crash is left out."""
    lines: list[dict[str, Any]] = []
    if not path.exists():
        return lines
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            lines.append(json.loads(line))
        except json.JSONDecodeError:
            break
    return lines


class TensorBoardLog:
    """TensorBoard events, if `tensorboardX` is installed; else nothing."""

    def __init__(self, folder: Path) -> None:
        try:
            from tensorboardX import SummaryWriter
        except ImportError:
            self.writer = None
        else:
            self.writer = SummaryWriter(str(folder))

    def write(self, values: dict[str, Any]) -> None:
        """Write every number of a line of metrics, nested ones as `group/name`."""
        if self.writer is None:
            return
        for name, value in values.items():
            for key, number in value.items() if isinstance(value, dict) else [("", value)]:
                if isinstance(number, (int, float)) and name != "step":
                    self.writer.add_scalar(f"{name}/{key}".rstrip("/"), number, values["step"])

    def close(self) -> None:
        """Flush and close the file."""
        if self.writer is not None:
            self.writer.close()


class LayerGauge:
    """Sizes of gradients and updates by layer: root mean squares, and updates against weights.

    An update of about a thousandth of the weight is healthy for most rules; a layer whose share is
    far from the others' is starved or torn.
    """

    def __init__(self, network: nn.Module) -> None:
        self.network = network
        self.before: dict[str, Tensor] | None = None

    def watch(self) -> None:
        """Remember the weights; to be called before a step."""
        self.before = {name: p.detach().clone() for name, p in self.network.named_parameters()}

    def measure(self, learning_rate: float) -> dict[str, dict[str, float]]:
        """What the step since `watch` did to each layer's weights.

        Args:
            learning_rate: Of the step. A step of plain descent by hand leaves no gradient behind, but
                is the gradient, times this.

        Returns:
            `gradient` and `update` (root mean squares) and `update_share` (norm of the update
            over norm of the weights), each by the name of the parameter.
        """
        assert self.before is not None, "watch() comes first"
        sizes: dict[str, dict[str, float]] = {"gradient": {}, "update": {}, "update_share": {}}
        for name, parameter in self.network.named_parameters():
            update = parameter.detach() - self.before[name]
            gradient = update / max(learning_rate, 1e-30) if parameter.grad is None else parameter.grad
            sizes["gradient"][name] = _root_mean_square(gradient)
            sizes["update"][name] = _root_mean_square(update)
            sizes["update_share"][name] = float(update.norm() / self.before[name].norm().clamp_min(1e-12))
        self.before = None
        return sizes


def _root_mean_square(values: Tensor) -> float:
    return float(torch.linalg.vector_norm(values) / values.numel() ** 0.5)
