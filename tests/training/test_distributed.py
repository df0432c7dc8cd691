"""Two processes with 32 pictures each learn what one learns with 64."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
from joined_run import CASES, outcome
from safetensors.torch import load_file
from torch import nn

from inkling.training.distributed import JoinedBatchNorm, join, join_statistics, leave

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def joined(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what each of two processes came to, case by case."""
    folder = tmp_path_factory.mktemp("joined")
    command = ["-m", "torch.distributed.run", "--nproc-per-node", "2", "--standalone"]
    done = subprocess.run(
        [sys.executable, *command, str(HERE / "joined_run.py"), str(folder)],
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return folder


@pytest.mark.parametrize("name", CASES)
def test_two_processes_come_to_the_weights_of_one(name: str, joined: Path) -> None:
    alone = outcome(name)
    losses = alone.pop("losses")
    parts = [load_file(joined / str(rank) / f"{name}.safetensors") for rank in (0, 1)]
    shares = [part.pop("losses") for part in parts]
    for part in parts:
        assert set(part) == set(alone)
        for key, value in alone.items():
            torch.testing.assert_close(
                part[key], value, rtol=1e-4, atol=1e-5, msg=lambda m, k=key: f"{k}: {m}"
            )
    assert all(torch.equal(parts[0][key], parts[1][key]) for key in alone)
    assert not torch.equal(shares[0], shares[1])

    # The first batch is shared evenly, so its loss is the mean of the two shares'.
    torch.testing.assert_close((shares[0][0] + shares[1][0]) / 2, losses[0], rtol=1e-5, atol=1e-6)


@pytest.fixture
def alone_in_the_group(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sum over a single process is what it gives."""
    monkeypatch.setattr(dist, "all_reduce", lambda tensor: None)


@pytest.mark.usefixtures("alone_in_the_group")
def test_joined_normalisation_of_one_process_is_pytorchs() -> None:
    theirs = nn.BatchNorm2d(5, momentum=0.3, eps=1e-3)
    with torch.no_grad():
        theirs.weight.copy_(torch.linspace(0.5, 2, 5))
        theirs.bias.copy_(torch.linspace(-1, 1, 5))
    network = nn.Sequential(nn.Sequential(theirs))
    join_statistics(network)
    mine = network[0][0]  # type: ignore[index]
    assert type(mine) is JoinedBatchNorm

    for seed in range(3):
        x = torch.randn(6, 5, 4, 3, generator=torch.Generator().manual_seed(seed)) * 3 + 1
        upstream = torch.randn(6, 5, 4, 3, generator=torch.Generator().manual_seed(seed + 50))
        one, other = x.clone().requires_grad_(), x.clone().requires_grad_()
        torch.testing.assert_close(mine(one), theirs(other), rtol=1e-4, atol=1e-5)
        (mine(one) * upstream).sum().backward()
        (theirs(other) * upstream).sum().backward()
        torch.testing.assert_close(one.grad, other.grad, rtol=1e-3, atol=1e-5)
    torch.testing.assert_close(mine.weight.grad, theirs.weight.grad, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(mine.bias.grad, theirs.bias.grad, rtol=1e-4, atol=1e-4)
    for key, value in theirs.state_dict().items():
        torch.testing.assert_close(mine.state_dict()[key], value, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(mine.eval()(x), theirs.eval()(x), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("size", [None, "1"])
def test_a_process_that_nobody_else_joined_is_alone(
    size: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    if size is not None:
        monkeypatch.setenv("WORLD_SIZE", size)
    assert join(torch.device("cpu")) == (0, 1)
    assert not dist.is_initialized()
    leave()  # parting from nobody is no error
