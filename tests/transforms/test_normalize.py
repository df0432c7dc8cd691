"""The one normalisation: any picture of a digit becomes what MNIST's pictures are."""

from __future__ import annotations

import itertools

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from inkling.transforms.normalize import BOX, INK, SIDE, frame, is_framed, to_input

Picture = NDArray[np.uint8]
Sample = tuple[NDArray[np.uint8], NDArray[np.int64]]

NEAR = 2.0
"""Mean difference in grey levels between two frames of the same strokes; 15 is a blurred stroke,
and two different digits are 40 apart."""


def framed(picture: Picture) -> Picture:
    """The frame, also of a picture that would be left as it is: a margin of paper changes that."""
    result = frame(np.pad(picture, 1) if is_framed(picture) else picture)
    assert result is not None, "there is ink on the picture"
    return result


def apart(one: Picture, other: Picture) -> float:
    """Mean difference in grey levels, at the best of the nine shifts by at most a pixel."""
    shifted = (np.roll(one, shift, (0, 1)) for shift in itertools.product((-1, 0, 1), repeat=2))
    return min(float(np.abs(s.astype(int) - other).mean()) for s in shifted)


def centre_of_mass(picture: Picture) -> tuple[float, float]:
    mass = picture.astype(float)
    places = np.arange(SIDE)
    return float(mass.sum(1) @ places / mass.sum()), float(mass.sum(0) @ places / mass.sum())


def paint(picture: Picture, paper: tuple[int, ...], ink: tuple[int, ...]) -> Picture:
    """The picture in two colours: (H, W, 3)."""
    share = picture[..., None] / 255
    return (np.array(paper) + (np.array(ink) - np.array(paper)) * share).round().astype(np.uint8)


def test_framing_a_picture_of_mnist_changes_next_to_nothing(sample: Sample) -> None:
    # MNIST was framed by its makers, so to frame it again is the identity up to rounding; this
    # would not hold if the centre of mass were sought half a pixel away from where they put it.
    differences = [np.abs(framed(x).astype(int) - x).mean() for x in sample[0][:200]]
    assert np.quantile(differences, 0.95) < NEAR


def test_a_picture_of_mnist_is_left_as_it_is(sample: Sample) -> None:
    same = [frame(picture) is picture for picture in sample[0]]
    assert np.mean(same) > 0.99


def test_framing_twice_is_framing_once(sample: Sample) -> None:
    for picture in sample[0][:200]:
        once = framed(picture)
        assert np.abs(framed(once).astype(int) - once).mean() < 4


