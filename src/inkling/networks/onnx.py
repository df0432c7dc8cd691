"""Weights as ONNX, for runtimes other than PyTorch."""

from __future__ import annotations

import json
import logging
import os
import warnings
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from inkling.datasets.strokes import draw_strokes
from inkling.errors import MissingExtraError, WeightsError
from inkling.networks.weights import Weights, refuse_readers, write_whole
from inkling.transforms.normalize import to_input

_TOLERANCE = 1e-4


class _FromBytes(nn.Module):
    """Framed pictures as bytes in, calibrated probabilities out: nothing is left to the caller."""

    def __init__(self, weights: Weights) -> None:
        super().__init__()
        self.network = weights.network
        self.temperature = weights.header.temperature

    def forward(self, images: Tensor) -> Tensor:
        """uint8 (N, 28, 28) to float32 (N, C)."""
        return (self.network(to_input(images)) / self.temperature).softmax(dim=1)


def export_onnx(weights: Weights, path: str | os.PathLike[str]) -> float:
    """Write a network as ONNX, and check that ONNX Runtime agrees with PyTorch.

    The model takes `images`, uint8 (N, 28, 28), framed, ink high, and gives `probabilities`,
    float32 (N, C), calibrated. Its metadata holds the header of the weights file.

    Args:
        weights: What to write.
        path: The `.onnx` file; written whole or not at all.

    Returns:
        The largest difference between the two runtimes' probabilities on 192 drawn digits and 64 pictures of
        noise.

    Raises:
        MissingExtraError: The packages of the extra `onnx` are not installed.
        WeightsError: The two differ by more than 1e-4, or the network is a line reader.
        StorageError: The file cannot be written.
    """
    refuse_readers(weights)
    try:
        import onnx
        import onnxruntime
        import onnxscript  # noqa: F401  (torch's exporter needs it)
    except ImportError as problem:
        raise MissingExtraError(problem.name or "onnx", "onnx", "Exporting to ONNX") from None
    model = _FromBytes(weights).eval()
    noise = np.random.default_rng(0).integers(0, 256, (64, 28, 28), np.uint8)
    patterns = torch.from_numpy(np.concatenate([draw_strokes(192).images, noise]))
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter deprecates its own parts at every call
        program = torch.onnx.export(
            model,
            (patterns[:2],),
            dynamo=True,
            verbose=False,
            input_names=["images"],
            output_names=["probabilities"],
            dynamic_shapes={"images": {0: torch.export.Dim("count", min=1)}},
        )
    assert program is not None
    proto = program.model_proto
    entry = proto.metadata_props.add()
    entry.key, entry.value = "inkling", json.dumps(asdict(weights.header), ensure_ascii=False)
    onnx.checker.check_model(proto)
    session = onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
    (theirs,) = session.run(None, {"images": patterns.numpy()})
    with torch.inference_mode():
        ours = model(patterns).numpy()
    difference = float(np.abs(ours - theirs).max())
    if difference > _TOLERANCE:
        raise WeightsError(
            f"ONNX Runtime's probabilities differ from PyTorch's by {difference:.1e}; nothing was written.",
            remedy="Try other versions of torch, onnx and onnxruntime.",
        )
    write_whole(Path(path), proto.SerializeToString())
    return difference
