"""The weights file: it comes back bit for bit, or says what is wrong with it, and is never half written."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from inkling.errors import StorageError, WeightsError
from inkling.networks import weights as weights_module
from inkling.networks.build import LINE_READERS, NETWORKS, NetworkSettings, build_network
from inkling.networks.gauge import Gauge
from inkling.networks.weights import (
    FORMAT,
    Header,
    Weights,
    load_weights,
    round_to_half,
    save_weights,
    write_tensors,
)
from inkling.transforms.lines import LINE_HEIGHT

SMALL = {
    "perceptron": (6, 5),
    "convnet": (4,),
    "deepnet": (2, 3, 4),
    "line-reader": (2, 3, 4),
    "box-reader": (2, 3, 4),
}
DIGITS = tuple("0123456789")


def weights(name: str = "perceptron", *, gauge: bool = False, **header: Any) -> Weights:
    settings = NetworkSettings(name, SMALL[name])
    lines = name in LINE_READERS
    network = build_network(settings, classes=10 + lines, seed=7).eval()
    probe = torch.zeros((1, 1, LINE_HEIGHT, 64) if lines else (1, 1, 28, 28))
    size = network.features(probe).shape[-1]
    random = torch.Generator().manual_seed(0)
    made = Gauge(
        torch.randn(10, size, generator=random), torch.randn(size, size, generator=random), torch.tensor(2.5)
    )
    return Weights(network, Header(settings, DIGITS, **header), made if gauge else None)


def saved(path: Path, **settings: Any) -> Path:
    save_weights(path / "w.safetensors", weights(**settings))
    return path / "w.safetensors"


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("gauge", [False, True])
def test_what_is_saved_comes_back_bit_for_bit(name: str, gauge: bool, tmp_path: Path) -> None:
    before = weights(
        name,
        gauge=gauge,
        temperature=1.25,
        calibration=(0.75, -1.5),
        trained_on={"data": "mnist", "seed": 3, "nested": {"ü": [1, 2.5, None]}},
        scores={"accuracy": 0.99},
    )
    before.network.to(memory_format=torch.channels_last)
    save_weights(tmp_path / "w.safetensors", before)
    after = load_weights(tmp_path / "w.safetensors")
    assert after.header == before.header
    assert not after.network.training
    old, new = before.network.state_dict(), after.network.state_dict()
    assert list(old) == list(new)
    assert all(torch.equal(old[key], new[key]) and old[key].dtype == new[key].dtype for key in old)
    if before.gauge is None:
        assert after.gauge is None
    else:
        assert after.gauge is not None
        assert all(map(torch.equal, before.gauge, after.gauge))


def test_saving_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    for path in (first, second):
        save_weights(path, weights(gauge=True, scores={"b": 1, "a": 2}))
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("name", NETWORKS)
def test_a_header_says_which_normalisation_fits_its_network(name: str) -> None:
    header = weights(name).header
    lines = name == "line-reader"
    fits = {"line-reader": "inkling-line-1", "box-reader": "inkling-box-1"}
    assert (header.normalization, header.reads_lines) == (fits.get(name, "inkling-1"), lines)
    assert header.classes == (11 if lines else 10)


def test_a_line_reader_of_another_alphabet_comes_back(tmp_path: Path) -> None:
    settings = NetworkSettings("line-reader", SMALL["line-reader"])
    network = build_network(settings, classes=4).eval()
    save_weights(tmp_path / "w.safetensors", Weights(network, Header(settings, ("x", "½", "crossed out"))))
    assert load_weights(tmp_path / "w.safetensors").header.alphabet == ("x", "½", "crossed out")


def test_numbers_that_half_the_bytes_hold_are_written_in_half_the_bytes(tmp_path: Path) -> None:
    before = weights("line-reader", gauge=True)
    whole = saved(tmp_path, name="line-reader", gauge=True).read_bytes()
    exact = {key: value.clone() for key, value in before.network.state_dict().items()}
    round_to_half(before.network)
    save_weights(tmp_path / "half.safetensors", before)
    matrices = sum(value.numel() for value in exact.values() if value.ndim > 1)
    assert (tmp_path / "half.safetensors").stat().st_size == pytest.approx(len(whole) - 2 * matrices, abs=100)
    after = load_weights(tmp_path / "half.safetensors").network.state_dict()
    for key, value in before.network.state_dict().items():
        assert torch.equal(after[key], value)
        assert after[key].dtype == value.dtype
        torch.testing.assert_close(value, exact[key], rtol=1e-3, atol=1e-7)


def test_a_folder_that_is_not_there_is_made(tmp_path: Path) -> None:
    save_weights(tmp_path / "new" / "run" / "w.safetensors", weights())
    assert load_weights(tmp_path / "new" / "run" / "w.safetensors").header.alphabet == DIGITS


def rewrite(
    path: Path,
    *,
    header: Callable[[dict[str, Any]], Any] | None = None,
    tensors: Callable[[dict[str, Tensor]], Any] | None = None,
) -> None:
    """Change a file's header or tensors in place, as an attacker or a bad disk might."""
    with safetensors.safe_open(path, framework="pt") as file:
        raw, values = json.loads(file.metadata()["inkling"]), safetensors.torch.load(path.read_bytes())
    if header is not None:
        replaced = header(raw)
        raw = raw if replaced is None else replaced
    if tensors is not None:
        tensors(values)
    path.write_bytes(safetensors.torch.save(values, metadata={"inkling": json.dumps(raw)}))


