"""The weights file: one `.safetensors` that says all about itself.

The tensors are the network's (`network.…`) and, if there is one, the gauge's (`gauge.…`). Matrices
and kernels of the network whose numbers float16 holds exactly are kept in it. The header holds one
key, `inkling`, a JSON object with the fields of `Header`. No other thing is needed to use the file,
and nothing in it is ever executed.
"""

from __future__ import annotations

import contextlib
import functools
import json
import math
import os
from dataclasses import asdict, dataclass, field, fields, replace
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

from inkling.errors import SettingsError, StorageError, UnknownNameError, WeightsError
from inkling.networks.build import (
    BOX_READERS,
    LINE_READERS,
    MOST_CLASSES,
    NetworkSettings,
    build_network,
    in_channels_last,
)
from inkling.networks.gauge import Gauge
from inkling.transforms.lines import LINE_HEIGHT

FORMAT = 1
"""Rises when a reader of the format before could not use a file any more."""

_MOST_BYTES = 1 << 30


def normalization_of(network: NetworkSettings) -> str:
    """The normalisation that a network is trained with, and reads with."""
    if network.name in LINE_READERS:
        return "inkling-line-1"
    return "inkling-box-1" if network.name in BOX_READERS else "inkling-1"


@dataclass(frozen=True, slots=True)
class Header:
    """What a weights file says about itself."""

    network: NetworkSettings
    """The architecture and its settings."""
    alphabet: tuple[str, ...]
    """The classes' names, in the order of the logits; a line reader's logits have the blank first."""
    normalization: str = ""
    """`inkling-1` is `transforms/normalize.py`, `inkling-line-1` is `transforms/lines.py`,
    `inkling-box-1` is `transforms/boxes.py`; empty stands for the one that fits the network."""
    temperature: float = 1.0
    """Of a digit: logits are divided by this before the softmax; fitted on held-out pictures."""
    calibration: tuple[float, float] = (1.0, 0.0)
    """Of a line: slope and intercept of the logistic curve from the score of a number to its
    confidence; fitted on held-out lines."""
    trained_on: dict[str, Any] = field(default_factory=dict)
    """Data, recipe, seed, steps, versions."""
    scores: dict[str, Any] = field(default_factory=dict)
    """Measured: which figure on which data."""
    format: int = FORMAT
    """Version of the file format."""

    def __post_init__(self) -> None:
        if not self.normalization:
            object.__setattr__(self, "normalization", normalization_of(self.network))

    @property
    def classes(self) -> int:
        """Logits of the network: one for each name, and one for a line reader's blank."""
        return len(self.alphabet) + self.reads_lines

    @property
    def reads_lines(self) -> bool:
        """Whether the network reads lines of writing; else it tells what one picture shows."""
        return self.network.name in LINE_READERS


@dataclass(frozen=True, slots=True)
class Weights:
    """A network with all that is known of it.

    Attributes:
        network: In evaluation mode.
        header: What the file says about itself.
        gauge: How unlike the training data a picture is; None if it was not fitted.
    """

    network: nn.Module
    header: Header
    gauge: Gauge | None = None


def refuse_readers(weights: Weights) -> None:
    """Raise where single digits are told apart and a reader of lines or of boxes was given.

    Raises:
        WeightsError: The network is one.
    """
    name = weights.header.network.name
    if name in (*LINE_READERS, *BOX_READERS):
        raise WeightsError(
            f"These are weights of a {name.replace('-', ' ')}, which does not tell single digits.",
            remedy="Name weights of a digit network, or read lines with: inkling read --as line",
        )


def save_weights(path: str | os.PathLike[str], weights: Weights) -> None:
    """Write a weights file, whole or not at all.

    Raises:
        StorageError: The file cannot be written.
    """
    tensors = {f"network.{name}": _short(value) for name, value in weights.network.state_dict().items()}
    if weights.gauge is not None:
        tensors |= {f"gauge.{name}": value for name, value in weights.gauge._asdict().items()}
    header = json.dumps(asdict(weights.header), ensure_ascii=False, sort_keys=True)
    write_tensors(path, tensors, {"inkling": header})


def _short(value: Tensor) -> Tensor:
    """The same numbers in float16, where that loses nothing."""
    half = value.half()
    return half if value.ndim > 1 and torch.equal(half.to(value.dtype), value) else value


def round_to_half(network: nn.Module) -> None:
    """Round matrices and kernels to what float16 holds, in place: the weights file halves by it."""
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.ndim > 1:
                parameter.copy_(parameter.half())


def write_tensors(path: str | os.PathLike[str], tensors: dict[str, Tensor], metadata: dict[str, str]) -> None:
    """Write tensors as safetensors, whole or not at all.

    Raises:
        StorageError: The file cannot be written.
    """
    # Copies are contiguous (a network may be in channels-last order) and share no memory.
    plain = {name: value.detach().to("cpu", copy=True).contiguous() for name, value in tensors.items()}
    write_whole(Path(path), safetensors.torch.save(plain, metadata=metadata))


