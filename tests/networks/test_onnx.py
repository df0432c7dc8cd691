"""A network as ONNX: the other runtime gives what PyTorch gives, and the file says what it is."""

from __future__ import annotations

import errno
import json
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from numpy.typing import NDArray

from inkling.errors import MissingExtraError, StorageError, WeightsError
from inkling.networks import onnx as onnx_module
from inkling.networks.build import NetworkSettings, build_network
from inkling.networks.onnx import export_onnx
from inkling.networks.weights import Header, Weights
from inkling.recognition.classify import distributions

SETTINGS = [
    NetworkSettings("perceptron", (16, 8)),
    NetworkSettings("convnet", (4, 8)),
    NetworkSettings("deepnet", (4, 4, 8)),
]


def weights_of(settings: NetworkSettings) -> Weights:
    """A network that is sure of something, so that a difference would show."""
    network = build_network(settings, seed=1).eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(1.5)
        for name, buffer in network.named_buffers():
            if name.endswith("running_mean"):
                buffer.copy_(torch.linspace(-0.2, 0.2, len(buffer)))
    return Weights(network, Header(settings, tuple("0123456789"), temperature=0.7, scores={"é": {"n": 1}}))


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda settings: settings.name)
def test_onnx_runtime_agrees_with_pytorch_on_any_number_of_pictures(
    settings: NetworkSettings, sample: tuple[NDArray[np.uint8], NDArray[np.int64]], tmp_path: Path
) -> None:
    weights, path = weights_of(settings), tmp_path / "digits.onnx"
    assert export_onnx(weights, path) < 1e-5
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    (entry,), (result,) = session.get_inputs(), session.get_outputs()
    assert (entry.name, entry.type, entry.shape[1:]) == ("images", "tensor(uint8)", [28, 28])
    assert (result.name, result.type) == ("probabilities", "tensor(float)")
    for count in (1, 7, 64):
        images = sample[0][:count]
        (theirs,) = session.run(None, {"images": images})
        ours, _ = distributions(images, weights)
        assert theirs.shape == (count, 10)
        np.testing.assert_allclose(theirs, ours, atol=1e-5)
    assert np.ptp(theirs, axis=0).max() > 0.01, "the pictures are told apart"

    model = onnx.load(path)
    (metadata,) = [entry.value for entry in model.metadata_props if entry.key == "inkling"]
    assert json.loads(metadata) == json.loads(json.dumps(asdict(weights.header)))


@pytest.mark.parametrize("package", ["onnx", "onnxruntime", "onnxscript"])
def test_a_missing_package_names_its_extra(
    package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtraError) as caught:
        export_onnx(weights_of(SETTINGS[0]), tmp_path / "digits.onnx")
    assert f"'{package}'" in caught.value.message
    assert "pip install 'inkling[onnx]'" in caught.value.remedy
    assert list(tmp_path.iterdir()) == []


def test_a_target_that_cannot_be_written_is_a_storage_error_and_the_file_before_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / "digits.onnx").write_bytes(b"before")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        with pytest.raises(StorageError, match="No space left on device"):
            export_onnx(weights_of(SETTINGS[0]), tmp_path / "digits.onnx")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"before"]

    (tmp_path / "folder").mkdir()
    with pytest.raises(StorageError, match="folder"):
        export_onnx(weights_of(SETTINGS[0]), tmp_path / "folder")


def test_nothing_is_written_when_the_two_runtimes_disagree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnx_module, "_TOLERANCE", -1.0)
    with pytest.raises(WeightsError, match="nothing was written"):
        export_onnx(weights_of(SETTINGS[0]), tmp_path / "digits.onnx")
    assert list(tmp_path.iterdir()) == []
