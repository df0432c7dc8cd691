"""Several processes that learn what one would learn from their joined batch.

`torchrun` starts them and `torch.distributed` connects them. Each takes its part of every batch
(`ResidentBatches` does that from rank and world alone), gradients are summed before each update,
and normalisation layers use the statistics of the joined batch. So two processes with 32 pictures
each take the same steps as one with 64, up to the order of summation.
"""

from __future__ import annotations

import os
from typing import Any

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import Tensor, nn


def own_device(device: torch.device) -> torch.device:
    """This process's own GPU of the machine's, where `torchrun` started one for each."""
    if str(device) == "cuda" and "LOCAL_RANK" in os.environ:
        return torch.device("cuda", int(os.environ["LOCAL_RANK"]))
    return device


def join(device: torch.device) -> tuple[int, int]:
    """Meet the other processes, if `torchrun` started this one.

    Returns:
        This process's rank, and how many there are; (0, 1) when it is alone.
    """
    if "WORLD_SIZE" not in os.environ or int(os.environ["WORLD_SIZE"]) == 1:
        return 0, 1
    if device.type == "cuda":
        torch.cuda.set_device(device)
    if not dist.is_initialized():
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    return dist.get_rank(), dist.get_world_size()


def leave() -> None:
    """Part from the other processes, if there were any."""
    if dist.is_available() and dist.is_initialized():
        dist.destroy_process_group()


def any_process(wish: bool) -> bool:
    """Tell every process whether one of them wishes for something, such as to stop."""
    device = "cuda" if dist.get_backend() == "nccl" else "cpu"
    wishes = torch.tensor(float(wish), device=device)
    dist.all_reduce(wishes, dist.ReduceOp.MAX)
    return bool(wishes)


def mean_over_processes(number: float) -> float:
    """The mean of a number over the processes."""
    device = "cuda" if dist.get_backend() == "nccl" else "cpu"
    total = torch.tensor(number, device=device, dtype=torch.float64)
    dist.all_reduce(total)
    return float(total) / dist.get_world_size()


def sum_gradients(network: nn.Module) -> None:
    """Sum each parameter's gradient over all processes, in one message."""
    gradients = [p.grad for p in network.parameters() if p.grad is not None]
    joined = torch.cat([gradient.flatten() for gradient in gradients])
    dist.all_reduce(joined)
    parts = joined.split([gradient.numel() for gradient in gradients])
    for gradient, part in zip(gradients, parts, strict=True):
        gradient.copy_(part.view_as(gradient))


def join_statistics(network: nn.Module) -> None:
    """Make the normalisation layers of a network use the joined batch's statistics, in place.

    PyTorch's own `SyncBatchNorm` does this on GPUs only.
    """
    for module in list(network.modules()):
        for name, child in list(module.named_children()):
            if type(child) is nn.BatchNorm2d:
                joined = JoinedBatchNorm(child.num_features, eps=child.eps, momentum=child.momentum)
                joined.load_state_dict(child.state_dict())
                setattr(module, name, joined.to(child.weight.device))


class JoinedBatchNorm(nn.BatchNorm2d):
    """Batch normalisation over the pictures of all processes."""

    def forward(self, input: Tensor) -> Tensor:
        """(N, C, H, W) to the same."""
        if not self.training:
            return F.batch_norm(
                input, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps
            )
        x = input.float()
        sums = torch.stack([x.sum(dim=(0, 2, 3)), x.square().sum(dim=(0, 2, 3))])
        count = torch.full_like(sums[:, :1], x.numel() / x.shape[1])
        total = _SumOverProcesses.apply(  # type: ignore[no-untyped-call]
            torch.cat([sums, count], dim=1)
        )
        number = total[0, -1]
        mean, square = total[:, :-1] / number  # (C,), (C,)
        variance = (square - mean.square()).clamp_min(0)
        with torch.no_grad():
            unbiased = variance * (number / (number - 1).clamp_min(1))
            assert self.running_mean is not None
            assert self.running_var is not None
            assert self.num_batches_tracked is not None
            assert self.momentum is not None
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(unbiased, self.momentum)
            self.num_batches_tracked += 1
        scale = self.weight / (variance + self.eps).sqrt()
        shift = self.bias - mean * scale
        return (x * scale[:, None, None] + shift[:, None, None]).to(input.dtype)


class _SumOverProcesses(torch.autograd.Function):
    """Sum over processes; the gradient of a sum is the sum of the gradients."""

    @staticmethod
    def forward(ctx: Any, value: Tensor) -> Tensor:
        total = value.clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        total = gradient.clone()
        dist.all_reduce(total)
        return total
