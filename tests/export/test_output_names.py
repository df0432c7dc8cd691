from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from read_pages import ALPHABET, example, page_of, picture_of

from inkling.errors import UsageError
from inkling.export.alto import Alto
from inkling.export.annotated import Annotated
from inkling.export.choose import SUFFIXES, suffix_of, writer_for
from inkling.export.crops import Crops
from inkling.export.excel import Excel
from inkling.export.lines import Csv, JsonLines
from inkling.export.names import PageFiles, Stems, safe_name
from inkling.export.parquet import Parquet
from inkling.export.searchable import SearchablePdf
from inkling.export.table_csv import TableCsv

ANY = st.text(st.characters(exclude_categories=()), max_size=120)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("form", "form"),
        ("étage 1", "étage_1"),
        ("../../etc/passwd", "etc_passwd"),
        ("C:\\Windows", "C_Windows"),
        (".hidden", "hidden"),
        ("-rf", "rf"),
        ("con", "_con"),
        ("NUL.txt", "_NUL.txt"),
        ("a\x00b\nc", "a_b_c"),
        ("..", ""),
        ("7" * 300, "7" * 60),
    ],
)
def test_names_of_strangers_are_made_safe(text: str, name: str) -> None:
    assert safe_name(text) == name


@given(ANY)
def test_no_name_leads_out_of_its_folder(text: str) -> None:
    path = Path("out") / f"{Stems().of(text)}-p1.png"
    assert path.parent == Path("out")
    assert len(path.name.encode()) <= 255
    assert not set('/\\:*?"<>|\x00\n') & set(path.name)


@given(st.lists(ANY, unique=True, max_size=20))
def test_no_two_documents_have_one_stem_and_each_keeps_its_own(sources: list[str]) -> None:
    stems = Stems(sources)
    given_ = [stems.of(source) for source in reversed(sources)]
    assert len({stem.casefold() for stem in given_}) == len(sources)
    assert [Stems(sources).of(source) for source in reversed(sources)] == given_


def test_documents_of_one_name_are_numbered() -> None:
    stems = Stems()
    sources = ["a/form.pdf", "b/form.pdf", "c/FORM.png", "d/form-2.png", "-", "", "/"]
    assert [stems.of(source) for source in sources] == [
        "form", "form-2", "FORM-3", "form-2-2", "stdin", "page", "page-2"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "document"),
    [
        ("scan.png", "scan-2.png"),
        ("SCAN.PNG", "SCAN-2.PNG"),
        (".", "sheet-p7.png"),
        ("sub", "sub/sheet-p7.png"),
    ],
)
def test_no_page_is_drawn_over_a_document(
    path: str, document: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(document).parent.mkdir(exist_ok=True)
    Path(document).write_bytes(b"a page")
    for sources in ([document], [str(tmp_path / document)]):
        files = PageFiles(Path(path), ".png", Stems(sources))
        files.next(page_of(number=4))
        with pytest.raises(UsageError, match="is to be read; writing it would destroy it"):
            files.next(page_of(number=7))
    others = PageFiles(Path(path), ".png", Stems([f"elsewhere/{Path(document).name}"]))
    assert [others.next(page_of(number=n)).exists() for n in (4, 7)] == [False, True]


def test_no_reading_is_cut_out_over_a_document(tmp_path: Path) -> None:
    with Crops(tmp_path / "cut") as crops:
        crops.write(picture_of(example()), example())
    files = sorted((tmp_path / "cut").iterdir())
    again = Crops(tmp_path / "cut", Stems([example().source, str(files[0])]))
    with again, pytest.raises(UsageError, match="is to be read"):
        again.write(picture_of(example()), example())


def test_pages_that_go_into_one_name_are_numbered() -> None:
    files = PageFiles(Path("out.PNG"), ".png", Stems())
    assert [str(files.next(page_of(number=n))) for n in (4, 7)] == ["out.PNG", "out-2.PNG"]
    folder = PageFiles(Path("out"), ".png", Stems())
    assert folder.next(page_of(number=4)) == Path("out/sheet-p4.png")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.jsonl", JsonLines),
        ("a.CSV", Csv),
        ("a.parquet", Parquet),
        ("a.xlsx", Excel),
        ("a.xml", Alto),
        ("a.pdf", SearchablePdf),
        ("a.annotated.pdf", Annotated),
        ("a.b.png", Annotated),
        ("a", TableCsv),
    ],
)
def test_the_suffix_chooses_the_writer(name: str, kind: type) -> None:
    assert type(writer_for(Path(name), alphabet=ALPHABET)) is kind


@pytest.mark.parametrize("name", ["a.txt", ".csv", "a.csv.gz", "a.annotated"])
def test_an_unknown_suffix_is_told_with_the_known_ones(name: str) -> None:
    with pytest.raises(UsageError) as told:
        suffix_of(Path(name))
    assert all(suffix in str(told.value) for suffix in SUFFIXES if suffix)


def test_only_lines_can_be_gone_on_with() -> None:
    for suffix in SUFFIXES:
        path = Path(f"out{suffix}")
        if suffix in (".jsonl", ".csv"):
            writer_for(path, alphabet=ALPHABET, resume=True)
        else:
            with pytest.raises(UsageError, match="cannot be gone on with"):
                writer_for(path, alphabet=ALPHABET, resume=True)


def test_crops_of_fields_that_look_alike_do_not_meet() -> None:
    from read_pages import cell, reading

    from inkling.elements import Box

    place = Box(0, 0, 9, 9)
    page = page_of(
        reading("1", place, name="a/b"), reading("2", place, name="A b"), reading("3", place), cell(0, 1, "4")
    )
    assert Crops(Path("crops")).names(page) == [
        "sheet-p1-a_b.png", "sheet-p1-A_b-2.png", "sheet-p1-3.png", "sheet-p1-t0-r0-c1.png"
    ]  # fmt: skip
