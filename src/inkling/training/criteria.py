"""The loss by name: how far logits are from the labels."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from inkling.datasets.lines.writing import LINE_ALPHABET
from inkling.errors import SettingsError, UnknownNameError
from inkling.networks.constrained import marks_of

Criterion = Callable[[Tensor, Tensor], Tensor]
"""`(logits, targets) -> loss ()`, a mean over the batch: logits (N, C) and targets int64 (N,) for
digits; logits (T, N, C) and targets int64 (N, L), filled up with 0, for lines."""

LINE_MARKS = marks_of(LINE_ALPHABET)
"""Labels of a line reader that speak of the whole line."""

_NEARLY_CERTAIN, _LEAST_CHANCE = 1 - 1e-6, 1e-30
"""Where the logarithms of a probability and of its opposite are still finite; beyond, nothing is learned."""


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


def ctc(logits: Tensor, targets: Tensor) -> Tensor:
    """The surprise at a line's labels over all paths that spell them (Graves et al., 2006).

    In nats for each label, as PyTorch's own mean has it: a line's surprise is divided by the number
    of its labels (by 1 for a blank line), then the mean is taken over the lines. All T frames count,
    those of the filling on the right too. Labels that do not fit into the frames cost nothing.

    Where a line is to be marked, such as `crossed out`, the surprise is that at the mark in any of its
    frames, whatever the others say: asked to say nothing else there, a network learns to leave out
    digits of other lines as well.

    Args:
        logits: (T, N, C), the blank at 0.
        targets: int64 (N, L), L at least 1, labels 1 to C − 1, filled up with 0.
    """
    frames, count, _ = logits.shape
    lengths = torch.full((count,), frames, dtype=torch.int64)
    labels = (targets > 0).sum(dim=1)
    log_probs = logits.log_softmax(dim=2)
    of_line = F.ctc_loss(log_probs, targets, lengths, labels, reduction="none", zero_infinity=True)
    marked = torch.isin(targets[:, 0], torch.tensor(LINE_MARKS, device=targets.device))
    at_mark = _surprise_anywhere(log_probs, targets[:, 0])
    return torch.where(marked, at_mark, of_line / labels.clamp(min=1)).mean()


def _surprise_anywhere(log_probs: Tensor, labels: Tensor) -> Tensor:
    """In nats (N,), of labels (N,) that stand in any of the frames (T, N, C), which are independent."""
    here = log_probs.gather(2, labels.expand(len(log_probs), -1).unsqueeze(2)).squeeze(2).exp()
    nowhere = torch.log1p(-here.clamp(max=_NEARLY_CERTAIN)).sum(dim=0)
    return -torch.log(-torch.expm1(nowhere.clamp(max=-_LEAST_CHANCE)))


LINE_CRITERIA: dict[str, Criterion] = {"ctc": ctc}
"""Criteria of line readers."""

CRITERIA: dict[str, Callable[..., Tensor]] = {
    "cross-entropy": cross_entropy,
    "mean-squared-error": mean_squared_error,
    "negative-log-likelihood": negative_log_likelihood,
}
"""Criteria of networks that tell one digit."""


def make_criterion(name: str, *, label_smoothing: float = 0.0) -> Criterion:
    """A criterion by name.

    Args:
        name: One of `CRITERIA` or `LINE_CRITERIA`.
        label_smoothing: Part of the label, 0 to 1, spread evenly over all classes.

    Raises:
        UnknownNameError: No such criterion.
        SettingsError: It knows no label smoothing.
    """
    if name in LINE_CRITERIA:
        if label_smoothing:
            raise SettingsError(f"label_smoothing has no meaning for the criterion {name}.")
        return LINE_CRITERIA[name]
    if name not in CRITERIA:
        raise UnknownNameError("criterion", name, [*CRITERIA, *LINE_CRITERIA])
    criterion = CRITERIA[name]
    return lambda logits, targets: criterion(logits, targets, label_smoothing=label_smoothing)
