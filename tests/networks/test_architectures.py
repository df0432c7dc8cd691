"""The networks: their layers' names and shapes, their sizes, and how they are made."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from inkling.errors import SettingsError, UnknownNameError, UsageError
from inkling.networks.build import LINE_READERS, NETWORKS, NetworkSettings, build_network
from inkling.networks.layer import fold
from inkling.networks.perceptron import Perceptron
from inkling.transforms.lines import LINE_HEIGHT

SMALL = {
    "perceptron": (12, 7),
    "convnet": (5, 6, 7),
    "deepnet": (4, 5, 6),
    "line-reader": (4, 5, 6),
    "box-reader": (4, 5, 6),
}
DIGIT_NETWORKS = [name for name in NETWORKS if name not in LINE_READERS]


def count(network: nn.Module) -> int:
    return sum(p.numel() for p in network.parameters())


def some_images(name: str, number: int) -> torch.Tensor:
    size = (LINE_HEIGHT, 48) if name in LINE_READERS else (28, 28)
    return torch.rand(number, 1, *size, generator=torch.Generator().manual_seed(1))


def test_the_lessons_network_has_the_lessons_names_and_shapes() -> None:
    network = build_network(NetworkSettings("perceptron", (128, 64)))
    assert [name for name, _ in network.named_children()] == ["fc1", "relu1", "fc2", "relu2", "logits"]
    assert {name: tuple(p.shape) for name, p in network.named_parameters()} == {
        "fc1.weight": (128, 784),
        "fc1.bias": (128,),
        "fc2.weight": (64, 128),
        "fc2.bias": (64,),
        "logits.weight": (10, 64),
        "logits.bias": (10,),
    }


def test_the_perceptron_is_the_matrix_product_that_it_says() -> None:
    network = build_network(NetworkSettings("perceptron", (12, 7)), seed=3)
    images = torch.randn(4, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    w = dict(network.named_parameters())
    x = images.reshape(4, 784)
    x = (x @ w["fc1.weight"].T + w["fc1.bias"]).clamp_min(0)
    x = (x @ w["fc2.weight"].T + w["fc2.bias"]).clamp_min(0)
    torch.testing.assert_close(network.features(images), x)
    torch.testing.assert_close(network(images), x @ w["logits.weight"].T + w["logits.bias"])


def test_the_default_perceptron_is_the_lessons() -> None:
    assert count(Perceptron()) == 109_386


@pytest.mark.parametrize(
    ("name", "widths", "parameters"),
    [
        ("perceptron", (128, 64), 784 * 128 + 128 + 128 * 64 + 64 + 64 * 10 + 10),  # 109,386
        ("perceptron", (1,), 784 + 1 + 10 + 10),
        # Convolutions without bias, a scale and a shift per channel, then the logits.
        ("convnet", (32, 64, 128), 9 * (4 * 32 + 32 * 64 + 64 * 128) + 2 * (32 + 64 + 128) + 1290),
        ("convnet", (8,), 9 * 4 * 8 + 2 * 8 + 8 * 7 * 7 * 10 + 10),
        (
            "deepnet",
            (4, 5, 6),
            25 * 4
            + 9 * (4 * 5 + 5 * 5 + 5 * 6 + 6 * 6 + 6 * 6)
            + 2 * (4 + 5 + 5 + 6 + 6 + 6)
            + 6 * 25 * 10
            + 10,
        ),
    ],
)
def test_a_network_has_so_many_parameters(name: str, widths: tuple[int, ...], parameters: int) -> None:
    assert count(build_network(NetworkSettings(name, widths))) == parameters


@pytest.mark.parametrize("name", DIGIT_NETWORKS)
@pytest.mark.parametrize("pictures", [0, 1, 3])
def test_logits_have_a_row_per_picture_and_a_column_per_class(name: str, pictures: int) -> None:
    network = build_network(NetworkSettings(name, SMALL[name]), classes=4).eval()
    images = torch.zeros(pictures, 1, 28, 28)
    assert network(images).shape == (pictures, 4)
    features = network.features(images)
    assert features.ndim == 2
    assert len(features) == pictures


@pytest.mark.parametrize(("pictures", "width"), [(1, 16), (3, 48), (2, 160)])
def test_a_line_readers_logits_have_two_frames_for_every_four_pixels(pictures: int, width: int) -> None:
    network = build_network(NetworkSettings("line-reader", (4, 5, 6)), classes=4).eval()
    images = torch.zeros(pictures, 1, LINE_HEIGHT, width)
    assert network(images).shape == (width // 2, pictures, 4)
    assert network.features(images).shape == (width // 2, pictures, 6)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_picture_is_read_alike_alone_and_among_others(name: str) -> None:
    network = build_network(NetworkSettings(name, SMALL[name])).eval()
    images = some_images(name, 5)
    together, features = network.logits_and_features(images)
    assert torch.equal(together, network(images))
    assert torch.equal(features, network.features(images))
    alone = torch.cat([network(image[None]) for image in images], dim=int(name in LINE_READERS))
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", NETWORKS)
def test_every_parameter_takes_part(name: str) -> None:
    network = build_network(NetworkSettings(name, SMALL[name]))
    images = some_images(name, 8)
    network(images).square().sum().backward()
    for parameter in network.parameters():
        assert parameter.grad is not None
        assert float(parameter.grad.abs().sum()) > 0


@given(st.sampled_from(sorted(NETWORKS)), st.integers(0, 2**63 - 1), st.integers(0, 1000))
def test_equal_seeds_give_equal_weights_whatever_the_global_random_state(
    name: str, seed: int, state: int
) -> None:
    settings = NetworkSettings(name, SMALL[name])
    torch.manual_seed(state)
    before = torch.get_rng_state()
    one = build_network(settings, seed=seed).state_dict()
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(state + 1)
    two, other = (build_network(settings, seed=s).state_dict() for s in (seed, seed ^ 1))
    assert all(torch.equal(one[key], two[key]) for key in one)
    assert not all(torch.equal(one[key], other[key]) for key in one)


@pytest.mark.parametrize(
    ("name", "widths", "error"),
    [
        ("perceptron", (128, 64), None),
        ("convnet", (8,), None),
        ("deepnet", (1, 1, 1), None),
        ("line-reader", (2, 1, 1), None),
        ("line-reader", (1, 1, 1), (SettingsError, "begin with 2 or more")),
        ("line-reader", (8, 8), (SettingsError, "network.widths of a line-reader are 3 numbers")),
        ("convnett", (8,), (UnknownNameError, "Did you mean 'convnet'?")),
        ("perceptron", (), (SettingsError, "network.widths of a perceptron are 1 to 8 numbers")),
        ("convnet", (8, 8, 8, 8), (SettingsError, "network.widths of a convnet are 1 to 3 numbers")),
        ("deepnet", (8, 8), (SettingsError, "network.widths of a deepnet are 3 numbers")),
        ("convnet", (0,), (SettingsError, "between 1 and 4096")),
        ("convnet", (4097,), (SettingsError, "between 1 and 4096")),
        ("convnet", (8.0,), (SettingsError, "whole numbers")),
        ("convnet", ("8",), (SettingsError, "whole numbers")),
    ],
)
def test_settings_fit_or_say_why_not(
    name: str, widths: tuple[int, ...], error: tuple[type[UsageError], str] | None
) -> None:
    if error is None:
        assert NetworkSettings(name, widths).widths == widths
        return
    with pytest.raises(error[0]) as caught:
        NetworkSettings(name, widths)
    assert error[1] in str(caught.value)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("classes", [0, -1, 4097, 10**12])
def test_so_many_classes_are_no_alphabet(name: str, classes: int) -> None:
    with pytest.raises(SettingsError, match="1 to 4096 classes"):
        build_network(NetworkSettings(name, SMALL[name]), classes=classes)


@pytest.mark.parametrize("name", ["deepnet", "line-reader", "box-reader"])
def test_a_folded_network_computes_the_same_and_leaves_the_other_as_it_was(name: str) -> None:
    network = build_network(NetworkSettings(name, SMALL[name]), seed=2).eval()
    generator = torch.Generator().manual_seed(3)
    for part in network.modules():
        if isinstance(part, nn.BatchNorm2d):  # as training leaves them; some channels are turned about
            for values in (part.weight.data, part.bias.data, part.running_mean):
                values.copy_(torch.randn(values.shape, generator=generator))
            part.running_var.copy_(torch.rand(part.running_var.shape, generator=generator) + 0.1)
    before = {key: value.clone() for key, value in network.state_dict().items()}
    images = some_images(name, 3)
    with torch.inference_mode():
        torch.testing.assert_close(
            fold(network, torch.float32)(images), network(images), rtol=1e-3, atol=1e-3
        )
        short = fold(network, torch.bfloat16)(images.bfloat16())
    assert short.dtype == torch.bfloat16
    torch.testing.assert_close(network.state_dict(), before)
    normalised = [part for part in fold(network, torch.float32).modules() if isinstance(part, nn.BatchNorm2d)]
    assert len(normalised) < sum(isinstance(part, nn.BatchNorm2d) for part in network.modules()) / 2


@pytest.mark.parametrize("pool", [2, (2, 2), (2, 1), (1, 2), 3, (4, 1)])
def test_a_folded_network_takes_the_largest_of_what_it_took_it_of(pool: int | tuple[int, int]) -> None:
    network = nn.Sequential(nn.MaxPool2d(pool)).eval()
    images = torch.randn(2, 3, 12, 24, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        torch.testing.assert_close(fold(network, torch.float32)(images), network(images), rtol=0, atol=0)
