from __future__ import annotations

import contextlib
import gc
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from read_pages import ALPHABET, example, page_of, picture_of

from inkling.errors import StorageError, UsageError
from inkling.export.alto import Alto
from inkling.export.choose import SUFFIXES, writer_for
from inkling.export.crops import Crops
from inkling.export.lines import Csv, JsonLines
from inkling.export.table_csv import TableCsv
from inkling.export.writing import Writer, exclusive

WHOLE = [suffix for suffix in SUFFIXES if suffix not in (".jsonl", ".csv")]


def writer(path: Path) -> Writer:
    return writer_for(path, alphabet=ALPHABET)


@contextlib.contextmanager
def disk_of(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond a number of bytes, as if the disk were full then."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)


def write_pages(output: Writer) -> None:
    for number in range(1, 9):
        output.write(None, page_of(*example().readings, number=number))


def write_and_stop(output: Writer) -> None:
    with output:
        output.write(picture_of(example()), example())
        raise KeyboardInterrupt


def listing(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_two_writers_of_one_output_do_not_mix(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"out{suffix}"
    with writer(path) as first:
        first.write(picture_of(example()), example())
        second = writer(path)
        with pytest.raises(UsageError, match="is being written by another process"), second:
            pass
    assert path.stat().st_size > 0
    assert listing(tmp_path) == [path.name]
    with writer(path):  # free again
        pass


def test_folders_are_kept_for_one_process_as_well(tmp_path: Path) -> None:
    for make in (lambda: Crops(tmp_path / "out"), lambda: TableCsv(tmp_path / "out")):
        second = make()
        with Alto(tmp_path / "out", ALPHABET), pytest.raises(UsageError), second:
            pass


HOLD = """
import sys, time
from pathlib import Path
from inkling.export.writing import exclusive
with exclusive(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


def test_another_process_is_kept_out_until_it_ends_even_if_it_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(UsageError, match="another process"), exclusive(path):
            pass
        holder.kill()
        holder.wait()
    assert listing(tmp_path) == [".out.csv.lock"]
    with writer(path) as csv:
        csv.write(None, example())
    assert listing(tmp_path) == ["out.csv"]


@pytest.mark.parametrize("make", [JsonLines, Csv])
def test_when_the_disk_is_full_the_complete_pages_stand(make: type, tmp_path: Path) -> None:
    arguments = (ALPHABET,) if make is JsonLines else ()
    with make(tmp_path / "whole", *arguments) as output:
        output.write(None, example())
    expected = (tmp_path / "whole").read_bytes()
    path = tmp_path / "out"
    with (
        disk_of(len(expected) + 700),
        pytest.raises(StorageError, match=r"out could not be written: File too large\."),
        make(path, *arguments) as output,
    ):
        write_pages(output)
    assert path.read_bytes() == expected


@pytest.mark.parametrize("suffix", WHOLE)
def test_when_the_disk_is_full_the_older_file_stands(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"out{suffix}"
    path.write_bytes(b"older")
    with (
        disk_of(100),
        pytest.raises(StorageError, match="could not be written"),
        writer(path) as output,
    ):
        output.write(picture_of(example()), example())
    assert path.read_bytes() == b"older"
    assert listing(tmp_path) == [path.name]


@pytest.mark.parametrize("size", [0, 20_000, 40_000, 46_000])
def test_a_workbook_fails_whole_wherever_the_disk_fills(size: int, tmp_path: Path) -> None:
    with (
        disk_of(size),
        pytest.raises(StorageError, match="could not be written: File too large"),
        writer(tmp_path / "out.xlsx") as output,
    ):
        write_pages(output)
    gc.collect()  # what is left behind would complain now
    assert listing(tmp_path) == []


@pytest.mark.parametrize("suffix", [s for s in WHOLE if s not in (".png", ".xml", "")])
def test_a_run_that_is_broken_off_leaves_no_half_file(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"out{suffix}"
    with pytest.raises(KeyboardInterrupt):
        write_and_stop(writer(path))
    assert listing(tmp_path) == []


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_goes_wrong_elsewhere_is_not_laid_to_the_output(suffix: str, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="another"), writer(tmp_path / f"out{suffix}"):
        raise FileNotFoundError("another file")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StorageError, match="Permission denied"), writer(tmp_path / "out.csv"):
        pass


def test_a_folder_in_the_place_of_the_output_is_told(tmp_path: Path) -> None:
    (tmp_path / "out.csv").mkdir()
    with pytest.raises(StorageError, match=r"out\.csv could not be written"), writer(tmp_path / "out.csv"):
        pass
