"""Labelled pictures that people keep in folders.

Two layouts are read. A labelled folder holds `labels.jsonl`, one object a line, such as
`{"image": "images/0001.png", "text": "7"}`, with paths relative to the folder. A folder of class
folders holds `0/` to `9/` with the pictures of each digit in them.

Every picture is opened as if a stranger had sent it, and framed as reading frames it.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path, PureWindowsPath
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from inkling.datasets.digits import DIGITS, Digits
from inkling.documents.picture import open_picture
from inkling.errors import DatasetError, PictureError

Taken = TypeVar("Taken")

LABELS = "labels.jsonl"
"""Name of the file of labels in a labelled folder."""

MAX_LABELS_BYTES = 64 << 20
"""Size of the largest file of labels that is read; it is enough for a million pictures."""

_SHOWN = 5
"""Problems that are told in full; of the rest the number is given."""


def read_labelled_folder(folder: Path, *, name: str) -> Digits:
    """Read a folder with a file of labels.

    Args:
        folder: That holds `labels.jsonl`.
        name: What the set is called.

    Returns:
        The set in the order of the file, of the alphabet `"0"` to `"9"`.

    Raises:
        DatasetError: Lines that are no labels, or pictures that are missing, unreadable, blank,
            outside the folder or listed twice; up to five are told, each with its line, and how many
            there are.
    """

    def take(path: Path, text: str) -> tuple[NDArray[np.uint8], int]:
        target = _digit(text)
        return _picture(path), target

    images, targets = zip(*take_labelled(folder, take), strict=True)
    return Digits(np.stack(images), np.array(targets, np.int64), name)


def take_labelled(folder: Path, take: Callable[[Path, str], Taken]) -> list[Taken]:
    """Go through the file of labels of a folder.

    Args:
        folder: That holds `labels.jsonl`.
        take: What to make of a picture's path, which lies in the folder and is a file, and its text;
            it raises DatasetError at what it refuses.

    Returns:
        What `take` made, in the order of the file; at least one.

    Raises:
        DatasetError: Lines that are no labels, pictures that are missing, outside the folder or
            listed before, or what `take` refused; up to five are told, each with its line, and how
            many there are.
    """
    labels = folder / LABELS
    problems: list[str] = []
    taken: list[Taken] = []
    listed: dict[Path, int] = {}
    root = folder.resolve()
    for number, line in enumerate(_lines(labels), start=1):
        if not line.strip():
            continue
        try:
            image, text = _entry(line)
            path = _inside(root, image)
            # A picture listed twice would be learned from and held out.
            if (first := listed.setdefault(path, number)) != number:
                raise DatasetError(f"{quoted(image)} is the picture of line {first} already")
            taken.append(take(path, text))
        except DatasetError as problem:
            problems.append(f"line {number}: {problem.message}")
    _refuse(problems, where=str(labels))
    if not taken:
        raise DatasetError(f"{labels} names no picture.", remedy='A line is {"image": "1.png", "text": "7"}.')
    return taken


def labelled_files(folder: Path) -> Iterator[Path]:
    """The file of labels of a folder and the pictures that it names, whatever else may be wrong with it."""
    yield folder / LABELS
    for line in _lines(folder / LABELS):
        with contextlib.suppress(DatasetError):
            yield folder / _entry(line)[0]


def labels_lines(folder: Path) -> bool:
    """Tell whether the labels of a folder are of lines: at least every fifth text is no single character."""
    single = []
    for line in _lines(folder / LABELS):
        with contextlib.suppress(DatasetError):
            single.append(len(_entry(line)[1]) == 1)
    return single.count(False) * 5 >= max(len(single), 1)


def read_class_folders(folder: Path, *, name: str) -> Digits:
    """Read a folder of folders that are named after what their pictures show.

    Args:
        folder: That holds folders named `0` to `9`; some may be absent. Hidden files are passed over.
        name: What the set is called.

    Returns:
        The set, ordered by class and then by file name, of the alphabet `"0"` to `"9"`.

    Raises:
        DatasetError: A folder of another name, or pictures that are unreadable or blank; up to five
            are told by path, and how many there are.
    """
    problems: list[str] = []
    images: list[NDArray[np.uint8]] = []
    targets: list[int] = []
    root = folder.resolve()
    for part in _visible(folder):
        if not part.is_dir():
            continue
        if part.name not in DIGITS:
            problems.append(f"{part.name}/ is not named after a digit")
            continue
        for path in _visible(part):
            try:
                images.append(_picture(_inside(root, f"{part.name}/{path.name}")))
                targets.append(DIGITS.index(part.name))
            except DatasetError as problem:
                problems.append(problem.message)
    _refuse(problems, where=str(folder))
    if not images:
        raise DatasetError(f"{folder} has no picture in its class folders.")
    return Digits(np.stack(images), np.array(targets, np.int64), name)


def class_files(folder: Path) -> Iterator[Path]:
    """What lies in the folders of a folder that are named after digits."""
    for part in (folder / name for name in DIGITS):
        yield from _visible(part) if part.is_dir() else ()


def has_class_folders(folder: Path) -> bool:
    """Tell whether a folder holds at least one folder named after a digit."""
    return any((folder / name).is_dir() for name in DIGITS)


def _lines(path: Path) -> Iterator[bytes]:
    try:
        size = path.stat().st_size
        if size > MAX_LABELS_BYTES:
            raise DatasetError(
                f"{path} has {size:,} bytes; {MAX_LABELS_BYTES:,} are read at most.",
                remedy="Cut the set into several folders.",
            )
        content = path.read_bytes()
    except OSError as problem:
        raise DatasetError(f"{path} cannot be read: {problem.strerror}.", remedy="Check the path.") from None
    try:
        content.decode()
    except UnicodeDecodeError as problem:
        line = content.count(b"\n", 0, problem.start) + 1
        raise DatasetError(f"{path} is not in UTF-8: see line {line}.", remedy="Save it as UTF-8.") from None
    # Not splitlines on text, which would also cut at characters that JSON allows inside a string.
    yield from content.removeprefix(b"\xef\xbb\xbf").splitlines()


def _entry(line: bytes) -> tuple[str, str]:
    """Take a line apart into the picture's path and its text."""
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError) as problem:
        raise DatasetError(f"not JSON ({_first_words(problem)})") from None
    if not isinstance(entry, dict):
        raise DatasetError('not an object such as {"image": "1.png", "text": "7"}')
    for key in ("image", "text"):
        if key not in entry:
            raise DatasetError(f'no "{key}"')
        if not isinstance(entry[key], str):
            raise DatasetError(f'"{key}" is {quoted(entry[key])}, which is not text in quotes')
    return entry["image"], entry["text"]


