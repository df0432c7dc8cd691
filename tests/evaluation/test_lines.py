"""Reading whole numbers: tables, the definition of the edit distance word by word, and sums by hand."""

from __future__ import annotations

import json
import math
from collections import Counter
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkling.elements import Alternative, Reading, Status
from inkling.evaluation.calibration import expected_calibration_error, risk_coverage
from inkling.evaluation.lines import COVERAGES, LineMistake, canonical, edit_operations, evaluate_lines
from inkling.evaluation.metrics import wilson_interval


def said(
    text: str, confidence: float = 0.9, status: Status | None = None, others: tuple[str, ...] = ()
) -> Reading:
    """A reading; without a status `read` for a text and `blank` for none."""
    status = status or ("read" if text else "blank")
    alternatives = tuple(Alternative(other, 0.01) for other in others)
    reason = "" if status == "read" else "A reason."
    return Reading(text, confidence, status, reason, alternatives=alternatives)


@pytest.mark.parametrize(
    ("text", "same_point", "digits_only", "expected"),
    [
        (" 12 ", False, False, "12"),
        ("\t12\n", False, False, "12"),
        ("1 2", False, False, "1 2"),
        ("-1.234,5", False, False, "-1.234,5"),
        ("-1.234,5", True, False, "-1.234.5"),
        ("-1.234,5", False, True, "12345"),
        ("-1.234,5", True, True, "12345"),
        ("٣4²", False, True, "4"),  # digits elsewhere, but not 0 to 9
        ("0070", False, True, "0070"),
        ("", True, True, ""),
        ("--", False, True, ""),
    ],
)
def test_texts_are_compared_as_the_table_says(
    text: str, same_point: bool, digits_only: bool, expected: str
) -> None:
    assert canonical(text, same_point=same_point, digits_only=digits_only) == expected


@given(st.text("0123456789.,- "), st.booleans(), st.booleans())
def test_what_is_canonical_stays_as_it_is(text: str, same_point: bool, digits_only: bool) -> None:
    once = canonical(text, same_point=same_point, digits_only=digits_only)
    assert canonical(once, same_point=same_point, digits_only=digits_only) == once


# Three characters only: repeated ones are what makes alignments ambiguous.
few = st.text("017", max_size=7)


def distance_by_definition(one: str, other: str) -> tuple[int, int]:
    """Fewest changes, and fewest gaps among those, by trying everything."""

    @cache
    def least(i: int, j: int) -> tuple[int, int]:
        if i == len(one) or j == len(other):
            return (len(one) - i + len(other) - j,) * 2
        ways = [(least(i + 1, j), 1, 1), (least(i, j + 1), 1, 1)]
        ways.append((least(i + 1, j + 1), int(one[i] != other[j]), 0))
        return min((changes + change, gaps + gap) for (changes, gaps), change, gap in ways)

    return least(0, 0)


def distance(one: str, other: str) -> int:
    return sum(true != read for true, read in edit_operations(one, other))


@given(few, few)
def test_the_alignment_has_the_fewest_changes_and_of_those_the_fewest_gaps(truth: str, read: str) -> None:
    pairs = edit_operations(truth, read)
    gaps = sum("" in pair for pair in pairs)
    assert (distance(truth, read), gaps) == distance_by_definition(truth, read)


@given(few, few)
def test_the_alignment_spells_both_texts(truth: str, read: str) -> None:
    pairs = edit_operations(truth, read)
    assert "".join(true for true, _ in pairs) == truth
    assert "".join(said for _, said in pairs) == read
    assert ("", "") not in pairs


@given(few, few, few)
def test_the_distance_is_a_metric(one: str, other: str, third: str) -> None:
    assert (distance(one, other) == 0) == (one == other)
    assert distance(one, other) == distance(other, one)
    assert distance(one, third) <= distance(one, other) + distance(other, third)


