from __future__ import annotations

import gzip
import io
import struct
import tracemalloc

import hypothesis.extra.numpy as hnp
import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given
from idx_files import idx_bytes

from inkling.datasets.idx import as_array, read_contents, read_idx
from inkling.errors import DatasetError

PICTURES = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)
GOOD = idx_bytes(PICTURES)
HEADER = GOOD[:16]


@given(
    hnp.arrays(st.sampled_from([np.uint8, np.int32]), hnp.array_shapes(min_dims=1, max_dims=4, max_side=5)),
    st.booleans(),
)
def test_what_is_written_is_read(tmp_path_factory, array, packed):
    path = tmp_path_factory.mktemp("idx") / "file"
    path.write_bytes(gzip.compress(idx_bytes(array)) if packed else idx_bytes(array))
    read = read_idx(path)
    assert read.dtype == array.dtype
    assert np.array_equal(read, array)


def test_gzip_is_recognised_by_content_and_not_by_name(tmp_path):
    plain, packed = tmp_path / "plain.gz", tmp_path / "packed"
    plain.write_bytes(GOOD)
    packed.write_bytes(gzip.compress(GOOD))
    assert np.array_equal(read_idx(plain), read_idx(packed))


def test_gzip_files_laid_end_to_end_and_padded_are_one_file(tmp_path):
    path = tmp_path / "joined.gz"
    path.write_bytes(gzip.compress(GOOD[:20]) + gzip.compress(GOOD[20:]) + bytes(100))
    assert np.array_equal(read_idx(path), PICTURES)


def test_pictures_can_be_given_to_torch_without_a_copy(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(GOOD)
    torch.from_numpy(read_idx(path))  # would warn of an array that cannot be written to


def bomb() -> bytes:
    """Three megabytes of zeros where two dozen bytes are promised; a real one would have gigabytes."""
    return gzip.compress(HEADER + bytes(3 << 20))


def with_wrong_sum() -> bytes:
    packed = bytearray(gzip.compress(GOOD))
    packed[-8] ^= 0xFF
    return bytes(packed)


BROKEN = {
    "empty": (b"", "it is empty"),
    "two bytes": (b"\0\0", "not an IDX file"),
    "wrong magic": (b"\1\0" + GOOD[2:], "begins with 01 00 08 03"),
    "web page": (b"\n<!DOCTYPE html><html>", "a web page"),
    "zip": (b"PK\x03\x04" + bytes(60), "a zip archive"),
    "bzip2": (b"BZh91AY&SY" + bytes(60), "a bzip2 file"),
    "unknown type": (b"\0\0\x0a\x01" + bytes(8), r"unknown type \(0x0A\)"),
    "floats": (idx_bytes(np.zeros(3, np.float32)), "float32 .0x0D"),
    "no dimension": (b"\0\0\x08\0\1", "0 dimensions"),
    "many dimensions": (b"\0\0\x08\xff" + b"\0\0\0\1" * 255 + b"\0", "255 dimensions"),
    "ends in the header": (HEADER[:9], "within its header"),
    "holds nothing": (b"\0\0\x08\x02" + struct.pack(">2I", 0, 28), "holds nothing"),
    "no data": (HEADER, "ends after 16 of the 40 bytes"),
    "truncated": (GOOD[:-1], "ends after 39 of the 40 bytes"),
    "trailing": (GOOD + b"x", "goes on after the 40 bytes"),
    "promises gigabytes": (b"\0\0\x08\x03" + b"\xff" * 12, "more than the 2 GiB"),
    "truncated in gzip": (gzip.compress(GOOD[:-1]), "ends after 39 of the 40"),
    "trailing in gzip": (gzip.compress(GOOD + b"x"), "goes on after"),
    "trailing behind gzip": (gzip.compress(GOOD) + b"more", "gzip data is not valid"),
    "cut gzip": (gzip.compress(GOOD)[:-4], "has no end"),
    "only the start of gzip": (gzip.compress(GOOD)[:12], "has no end"),
    "damaged gzip": (with_wrong_sum(), "gzip data is not valid"),
    "gzip of nothing": (gzip.compress(b""), "it is empty"),
    "bomb": (bomb(), "goes on after the 40 bytes"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_file_is_refused_with_its_name_and_what_is_wrong(tmp_path, kind):
    content, said = BROKEN[kind]
    path = tmp_path / "broken-idx3-ubyte"
    path.write_bytes(content)
    with pytest.raises(DatasetError, match=said) as caught:
        read_idx(path)
    assert caught.value.message.startswith(str(path))


@given(st.binary(max_size=64), st.integers(0, len(GOOD)), st.booleans())
def test_no_bytes_do_more_harm_than_a_data_set_error(tmp_path_factory, noise, place, packed):
    content = GOOD[:place] + noise
    path = tmp_path_factory.mktemp("idx") / "file"
    path.write_bytes(gzip.compress(content) if packed else content)
    try:
        array = read_idx(path)
    except DatasetError:
        return
    assert idx_bytes(array) == content


def test_of_a_bomb_a_few_megabytes_are_unpacked_and_no_more():
    stream = io.BytesIO(gzip.compress(HEADER + bytes(50 << 20)))
    tracemalloc.start()
    with pytest.raises(DatasetError, match="goes on after"):
        read_contents(stream, name="bomb")
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 8 << 20


def test_a_missing_file_and_a_folder_are_data_set_errors(tmp_path):
    for path in (tmp_path / "absent", tmp_path):
        with pytest.raises(DatasetError, match="cannot be read"):
            read_idx(path)


def test_contents_are_the_bytes_within_the_gzip(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(gzip.compress(GOOD))
    with path.open("rb") as stream:
        contents = read_contents(stream, name="file")
    assert bytes(contents) == GOOD
    assert np.array_equal(as_array(contents, name="file"), PICTURES)
