"""The named sets on this machine: found, fetched, checked, read."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import platformdirs

from inkling.datasets.digits import Digits
from inkling.datasets.download import fetch, make_folder, sha256_of, whole_file
from inkling.datasets.framing import frame_all
from inkling.datasets.idx import read_contents
from inkling.datasets.libsvm import read_usps
from inkling.datasets.parts import digits_from_idx, find_pair
from inkling.datasets.sample import read_sample
from inkling.datasets.sources import PublishedFile, Source, Split, source_named
from inkling.datasets.strokes import draw_strokes
from inkling.errors import ChecksumError, DatasetError, InklingError, StorageError

VARIABLE = "INKLING_DATA"
"""The environment variable that names a folder of sets."""


def cache_folder(name: str) -> Path:
    """Give the folder that a named set is fetched into; it need not exist."""
    return Path(platformdirs.user_cache_dir("inkling")) / "data" / name


def locate(name: str, *, splits: tuple[Split, ...] = ("train", "test")) -> Path | None:
    """Find a named set on this machine.

    Looked in are `$INKLING_DATA/NAME`, `$INKLING_DATA` itself and the cache, in this order. In
    `$INKLING_DATA` itself the files must bear the published names, and the labels of the set must be
    its own: MNIST and Fashion-MNIST use the same names.

    Args:
        name: Of the set, one with files; not the sample.
        splits: That must be there.

    Returns:
        The folder, whose files are not yet checked; None when the set is not here.

    Raises:
        UnknownNameError: There is no set of this name.
        DatasetError: `INKLING_DATA` names a folder that does not exist.
    """
    source = source_named(name)
    given = os.environ.get(VARIABLE)
    if given:
        shelf = Path(given).expanduser()
        if not shelf.is_dir():
            raise DatasetError(
                f"{VARIABLE} names {given}, which is no folder.", remedy="Correct or unset it."
            )
        if all(_holds(shelf / name, source, split) for split in splits):
            return shelf / name
        if all(_holds_its_own(shelf, source, split) for split in splits):
            return shelf
    cache = cache_folder(name)
    return cache if all(_holds(cache, source, split) for split in splits) else None


def fetch_named(name: str, *, splits: tuple[Split, ...] = ("train", "test")) -> Path:
    """Fetch the files of a named set into the cache; what is there and right is left alone.

    Args:
        name: Of the set.
        splits: To fetch; a set that is published as one archive is fetched whole.

    Returns:
        The folder. For the sample, which has no files, it is not made.

    Raises:
        UnknownNameError: There is no set of this name.
        DownloadError: No mirror gave a file.
        StorageError: The folder cannot be written.
    """
    source = source_named(name)
    folder = cache_folder(name)
    files = [file for split in splits for file in source.files.get(split, ())]
    if source.archive is None:
        for file in files:
            if not is_published(folder / file.name, file):
                fetch(file, folder)
    elif not all(is_published(folder / file.name, file) for file in files):
        _unpack(fetch(source.archive, folder), source)
    return folder


def read_named(name: str, split: Split) -> Digits:
    """Read a split of a named set, fetching it first if it is not on this machine.

    Args:
        name: Of the set.
        split: Wanted.

    Returns:
        The set, checked against its published sha256, called by its name and the split.

    Raises:
        UnknownNameError: There is no set of this name.
        DatasetError: The set has no such split, or is broken.
        ChecksumError: A file is not the published one.
        MissingError: It is not here and cannot be fetched, or a package is not installed.
    """
    source = source_named(name)
    if not source.files:
        if split not in source.counts:
            raise DatasetError(
                f"The data set '{name}' has no {split} part.",
                remedy="A held-out part is split off it when training; or name another set to evaluate on.",
            )
        return read_sample() if name == "sample" else draw_strokes()
    folder = locate(name, splits=(split,)) or fetch_named(name, splits=(split,))
    return read_from(folder, source, split)


def read_from(folder: Path, source: Source, split: Split) -> Digits:
    """Read a split of a named set from a folder, and check that it is the published one.

    USPS as IDX files is read unchecked, since it was never published so.

    Raises:
        DatasetError: Files are missing or broken.
        ChecksumError: A file is not the published one.
    """
    name, files = f"{source.name} {split}", source.files[split]
    only = folder / files[0].name
    if len(files) == 1 and only.is_file():
        if sha256_of(only) != files[0].sha256:
            raise _not_published(str(only), source.name)
        pictures, targets = read_usps(only)
        return Digits(frame_all(pictures, name=str(only)), targets, name, source.alphabet)
    with _opened(folder, source, split) as streams:
        images, labels = (
            _checked(stream, file, path=path, name=source.name)
            for (path, stream), file in zip(streams, files if len(files) == 2 else (None, None), strict=True)
        )
        return digits_from_idx(
            images,
            labels,
            source=streams[0][0],
            name=name,
            alphabet=source.alphabet,
            transposed=source.transposed,
        )


def is_checked(name: str, split: Split) -> bool:
    """Tell whether there is a published sha256 to compare the files with that are found for a set."""
    source = source_named(name)
    folder = locate(name, splits=(split,)) if source.files else None
    if folder is None:
        return False
    return len(source.files[split]) == 2 or (folder / source.files[split][0].name).is_file()


def is_published(path: Path, file: PublishedFile) -> bool:
    """Tell whether a file is there and is the published one, whatever gzip it is wrapped in."""
    if not path.is_file():
        return False
    if file.sha256 and sha256_of(path) == file.sha256:
        return True
    if not file.contents:
        return False
    with path.open("rb") as stream:
        try:
            return hashlib.sha256(read_contents(stream, name=str(path))).hexdigest() == file.contents
        except DatasetError:
            return False


def _holds(folder: Path, source: Source, split: Split) -> bool:
    """Tell whether a folder that is set aside for one set has all files of a split."""
    if not folder.is_dir() or split not in source.files:
        return False
    files = source.files[split]
    if all((folder / file.name).is_file() for file in files):
        return True
    if source.archive is not None and (folder / source.archive.name).is_file():
        return True
    try:
        pair = find_pair(folder, split, prefer=source.name)
    except InklingError:
        return False
    return pair is not None and pair.split == split


def _holds_its_own(folder: Path, source: Source, split: Split) -> bool:
    """Tell whether a folder that may hold several sets has all files of a split of this one."""
    files = source.files.get(split, ())
    return (
        bool(files)
        and all((folder / file.name).is_file() for file in files)
        and is_published(folder / files[-1].name, files[-1])
    )


@contextlib.contextmanager
def _opened(folder: Path, source: Source, split: Split) -> Iterator[list[tuple[str, BinaryIO]]]:
    """Open the pictures and the labels, out of the folder or out of the archive in it."""
    archive = folder / source.archive.name if source.archive else None
    files = source.files[split]
    with contextlib.ExitStack() as stack:
        if (
            archive is not None
            and archive.is_file()
            and not all((folder / file.name).is_file() for file in files)
        ):
            yield [_member(stack, archive, file) for file in files]
            return
        pair = find_pair(folder, split, prefer=source.name)
        if pair is None:
            raise DatasetError(f"{folder} does not hold {source.name}.", remedy="Add its files.")
        try:
            paths = (pair.images, pair.labels)
            yield [(str(path), stack.enter_context(path.open("rb"))) for path in paths]
        except OSError as problem:
            raise DatasetError(f"{folder} cannot be read: {problem}.") from None


def _member(stack: contextlib.ExitStack, archive: Path, file: PublishedFile) -> tuple[str, BinaryIO]:
    try:
        opened = stack.enter_context(zipfile.ZipFile(archive))
        return f"{archive}/{file.member}", stack.enter_context(opened.open(file.member))  # type: ignore[return-value]
    except (zipfile.BadZipFile, KeyError, OSError) as problem:
        raise DatasetError(
            f"{archive} cannot be read: {problem}.", remedy="Fetch or copy it again."
        ) from None


def _checked(stream: BinaryIO, file: PublishedFile | None, *, path: str, name: str) -> bytearray:
    """Read the contents of an IDX file, and compare what is recorded: them, or the file itself."""
    try:
        contents = read_contents(stream, name=path)
        stream.seek(0)
        packed = b"" if file is None or file.contents else stream.read()
    except (OSError, EOFError, zipfile.BadZipFile, zlib.error) as problem:
        raise DatasetError(f"{path} cannot be read: {problem}.", remedy="Fetch or copy it again.") from None
    if file is None:
        return contents
    digest = hashlib.sha256(contents if file.contents else packed).hexdigest()
    if digest != (file.contents or file.sha256):
        raise _not_published(path, name)
    return contents


def _not_published(path: str, name: str) -> ChecksumError:
    return ChecksumError(
        f"{path} is not the published file of {name}: its sha256 is another.",
        remedy=f"Remove it, then run: inkling data fetch {name}. "
        "Or name its folder as a path, to use it as it is.",
    )


def _unpack(archive: Path, source: Source) -> None:
    """Take the set's files out of its archive, which holds far more, and remove the archive."""
    make_folder(archive.parent)
    files = [file for part in source.files.values() for file in part]
    try:
        with zipfile.ZipFile(archive) as opened:
            for file in files:
                target = archive.parent / file.name
                with opened.open(file.member) as packed, whole_file(target) as (stream, keep_as):
                    shutil.copyfileobj(packed, stream)
                    keep_as(target)
    except (zipfile.BadZipFile, KeyError) as problem:
        raise DatasetError(f"{archive} is not the archive of {source.name}: {problem}.") from None
    except FileNotFoundError:
        # Another process that fetched at the same time has finished and removed it.
        if not all(is_published(archive.parent / file.name, file) for file in files):
            raise DatasetError(f"{archive} has gone.", remedy="Fetch it again.") from None
    except OSError as problem:
        raise StorageError(
            f"{archive.parent} cannot be written: {problem}.", remedy="Free some space."
        ) from None
    with contextlib.suppress(OSError):
        archive.unlink()
