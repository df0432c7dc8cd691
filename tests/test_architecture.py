"""The rooms import only leftwards; files stay small; nothing in the package runs what it reads."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "src" / "inkling"
FILES = sorted(PACKAGE.rglob("*.py"))

ORDER = (
    "errors, elements | documents | preprocessing | transforms | datasets | networks | training | "
    "evaluation | layout | recognition | export | review | batch | serving | cli"
)
RANK = {
    room.strip(): rank for rank, rooms in enumerate(ORDER.split("|")) for room in rooms.strip().split(",")
}
# The package's own __init__ imports the rooms, so only the command line may import it back.
RANK["inkling"] = RANK["cli"]

MOST_LINES = 400
NO_NAMES = {"utils", "util", "common", "helpers", "helper", "lib", "misc"}


def room_of(path: Path) -> str:
    """`training` for `training/loop.py`, `errors` for `errors.py`, `inkling` for `__init__.py`."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return "inkling" if parts[0] in ("__init__", "__main__") else parts[0]


def imported_modules(tree: ast.AST, package: str) -> Iterator[tuple[int, str]]:
    """Line and full name of everything imported from `inkling`, inside functions too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                module = ".".join([*above, module]).rstrip(".")
            yield from ((node.lineno, f"{module}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and "import" in ast.unparse(node.func) and node.args:
            # importlib.import_module("...") and __import__("...") draw arrows as well.
            yield node.lineno, str(getattr(node.args[0], "value", ""))


def arrows_right(source: str, path: Path) -> list[str]:
    """Every import of a room to the right, as `file:line: from -> to`."""
    here = room_of(path)
    package = ".".join(["inkling", *path.relative_to(PACKAGE).parent.parts])
    found = []
    for line, name in imported_modules(ast.parse(source), package):
        parts = name.split(".")
        if parts[0] != "inkling" or path == PACKAGE / "__init__.py":
            continue
        there = parts[1] if len(parts) > 1 and parts[1] in RANK else "inkling"
        if there != here and RANK[there] > RANK[here]:
            found.append(f"{path.relative_to(PACKAGE.parent)}:{line}: {here} -> {there}")
    return found


@pytest.mark.parametrize(
    ("room", "source", "arrows"),
    [
        ("training/loop.py", "import torch\nfrom inkling.networks.build import NETWORKS", []),
        ("training/loop.py", "from inkling.training.run import run", []),
        ("training/loop.py", "from inkling.evaluation import scores", ["1: training -> evaluation"]),
        ("training/loop.py", "from inkling import serving", ["1: training -> serving"]),
        ("training/loop.py", "import inkling.cli.app as app", ["1: training -> cli"]),
        ("training/loop.py", "def f():\n    from inkling.review import store", ["2: training -> review"]),
        ("training/loop.py", "from ..batch import local", ["1: training -> batch"]),
        ("training/loop.py", "from .run import run", []),
        ("training/loop.py", "importlib.import_module('inkling.cli')", ["1: training -> cli"]),
        ("training/loop.py", "from inkling import __version__", ["1: training -> inkling"]),
        ("errors.py", "from inkling.elements import Status", []),
        ("errors.py", "from inkling.documents import picture", ["1: errors -> documents"]),
        ("cli/app.py", "from inkling import __version__", []),
        ("__init__.py", "from inkling.cli.app import main", []),
    ],
)
def test_the_search_for_arrows_finds_each_kind_of_import(room: str, source: str, arrows: list[str]) -> None:
    assert [arrow.split(":", 1)[1] for arrow in arrows_right(source, PACKAGE / room)] == arrows


def test_every_room_stands_in_the_order() -> None:
    assert {room_of(path) for path in FILES} <= set(RANK)


def test_no_arrow_points_right() -> None:
    arrows = [arrow for path in FILES for arrow in arrows_right(path.read_text(encoding="utf-8"), path)]
    assert not arrows, "imports that point right:\n" + "\n".join(arrows)


def test_no_file_is_longer_than_400_lines() -> None:
    lengths = {str(p.relative_to(PACKAGE)): len(p.read_text(encoding="utf-8").splitlines()) for p in FILES}
    assert {name: length for name, length in lengths.items() if length > MOST_LINES} == {}


def test_no_module_is_a_drawer_for_odds_and_ends() -> None:
    names = [part for path in FILES for part in path.relative_to(PACKAGE).with_suffix("").parts]
    assert [name for name in names if name.strip("_") in NO_NAMES] == []


def dangers(source: str) -> list[str]:
    """Every way in which the source would run what it reads, as `line: what`."""
    found = []
    for node in ast.walk(ast.parse(source)):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            names = [called] if called in ("eval", "exec", "torch.load", "builtins.eval") else []
            names += ["allow_pickle" for keyword in node.keywords if keyword.arg == "allow_pickle"]
        bad = ("pickle", "cPickle", "dill", "joblib", "torch.load", "eval", "exec", "allow_pickle")
        found += [f"{node.lineno}: {name}" for name in names if name in bad]  # type: ignore[attr-defined]
    return found


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import pickle", ["1: pickle"]),
        ("def f():\n    from pickle import loads", ["2: pickle"]),
        ("torch.load(path, weights_only=True)", ["1: torch.load"]),
        ("from torch import load", ["1: torch.load"]),
        ("eval('1')", ["1: eval"]),
        ("exec(text)", ["1: exec"]),
        ("np.load(path, allow_pickle=True)", ["1: allow_pickle"]),
        ("network.eval()", []),
        ("safetensors.torch.load(data)", []),
    ],
)
def test_the_search_for_dangers_finds_each(source: str, found: list[str]) -> None:
    assert dangers(source) == found


def test_nothing_that_is_read_is_run() -> None:
    found = [
        f"{path.relative_to(PACKAGE)}:{danger}"
        for path in FILES
        for danger in dangers(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_every_folder_says_what_happens_in_it() -> None:
    folders = {path.parent for path in FILES}
    silent = []
    for folder in sorted(folders):
        init = folder / "__init__.py"
        if not init.exists() or not ast.get_docstring(ast.parse(init.read_text(encoding="utf-8"))):
            silent.append(str(folder.relative_to(PACKAGE.parent)))
    assert silent == []