@pytest.mark.parametrize(
    ("truth", "read", "pairs"),
    [
        ("", "", ""),
        ("", "7", "+7"),
        ("7", "", "7-"),
        ("407", "407", "44 00 77"),
        ("407", "497", "44 09 77"),
        ("12", "21", "12 21"),  # two wrong ones, rather than one missed and one added
        ("110", "10", "1- 11 00"),
        ("10", "110", "+1 11 00"),
        ("4071", "471", "44 0- 77 11"),
        ("1", "271", "+2 +7 11"),
    ],
)
def test_alignments_of_a_table(truth: str, read: str, pairs: str) -> None:
    shown = [("", pair[1]) if pair[0] == "+" else (pair[0], pair[1].strip("-")) for pair in pairs.split()]
    assert list(edit_operations(truth, read)) == shown


EVERYTHING = [
    ("407", said("407", 0.95)),  # right
    ("12,5", said("12.5", 0.90, others=("12,6", "12,5"))),  # wrong, unless the point is the same
    ("88", said("188", 0.40, "doubtful", others=("88",))),  # a 1 too many
    ("", said("", 0.80)),  # a blank that is one
    ("9", said("", 0.70)),  # a blank that is none: its character is missed
    ("55", said("", 0.99, "illegible", others=("55",))),
    ("", said("", 0.0, "failed")),  # not opened: nobody knows that it is blank
    ("", said("1", 0.30, "doubtful")),  # something on nothing
]
TRUTHS = [truth for truth, _ in EVERYTHING]
READINGS = [reading for _, reading in EVERYTHING]


def test_every_figure_of_eight_pictures_by_hand() -> None:
    found = evaluate_lines(READINGS, TRUTHS)
    assert (found.count, found.right, found.exact) == (8, 2, 0.25)
    assert found.interval == wilson_interval(2, 8)
    # One wrong point, one 1 too many, a 9 and two 5s missed, one 1 on nothing; 12 are written.
    assert found.digit_error_rate == pytest.approx(6 / 12)
    assert found.in_alternatives == 5 / 8
    assert found.statuses == {"read": 2, "doubtful": 2, "blank": 2, "illegible": 1, "failed": 1}
    assert found.exact_by_status == {"read": 0.5, "doubtful": 0, "blank": 0.5, "illegible": 0, "failed": 0}
    assert [(pair.true, pair.read, pair.count) for pair in found.confused] == [("", "1", 2), (",", ".", 1)]
    assert found.mistakes == (
        LineMistake(1, "12,5", "12.5", 0.9),
        LineMistake(4, "9", "", 0.7),
        LineMistake(2, "88", "188", 0.4),
        LineMistake(7, "", "1", 0.3),
    )


def test_a_picture_with_a_mark_counts_only_where_something_was_read_from_it() -> None:
    marks = ("crossed out", "upside down")
    truths = ["crossed out", *TRUTHS[:3], "upside down", *TRUTHS[3:], "crossed out", "upside down", "x"]
    others = [
        said("1,2", 0.99),
        said("", 0.6),
        said("", 0.9, "illegible"),
        said("", 0.0, "failed"),
        said("x"),
    ]
    readings = [others[0], *READINGS[:3], others[1], *READINGS[3:], *others[2:]]
    found = evaluate_lines(readings, truths, marks=marks)
    assert (found.marked, found.misread) == (4, 2)
    assert found.mistakes == (
        LineMistake(0, "crossed out", "1,2", 0.99),
        LineMistake(2, "12,5", "12.5", 0.9),
        LineMistake(6, "9", "", 0.7),
        LineMistake(4, "upside down", "", 0.6),
        LineMistake(3, "88", "188", 0.4),
        LineMistake(9, "", "1", 0.3),
    )
    apart = evaluate_lines([*READINGS, said("x")], [*TRUTHS, "x"]).to_json()
    changed = {"mistakes", "marked", "misread"}
    assert {k: v for k, v in found.to_json().items() if k not in changed} == {
        k: v for k, v in apart.items() if k not in changed
    }
    digits = evaluate_lines(readings, truths, marks=marks, same_point=True, digits_only=True)
    assert digits.mistakes[0] == LineMistake(0, "crossed out", "1.2", 0.99), "a mark is no digits"
    with pytest.raises(ValueError, match="at least one"):
        evaluate_lines(others[:1], truths[:1], marks=marks)


