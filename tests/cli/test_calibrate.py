"""`inkling calibrate`: the confidence becomes right for a folder of one's own, in a file of its own."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from command_line import Inkling
from printed_folders import write_labelled
from test_read import write_weights

from inkling.evaluation.calibration import expected_calibration_error
from inkling.evaluation.logistic import fit_logistic, logistic
from inkling.networks.scan import propose, scan, score_of
from inkling.networks.weights import load_weights
from inkling.recognition.lines import open_line, read_line

PRINTED = [f"{number * 37 % 1000}" for number in range(1, 41)]
WRONG = [f"{text}1" if place % 3 == 0 else text for place, text in enumerate(PRINTED)]
"""Labels of which every third is not what is printed: the reader is surer than right."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_labelled(tmp_path_factory.mktemp("labelled") / "mine", PRINTED, WRONG)


def scores_of(folder: Path, weights: Path) -> tuple[np.ndarray, np.ndarray]:
    """How sure the network is of each picture, and whether its label agrees: worked out anew."""
    loaded = load_weights(weights)
    pictures = [open_line(path).image for path in sorted((folder / "images").iterdir())]
    scores = [score_of(propose([seen.log_probs])[0]) for seen in scan(loaded.network, pictures)]
    return np.array(scores), np.array(
        [printed == label for printed, label in zip(PRINTED, WRONG, strict=True)]
    )


