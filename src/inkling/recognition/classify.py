"""One picture of one digit: which digit it is, how sure that is, and how unfamiliar the picture."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from inkling.documents.picture import Picture, source_of, to_picture
from inkling.elements import Classification
from inkling.errors import PictureError
from inkling.networks.weights import Weights, refuse_readers, shipped_weights
from inkling.transforms.normalize import frame, to_input

DOUBT_BELOW = 0.9
"""A less confident classification is `doubtful`."""

STRANGE_ABOVE = 1.0
"""A classification of a picture with more novelty is `doubtful`, however confident."""


def classify(picture: Picture, *, weights: Weights | None = None) -> Classification:
    """Recognise one digit.

    Any size, polarity, colour and bit depth, with margins and off-centre: the picture is framed as
    MNIST's were before the network sees it.

    Args:
        picture: A path, the bytes of a file, or an array.
        weights: By default those that come with Inkling.

    Returns:
        The digit with its probability; status `blank` if there is no ink.

    Raises:
        PictureError: The picture cannot be opened.

    Example:
        >>> import numpy as np
        >>> classify(np.full((40, 30), 255, np.uint8)).status
        'blank'
    """
    return classify_framed([_frame(picture)], weights=weights)[0]


def classify_all(pictures: Iterable[Picture], *, weights: Weights | None = None) -> list[Classification]:
    """Recognise many pictures, one digit each, in batches.

    One that cannot be opened has the status `failed`, with the reason; the others are done.
    """
    pictures = list(pictures)
    sources = [source_of(picture) for picture in pictures]
    framed, failures = frame_all(pictures)
    return classify_framed(framed, weights=weights, sources=sources, failures=failures)


def frame_all(
    pictures: Iterable[Picture],
) -> tuple[list[NDArray[np.uint8] | None], dict[int, str]]:
    """Open and frame many pictures.

    Returns:
        uint8 (28, 28) for each, None for one that is blank or could not be opened; and why those
        that could not be opened could not, by their place.
    """
    framed: list[NDArray[np.uint8] | None] = []
    failures: dict[int, str] = {}
    for place, picture in enumerate(pictures):
        try:
            framed.append(_frame(picture))
        except PictureError as problem:
            framed.append(None)
            failures[place] = str(problem)
    return framed, failures


@torch.inference_mode()
def classify_framed(
    framed: Sequence[NDArray[np.uint8] | None],
    *,
    weights: Weights | None = None,
    sources: Sequence[str] | None = None,
    failures: dict[int, str] | None = None,
    batch_size: int = 1024,
) -> list[Classification]:
    """Recognise pictures that have been framed.

    Args:
        framed: uint8 (28, 28) each, as `transforms.normalize.frame` makes them; None for a blank.
        weights: By default those that come with Inkling.
        sources: Where each came from.
        failures: Why those that could not be opened could not, by their place.
        batch_size: Pictures at a time.

    Raises:
        WeightsError: The weights are of a line reader or a box reader.
    """
    weights = weights or shipped_weights("digits")
    refuse_readers(weights)
    sources = sources or [""] * len(framed)
    failures = failures or {}
    results: list[Classification] = [
        _without_label(source, failures.get(place)) for place, source in enumerate(sources)
    ]
    inked = [place for place, picture in enumerate(framed) if picture is not None]
    for start in range(0, len(inked), batch_size):
        places = inked[start : start + batch_size]
        images = np.stack([picture for place in places if (picture := framed[place]) is not None])
        probabilities, novelty = distributions(images, weights)
        for row, place in enumerate(places):
            results[place] = _classification(probabilities[row], novelty[row], weights, sources[place])
    return results


@torch.inference_mode()
def distributions(
    images: NDArray[np.uint8], weights: Weights
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Calibrated probabilities and novelty of framed pictures.

    Args:
        images: uint8 (N, 28, 28).
        weights: The network and its calibration.

    Returns:
        float64 (N, C), rows summing to 1, and float64 (N,), nan without a gauge.
    """
    inputs = to_input(torch.from_numpy(images))
    logits, features = weights.network.logits_and_features(inputs)  # type: ignore[operator]
    probabilities = (logits.double() / weights.header.temperature).softmax(dim=1).numpy()
    if weights.gauge is None:
        return probabilities, np.full(len(images), np.nan)
    return probabilities, weights.gauge.novelty(features).double().numpy()


def _frame(picture: Picture) -> NDArray[np.uint8] | None:
    return frame(to_picture(picture))


def _without_label(source: str, failure: str | None) -> Classification:
    status, reason = ("blank", "There is no ink on the picture.") if failure is None else ("failed", failure)
    return Classification(None, 0.0, (), None, status, reason, source)  # type: ignore[arg-type]


def _classification(
    probabilities: NDArray[np.float64], novelty: float, weights: Weights, source: str
) -> Classification:
    best = int(probabilities.argmax())
    confidence = float(probabilities[best])
    strangeness = None if np.isnan(novelty) else float(novelty)
    reasons = []
    if confidence < DOUBT_BELOW:
        second = weights.header.alphabet[int(probabilities.argsort()[-2])]
        reasons.append(f"It could also be {second}.")
    if strangeness is not None and strangeness > STRANGE_ABOVE:
        reasons.append("It is unlike the digits trained on.")
    return Classification(
        label=weights.header.alphabet[best],
        confidence=confidence,
        probabilities=tuple(probabilities.tolist()),
        novelty=strangeness,
        status="doubtful" if reasons else "read",
        reason=" ".join(reasons),
        source=source,
    )
