"""A line reader's confidence, fitted to pictures of one's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from inkling.elements import is_mark
from inkling.errors import DatasetError
from inkling.evaluation.calibration import expected_calibration_error
from inkling.evaluation.line_report import LEAST_PICTURES, LineScores
from inkling.evaluation.lines import canonical
from inkling.evaluation.logistic import fit_logistic
from inkling.networks.constrained import Known, marks_of, treat
from inkling.networks.scan import look, propose, score_of
from inkling.networks.weights import Weights


@dataclass(frozen=True, slots=True, eq=False)
class LineCalibration:
    """What a calibration fitted, and what it is worth.

    Attributes:
        weights: The same network, with the curve that was fitted to all of the pictures.
        before: Expected calibration error of the confidence as it was, 0 to 1.
        after: The same of what was fitted: each half of the pictures judged by a curve fitted to the
            other, so that none is judged by a curve that has seen it.
    """

    weights: Weights
    before: float
    after: float


def score_labelled(
    weights: Weights,
    pictures: Sequence[NDArray[np.uint8]],
    texts: Sequence[str],
    *,
    same_point: bool = False,
    digits_only: bool = False,
) -> LineScores:
    """How sure a line reader is of pictures, and how right, when it reads them by these rules.

    Pictures without any ink are left out: that they are blank is certain without a network.

    Args:
        weights: Of a line reader.
        pictures: N of them, each as `transforms.lines.frame_line` makes them.
        texts: What is written on each: a number, nothing, or the name of a mark.
        same_point: Whether `,` is the same as `.`.
        digits_only: Whether only the digits 0 to 9 count.
    """
    alphabet = weights.header.alphabet
    marks = marks_of(alphabet)
    inked = [place for place, picture in enumerate(pictures) if np.ptp(picture) > 0]
    looks = look(
        weights.network,
        [pictures[place] for place in inked],
        marks=marks,
        treated=partial(treat, alphabet=alphabet, same_point=same_point, digits_only=digits_only),
    )
    proposed = propose([seen.views for seen in looks], known=[Known(marks)] * len(looks))
    correct = []
    for place, proposals in zip(inked, proposed, strict=True):
        read = [alphabet[label - 1] for label in proposals[0][0]]
        text = texts[place].strip()
        if is_mark(text) and text in alphabet:
            correct.append(read == [text])
        else:
            correct.append(_is_exact(read, text, same_point=same_point, digits_only=digits_only))
    scores = [score_of(proposals) for proposals in proposed]
    return LineScores(np.array(scores, np.float64), np.array(correct, np.bool_))


def _is_exact(read: Sequence[str], text: str, *, same_point: bool, digits_only: bool) -> bool:
    """Whether a proposal is the number that is written, or says nothing where nothing is that counts."""
    if any(map(is_mark, read)):
        return False

    def compared(number: str) -> str:
        return canonical(number, same_point=same_point, digits_only=digits_only)

    said = "".join(read)
    return compared(said) == compared(text) and (said == "" or canonical(text) != "")


def calibrate_lines(weights: Weights, measured: LineScores) -> LineCalibration:
    """Fit a line reader's confidence to how right it was.

    Args:
        weights: Of a line reader.
        measured: As `score_labelled` makes it, of pictures that the network was not trained on.

    Raises:
        DatasetError: There are fewer than `LEAST_PICTURES`; or all are right, or all wrong, which
            tells nothing of when to doubt.
    """
    if untold := measured.untold("labelled pictures with ink"):
        raise DatasetError(
            f"{untold[0].upper()}{untold[1:]}, so nothing can be learned of when to doubt.",
            remedy=f"Label more of them: {LEAST_PICTURES} are the least, a few hundred are better.",
        )
    curve = fit_logistic(measured.scores, measured.correct)
    before = measured.confidences(weights.header.calibration)
    return LineCalibration(
        replace(weights, header=replace(weights.header, calibration=curve)),
        before=expected_calibration_error(before, measured.correct),
        after=float(measured.to_json()["ece"]),
    )
