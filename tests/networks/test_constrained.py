"""Decoding with what is known, against an oracle that enumerates every path."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from ctc_pictures import Floats, Labels, every_path, logarithms, picture, tiny, written
from hypothesis import given
from hypothesis import strategies as st

from inkling.networks import constrained
from inkling.networks.constrained import (
    DISBELIEF,
    Known,
    admissible_each,
    marks_of,
    propose_each,
    restrict,
    spelled,
    treat,
)
from inkling.networks.ctc import best_path, log_probability, prefix_beam
from inkling.networks.scan import decode, propose

ALPHABET = ("0", "1", ".", ",", "-", "crossed out")


def totals(log_probs: Floats) -> dict[Labels, float]:
    """The probability of every sequence that is possible at all."""
    return {labels: sum(paths) for labels, paths in every_path(log_probs).items() if sum(paths) > 0}


def is_number(labels: Labels, known: Known) -> bool:
    """Whether it is admissible, marks apart; nothing always is."""
    fits = known.allowed is None or all(label in known.allowed for label in labels)
    return labels == () or (fits and known.length in (None, len(labels)))


def meanings(log_probs: Floats, known: Known) -> dict[Labels, float]:
    """The probability of all that is admissible: a mark is what every path says that it is on."""
    meant: dict[Labels, float] = {}
    for labels, p in totals(log_probs).items():
        marks = {(label,) for label in labels if label in known.marks}
        for meaning in marks or ({labels} if is_number(labels, known) else set()):
            meant[meaning] = meant.get(meaning, 0.0) + p
    return meant


def whole(log_probs: Floats, known: Known) -> float:
    """The probability that a path says anything admissible; one with two marks on it counts once."""
    marks = set(known.marks)
    return sum(
        p for labels, p in totals(log_probs).items() if marks & set(labels) or is_number(labels, known)
    )


def assert_in_order(
    found: list[tuple[Labels, float]], seen: Sequence[Floats], known: Known, divisors: Sequence[float]
) -> None:
    """Numbers by probability, then marks by theirs; the first mark leads where any is likelier than none."""
    marked = 0.0
    for view, divisor in zip(seen, divisors, strict=True):
        paths = totals(view).items()
        marked += sum(p for labels, p in paths if set(labels) & set(known.marks)) / divisor / len(seen)
    is_mark = [bool(set(labels) & set(known.marks)) for labels, _ in found]
    chances = [math.exp(p) for _, p in found]
    marks = [p for p, mark in zip(chances, is_mark, strict=True) if mark]
    numbers = [p for p, mark in zip(chances, is_mark, strict=True) if not mark]
    assert marks == sorted(marks, reverse=True)
    assert numbers == sorted(numbers, reverse=True)
    if abs(marked - 0.5) > 1e-9:
        leading = [True] if marked > 0.5 else []
        assert is_mark == leading + [False] * len(numbers) + [True] * (len(marks) - len(leading))


@st.composite
def knowledge(draw: st.DrawFn) -> Known:
    """Of labels 1 to 3: marks, allowed ones that may be marks, too, and a length."""
    labels = st.lists(st.integers(1, 3), unique=True, max_size=3).map(tuple)
    return Known(
        draw(labels.filter(lambda marks: len(marks) < 3)),
        draw(st.none() | labels),
        draw(st.none() | st.integers(1, 4)),
    )


@st.composite
def small(draw: st.DrawFn) -> Floats:
    """Up to five frames of the blank and three labels."""
    return draw(tiny().filter(lambda log_probs: log_probs.shape[1] == 4))


@given(small(), knowledge())
def test_a_wide_beam_finds_all_that_is_admissible_and_nothing_else(log_probs: Floats, known: Known) -> None:
    total = whole(log_probs, known)
    divisor = total + (1 - total) * DISBELIEF if known.of_value else 1.0
    [found] = propose_each(log_probs[None, None], known, width=1000, best=1000)
    expected = {labels: p / divisor for labels, p in meanings(log_probs, known).items()}
    assert {labels: math.exp(p) for labels, p in found} == pytest.approx(expected, rel=1e-9)
    assert_in_order(found, [log_probs], known, [divisor])


@st.composite
def views(draw: st.DrawFn) -> Floats:
    """One to three views of a picture, in as many frames."""
    frames = draw(st.integers(1, 4))
    row = st.lists(st.integers(0, 5), min_size=4, max_size=4).filter(any)
    rows = draw(st.lists(st.lists(row, min_size=frames, max_size=frames), min_size=1, max_size=3))
    return np.stack([logarithms(view) for view in rows])


@given(views(), knowledge())
def test_of_several_views_the_mean_probability_counts(seen: Floats, known: Known) -> None:
    means: dict[Labels, float] = {}
    divisors = []
    for view in seen:
        total = whole(view, known)
        divisor = total + (1 - total) * DISBELIEF if known.of_value else 1.0
        divisors.append(divisor)
        for labels, p in meanings(view, known).items():
            means[labels] = means.get(labels, 0.0) + p / divisor / len(seen)
    restricted = restrict(seen[None], known)
    [found] = propose_each(seen[None], known, width=1000, best=1000)
    # Looked for are all that is possible in the first view, what the others are most probably, and marks.
    looked_for = {(mark,) for mark in known.marks} | set(meanings(seen[0], known))
    numbers = restricted[0, 1:].copy()
    numbers[..., list(known.marks)] = -np.inf
    looked_for |= {best_path(view) for view in numbers}
    expected = {labels: p for labels, p in means.items() if labels in looked_for}
    assert {labels: math.exp(p) for labels, p in found} == pytest.approx(expected, rel=1e-9)
    assert_in_order(found, seen, known, divisors)


@given(small(), knowledge())
def test_the_probability_of_all_that_is_admissible_is_exact(log_probs: Floats, known: Known) -> None:
    [found] = admissible_each(log_probs[None], known)
    assert math.exp(found) == pytest.approx(whole(log_probs, known), rel=1e-9)


def test_with_nothing_known_the_proposals_are_those_of_ctc() -> None:
    log_probs = picture(20, 6, 2.0, seed=0)
    [found] = propose([log_probs])
    assert found == [(labels, pytest.approx(p)) for labels, p in prefix_beam(log_probs)]


def test_a_mark_is_said_whatever_stands_beside_it() -> None:
    log_probs = logarithms([[1, 6, 0, 3], [8, 0, 1, 1], [1, 0, 1, 8]])  # 1, then the mark 3
    [[first, *_]] = propose([log_probs])
    assert first[0] == (1, 3)
    assert spelled(log_probs, (3,)) == (3,)
    [found] = propose([log_probs], known=[Known(marks=(3,))])
    assert found[0] == ((3,), pytest.approx(math.log(1 - 0.7 * 0.9 * 0.2)))
    numbers = found[1:]
    assert all(3 not in labels for labels, _ in numbers)
    assert all(p == pytest.approx(log_probability(log_probs, labels)) for labels, p in numbers)


@pytest.mark.parametrize(
    ("row", "order"),  # of one frame: nothing, two numbers, two marks
    [
        ([0, 26, 25, 49, 0], [(1,), (2,), (3,)]),
        ([0, 25, 24, 51, 0], [(3,), (1,), (2,)]),
        ([1, 5, 4, 44, 46], [(4,), (1,), (2,), (), (3,)]),
        ([1, 39, 5, 27, 28], [(4,), (1,), (2,), (), (3,)]),
        ([30, 11, 10, 49, 0], [(), (1,), (2,), (3,)]),
    ],
)
def test_a_mark_leads_where_any_is_more_probable_than_none(row: list[int], order: list[Labels]) -> None:
    [found] = propose([logarithms([row])], known=[Known(marks=(3, 4))])
    assert [labels for labels, _ in found] == order


def test_a_path_without_a_mark_spells_its_labels() -> None:
    log_probs = logarithms([[1, 6, 0, 3], [8, 0, 1, 1], [1, 0, 1, 8]])
    assert spelled(log_probs, ()) == spelled(log_probs, (2,)) == (1, 3)


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (Known(), (3, 3, 7)),
        (Known(allowed=(3, 7)), (3, 3, 7)),
        (Known(length=3), (3, 3, 7)),
        (Known(marks=(9,), allowed=(3, 7, 9), length=3), (3, 3, 7)),
        (Known(allowed=(3,)), (3, 3)),
        (Known(allowed=()), ()),
    ],
)
def test_what_is_known_forbids_nothing_that_fits(known: Known, expected: Labels) -> None:
    [found] = decode([written((3, 3, 7), 60, 12, seed=0)], known=[known])
    assert found.proposals[0][0] == expected
    assert len(found.spans) == len(expected)
    if known.allowed is not None and expected:
        forbidden = [label - 1 for label in range(1, 12) if label not in known.allowed + known.marks]
        assert (found.distributions[:, forbidden] == 0).all()


def test_a_length_asks_for_the_label_that_was_doubtful() -> None:
    log_probs = logarithms([[1, 9, 0], [9, 1, 0], [8, 0, 2], [9, 0, 0]])  # 1, and perhaps a faint 2
    assert propose([log_probs])[0][0][0] == (1,)
    [found] = propose([log_probs], known=[Known(length=2)])
    assert found[0][0] == (1, 2)
    assert {len(labels) for labels, _ in found} <= {0, 2}


def test_what_fits_badly_is_not_made_certain_by_being_all_that_fits() -> None:
    log_probs = written((3, 3, 7), 60, 12, seed=0)
    [found] = propose([log_probs], known=[Known(length=2)])
    raw = log_probability(log_probs, found[0][0])
    assert len(found[0][0]) == 2
    assert math.exp(raw) < 1e-4
    assert math.exp(found[0][1]) == pytest.approx(math.exp(raw) / DISBELIEF, rel=0.05)
    assert math.exp(propose([log_probs], known=[Known(length=3)])[0][0][1]) > 0.9


@given(st.lists(st.tuples(st.integers(8, 9), knowledge(), st.integers(0, 10**6)), max_size=8))
def test_each_picture_is_decoded_by_what_is_known_of_it(drawn: list[tuple[int, Known, int]]) -> None:
    pictures = [picture(frames, 4, 2.0, seed) for frames, _, seed in drawn]
    known = [each for _, each, _ in drawn]
    together = propose(pictures, known=known, batch_size=3)
    for found, log_probs, each in zip(together, pictures, known, strict=True):
        [alone] = propose([log_probs], known=[each])
        assert found == [(labels, pytest.approx(p)) for labels, p in alone]


def test_a_long_line_has_a_probability_of_its_length_that_does_not_vanish() -> None:
    log_probs = picture(600, 4, 0.5, seed=0)
    [found] = admissible_each(log_probs[None], Known(length=3))
    assert -2000 < found < -100
    [longer] = admissible_each(log_probs[None], Known(length=200))
    assert found < longer < 0


def test_a_number_has_a_character() -> None:
    with pytest.raises(ValueError, match="at least one character, not 0"):
        Known(length=0)


def test_labels_with_long_names_are_marks() -> None:
    assert marks_of(ALPHABET) == (6,)


ROW = [10, 20, 5, 1, 2, 4, 8]  # the blank, then the alphabet


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ({}, [10, 20, 5, 1, 2, 4, 8]),
        ({"same_point": True}, [10, 20, 5, 3, 0, 4, 8]),
        ({"digits_only": True}, [17, 20, 5, 0, 0, 0, 8]),
        ({"digits_only": True, "same_point": True}, [17, 20, 5, 0, 0, 0, 8]),
    ],
)
def test_what_is_passed_over_is_blank_and_a_comma_may_be_a_point(
    rules: dict[str, bool], expected: list[int]
) -> None:
    treated = treat(logarithms([ROW] * 2), ALPHABET, **rules)
    np.testing.assert_allclose(np.exp(treated), np.array([expected] * 2) / 50, atol=1e-15)


def test_an_alphabet_without_a_comma_has_no_same_point() -> None:
    log_probs = logarithms([[1, 2, 3]])
    assert treat(log_probs, ("0", "."), same_point=True) is log_probs


@given(small(), st.integers(1, 4))
def test_few_labels_are_tried_in_a_frame_and_their_probabilities_stay_exact(
    log_probs: Floats, length: int
) -> None:
    known = Known(length=length)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(constrained, "_TRIED", 1)
        [few] = propose_each(log_probs[None, None], known, width=1000, best=1000)
    [all_of_them] = propose_each(log_probs[None, None], known, width=1000, best=1000)
    assert set(few) <= set(all_of_them)
