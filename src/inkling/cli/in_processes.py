"""Batches read in several processes at once, and taken in the order in which they were given."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from typing import TYPE_CHECKING

from inkling.errors import MissingError

if TYPE_CHECKING:
    from inkling.elements import Page, PageReadings, Unopened

    Pages = Sequence[Page | Unopened]
    Reader = Callable[[Pages], Sequence[PageReadings]]

_WAITING = 2
"""Batches for each process: one that it reads, and one that it need not wait for."""

_reader: Reader
"""Of a process that reads."""


def read_in_order(
    reader: Reader, batches: Iterable[Pages], workers: int
) -> Generator[tuple[Pages, Sequence[PageReadings]]]:
    """Read batches, and give each with what was read of it.

    Args:
        reader: Reads a batch; of several processes each gets a copy of it.
        batches: Taken a few ahead of those that are given, if there are several processes.
        workers: Processes that read; 1 is this one.

    Raises:
        MissingError: One of the processes has ended, as when the memory did not suffice.
    """
    if workers == 1:
        for pages in batches:
            yield pages, reader(pages)
        return
    waiting: deque[tuple[Pages, Future[Sequence[PageReadings]]]] = deque()
    with ExitStack() as stack:
        # A copy of this process would believe in threads that it does not have: it begins anew.
        context = multiprocessing.get_context("spawn")
        pool = ProcessPoolExecutor(workers, context, initializer=_begin, initargs=(reader, workers))
        stack.callback(pool.shutdown, cancel_futures=True)
        try:
            for pages in batches:
                kept = list(pages)
                waiting.append((kept, pool.submit(_read, kept)))
                if len(waiting) == _WAITING * workers:
                    done, future = waiting.popleft()
                    yield done, future.result()
            for done, future in waiting:
                yield done, future.result()
        except BrokenProcessPool:
            raise MissingError(
                "A process that reads has ended before it was done.",
                remedy="Each needs half a gigabyte of memory: go on with fewer --workers.",
            ) from None


def _begin(reader: Reader, workers: int) -> None:
    """Be one of several that share the cores; Ctrl-C is for the process that they read for."""
    global _reader
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    import cv2
    import torch

    threads = max(1, (os.cpu_count() or 1) // workers)
    torch.set_num_threads(threads)
    cv2.setNumThreads(threads)
    _reader = reader
    gc.freeze()  # what PyTorch is made of stays: nothing of it is garbage to look for


def _read(pages: Pages) -> Sequence[PageReadings]:
    return _reader(pages)
