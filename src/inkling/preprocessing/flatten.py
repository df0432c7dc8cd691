"""The road from a page as it came from the file to one that is flat, upright and even."""

from __future__ import annotations

import numpy as np

from inkling.elements import Page
from inkling.preprocessing.light import level
from inkling.preprocessing.sheet import find_sheet, rectification
from inkling.preprocessing.shrinking import shrunk
from inkling.preprocessing.skew import LEAST_SKEW, skew
from inkling.preprocessing.upright import LOOK_SIDE, look_at, quarters_to_upright
from inkling.preprocessing.warping import Step, quarter_turns, take, turn


def flatten(page: Page) -> Page:
    """Make a page flat, upright and even.

    The sheet in a photograph is found and rectified, the page turned upright, deskewed and levelled.
    What is to be done is found out on a smaller picture; the page itself is interpolated once.

    Args:
        page: Grey or RGB.

    Returns:
        A page with an image of uint8 (H, W), paper near 255; what was done to it is among its
        changes, and `to_original` leads back to the pixels of the file.
    """
    steps: list[Step] = []
    quad = find_sheet(page.image)
    small, factor = shrunk(page.image, LOOK_SIDE)
    if quad is not None:
        steps.append(rectification(quad))
        smaller = quad.through(np.diag([factor, factor, 1.0]))
        small = take(Page(small), [rectification(smaller)]).image
    ink = look_at(small)
    quarters = quarters_to_upright(ink)
    if quarters:
        steps.append(quarter_turns(quarters, _shape(page, steps)))
    degrees = skew(np.rot90(ink, -quarters))
    if abs(degrees) >= LEAST_SKEW:
        steps.append(turn(degrees, _shape(page, steps)))
    return level(take(page, steps))


def _shape(page: Page, steps: list[Step]) -> tuple[int, int]:
    """Height and width of the page after some steps."""
    return steps[-1].size[::-1] if steps else (page.image.shape[0], page.image.shape[1])
