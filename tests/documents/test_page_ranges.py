"""Which pages of a document are meant."""

from __future__ import annotations

import contextlib

import hypothesis.strategies as st
import pytest
from hypothesis import given

from inkling.documents.ranges import PageRanges, parse_pages
from inkling.errors import UsageError


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("1", [1]),
        ("3-5", [3, 4, 5]),
        ("4-4", [4]),
        ("1-3,7,10-", [1, 2, 3, 7, 10, 11, 12]),
        ("10-,2", [2, 10, 11, 12]),
        (" 1 - 2 , 5 ", [1, 2, 5]),
        ("2,2,1-3", [1, 2, 3]),
        ("007", [7]),
        ("13-", []),
        ("999999999", []),
    ],
)
def test_a_text_means_these_of_twelve_pages(text: str, meant: list[int]) -> None:
    assert [number for number in range(1, 13) if number in parse_pages(text)] == meant


@pytest.mark.parametrize(
    ("text", "part", "what"),
    [
        ("", "", "is empty"),
        ("1,,2", "", "is empty"),
        ("1,", "", "is empty"),
        ("-", "-", "is neither a page nor a range"),
        ("-3", "-3", "is neither a page nor a range"),
        ("1-2-3", "1-2-3", "is neither a page nor a range"),
        ("1;2", "1;2", "is neither a page nor a range"),
        ("1,all", "all", "is neither a page nor a range"),
        ("1.5", "1.5", "is neither a page nor a range"),
        ("²", "²", "is neither a page nor a range"),
        ("٣", "٣", "is neither a page nor a range"),
        ("1000000000", "1000000000", "is neither a page nor a range"),
        ("1,9-7", "9-7", "ends before it begins"),
        ("0", "0", "begins at 0"),
        ("1,0-3", "0-3", "begins at 0"),
        ("0-", "0-", "begins at 0"),
    ],
)
def test_the_error_names_the_part_that_is_wrong(text: str, part: str, what: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_pages(text)
    assert caught.value.message.startswith(f"Pages '{text}': the part '{part}' {what}")
    assert caught.value.remedy == "Write them like this: 1-3,7,10-"


PARTS = st.tuples(st.integers(1, 30), st.none() | st.integers(0, 30)).map(
    lambda part: (part[0], None if part[1] is None else part[0] + part[1])
)


@given(st.lists(PARTS, min_size=1, max_size=5).map(tuple))
def test_ranges_are_written_as_they_are_read(parts: tuple[tuple[int, int | None], ...]) -> None:
    ranges = PageRanges(parts)
    assert parse_pages(str(ranges)) == ranges


@given(st.text(alphabet="0123456789-, x", max_size=12))
def test_a_text_is_either_read_or_refused(text: str) -> None:
    with contextlib.suppress(UsageError):
        ranges = parse_pages(text)
        assert 0 not in ranges
        assert all(first in ranges for first, _ in ranges.parts)
