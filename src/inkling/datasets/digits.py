"""A set of labelled pictures, as every room after this one takes it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from inkling.errors import DatasetError

DIGITS = ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9")
"""The alphabet of every set but those that show something else."""

SIDE = 28
"""Height and width of a picture, in pixels, as `transforms.normalize.SIDE` has it."""


@dataclass(frozen=True, slots=True, eq=False)
class Digits:
    """Labelled pictures; what is not in order is refused when the set is made.

    Attributes:
        images: uint8 of shape (N, 28, 28), ink high on paper of 0, framed as MNIST's are. N >= 1.
        targets: int64 of shape (N,), each the place of its class in the alphabet.
        name: What the set is called where it is shown, such as `"mnist train"`.
        alphabet: Names of the classes in the order of the targets.

    Raises:
        DatasetError: A shape, a type or a target does not fit; the message says which and where.
    """

    images: NDArray[np.uint8]
    targets: NDArray[np.int64]
    name: str
    alphabet: tuple[str, ...] = DIGITS

    def __post_init__(self) -> None:
        if self.images.dtype != np.uint8 or self.targets.dtype != np.int64:
            raise DatasetError(
                f"{self.name}: images are {self.images.dtype} and targets {self.targets.dtype}; "
                "uint8 and int64 are wanted.",
                remedy="Digits.from_arrays converts other types.",
            )
        if self.images.ndim != 3 or self.images.shape[1:] != (SIDE, SIDE):
            raise DatasetError(
                f"{self.name}: images have the shape {self.images.shape}; (N, {SIDE}, {SIDE}) is wanted."
            )
        if self.targets.shape != self.images.shape[:1]:
            raise DatasetError(
                f"{self.name}: targets have the shape {self.targets.shape} beside {len(self.images)} images."
            )
        if len(self.images) == 0:
            raise DatasetError(f"{self.name}: there is no picture in it.")
        self._check_alphabet()

    def _check_alphabet(self) -> None:
        if not self.alphabet or len(set(self.alphabet)) != len(self.alphabet):
            raise DatasetError(f"{self.name}: the alphabet {self.alphabet} is empty or names a class twice.")
        wrong = (self.targets < 0) | (self.targets >= len(self.alphabet))
        if wrong.any():
            first = int(wrong.argmax())
            raise DatasetError(
                f"{self.name}: target {int(self.targets[first])} at {first} has no class in an alphabet of "
                f"{len(self.alphabet)}; {int(wrong.sum())} such in all."
            )

    def __len__(self) -> int:
        return len(self.images)

    def part(self, index: ArrayLike | slice, *, name: str = "") -> Digits:
        """Take some of the pictures, in the order of the index.

        Args:
            index: Whatever indexes the first axis of an array: a slice, places, or a mask.
            name: Of the new set; empty keeps this one's.

        Returns:
            A new set of the same alphabet.

        Raises:
            DatasetError: Nothing is left, or a place lies outside the set.
        """
        chosen = index if isinstance(index, slice) else np.asarray(index)
        if isinstance(chosen, np.ndarray) and chosen.size == 0:
            chosen = chosen.astype(np.int64)
        try:
            return Digits(self.images[chosen], self.targets[chosen], name or self.name, self.alphabet)
        except IndexError as problem:
            raise DatasetError(f"{self.name}: no such part: {problem}.") from None

    def counts(self) -> dict[str, int]:
        """Count the pictures of every class, in the order of the alphabet, zeros included."""
        numbers = np.bincount(self.targets, minlength=len(self.alphabet))
        return dict(zip(self.alphabet, numbers.tolist(), strict=True))

    @classmethod
    def from_arrays(
        cls,
        images: ArrayLike,
        targets: ArrayLike,
        *,
        name: str = "arrays",
        alphabet: tuple[str, ...] = DIGITS,
    ) -> Digits:
        """Make a set of arrays that are framed already.

        Args:
            images: Of shape (N, 28, 28), (N, 784) or (N, 1, 28, 28), ink high: integers 0 to 255, or
                floats 0 to 1.
            targets: Whole numbers of shape (N,) or (N, 1).
            name: What the set is called.
            alphabet: Names of the classes.

        Returns:
            The set; its arrays are copies where a type or a layout had to change.

        Raises:
            DatasetError: What was given is not such arrays.

        Example:
            >>> Digits.from_arrays(np.zeros((2, 784)), [3, 7]).images.shape
            (2, 28, 28)
        """
        pictures = _as_array(images, what=f"{name}: images")
        if pictures.ndim > 1 and pictures.shape[1:] in ((SIDE * SIDE,), (1, SIDE, SIDE), (SIDE, SIDE, 1)):
            pictures = pictures.reshape(len(pictures), SIDE, SIDE)
        labels = _as_array(targets, what=f"{name}: targets")
        if labels.ndim == 2 and labels.shape[1] == 1:
            labels = labels[:, 0]
        return cls(_to_bytes(pictures, name=name), _to_whole(labels, name=name), name, alphabet)


def _as_array(values: ArrayLike, *, what: str) -> NDArray[np.generic]:
    try:
        array = np.asarray(values)
    except (ValueError, TypeError, RuntimeError) as problem:
        raise DatasetError(f"{what} cannot be made into an array: {problem}.") from None
    if array.dtype.kind not in "buif":
        raise DatasetError(f"{what} hold {array.dtype}; numbers are wanted.")
    return array


def _to_bytes(pictures: NDArray[np.generic], *, name: str) -> NDArray[np.uint8]:
    if pictures.dtype == np.uint8 or pictures.size == 0:
        return np.ascontiguousarray(pictures, np.uint8)
    # A NaN makes both ends NaN, and the comparison below then refuses it.
    low, high = float(np.min(pictures)), float(np.max(pictures))
    most = 255 if pictures.dtype.kind in "ui" else 1
    if not (low >= 0 and high <= most):
        raise DatasetError(
            f"{name}: images of {pictures.dtype} go from {low:g} to {high:g}; 0 to {most} is wanted.",
            remedy="Give bytes of 0 to 255, or floats of 0 to 1.",
        )
    scale = 1 if pictures.dtype.kind in "ui" else 255
    return np.round(pictures.astype(np.float64) * scale).astype(np.uint8)


def _to_whole(labels: NDArray[np.generic], *, name: str) -> NDArray[np.int64]:
    with np.errstate(invalid="ignore"):
        whole = labels.astype(np.int64)
    wrong = whole != labels
    if wrong.any():
        first = np.unravel_index(int(wrong.argmax()), wrong.shape)
        raise DatasetError(f"{name}: target {labels[first]} at {int(first[0])} is not a whole number.")
    return np.ascontiguousarray(whole)


def join(parts: list[Digits]) -> Digits:
    """Make one set of several, one after the other.

    Raises:
        DatasetError: Their classes have different names.
    """
    for part in parts[1:]:
        if part.alphabet != parts[0].alphabet:
            raise DatasetError(
                f"{parts[0].name} and {part.name} cannot be joined: their classes differ.",
                remedy="Join sets of the same classes.",
            )
    return Digits(
        np.concatenate([part.images for part in parts]),
        np.concatenate([part.targets for part in parts]),
        " + ".join(part.name for part in parts),
        parts[0].alphabet,
    )
