"""The loss by name: how far logits are from the labels."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from inkling.errors import UnknownNameError

Criterion = Callable[[Tensor, Tensor], Tensor]
"""`(logits (N, C), targets int64 (N,)) -> loss ()`, a mean over the batch."""


def cross_entropy(logits: Tensor, targets: Tensor, *, label_smoothing: float = 0.0) -> Tensor:
    """The surprise at the right class, in nats: softmax and logarithm in one."""
    return F.cross_entropy(logits, targets, label_smoothing=label_smoothing)


def negative_log_likelihood(logits: Tensor, targets: Tensor, *, label_smoothing: float = 0.0) -> Tensor:
    """The same number as cross-entropy, by its two steps: log-probabilities, then the right one's."""
    log_probabilities = logits.log_softmax(dim=1)
    likelihood = F.nll_loss(log_probabilities, targets)
    return torch.lerp(likelihood, -log_probabilities.mean(), label_smoothing)


def mean_squared_error(logits: Tensor, targets: Tensor, *, label_smoothing: float = 0.0) -> Tensor:
    """Squared difference between the predicted distribution and the label's, mean over both."""
    classes = logits.shape[1]
    wanted = F.one_hot(targets, classes).to(logits.dtype)
    wanted = wanted * (1 - label_smoothing) + label_smoothing / classes
    return F.mse_loss(logits.softmax(dim=1), wanted)


CRITERIA: dict[str, Callable[..., Tensor]] = {
    "cross-entropy": cross_entropy,
    "mean-squared-error": mean_squared_error,
    "negative-log-likelihood": negative_log_likelihood,
}


def make_criterion(name: str, *, label_smoothing: float = 0.0) -> Criterion:
    """A criterion by name.

    Args:
        name: One of `CRITERIA`.
        label_smoothing: Part of the label, 0 to 1, spread evenly over all classes.

    Raises:
        UnknownNameError: No such criterion.
    """
    if name not in CRITERIA:
        raise UnknownNameError("criterion", name, CRITERIA)
    criterion = CRITERIA[name]
    return lambda logits, targets: criterion(logits, targets, label_smoothing=label_smoothing)
