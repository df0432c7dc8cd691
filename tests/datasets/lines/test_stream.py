"""Batches of lines: the same whoever draws them, wherever they begin, however many share them."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from inkling.datasets.lines import stream
from inkling.datasets.lines.stream import FramedLine, LineBatches, MixedLines, checksum, join_lines
from inkling.transforms.batches import Batch
from inkling.transforms.lines import LINE_HEIGHT, PAPER, to_line_input


class Numbered:
    """Lines that can be told apart: line `i` says so in base four, and is of a width of its own."""

    def __init__(self, kind: int = 0) -> None:
        self.fingerprint = kind

    def __call__(self, index: int) -> FramedLine:
        image = np.full((LINE_HEIGHT, 16 * (1 + index * 7 % 5)), 100 + index % 100, np.uint8)
        digits = [self.fingerprint, *(int(digit) for digit in np.base_repr(index, 4))]
        return image, tuple(digits)


def number_of(targets: torch.Tensor) -> int:
    places = [int(target) - 1 for target in targets if target > 0]
    return int("".join(map(str, places[1:])), 4)


def batches(**settings: Any) -> LineBatches:
    given = {"batch_size": 3, "steps": 10, "steps_per_epoch": 4, "workers": 0} | settings
    return LineBatches(Numbered(), **given)


def same(one: list[Batch], other: list[Batch]) -> bool:
    return len(one) == len(other) and all(
        (a.epoch, a.joined) == (b.epoch, b.joined)
        and torch.equal(a.images, b.images)
        and torch.equal(a.targets, b.targets)
        for a, b in zip(one, other, strict=True)
    )


@given(size=st.integers(1, 7), steps=st.integers(1, 13), seed=st.integers(0, 2**63 - 1))
def test_every_line_of_the_series_comes_once(size: int, steps: int, seed: int) -> None:
    seen = [
        number_of(row) for batch in batches(batch_size=size, steps=steps, seed=seed) for row in batch.targets
    ]
    assert len(set(seen)) == len(seen) == size * steps
    # Lines are sorted by width among those of a few batches, so the last ones may be of a batch too far.
    assert max(seen) < size * (steps + stream._BATCHES_TOGETHER)


def test_a_line_keeps_its_picture_and_the_rest_is_paper() -> None:
    for batch in batches():
        for picture, row in zip(batch.images, batch.targets, strict=True):
            image, places = Numbered()(number_of(row))
            width = image.shape[1]
            assert row[: len(places)].tolist() == [place + 1 for place in places]
            assert row[len(places) :].tolist() == [0] * (len(row) - len(places))
            assert torch.equal(picture[..., :width], to_line_input(torch.from_numpy(image[None]))[0])
            assert float(picture[..., width:].abs().sum()) == 0


def test_an_epoch_is_so_many_steps() -> None:
    given = list(batches(steps=9, steps_per_epoch=4))
    assert [batch.epoch for batch in given] == [0, 0, 0, 0, 1, 1, 1, 1, 2]
    assert {batch.joined for batch in given} == {3}
    assert len(batches(steps=9)) == 9


@given(start=st.integers(0, 12), seed=st.integers(0, 5))
def test_from_a_later_step_on_come_exactly_the_rest(start: int, seed: int) -> None:
    later = batches(start=start, seed=seed)
    assert len(later) == 10
    assert same(list(later), list(batches(seed=seed))[start:])


@given(size=st.integers(1, 7), world=st.integers(2, 3))
def test_the_parts_of_all_processes_are_the_joined_batch(size: int, world: int) -> None:
    whole = list(batches(batch_size=size))
    parts = [list(batches(batch_size=size, rank=rank, world=world)) for rank in range(world)]
    for joined, *shares in zip(whole, *parts, strict=True):
        for rank, share in enumerate(shares):
            assert (share.epoch, share.joined) == (joined.epoch, size)
            assert torch.equal(share.images, joined.images[rank::world])
            assert torch.equal(share.targets, joined.targets[rank::world])


@pytest.mark.filterwarnings("ignore:This DataLoader will create")  # more than there are cores
@pytest.mark.parametrize("workers", [1, 2, 3])
def test_other_processes_draw_the_same_lines_in_the_same_order(workers: int) -> None:
    assert same(list(batches(workers=workers, start=2)), list(batches(start=2)))


@pytest.mark.filterwarnings("ignore:This DataLoader will create")  # more than there are cores
def test_workers_end_when_nobody_listens_any_more() -> None:
    import multiprocessing

    before = set(multiprocessing.active_children())
    given = iter(batches(workers=2, steps=1000))
    next(given)
    assert len(set(multiprocessing.active_children()) - before) == 2
    del given
    assert set(multiprocessing.active_children()) - before == set()


def test_the_order_of_batches_is_another_one_for_each_seed() -> None:
    orders = {
        tuple(number_of(batch.targets[0]) for batch in batches(seed=seed, steps=8)) for seed in range(8)
    }
    assert len(orders) > 4


def test_lines_of_a_batch_are_of_like_widths() -> None:
    spread = [batch.images.shape[-1] for batch in batches(batch_size=10, steps=40)]
    assert np.mean(spread) < 16 * 4.2  # of 5 at most, which nearly every batch of ten would have


def test_a_blank_line_has_no_labels_but_a_column() -> None:
    blank = np.full((LINE_HEIGHT, 16), PAPER, np.uint8)
    images, targets = join_lines([(blank, ()), (blank, ())])
    assert (images.shape, targets.tolist()) == ((2, LINE_HEIGHT, 16), [[0], [0]])


@pytest.mark.parametrize(("share", "least", "most"), [(0.0, 0, 0), (0.3, 220, 380), (1.0, 1000, 1000)])
def test_a_mixture_takes_its_share_of_each(share: float, least: int, most: int) -> None:
    mixed = MixedLines(Numbered(1), Numbered(0), share)
    firsts = [mixed(index)[1][0] for index in range(1000)]
    assert least <= sum(firsts) <= most
    assert firsts == [mixed(index)[1][0] for index in range(1000)]


def test_mixtures_that_differ_have_other_fingerprints() -> None:
    one, two = Numbered(1), Numbered(2)
    mixtures = [
        MixedLines(one, two, 0.5),
        MixedLines(two, one, 0.5),
        MixedLines(one, two, 0.4),
        MixedLines(one, two, 0.5, seed=1),
    ]
    assert MixedLines(one, two, 0.5).fingerprint == mixtures[0].fingerprint
    for a, b in itertools.combinations(mixtures, 2):
        assert a.fingerprint != b.fingerprint


def test_a_checksum_tells_pixels_labels_and_shapes() -> None:
    blank = np.full((4, 6), PAPER, np.uint8)
    spot = blank.copy()
    spot[3, 5] ^= 1
    sums = [
        checksum(lines)
        for lines in (
            [(blank, (1, 2))],
            [(spot, (1, 2))],
            [(blank, (1, 3))],
            [(blank.reshape(6, 4), (1, 2))],
            [(blank, (1, 2))] * 2,
        )
    ]
    assert len(set(sums)) == 5
