"""What the benchmark of whole pages counts as right, wrong, missed and falsely alarmed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from inkling.elements import Box, Quadrilateral, Reading, Region

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

import pages_truth as truths

SOMEWHERE = Box(0, 0, 9, 9)


def reading(text: str, *, at: Box = SOMEWHERE, reason: str = "", **places: object) -> Reading:
    """A reading of a text, of a blank for an empty one, and of `?` for what is illegible."""
    region = Region("cell", Quadrilateral.of(at), **places)  # type: ignore[arg-type]
    if text == "?":
        return Reading("", 0.5, "illegible", reason or "It cannot be read.", region=region)
    status = "read" if text else "blank"
    return Reading(text, 0.9, status, "" if text else "There is no ink.", region=region)  # type: ignore[arg-type]


def table(*rows: list[str], number: int = 0) -> list[Reading]:
    return [
        reading(text, table=number, row=row, column=column)
        for row, texts in enumerate(rows)
        for column, text in enumerate(texts)
    ]


def counts(score: truths.Score) -> tuple[int, int, int, int]:
    """Right, wrong, missed, false alarms."""
    return score.right, score.wrong, score.missed, score.false_alarms


@pytest.mark.parametrize(
    ("written", "read", "right", "wrong", "missed"),
    [
        ("088", "088", 1, 0, 0),
        ("088", "88", 0, 1, 0),  # leading zeros are written, so they are to be read
        ("X88", "88", 1, 0, 0),
        ("X88", "188", 0, 1, 0),
        ("XXX", "", 1, 0, 0),
        ("XXX", "7", 0, 1, 0),
        ("XXX", "?", 0, 0, 1),
        ("88", "", 0, 0, 1),
        ("88", "?", 0, 0, 1),
        ("/", "", 1, 0, 0),
        ("/", "/", 1, 0, 0),
        ("/", "?", 1, 0, 0),
        ("/", "1", 0, 1, 0),
        ("88", None, 0, 0, 1),
        ("/", None, 0, 0, 1),
        ("XXX", None, 0, 0, 1),
    ],
)
def test_one_number_is_right_wrong_or_missed(
    written: str, read: str | None, right: int, wrong: int, missed: int
) -> None:
    assert counts(truths.judge("here", written, read)) == (right, wrong, missed, 0)


def test_a_line_that_is_crossed_out_says_nothing_and_an_illegible_one_does_not_say_that() -> None:
    assert truths.says(reading("?", reason="It is crossed out.")) == ""
    assert truths.says(reading("?")) == "?"
    assert truths.says(reading("")) == ""


def test_each_truth_names_its_fields() -> None:
    assert truths.nist_fields({"boxes": ["01", "9"]}) == {"box_1": "01", "box_2": "9"}
    assert truths.election_2024_fields({"rows": [["31"], ["5"]], "side_column": ["30"]}) == {
        "row_1": "31",
        "row_2": "5",
        "side_1": "30",
    }
    assert truths.named_fields({"fields": {"invalid": "XX7", "date": ["25", "06"]}}) == {
        "invalid": "XX7",
        "date_1": "25",
        "date_2": "06",
    }
    assert truths.kenya_grid({"rows": ["161", "069"]}) == [["161"], ["069"]]
    assert truths.golf_rows(
        {"score_rows": [{"bbox": [1, 2, 3, 4], "text": "1 ^ 2"}, {"bbox": [1, 2, 3, 4], "text": None}]}
    ) == [(Box(1, 2, 3, 4), ["1", "^", "2"])]


def test_fields_are_matched_by_name_and_a_number_of_no_name_is_a_false_alarm() -> None:
    found = [reading("12", name="a"), reading("?", name="b"), reading("5", name="z"), reading("", name="y")]
    score = truths.score_fields({"a": "12", "b": "7", "c": "8"}, found)
    assert counts(score) == (1, 0, 2, 1)
    assert score.failures == ("b: 7, read ?", "c: 8, not found", "z: nothing, read 5")


def test_numbers_anywhere_are_matched_by_place_and_one_cut_in_two_is_wrong() -> None:
    expected = {"a": (Box(0, 0, 100, 50), "1234"), "b": (Box(0, 60, 100, 110), "56")}
    found = [
        reading("34", at=Box(50, 10, 90, 40)),
        reading("12", at=Box(5, 10, 45, 40)),
        reading("56", at=Box(5, 65, 45, 105)),
        reading("8", at=Box(200, 0, 220, 20)),
    ]
    score = truths.score_places(expected, found)
    assert counts(score) == (1, 1, 0, 1)
    assert "a: 1234, read 12 34" in score.failures


def test_a_table_is_laid_on_the_truth_where_most_agrees() -> None:
    found = table(["", "3", ""], ["", "17", "25"], ["", "8", "9"])
    assert counts(truths.score_grid([["17", "25"], ["8", "4"]], found)) == (3, 1, 0, 1)


def test_a_strip_between_the_parts_of_a_table_is_passed_over() -> None:
    found = table(["1", "2"], ["3", "4"], ["", "9"], ["5", "6"], ["7", "0"])
    assert counts(truths.score_grid([["1", "2"], ["3", "4"], ["5", "6"], ["7", "8"]], found)) == (7, 1, 0, 1)


def test_rows_lie_on_rows_in_their_order() -> None:
    # The second row agrees with the first of the truth, but then the first has no place before it.
    assert counts(truths.score_grid([["11"], ["22"]], table(["22"], ["11"]))) == (1, 0, 1, 1)


def test_a_table_shorter_than_the_truth_misses_the_rest() -> None:
    assert counts(truths.score_grid([["1"], ["22"], ["33"]], table(["22"]))) == (1, 0, 2, 0)


def test_two_tables_share_a_truth_and_no_cell_counts_twice() -> None:
    upper, lower = table(["11", "12"], ["13", "14"]), table(["15", "16"], ["17", "19"], number=1)
    truth = [["11", "12"], ["13", "14"], ["15", "16"], ["17", "18"]]
    assert counts(truths.score_grid(truth, [*upper, *lower])) == (7, 1, 0, 0)
    # The same table again has nowhere left to lie.
    again = table(["11", "12"], ["13", "14"], number=2)
    assert counts(truths.score_grid(truth, [*upper, *lower, *again])) == (7, 1, 0, 4)


def test_struck_cells_do_not_move_a_table() -> None:
    assert counts(truths.score_grid([["/"], ["5"], ["/"]], table([""], ["5"], ["?"], ["7"]))) == (3, 0, 0, 1)


def test_no_table_at_all_misses_everything() -> None:
    assert counts(truths.score_grid([["4", "/"]], [])) == (0, 0, 2, 0)


def test_rows_known_by_their_place_are_read_from_left_to_right() -> None:
    row = [reading(text, at=Box(x, 10, x + 8, 20)) for x, text in ((40, "2"), (10, ""), (30, "1"), (50, "?"))]
    elsewhere = reading("7", at=Box(30, 90, 38, 99))
    score = truths.score_rows([(Box(0, 0, 100, 30), ["1", "2", "3"])], [*row, elsewhere])
    assert counts(score) == (2, 0, 1, 0)
    assert score.failures == ("row 1 number 3: 3, read ?",)


def test_a_cell_that_is_missing_from_a_row_moves_no_other() -> None:
    row = [reading(text, at=Box(x, 10, x + 8, 20)) for x, text in ((10, "1"), (30, "3"), (40, "4"))]
    score = truths.score_rows([(Box(0, 0, 100, 30), ["1", "2", "3", "4"])], row)
    assert score.failures == ("row 1 number 2: 2, not found",)


def test_scores_add_up() -> None:
    total = truths.judge("a", "1", "1") + truths.judge("b", "1", "7") + truths.judge("c", "1", "")
    assert counts(total) == (1, 1, 1, 0)
    assert total.count == 3
    assert len(total.failures) == 2
