"""The gauge against a second implementation: Mahalanobis distances computed one by one."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from inkling.networks.gauge import Gauge, fit_gauge

CLASSES, SIZE = 4, 6


def clouds(count: int, seed: int) -> tuple[Tensor, Tensor]:
    """Features that scatter about their class's mean, with one covariance for all."""
    random = np.random.default_rng(seed)
    fixed = np.random.default_rng(99)
    means = fixed.normal(0, 8, (CLASSES, SIZE))
    mixing = fixed.normal(0, 1, (SIZE, SIZE)) + 2 * np.eye(SIZE)
    targets = random.integers(0, CLASSES, count)
    features = means[targets] + random.normal(0, 1, (count, SIZE)) @ mixing
    return torch.from_numpy(features).float(), torch.from_numpy(targets)


def by_hand(
    features: NDArray[np.float64], targets: NDArray[np.int64], asked: NDArray[np.float64]
) -> list[float]:
    """Distance of each asked feature to the nearest class mean under the pooled covariance."""
    means = [features[targets == c].mean(axis=0) for c in range(CLASSES)]
    pooled = sum(
        (features[targets == c] - means[c]).T @ (features[targets == c] - means[c]) for c in range(CLASSES)
    ) / len(features)
    inverse = np.linalg.inv(pooled)
    return [min(float(np.sqrt((x - m) @ inverse @ (x - m))) for m in means) for x in asked]


@pytest.fixture(scope="module")
def gauge() -> Gauge:
    features, targets = clouds(3000, 0)
    return fit_gauge(features, targets, clouds(2000, 1)[0])


def test_novelty_is_the_distance_in_units_of_the_scale(gauge: Gauge) -> None:
    features, targets = clouds(3000, 0)
    asked = clouds(40, 2)[0] * 2
    expected = by_hand(features.double().numpy(), targets.numpy(), asked.double().numpy())
    found = gauge.novelty(asked) * gauge.scale
    np.testing.assert_allclose(found.numpy(), expected, rtol=2e-3)


def test_the_scale_is_what_99_of_100_heldout_pictures_stay_below(gauge: Gauge) -> None:
    features, targets = clouds(3000, 0)
    heldout = clouds(2000, 1)[0]
    distances = by_hand(features.double().numpy(), targets.numpy(), heldout.double().numpy())
    assert float(gauge.scale) == pytest.approx(np.quantile(distances, 0.99), rel=1e-3)
    assert float((gauge.novelty(heldout) < 1).float().mean()) == pytest.approx(0.99, abs=0.001)
    assert float((gauge.novelty(clouds(2000, 3)[0]) < 1).float().mean()) == pytest.approx(0.99, abs=0.006)


def test_what_lies_far_from_every_class_is_new(gauge: Gauge) -> None:
    far = torch.randn(50, SIZE, generator=torch.Generator().manual_seed(0)) * 200
    assert bool((gauge.novelty(far) > 1).all())


def test_a_class_mean_is_familiar(gauge: Gauge) -> None:
    assert float(gauge.novelty(gauge.means).max()) < 0.05


def test_novelty_grows_along_a_ray_away_from_the_classes(gauge: Gauge) -> None:
    ray = torch.linspace(5, 100, 30)[:, None] * torch.ones(SIZE) + gauge.means.mean(dim=0)
    assert bool((gauge.novelty(ray).diff()[5:] > 0).all())


def test_features_that_never_vary_are_measured_with_a_floor() -> None:
    # A ReLU that is always off has no variance at all; the distance stays a number.
    features, targets = clouds(500, 0)
    dead = torch.cat([features, torch.zeros(500, 2)], dim=1)
    gauge = fit_gauge(dead, targets, dead)
    awake = dead[:1].clone()
    awake[0, -1] = 1e-3
    assert bool(torch.isfinite(gauge.novelty(dead)).all())
    torch.testing.assert_close(gauge.novelty(awake), gauge.novelty(dead[:1]), rtol=0.01, atol=0.01)
