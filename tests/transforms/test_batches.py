"""Resident batches: each picture once an epoch, in an order that hangs on seed and epoch alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from inkling.transforms.augment import Augmentation
from inkling.transforms.batches import Batch, ResidentBatches

AUGMENT = Augmentation(shift=2, rotation=15, scale=0.1, elastic=1, stroke=0.5)


def batches(count: int, batch_size: int, **settings: Any) -> ResidentBatches:
    """Pictures that can be told apart; each one's target is its own place."""
    images = np.random.default_rng(count).integers(0, 256, (count, 28, 28), dtype=np.uint8)
    return ResidentBatches(images, np.arange(count), batch_size=batch_size, **settings)


def same(one: list[Batch], other: list[Batch]) -> bool:
    return len(one) == len(other) and all(
        a.epoch == b.epoch
        and a.joined == b.joined
        and torch.equal(a.images, b.images)
        and torch.equal(a.targets, b.targets)
        for a, b in zip(one, other, strict=True)
    )


counts, sizes, seeds = st.integers(1, 40), st.integers(1, 50), st.integers(0, 2**63 - 1)


@given(counts, sizes, seeds, st.integers(1, 4))
def test_every_picture_comes_once_an_epoch(count: int, size: int, seed: int, epochs: int) -> None:
    seen: dict[int, list[int]] = {}
    for batch in batches(count, size, seed=seed, epochs=epochs):
        assert len(batch.images) == len(batch.targets) == batch.joined <= size
        seen.setdefault(batch.epoch, []).extend(batch.targets.tolist())
    assert list(seen) == list(range(epochs))
    assert all(sorted(places) == list(range(count)) for places in seen.values())


def test_a_picture_keeps_its_target() -> None:
    whole = batches(20, 6)
    for batch in whole:
        expected = whole.images[batch.targets].float()[:, None] / 255 / 0.3081
        torch.testing.assert_close(batch.images, expected)


@pytest.mark.parametrize(
    ("count", "batch_size", "epochs", "steps", "last"),
    [
        (10, 5, 1, 2, 5),
        (11, 5, 1, 3, 1),
        (11, 5, 2, 6, 1),
        (100, 10, 1.5, 15, 10),
        (11, 5, 1.5, 4, 5),  # 4.5 steps: half rounds to even
        (100, 10, 0.01, 1, 10),  # there is always a step
        (3, 64, 2, 2, 3),  # the whole set is one batch
    ],
)
def test_so_many_steps_and_the_last_of_them_so_large(
    count: int, batch_size: int, epochs: float, steps: int, last: int
) -> None:
    whole = batches(count, batch_size, epochs=epochs)
    given_out = list(whole)
    assert len(whole) == len(given_out) == steps
    assert given_out[-1].joined == last


def test_the_order_is_another_one_in_each_epoch_and_for_each_seed() -> None:
    orders = {
        tuple(torch.cat([b.targets for b in whole if b.epoch == epoch]).tolist())
        for whole in (batches(30, 7, epochs=3, seed=seed) for seed in (0, 1, 2))
        for epoch in range(3)
    }
    assert len(orders) == 9


def test_the_order_does_not_depend_on_the_batch_size_or_on_the_global_random_state() -> None:
    orders = set()
    for size in (1, 4, 30):
        torch.manual_seed(size)
        orders.add(tuple(torch.cat([b.targets for b in batches(30, size, seed=5)]).tolist()))
    assert len(orders) == 1


def test_making_batches_leaves_the_global_random_state_alone() -> None:
    before = torch.get_rng_state()
    list(batches(10, 3, augment=AUGMENT))
    assert torch.equal(torch.get_rng_state(), before)


@given(counts, sizes, seeds, st.floats(0.2, 3), st.integers(0, 60))
def test_from_a_later_step_on_come_exactly_the_rest(
    count: int, size: int, seed: int, epochs: float, start: int
) -> None:
    whole = batches(count, size, seed=seed, epochs=epochs, augment=AUGMENT)
    later = batches(count, size, seed=seed, epochs=epochs, augment=AUGMENT, start=start)
    assert len(later) == len(whole)
    assert same(list(later), list(whole)[start:])


@pytest.mark.parametrize("augment", [None, AUGMENT], ids=["as they are", "augmented"])
@given(count=counts, size=sizes, world=st.integers(2, 3))
def test_the_parts_of_all_processes_are_the_joined_batch(
    augment: Augmentation | None, count: int, size: int, world: int
) -> None:
    whole = list(batches(count, size, epochs=2, augment=augment))
    parts = [
        list(batches(count, size, epochs=2, augment=augment, rank=rank, world=world)) for rank in range(world)
    ]
    for joined, *shares in zip(whole, *parts, strict=True):
        assert sum(len(share.images) for share in shares) == joined.joined
        for rank, share in enumerate(shares):
            assert (share.epoch, share.joined) == (joined.epoch, joined.joined)
            assert torch.equal(share.targets, joined.targets[rank::world])
            torch.testing.assert_close(share.images, joined.images[rank::world], atol=1e-4, rtol=0)


def test_augmentation_changes_pictures_anew_at_each_step() -> None:
    whole = batches(1, 1, epochs=3, augment=AUGMENT)
    one, two, three = (batch.images for batch in whole)
    assert not torch.equal(one, two)
    assert not torch.equal(two, three)


def test_an_augmentation_of_nothing_is_none_at_all() -> None:
    assert same(list(batches(9, 4, augment=Augmentation())), list(batches(9, 4)))
