"""Labelled pictures of lines that people keep in a folder, and the endless series made of them."""

from __future__ import annotations

import math
import os
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.datasets.folders import LABELS, quoted, take_labelled
from inkling.datasets.lines.stream import FramedLine
from inkling.datasets.lines.writing import LINE_ALPHABET
from inkling.documents.picture import open_picture, to_grey
from inkling.elements import is_mark
from inkling.errors import DatasetError, PictureError
from inkling.transforms.lines import frame_line, refuse_no_line

Rng = np.random.Generator
Picture = NDArray[np.uint8]

MOST_ROWS = 192
"""Pictures are shrunk to so many rows: several times what a network sees of them."""


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """Labelled pictures of lines.

    Attributes:
        pictures: N of them, each uint8 (H, W), grey, as they were photographed or scanned.
        texts: What is written on each; empty where nothing is, or the name of a mark of the alphabet.
        name: What the set is called where it is shown.
        alphabet: What the texts consist of.

    Raises:
        DatasetError: A text has a character that the alphabet lacks, or the lengths differ.
    """

    pictures: tuple[Picture, ...]
    texts: tuple[str, ...]
    name: str
    alphabet: tuple[str, ...] = LINE_ALPHABET

    def __post_init__(self) -> None:
        if not len(self.pictures) == len(self.texts) > 0:
            raise DatasetError(
                f"{self.name}: {len(self.pictures)} pictures and {len(self.texts)} texts; as many of each "
                f"are wanted, and at least one."
            )
        for text in self.texts:
            places_of(text, self.alphabet)

    def __len__(self) -> int:
        return len(self.pictures)

    def framed(self) -> list[FramedLine]:
        """The pictures as a network sees them, each with the places of its text in the alphabet."""
        texts = [places_of(text, self.alphabet) for text in self.texts]
        return list(zip(map(frame_line, self.pictures), texts, strict=True))

    def part(self, places: Sequence[int], *, name: str = "") -> Lines:
        """Take some of the pictures, in the order of their places."""
        pictures, texts = tuple(self.pictures[at] for at in places), tuple(self.texts[at] for at in places)
        return Lines(pictures, texts, name or self.name, self.alphabet)


def load_lines(path: str | os.PathLike[str], *, alphabet: tuple[str, ...] = LINE_ALPHABET) -> Lines:
    """Read a folder of labelled pictures of lines.

    It holds `labels.jsonl`, one object a line, such as `{"image": "images/0001.png", "text": "4071"}`.
    The text of a blank picture is empty; that of a picture without a number may be the name of a mark
    of the alphabet, such as `crossed out`. White space around a text does not count.

    Args:
        path: The folder, or its file of labels.
        alphabet: What texts may consist of.

    Returns:
        The pictures in the order of the file, in grey; those of more than `MOST_ROWS` rows are shrunk.

    Raises:
        DatasetError: There is no such file, or lines of it are no labels, have a text outside the
            alphabet, or a picture that is missing, unreadable, outside the folder, too low or too long for
            a line, or listed before; up to five are told, each with its line, and how many there are.
    """
    folder = _labelled_folder(path)

    def take(picture: Path, text: str) -> tuple[Picture, str]:
        places_of(text.strip(), alphabet)
        return _open(picture), text.strip()

    pictures, texts = zip(*take_labelled(folder, take), strict=True)
    return Lines(pictures, texts, folder.resolve().name, alphabet)


def load_line_labels(
    path: str | os.PathLike[str], *, alphabet: tuple[str, ...] = LINE_ALPHABET
) -> tuple[str, list[tuple[str, str]]]:
    """Read what is written on the pictures of such a folder, and open none of them.

    Args:
        path: As in `load_lines`.
        alphabet: What texts may consist of.

    Returns:
        The set's name, and each picture's path with its text, in the order of the file.

    Raises:
        DatasetError: As in `load_lines`, but for pictures that are there and cannot be read.
    """
    folder = _labelled_folder(path)

    def take(picture: Path, text: str) -> tuple[str, str]:
        places_of(text.strip(), alphabet)
        return str(picture), text.strip()

    return folder.resolve().name, take_labelled(folder, take)


def _labelled_folder(path: str | os.PathLike[str]) -> Path:
    given = Path(path).expanduser()
    folder = given.parent if given.name == LABELS else given
    if not (folder / LABELS).is_file():
        raise DatasetError(
            f"{folder} holds no {LABELS}." if folder.is_dir() else f"{folder} is no folder.",
            remedy="Name a folder of pictures with that file; docs/lines.md says what stands in it.",
        )
    return folder


def places_of(text: str, alphabet: tuple[str, ...]) -> tuple[int, ...]:
    """The places of a text's characters in an alphabet; a mark, such as `crossed out`, is one place.

    Raises:
        DatasetError: A character is not in the alphabet; says which.
    """
    if text in alphabet:
        return (alphabet.index(text),)
    for character in text:
        if character not in alphabet:
            known = "".join(name for name in alphabet if not is_mark(name))
            shown = quoted(character) + ("" if character.isascii() else f" (U+{ord(character):04X})")
            raise DatasetError(f'"text" is {quoted(text)}; {shown} is not one of {quoted(known)}')
    return tuple(alphabet.index(character) for character in text)


