"""A wider network gives what the one gives that it was made of, and learns with all of its channels."""

from __future__ import annotations

import pytest
import torch

from inkling.networks.build import NetworkSettings, build_network
from inkling.networks.widen import widen


def trained(settings: NetworkSettings) -> torch.nn.Module:
    """A network whose normalisations have seen something."""
    network = build_network(settings, classes=5, seed=1)
    with torch.no_grad():
        for _ in range(3):
            network(pictures(settings))
    return network.eval()


def pictures(settings: NetworkSettings) -> torch.Tensor:
    random = torch.Generator().manual_seed(0)
    size = (32, 48) if settings.name == "line-reader" else (28, 28)
    return torch.randn(6, 1, *size, generator=random)


@pytest.mark.parametrize(
    ("name", "widths", "wider"),
    [
        ("line-reader", (4, 6, 8), (6, 8, 12)),
        ("line-reader", (4, 6, 8), (4, 6, 9)),
        ("line-reader", (4, 6, 8), (4, 6, 8)),
        ("deepnet", (4, 6, 8), (5, 6, 10)),
        ("convnet", (4, 6), (8, 6)),
        ("perceptron", (8, 6), (12, 9)),
    ],
)
def test_a_wider_network_gives_the_same_and_learns_with_all_of_it(
    name: str, widths: tuple[int, ...], wider: tuple[int, ...]
) -> None:
    small, large = NetworkSettings(name, widths), NetworkSettings(name, wider)
    before, after = trained(small), build_network(large, classes=5, seed=2)
    widen(before, after)
    after.eval()
    x = pictures(small)
    torch.testing.assert_close(after(x), before(x), rtol=1e-4, atol=1e-5)
    after.train()(x).square().mean().backward()
    assert all(parameter.grad is not None for parameter in after.parameters())
    if widths == wider:
        assert all(torch.equal(a, b) for a, b in zip(before.parameters(), after.parameters(), strict=True))
