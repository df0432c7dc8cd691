"""How files are written: whole or not at all, by one process at a time."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, Self

from inkling.elements import Page, PageReadings
from inkling.errors import StorageError, UsageError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

if TYPE_CHECKING:
    from typing_extensions import Buffer


class Writer(ABC):
    """Writes readings to a file or folder, page by page, inside a `with` block.

    A subclass says in `_opened` what is done before the first page and after the last one, if that is
    more than to keep other processes away.

    Args:
        path: Of the file or folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> Self:
        self._context = self._opened()
        self._context.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._context.__exit__(kind, error, trace)

    def _opened(self) -> contextlib.AbstractContextManager[None]:
        """Open the output, and close it when all pages are written.

        Raises:
            StorageError: It cannot be written.
            UsageError: Another process is writing it.
        """
        return exclusive(self.path)

    @abstractmethod
    def write(self, page: Page | None, readings: PageReadings) -> None:
        """Write what was read on a page.

        Args:
            page: The page as it came from the file; None when it could not be opened.
            readings: What was read on it.

        Raises:
            StorageError: It cannot be written, such as when the disk is full; what was complete
                stands.
        """


def refuse_inputs(outputs: Iterable[Path], inputs: Iterable[str | os.PathLike[str]]) -> None:
    """Raise where an output would take the place of a file that is to be read.

    Args:
        outputs: What would be written.
        inputs: What is to be read; gone through only where an output has the place of a file.

    Raises:
        UsageError: One would; says which.
    """
    taken = [path for path in outputs if path.is_file()]
    for each in inputs if taken else ():
        for path in taken:
            if os.path.exists(each) and path.samefile(each):
                raise UsageError(
                    f"{path} is to be read; writing it would destroy it.", remedy="Name another output."
                )


@contextlib.contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Keep other processes from writing a file or folder.

    A hidden file beside it is locked by the operating system, which lets go of it however a process
    ends: a lock that is left behind holds nobody up. A file system that knows no locks has none.

    Raises:
        UsageError: Another process, or another writer of this one, is writing it.
        StorageError: The folder cannot be written.
    """
    lock = path.parent / f".{path.name}.lock"
    with storing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        file = _locked(lock)
    if file is None:
        raise UsageError(
            f"{path} is being written by another process.",
            remedy="Wait until that is done, or name another output.",
        )
    try:
        yield
    finally:
        _release(lock, file)


def _locked(lock: Path) -> BinaryIO | None:
    """The lock's file, locked; None when somebody else has it."""
    while True:
        file = lock.open("ab")
        try:
            if sys.platform == "win32":
                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as problem:
            if problem.errno in (errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK):
                file.close()
                return None
        # Between opening and locking, the one before may have removed it: that lock locks nothing.
        if _is(lock, file):
            return file
        file.close()


def _is(path: Path, file: BinaryIO) -> bool:
    """Whether an open file is the one of that path."""
    with contextlib.suppress(FileNotFoundError):
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    return False


def _release(lock: Path, file: BinaryIO) -> None:
    if sys.platform == "win32":  # an open file cannot be removed there
        file.close()
        with contextlib.suppress(OSError):
            lock.unlink()
    else:  # removed while it is locked, so that nobody locks what is about to go
        lock.unlink(missing_ok=True)
        file.close()


@contextlib.contextmanager
def storing(path: Path, done: str = "written") -> Iterator[None]:
    """Turn what the operating system says into an error that names the output, and what was not done."""
    try:
        yield
    except OSError as problem:
        why = problem.strerror or str(problem)
        raise StorageError(
            f"{path} could not be {done}: {why}.",
            remedy="What was complete stands. Free some space or name another place, then run it again.",
        ) from problem


class _Part(io.FileIO):
    """A file in the making; that it cannot be written is told in the name of what it becomes."""

    def __init__(self, part: Path, path: Path) -> None:
        self._path = path
        with storing(path):
            super().__init__(part, "wb")

    def write(self, data: Buffer, /) -> int:
        with storing(self._path):
            return super().write(data)


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A file that appears when it is complete; until then it has another name in the same folder.

    Raises:
        StorageError: It cannot be written; an older file of that name is as it was.
    """
    part = path.parent / f".{path.name}.part"
    with storing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with io.BufferedWriter(_Part(part, path)) as file:
            yield file
        with storing(path):
            part.replace(path)
    finally:
        part.unlink(missing_ok=True)
