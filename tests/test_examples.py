"""The tally sheets of `examples/`: made by their script, described by their template, read as they are."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from inkling.layout.template import load_template
from inkling.recognition.read import read

FOLDER = Path(__file__).parents[1] / "examples" / "tally"
TRUTH: dict[str, dict[str, str]] = json.loads((FOLDER / "truth.json").read_text(encoding="utf-8"))

MISREAD = {("filled-1.jpg", "votes_5")}
"""A field that the weights in the box may get wrong: a 9 like an open 4."""


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_tally", FOLDER / "make_tally.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where dataclasses look for their module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def made(script: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a fresh run of the script."""
    folder = tmp_path_factory.mktemp("tally")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["make_tally.py", str(folder)])
        script.main()
    return folder


def pixels(path: Path) -> NDArray[np.float64]:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("L"), np.float64)


@pytest.mark.parametrize("name", ["template.yaml", "truth.json"])
def test_the_script_writes_the_text_that_lies_there(name: str, made: Path) -> None:
    assert (made / name).read_text(encoding="utf-8") == (FOLDER / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["blank.png", *TRUTH])
def test_the_script_draws_the_pictures_that_lie_there(name: str, made: Path) -> None:
    # Another version of a package may draw a letter or code a JPEG a little differently.
    assert np.abs(pixels(made / name) - pixels(FOLDER / name)).mean() < 1


def test_the_files_are_small_enough_to_be_kept() -> None:
    assert (FOLDER / "blank.png").stat().st_size < 150_000
    assert sum(path.stat().st_size for path in FOLDER.iterdir() if path.is_file()) < 1_500_000


@pytest.mark.parametrize("name", TRUTH)
def test_the_votes_on_a_sheet_add_up(name: str) -> None:
    counts = {field: int(text or 0) for field, text in TRUTH[name].items() if field != "date"}
    votes = sum(count for field, count in counts.items() if field.startswith("votes_"))
    assert votes == counts["valid"]
    assert counts["valid"] + counts["invalid"] == counts["all"]


def test_the_template_names_every_field_of_the_truth() -> None:
    fields = [field.name for field in load_template(FOLDER / "template.yaml").fields]
    assert all(list(truth) == fields for truth in TRUTH.values())


@pytest.mark.parametrize("name", TRUTH)
def test_a_sheet_is_read_as_it_was_written(name: str) -> None:
    (page,) = read(FOLDER / name, form=FOLDER / "template.yaml")
    assert page.reason == ""
    found = {reading.region.name: reading.text for reading in page.readings if reading.region is not None}
    assert list(found) == list(TRUTH[name])
    wrong = {(name, field) for field, text in TRUTH[name].items() if found[field] != text}
    assert wrong <= MISREAD


def test_boxes_that_are_all_crossed_out_are_no_number() -> None:
    (page,) = read(FOLDER / "filled-3.jpg", form=FOLDER / "template.yaml")
    (invalid,) = (each for each in page.readings if each.region is not None and each.region.name == "invalid")
    assert (invalid.text, invalid.status) == ("", "blank")
    assert "crossed out" in invalid.reason
