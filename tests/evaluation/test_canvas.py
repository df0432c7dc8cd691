"""What every drawing shares: sheets of pictures, and figures written whole, with names as they are."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import numpy as np
import pytest

from inkling.errors import StorageError
from inkling.evaluation.canvas import new_figure, save_figure, sheet
from inkling.evaluation.drawing_training import draw_rate_search
from inkling.training.finder import RateSearch


def test_a_sheet_of_pictures_leaves_gaps_and_fills_rows() -> None:
    pictures = np.arange(3)[:, None, None] * np.ones((3, 2, 2))
    whole = sheet(pictures, 2, gap=1)
    expected = [
        [0, 0, None, 1, 1],
        [0, 0, None, 1, 1],
        [None] * 5,
        [2, 2, None, None, None],
        [2, 2, None, None, None],
    ]
    assert json.loads(json.dumps(np.where(np.isnan(whole), None, whole).tolist())) == expected


def test_a_figure_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file, not a folder")
    with pytest.raises(StorageError, match="cannot be written"):
        save_figure(new_figure(1, 1), tmp_path / "taken" / "figure.png")
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(StorageError):
        save_figure(new_figure(1, 1), tmp_path / "folder.png")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder.png", "taken"]


@pytest.mark.parametrize("name", [r"a$\frac$b.png", "$x^2$.png", "caf\udce9.png", "数字.png"])
def test_names_of_strangers_are_drawn_as_they_are(name: str, tmp_path: Path) -> None:
    figure = new_figure(3, 1, name, name)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        save_figure(figure, tmp_path / "figure.png")
        save_figure(figure, tmp_path / "figure.svg")
    assert {text.get_text() for text in figure.texts} == {name.replace("\udce9", "?")}
    assert not any(text.get_parse_math() for text in figure.texts)


def test_powers_of_ten_stay_formulas(tmp_path: Path) -> None:
    search = RateSearch(np.geomspace(1e-4, 1, 5), np.array([2.3, 2.2, 1.0, 0.5, 4.0]), 0.01)
    figure = draw_rate_search(search)
    save_figure(figure, tmp_path / "rate.png")
    labels = [label for label in figure.axes[0].get_xticklabels() if "10^" in label.get_text()]
    assert len(labels) >= 3
    assert all(label.get_parse_math() for label in labels)
