"""`inkling train` on lines of writing: made-up ones, and those of a folder that weights are fine-tuned on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from command_line import Inkling, call
from matplotlib.figure import Figure
from PIL import Image

from inkling.cli import train_lines
from inkling.datasets.lines.folders import load_lines, split_lines
from inkling.datasets.lines.writing import LINE_ALPHABET
from inkling.evaluation.line_report import LineScores
from inkling.networks.build import NetworkSettings, build_network
from inkling.networks.weights import Header, Weights, load_weights, save_weights
from inkling.training.material import LineMaterial
from inkling.training.session import Training

pytest.importorskip("mlxtend")

TINY = (
    *("network.widths=8,12,16", "batch_size=16", "lines_per_epoch=160", "log_every=5", "average=0"),
    *("precision=float32", "workers=0", "optimizer.learning_rate=0.1"),
)
"""Changes that make ten steps an epoch of any training on lines."""

PICTURES = {"curves.png", "reliability.png", "risk-coverage.png"}


@pytest.fixture(scope="module", autouse=True)
def few_lines() -> Iterator[None]:
    """A run ends in a second in place of ten."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train_lines, "_HELDOUT_LINES", 50)
        patch.setattr(train_lines, "_FAMILIAR_LINES", 150)
        yield


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run on made-up lines; not to be written to."""
    folder = tmp_path_factory.mktemp("lines") / "run"
    done = call("train", "lines", *TINY, "epochs=4", "--run", folder)
    assert done.code == 0, done.err
    return folder


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of 40 numbers that a plotter wrote, all in one hand."""
    folder = tmp_path_factory.mktemp("plotted") / "numbers"
    folder.mkdir()
    random = np.random.default_rng(0)
    lines = []
    for number in range(40):
        text = "".join(map(str, random.integers(0, 4, random.integers(1, 4))))
        paper = np.full((40, 14 + 22 * len(text)), 230, np.uint8)
        cv2.putText(paper, text, (6, 31), cv2.FONT_HERSHEY_SIMPLEX, 1.0, 30, 3)
        Image.fromarray(paper).save(folder / f"{number}.png")
        lines.append(json.dumps({"image": f"{number}.png", "text": text}))
    (folder / "labels.jsonl").write_text("\n".join(lines))
    return folder


def test_a_run_on_lines_leaves_what_a_run_on_digits_does(reader: Path) -> None:
    names = {path.name for path in reader.iterdir() if not path.name.startswith("events.")}
    assert (
        names
        == {"settings.toml", "metrics.jsonl", "checkpoint.safetensors", "weights.safetensors"} | PICTURES
    )
    metrics = [json.loads(line) for line in (reader / "metrics.jsonl").read_text().splitlines()]
    assert sum("heldout_accuracy" in line for line in metrics) == 4
    losses = [line["loss"] for line in metrics if "loss" in line]
    assert losses[-1] < losses[0]
    header = load_weights(reader / "weights.safetensors").header
    assert header.network == NetworkSettings("line-reader", (8, 12, 16))
    assert (header.alphabet, header.normalization) == (LINE_ALPHABET, "inkling-line-1")
    assert header.scores["heldout"]["n"] == 50
    low, high = header.scores["heldout"]["interval"]
    assert low <= header.scores["heldout"]["exact"] <= high
    assert (header.trained_on["digits"], header.trained_on["lines"]) == (4750, 640)
    assert (reader / "weights.safetensors").stat().st_size < 100_000


def test_the_settings_of_a_run_on_lines_repeat_it_bit_for_bit(
    inkling: Inkling, reader: Path, tmp_path: Path
) -> None:
    words = ("train", "--settings", reader / "settings.toml", "--run", tmp_path / "again", "--json")
    end = inkling(*words)
    assert end.code == 0, end.err
    for name in ("weights.safetensors", "checkpoint.safetensors", "settings.toml"):
        assert (tmp_path / "again" / name).read_bytes() == (reader / name).read_bytes(), name
    result = json.loads(end.out)
    assert set(result) == {"run", "weights", "seconds", "heldout", "calibration", "pictures"}
    assert {Path(path).name for path in result["pictures"]} == PICTURES
    assert set(result["heldout"]) == {"n", "exact", "interval", "ece"}