CHANGES = {
    "ink and paper exchanged": lambda x: 255 - x,
    "wide margins": lambda x: np.pad(x, 40),
    "off-centre": lambda x: np.pad(x, ((0, 60), (35, 2))),
    "off-centre, dark on light": lambda x: 255 - np.pad(x, ((50, 0), (1, 44))),
    "grey ink on grey paper": lambda x: (200 - x * (100 / 255)).astype(np.uint8),
    "blue on cream": lambda x: paint(x, (250, 240, 200), (20, 30, 140)),
    "red on white": lambda x: paint(x, (255, 255, 255), (220, 20, 20)),
    "yellow on black": lambda x: paint(x, (0, 0, 0), (255, 255, 0)),
    "chalk on green": lambda x: paint(x, (20, 70, 40), (240, 240, 230)),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_frame_does_not_depend_on(change: object, sample: Sample) -> None:
    for picture in sample[0][:60]:
        assert apart(framed(change(picture)), framed(picture)) < NEAR  # type: ignore[operator]


@pytest.mark.parametrize("factor", [2, 3, 5, 8, 12, 25])
def test_the_frame_hardly_depends_on_the_size(factor: int, sample: Sample) -> None:
    # Smooth enlargement blurs; that a stroke of two pixels shows, and no more.
    apartness = []
    for picture in sample[0][:30]:
        large = cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
        apartness.append(apart(framed(np.asarray(large, np.uint8)), framed(picture)))
    assert max(apartness) < 16
    assert np.median(apartness) < 10


def test_dust_is_no_ink(sample: Sample) -> None:
    for picture in sample[0][:60]:
        dusty = np.pad(picture, 20)
        for row, column in ((2, 3), (60, 5), (40, 64), (5, 60)):
            dusty[row, column] = 255
        assert apart(framed(dusty), framed(picture)) < NEAR


def test_the_longer_side_of_the_ink_is_20_and_its_centre_of_mass_on_the_pixel_14_14(sample: Sample) -> None:
    for picture in sample[0][:200]:
        result = framed(picture)
        assert result.shape == (SIDE, SIDE)
        assert result.max() == 255
        rows, columns = (np.flatnonzero(result.any(axis=axis)) for axis in (1, 0))
        sides = [places[-1] - places[0] + 1 for places in (rows, columns)]
        assert max(sides) == BOX
        for centre, places in zip(centre_of_mass(result), (rows, columns), strict=True):
            at_the_edge = places[0] == 0 or places[-1] == SIDE - 1
            assert abs(centre - SIDE / 2) <= 0.51 or at_the_edge


def test_lopsided_ink_that_does_not_fit_in_the_middle_touches_the_edge() -> None:
    # All the weight at one end: the box of 20 would have to leave the picture on that side's other.
    hammer = np.zeros((100, 100), np.uint8)
    hammer[10:90, 48:52] = 255
    hammer[70:90, 10:90] = 255
    result = framed(hammer)
    assert np.flatnonzero(result.any(axis=1))[0] == 0
    assert centre_of_mass(result)[0] > SIDE / 2


@pytest.mark.parametrize(
    "picture",
    [
        *(
            np.full(shape, value, np.uint8)
            for shape in ((1, 1), (1, 9), (9, 1), (28, 28))
            for value in (0, 255)
        ),
        np.full((20, 30, 3), (200, 180, 90), np.uint8),
        np.random.default_rng(0).normal(200, 4, (40, 40)).astype(np.uint8),
        np.random.default_rng(1).integers(0, 256, (40, 40), dtype=np.uint8),
        np.random.default_rng(2).normal(128, 20, (40, 40, 3)).clip(0, 255).astype(np.uint8),
        np.linspace(190, 200, 900).reshape(30, 30).astype(np.uint8),
    ],
    ids=lambda picture: f"{picture.shape} {picture.flat[0]}",
)
def test_a_picture_without_ink_gives_none(picture: Picture) -> None:
    assert frame(picture) is None


sides = st.integers(1, 64)
shapes = st.one_of(st.tuples(sides, sides), st.tuples(sides, sides, st.just(3)))


@settings(max_examples=100)
@given(arrays(np.uint8, shapes, elements=st.integers(0, 255)))
def test_any_picture_at_all_gives_a_frame_or_none(picture: Picture) -> None:
    before = picture.copy()
    result = frame(picture)
    np.testing.assert_array_equal(picture, before)
    if result is not None:
        assert (result.shape, result.dtype) == ((SIDE, SIDE), np.uint8)
        assert result.max() >= 254  # full ink, but for a rounding


def test_the_input_is_zero_on_paper_and_has_unit_spread(sample: Sample) -> None:
    inputs = to_input(torch.from_numpy(sample[0]))
    assert (inputs.shape, inputs.dtype) == ((len(sample[0]), 1, 28, 28), torch.float32)
    assert float(inputs.min()) == 0
    assert float(inputs.max()) == pytest.approx(INK) == pytest.approx(3.2457, abs=1e-4)
    assert float(inputs.std()) == pytest.approx(1, abs=0.03)


def test_the_input_is_made_without_touching_the_pictures() -> None:
    images = torch.tensor([[[0, 51, 255]]], dtype=torch.uint8)
    torch.testing.assert_close(to_input(images), torch.tensor([[[[0, INK / 5, INK]]]]))
    assert images.tolist() == [[[0, 51, 255]]]
