"""One published file, brought onto this machine whole and checked, or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urljoin, urlsplit

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from inkling.datasets.sources import PublishedFile
from inkling.errors import DownloadError, StorageError

TIMEOUT = 30.0
"""Seconds without a byte after which a mirror is given up."""

_UNKNOWN_SIZE = 64 << 20
"""Bytes after which a file of unrecorded size is given up."""

_BLOCK = 1 << 16

_REASONS = {
    "SSLError": "its certificate is not trusted",
    "ConnectTimeout": "no connection in time",
    "ReadTimeout": "no answer in time",
    "ChunkedEncodingError": "the transfer broke off",
    "ConnectionError": "no connection",
    "TooManyRedirects": "it redirects in a circle",
}
"""What the exceptions of requests mean to someone who does not know it."""


class _RefusedError(Exception):
    """What a mirror sends or asks is not accepted; the next one is tried."""


def fetch(
    file: PublishedFile,
    folder: Path,
    *,
    timeout: float = TIMEOUT,
    console: Console | None = None,
) -> Path:
    """Bring a file into a folder, from the first mirror that has the right one.

    The file appears under its name only when all of it is there and its sha256 is right. A file that
    is not right is kept beside it as `NAME.rejected`, to be looked at. Several processes may fetch
    the same file at once; each writes a file of its own, and the last to finish puts the same
    contents into the same place.

    Args:
        file: With its sha256 and its mirrors.
        folder: Made when it is not there.
        timeout: Seconds without a byte after which a mirror is given up.
        console: Where progress is drawn, if it is a terminal; standard error if None.

    Returns:
        The path of the file. One that is there already and right is not fetched again.

    Raises:
        DownloadError: No mirror gave the file; every one is named with its reason.
        StorageError: The folder cannot be written, or the disk is full.
    """
    path = folder / file.name
    if path.is_file() and sha256_of(path) == file.sha256:
        return path
    make_folder(folder)
    reasons = []
    for mirror in file.mirrors:
        url = mirror + file.name
        try:
            _fetch_from(url, file, path, timeout=timeout, console=console or Console(stderr=True))
            return path
        except (_RefusedError, OSError, ValueError) as problem:
            # Every exception of requests is an OSError, or a ValueError for an address it cannot use.
            reasons.append(f"\n  {url}: {_reason(problem)}")
    raise DownloadError(
        f"No mirror gave {file.name}:{''.join(reasons)}\n",
        remedy="Put the files into a folder DIR and name it with INKLING_DATA=DIR or --data DIR; "
        "or use --data sample, which needs no network.",
    )


def sha256_of(path: Path) -> str:
    """Compute the sha256 of a file, as 64 hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def make_folder(folder: Path) -> None:
    """Make a folder and those above it.

    Raises:
        StorageError: It cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise _cannot_write(folder, problem) from None


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[tuple[BinaryIO, Callable[[Path], None]]]:
    """Write a file so that it is there whole or not at all, whatever interrupts it.

    Yields:
        A stream to a temporary file in the same folder, and a function that closes it and gives it
        a name. What was given no name is removed.

    Raises:
        StorageError: The file cannot be made or named.
    """
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    except OSError as problem:
        raise _cannot_write(path, problem) from None
    stream = os.fdopen(handle, "wb")

    def keep_as(target: Path) -> None:
        try:
            stream.close()
            os.chmod(temporary, 0o644)  # a temporary file is for its maker alone; a cache may be shared
            os.replace(temporary, target)
        except OSError as problem:
            raise _cannot_write(target, problem) from None

    try:
        yield stream, keep_as
    finally:
        # Closing writes what is buffered, which a full disk refuses once more.
        with contextlib.suppress(OSError):
            stream.close()
        with contextlib.suppress(OSError):
            os.unlink(temporary)


class Sink:
    """A stream to write to that counts, hashes and bounds what passes, and tells a progress bar.

    Args:
        stream: Where the bytes go.
        path: Of the file, for the errors.
        most: Bytes that are accepted.
        advance: Called with the number of bytes of each write.
    """

    def __init__(self, stream: BinaryIO, path: Path, *, most: int, advance: Callable[[int], None]) -> None:
        self._stream, self._path, self._most, self._advance = stream, path, most, advance
        self._digest = hashlib.sha256()
        self.count = 0

    def write(self, block: bytes) -> int:
        """Take a block.

        Raises:
            StorageError: The disk refuses it. It is no OSError, so no mirror is blamed for it.
        """
        self.count += len(block)
        if self.count > self._most:
            raise _RefusedError(f"it sends more than the {self._most:,} bytes of the file")
        self._digest.update(block)
        try:
            written = self._stream.write(block)
        except OSError as problem:
            raise _cannot_write(self._path, problem) from None
        self._advance(len(block))
        return written

    def flush(self) -> None:
        """Do nothing: the stream is flushed when it is closed, not after every block."""

    @property
    def sha256(self) -> str:
        """Of everything written so far, 64 hexadecimal digits."""
        return self._digest.hexdigest()


def _fetch_from(url: str, file: PublishedFile, path: Path, *, timeout: float, console: Console) -> None:
    """Fetch from one mirror; raises _RefusedError, or what the transfer raises."""
    from pooch import HTTPDownloader  # brings requests, which takes a while to import

    _refuse_plain_http(url)
    responses: list[Any] = []

    def look_at(response: Any, **_: object) -> None:
        responses.append(response)
        _refuse_plain_redirect(response)

    download = HTTPDownloader(
        chunk_size=_BLOCK,
        timeout=timeout,
        # A server that unpacks .gz files on the way would send other bytes than were published.
        headers={"Accept-Encoding": "identity", "User-Agent": "inkling"},
        hooks={"response": look_at},
    )
    most = file.size if file.size is not None else _UNKNOWN_SIZE
    with _progress(file, console) as advance, whole_file(path) as (stream, keep_as):
        sink = Sink(stream, path, most=most, advance=advance)
        try:
            download(url, sink, None)
        finally:
            for response in responses:  # pooch leaves them open
                response.close()
        if sink.sha256 != file.sha256:
            rejected = path.with_name(f"{path.name}.rejected")
            keep_as(rejected)
            raise _RefusedError(
                f"its sha256 is {sink.sha256[:12]}... in place of {file.sha256[:12]}... "
                f"({sink.count:,} bytes, kept as {rejected.name})"
            )
        keep_as(path)


@contextlib.contextmanager
def _progress(file: PublishedFile, console: Console) -> Iterator[Callable[[int], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(file.name, total=file.size)
        yield lambda count: progress.advance(task, count)


def _refuse_plain_http(url: str) -> None:
    if urlsplit(url).scheme != "https":
        raise _RefusedError(f"{url} is not https")


def _refuse_plain_redirect(response: Any) -> None:
    """Look at a response before its redirect is followed, so nothing is ever asked without https."""
    if response.is_redirect:
        target = urljoin(response.url, response.headers["location"])
        if urlsplit(target).scheme != "https":
            raise _RefusedError(f"it redirects to {target}, which is not https")


def _reason(problem: Exception) -> str:
    if isinstance(problem, _RefusedError):
        return str(problem)
    kinds = [kind.__name__ for kind in type(problem).__mro__]
    known = next((_REASONS[kind] for kind in kinds if kind in _REASONS), "")
    status = getattr(getattr(problem, "response", None), "status_code", None)
    if known or status is None:
        return known or f"{kinds[0]}: {str(problem)[:200]}"
    phrases = {code.value: code.phrase for code in HTTPStatus}
    return f"{status} {phrases.get(status, '')}".rstrip()


def _cannot_write(path: Path, problem: OSError) -> StorageError:
    return StorageError(
        f"{path} cannot be written: {problem.strerror or problem}.",
        remedy="Free some space or allow writing there; or put the files into another folder DIR and "
        "name it with INKLING_DATA=DIR.",
    )