def _open(path: Path) -> Picture:
    try:
        grey = to_grey(open_picture(path))
    except PictureError as problem:
        raise DatasetError(problem.message.rstrip(".")) from None
    try:
        refuse_no_line(grey)
    except PictureError as problem:
        raise DatasetError(f"{path}: {problem.message.rstrip('.')}") from None
    return shrink(grey)


def shrink(grey: Picture) -> Picture:
    """A picture as it is learned from: of `MOST_ROWS` rows, if it is higher."""
    height, width = grey.shape
    if height > MOST_ROWS:
        across = max(1, round(width * MOST_ROWS / height))
        grey = cv2.resize(grey, (across, MOST_ROWS), interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(grey, np.uint8)


def split_lines(lines: Lines, fraction: float, *, seed: int) -> tuple[Lines, Lines]:
    """Hold out a part of the pictures, at least one; which ones is a function of the seed.

    Args:
        lines: The set, of two pictures or more.
        fraction: Part to hold out, above 0 and below 1.
        seed: Of the draw.

    Returns:
        `(training, heldout)`, both in the set's order.

    Raises:
        DatasetError: There is but one picture.
    """
    if len(lines) < 2:
        raise DatasetError(
            f"{lines.name}: a single picture cannot be learned from and held out.", remedy="Add pictures."
        )
    # NumPy promises the raw stream of PCG64 for ever, and no shuffle made of it.
    order = np.argsort(np.random.PCG64(seed).random_raw(len(lines)), kind="stable")
    count = min(max(round(len(lines) * fraction), 1), len(lines) - 1)
    held, kept = sorted(order[:count].tolist()), sorted(order[count:].tolist())
    return lines.part(kept), lines.part(held, name=f"{lines.name} (held out)")


class FolderLines:
    """An endless series of a folder's pictures, each time seen a little differently.

    Args:
        lines: The pictures.
        seed: Equal seeds give equal series.
    """

    def __init__(self, lines: Lines, *, seed: int = 0) -> None:
        self.lines = lines
        self.seed = seed
        self._places = [places_of(text, lines.alphabet) for text in lines.texts]

    @property
    def fingerprint(self) -> int:
        """A checksum of the pictures, their texts and the seed."""
        total = zlib.crc32(repr((self.seed, self.lines.texts)).encode())
        for picture in self.lines.pictures:
            total = zlib.crc32(picture.tobytes(), zlib.crc32(repr(picture.shape).encode(), total))
        return total

    def __call__(self, index: int) -> FramedLine:
        """One of the pictures, changed."""
        rng = np.random.Generator(np.random.PCG64([self.seed, index]))
        place = int(rng.integers(len(self._places)))
        return frame_line(see_again(self.lines.pictures[place], rng)), self._places[place]


def see_again(picture: Picture, rng: Rng) -> Picture:
    """A picture as another scan of the same paper would be: turned, lit and cut a little differently.

    Args:
        picture: uint8 (H, W), dark ink on light paper.
        rng: What is drawn from.
    """
    seen = np.asarray(_move(picture, rng), np.float32) / 255
    if rng.random() < 0.5:
        seen = seen ** float(np.exp(rng.uniform(-0.35, 0.35)))
    if rng.random() < 0.5:
        middle = float(np.median(seen))
        seen = middle + (seen - middle) * rng.uniform(0.7, 1.3) + rng.uniform(-0.06, 0.06)
    if rng.random() < 0.3:
        seen = cv2.GaussianBlur(seen, (0, 0), rng.uniform(0.004, 0.02) * len(seen) + 0.2)
    if rng.random() < 0.5:
        seen = seen + rng.standard_normal(seen.shape, dtype=np.float32) * np.float32(rng.uniform(0, 0.04))
    return np.round(np.clip(seen, 0, 1) * 255).astype(np.uint8)


def _move(picture: Picture, rng: Rng) -> Picture:
    """Turn it by up to 2°, shear and stretch it, and cut off or add a little at each edge."""
    height, width = picture.shape
    # The ends of a long line are not to rise or fall by more than a tenth of its height.
    turn = rng.uniform(-1, 1) * min(math.radians(2), 0.2 * height / width)
    shear = rng.uniform(-0.15, 0.15)
    across, down = rng.uniform(0.9, 1.1, 2)
    left, right = rng.uniform(-0.04, 0.15, 2) * height
    top, bottom = rng.uniform(-0.04, 0.12, 2) * height
    new_width = max(1, round(across * width + left + right))
    new_height = max(1, round(down * height + top + bottom))
    cos, sin = math.cos(turn), math.sin(turn)
    linear = np.array([[cos, -sin], [sin, cos]]) @ np.array([[across, -shear], [0, down]])
    # The middle of the picture comes to the middle of what is left of it.
    centre = np.array([left + across * width / 2, top + down * height / 2])
    offset = centre - linear @ np.array([width / 2, height / 2])
    matrix = np.column_stack([linear, offset])
    size, paper = (new_width, new_height), float(np.median(picture))
    return np.asarray(
        cv2.warpAffine(
            picture, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=paper
        ),
        np.uint8,
    )