def write_whole(path: Path, content: bytes) -> None:
    """Write a file beside its place, then rename it: never half a file.

    Raises:
        StorageError: The file cannot be written; the one before stands.
    """
    partial = path.with_name(f"{path.name}.partial-{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(content)
        os.replace(partial, path)
    except OSError as problem:
        raise StorageError(
            f"{path} cannot be written: {problem.strerror}.",
            remedy="Is the disk full, the folder read-only, or the name that of a folder?",
        ) from None
    finally:
        # Whatever kept the file from being written may keep this from working, too.
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


def read_tensors(path: str | os.PathLike[str]) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Read a safetensors file: its tensors, on the CPU, and its header.

    Raises:
        WeightsError: The file is missing, huge, or not safetensors.
    """
    path = Path(path)
    if path.is_dir():
        raise WeightsError(f"{path} is a folder.", remedy="Name the weights file in it.")
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise WeightsError(f"{path} is larger than {_MOST_BYTES >> 30} GiB; no file of Inkling's is.")
        with safetensors.safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118
    except FileNotFoundError:
        raise WeightsError(f"{path} does not exist.", remedy="Check the path.") from None
    except (OSError, safetensors.SafetensorError) as problem:
        raise WeightsError(
            f"{path} is not a weights file: {problem}.",
            remedy="Weights are .safetensors files that `inkling train` writes.",
        ) from None


def load_weights(path: str | os.PathLike[str]) -> Weights:
    """Read a weights file without knowing what made it.

    Returns:
        The network in evaluation mode, on the CPU, with its header and gauge.

    Raises:
        WeightsError: Not a weights file, from a newer version, of an unknown architecture, or with
            tensors that do not fit its header.
    """
    tensors, metadata = read_tensors(path)
    header = _parse_header(Path(path), metadata)
    # On the meta device nothing is allocated: a header may promise a network of any size.
    with torch.device("meta"):
        network = build_network(header.network, classes=header.classes).eval()
    state = {
        name: value.float() if value.dtype == torch.float16 else value
        for name, value in _with_prefix(tensors, "network.").items()
    }
    wanted = {name: (value.shape, value.dtype) for name, value in network.state_dict().items()}
    if {name: (value.shape, value.dtype) for name, value in state.items()} != wanted:
        raise WeightsError(
            f"{path}: the tensors do not fit a {header.network.name} of widths {header.network.widths}.",
            remedy="The file may have been altered; get it anew.",
        ) from None
    network.load_state_dict(state, assign=True)
    in_channels_last(network)
    if not all(torch.isfinite(value).all() for value in tensors.values()):
        raise WeightsError(f"{path}: some weights are not finite numbers.", remedy="Train it anew.")
    gauge = _parse_gauge(Path(path), _with_prefix(tensors, "gauge."))
    if gauge is not None:
        probe = torch.zeros((1, 1, LINE_HEIGHT, 64) if header.reads_lines else (1, 1, 28, 28))
        with torch.inference_mode():
            size = network.features(probe).shape[-1]  # type: ignore[operator]
        if gauge.means.shape != (len(header.alphabet), size):
            raise WeightsError(f"{path}: its gauge does not fit the network.", remedy="Get the file anew.")
    return Weights(network, header, gauge)


@functools.cache
def shipped_weights(name: str) -> Weights:
    """Weights that come with Inkling, read once: `digits`, `lines` or `boxes`.

    What they are is told in `weights/NAME.md`.
    """
    # They outlive this call, which may come from inference mode; tensors made in it know no gradient.
    with torch.inference_mode(False), as_file(files("inkling") / "weights" / f"{name}.safetensors") as path:
        return load_weights(path)


def _with_prefix(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def _parse_header(path: Path, metadata: dict[str, str]) -> Header:
    if "inkling" not in metadata:
        raise WeightsError(
            f"{path} is a safetensors file, but not one of Inkling's.",
            remedy="Weights are written by `inkling train`.",
        )
    try:
        raw = json.loads(metadata["inkling"])
        if raw["format"] > FORMAT:
            raise WeightsError(
                f"{path} has format {raw['format']}; this version of Inkling reads up to {FORMAT}.",
                remedy="Update Inkling.",
            )
        network = NetworkSettings(raw["network"]["name"], tuple(raw["network"]["widths"]))
        known = {f.name for f in fields(Header)}
        header = Header(**{key: value for key, value in raw.items() if key in known} | {"network": network})
        if not (0 < header.temperature < math.inf and header.normalization == normalization_of(network)):
            raise ValueError("temperature or normalisation")
        slope, intercept = header.calibration
        if not (0 <= slope < math.inf and -math.inf < intercept < math.inf):
            raise ValueError("calibration")
        names: Any = raw["alphabet"]
        if not (isinstance(names, list) and names and all(isinstance(name, str) for name in names)):
            raise ValueError("the alphabet is not a list of names")
        if len(set(names)) < len(names):
            raise ValueError("the alphabet names a class twice")
        if len(names) >= MOST_CLASSES:
            raise ValueError(f"the alphabet has {len(names)} names")
        if not all(isinstance(raw.get(key, {}), dict) for key in ("trained_on", "scores")):
            raise ValueError("trained_on or scores")
        header = replace(header, alphabet=tuple(names), calibration=(float(slope), float(intercept)))
    except (UnknownNameError, SettingsError) as problem:
        raise WeightsError(
            f"{path}: {problem.message}", remedy=problem.remedy or "Get the file anew."
        ) from None
    except (ValueError, KeyError, TypeError) as problem:
        raise WeightsError(
            f"{path}: its header does not make sense ({problem}).", remedy="Get the file anew."
        ) from None
    return header


def _parse_gauge(path: Path, tensors: dict[str, Tensor]) -> Gauge | None:
    if not tensors:
        return None
    try:
        gauge = Gauge(**tensors)
    except TypeError:
        raise WeightsError(f"{path}: its gauge is incomplete.", remedy="Get the file anew.") from None
    size = gauge.means.shape[-1] if gauge.means.ndim else 0
    if gauge.whitening.shape != (size, size) or gauge.scale.ndim > 0:
        raise WeightsError(f"{path}: its gauge does not fit the network.", remedy="Get the file anew.")
    return gauge