def _digit(text: str) -> int:
    if len(text) != 1:
        raise DatasetError(f'"text" is {quoted(text)}, not a single digit')
    if text not in DIGITS:
        raise DatasetError(f'"text" is {quoted(text)}, not one of {DIGITS[0]} to {DIGITS[-1]}')
    return DIGITS.index(text)


def _inside(root: Path, image: str) -> Path:
    """Find a picture below the folder, and refuse what a path or a link would reach beyond it."""
    given = PureWindowsPath(image)  # understands both kinds of separator
    if ".." in given.parts:
        raise DatasetError(f'{quoted(image)} has ".." in it, and may lead outside the folder')
    if given.drive or given.root:
        raise DatasetError(f"{quoted(image)} leads outside the folder")
    try:
        path = (root / image).resolve()
        there = path.is_file()
    except PermissionError as problem:
        raise DatasetError(f"{quoted(image)} cannot be opened: {problem.strerror}") from None
    except (OSError, ValueError, RuntimeError):  # too long, a null character, links in a circle
        raise DatasetError(f"{quoted(image)} is not a path") from None
    if not path.is_relative_to(root):
        raise DatasetError(f"{quoted(image)} is a link that leads outside the folder")
    if not there:
        raise DatasetError(
            f"{quoted(image)} is not a file" if path.exists() else f"{quoted(image)} does not exist"
        )
    return path


def _picture(path: Path) -> NDArray[np.uint8]:
    # Imported here: it brings PyTorch and OpenCV, which listing sets or loading MNIST does without.
    from inkling.transforms.normalize import frame

    try:
        picture = frame(open_picture(path))
    except PictureError as problem:
        raise DatasetError(problem.message.rstrip(".")) from None
    if picture is None:
        raise DatasetError(f"{path} is blank")
    return picture


def _visible(folder: Path) -> list[Path]:
    with os.scandir(folder) as entries:
        names = sorted(entry.name for entry in entries)
    return [folder / name for name in names if not name.startswith(".") and name != "Thumbs.db"]


def _refuse(problems: list[str], *, where: str) -> None:
    """Raise when there is any problem, telling the first few and the number of all."""
    if not problems:
        return
    shown = "; ".join(problems[:_SHOWN])
    more = f"; and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    raise DatasetError(f"{where}: {count}: {shown}{more}.", remedy="Mend or remove them.")


def _first_words(problem: BaseException) -> str:
    return str(problem).splitlines()[0][:80]


def quoted(value: object) -> str:
    """A value as JSON writes it, without what would command a terminal, cut off where it becomes long."""
    text = json.dumps(value, ensure_ascii=False)
    if not text.isprintable():
        text = json.dumps(value, ensure_ascii=True)
    return text if len(text) <= 60 else f"{text[:57]}..."
