"""Batches read in several processes: all of them, in order; what goes wrong in one is told."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from command_line import Inkling

from inkling.cli.in_processes import read_in_order
from inkling.errors import MissingError, PictureError


def wait(pages: Any) -> Any:
    """The later a batch comes, the sooner it is done."""
    time.sleep(0.3 / (1 + pages[0]))
    return [os.getpid(), *pages]


def end(pages: Any) -> Any:
    if pages == [3]:
        os._exit(1)
    return pages


def refuse(pages: Any) -> Any:
    raise PictureError(f"Not {pages}.", remedy="Another one.")


@pytest.mark.parametrize("workers", [1, 2])
def test_batches_come_in_order_with_what_was_read_of_them(workers: int) -> None:
    given = [[place] for place in range(9)]
    done = list(read_in_order(wait, iter(given), workers))
    assert [pages for pages, _ in done] == given
    assert [read[1:] for _, read in done] == given
    own = os.getpid()
    assert (own in {read[0] for _, read in done}) == (workers == 1)


def test_few_batches_are_opened_ahead() -> None:
    taken = 0

    def batches() -> Iterator[Any]:
        nonlocal taken
        for place in range(20):
            taken += 1
            yield [place]

    given = read_in_order(wait, batches(), 2)
    for count, _ in enumerate(given, start=1):
        assert taken <= count + 3
        if count == 5:
            given.close()
    assert taken < 20


def test_a_process_that_ends_is_told_and_what_was_before_it_is_kept() -> None:
    done: list[Any] = []
    with pytest.raises(MissingError, match="has ended before it was done"):
        done.extend(pages for pages, _ in read_in_order(end, ([place] for place in range(12)), 2))
    assert done == [[place] for place in range(len(done))]
    assert len(done) <= 3


def test_an_error_of_the_reader_is_raised_as_it_is() -> None:
    with pytest.raises(PictureError, match=r"Not \[7\]") as raised:
        next(read_in_order(refuse, [[7]], 2))
    assert raised.value.remedy == "Another one."


@pytest.mark.parametrize("options", [["--as", "line"], []])
def test_several_processes_read_what_one_reads(options: list[str], tmp_path: Path, inkling: Inkling) -> None:
    for place in range(3):
        picture = np.full((60, 160), 235, np.uint8)
        for step in range(1 + place):
            cv2.line(picture, (40 + 30 * step, 12), (36 + 30 * step, 48), 30, 4, cv2.LINE_AA)
        cv2.imwrite(str(tmp_path / f"{place}.png"), picture)
    (tmp_path / "3.png").write_bytes(b"no picture")

    alone = inkling("read", str(tmp_path), "--json", *options)
    together = inkling("read", str(tmp_path), "--json", *options, "--workers", "2")
    assert together.code == alone.code == 4
    assert together.out == alone.out
    assert len(alone.out.splitlines()) >= 3
