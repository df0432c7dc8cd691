"""How well whole numbers are read: those exactly right, wrong characters, and what confidence is worth."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from inkling.datasets.digits import DIGITS
from inkling.elements import Reading, Status
from inkling.evaluation.calibration import (
    Reliability,
    RiskCoverage,
    calibration_error,
    calibration_error_by_chance,
    coverage_at_risk,
    reliability,
    risk_at_coverage,
    risk_coverage,
)
from inkling.evaluation.metrics import wilson_interval

COVERAGES = (0.7, 0.8, 0.9, 0.95, 1.0)
"""Parts of the pictures at which the error rate is stated."""

_STATUSES: tuple[Status, ...] = get_args(Status)
_WITHOUT_ANSWER = ("illegible", "failed")
_MOST_CONFUSED, _MOST_MISTAKES = 20, 100


@dataclass(frozen=True, slots=True)
class ConfusedCharacters:
    """One kind of wrong character.

    Attributes:
        true: The character that is written; empty where one was read that is not there.
        read: The one that was read; empty where one was missed. Differs from `true`.
        count: How often, at least 1.
    """

    true: str
    read: str
    count: int


@dataclass(frozen=True, slots=True)
class LineMistake:
    """One picture with a wrong answer.

    Attributes:
        index: Place of the picture in the data, from 0.
        true: The number on it, as it was compared; empty for a blank picture; or the name of its mark.
        read: What was read, as it was compared; empty where the picture was taken for blank.
        confidence: Calibrated probability that was claimed, 0 to 1.
    """

    index: int
    true: str
    read: str
    confidence: float


@dataclass(frozen=True, slots=True, eq=False)
class LineEvaluation:
    """Everything measured of the readings of N pictures of lines.

    An answer is a number, or the claim that the picture is blank; a picture that is illegible or
    could not be opened has none, and counts as not exact wherever all pictures are counted. A picture
    with a mark in place of a number is none of the N: an answer to it is a mistake, and no more is told.

    Attributes:
        count: Pictures, N, at least 1.
        right: Pictures whose answer is exactly right, 0 to N.
        exact: Their part, 0 to 1.
        interval: Where `exact` lies with 95 % confidence (Wilson), 0 to 1.
        digit_error_rate: Wrong, missed and added characters over all characters that are written: 0 is
            best, and more than 1 is possible; NaN when nothing is written on any picture. One that was
            not read misses all of its characters.
        in_alternatives: Part of the pictures whose number is the answer or among the alternatives,
            `exact` to 1.
        statuses: Pictures of each status, in the order of `Status`; they sum to N.
        exact_by_status: Part of each status's pictures that is exactly right, 0 to 1; NaN when it
            has none.
        answered: Pictures with an answer, 0 to N: those of the reliability.
        reliability: Confidence against exactness of the answers, in 15 bins.
        ece: Expected calibration error of the answers, 0 to 1; NaN when there are none.
        ece_by_chance: What it would be if every confidence were exactly right, 0 to 1; NaN like it.
        risk: Error rate against coverage of all pictures, those without an answer at confidence 0.
        confused: The commonest wrong characters in the numbers that were read, commonest first,
            twenty at most.
        mistakes: The wrong answers, to pictures with a mark too, the most confident first, a hundred at
            most.
        marked: Pictures with a mark, at least 0.
        misread: Those of them that got an answer all the same, 0 to `marked`.
    """

    count: int
    right: int
    exact: float
    interval: tuple[float, float]
    digit_error_rate: float
    in_alternatives: float
    statuses: dict[Status, int]
    exact_by_status: dict[Status, float]
    answered: int
    reliability: Reliability
    ece: float
    ece_by_chance: float
    risk: RiskCoverage
    confused: tuple[ConfusedCharacters, ...]
    mistakes: tuple[LineMistake, ...]
    marked: int
    misread: int

    @property
    def error_at_coverage(self) -> dict[float, float]:
        """For each of `COVERAGES`, the error rate among the most confident part of that size, 0 to 1."""
        return {part: risk_at_coverage(self.risk, part) for part in COVERAGES}

    def to_json(self) -> dict[str, Any]:
        """All of it but the single points of the risk, as plain values that `json` can write.

        What is not defined (the exactness of a status without pictures) is None.
        """
        bins = self.reliability
        return {
            "n": self.count,
            "right": self.right,
            "exact": self.exact,
            "interval": list(self.interval),
            "digit_error_rate": _plain(self.digit_error_rate),
            "in_alternatives": self.in_alternatives,
            "statuses": {
                status: {"count": count, "exact": _plain(self.exact_by_status[status])}
                for status, count in self.statuses.items()
            },
            "answered": self.answered,
            "ece": _plain(self.ece),
            "ece_by_chance": _plain(self.ece_by_chance),
            "risk": {
                "error_at_coverage": {f"{part:g}": risk for part, risk in self.error_at_coverage.items()},
                "coverage_without_error": coverage_at_risk(self.risk, 0.0),
                "area": self.risk.area,
            },
            "confused": [asdict(pair) for pair in self.confused],
            "mistakes": [asdict(mistake) for mistake in self.mistakes],
            "marked": self.marked,
            "misread": self.misread,
            "reliability": {
                "edges": bins.edges.tolist(),
                "confidence": [_plain(value) for value in bins.confidence.tolist()],
                "accuracy": [_plain(value) for value in bins.accuracy.tolist()],
                "count": bins.count.tolist(),
            },
        }


def _plain(value: float) -> float | None:
    return None if math.isnan(value) else value


def canonical(text: str, *, same_point: bool = False, digits_only: bool = False) -> str:
    """A number as it is compared with another.

    Args:
        text: As it was read, or as it is true.
        same_point: Whether `,` is the same as `.`.
        digits_only: Whether only the digits 0 to 9 count.

    Returns:
        The text without white space around it, changed in no other way than asked for.

    Example:
        >>> canonical(" 1.204,50", same_point=True), canonical("-1.204,50", digits_only=True)
        ('1.204.50', '120450')
    """
    text = text.strip()
    if same_point:
        text = text.replace(",", ".")
    if digits_only:
        text = "".join(character for character in text if character in DIGITS)
    return text


def edit_operations(truth: str, read: str) -> tuple[tuple[str, str], ...]:
    """The fewest changes that make one text of another (Levenshtein, 1966), as an alignment of both.

    Of the alignments with the fewest changes it is one with the fewest gaps, so a wrong character is
    preferred to one that is missed and one that is added; among those a gap stands as far left as
    it can.

    Args:
        truth: The true text.
        read: What was read.

    Returns:
        Pairs of a true character and a read one, from left to right, equal pairs included. One of
        the two is empty where a character was missed or added, never both.

    Example:
        >>> edit_operations("407", "4971")
        (('4', '4'), ('0', '9'), ('7', '7'), ('', '1'))
    """
    rows, columns = len(truth), len(read)
    change = rows + columns + 1  # outweighs all gaps together
    gap = change + 1
    costs = [[gap * column for column in range(columns + 1)]]
    for row, true in enumerate(truth, start=1):
        costs.append([gap * row])
        for column, said in enumerate(read, start=1):
            beside = costs[row - 1][column - 1] + (0 if true == said else change)
            costs[row].append(min(beside, costs[row - 1][column] + gap, costs[row][column - 1] + gap))
    pairs = []
    row, column = rows, columns
    while row or column:
        if row and column:
            beside = costs[row - 1][column - 1] + (0 if truth[row - 1] == read[column - 1] else change)
            if costs[row][column] == beside:
                row, column = row - 1, column - 1
                pairs.append((truth[row], read[column]))
                continue
        if row and costs[row][column] == costs[row - 1][column] + gap:
            row -= 1
            pairs.append((truth[row], ""))
        else:
            column -= 1
            pairs.append(("", read[column]))
    return tuple(reversed(pairs))


@dataclass(frozen=True, slots=True)
class _Comparison:
    """One reading beside its truth, both as they are compared; `listed` counts the alternatives too."""

    true: str
    read: str
    right: bool
    listed: bool


def evaluate_lines(
    readings: Sequence[Reading],
    truths: Sequence[str],
    *,
    marks: Collection[str] = (),
    same_point: bool = False,
    digits_only: bool = False,
) -> LineEvaluation:
    """Compare readings with what is written.

    Where nothing is written that counts, the status `blank` is right, and only there.

    Args:
        readings: Of every picture.
        truths: The numbers that are written; empty for a blank picture, or the name of a mark. One of
            them at least is no mark.
        marks: The marks' names; pictures with one count in no figure but those of `LineEvaluation` that
            say so.
        same_point: Whether `,` is the same as `.`.
        digits_only: Whether only the digits 0 to 9 count.

    Raises:
        ValueError: There is no reading of a picture without a mark, the lengths differ, or a confidence
            is outside 0 to 1.
    """
    places = [place for place, truth in enumerate(truths) if truth not in marks]
    if not places or len(readings) != len(truths):
        raise ValueError(f"{len(readings)} readings for {len(truths)} truths; at least one of each is wanted")
    misread = [
        LineMistake(place, truth, canonical(reading.text, same_point=same_point), reading.confidence)
        for place, (reading, truth) in enumerate(zip(readings, truths, strict=True))
        if truth in marks and reading.status not in _WITHOUT_ANSWER
    ]
    marked = len(truths) - len(places)
    readings, truths = [readings[place] for place in places], [truths[place] for place in places]
    cases = [
        _compare(reading, truth, same_point=same_point, digits_only=digits_only)
        for reading, truth in zip(readings, truths, strict=True)
    ]
    changes = [[pair for pair in edit_operations(c.true, c.read) if pair[0] != pair[1]] for c in cases]
    correct = np.array([case.right for case in cases])
    statuses = [reading.status for reading in readings]
    hits = Counter(status for status, case in zip(statuses, cases, strict=True) if case.right)
    answered = np.array([status not in _WITHOUT_ANSWER for status in statuses])
    claimed = np.array([reading.confidence for reading in readings], np.float64)
    confidences = np.where(answered, claimed, 0.0)
    bins = reliability(confidences[answered], correct[answered])
    right = int(correct.sum())
    return LineEvaluation(
        count=len(cases),
        right=right,
        exact=right / len(cases),
        interval=wilson_interval(right, len(cases)),
        digit_error_rate=_part(sum(map(len, changes)), sum(len(case.true) for case in cases)),
        in_alternatives=sum(case.listed for case in cases) / len(cases),
        statuses={status: statuses.count(status) for status in _STATUSES},
        exact_by_status={status: _part(hits[status], statuses.count(status)) for status in _STATUSES},
        answered=int(answered.sum()),
        reliability=bins,
        ece=calibration_error(bins) if answered.any() else math.nan,
        ece_by_chance=calibration_error_by_chance(bins),
        risk=risk_coverage(confidences, correct),
        confused=_commonest(
            pair for said, pairs in zip(readings, changes, strict=True) if said.text for pair in pairs
        ),
        mistakes=_surest([*_wrong(cases, places, confidences, answered & ~correct), *misread]),
        marked=marked,
        misread=len(misread),
    )


def _compare(reading: Reading, truth: str, *, same_point: bool, digits_only: bool) -> _Comparison:
    # Even where only digits count, a stroke that was read on an empty picture is a mistake.
    digits_only = digits_only and canonical(truth) != ""

    def compared(text: str) -> str:
        return canonical(text, same_point=same_point, digits_only=digits_only)

    true, read = compared(truth), compared(reading.text)
    right = read == true and (reading.text != "" or reading.status == "blank")
    listed = right or any(compared(other.text) == true for other in reading.alternatives)
    return _Comparison(true, read, right, listed)


def _commonest(pairs: Iterable[tuple[str, str]]) -> tuple[ConfusedCharacters, ...]:
    """Commonest first, those of equal count in the order of their characters."""
    counts = sorted(Counter(pairs).items(), key=lambda item: (-item[1], item[0]))
    return tuple(ConfusedCharacters(*pair, count) for pair, count in counts[:_MOST_CONFUSED])


def _wrong(
    cases: Sequence[_Comparison],
    places: Sequence[int],
    confidences: NDArray[np.float64],
    wrong: NDArray[np.bool_],
) -> Iterable[LineMistake]:
    for number in np.flatnonzero(wrong).tolist():
        case = cases[number]
        yield LineMistake(places[number], case.true, case.read, float(confidences[number]))


def _surest(mistakes: Sequence[LineMistake]) -> tuple[LineMistake, ...]:
    return tuple(sorted(mistakes, key=lambda mistake: (-mistake.confidence, mistake.index))[:_MOST_MISTAKES])


def _part(some: int, whole: int) -> float:
    return some / whole if whole else math.nan
