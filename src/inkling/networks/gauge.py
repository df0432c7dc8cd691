"""How unlike its training data a picture is, measured in the network's own features."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class Gauge(NamedTuple):
    """Distances to class means under one shared covariance.

    After Lee et al., "A simple unified framework for detecting out-of-distribution samples and
    adversarial attacks" (2018), for the last layer alone, without input perturbation.

    Attributes:
        means: float32 (C, D), the mean feature of each class.
        whitening: float32 (D, D); a difference times it has unit covariance within classes.
        scale: float32 scalar, the distance that 99 of 100 held-out pictures stay below.
    """

    means: Tensor
    whitening: Tensor
    scale: Tensor

    def novelty(self, features: Tensor) -> Tensor:
        """Distance to the nearest class, in units of `scale`: (N, D) to (N,).

        Below 1 is familiar ground; 2 is twice as far as all but 1 in 100 held-out pictures.
        """
        white = features @ self.whitening
        return torch.cdist(white, self.means @ self.whitening).amin(dim=1) / self.scale


def fit_gauge(features: Tensor, targets: Tensor, heldout: Tensor) -> Gauge:
    """Fit a gauge.

    Args:
        features: float32 (N, D), of training pictures.
        targets: int64 (N,), their classes, each of 0 to C − 1 at least once.
        heldout: float32 (M, D), features of pictures that were not trained on.

    Returns:
        The gauge, on the CPU.
    """
    features, heldout = features.double(), heldout.double()
    means = torch.stack([features[targets == c].mean(dim=0) for c in range(int(targets.max()) + 1)])
    centred = features - means[targets]
    covariance = centred.T @ centred / len(features)
    values, vectors = torch.linalg.eigh(covariance)
    # Directions that hardly vary would make any small difference look enormous.
    floor = values.amax().clamp_min(1e-12) * 1e-3
    whitening = vectors / values.clamp_min(floor).sqrt()
    unscaled = Gauge(means, whitening, torch.ones((), dtype=torch.float64))
    scale = unscaled.novelty(heldout).quantile(0.99).clamp_min(1e-12)
    return Gauge(means.float(), whitening.float(), scale.float())
