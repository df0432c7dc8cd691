"""Devices and precisions by name."""

from __future__ import annotations

import pytest
import torch

from inkling.errors import InklingError, MissingError, UnknownNameError, UsageError
from inkling.training import devices
from inkling.training.devices import choose_device, choose_precision, keep_memory_warm


@pytest.fixture
def machine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that has what the test says: some of `cuda` (one of them) and `mps`."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: "cuda" in request.param)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: int("cuda" in request.param))
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: "mps" in request.param)


@pytest.mark.parametrize(
    ("machine", "name", "result"),
    [
        ("", "auto", "cpu"),
        ("cuda", "auto", "cuda"),
        ("mps", "auto", "mps"),
        ("cuda mps", "auto", "cuda"),
        ("cuda", "cpu", "cpu"),
        ("cuda", "cuda:0", "cuda:0"),
        ("mps", "mps", "mps"),
        ("", "cuda", MissingError),
        ("cuda", "cuda:1", MissingError),
        ("", "mps", MissingError),
        ("", "gpu", UnknownNameError),
        ("", "", UnknownNameError),
        ("", "CPU", UnknownNameError),
        ("", "cuda:x", UnknownNameError),
        ("", "cuda:-1", UnknownNameError),
        ("", "meta", UnknownNameError),
        ("", "xpu", UnknownNameError),
    ],
    indirect=["machine"],
)
@pytest.mark.usefixtures("machine")
def test_a_name_is_a_device_or_an_error(name: str, result: str | type[InklingError]) -> None:
    if isinstance(result, str):
        assert choose_device(name) == torch.device(result)
        return
    with pytest.raises(result) as caught:
        choose_device(name)
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("name", "device", "network", "fast", "result"),
    [
        ("auto", "cpu", "convnet", True, torch.bfloat16),
        ("auto", "cpu", "convnet", False, torch.float32),
        ("auto", "cpu", "perceptron", True, torch.float32),
        ("float32", "cpu", "convnet", True, torch.float32),
        ("bfloat16", "cpu", "perceptron", False, torch.bfloat16),
        ("bfloat16", "mps", "convnet", False, UsageError),
        ("float16", "cpu", "convnet", True, UnknownNameError),
    ],
)
def test_a_precision_by_name(
    name: str,
    device: str,
    network: str,
    fast: bool,
    result: torch.dtype | type[InklingError],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(devices, "computes_bfloat16_fast", lambda _: fast)
    if isinstance(result, torch.dtype):
        assert choose_precision(name, torch.device(device), network) == result
        return
    with pytest.raises(result):
        choose_precision(name, torch.device(device), network)


@pytest.mark.parametrize(
    ("capabilities", "fast"),
    [({}, False), ({"avx512_bf16": True}, True), ({"amx_bf16": True}, True), ({"avx512": True}, False)],
)
def test_bfloat16_is_fast_where_the_processor_has_it(
    capabilities: dict[str, bool], fast: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities, raising=False)
    assert devices.computes_bfloat16_fast(torch.device("cpu")) is fast
    assert devices.computes_bfloat16_fast(torch.device("mps")) is False


def test_memory_is_kept_only_where_the_c_library_can(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def load(name: str) -> None:
        asked.append(name)
        raise OSError("no such library")

    monkeypatch.setattr(devices.ctypes, "CDLL", load)
    monkeypatch.setattr(devices.sys, "platform", "darwin")
    keep_memory_warm()
    assert asked == []
    monkeypatch.setattr(devices.sys, "platform", "linux")
    keep_memory_warm()
    assert asked == ["libc.so.6"]
