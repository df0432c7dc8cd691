"""Which pieces of ink stand together."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from inkling.layout.pieces import closed_boxes, find_pieces, members_of, words

Mask = NDArray[np.bool_]


def blank() -> Mask:
    return np.zeros((300, 500), bool)


def ink(*boxes: tuple[int, int, int, int]) -> Mask:
    """Blocks of ink: left, top, width, height."""
    mask = blank()
    for left, top, width, height in boxes:
        mask[top : top + height, left : left + width] = True
    return mask


def rules(*boxes: tuple[int, int, int, int]) -> Mask:
    """Rectangles of ruled lines."""
    drawn = np.zeros((300, 500), np.uint8)
    for left, top, width, height in boxes:
        cv2.rectangle(drawn, (left, top), (left + width, top + height), 1, 3)
    return drawn > 0


@pytest.mark.parametrize(
    ("what", "mask", "frame", "expected"),
    [
        ("nothing", blank(), blank(), 0),
        ("a character", ink((50, 50, 20, 40)), blank(), 1),
        ("two close together", ink((50, 50, 20, 40), (80, 50, 20, 40)), blank(), 1),
        ("two far apart", ink((50, 50, 20, 40), (110, 50, 20, 40)), blank(), 2),
        ("two lines", ink((50, 50, 20, 40), (50, 100, 20, 40)), blank(), 2),
        ("a point at the foot", ink((50, 50, 20, 40), (75, 84, 6, 6)), blank(), 1),
        ("a comma below the foot", ink((50, 50, 20, 40), (74, 87, 6, 14)), blank(), 1),
        ("a comma at the head", ink((50, 50, 20, 40), (74, 36, 6, 14)), blank(), 2),
        ("a small label before it", ink((50, 50, 20, 60), (10, 70, 14, 20)), blank(), 2),
        ("the dot of an i", ink((50, 60, 8, 40), (50, 46, 8, 8)), blank(), 1),
        ("a rule between them", ink((50, 50, 20, 40), (78, 50, 20, 40)), rules((10, 10, 64, 200)), 2),
        ("far apart in a box", ink((50, 50, 20, 40), (130, 50, 20, 40)), rules((30, 30, 200, 80)), 1),
        ("a comb", ink((38, 50, 15, 30), (85, 50, 15, 30), (131, 50, 15, 30)),
         rules((30, 40, 46, 50), (76, 40, 46, 50), (122, 40, 46, 50)), 1),
        ("a column of squares", ink((38, 50, 15, 30), (38, 100, 15, 30)),
         rules((30, 40, 46, 50), (30, 90, 46, 50)), 2),
    ],
)  # fmt: skip
def test_pieces_that_stand_close_are_one_word(what: str, mask: Mask, frame: Mask, expected: int) -> None:
    names = words(find_pieces(mask & ~frame, frame), 0.5, within_boxes=2.5)
    assert len(members_of(names)) == expected, what


def test_specks_and_pictures_are_no_pieces() -> None:
    mask = np.zeros((3000, 3000), bool)
    mask[10:12, 10:12] = True
    mask[100:1500, 100:1500] = True
    mask[2000:2040, 2000:2020] = True
    pieces = find_pieces(mask, np.zeros_like(mask))
    assert pieces.boxes.tolist() == [[2000, 2000, 2020, 2040]]
    assert pieces.areas.tolist() == [800]
    assert np.array_equal(pieces.labels == 1, ink_of(mask))


def ink_of(mask: Mask) -> Mask:
    only = np.zeros_like(mask)
    only[1600:] = mask[1600:]
    return only


def test_a_box_with_a_gap_in_its_border_is_still_closed() -> None:
    frame = rules((50, 50, 200, 100))
    frame[50:52, 100:104] = False
    cells = closed_boxes(frame)
    assert cells[100, 150] > 0
    assert cells[10, 10] == 0


def test_words_do_not_depend_on_the_order_of_ink() -> None:
    rng = np.random.default_rng(0)
    mask = rng.random((300, 500)) < 0.002
    mask = cv2.dilate(mask.astype(np.uint8), np.ones((9, 5), np.uint8)) > 0
    pieces, mirrored = find_pieces(mask, blank()), find_pieces(mask[::-1, ::-1], blank())
    sizes = [sorted(len(m) for m in members_of(words(p, 0.5))) for p in (pieces, mirrored)]
    assert sizes[0] == sizes[1]