def test_a_person_is_told_how_many_are_read_exactly(inkling: Inkling, tmp_path: Path) -> None:
    end = inkling("train", "lines", *TINY, "epochs=0.1", "--run", tmp_path)
    assert end.code == 0, end.err
    assert "Read exactly" in end.out
    assert "of 50 held out, 95 % interval" in end.out
    assert "lines of 4,750 digits to learn from, 50 of others held out" in end.err


@pytest.mark.parametrize(("count", "right"), [(8, 8), (1_000, 973), (10_000, 10_000)])
@pytest.mark.parametrize("compared", [False, True])
def test_what_a_person_is_told_in_the_end_fits_80_columns(
    inkling: Inkling,
    reader: Path,
    labelled: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    count: int,
    right: int,
    compared: bool,
) -> None:
    scores = LineScores(np.linspace(-1, 1, count), np.arange(count) < right)
    monkeypatch.setattr("inkling.evaluation.line_report.score_lines", lambda *_: scores)
    monkeypatch.chdir(tmp_path)
    begun = ["--from", reader / "weights.safetensors", "--data", labelled] if compared else ["lines"]
    end = inkling("train", *begun, *TINY[not compared :], "epochs=0.1", "--run", "run")
    assert end.code == 0, end.err
    assert end.out.count(f"of {count:,} held out, 95 % interval") == 1 + compared
    assert all(len(line) <= 80 for line in (end.out + end.err).splitlines() if "/" not in line)


def measured(weights: Weights, folder: Path) -> float:
    heldout = split_lines(load_lines(folder), 0.2, seed=0)[1].framed()
    material = LineMaterial(lambda index: heldout[index], classes=len(LINE_ALPHABET) + 1)  # type: ignore[arg-type]
    found = material.measure(weights.network, heldout, device=torch.device("cpu"), precision=torch.float32)
    return found.loss


