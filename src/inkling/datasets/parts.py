"""The IDX files of a folder, recognised by the names that such files go by."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from inkling.datasets.digits import DIGITS, Digits
from inkling.datasets.framing import frame_all
from inkling.datasets.idx import as_array
from inkling.datasets.sources import Split
from inkling.errors import DatasetError

_NAME = re.compile(r"(?P<stem>.*?)-?(?P<kind>images|labels)[-.]idx[0-9]-(?:ubyte|int)(?:\.gz)?")
_SPLITS: dict[str, Split] = {"train": "train", "test": "test", "t10k": "test"}


@dataclass(frozen=True, slots=True)
class Pair:
    """A file of pictures and the file of their labels.

    Attributes:
        images: Path of the one.
        labels: Path of the other.
        series: What stands before the split in their names, such as `"emnist-digits"`; often empty.
        split: That the names tell; None when they tell none, as for a set of a single part.
    """

    images: Path
    labels: Path
    series: str
    split: Split | None


def find_pair(folder: Path, split: Split, *, prefer: str = "") -> Pair | None:
    """Find the IDX files of a split in a folder.

    Known are names such as `train-images-idx3-ubyte`, `t10k-labels.idx1-ubyte.gz`,
    `test-images-idx3-ubyte.gz`, `qmnist-test-labels-idx2-int.gz`, and `all-images-idx3-ubyte.gz`,
    which names no split: it is the only part of its set, and serves as either.

    Args:
        folder: To look in, not below it.
        split: Wanted.
        prefer: The series to take when there are several.

    Returns:
        The two files; None when the folder holds no IDX files at all.

    Raises:
        DatasetError: There are IDX files, but not of this split, or of several series, or pictures
            without labels.
    """
    pairs = _pairs(folder)
    if not pairs:
        return None
    of_split = [pair for pair in pairs if pair.split == split]
    if not of_split and all(pair.split is None for pair in pairs):
        of_split = pairs
    if not of_split:
        raise DatasetError(
            f"{folder} has no {split} part, only {_listed(pairs)}.", remedy=f"Add the {split} files."
        )
    preferred = [pair for pair in of_split if pair.series == prefer] if prefer else []
    of_split = preferred or of_split
    if len(of_split) > 1:
        raise DatasetError(
            f"{folder} holds several sets: {_listed(of_split)}.",
            remedy="Name the file of the pictures instead.",
        )
    return of_split[0]


def pair_of(images: Path) -> Pair:
    """Find the labels that belong to an IDX file of pictures, beside it.

    Args:
        images: Path of the file.

    Raises:
        DatasetError: Its name is not that of a file of pictures, or there are no labels for it.
    """
    match = _NAME.fullmatch(images.name)
    if match is None or match["kind"] != "images":
        raise DatasetError(
            f"{images} is not named as an IDX file of pictures, such as train-images-idx3-ubyte.gz.",
            remedy="Name a folder, or such a file with its labels beside it.",
        )
    series, split = _parse(match["stem"])
    return Pair(images, _labels_beside(images, match["stem"]), series, split)


def digits_from_idx(
    images: bytearray,
    labels: bytearray,
    *,
    source: str,
    name: str,
    alphabet: tuple[str, ...] = DIGITS,
    transposed: bool = False,
) -> Digits:
    """Make a set of the contents of two IDX files.

    Args:
        images: Contents of a file of bytes, (N, H, W), ink high. 28 x 28 is taken for framed.
        labels: Contents of a file of labels, (N,), or (N, C) with the class in the first column.
        source: The path of the pictures, for the errors.
        name: What the set is called.
        alphabet: Names of the classes.
        transposed: Rows and columns of the pictures are exchanged.

    Raises:
        DatasetError: The two do not fit each other or the alphabet.
    """
    pictures, targets = as_array(images, name=source), as_array(labels, name=f"the labels of {source}")
    if pictures.ndim != 3 or pictures.dtype != np.uint8:
        raise DatasetError(
            f"{source} holds {pictures.dtype} of shape {pictures.shape}, not pictures: bytes of (N, H, W)."
        )
    classes = targets[:, 0] if targets.ndim == 2 else targets
    if classes.ndim != 1 or len(classes) != len(pictures):
        raise DatasetError(
            f"{source} has {len(pictures):,} pictures, and its labels have the shape {targets.shape}.",
            remedy="Are the two files of the same set?",
        )
    ink = np.asarray(pictures, np.uint8)
    if transposed:
        ink = np.ascontiguousarray(ink.transpose(0, 2, 1))
    return Digits(frame_all(ink, name=source), classes.astype(np.int64), name, alphabet)


def _pairs(folder: Path) -> list[Pair]:
    stems: dict[str, Path] = {}
    orphan = ""
    for path in sorted(folder.iterdir()):
        match = _NAME.fullmatch(path.name)
        if match is None or not path.is_file():
            continue
        if match["kind"] == "images":
            stems.setdefault(match["stem"], path)
        else:
            orphan = path.name
    if orphan and not stems:
        raise DatasetError(
            f"{folder} has labels but no pictures: {orphan}.", remedy="Add the pictures' file."
        )
    return [Pair(images, _labels_beside(images, stem), *_parse(stem)) for stem, images in stems.items()]


def _parse(stem: str) -> tuple[str, Split | None]:
    """Tell the series from the split: `"emnist-digits-train"` is `("emnist-digits", "train")`."""
    series, _, last = stem.rpartition("-")
    return (series, _SPLITS[last]) if last in _SPLITS else (stem, None)


def _labels_beside(images: Path, stem: str) -> Path:
    for path in sorted(images.parent.iterdir()):
        match = _NAME.fullmatch(path.name)
        if match is not None and match["kind"] == "labels" and match["stem"] == stem:
            return path
    wanted = images.name.replace("images", "labels").replace("idx3", "idx1")
    raise DatasetError(f"{images} has no labels beside it.", remedy=f"Put {wanted} there.")


def _listed(pairs: list[Pair]) -> str:
    return ", ".join(pair.images.name for pair in pairs)
