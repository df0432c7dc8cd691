"""`docs/commands.md` is the commands' own help; `python tests/cli/test_help.py` writes it anew."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

DOCUMENT = Path(__file__).parents[2] / "docs" / "commands.md"

_INTRODUCTION = """\
# Commands

Written by `python tests/cli/test_help.py` from what the commands say of themselves; a test compares
the two. `inkling COMMAND --help` shows the same in the terminal.

Exit codes: 0 done, 2 wrong use, 3 input that cannot be read, 4 part of the input failed (the rest was
done and written) or a training diverged, 5 something missing on this machine. A training that Ctrl-C
stopped ends with 130.
"""


def commands() -> Iterator[tuple[str, Any]]:
    """Every command that does something, with its whole name, in the order of `inkling --help`."""
    from inkling.cli.app import app

    def walk(name: str, command: Any) -> Iterator[tuple[str, Any]]:
        parts = getattr(command, "commands", None)
        if parts is None:
            yield name, command
        else:
            for part in parts.values():
                yield from walk(f"{name} {part.name}", part)

    return walk("inkling", typer.main.get_command(app))


def options(command: Any) -> list[Any]:
    return [p for p in command.params if p.param_type_name == "option" and not getattr(p, "hidden", False)]


def arguments(command: Any) -> list[Any]:
    return [p for p in command.params if p.param_type_name == "argument"]


def render(name: str, command: Any) -> str:
    """One command as a section of Markdown; only names, texts and defaults are taken from Typer."""
    usage = [name]
    for argument in arguments(command):
        word = argument.metavar + ("..." if argument.nargs == -1 else "")
        usage.append(word if argument.required else f"[{word}]")
    usage.append("[OPTION]...")
    prose, examples = _paragraphs(command)
    rows = [(argument.metavar, argument.help) for argument in arguments(command)]
    rows += [(_option(option), _with_default(option)) for option in options(command)]
    width = max(len(left) for left, _ in rows) + 4
    listed = [
        textwrap.fill(
            text,
            80,
            initial_indent=f"  {left:<{width - 2}}",
            subsequent_indent=" " * width,
            break_on_hyphens=False,
        )
        for left, text in rows
    ]
    body = "\n\n".join(textwrap.fill(paragraph, 100, break_on_hyphens=False) for paragraph in prose)
    block = "\n".join([" ".join(usage), "", *listed, "", *examples])
    return f"## {name}\n\n{body}\n\n```console\n{block}\n```\n"


def document() -> str:
    return "\n".join([_INTRODUCTION, *(render(name, command) for name, command in commands())])


def _option(option: Any) -> str:
    value = "" if getattr(option, "is_flag", False) else f" {option.opts[0].lstrip('-').upper()}"
    return f"{option.opts[0]}{value}"


def _with_default(option: Any) -> str:
    text = _plain(option.help)
    shown = not getattr(option, "is_flag", False) and option.default not in (None, "")
    return f"{text} (default: {getattr(option.default, 'value', option.default)})" if shown else text


def _paragraphs(command: Any) -> tuple[list[str], list[str]]:
    """The prose of the help, and its examples, wherever they stand."""
    prose, examples = [], []
    for paragraph in f"{command.help}\n\n{command.epilog or ''}".split("\n\n"):
        text = " ".join(_plain(paragraph).split())
        place = text.find("inkling ")
        if text.startswith(("Example:", "Examples:", "inkling ")) and place >= 0:
            examples.append(f"$ {text[place:]}")
        elif text and text != "Examples:":
            prose.append(text)
    return prose, examples


def _plain(text: str) -> str:
    return re.sub(r"\[/?bold\]", "", text)


def test_the_document_is_what_the_commands_say() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == document(), "python tests/cli/test_help.py writes it"


@pytest.mark.parametrize(("name", "command"), list(commands()), ids=[name for name, _ in commands()])
def test_a_command_has_few_options_all_with_a_text_and_an_example(name: str, command: Any) -> None:
    assert len(options(command)) <= 8
    for parameter in command.params:
        assert parameter.help, parameter.name
        assert parameter.help.rstrip(")").endswith("."), f"{parameter.name}: {parameter.help}"
    _, examples = _paragraphs(command)
    assert examples
    assert all(example.startswith(f"$ {name}") for example in examples)
    assert "--json" in {word for option in options(command) for word in option.opts}


@pytest.mark.parametrize("name", [name for name, _ in commands()])
def test_help_in_the_terminal_shows_every_option_within_80_columns(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from inkling.cli.app import main

    command = dict(commands())[name]
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr(sys, "argv", [*name.split(), "--help"])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 0
    shown = capsys.readouterr().out
    assert all(len(line) <= 80 for line in shown.splitlines())
    words = " ".join(re.sub(r"[│╭╮╰╯─]", " ", shown).split())
    for option in options(command):
        assert option.opts[0] in words
        assert _plain(option.help).split()[0] in words
    for default in re.findall(r"\(default: [^)]+\)", " ".join(p.help for p in command.params)):
        assert default.split()[1].rstrip(")") in words, "Rich took it for a style"


def test_help_does_not_wait_for_pytorch() -> None:
    program = (
        "import sys; sys.argv = ['inkling', 'train', '--help']\n"
        "from inkling.cli.app import main\n"
        "try: main()\n"
        "except SystemExit as end: assert not end.code\n"
        "print('heavy:', sorted({'torch', 'cv2', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        encoding="utf-8",
        env=os.environ | {"PYTHONIOENCODING": "utf-8"},
    )
    assert done.stdout.splitlines()[-1] == "heavy: []"


if __name__ == "__main__":
    DOCUMENT.write_text(document(), encoding="utf-8")