def test_the_calibration_is_that_of_the_answers_alone() -> None:
    found = evaluate_lines(READINGS, TRUTHS)
    claimed = np.array([0.95, 0.9, 0.4, 0.8, 0.7, 0.3])
    right = np.array([True, False, False, True, False, False])
    assert found.answered == found.reliability.count.sum() == 6
    assert found.ece == pytest.approx(expected_calibration_error(claimed, right))
    assert len(found.reliability.count) == 15


def test_what_has_no_answer_is_accepted_last_and_wrong() -> None:
    found = evaluate_lines(READINGS, TRUTHS)
    claimed = np.array([0.95, 0.9, 0.4, 0.8, 0.7, 0, 0, 0.3])
    curve = risk_coverage(claimed, np.array([True, False, False, True, False, False, False, False]))
    assert found.risk.coverage.tolist() == curve.coverage.tolist()
    assert found.risk.risk.tolist() == curve.risk.tolist()
    assert found.risk.thresholds[-1] == 0
    # 70 % of 8 are 6, four of them wrong; 80 % are 7, which no threshold accepts without the eighth.
    assert found.error_at_coverage == {0.7: 4 / 6, 0.8: 6 / 8, 0.9: 6 / 8, 0.95: 6 / 8, 1.0: 6 / 8}


@pytest.mark.parametrize(
    ("truth", "reading", "settings", "right"),
    [
        ("12", said("12"), {}, True),
        (" 12", said("12"), {}, True),
        ("12", said("012"), {}, False),
        ("12,5", said("12.5"), {"same_point": True}, True),
        ("12,5", said("125"), {"same_point": True}, False),
        ("12,5", said("1.25"), {"digits_only": True}, True),
        ("12", said("12", status="doubtful"), {}, True),
        ("", said("", status="blank"), {}, True),
        (" ", said("", status="blank"), {}, True),
        ("", said("", status="illegible"), {}, False),
        ("", said("", status="failed"), {}, False),
        ("", said("-"), {"digits_only": True}, False),  # a stroke is not a blank
        ("-", said("", status="blank"), {"digits_only": True}, True),  # but there is no digit on it
        ("-", said("", status="blank"), {}, False),
        ("-", said("", status="illegible"), {"digits_only": True}, False),
        ("-", said("-"), {"digits_only": True}, True),
        ("12", said("", status="blank"), {}, False),
    ],
)
def test_what_counts_as_right(truth: str, reading: Reading, settings: dict[str, bool], right: bool) -> None:
    found = evaluate_lines([reading], [truth], **settings)
    assert found.right == right
    assert found.risk.risk.tolist() == [1 - right]
    assert found.exact_by_status[reading.status] == right


def test_alternatives_are_compared_as_texts_are() -> None:
    others = said("7", others=("12.5",))
    assert evaluate_lines([others], ["12,5"]).in_alternatives == 0
    assert evaluate_lines([others], ["12,5"], same_point=True).in_alternatives == 1
    assert evaluate_lines([others], ["125"], digits_only=True).in_alternatives == 1


def test_where_nothing_is_written_or_answered_there_is_no_rate() -> None:
    blank = evaluate_lines([said(""), said("")], ["", ""])
    assert math.isnan(blank.digit_error_rate)
    assert blank.exact == 1
    silent = evaluate_lines([said("", status="failed")], ["1"])
    assert math.isnan(silent.ece)
    assert (silent.answered, silent.digit_error_rate) == (0, 1)
    assert math.isnan(silent.exact_by_status["read"])
    assert silent.confused == silent.mistakes == ()


def test_a_character_error_rate_may_exceed_one() -> None:
    assert evaluate_lines([said("123")], ["4"]).digit_error_rate == 3


