"""Why a picture was taken for a digit: attributions that add up, and neighbours that are the nearest."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from inkling.networks.build import NetworkSettings, build_network
from inkling.networks.weights import Header, Weights, shipped_weights
from inkling.recognition.classify import classify
from inkling.recognition.explain import nearest, saliency
from inkling.transforms.normalize import to_input

Sample = tuple[NDArray[np.uint8], NDArray[np.int64]]


def log_probability(image: NDArray[np.uint8], weights: Weights, label: int) -> float:
    with torch.inference_mode():
        logits = weights.network(to_input(torch.from_numpy(image[None].copy()))).double()
    return float((logits / weights.header.temperature).log_softmax(dim=1)[0, label])


@pytest.mark.parametrize("label", [None, 3, 8])
def test_what_the_pixels_say_sums_to_the_rise_from_paper_to_picture(
    sample: Sample, label: int | None
) -> None:
    weights, paper = shipped_weights("digits"), np.zeros((28, 28), np.uint8)
    for image, target in zip(sample[0][:4], sample[1][:4], strict=True):
        wanted = int(target) if label is None else label
        rise = log_probability(image, weights, wanted) - log_probability(paper, weights, wanted)
        shares = saliency(image, weights, label=wanted, steps=1600)
        assert shares.sum() == pytest.approx(rise, abs=0.05 + 0.03 * abs(rise))


def test_the_weights_in_the_box_can_be_explained_after_they_have_classified(sample: Sample) -> None:
    shipped_weights.cache_clear()
    classify(sample[0][0])
    assert saliency(sample[0][0], shipped_weights("digits")).any()


def test_paper_says_nothing_and_the_class_is_the_most_probable_by_default(sample: Sample) -> None:
    weights = shipped_weights("digits")
    for image in sample[0][:5]:
        shares = saliency(image, weights)
        assert shares.shape == (28, 28)
        assert shares.dtype == np.float32
        assert not shares[image == 0].any()
        best = max(range(10), key=lambda label: log_probability(image, weights, label))
        assert np.array_equal(shares, saliency(image, weights, label=best))
        assert np.abs(shares).max() > 0


def test_a_linear_network_gives_exactly_its_own_terms() -> None:
    """With one neuron above all others in log-probability, the path has a closed form to compare with."""
    settings = NetworkSettings("perceptron", (1,))
    network = build_network(settings).eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()
        network.fc1.weight[0, 5] = 2.0  # type: ignore[union-attr, operator]
        network.logits.weight[1, 0] = 1.0  # type: ignore[union-attr, operator]
    weights = Weights(network, Header(settings, tuple("0123456789")))
    image = np.zeros((28, 28), np.uint8)
    image[0, 5] = image[9, 9] = 255
    shares = saliency(image, weights, label=1, steps=200)
    logit = 2 * 255 / 0.3081 / 255
    rise = logit - np.log(np.exp(logit) + 9) + np.log(10)
    assert shares[0, 5] == pytest.approx(rise, rel=1e-3)
    assert np.count_nonzero(shares) == 1


def features_of(images: NDArray[np.uint8], weights: Weights) -> NDArray[np.float64]:
    with torch.inference_mode():
        features = weights.network.features(to_input(torch.from_numpy(images))).double()  # type: ignore[operator]
    plain = features.numpy()
    return plain if weights.gauge is None else plain @ weights.gauge.whitening.double().numpy()


@pytest.mark.parametrize("gauged", [True, False])
def test_neighbours_are_those_that_a_search_by_hand_finds(sample: Sample, gauged: bool) -> None:
    shipped = shipped_weights("digits")
    weights = shipped if gauged else Weights(shipped.network, shipped.header)
    known, asked = sample[0][:300], sample[0][300:310]
    theirs = features_of(known, weights)
    for image in asked:
        found = nearest(image, known, weights, count=6)
        distances = np.sqrt(((theirs - features_of(image[None], weights)) ** 2).sum(axis=1))
        np.testing.assert_allclose(found.distances, np.sort(distances)[:6], rtol=1e-3, atol=1e-3)
        np.testing.assert_allclose(distances[found.indices], found.distances, rtol=1e-3, atol=1e-3)
        assert len(set(found.indices.tolist())) == 6


def test_a_training_picture_is_its_own_nearest_at_distance_0(sample: Sample) -> None:
    weights, known = shipped_weights("digits"), sample[0][:200]
    for place in (0, 77, 199):
        found = nearest(known[place], known, weights, count=3)
        assert found.indices[0] == place
        assert found.distances[0] == pytest.approx(0, abs=1e-3 * float(found.distances[1]))


def test_there_are_no_more_neighbours_than_pictures(sample: Sample) -> None:
    found = nearest(sample[0][0], sample[0][:3], shipped_weights("digits"), count=8)
    assert sorted(found.indices.tolist()) == [0, 1, 2]
    assert list(found.distances) == sorted(found.distances)
