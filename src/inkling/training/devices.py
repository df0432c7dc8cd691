"""Where a network computes, and in which precision."""

from __future__ import annotations

import ctypes
import sys

import torch

from inkling.errors import MissingError, UnknownNameError, UsageError

PRECISIONS = ("auto", "bfloat16", "float32")


def choose_device(name: str = "auto") -> torch.device:
    """A device by name; `auto` takes a GPU if there is one.

    Args:
        name: `auto`, `cpu`, `cuda`, `cuda:1`, `mps`.

    Raises:
        UnknownNameError: Not a name of a device.
        MissingError: This machine has no such device.
    """
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        device = None
    if device is None or device.type not in ("cpu", "cuda", "mps"):
        raise UnknownNameError("device", name, ["auto", "cpu", "cuda", "mps"])
    present = {
        "cpu": True,
        "cuda": torch.cuda.is_available() and (device.index or 0) < torch.cuda.device_count(),
        "mps": torch.backends.mps.is_available(),
    }
    if not present[device.type]:
        raise MissingError(
            f"This machine has no device '{name}' that PyTorch can use.",
            remedy="Leave the device out to let it be chosen, or see `inkling doctor`.",
        )
    return device


def computes_bfloat16_fast(device: torch.device) -> bool:
    """Tell whether bfloat16 is done in hardware there, so that it helps."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type == "cpu":
        # Older versions of PyTorch cannot tell; float32 is safe there.
        capabilities: dict[str, bool] = getattr(torch.cpu, "get_capabilities", dict)()
        return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))
    return False


def choose_precision(name: str, device: torch.device, network: str) -> torch.dtype:
    """The precision by name; `auto` takes bfloat16 for convolutions where hardware does it.

    The perceptron's layers are too small to gain by it.

    Raises:
        UnknownNameError: Not one of `PRECISIONS`.
        UsageError: The device cannot compute in it.
    """
    if name not in PRECISIONS:
        raise UnknownNameError("precision", name, PRECISIONS)
    if name == "auto":
        helps = network != "perceptron" and computes_bfloat16_fast(device)
        return torch.bfloat16 if helps else torch.float32
    if name == "bfloat16" and device.type == "mps":
        raise UsageError("bfloat16 does not help on mps.", remedy="Use precision=auto.")
    return torch.bfloat16 if name == "bfloat16" else torch.float32


def keep_memory_warm() -> None:
    """Keep freed memory in the process, for the next step to take.

    By default glibc gives every block above 128 KiB back to the system when it is freed, and each
    step of training on the CPU then spends its time on page faults for the same activations again.
    No effect elsewhere than on Linux with glibc.
    """
    if not sys.platform.startswith("linux"):
        return
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):
        return
    mmap_threshold, trim_threshold = -3, -1
    mallopt(mmap_threshold, 1 << 30)
    mallopt(trim_threshold, 1 << 30)