def test_the_new_weights_hold_the_curve_that_fits_and_say_what_it_was_fitted_to(
    inkling: Inkling, reader_file: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = reader_file.read_bytes()
    end = inkling("calibrate", folder, "--weights", reader_file, "--json")
    result = json.loads(end.out)
    assert (end.code, end.err, reader_file.read_bytes()) == (0, "", before)
    assert result["weights"] == "printed-calibrated.safetensors"

    old, new = load_weights(reader_file), load_weights(result["weights"])
    scores, correct = scores_of(folder, reader_file)
    assert new.header.calibration == pytest.approx(fit_logistic(scores, correct))
    assert result["calibration"] == list(new.header.calibration)
    assert result["calibration_before"] == list(old.header.calibration)
    assert (result["n"], result["exact"]) == (40, correct.mean())
    stored = new.header.scores["calibrated"]
    assert stored == {key: result[key] for key in ("n", "exact", "interval", "ece_before", "ece_after")}
    assert new.header.trained_on == {
        "data": "print",
        "calibrated_on": {"data": "mine", "pictures": 40, "same_point": False, "digits_only": False},
    }
    for name, value in old.network.state_dict().items():
        assert (new.network.state_dict()[name] == value).all()


def test_the_error_before_is_of_the_stored_curve_and_after_of_two_that_saw_the_other_half(
    inkling: Inkling, reader_file: Path, folder: Path, tmp_path: Path
) -> None:
    end = inkling(
        "calibrate", folder, "--weights", reader_file, "--out", tmp_path / "n.safetensors", "--json"
    )
    result = json.loads(end.out)
    scores, correct = scores_of(folder, reader_file)
    stored = logistic(scores, *load_weights(reader_file).header.calibration)
    assert result["ece_before"] == pytest.approx(expected_calibration_error(stored, correct))
    crossed = np.empty(40)
    for half, other in ((slice(0, None, 2), slice(1, None, 2)), (slice(1, None, 2), slice(0, None, 2))):
        crossed[half] = logistic(scores[half], *fit_logistic(scores[other], correct[other]))
    assert result["ece_after"] == pytest.approx(expected_calibration_error(crossed, correct))
    assert result["ece_before"] == pytest.approx(1 / 3, abs=0.05)
    assert result["ece_after"] < 0.15


def test_reading_with_the_new_weights_gives_the_same_numbers_with_other_confidences(
    inkling: Inkling, reader_file: Path, folder: Path, tmp_path: Path
) -> None:
    new = tmp_path / "new.safetensors"
    assert inkling("calibrate", folder, "--weights", reader_file, "--out", new).code == 0
    picture = folder / "images" / "000.png"
    before, after = (read_line(picture, weights=load_weights(path)) for path in (reader_file, new))
    assert before.text == after.text == PRINTED[0]
    assert before.confidence > 0.99
    assert after.confidence == pytest.approx(2 / 3, abs=0.15)


def test_it_is_told_at_80_columns(
    inkling: Inkling, reader_file: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    end = inkling("calibrate", folder, "--weights", reader_file)
    result = load_weights("printed-calibrated.safetensors").header.scores["calibrated"]
    before, after = result["ece_before"], result["ece_after"]
    assert "mine, 40 pictures with ink" in end.out
    assert f"Calibration error  {before:.2%} before, {after:.2%} after" in end.out
    assert "--weights printed-calibrated.safetensors" in end.out
    assert all(len(line) <= 80 for line in end.out.splitlines())


@pytest.mark.parametrize(
    ("option", "right"), [("", 0), ("--same-point", 20), ("--digits-only", 40)], ids=["", "point", "digits"]
)
def test_what_counts_as_the_same_number_may_be_chosen(
    inkling: Inkling, reader_file: Path, tmp_path: Path, option: str, right: int
) -> None:
    printed = [f"{number}.{number}" for number in range(10, 50)]
    wrong = [text.replace(".", ",") if n % 2 else text.replace(".", "-") for n, text in enumerate(printed)]
    labels = [*wrong, "9", "8"]
    folder = write_labelled(tmp_path / "mine", [*printed, "9", "7"], labels)
    options = [option] if option else []
    words = ("calibrate", folder, "--weights", reader_file, "--out", tmp_path / "n.safetensors", "--json")
    result = json.loads(inkling(*words, *options).out)
    assert round(result["exact"] * result["n"]) == right + 1
    stored = load_weights(tmp_path / "n.safetensors").header.trained_on["calibrated_on"]
    assert [stored["same_point"], stored["digits_only"]] == [
        option == "--same-point",
        option == "--digits-only",
    ]


def test_marks_and_blank_pictures_count_and_paper_without_ink_does_not(
    inkling: Inkling, reader_file: Path, tmp_path: Path
) -> None:
    printed = [*(f"{number}" for number in range(10, 32)), "X", "X", " "]
    labels = [*(f"{number}" for number in range(10, 32)), "crossed out", "not a number", ""]
    folder = write_labelled(tmp_path / "mine", printed, labels)
    out = tmp_path / "n.safetensors"
    result = json.loads(inkling("calibrate", folder, "--weights", reader_file, "--out", out, "--json").out)
    assert (result["n"], round(result["exact"] * 24)) == (24, 23)


def test_an_old_file_is_written_over_only_when_it_is_named(
    inkling: Inkling, reader_file: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    old = tmp_path / "printed-calibrated.safetensors"
    old.write_bytes(b"old")
    end = inkling("calibrate", folder, "--weights", reader_file)
    assert (end.code, end.out, old.read_bytes()) == (2, "", b"old")
    assert "printed-calibrated.safetensors exists already" in end.err
    assert inkling("calibrate", folder, "--weights", reader_file, "--out", old).code == 0
    assert load_weights(old).header.calibration != load_weights(reader_file).header.calibration


def test_unreadable_pictures_are_4_and_the_rest_is_calibrated_on(
    inkling: Inkling, reader_file: Path, tmp_path: Path
) -> None:
    folder = write_labelled(tmp_path / "mine", PRINTED, WRONG)
    (folder / "images" / "003.png").write_text("no picture")
    out = tmp_path / "n.safetensors"
    end = inkling("calibrate", folder, "--weights", reader_file, "--out", out, "--json")
    result = json.loads(end.out)
    assert (end.code, result["n"]) == (4, 39)
    assert load_weights(out).header.scores["calibrated"]["n"] == 39
    assert len(result["failures"]) == 1
    assert "003.png is not a picture" in result["failures"][0]
    assert "1 of 40 pictures could not be read" in end.err


def test_nothing_but_unreadable_pictures_is_3_and_writes_nothing(
    inkling: Inkling, reader_file: Path, tmp_path: Path
) -> None:
    folder = write_labelled(tmp_path / "mine", PRINTED)
    for path in (folder / "images").iterdir():
        path.write_text("no picture")
    out = tmp_path / "n.safetensors"
    end = inkling("calibrate", folder, "--weights", reader_file, "--out", out)
    assert (end.code, out.exists()) == (3, False)
    assert "None of 40 pictures could be read" in end.err


@pytest.mark.parametrize(
    ("printed", "labels", "said"),
    [
        (PRINTED[:19], PRINTED[:19], "19 labelled pictures, too few to calibrate on"),
        ([*PRINTED[:19], " "], [*PRINTED[:19], ""], "19 labelled pictures with ink are too few"),
        (PRINTED, PRINTED, "All of 40 labelled pictures with ink were right"),
        (PRINTED, ["5.5"] * 40, "None of 40 labelled pictures with ink were right"),
        (PRINTED, [*PRINTED[:39], "12 kg"], 'line 40: "text" is "12 kg"; "k" is not one of'),
    ],
    ids=["19", "19 with ink", "all right", "all wrong", "a label outside the alphabet"],
)
def test_labels_that_will_not_do_are_3_and_nothing_is_written(
    inkling: Inkling, reader_file: Path, tmp_path: Path, printed: list[str], labels: list[str], said: str
) -> None:
    folder = write_labelled(tmp_path / "mine", printed, labels)
    end = inkling("calibrate", folder, "--weights", reader_file, "--out", tmp_path / "n.safetensors")
    assert (end.code, end.out) == (3, "")
    assert said in end.err
    assert not (tmp_path / "n.safetensors").exists()


def test_folders_and_weights_that_will_not_do_are_3(
    inkling: Inkling, reader_file: Path, folder: Path, tmp_path: Path
) -> None:
    digits = write_weights(tmp_path / "digits.safetensors", "perceptron", tuple("0123456789"))
    letters = write_weights(tmp_path / "letters.safetensors", "line-reader", tuple("abc"))
    (tmp_path / "empty").mkdir()
    out = tmp_path / "n.safetensors"
    for where, weights, said in [
        (folder, digits, "weights of a perceptron, not of a line reader"),
        (folder, letters, '"3" is not one of "abc"'),
        (tmp_path / "empty", reader_file, "holds no labels.jsonl"),
        (tmp_path / "absent", reader_file, "is no folder"),
    ]:
        end = inkling("calibrate", where, "--weights", weights, "--out", out)
        assert (end.code, end.out) == (3, "")
        assert said in end.err
