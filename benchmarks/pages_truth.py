"""From what is written on a page to the numbers that are expected of it, and how many of them were read.

A truth writes `X` for a box that was crossed out: the number is what remains, and of a number whose boxes
are all crossed out nothing does. `/` is a struck cell of a table, `^` a triangle drawn where a number may
stand. The numbers of a page are compared character by character, leading zeros included.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from inkling.elements import Box, Reading

Cell = tuple[int, int]
"""Row and column, from 0."""

Table = dict[Cell, Reading]
"""A ruled table that was found: what was read, by row and column."""

NO_NUMBERS = ("/", "^")
"""What a truth has for a cell with a sign that is no number."""


@dataclass(frozen=True, slots=True)
class Score:
    """How many numbers were read, of one page or of several.

    Attributes:
        right: Read exactly, or nothing read where nothing is left.
        wrong: Read as something else.
        missed: Not read, or said to be illegible.
        false_alarms: Numbers read where the truth has none.
        failures: What was not right, a line each.
    """

    right: int = 0
    wrong: int = 0
    missed: int = 0
    false_alarms: int = 0
    failures: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """Numbers in the truth."""
        return self.right + self.wrong + self.missed

    def __add__(self, other: Score) -> Score:
        return Score(
            self.right + other.right,
            self.wrong + other.wrong,
            self.missed + other.missed,
            self.false_alarms + other.false_alarms,
            self.failures + other.failures,
        )


def remaining(written: str) -> str:
    """What is left of a number when its crossed-out boxes are left out; empty for a sign.

    >>> remaining("X88"), remaining("XXX"), remaining("/")
    ('88', '', '')
    """
    return "" if written in NO_NUMBERS else written.replace("X", "")


# What each set's truth expects, by field ------------------------------------------------------------------


def nist_fields(truth: Mapping[str, Any]) -> dict[str, str]:
    """`boxes`, in reading order: `box_1`, `box_2`, ..."""
    return _numbered("box", truth["boxes"])


def election_2024_fields(truth: Mapping[str, Any]) -> dict[str, str]:
    """`rows` of one number each, `row_1`, ...; and the column beside them, `side_1`, ..."""
    rows = _numbered("row", [row[0] for row in truth["rows"]])
    return rows | _numbered("side", truth["side_column"])


def named_fields(truth: Mapping[str, Any]) -> dict[str, str]:
    """`fields` by name; of a list the places are counted, `date_1`, `date_2`, ..."""
    found: dict[str, str] = {}
    for name, written in truth["fields"].items():
        found |= {name: written} if isinstance(written, str) else _numbered(name, written)
    return found


def _numbered(name: str, written: Sequence[str]) -> dict[str, str]:
    return {f"{name}_{place}": text for place, text in enumerate(written, start=1)}


# What each set's truth expects, by cell -------------------------------------------------------------------


def kenya_grid(truth: Mapping[str, Any]) -> list[list[str]]:
    """`rows` of one number each: a single column."""
    return [[written] for written in truth["rows"]]


def game_grid(truth: Mapping[str, Any]) -> list[list[str]]:
    """`grid`, as it is."""
    return [list(row) for row in truth["grid"]]


def golf_rows(truth: Mapping[str, Any]) -> list[tuple[Box, list[str]]]:
    """`score_rows` that were transcribed: where each is on the page, and its numbers with spaces between."""
    return [
        (Box(*row["bbox"]), row["text"].split()) for row in truth["score_rows"] if row.get("text") is not None
    ]


# Scores ---------------------------------------------------------------------------------------------------


def says(reading: Reading) -> str:
    """What a reading says: its number, empty for a blank, `?` for what could not be read."""
    crossed_out = "crossed out" in reading.reason
    return reading.text or ("" if reading.status == "blank" or crossed_out else "?")


def judge(place: str, written: str, read: str | None) -> Score:
    """Compare one number.

    Args:
        place: For the list of failures.
        written: As the truth has it.
        read: As `says` has it; None when its place was not found, which is a miss whatever is written there.
    """
    if read is None:
        return Score(missed=1, failures=(f"{place}: {written}, not found",))
    expected = remaining(written)
    if read == expected or (written in NO_NUMBERS and read in ("?", *NO_NUMBERS, "-")):
        return Score(right=1)
    line = f"{place}: {written}, read {read or 'as blank'}"
    if read in ("", "?"):
        return Score(missed=1, failures=(line,))
    return Score(wrong=1, failures=(line,))


def false_alarm(place: str, reading: Reading) -> Score:
    """A number that nobody wrote."""
    return Score(false_alarms=1, failures=(f"{place}: nothing, read {reading.text}",))


def score_fields(expected: Mapping[str, str], readings: Iterable[Reading]) -> Score:
    """Fields of a form, matched by name.

    A number in a field that the truth does not name is a false alarm.
    """
    read = {reading.region.name: reading for reading in readings if reading.region is not None}
    score = Score()
    for name, written in expected.items():
        reading = read.pop(name, None)
        score += judge(name, written, says(reading) if reading else None)
    return sum((false_alarm(name, other) for name, other in read.items() if other.text), score)


def score_places(expected: Mapping[str, tuple[Box, str]], readings: Iterable[Reading]) -> Score:
    """Numbers anywhere on a page, matched by place.

    What was read at a place is all that has the middle of its box there, from left to right with a space
    between; a number whose middle is in none of them is a false alarm.
    """
    inside: dict[str, list[Reading]] = {name: [] for name in expected}
    score = Score()
    for reading in readings:
        name = next((name for name, (box, _) in expected.items() if _holds(box, reading)), None)
        if name is not None:
            inside[name].append(reading)
        elif reading.text:
            score += false_alarm(f"at {_middle(reading)[0]:.0f}, {_middle(reading)[1]:.0f}", reading)
    for name, (_, written) in expected.items():
        texts = [reading.text for reading in sorted(inside[name], key=_middle) if reading.text]
        score += judge(name, written, " ".join(texts) or None)
    return score


def score_grid(truth: Sequence[Sequence[str]], readings: Iterable[Reading]) -> Score:
    """Cells of ruled tables, matched by row and column.

    The tables found on a page seldom begin where the truth does: they have headings, names, and strips
    between their parts. Each is laid on the truth so that most of its numbers agree: all its columns moved
    by the same number, its rows in order, some of them perhaps on no row of the truth. Where as many agree,
    most of what is struck is to agree as well, then most cells are to lie on the truth. First comes the
    table of which most agrees, and a cell of the truth is taken once. A number that then lies beside the
    truth is a false alarm; a cell that nothing lies on is missed.
    """
    left = {(r, c): written for r, row in enumerate(truth) for c, written in enumerate(row)}
    tables: dict[int, Table] = {}
    for reading in readings:
        region = reading.region
        if region is not None and region.row is not None and region.column is not None:
            tables.setdefault(region.table or 0, {})[region.row, region.column] = reading
    score = Score()
    while tables:
        placings = {name: _best_placing(left, table) for name, table in tables.items()}
        name = max(placings, key=lambda name: placings[name].worth)
        for (row, column), reading in tables.pop(name).items():
            cell = (placings[name].rows.get(row, -1), column + placings[name].right)
            if cell in left:
                score += judge(f"row {cell[0] + 1} column {cell[1] + 1}", left.pop(cell), says(reading))
            elif reading.text:
                score += false_alarm(f"table {name} row {row + 1} column {column + 1}", reading)
    for (row, column), written in left.items():
        score += judge(f"row {row + 1} column {column + 1}", written, None)
    return score


def score_rows(rows: Sequence[tuple[Box, Sequence[str]]], readings: Sequence[Reading]) -> Score:
    """Rows of a table that are known by their place: of each, its cells from left to right.

    The cells that have their middle in a row's box are laid on its numbers as the rows of a table are on
    those of a truth: in order, so that most agree. What else is on the page is not judged: the truth says
    nothing about it.
    """
    score = Score()
    for place, (box, written) in enumerate(rows, start=1):
        cells = sorted((reading for reading in readings if _holds(box, reading)), key=_middle)
        found: Table = {(at, 0): reading for at, reading in enumerate(cells)}
        placing = _best_placing({(at, 0): text for at, text in enumerate(written)}, found)
        laid = {target: cells[at] for at, target in placing.rows.items()}
        for at, text in enumerate(written):
            said = says(laid[at]) if at in laid else None
            score += judge(f"row {place} number {at + 1}", text, said)
    return score


class _Placing(NamedTuple):
    """How a table is laid on a truth.

    Attributes:
        worth: How many numbers agree, how many cells are right, and how many lie on the truth.
        right: Columns by which it is moved.
        rows: Of its rows that lie on the truth, the truth's.
    """

    worth: tuple[int, int, int]
    right: int
    rows: dict[int, int]


def _best_placing(truth: Mapping[Cell, str], table: Table) -> _Placing:
    best = _Placing((-1, -1, -1), 0, {})
    if truth and table:
        columns = max(column for _, column in truth) + 1
        for right in range(-max(column for _, column in table), columns):
            placing = _align_rows(truth, table, right)
            best = placing if placing.worth > best.worth else best
    return best


def _align_rows(truth: Mapping[Cell, str], table: Table, right: int) -> _Placing:
    """Lay rows on rows in order, by the recurrence of the longest common subsequence."""
    by_row: dict[int, list[tuple[int, Reading]]] = {}
    for (row, column), reading in table.items():
        by_row.setdefault(row, []).append((column + right, reading))
    rows, wanted = sorted(by_row), sorted({row for row, _ in truth})
    best = [[_Placing((0, 0, 0), right, {})] * (len(wanted) + 1) for _ in range(len(rows) + 1)]
    for i, row in enumerate(rows):
        for j, target in enumerate(wanted):
            on = [(truth[target, c], said) for c, said in by_row[row] if (target, c) in truth]
            right_ones = [said for written, said in on if judge("", written, says(said)).right]
            agree = sum(bool(said.text) for said in right_ones)
            numbers, cells, covered = best[i][j].worth
            worth = (numbers + agree, cells + len(right_ones), covered + len(on))
            laid = _Placing(worth, right, best[i][j].rows | {row: target})
            best[i + 1][j + 1] = max(laid, best[i][j + 1], best[i + 1][j], key=lambda each: each.worth)
    return best[-1][-1]


def _middle(reading: Reading) -> tuple[float, float]:
    assert reading.region is not None
    box = reading.region.quad.box
    return (box.left + box.right) / 2, (box.top + box.bottom) / 2


def _holds(box: Box, reading: Reading) -> bool:
    x, y = _middle(reading)
    return box.left <= x < box.right and box.top <= y < box.bottom
