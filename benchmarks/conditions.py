"""What every benchmark says beside its figures: machine, versions, commit, load; and where data is."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
from collections.abc import Sequence
from pathlib import Path


def describe() -> str:
    """One paragraph that makes a figure repeatable."""
    import numpy
    import torch

    processor = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        processor = names[0].split(":")[1].strip() if names else processor
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    ).stdout.strip()
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    gpu = f", {torch.cuda.get_device_name()}" if torch.cuda.is_available() else ""
    return (
        f"{os.cpu_count()} cores of {processor}{gpu}; Python {platform.python_version()}, "
        f"torch {torch.__version__}, numpy {numpy.__version__}, {torch.get_num_threads()} threads; "
        f"commit {commit or 'none'}; load {load:.1f} before"
    )


def spread(values: Sequence[float], form: str = "{:.2f}") -> str:
    """Median, least and greatest of some runs."""
    show = form.format
    return f"{show(statistics.median(values))} [{show(min(values))}..{show(max(values))}]"


def mean_of(values: Sequence[float], form: str = "{:.2f}") -> str:
    """Mean, least and greatest of some runs."""
    show = form.format
    return f"{show(statistics.fmean(values))} [{show(min(values))}..{show(max(values))}]"


def external(*parts: str) -> Path | None:
    """A folder of the data that is gathered outside the project for measuring, if it is there.

    The environment variable INKLING_MEASURE names the folder that holds `digits/usps`, `digits/pen`, ...
    """
    root = os.environ.get("INKLING_MEASURE")
    path = Path(root).joinpath(*parts) if root else None
    return path if path is not None and path.exists() else None
