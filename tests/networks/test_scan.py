"""Scanning and decoding of pictures: in any company, each gets what it gets alone."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from ctc_pictures import picture, written
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch import nn

from inkling.networks import scan as scanning
from inkling.networks.build import NetworkSettings, build_network
from inkling.networks.constrained import Known, somewhere
from inkling.networks.ctc import align, best_path, character_distributions, log_probability
from inkling.networks.linereader import PIXELS_PER_FRAME
from inkling.networks.scan import decode, look, propose, scan, score_of
from inkling.transforms.lines import OTHER_VIEWS, look_again

WIDTHS = [32, 64, 32, 48, 64, 32, 32]
SWAPPED = [0, 2, 1, 3, 4, 5]


@pytest.fixture(scope="module")
def network() -> nn.Module:
    torch.manual_seed(0)
    return build_network(NetworkSettings("line-reader", (4, 4, 8)), classes=6).eval()


@pytest.fixture(scope="module")
def pictures() -> list[NDArray[np.uint8]]:
    random = np.random.default_rng(0)
    return [random.integers(0, 256, (32, width), np.uint8) for width in WIDTHS]


@pytest.mark.parametrize("batch_size", [1, 2, 64])
def test_pictures_of_all_widths_are_scanned_as_alone_and_stay_in_order(
    network: nn.Module, pictures: list[NDArray[np.uint8]], batch_size: int
) -> None:
    scans = scan(network, pictures, batch_size=batch_size)
    assert [len(seen.log_probs) * PIXELS_PER_FRAME for seen in scans] == WIDTHS
    for seen, one in zip(scans, pictures, strict=True):
        [alone] = scan(network, [one])
        np.testing.assert_allclose(seen.log_probs, alone.log_probs, atol=1e-5)
        np.testing.assert_allclose(seen.features, alone.features, atol=1e-5)
        np.testing.assert_allclose(np.exp(seen.log_probs).sum(axis=1), 1, atol=1e-5)


def test_half_precision_differs_in_rounding_only(
    network: nn.Module, pictures: list[NDArray[np.uint8]]
) -> None:
    for seen, rounded in zip(
        scan(network, pictures), scan(network, pictures, precision=torch.bfloat16), strict=True
    ):
        assert rounded.log_probs.dtype == rounded.features.dtype == np.float32
        np.testing.assert_allclose(rounded.log_probs, seen.log_probs, atol=0.05)


@given(
    st.lists(st.tuples(st.integers(1, 3), st.floats(0.1, 9), st.integers(0, 10**6)), max_size=12),
    st.integers(1, 10),
    st.integers(1, 5),
)
def test_pictures_are_decoded_as_alone_and_stay_in_order(
    drawn: list[tuple[int, float, int]], best: int, batch_size: int
) -> None:
    pictures = [picture(8 * size, 5, sharpness, seed) for size, sharpness, seed in drawn]
    decoded = decode(pictures, best=best, batch_size=batch_size)
    assert len(decoded) == len(pictures)
    for log_probs, found in zip(pictures, decoded, strict=True):
        alone = [(labels, pytest.approx(p)) for labels, p in propose([log_probs], best=best)[0]]
        assert found.proposals == alone
        labels = found.proposals[0][0]
        assert found.spans == align(log_probs, labels)
        expected = character_distributions(log_probs, labels)
        np.testing.assert_allclose(found.distributions, expected, rtol=1e-9)


def test_what_is_written_is_found_with_its_places_and_doubts() -> None:
    labels = (3, 3, 7, 1)
    log_probs = written(labels, 60, 12, seed=0)
    [blank, found] = decode([np.log([[0.9, 0.1]] * 4), log_probs.astype(np.float32)])
    assert (blank.proposals[0][0], blank.spans, blank.distributions.shape) == ((), [], (0, 1))
    assert found.proposals[0] == (labels, pytest.approx(log_probability(log_probs, labels), abs=1e-5))
    assert found.spans == [(7, 9), (22, 24), (37, 39), (52, 54)]
    assert [int(column) + 1 for column in found.distributions.argmax(axis=1)] == [3, 3, 7, 1]


@pytest.mark.parametrize("count", [1, 3])
def test_what_is_known_is_known_of_each_picture(count: int) -> None:
    with pytest.raises(ValueError, match="zip"):
        decode([picture(6, 4, 1.0, seed=0)] * 2, known=[Known()] * count)


@pytest.mark.parametrize("value", [-np.inf, np.nan])
def test_frames_that_are_no_probabilities_are_refused(value: float) -> None:
    with pytest.raises(ValueError, match="no probabilities"):
        decode([picture(6, 4, 1.0, seed=0), np.full((6, 4), value)])


@pytest.mark.parametrize(
    ("chance", "score"),
    [
        (None, -20.0),
        (1.0, 20.0),
        (1 - 1e-12, 20.0),
        (0.9, math.log(9)),
        (0.5, 0.0),
        (0.1, -math.log(9)),
        (1e-30, -20.0),
    ],
)
def test_a_score_is_the_logit_of_the_first_proposal(chance: float | None, score: float) -> None:
    proposals = [] if chance is None else [((1, 2), math.log(chance)), ((1,), math.log(chance / 2))]
    assert score_of(proposals) == pytest.approx(score, abs=1e-9)


@given(st.integers(2, 4), st.floats(0.5, 3), st.integers(0, 10**6))
def test_several_views_share_in_the_doubts_by_how_well_they_fit(
    count: int, sharpness: float, seed: int
) -> None:
    views = np.stack([picture(12, 4, sharpness, seed + view) for view in range(count)])
    [found] = decode([views])
    labels = found.proposals[0][0]
    assert found.spans == align(views[0], labels)
    fits = np.exp([log_probability(view, labels) for view in views])
    doubts = np.array([character_distributions(view, labels) for view in views])
    expected = np.average(doubts, axis=0, weights=fits)
    np.testing.assert_allclose(found.distributions, expected, rtol=1e-9, atol=1e-12)


def test_the_same_view_again_tells_nothing_new() -> None:
    log_probs = picture(20, 6, 2.0, seed=0)
    [once, often] = decode([log_probs, np.stack([log_probs] * 3)])
    assert [labels for labels, _ in often.proposals] == [labels for labels, _ in once.proposals]
    assert [p for _, p in often.proposals] == pytest.approx([p for _, p in once.proposals])
    np.testing.assert_allclose(often.distributions, once.distributions)


@pytest.mark.parametrize("batch_size", [1, 64])
def test_what_one_look_leaves_doubtful_is_looked_at_again(
    network: nn.Module, pictures: list[NDArray[np.uint8]], batch_size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = [scan(network, [one])[0].log_probs for one in pictures]
    chances = sorted(log_probability(log_probs, best_path(log_probs)) for log_probs in alone)
    monkeypatch.setattr(scanning, "_SURE", (chances[3] + chances[4]) / 2)
    seen = look(network, pictures, batch_size=batch_size, treated=lambda frames: frames[..., SWAPPED])
    assert sorted(len(each.views) for each in seen) == [1] * 3 + [1 + len(OTHER_VIEWS)] * 4
    for each, one, first in zip(seen, pictures, alone, strict=True):
        np.testing.assert_allclose(each.scan.log_probs, first[:, SWAPPED], atol=1e-5)
        views = [one, *look_again(one)][: len(each.views)]
        expected = [scan(network, [view])[0].log_probs[:, SWAPPED] for view in views]
        np.testing.assert_allclose(each.views, expected, atol=1e-5)


def test_what_one_look_finds_marked_is_not_looked_at_again(
    network: nn.Module, pictures: list[NDArray[np.uint8]], monkeypatch: pytest.MonkeyPatch
) -> None:
    marks = [1, 2]
    chances = [somewhere(scan(network, [one])[0].log_probs[None], marks)[0] for one in pictures]
    enough = float(np.mean(sorted(chances)[2:4]))
    monkeypatch.setattr(scanning, "_SURE", enough)
    looks = [1 if chance >= enough else 1 + len(OTHER_VIEWS) for chance in chances]
    assert [len(each.views) for each in look(network, pictures, marks=marks)] == looks


def test_there_may_be_nothing_to_look_at(network: nn.Module) -> None:
    assert look(network, []) == []
