"""What `import inkling` offers: complete, sorted, documented, quick to import, and its examples run."""

from __future__ import annotations

import ast
import dataclasses
import doctest
import importlib
import inspect
import subprocess
import sys
from pathlib import Path
from typing import get_type_hints

import pytest

import inkling

CALLABLE = [name for name in inkling.__all__ if callable(getattr(inkling, name))]
FUNCTIONS = [name for name in CALLABLE if inspect.isfunction(getattr(inkling, name))]


def names_for_type_checkers() -> dict[str, str]:
    """The names under `if TYPE_CHECKING:`, each with the module it is taken from."""
    tree = ast.parse(Path(inkling.__file__).read_text(encoding="utf-8"))
    (block,) = [
        node
        for node in tree.body
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING"
    ]
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    return {alias.name: f"{node.module}" for node in imports for alias in node.names}


def test_all_is_sorted_constants_then_classes_then_functions() -> None:
    def place(name: str) -> tuple[int, str]:
        return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)

    assert inkling.__all__ == sorted(inkling.__all__, key=place)
    assert len(set(inkling.__all__)) == len(inkling.__all__)


def test_what_type_checkers_see_is_what_there_is() -> None:
    seen = names_for_type_checkers()
    assert set(seen) == set(inkling.__all__)
    assert {name: f"inkling.{room}" for name, room in inkling._ROOM_OF.items()} == seen
    assert set(inkling.__all__) <= set(dir(inkling))


@pytest.mark.parametrize("name", inkling.__all__)
def test_every_name_is_the_one_of_its_module(name: str) -> None:
    module = importlib.import_module(names_for_type_checkers()[name])
    assert getattr(inkling, name) is getattr(module, name)


@pytest.mark.parametrize("name", CALLABLE)
def test_every_name_says_what_it_is(name: str) -> None:
    assert (inspect.getdoc(getattr(inkling, name)) or "").split("\n")[0].endswith(".")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_parameter_has_a_type_and_a_text(name: str) -> None:
    function = inspect.unwrap(getattr(inkling, name))
    text = inspect.getdoc(function) or ""
    annotations = function.__annotations__
    assert "return" in annotations
    for parameter in inspect.signature(function).parameters:
        assert parameter in annotations, parameter
    if len(inspect.signature(function).parameters) > 2:
        assert "Args:" in text


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_argument_that_is_documented_exists(name: str) -> None:
    function = inspect.unwrap(getattr(inkling, name))
    text = inspect.getdoc(function) or ""
    if "Args:\n" not in text:
        return
    section = text.split("Args:\n")[1].split("\n\n")[0]
    documented = [
        line.strip().split(":")[0] for line in section.splitlines() if line[:4] == " " * 4 and line[4] != " "
    ]
    known = list(inspect.signature(function).parameters)
    assert documented == [parameter for parameter in known if parameter in documented]
    assert documented == known, "each is documented, in the order of the signature"


RECORDS = [name for name in CALLABLE if dataclasses.is_dataclass(getattr(inkling, name))]


@pytest.mark.parametrize("name", RECORDS)
def test_every_record_is_frozen_and_its_fields_have_types(name: str) -> None:
    record = getattr(inkling, name)
    assert record.__dataclass_params__.frozen
    if name not in ("Step",):  # some of its types are imported for type checkers alone
        assert {field.name for field in dataclasses.fields(record)} <= set(get_type_hints(record))


MODULES = sorted(set(names_for_type_checkers().values()))


@pytest.mark.parametrize("module", MODULES)
def test_the_examples_in_the_docstrings_run(module: str) -> None:
    result = doctest.testmod(importlib.import_module(module), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.failed == 0


def test_some_docstrings_have_examples() -> None:
    finder = doctest.DocTestFinder()
    found = [test for module in MODULES for test in finder.find(importlib.import_module(module))]
    assert sum(bool(test.examples) for test in found) >= 2


def test_importing_inkling_does_not_import_pytorch() -> None:
    program = (
        "import sys, inkling\n"
        "assert not {'torch', 'cv2', 'numpy', 'matplotlib'} & set(sys.modules), 'early'\n"
        "inkling.InklingError\n"
        "assert 'torch' not in sys.modules, 'with the errors'\n"
        "inkling.fit\n"
        "assert 'torch' in sys.modules, 'when it is wanted'\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'inkling' has no attribute 'clasify'"):
        inkling.clasify  # noqa: B018
    assert not hasattr(inkling, "os")
    with pytest.raises(ImportError):
        exec("from inkling import clasify")
