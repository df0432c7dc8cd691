"""The tree of errors is the one that is drawn at the top of its file."""

from __future__ import annotations

import inspect
import re
from typing import NamedTuple

import pytest

from inkling import errors
from inkling.errors import InklingError, MissingExtraError, UnknownNameError


class Drawn(NamedTuple):
    """One line of the drawing."""

    name: str
    parent: str | None
    exit_code: int | None
    meaning: str


def drawing() -> list[Drawn]:
    """The lines of the tree in the module's docstring, each with the class it hangs under."""
    lines = []
    above: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r"    ([│├└─ ]*)(\w+Error)(?:\s+(\d)\s+(.+)|\s+exit code\s+remedy)$", line)
        if not found:
            continue
        depth = len(found[1]) // 4
        del above[depth:]
        code = int(found[3]) if found[3] else None
        lines.append(Drawn(found[2], above[-1] if above else None, code, found[4] or ""))
        above.append(found[2])
    return lines


def classes() -> dict[str, type[InklingError]]:
    return {
        name: kind
        for name, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, InklingError)
    }


def test_every_class_is_drawn_and_every_drawn_class_is_there() -> None:
    names = [line.name for line in drawing()]
    assert len(names) == len(set(names))
    assert set(names) == set(classes())


@pytest.mark.parametrize("line", drawing(), ids=lambda line: line.name)
def test_a_class_hangs_where_it_is_drawn_with_its_exit_code_and_meaning(line: Drawn) -> None:
    kind = classes()[line.name]
    assert kind.__bases__[0].__name__ == (line.parent or "Exception")
    assert kind.exit_code == (1 if line.exit_code is None else line.exit_code)
    assert kind.__doc__
    assert line.meaning or line.parent is None


@pytest.mark.parametrize(
    ("message", "remedy", "text"),
    [
        ("It is broken.", "Mend it.", "It is broken. Mend it."),
        ("It is broken.", "", "It is broken."),
    ],
)
def test_the_text_is_the_message_and_then_the_remedy(message: str, remedy: str, text: str) -> None:
    error = InklingError(message, remedy=remedy)
    assert (str(error), error.message, error.remedy) == (text, message, remedy)


@pytest.mark.parametrize(
    ("name", "known", "message", "remedy"),
    [
        (
            "adm",
            ["sgd", "adam", "muon"],
            "There is no optimizer 'adm'.",
            "Did you mean 'adam'? Known: adam, muon, sgd.",
        ),
        ("zzz", ["sgd", "adam"], "There is no optimizer 'zzz'.", "Known: adam, sgd."),
        ("adam", [], "There is no optimizer 'adam'.", "Known: ."),
        ("", ["sgd"], "There is no optimizer ''.", "Known: sgd."),
    ],
)
def test_an_unknown_name_suggests_the_nearest(name: str, known: list[str], message: str, remedy: str) -> None:
    error = UnknownNameError("optimizer", name, iter(known))
    assert (error.message, error.remedy) == (message, remedy)


def test_a_missing_package_names_the_extra_that_brings_it() -> None:
    error = MissingExtraError("onnx", "onnx", "Export")
    assert "Export needs the package 'onnx'" in error.message
    assert "pip install 'inkling[onnx]'" in error.remedy