@pytest.fixture(scope="module")
def tuned(reader: Path, labelled: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a fine-tuning of three epochs printed as JSON."""
    words = [*TINY[1:], "epochs=3", "--from", reader / "weights.safetensors", "--data", labelled]
    end = call("train", *words, "--run", tmp_path_factory.mktemp("tuned") / "run", "--json")
    assert end.code == 0, end.err
    return json.loads(end.out)


def test_fine_tuning_on_a_folder_improves_on_what_it_holds_out(
    tuned: dict[str, Any], reader: Path, labelled: Path
) -> None:
    assert set(tuned) == {"run", "weights", "seconds", "heldout", "calibration", "before", "pictures"}
    assert tuned["before"]["n"] == tuned["heldout"]["n"] == 8
    assert tuned["heldout"]["exact"] >= tuned["before"]["exact"]
    old, new = load_weights(reader / "weights.safetensors"), load_weights(tuned["weights"])
    assert measured(new, labelled) < 0.7 * measured(old, labelled)
    assert new.header.calibration == tuple(tuned["calibration"]) == old.header.calibration
    assert tuned["heldout"]["calibration_kept"] == "8 held-out pictures are too few"
    assert new.header.scores == {"heldout": tuned["heldout"]}
    found = new.header.trained_on
    assert (found["data"], found["pictures"], found["also"]) == ("numbers", 32, "sample train")
    assert str(reader) not in json.dumps(found), "nothing of this machine"


def test_a_fine_tuning_is_repeated_from_its_settings_and_goes_on_where_it_was_stopped(
    inkling: Inkling, tuned: dict[str, Any], reader: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = (reader / "weights.safetensors").read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(Training, "agree", lambda job, wish: wish or job.done == 13)
        settings = Path(tuned["run"]) / "settings.toml"
        assert inkling("train", "--settings", settings, "--run", tmp_path / "broken").code == 130
    end = inkling("train", "--resume", tmp_path / "broken")
    assert end.code == 0, end.err
    for name in ("weights.safetensors", "checkpoint.safetensors", "settings.toml"):
        assert (tmp_path / "broken" / name).read_bytes() == (Path(tuned["run"]) / name).read_bytes(), name
    assert (reader / "weights.safetensors").read_bytes() == old, "what it began with stays as it was"
    assert "Before " in end.out
    assert "After " in end.out
    assert end.out.count("of 8 held out, 95 % interval") == 2
    assert "Confidence         as before: 8 held-out pictures are too few\n" in end.out


@pytest.mark.parametrize(
    ("why_kept", "curve"),
    [
        ("", "by a logistic curve fitted to the other half"),
        ("the held-out pictures are too few", "by the logistic curve from before"),
    ],
)
def test_the_drawings_tell_what_the_report_tells(
    inkling: Inkling,
    tuned: dict[str, Any],
    labelled: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    why_kept: str,
    curve: str,
) -> None:
    figures: dict[str, Figure] = {}

    def keep(figure: Figure, path: Path) -> Path:
        figures[path.stem] = figure
        return path

    monkeypatch.setattr("inkling.evaluation.drawing.save_figure", keep)
    monkeypatch.setattr("inkling.evaluation.line_report._why_kept", lambda *_: why_kept)
    # The last steps spoil the weights, so that those of the best one are kept.
    words = [*TINY[1:-1], "optimizer.learning_rate=1", "optimizer.schedule=constant", "epochs=4"]
    words += ["heldout=0.6", "--from", tuned["weights"], "--data", labelled]
    end = inkling("train", *words, "--run", tmp_path, "--json")
    assert end.code == 0, end.err
    told = json.loads(end.out)["heldout"]
    metrics = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert metrics[-1]["heldout_accuracy"] < told["exact"]
    said = [text.get_text() for text in figures["curves"].texts]
    assert (
        f"40 steps; {100 * told['exact']:.2f} % of the held-out pictures recognised by the weights kept"
        in said
    )
    labels = [text.get_text() for text in figures["reliability"].axes[0].get_legend().get_texts()]
    assert labels[1] == f"{curve}: calibration error {100 * told['ece']:.2f} %"


def test_the_sweep_of_a_fine_tuning_names_its_weights(
    inkling: Inkling, reader: Path, labelled: Path, tmp_path: Path
) -> None:
    old = reader / "weights.safetensors"
    words = [*TINY[2:], "batch_size=4", "--from", old, "--data", labelled, "--find-lr", "--run", tmp_path]
    end = inkling("train", *words)
    assert end.code == 0, end.err
    command = end.out.split("Use it with: ")[1]
    assert command.startswith("inkling train fine-tune lines_per_epoch=160 ")
    assert f" --data {labelled} --from {old} optimizer.learning_rate=" in command


@pytest.mark.parametrize(
    "words",
    [
        ["classify", "PICTURE", "--weights", "WEIGHTS"],
        ["export", "WEIGHTS", "--to", "x"],
        ["inspect", "WEIGHTS"],
    ],
    ids=lambda words: words[0],
)
def test_a_line_reader_is_no_digit_network(
    inkling: Inkling, reader: Path, labelled: Path, words: list[str]
) -> None:
    named = {"WEIGHTS": str(reader / "weights.safetensors"), "PICTURE": str(labelled / "0.png")}
    end = inkling(*(named.get(word, word) for word in words))
    assert (end.code, end.out) == (3, "")
    assert "These are weights of a line reader" in end.err


def other_weights(path: Path, name: str, widths: tuple[int, ...], alphabet: tuple[str, ...]) -> Path:
    settings = NetworkSettings(name, widths)
    header = Header(settings, alphabet)
    save_weights(path, Weights(build_network(settings, classes=header.classes).eval(), header))
    return path


def test_weights_go_on_with_lines_of_digits_and_a_part_of_them_is_kept(
    inkling: Inkling, reader: Path, tmp_path: Path
) -> None:
    old = load_weights(reader / "weights.safetensors").network.state_dict()
    ends = {}
    for keep in ("0", "0.75"):
        run = tmp_path / keep
        words = (*TINY, "epochs=0.2", f"keep={keep}", "--from", reader / "weights.safetensors")
        end = inkling("train", "lines", *words, "--data", "sample", "--run", run)
        assert end.code == 0, end.err
        assert "lines of 4,750 digits to learn from" in end.err
        ends[keep] = load_weights(run / "weights.safetensors").network.state_dict()
    for name, value in ends["0.75"].items():
        if value.is_floating_point():
            between = 0.75 * old[name] + 0.25 * ends["0"][name]
            torch.testing.assert_close(value, between, rtol=2e-3, atol=1e-4)
    assert not all(torch.equal(value, ends["0"][name]) for name, value in ends["0.75"].items())


def test_what_cannot_be_fine_tuned_says_why(
    inkling: Inkling, reader: Path, labelled: Path, few: Path, tmp_path: Path
) -> None:
    old = reader / "weights.safetensors"
    digits = other_weights(tmp_path / "d.safetensors", "perceptron", (4,), tuple("0123456789"))
    foreign = other_weights(tmp_path / "f.safetensors", "line-reader", (4, 4, 4), tuple("abc"))
    eights = tmp_path / "eights"
    (eights / "8").mkdir(parents=True)
    for name in "ab":
        Image.fromarray(255 - np.pad(np.full((20, 9), 255, np.uint8), 9)).save(eights / "8" / f"{name}.png")
    odd = tmp_path / "odd"
    odd.mkdir()
    (odd / "labels.jsonl").write_text('{"image": "1.png", "text": "4O7"}')
    Image.new("L", (60, 30), 200).save(odd / "1.png")
    for words, code, said in [
        (["--from", tmp_path / "absent", "--data", labelled], 3, "does not exist"),
        (["--from", digits, "--data", labelled], 3, "tells single digits"),
        (["--from", foreign, "--data", labelled], 3, "reads another alphabet"),
        (["--from", old, "--data", few], 3, "holds no labels.jsonl"),
        (["--from", old], 2, "Name them: --data FOLDER"),
        (["fine-tune"], 2, "Name them: --data FOLDER"),
        (["lines", "--data", eights], 3, "has no 0, 1, 2, 3, 4, 5, 6, 7, 9; lines are made up of all ten"),
        (["--from", old, "--data", labelled, f"digits={eights}"], 3, "has no 0, 1, 2"),
        (["--from", old, "--data", odd], 3, 'line 1: "text" is "4O7"; "O" is not one of'),
        (["lines", "--data", labelled], 3, "A folder of labelled lines is for weights that read already"),
        (["quick", "--network", "line-reader"], 2, "--network takes the place of the recipe 'quick'"),
        (["--network", "line-raeder"], 2, "There is no network 'line-raeder'."),
        (["--resume", reader, "--from", old], 2, "keeps its settings and its data"),
        (["--resume", reader, "--network", "line-reader"], 2, "keeps its settings and its data"),
        (["--network", "line-reader", "criterion=cross-entropy"], 2, "does not fit a line-reader"),
        (["--network", "convnet", "criterion=ctc"], 2, "does not fit a convnet"),
        (["lines", "label_smoothing=0.1"], 2, "label_smoothing has no meaning"),
        (["lines", "keep=0.5"], 2, "keep is of the weights that the network begins with"),
        (["lines", "keep=1", "begin=x"], 2, "keep must be from 0 to below 1"),
        (
            ["quick", "--from", old, "--data", labelled],
            2,
            "criterion=cross-entropy does not fit a line-reader",
        ),
    ]:
        end = inkling("train", *words)
        message = " ".join((end.err).split())
        assert (end.code, said in message) == (code, True), (words, message)
