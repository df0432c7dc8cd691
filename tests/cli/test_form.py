"""`inkling form new` and `inkling form check`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from command_line import Inkling
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1] / "layout"))

from drawn_forms import cat, draw_form, photograph


@pytest.fixture
def blank(tmp_path: Path) -> Path:
    path = tmp_path / "blank.png"
    Image.fromarray(draw_form()).save(path)
    return path


def test_a_proposed_template_fits_a_photograph_of_the_form(inkling: Inkling, blank: Path) -> None:
    done = inkling("form", "new", blank, "--json")
    assert done.code == 0, done.err
    result = json.loads(done.out)
    assert result["template"] == str(blank.with_suffix(".yaml"))
    assert np.asarray(Image.open(result["picture"])).shape == (1400, 1000, 3)

    photo = blank.with_name("photo.png")
    Image.fromarray(photograph(draw_form(), turned=93, scale=0.7).image).save(photo)
    drawn = blank.with_name("seen.png")
    done = inkling("form", "check", result["template"], photo, "--output", drawn, "--json")
    assert done.code == 0, done.err
    checked = json.loads(done.out)
    assert checked["error"] < 0.5
    assert checked["hidden"] == []
    assert drawn.exists()


def test_a_template_elsewhere_gets_a_copy_of_its_reference(inkling: Inkling, blank: Path) -> None:
    target = blank.parent / "forms" / "tally.yaml"
    assert inkling("form", "new", blank, "--output", target).code == 0
    assert (target.parent / "blank.png").read_bytes() == blank.read_bytes()
    done = inkling("form", "check", target)
    assert done.code == 0
    assert (target.parent / "tally-check.png").exists()


def test_a_template_is_never_overwritten(inkling: Inkling, blank: Path) -> None:
    blank.with_suffix(".yaml").write_text("mine")
    done = inkling("form", "new", blank)
    assert done.code == 2
    assert "--output" in done.err
    assert blank.with_suffix(".yaml").read_text() == "mine"


def test_what_does_not_fit_is_refused(inkling: Inkling, blank: Path) -> None:
    inkling("form", "new", blank)
    photo = blank.with_name("cat.png")
    Image.fromarray(cat()).save(photo)
    done = inkling("form", "check", blank.with_suffix(".yaml"), photo)
    assert done.code == 3
    assert "The page is not this form" in done.err


def test_a_broken_template_is_told_with_its_line(inkling: Inkling, blank: Path) -> None:
    template = blank.with_suffix(".yaml")
    template.write_text("name: x\nreference: blank.png\nfeilds: []\n")
    done = inkling("form", "check", template)
    assert done.code == 3
    assert "blank.yaml:3: there is no key 'feilds'; did you mean 'fields'?" in done.err


@pytest.mark.parametrize("words", [("form", "new", "none.png"), ("form", "check", "none.yaml")])
def test_a_missing_file_is_told(inkling: Inkling, words: tuple[str, ...]) -> None:
    done = inkling(*words)
    assert done.code == 3
    assert "none." in done.err


@pytest.mark.parametrize("name", ["blank.png", "blank.yaml", "scan.png"])
def test_a_drawing_takes_the_place_of_nothing_that_is_read(inkling: Inkling, blank: Path, name: str) -> None:
    inkling("form", "new", blank)
    scan = blank.with_name("scan.png")
    scan.write_bytes(blank.read_bytes())
    target = blank.with_name(name)
    before = target.read_bytes()
    done = inkling("form", "check", blank.with_suffix(".yaml"), scan, "--output", target)
    assert done.code == 2
    assert target.read_bytes() == before
