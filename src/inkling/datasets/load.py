"""Any labelled set, by name, by path, or from arrays: the one function that the other rooms call."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from numpy.typing import ArrayLike

from inkling.datasets.digits import Digits, join
from inkling.datasets.folders import (
    LABELS,
    class_files,
    has_class_folders,
    labelled_files,
    read_class_folders,
    read_labelled_folder,
)
from inkling.datasets.idx import read_contents
from inkling.datasets.named import read_from, read_named
from inkling.datasets.parts import Pair, digits_from_idx, find_pair, pair_of
from inkling.datasets.sources import SOURCES, Split
from inkling.errors import DatasetError, UnknownNameError, UsageError

_SUBFOLDERS: dict[Split, tuple[str, ...]] = {"train": ("train", "training"), "test": ("test", "testing")}


def load_digits(
    data: str | os.PathLike[str] | tuple[ArrayLike, ArrayLike],
    *,
    split: Split = "train",
) -> Digits:
    """Load labelled pictures.

    Args:
        data: One of
            - the name of a set, such as `"mnist"`: looked for in `$INKLING_DATA/NAME`, in
              `$INKLING_DATA` and in the cache, fetched if it is not there, and checked. A name wins
              over a path; write `./mnist` for a folder of that name;
            - a folder of IDX files, an IDX file of pictures with its labels beside it, a labelled
              folder (`labels.jsonl`), a folder of class folders (`0/` to `9/`), or a folder that
              holds one of these in `train/` and in `test/`;
            - several of these joined by `+`, such as `"mnist+strokes"`;
            - `(images, targets)`, as `Digits.from_arrays` takes them.
        split: Which part of the set. A set of a single part (arrays, a file, a labelled folder
            without `train/` and `test/`, IDX files that name no split) is given for either, and its
            name ends in `(its only part)`; it is then up to the caller not to measure on what was
            learned from. A set that has the other split only is an error.

    Returns:
        The set.

    Raises:
        UnknownNameError: A name that is neither a set nor a path.
        DatasetError: A path that does not exist, or a set that is broken or has no such split.
        ChecksumError: A named set whose files are not the published ones.
        MissingError: A named set that is not here and cannot be fetched.

    Example:
        >>> len(load_digits("sample"))
        5000
    """
    if split not in ("train", "test"):
        raise UsageError(f"The split is {split!r}.", remedy="Give 'train' or 'test'.")
    if isinstance(data, tuple):
        if len(data) != 2:
            raise DatasetError(f"{len(data)} arrays were given.", remedy="Give (images, targets).")
        return Digits.from_arrays(*data)
    if isinstance(data, str) and data in SOURCES:
        return read_named(data, split)
    path = Path(data).expanduser()
    if isinstance(data, str) and "+" in data and not path.exists():
        return join([load_digits(part, split=split) for part in data.split("+")])
    if not path.exists():
        if isinstance(data, str) and path.name == data and not path.suffix:
            raise UnknownNameError("data set", data, SOURCES)
        raise DatasetError(f"{path} does not exist.", remedy="Check the path.")
    if path.name == LABELS:
        return read_labelled_folder(path.parent, name=_only_part(path.parent))
    if path.is_file():
        return _read_pair(pair_of(path), name=f"{path.name} (its only part)")
    return _read_folder(path, split)


def files_of(data: str | os.PathLike[str]) -> Iterator[Path]:
    """The files that a labelled set consists of, of digits or of lines, for outputs to keep clear of.

    Args:
        data: As in `load_digits`, or a labelled folder of lines.

    Yields:
        Paths of files, some of which may be missing: a file that is named; a folder's file of labels
        and the pictures that it names; what lies in class folders. None of a named set, and none of a
        folder of IDX files: these have names of their own, which no output ends in.
    """
    if isinstance(data, str) and data in SOURCES:
        return
    path = Path(data).expanduser()
    if isinstance(data, str) and "+" in data and not path.exists():
        for part in data.split("+"):
            yield from files_of(part)
        return
    if path.is_file():
        yield path
    folder = path.parent if path.name == LABELS else path
    for each in (folder, *(folder / name for names in _SUBFOLDERS.values() for name in names)):
        if (each / LABELS).is_file():
            yield from labelled_files(each)
        yield from class_files(each)


def _read_folder(folder: Path, split: Split) -> Digits:
    inner = next((folder / name for name in _SUBFOLDERS[split] if (folder / name).is_dir()), None)
    if inner is not None:
        return _read_flat(inner, split, name=f"{_called(folder)} {split}")
    other: Split = "test" if split == "train" else "train"
    if any((folder / name).is_dir() for name in _SUBFOLDERS[other]):
        raise DatasetError(
            f"{folder} has a {other} folder, and none for {split}.", remedy=f"Add {split}/ to it."
        )
    return _read_flat(folder, split, name=_only_part(folder))


def _read_flat(folder: Path, split: Split, *, name: str) -> Digits:
    """Read a folder of one layout; `name` is for the layouts that know no split."""
    if (folder / LABELS).is_file():
        return read_labelled_folder(folder, name=name)
    pair = find_pair(folder, split)
    if pair is not None:
        return _read_pair(pair, name=f"{_called(folder)} {split}" if pair.split else name)
    if has_class_folders(folder):
        return read_class_folders(folder, name=name)
    for source in SOURCES.values():
        # The sets that are published in a form of their own.
        own = source.archive or (source.files[split][0] if len(source.files.get(split, ())) == 1 else None)
        if own is not None and (folder / own.name).is_file():
            return read_from(folder, source, split)
    raise DatasetError(
        f"{folder} holds no labelled pictures.",
        remedy=f"It may hold IDX files, {LABELS} with pictures, or class folders named 0 to 9.",
    )


def _read_pair(pair: Pair, *, name: str) -> Digits:
    contents = []
    for path in (pair.images, pair.labels):
        try:
            with path.open("rb") as stream:
                contents.append(read_contents(stream, name=str(path)))
        except OSError as problem:
            raise DatasetError(f"{path} cannot be read: {problem.strerror}.") from None
    return digits_from_idx(
        contents[0],
        contents[1],
        source=str(pair.images),
        name=name,
        # EMNIST's publisher stores pictures with rows and columns exchanged.
        transposed=pair.series.startswith("emnist"),
    )


def _called(folder: Path) -> str:
    return folder.resolve().name or str(folder)


def _only_part(folder: Path) -> str:
    return f"{_called(folder)} (its only part)"
