"""Why a picture was taken for a digit: the pixels that mattered, and the nearest training digits."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inkling.networks.weights import Weights
from inkling.transforms.normalize import to_input


def saliency(
    image: NDArray[np.uint8], weights: Weights, *, label: int | None = None, steps: int = 256
) -> NDArray[np.float32]:
    """How much each pixel's ink spoke for a class, by integrated gradients.

    From blank paper to the picture in equal steps, the gradient of the class's log-probability is
    averaged and multiplied with the ink (Sundararajan et al., 2017). The values sum to the rise of
    the log-probability from paper to picture, up to the step size.

    Args:
        image: uint8 (28, 28), framed.
        weights: The network.
        label: The class; by default the most probable one.
        steps: Between paper and picture; more are more exact.

    Returns:
        float32 (28, 28), positive where ink spoke for the class.
    """
    network = weights.network
    ink = to_input(torch.from_numpy(image[None].copy()))  # (1, 1, 28, 28)
    if label is None:
        with torch.no_grad():
            label = int(network(ink).argmax())
    shares = (torch.arange(steps) + 0.5) / steps
    path = (shares.view(-1, 1, 1, 1) * ink).requires_grad_()
    log_probabilities = (network(path) / weights.header.temperature).log_softmax(dim=1)
    (gradient,) = torch.autograd.grad(log_probabilities[:, label].sum(), path)
    return np.asarray((gradient.mean(dim=0) * ink[0])[0].detach().numpy(), np.float32)


class Neighbours(NamedTuple):
    """The training pictures nearest to one picture.

    Attributes:
        indices: int64 (K,), in the training set, nearest first.
        distances: float32 (K,), in the network's features.
    """

    indices: NDArray[np.int64]
    distances: NDArray[np.float32]


@torch.inference_mode()
def nearest(
    image: NDArray[np.uint8], training: NDArray[np.uint8], weights: Weights, *, count: int = 8
) -> Neighbours:
    """Find the training pictures that the network sees as most like one picture.

    Args:
        image: uint8 (28, 28), framed.
        training: uint8 (N, 28, 28).
        weights: The network whose features are compared, whitened by its gauge if it has one.
        count: How many to find.
    """
    wanted = _features(image[None], weights)
    parts = [_features(training[place : place + 2000], weights) for place in range(0, len(training), 2000)]
    # Not by |a|² + |b|² − 2ab, which rounds the distance of equal pictures to something above 0.
    distances = torch.cdist(wanted, torch.cat(parts), compute_mode="donot_use_mm_for_euclid_dist")[0]
    closest = distances.topk(min(count, len(training)), largest=False)
    return Neighbours(closest.indices.numpy(), closest.values.numpy())


def _features(images: NDArray[np.uint8], weights: Weights) -> Tensor:
    features: Tensor = weights.network.features(to_input(torch.from_numpy(images.copy())))  # type: ignore[operator]
    return features if weights.gauge is None else features @ weights.gauge.whitening