def put(**values: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda raw: {**raw, **values}


def drop(key: str) -> Callable[[dict[str, Any]], Any]:
    return lambda raw: {name: value for name, value in raw.items() if name != key}


def net(**values: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda raw: {**raw, "network": {**raw["network"], **values}}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (put(format=FORMAT + 1), "this version of Inkling reads up to"),
        (put(format="1"), "does not make sense"),
        (put(format=None), "does not make sense"),
        (drop("format"), "does not make sense"),
        (drop("network"), "does not make sense"),
        (put(network="perceptron"), "does not make sense"),
        (put(network=None), "does not make sense"),
        (net(name="transformer"), "There is no network 'transformer'."),
        (net(name=["perceptron"]), "does not make sense"),
        (net(name="deepnet", widths=[2, 3, 4]), "the tensors do not fit a deepnet"),
        (net(widths=[7, 5]), "the tensors do not fit a perceptron"),
        (net(widths=[]), "network.widths"),
        (net(widths=["6", "5"]), "network.widths"),
        (net(widths=6), "does not make sense"),
        (net(widths=[10**9]), "network.widths"),
        (drop("alphabet"), "does not make sense"),
        (put(alphabet=[]), "does not make sense"),
        (put(alphabet=10), "does not make sense"),
        (put(alphabet="0123456789"), "does not make sense"),
        (put(alphabet=list(range(10))), "does not make sense"),
        (put(alphabet=["0"] * 10), "does not make sense"),
        (put(alphabet=list("01234567890")[:9]), "the tensors do not fit"),
        (put(normalization="imagenet"), "does not make sense"),
        (put(temperature=0), "does not make sense"),
        (put(temperature=-1.0), "does not make sense"),
        (put(temperature="1"), "does not make sense"),
        (put(temperature=float("nan")), "does not make sense"),
        (put(temperature=float("inf")), "does not make sense"),
        (put(calibration=[1.0]), "does not make sense"),
        (put(calibration=[1.0, 0.0, 0.0]), "does not make sense"),
        (put(calibration=["1", "0"]), "does not make sense"),
        (put(calibration=1.0), "does not make sense"),
        (put(calibration=None), "does not make sense"),
        (put(calibration=[-0.5, 0.0]), "(calibration)"),
        (put(calibration=[float("nan"), 0.0]), "(calibration)"),
        (put(calibration=[float("inf"), 0.0]), "(calibration)"),
        (put(calibration=[1.0, float("-inf")]), "(calibration)"),
        (put(normalization="inkling-line-1"), "does not make sense"),
        (net(name="line-reader", widths=[2, 3, 4]), "does not make sense"),
        (put(alphabet=[str(number) for number in range(5000)]), "the alphabet has 5000 names"),
        (put(trained_on="mnist"), "does not make sense"),
        (put(scores=[0.99]), "does not make sense"),
        (lambda raw: [raw], "does not make sense"),
        (lambda raw: "text", "does not make sense"),
    ],
)
def test_a_header_that_does_not_fit_is_refused(
    change: Callable[[dict[str, Any]], Any], message: str, tmp_path: Path
) -> None:
    path = saved(tmp_path)
    rewrite(path, header=change)
    with pytest.raises(WeightsError) as caught:
        load_weights(path)
    assert message in caught.value.message
    assert str(path) in caught.value.message
    assert caught.value.remedy


def test_a_header_with_fields_of_a_later_version_is_read_without_them(tmp_path: Path) -> None:
    path = saved(tmp_path)
    rewrite(path, header=put(colour="blue"))
    assert load_weights(path).header == weights().header


