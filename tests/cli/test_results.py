"""What classify, evaluate, inspect, export and doctor print: for people at 80 columns, and as JSON."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from command_line import Inkling
from PIL import Image

from inkling.recognition.classify import classify


def fits(text: str, columns: int = 80) -> bool:
    """No line is wider than the terminal; lines that a path of the tests is in do not count."""
    return all(len(line) <= columns for line in text.splitlines() if "/" not in line)


def test_few_pictures_get_their_ten_bars_and_many_a_line_each(inkling: Inkling, digits: list[Path]) -> None:
    one, many = inkling("classify", digits[4]), inkling("classify", *digits)
    assert one.code == many.code == 0
    bars = re.findall(r"^  (\d) +?(\S*) +([\d.]+)%$", one.out, re.MULTILINE)
    assert [bar[0] for bar in bars] == list("0123456789")
    assert max(bars, key=lambda bar: len(bar[1]))[0] == max(bars, key=lambda bar: float(bar[2]))[0] == "4"
    assert fits(one.out)
    lines = [line for line in many.out.splitlines() if not line.startswith(" ")]
    assert [line.split()[-1] for line in lines] == list(map(str, digits))
    assert "%" in lines[0]


def test_classify_as_json_is_what_the_library_says(inkling: Inkling, digits: list[Path]) -> None:
    end = inkling("classify", "--json", *digits[:3])
    for line, path in zip(end.out.splitlines(), digits[:3], strict=True):
        result, expected = json.loads(line), classify(path)
        assert result["label"] == expected.label == path.stem[-1]
        assert result["source"] == str(path)
        assert result["confidence"] == pytest.approx(expected.confidence, abs=1e-6)
        assert list(result["probabilities"]) == list("0123456789")
        assert sum(result["probabilities"].values()) == pytest.approx(1, abs=1e-4)


def test_classify_reads_a_picture_from_stdin(inkling: Inkling, digits: list[Path]) -> None:
    end = inkling("classify", "-", "--json", stdin=digits[6].read_bytes())
    assert (end.code, json.loads(end.out)["label"]) == (0, "6")
    assert inkling("classify", "-", stdin=b"no picture").code == 3


def test_classify_draws_and_explains(inkling: Inkling, digits: list[Path], few: Path, tmp_path: Path) -> None:
    end = inkling("classify", *digits[:2], "--plot", tmp_path / "bars.png", "--json")
    assert end.code == 0
    assert len(end.out.splitlines()) == 2
    assert f"Drawn in {tmp_path / 'bars.png'}" in end.err
    why = inkling("classify", digits[8], "--why", tmp_path / "why", "--data", few)
    assert why.code == 0
    for name in ("bars.png", "why/saliency.png", "why/neighbours.png"):
        assert str(tmp_path / name) in end.err + why.err
        with Image.open(tmp_path / name) as picture:
            assert min(picture.size) > 100, name


def test_why_explains_one_picture(inkling: Inkling, digits: list[Path], tmp_path: Path) -> None:
    end = inkling("classify", *digits[:2], "--why", tmp_path / "why")
    assert (end.code, end.out) == (2, "")
    assert "--why explains one picture" in end.err


def test_a_blank_picture_is_blank_and_nothing_of_it_is_drawn(inkling: Inkling, tmp_path: Path) -> None:
    Image.new("L", (50, 50), 255).save(tmp_path / "paper.png")
    end = inkling("classify", tmp_path / "paper.png", "--plot", tmp_path / "p.png", "--why", tmp_path / "why")
    assert end.code == 0
    assert "blank: There is no ink on the picture." in end.out
    assert "%" not in end.out
    assert [path.name for path in tmp_path.iterdir()] == ["paper.png"]


def test_a_file_may_be_called_what_rich_would_take_for_a_style(
    inkling: Inkling, digits: list[Path], tmp_path: Path
) -> None:
    for name in ("[bold].png", "[x].png"):
        path = tmp_path / name
        path.write_bytes(digits[0].read_bytes())
        assert name in inkling("classify", path).out
    assert "[red]gone.png" in inkling("classify", tmp_path / "[red]gone.png").out


def test_evaluate_for_people_and_as_json_agree(inkling: Inkling, trained: Path, few: Path) -> None:
    words = ("evaluate", trained / "weights.safetensors", "--data", few)
    text, result = inkling(*words).out, json.loads(inkling(*words, "--json").out)
    assert result["n"] == 100
    assert f"Accuracy {result['accuracy']:.2%}" in text
    assert [float(value) for value in re.findall(r"interval ([\d.]+)% to ([\d.]+)%", text)[0]] == [
        pytest.approx(100 * bound, abs=0.006) for bound in result["interval"]
    ]
    for name, score in result["classes"].items():
        assert re.search(rf"^ *{name} +{score['count']} +{score['recall']:.2%}", text, re.MULTILINE)
    assert fits(text)


@pytest.mark.parametrize(("part", "count"), [("train", 500), ("heldout", 50), ("test", 100), ("", 100)])
def test_evaluate_measures_on_the_part_that_is_asked_for(
    inkling: Inkling, trained: Path, few: Path, part: str, count: int
) -> None:
    words = ("--split", part) if part else ()
    end = inkling("evaluate", trained / "weights.safetensors", "--data", few, *words, "--json")
    assert json.loads(end.out)["n"] == count
    assert end.err == ""


def test_what_was_held_out_in_training_gives_the_score_of_the_training(
    inkling: Inkling, trained: Path, few: Path
) -> None:
    path = trained / "weights.safetensors"
    result = json.loads(inkling("evaluate", path, "--data", few, "--split", "heldout", "--json").out)
    from inkling.networks.weights import load_weights

    scores = load_weights(path).header.scores["heldout"]
    assert (result["n"], result["accuracy"]) == (scores["n"], scores["accuracy"])


def test_evaluate_takes_what_was_not_learned_from_and_says_what_was(
    inkling: Inkling, trained: Path, few: Path
) -> None:
    def measured(*words: object) -> tuple[str, int, bool | None]:
        result = json.loads(inkling("evaluate", *words, "--json").out)
        return result["data"], result["n"], result["seen_in_training"]

    weights = trained / "weights.safetensors"
    name, _, seen = measured(weights, "--data", few)
    assert (name, seen) == (f"{few.name} test", False)
    name, count, seen = measured(weights, "--data", few, "--split", "heldout")
    assert (name, seen) == (f"{few.name} train (held out)", False)
    name, everything, seen = measured(weights, "--data", few, "--split", "train")
    assert (name, seen) == (f"{few.name} train", True)
    assert 0 < count < everything
    # Who knows whether the sample's pictures are in that folder?
    assert measured(weights, "--data", "sample") == ("sample train", 5000, None)
    # The weights that come with Inkling learned from MNIST, which the sample is taken from.
    assert measured() == ("sample train", 5000, True)
    assert "The weights learned from these pictures" in inkling("evaluate").out


def test_evaluate_refuses_to_guess_what_was_held_out(inkling: Inkling, tmp_path: Path, few: Path) -> None:
    from inkling.networks.build import NetworkSettings, build_network
    from inkling.networks.weights import Header, Weights, save_weights

    settings = NetworkSettings("perceptron", (4,))
    for trained_on in ({}, {"recipe": {"heldout": "x", "seed": 0}}):
        header = Header(settings, tuple("0123456789"), trained_on=trained_on)
        save_weights(tmp_path / "w.safetensors", Weights(build_network(settings), header))
        end = inkling("evaluate", tmp_path / "w.safetensors", "--data", few, "--split", "heldout")
        assert end.code == 3
        assert "do not say what was held out" in end.err


def test_evaluate_refuses_data_of_other_classes(inkling: Inkling, tmp_path: Path, few: Path) -> None:
    from inkling.networks.build import NetworkSettings, build_network
    from inkling.networks.weights import Header, Weights, save_weights

    settings = NetworkSettings("perceptron", (4,))
    header = Header(settings, tuple("abcdefghij"))
    save_weights(tmp_path / "w.safetensors", Weights(build_network(settings), header))
    end = inkling("evaluate", tmp_path / "w.safetensors", "--data", few)
    assert end.code == 3
    assert "are not those that the weights know" in end.err


def test_evaluate_draws_its_report(inkling: Inkling, trained: Path, few: Path, tmp_path: Path) -> None:
    words = ("evaluate", trained / "weights.safetensors", "--data", few, "--pictures", tmp_path / "report")
    result = json.loads(inkling(*words, "--json").out)
    assert {Path(path) for path in result["pictures"]} == set((tmp_path / "report").iterdir())
    assert len(result["pictures"]) == 6


def test_inspect_shows_the_update_that_the_rule_prescribes(inkling: Inkling, few: Path) -> None:
    end = inkling("inspect", "--data", few, "--layer", "fc2.weight", "--passes", "3", "--json")
    result = json.loads(end.out)
    assert result["parameter"] == "fc2.weight"
    assert result["shape"] == [64, 128]
    assert result["loss_after"] < result["loss_before"]
    for value in result["largest"]:
        step = result["learning_rate"] * value["gradient"]
        assert value["after"] == pytest.approx(value["before"] - step, abs=1e-7)
    sizes = result["accumulated_root_mean_square"]
    assert sizes == pytest.approx([count * sizes[0] for count in (1, 2, 3)], rel=1e-4)


def test_inspect_for_people_fits_and_tells_the_loss(
    inkling: Inkling, trained: Path, few: Path, tmp_path: Path
) -> None:
    end = inkling("inspect", trained / "weights.safetensors", "--data", few, "--plot", tmp_path / "pass.png")
    assert end.code == 0
    for word in ("before", "gradient", "after", "4 passes, not zeroed", "Loss on these pictures"):
        assert word in end.out
    assert fits(end.out)
    with Image.open(tmp_path / "pass.png") as picture:
        assert min(picture.size) > 200


def test_export_writes_a_model_that_agrees(inkling: Inkling, trained: Path, tmp_path: Path) -> None:
    target = tmp_path / "digits.onnx"
    end = inkling("export", trained / "weights.safetensors", "--to", target, "--json")
    result = json.loads(end.out)
    assert (result["path"], result["bytes"]) == (str(target), target.stat().st_size)
    assert 0 <= result["largest_difference"] < 1e-5


def test_doctor_names_what_is_missing_and_how_to_get_it(
    inkling: Inkling, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = json.loads(inkling("doctor", "--json").out)
    assert found["versions"]["python"] == ".".join(map(str, sys.version_info[:3]))
    assert "cpu" in found["devices"]
    assert found["chosen_device"].split(":")[0] in ("cpu", "cuda", "mps")
    assert found["extras"]["onnx"]["missing"] == []
    assert list(found["weights"]) == ["digits", "lines", "boxes"]
    assert all("of what was held out" in about for about in found["weights"].values())

    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "onnxruntime" else object())
    end = inkling("doctor")
    assert end.code == 0
    assert "pip install 'inkling[onnx]'" in end.out
    assert "pip install 'inkling[sample]'" not in end.out
    assert fits(end.out)


def test_pictures_of_any_file_format_are_read(inkling: Inkling, digits: list[Path], tmp_path: Path) -> None:
    with Image.open(digits[5]) as picture:
        colour = Image.merge("RGB", [picture, picture.point(lambda v: v // 2 + 100), picture])
    for suffix in ("png", "jpg", "webp", "bmp", "tif", "gif", "ppm"):
        colour.save(tmp_path / f"five.{suffix}")
    end = inkling("classify", "--json", *sorted(tmp_path.iterdir()))
    assert [json.loads(line)["label"] for line in end.out.splitlines()] == ["5"] * 7
    assert np.asarray(colour).shape == (84, 84, 3)
