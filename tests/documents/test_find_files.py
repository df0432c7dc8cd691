"""Words on a command line become files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from inkling.documents.files import SUFFIXES, find_files

TREE = (
    "a.pdf",
    "b.PNG",
    "c.txt",
    "d[1].png",
    ".hidden.png",
    ".git/e.png",
    "empty/notes.md",
    "more/f.jpeg",
    "more/g.tif",
    "more/deep/h.webp",
    "more/deep/.i.webp",
    "zebra.bmp",
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of files without contents, which is the working folder too."""
    for name in TREE:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


BELOW_MORE = ["more/f.jpeg", "more/g.tif", "more/deep/h.webp"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ([], []),
        (["a.pdf"], ["a.pdf"]),
        (["c.txt", "a.pdf"], ["c.txt", "a.pdf"]),
        ([".hidden.png"], [".hidden.png"]),
        (["-", "a.pdf", "-"], ["-", "a.pdf", "-"]),
        (["more"], BELOW_MORE),
        (["more/"], BELOW_MORE),
        (["."], [f"./{name}" for name in ["a.pdf", "b.PNG", "d[1].png", "zebra.bmp", *BELOW_MORE]]),
        (["*.pdf"], ["a.pdf"]),
        (["?.*"], ["a.pdf", "b.PNG", "c.txt"]),
        (["d[1].png"], ["d[1].png"]),
        (["[ab].*"], ["a.pdf", "b.PNG"]),
        (["mor*"], BELOW_MORE),
        (["**/*.webp"], ["more/deep/h.webp"]),
        (["more/**"], ["more/f.jpeg", "more/g.tif", "more/deep/h.webp"]),
        (["absent.png"], ["absent.png"]),
        (["*.absent"], ["*.absent"]),
        (["empty"], ["empty"]),
        ([""], [""]),
    ],
)
def test_words_mean_these_files(folder: Path, words: list[str], found: list[str]) -> None:
    assert list(find_files(words)) == found


def test_a_folder_named_minus_is_not_meant_by_minus(folder: Path) -> None:
    (folder / "-").mkdir()
    (folder / "-" / "a.png").touch()
    assert list(find_files(["-", "./-"])) == ["-", "./-/a.png"]


def test_a_loop_of_links_ends(folder: Path) -> None:
    (folder / "more" / "deep" / "up").symlink_to(folder, target_is_directory=True)
    assert list(find_files(["more"])) == BELOW_MORE


def test_a_folder_that_cannot_be_read_is_not_passed_over(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scandir = os.scandir

    def refusing(path: str) -> object:
        if str(path).endswith("deep"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    assert list(find_files(["more", "more/deep"])) == [
        "more/f.jpeg",
        "more/g.tif",
        "more/deep",
        "more/deep",
    ]


def test_files_come_before_all_of_them_are_found(folder: Path) -> None:
    files = find_files(["more", "zebra.bmp"])
    assert next(files) == "more/f.jpeg"
    (folder / "more" / "deep" / "later.png").touch()
    assert list(files)[1:] == ["more/deep/h.webp", "more/deep/later.png", "zebra.bmp"]


NAMES = st.text(alphabet="ab.", min_size=1, max_size=4).filter(lambda name: name.strip("."))
FILES = st.lists(st.tuples(st.lists(NAMES, max_size=2), NAMES, st.sampled_from([*SUFFIXES, ".txt", ""])))


def by_hand(root: Path) -> Sequence[str]:
    """What `find_files` finds, by listing everything and leaving out."""
    everything = [path for path in root.rglob("*") if path.is_file()]
    return sorted(
        str(path)
        for path in everything
        if path.suffix.lower() in SUFFIXES
        and not any(part.startswith(".") for part in path.relative_to(root).parts)
    )


@settings(max_examples=25)
@given(FILES)
def test_a_folder_gives_every_document_below_it_once(
    tmp_path_factory: pytest.TempPathFactory, files: list[tuple[list[str], str, str]]
) -> None:
    root = tmp_path_factory.mktemp("tree")
    for parents, stem, suffix in files:
        try:
            root.joinpath(*parents).mkdir(parents=True, exist_ok=True)
            root.joinpath(*parents, stem + suffix).touch()
        except OSError:
            continue  # a file stands where a folder should
    assert sorted(find_files([str(root)])) == (by_hand(root) or [str(root)])