def test_the_lists_are_cut_and_equals_stand_in_order() -> None:
    readings = [said(str(number + 1), 0.5 + number / 1000) for number in range(150)]
    found = evaluate_lines(readings, ["x"] * 150)
    assert [mistake.index for mistake in found.mistakes] == list(range(149, 49, -1))
    letters = "abcdefghijklmnopqrstuvwxyz"
    found = evaluate_lines([said("0")] * 27, [*letters, "z"])
    assert [(pair.true, pair.count) for pair in found.confused] == [
        ("z", 2),
        *((letter, 1) for letter in letters[:19]),
    ]
    assert [mistake.index for mistake in found.mistakes] == list(range(27))


numbers = st.text("0123.,", max_size=4)
answers = st.one_of(
    st.builds(said, numbers.filter(bool), st.floats(0, 1), st.sampled_from(["read", "doubtful"])),
    st.builds(said, st.just(""), st.floats(0, 1), st.sampled_from(["blank", "illegible", "failed"])),
)
cases = st.lists(st.tuples(answers, numbers), min_size=1, max_size=20)


@given(cases, st.booleans(), st.booleans())
def test_the_figures_agree_with_each_other(
    case: list[tuple[Reading, str]], same_point: bool, digits_only: bool
) -> None:
    readings, truths = [reading for reading, _ in case], [truth for _, truth in case]
    found = evaluate_lines(readings, truths, same_point=same_point, digits_only=digits_only)
    assert found.count == len(case) == sum(found.statuses.values())
    assert found.interval[0] <= found.exact <= found.interval[1]
    assert found.exact <= found.in_alternatives <= 1
    assert found.risk.risk[-1] == pytest.approx(1 - found.exact)
    hits = [found.exact_by_status[status] * n for status, n in found.statuses.items() if n]
    assert sum(hits) == pytest.approx(found.right)
    silent = found.statuses["illegible"] + found.statuses["failed"]
    assert len(found.mistakes) == found.count - found.right - silent
    claimed = [mistake.confidence for mistake in found.mistakes]
    assert claimed == sorted(claimed, reverse=True)
    assert list(found.error_at_coverage) == list(COVERAGES)
    json.dumps(found.to_json(), allow_nan=False)


@given(cases)
def test_confused_characters_are_those_of_the_numbers_that_were_read(
    case: list[tuple[Reading, str]],
) -> None:
    found = evaluate_lines(*zip(*case, strict=True))
    pairs = [pair for reading, truth in case if reading.text for pair in edit_operations(truth, reading.text)]
    counts = Counter(pair for pair in pairs if pair[0] != pair[1])
    kept = {(pair.true, pair.read): pair.count for pair in found.confused}
    assert kept.items() <= counts.items()
    assert sorted(kept.values(), reverse=True) == [count for _, count in counts.most_common(20)]


def test_the_json_is_plain_and_what_is_not_defined_is_null() -> None:
    written = json.loads(json.dumps(evaluate_lines(READINGS[:1], TRUTHS[:1]).to_json(), allow_nan=False))
    assert (written["n"], written["right"], written["exact"]) == (1, 1, 1.0)
    assert written["statuses"]["read"] == {"count": 1, "exact": 1.0}
    assert written["statuses"]["blank"] == {"count": 0, "exact": None}
    assert set(written["risk"]["error_at_coverage"]) == {"0.7", "0.8", "0.9", "0.95", "1"}
    assert written["reliability"]["accuracy"][0] is None
    whole = evaluate_lines(READINGS, TRUTHS).to_json()
    assert whole["confused"][0] == {"true": "", "read": "1", "count": 2}
    assert whole["mistakes"][0] == {"index": 1, "true": "12,5", "read": "12.5", "confidence": 0.9}


@pytest.mark.parametrize(
    ("readings", "truths", "message"),
    [
        ([], [], "at least one"),
        ([said("1")], [], "1 readings for 0 truths"),
        ([said("1")], ["1", "2"], "1 readings for 2 truths"),
        ([said("1", 1.5)], ["1"], "confidences"),
        ([said("1", math.nan)], ["1"], "confidences"),
    ],
)
def test_what_cannot_be_compared_is_refused(readings: list[Reading], truths: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        evaluate_lines(readings, truths)
