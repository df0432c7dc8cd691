"""Each amount of an augmentation does what its name says, by at most what was given."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch import Tensor

from inkling.errors import SettingsError
from inkling.transforms.augment import Augmentation, Drawn
from inkling.transforms.normalize import INK, to_input

Sample = tuple[NDArray[np.uint8], NDArray[np.int64]]
COUNT = 200


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def blob(width: float = 2.0, height: float = 2.0) -> Tensor:
    """A smooth blob of ink in the middle, float32 (COUNT, 1, 28, 28)."""
    places = torch.arange(28) - 13.5
    column = torch.exp(-((places / height) ** 2) / 2)
    row = torch.exp(-((places / width) ** 2) / 2)
    return (INK * column[:, None] * row).expand(COUNT, 1, 28, 28)


def moments(images: Tensor) -> dict[str, Tensor]:
    """Centre of mass (x, y) and second moments about it, (N,) each, in pixels."""
    mass = images[:, 0] / images[:, 0].sum(dim=(1, 2), keepdim=True)
    places = torch.arange(28) - 13.5
    x, y = (mass.sum(1) * places).sum(1), (mass.sum(2) * places).sum(1)
    dx, dy = places[None] - x[:, None], places[None] - y[:, None]
    return {
        "x": x,
        "y": y,
        "xx": (mass.sum(1) * dx**2).sum(1),
        "yy": (mass.sum(2) * dy**2).sum(1),
        "xy": torch.einsum("nij,ni,nj->n", mass, dy, dx),
    }


def changed(augmentation: Augmentation, images: Tensor, seed: int = 0) -> Tensor:
    return augmentation(images, augmentation.draw(len(images), generator(seed)))


def test_no_amount_changes_nothing(sample: Sample) -> None:
    images = to_input(torch.from_numpy(sample[0][:20]))
    assert not Augmentation()
    torch.testing.assert_close(changed(Augmentation(), images), images, atol=1e-4, rtol=0)


@pytest.mark.parametrize("name", ["shift", "rotation", "scale", "shear", "elastic", "stroke"])
def test_any_amount_counts_and_changes_something(name: str) -> None:
    augmentation = Augmentation(**{name: 0.9})
    assert augmentation
    oblong = blob(width=4)
    assert not torch.allclose(changed(augmentation, oblong), oblong, atol=1e-2)


@pytest.mark.parametrize("most", [0.5, 2.0, 5.0])
def test_shift_moves_the_centre_by_at_most_so_many_pixels_along_each_axis(most: float) -> None:
    found = moments(changed(Augmentation(shift=most), blob()))
    for axis in "xy":
        assert float(found[axis].abs().max()) <= most + 0.02
        assert float(found[axis].min()) < -0.9 * most
        assert float(found[axis].max()) > 0.9 * most


@pytest.mark.parametrize("most", [5.0, 30.0])
def test_rotation_turns_by_at_most_so_many_degrees(most: float) -> None:
    found = moments(changed(Augmentation(rotation=most), blob(width=5, height=1.5)))
    angles = torch.rad2deg(torch.atan2(2 * found["xy"], found["xx"] - found["yy"]) / 2)
    assert float(angles.abs().max()) <= most * 1.02
    assert float(angles.min()) < -0.9 * most
    assert float(angles.max()) > 0.9 * most


def test_scale_changes_each_side_by_itself() -> None:
    before, found = moments(blob()), moments(changed(Augmentation(scale=0.3), blob()))
    across, down = ((found[axis] / before[axis]).sqrt() for axis in ("xx", "yy"))
    for factors in (across, down):
        assert 0.68 < float(factors.min()) < 0.73
        assert 1.27 < float(factors.max()) < 1.33
    assert abs(float(torch.corrcoef(torch.stack([across, down]))[0, 1])) < 0.2


def test_shear_moves_columns_by_so_much_per_row() -> None:
    # A sheared blob leans by the slant: its covariance is the slant times its height.
    found = moments(changed(Augmentation(shear=0.4), blob()))
    slant = found["xy"] / found["yy"]
    torch.testing.assert_close(found["yy"], moments(blob())["yy"], rtol=0.03, atol=0)
    assert float(slant.abs().max()) <= 0.41
    assert float(slant.min()) < -0.36
    assert float(slant.max()) > 0.36


def test_strokes_thicken_and_thin_with_the_number_drawn() -> None:
    strokes = torch.linspace(-1, 1, COUNT).view(COUNT, 1, 1, 1)
    still = torch.eye(2, 3).expand(COUNT, 2, 3)
    ink = Augmentation(stroke=1)(blob(), Drawn(still, None, strokes)).sum(dim=(1, 2, 3))
    assert bool((ink.diff() > 0).all())
    assert float(ink[0]) < 0.7 * float(blob()[0].sum()) < 0.5 * float(ink[-1])


def test_elastic_moves_ink_about_but_keeps_about_as_much_of_it(sample: Sample) -> None:
    images = to_input(torch.from_numpy(sample[0][:COUNT]))
    elastic = changed(Augmentation(elastic=1.5), images)
    ratio = elastic.sum(dim=(1, 2, 3)) / images.sum(dim=(1, 2, 3))
    assert float(ratio.mean()) == pytest.approx(1, abs=0.1)
    assert 0.4 < float(ratio.min()) < float(ratio.max()) < 2
    assert bool(((elastic - images).abs().amax(dim=(1, 2, 3)) > 0.3).all())


def test_elastic_displaces_by_about_the_figure_given() -> None:
    found = moments(changed(Augmentation(elastic=1.0), blob(1, 1)))
    # The grid's normal numbers, smoothed between its nodes, move the middle by one node's number.
    assert 0.6 < float(found["x"].std()) < 1.2
    assert 0.6 < float(found["y"].std()) < 1.2


amounts = st.builds(
    Augmentation,
    shift=st.floats(0, 8),
    rotation=st.floats(0, 180),
    scale=st.floats(0, 0.9),
    shear=st.floats(0, 1),
    elastic=st.floats(0, 4),
    stroke=st.floats(0, 1),
)


@given(amounts, st.integers(0, 2**32))
def test_equal_draws_give_equal_pictures_of_finite_ink(augmentation: Augmentation, seed: int) -> None:
    images = blob()[:5]
    once, again = (changed(augmentation, images, seed) for _ in range(2))
    assert torch.equal(once, again)
    assert once.shape == images.shape
    assert bool(torch.isfinite(once).all())
    assert float(once.min()) >= -1e-4
    assert float(once.max()) <= INK + 1e-4


@given(amounts, st.integers(1, 3), st.integers(0, 2))
def test_a_part_of_the_draws_changes_a_part_of_the_pictures(
    augmentation: Augmentation, step: int, first: int
) -> None:
    images = blob()[:7]
    drawn = augmentation.draw(7, generator())
    rows = slice(first, None, step)
    part = augmentation(images[rows], drawn.part(rows))
    torch.testing.assert_close(part, augmentation(images, drawn)[rows], atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("shift", -0.1, "augmentation.shift must be 0 or more, not -0.1."),
        ("rotation", math.inf, "augmentation.rotation must be 0 or more, not inf."),
        ("elastic", math.nan, "augmentation.elastic must be 0 or more, not nan."),
        ("scale", 1.5, "augmentation.scale must be at most 0.9, not 1.5."),
        ("stroke", 1.1, "augmentation.stroke must be at most 1, not 1.1."),
        ("shift", 28.0, None),
        ("stroke", 1.0, None),
    ],
)
def test_an_amount_that_makes_no_sense_is_refused(name: str, value: float, message: str | None) -> None:
    if message is None:
        assert Augmentation(**{name: value})
        return
    with pytest.raises(SettingsError) as caught:
        Augmentation(**{name: value})
    assert caught.value.message == message
