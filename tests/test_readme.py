"""What the documents say can be done: commands that exist, links that lead somewhere, Python that runs."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from inkling.datasets.sources import SOURCES

ROOT = Path(__file__).parents[1]
DOCUMENTS = [
    path
    for path in [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
    if path.exists()
]
NAMES = [str(path.relative_to(ROOT)) for path in DOCUMENTS]
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(name: str, *languages: str) -> list[str]:
    text = (ROOT / name).read_text(encoding="utf-8")
    return [content for language, content in _BLOCK.findall(text) if language in languages]


def lines_of_shell(name: str) -> list[list[str]]:
    """The command lines of a document, as words; what follows a # is a remark."""
    found = []
    for block in blocks(name, "console", "bash", "sh", "shell"):
        for line in block.replace("\\\n", " ").splitlines():
            if line.startswith("$ "):
                words = shlex.split(line[2:], comments=True)
                found += [words] if words else []
    return found


def commands(name: str) -> list[list[str]]:
    """The words after `inkling`, up to what belongs to the shell."""
    found = []
    for words in lines_of_shell(name):
        if words[0] == "inkling":
            end = next((place for place, word in enumerate(words) if word in ("<", ">", "|", "&&")), None)
            found.append(words[1:end])
    return found


COMMANDS = [(name, words) for name in NAMES for words in commands(name)]


def parse(words: list[str]) -> None:
    """Take a command line as `inkling` does, and run nothing. A word it does not know raises."""
    from inkling.cli.app import app

    command: Any = typer.main.get_command(app)
    while (parts := getattr(command, "commands", None)) is not None:
        if not words or words[0] == "--help":
            return
        assert words[0] in parts, f"there is no command '{words[0]}'"
        command, words = parts[words[0]], words[1:]
    if "--help" not in words:
        command.make_context("inkling", list(words))


@pytest.mark.parametrize(("name", "words"), COMMANDS, ids=[" ".join(words) for _, words in COMMANDS])
def test_every_command_line_is_one_that_inkling_takes(name: str, words: list[str]) -> None:
    parse(words)


def test_a_command_line_that_inkling_does_not_take_would_be_found() -> None:
    for words in (["train", "--absent"], ["absent"], ["data", "absent"]):
        with pytest.raises(Exception, match=r"absent"):
            parse(words)
    assert [words for name, words in COMMANDS if name == "README.md"]


def test_every_setting_in_a_command_line_is_one_that_recipes_have() -> None:
    from inkling.training.recipes import RECIPES, override, recipe_named

    for name, words in COMMANDS:
        if words[:1] == ["train"]:
            changes = [word for word in words if re.fullmatch(r"[a-z_.]+=\S+", word)]
            named = [word for word in words[1:2] if word[0] != "-" and "=" not in word]
            assert set(named) <= set(RECIPES), (name, words)
            override(recipe_named(named[0] if named else "quick"), changes)


@pytest.mark.parametrize("name", NAMES)
def test_every_make_target_exists(name: str) -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", text, re.MULTILINE))
    named = {words[1] for words in lines_of_shell(name) if words[0] == "make" and len(words) > 1}
    named |= set(re.findall(r"`make ([a-z-]+)`", (ROOT / name).read_text(encoding="utf-8")))
    assert named <= targets
    assert name != "README.md" or {"demo", "test"} <= named


@pytest.mark.parametrize("name", NAMES)
def test_every_relative_link_leads_to_a_file(name: str) -> None:
    text = _BLOCK.sub("", (ROOT / name).read_text(encoding="utf-8"))
    links = re.findall(r"\]\((?!https?:|mailto:|#)([^)\s]+)\)", text)
    broken = [link for link in links if not ((ROOT / name).parent / link.split("#")[0]).exists()]
    assert broken == []


PYTHON = [(name, place, code) for name in NAMES for place, code in enumerate(blocks(name, "python"))]


@pytest.mark.parametrize(
    ("name", "place", "code"), PYTHON, ids=[f"{name}-{place}" for name, place, _ in PYTHON]
)
def test_every_python_block_runs(
    name: str, place: int, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    exec(compile(code, f"{name}, block {place}", "exec"), {"__name__": "__main__"})


@pytest.mark.parametrize("name", NAMES)
def test_other_python_compiles_and_every_block_is_closed(name: str) -> None:
    for code in blocks(name, "py", "pycon"):
        compile(code, name, "exec")
    assert (ROOT / name).read_text(encoding="utf-8").count("\n```") % 2 == 0


def test_every_named_set_is_in_the_table_of_the_data_page() -> None:
    page = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")
    assert [name for name in SOURCES if f"| `{name}` |" not in page] == []