TENSORS: dict[str, tuple[Callable[[dict[str, Tensor]], Any], str]] = {
    "altered shape": (lambda t: t.update({"network.fc1.bias": torch.zeros(5)}), "do not fit"),
    "missing tensor": (lambda t: t.pop("network.fc1.bias"), "do not fit"),
    "surplus tensor": (lambda t: t.update({"network.fc9.bias": torch.zeros(5)}), "do not fit"),
    "no network": (lambda t: t.clear(), "do not fit"),
    "NaN weight": (lambda t: t["network.fc1.bias"].fill_(torch.nan), "not finite"),
    "infinite weight": (lambda t: t["network.fc2.weight"][0].fill_(torch.inf), "not finite"),
    "NaN gauge": (lambda t: t["gauge.means"].fill_(torch.nan), "not finite"),
    "incomplete gauge": (lambda t: t.pop("gauge.scale"), "gauge is incomplete"),
    "surplus gauge": (lambda t: t.update({"gauge.more": torch.zeros(1)}), "gauge is incomplete"),
    "gauge of other classes": (lambda t: t.update({"gauge.means": torch.zeros(9, 5)}), "gauge does not fit"),
    "gauge scale of two": (lambda t: t.update({"gauge.scale": torch.ones(2)}), "gauge does not fit"),
    "gauge whitening a number": (
        lambda t: t.update({"gauge.whitening": torch.ones(())}),
        "gauge does not fit",
    ),
    "gauge of other features": (
        lambda t: t.update({"gauge.means": torch.zeros(10, 3), "gauge.whitening": torch.eye(3)}),
        "gauge does not fit",
    ),
}


@pytest.mark.parametrize(("change", "message"), TENSORS.values(), ids=TENSORS)
def test_tensors_that_do_not_fit_are_refused(
    change: Callable[[dict[str, Tensor]], Any], message: str, tmp_path: Path
) -> None:
    path = saved(tmp_path, gauge=True)
    rewrite(path, tensors=change)
    with pytest.raises(WeightsError) as caught:
        load_weights(path)
    assert message in caught.value.message


FILES: dict[str, tuple[bytes | None, str]] = {
    "missing": (None, "does not exist"),
    "empty": (b"", "is not a weights file"),
    "text": (b"no weights at all, only a letter to a friend", "is not a weights file"),
    "a pickle": (b"\x80\x04\x95\x0b\x00\x00\x00\x00\x00\x00\x00}\x94.", "is not a weights file"),
    "another's safetensors": (
        safetensors.torch.save({"w": torch.ones(2)}, metadata={"format": "pt"}),
        "not one of Inkling's",
    ),
    "without metadata": (safetensors.torch.save({"w": torch.ones(2)}), "not one of Inkling's"),
    "not JSON": (
        safetensors.torch.save({"w": torch.ones(2)}, metadata={"inkling": "{"}),
        "does not make sense",
    ),
}


@pytest.mark.parametrize(("content", "message"), FILES.values(), ids=FILES)
def test_a_file_of_another_kind_is_refused(content: bytes | None, message: str, tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(WeightsError) as caught:
        load_weights(path)
    assert message in caught.value.message
    assert caught.value.remedy


def test_a_folder_is_no_weights_file(tmp_path: Path) -> None:
    with pytest.raises(WeightsError):
        load_weights(tmp_path)


@given(share=st.floats(0, 1, exclude_max=True))
def test_a_file_cut_off_anywhere_is_refused(share: float, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = saved(tmp_path_factory.mktemp("cut"))
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(WeightsError):
        load_weights(path)


def fail(*_: Any, **__: Any) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("where", ["replace", "write_bytes"])
def test_a_write_that_fails_leaves_the_old_file_whole_and_nothing_beside_it(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = saved(tmp_path)
    before = path.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(os if where == "replace" else Path, where, fail)
        with pytest.raises(StorageError, match="No space left on device"):
            save_weights(path, weights(gauge=True))
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_path_below_a_file_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("here")
    with pytest.raises(StorageError):
        save_weights(tmp_path / "file" / "w.safetensors", weights())


def test_a_small_file_that_promises_a_huge_network_is_refused_before_it_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []

    def spy(*words: Any, **named: Any) -> torch.nn.Module:
        made.append(build_network(*words, **named))
        return made[-1]

    monkeypatch.setattr(weights_module, "build_network", spy)
    header = {
        "format": 1,
        "network": {"name": "perceptron", "widths": [4096] * 8},
        "alphabet": list("0123456789"),
    }
    write_tensors(tmp_path / "w.safetensors", {"x": torch.zeros(1)}, {"inkling": json.dumps(header)})
    with pytest.raises(WeightsError, match="do not fit"):
        load_weights(tmp_path / "w.safetensors")
    assert all(parameter.is_meta for parameter in made[0].parameters())
