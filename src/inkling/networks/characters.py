"""Each character of a line in the features of the network that read it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from inkling.networks.ctc import Span
from inkling.networks.scan import Scan


def character_features(scanned: Scan, spans: Sequence[Span]) -> NDArray[np.float32]:
    """What each character was judged by: the mean over the frames that it stands in.

    Args:
        scanned: A picture as the network saw it.
        spans: The frames of each of L characters, as `ctc.align` gives them.

    Returns:
        float32 (L, D): row `i` belongs to character `i`. The gauge of a line reader is fitted to these.
    """
    rows = [scanned.features[first:last].mean(axis=0) for first, last in spans]
    return np.array(rows, np.float32).reshape(len(spans), scanned.features.shape[1])
