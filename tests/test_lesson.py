"""The lesson's notebook does what it says, afresh and offline, in a kernel of this interpreter."""

from __future__ import annotations

import copy
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

nbformat = pytest.importorskip("nbformat")
pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")
pytest.importorskip("mlxtend")

NOTEBOOK = Path(__file__).parents[1] / "notebooks" / "lesson.ipynb"

HEADINGS = {
    1: "probability",
    2: "loss",
    3: "chain rule",
    4: "Autograd",
    5: "network",
    6: "optimizer",
    7: "training pass",
    8: "loop",
    9: "not trained on",
    10: "document",
}
"""A word of each section's heading; section 10 only points onwards."""

OFFLINE = """
import socket

def _refuse(*anything, **more):
    raise AssertionError("the lesson asked for the network")

socket.create_connection = socket.getaddrinfo = _refuse
"""

FINDINGS = """
import json

print(json.dumps({
    "gradient": x.grad.tolist(),
    "half": (x.detach() / 2).tolist(),
    # Not the gradients themselves: nbclient takes hours over one line of a hundred thousand numbers.
    "largest": gradients[0].abs().max().item(),
    "off_twice": (gradients[1] - 2 * gradients[0]).abs().max().item(),
    "losses": losses,
    "six": evaluation.alphabet[evaluation.predicted[six]],
    "six_is": test.alphabet[test.targets[six]],
    "accuracy": evaluation.accuracy,
    "in_common": len({i.tobytes() for i in training.images} & {i.tobytes() for i in test.images}),
}))
"""


EXECUTE = """
import nbclient, nbformat

notebook = nbformat.read("lesson.ipynb", as_version=4)
places = {"metadata": {"path": "work"}}
client = nbclient.NotebookClient(
    notebook, kernel_name="lesson", timeout=300, coalesce_streams=True, resources=places
)
client.execute()
nbformat.write(notebook, "executed.ipynb")
"""
"""Run in a process of its own, so that Jupyter's sockets and event loops are no matter of ours."""


@pytest.fixture(scope="module")
def committed() -> Any:
    return nbformat.read(NOTEBOOK, as_version=4)


@pytest.fixture(scope="module")
def executed(committed: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The notebook run from top to bottom, between a cell that shuts the network out and `FINDINGS`."""
    folder = tmp_path_factory.mktemp("lesson")
    # A kernel of this very interpreter, whatever kernels are installed.
    spec = folder / "jupyter" / "kernels" / "lesson"
    spec.mkdir(parents=True)
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    words = {"argv": argv, "display_name": "lesson", "language": "python"}
    (spec / "kernel.json").write_text(json.dumps(words), encoding="utf-8")

    notebook = copy.deepcopy(committed)
    for cell in code_cells(notebook):
        cell.outputs, cell.execution_count = [], None
    notebook.cells.insert(0, nbformat.v4.new_code_cell(OFFLINE))
    notebook.cells.append(nbformat.v4.new_code_cell(FINDINGS))
    nbformat.write(notebook, folder / "lesson.ipynb")
    (folder / "work").mkdir()
    names = {"JUPYTER_PATH": "jupyter", "JUPYTER_RUNTIME_DIR": "runtime", "IPYTHONDIR": "ipython"}
    done = subprocess.run(
        [sys.executable, "-c", EXECUTE],
        check=False,
        cwd=folder,
        env=os.environ | {name: str(folder / value) for name, value in names.items()},
        capture_output=True,
        encoding="utf-8",
        errors="replace",
    )
    assert done.returncode == 0, done.stderr
    assert not list((folder / "work").iterdir()), "the lesson leaves no files behind"
    return nbformat.read(folder / "executed.ipynb", as_version=4)


@pytest.fixture(scope="module")
def findings(executed: Any) -> dict[str, Any]:
    return json.loads(executed.cells[-1].outputs[0].text)


def code_cells(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def kinds(cell: Any) -> set[str]:
    """What a cell shows: `stdout` for what it prints, else the richest form of each result."""
    return {kind(output) for output in cell.outputs}


def kind(output: Any) -> str:
    if output.output_type == "stream":
        return output.name
    return "image/png" if "image/png" in output.get("data", {}) else output.output_type


def sections(notebook: Any) -> dict[int, list[Any]]:
    """The cells under each numbered heading, the one with the heading first."""
    found: dict[int, list[Any]] = {}
    number = None
    for cell in notebook.cells:
        heading = re.match(r"## (\d+)\. ", cell.source) if cell.cell_type == "markdown" else None
        if heading:
            number = int(heading[1])
            assert number not in found
            found[number] = []
        if number is not None:
            found[number].append(cell)
    return found


def test_every_statement_has_its_section_in_order(committed: Any) -> None:
    found = sections(committed)
    assert list(found) == list(HEADINGS)
    for number, word in HEADINGS.items():
        assert word in found[number][0].source.splitlines()[0]


@pytest.mark.parametrize("number", range(1, 10))
def test_every_statement_is_asserted(committed: Any, number: int) -> None:
    cells = sections(committed)[number]
    assert any(re.search(r"^ *assert ", cell.source, re.M) for cell in cells if cell.cell_type == "code")


def test_the_gradient_of_the_mean_square_is_half_of_x(findings: dict[str, Any]) -> None:
    assert findings["gradient"] == findings["half"]
    assert any(value != 0 for row in findings["half"] for value in row)


def test_two_passes_without_zeroing_give_twice_the_gradient(findings: dict[str, Any]) -> None:
    assert findings["largest"] > 1e-3
    assert findings["off_twice"] < 1e-4 * findings["largest"]


def test_the_loss_falls_in_three_epochs(findings: dict[str, Any]) -> None:
    losses = findings["losses"]
    assert len(losses) == 189
    assert losses[0] == pytest.approx(2.3, abs=0.15)
    assert sum(losses[-40:]) < 0.8 * sum(losses[:40])


def test_a_six_it_was_not_trained_on_is_a_six(findings: dict[str, Any]) -> None:
    assert (findings["six"], findings["six_is"]) == ("6", "6")
    assert findings["accuracy"] > 0.9
    assert findings["in_common"] == 0


def test_nothing_is_written_to_stderr(executed: Any) -> None:
    assert [cell.source for cell in code_cells(executed) if "stderr" in kinds(cell)] == []


def test_the_committed_outputs_are_of_this_notebook(committed: Any, executed: Any) -> None:
    fresh = code_cells(executed)[1:-1]
    stale = [
        cell.source
        for cell, again in zip(code_cells(committed), fresh, strict=True)
        if kinds(cell) != kinds(again)
    ]
    assert stale == []
    assert sum("image/png" in kinds(cell) for cell in fresh) >= 11
    counts = [cell.execution_count for cell in code_cells(committed)]
    assert counts == list(range(1, len(counts) + 1)), "run once, from top to bottom"


def test_every_drawing_is_shown(committed: Any) -> None:
    for cell in code_cells(committed):
        if "drawing.draw_" in cell.source or "new_figure(" in cell.source:
            assert "image/png" in kinds(cell), cell.source


def test_the_committed_notebook_is_small_and_says_nothing_of_its_machine(committed: Any) -> None:
    text = NOTEBOOK.read_text(encoding="utf-8")
    assert len(text) < 1_000_000
    for cell in committed.cells:
        assert "execution" not in cell.metadata
    pictures_apart = re.sub(r'"image/png": "[^"]*"', "", text)
    for trace in ("/home/", "/Users/", "/tmp/", "/root/", "Traceback", " object at 0x"):
        assert trace not in pictures_apart
