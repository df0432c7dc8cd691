"""`inkling adapt`: what is learned from a pile without labels, what is told of it, and how it goes on."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from command_line import Inkling, Outcome, call
from PIL import Image

from inkling.cli import adapt, pile, train_lines
from inkling.cli.pile import Pile
from inkling.elements import Reading
from inkling.evaluation.drawing_lines import draw_line_sheet
from inkling.export.writing import exclusive
from inkling.networks.weights import load_weights, shipped_weights
from inkling.recognition.lines import read_lines
from inkling.training.checkpoints import read_checkpoint
from inkling.training.session import Training
from printed_lines import print_line

pytest.importorskip("mlxtend")

ROUND = (
    *("lines_per_epoch=160", "batch_size=16", "log_every=5", "workers=0", "epochs=1"),
    *("optimizer.learning_rate=0.01", "patience=0", "precision=float32"),
)
"""A round of ten steps."""


@pytest.fixture(scope="module", autouse=True)
def short_rounds() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(adapt, "_SETTINGS", ROUND)
        patch.setattr(adapt, "_MADE_UP", 30)
        patch.setattr(train_lines, "_FAMILIAR_LINES", 400)
        yield


def plot(path: Path, text: str, *, ink: int = 30) -> None:
    """A number as a plotter writes it."""
    paper = np.full((44, 20 + 24 * len(text)), 230, np.uint8)
    cv2.putText(paper, text, (8, 33), cv2.FONT_HERSHEY_SIMPLEX, 1.0, ink, 2, cv2.LINE_AA)
    Image.fromarray(paper).save(path)


def numbers(count: int, seed: int) -> list[str]:
    random = np.random.default_rng(seed)
    return ["".join(map(str, random.integers(0, 10, random.integers(2, 5)))) for _ in range(count)]


@pytest.fixture(scope="module")
def scans(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of 36 numbers without labels, some of them hardly to be seen, and of a blank sheet."""
    folder = tmp_path_factory.mktemp("pile") / "scans"
    folder.mkdir()
    for place, text in enumerate(numbers(36, seed=0)):
        plot(folder / f"{place:02}.png", text, ink=30 if place % 6 else 222)
    Image.fromarray(np.full((44, 90), 230, np.uint8)).save(folder / "blank.png")
    return folder


@pytest.fixture(scope="module")
def adapted(scans: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What two rounds printed as JSON."""
    run = tmp_path_factory.mktemp("adapted") / "run"
    end = call("adapt", scans, "--rounds", 2, "--run", run, "--json")
    assert end.code == 0, end.err
    return json.loads(end.out)


def learned(run: Path, number: int) -> dict[str, str]:
    lines = (run / f"round-{number}" / "learned.jsonl").read_text().splitlines()
    return {record["image"]: record["text"] for record in map(json.loads, lines)}


def test_what_is_read_surely_is_learned_from_and_nothing_else(adapted: dict[str, Any], scans: Path) -> None:
    run = Path(adapted["run"])
    paths = sorted(map(str, scans.iterdir()))
    for number, weights in (
        (1, shipped_weights("lines")),
        (2, load_weights(run / "round-1" / "weights.safetensors")),
    ):
        readings = read_lines(paths, weights=weights)
        sure = {each.source: each.text for each in readings if each.text and each.confidence >= pile.SURE}
        assert learned(run, number) == sure
        assert adapted["learned_from"][number - 1] == len(sure)
        assert len(sure) < len(paths)


def test_the_weights_of_the_last_round_are_those_of_the_run(adapted: dict[str, Any]) -> None:
    run, old = Path(adapted["run"]), shipped_weights("lines")
    assert adapted["weights"] == str(run / "weights.safetensors")
    assert (run / "weights.safetensors").read_bytes() == (
        run / "round-2" / "weights.safetensors"
    ).read_bytes()
    new = load_weights(run / "weights.safetensors")
    assert new.header.calibration == old.header.calibration
    assert new.header.scores == {}, "nobody has told how right they are"
    assert new.gauge is not None
    told = new.header.trained_on
    assert (told["data"], told["round"], told["unlabelled"]) == ("scans", 2, adapted["learned_from"][1])
    assert told["also"] == "sample train + mnist train"
    assert str(run) not in json.dumps(told), "nothing of this machine"
    assert not all(
        value.equal(other)
        for value, other in zip(
            new.network.state_dict().values(), old.network.state_dict().values(), strict=True
        )
    )


def test_what_comes_of_the_rounds_is_averaged(adapted: dict[str, Any]) -> None:
    run = Path(adapted["run"])
    first, second = (
        load_weights(run / f"round-{n}" / "weights.safetensors").network.state_dict() for n in (1, 2)
    )
    alone = read_checkpoint(run / "round-2" / "checkpoint.safetensors")["average"]["network"]
    assert not all(first[name].equal(value) for name, value in alone.items())
    for name, value in second.items():
        if value.is_floating_point():
            torch.testing.assert_close(value, (first[name] + alone[name]) / 2, rtol=2e-3, atol=1e-4)


def test_before_and_after_are_told(adapted: dict[str, Any], scans: Path) -> None:
    paths = sorted(map(str, scans.iterdir()))
    weights = shipped_weights("lines"), load_weights(adapted["weights"])
    before, after = (read_lines(paths, weights=each) for each in weights)
    for told, readings in ((adapted["sure_before"], before), (adapted["sure"], after)):
        assert told == pytest.approx(
            np.mean([each.text != "" and each.confidence >= pile.SURE for each in readings])
        )
    otherwise = sum(old.text != new.text for old, new in zip(before, after, strict=True))
    assert adapted["read_otherwise"] == otherwise
    drawing = Path(adapted["run"]) / "changed.png"
    assert adapted["drawing"] == (str(drawing) if otherwise else None)
    assert (adapted["pictures"], adapted["left_out"], adapted["failures"]) == (37, 0, [])


def test_what_is_read_otherwise_is_drawn_the_surest_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = tuple(map(print_line, ("12", "4071", "7", "58")))
    heap = pile.Pile(pictures, (("a", 1),) * 4)
    before = [
        Reading("", 0.9, "blank", "There is no writing on the picture."),
        Reading("4071", 0.95, "read"),
        Reading("1", 0.3, "doubtful", "It could also be 7."),
        Reading("58", 0.6, "doubtful", "It could also be 53."),
    ]
    after = [
        Reading("12", 0.7, "doubtful", "It could also be 1."),
        before[1],
        replace(before[2], text="7", confidence=0.8),
        replace(before[3], confidence=0.99),
    ]
    drawn: list[Any] = []

    def sheet(shown: Any, captions: Any, **titles: Any) -> Any:
        drawn.append((list(shown), ["".join(text for text, _ in parts) for parts in captions], titles))
        return draw_line_sheet(shown, captions, **titles)

    monkeypatch.setattr("inkling.evaluation.drawing_lines.draw_line_sheet", sheet)
    assert adapt._draw_changed(heap, before, after, tmp_path / "changed.png") == 2
    ((shown, captions, titles),) = drawn
    assert [picture is pictures[at] for picture, at in zip(shown, (2, 0), strict=True)] == [True, True]
    assert captions == ["1 → 7  80%", "blank → 12  70%"]
    assert titles["subtitle"] == "2 of 4 pictures; before → now, confidence now"
    with Image.open(tmp_path / "changed.png") as drawing:
        assert drawing.width > 100
    assert adapt._draw_changed(heap, before, before, tmp_path / "none.png") == 0
    assert not (tmp_path / "none.png").exists()


def test_what_is_missing_is_told_before_the_pile_is_read(
    inkling: Inkling, scans: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "mlxtend", None)
    monkeypatch.delitem(sys.modules, "mlxtend.data", raising=False)
    monkeypatch.setattr(pile.Pile, "open", lambda files: pytest.fail("the pile was opened"))
    end = inkling("adapt", scans, "--run", tmp_path / "run")
    assert (end.code, "mlxtend" in end.err) == (5, True), end.err
    assert not (tmp_path / "run").exists()


def stopped(inkling: Inkling, scans: Path, run: Path, monkeypatch: pytest.MonkeyPatch) -> Outcome:
    """A run of two rounds that a person stopped in the second."""
    with monkeypatch.context() as patch:
        patch.setattr(Training, "agree", lambda job, wish: wish or (job.recipe.seed == 2 and job.done == 4))
        return inkling("adapt", scans, "--rounds", 2, "--run", run)


def test_a_run_that_was_stopped_goes_on_to_the_same_end(
    inkling: Inkling, adapted: dict[str, Any], scans: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"
    end = stopped(inkling, scans, run, monkeypatch)
    assert (end.code, end.out) == (130, "")
    assert "Stopped; what was done is kept.\nGo on with the same command and --run " in end.err
    assert not (run / "weights.safetensors").exists()
    first = (run / "round-1" / "weights.safetensors").stat().st_mtime_ns
    words = ("adapt", scans, "--rounds", 2, "--run", run)
    end = inkling(*words)
    assert end.code == 0, end.err
    assert (run / "round-1" / "weights.safetensors").stat().st_mtime_ns == first
    assert (run / "weights.safetensors").read_bytes() == Path(adapted["weights"]).read_bytes()
    end = inkling(*words)
    assert (end.code, "holds a run that has ended" in " ".join(end.err.split())) == (2, True)


def test_a_run_does_not_go_on_with_another_pile_or_from_other_weights(
    inkling: Inkling,
    adapted: dict[str, Any],
    scans: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run, fewer = tmp_path / "run", tmp_path / "fewer"
    stopped(inkling, scans, run, monkeypatch)
    fewer.mkdir()
    for path in sorted(scans.iterdir())[1:]:
        (fewer / path.name).write_bytes(path.read_bytes())
    for words, said in (
        ([fewer], "is of a training with other data"),
        ([scans, "--from", adapted["weights"]], "is of a training with other settings"),
    ):
        end = inkling("adapt", *words, "--rounds", 2, "--run", run)
        assert (end.code, said in " ".join(end.err.split())) == (3, True), end.err
    assert not (run / "weights.safetensors").exists()


def test_two_processes_do_not_share_a_run(inkling: Inkling, scans: Path, tmp_path: Path) -> None:
    with exclusive(tmp_path / "run"):
        end = inkling("adapt", scans, "--run", tmp_path / "run")
    assert (end.code, "is being written by another process" in " ".join(end.err.split())) == (2, True)


def test_a_person_is_told_what_is_known_and_what_is_not(
    inkling: Inkling, scans: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    end = inkling("adapt", scans, "--rounds", 1, "--run", "a")
    assert end.code == 0, end.err
    assert "Pictures: 37\n" in end.err
    assert "Round 1 of 1: " in end.err
    assert "How right          is not known: label a hundred pictures, and see\n" in end.out
    assert "inkling evaluate a/weights.safetensors --as line --data LABELLED\n" in end.out
    assert all(len(line) <= 80 for line in (end.out + end.err).splitlines() if "/" not in line)


def test_what_cannot_be_adapted_to_says_why(
    inkling: Inkling, adapted: dict[str, Any], scans: Path, tmp_path: Path
) -> None:
    few, broken, other = tmp_path / "few", tmp_path / "broken", tmp_path / "other"
    for folder in (few, broken, other):
        folder.mkdir()
    for place, text in enumerate(numbers(5, seed=2)):
        plot(few / f"{place}.png", text)
    (broken / "a.png").write_bytes(b"no picture")
    (other / "settings.toml").write_text("epochs = 1")
    for words, code, said in [
        ([few], 3, "of 5 pictures are read with a confidence of 80%; at least 20 are needed"),
        ([broken], 3, "a.png"),
        ([tmp_path / "absent"], 3, "absent"),
        ([scans, "--from", tmp_path / "w.safetensors"], 3, "does not exist"),
        ([scans, "--run", adapted["run"]], 2, "holds a run that has ended"),
        ([scans, "--run", other], 2, "holds a run that is none of inkling adapt"),
        ([scans, "--run", few / "0.png"], 5, "could not be made"),
        ([scans, "--device", "abacus"], 2, "abacus"),
        ([scans, "--rounds", 0], 2, "--rounds"),
        (["-"], 2, "it cannot come on stdin"),
        ([], 2, "PATH"),
    ]:
        end = inkling("adapt", "--run", tmp_path / "run", *words)
        message = " ".join(end.err.split())
        assert (end.code, said in message) == (code, True), (words, message)
        assert not (tmp_path / "run").exists(), words
    (tmp_path / "mine").mkdir()
    assert inkling("adapt", "--run", tmp_path / "mine", few).code == 3
    assert (tmp_path / "mine").is_dir(), "it was there before"


def test_a_name_that_is_no_unicode_is_written_down(tmp_path: Path) -> None:
    path = str(tmp_path / "caf\udce9.png")
    heap = pile.Pile((print_line("12"),), ((path, 1),))
    heap.write_learned(tmp_path / "learned.jsonl", [Reading("12", 0.9, "read")])
    assert json.loads((tmp_path / "learned.jsonl").read_bytes()) == {"image": path, "text": "12"}


def test_what_is_no_line_is_told_in_the_end_and_the_rest_is_learned_from(
    inkling: Inkling, scans: Path, tmp_path: Path
) -> None:
    broken, low, pages = (tmp_path / name for name in ("broken.png", "low.png", "pages.tif"))
    broken.write_bytes(b"no picture")
    Image.new("L", (60, 4), 200).save(low)
    plot(tmp_path / "1.tif", "4071")
    plot(tmp_path / "2.tif", "2563")
    first, second = (Image.open(tmp_path / f"{page}.tif") for page in (1, 2))
    first.save(pages, save_all=True, append_images=[second])
    words = ["adapt", scans, scans / "01.png", broken, low, pages, "--rounds", 1, "--run", tmp_path / "run"]
    end = inkling(*words, "--json")
    assert end.code == 4
    told = json.loads(end.out)
    assert told["pictures"] == 37 + 2, "each once, and all pages"
    assert len(told["failures"]) == 2
    assert json.loads((tmp_path / "run" / "round-1" / "learned.jsonl").read_text().splitlines()[0])
    assert (str(broken) in told["failures"][0], str(low) in told["failures"][1]) == (True, True)
    assert Path(told["weights"]).exists()
    assert "2 of 41 pictures could not be read" in " ".join(end.err.split())
    records = (tmp_path / "run" / "round-1" / "learned.jsonl").read_text().splitlines()
    assert {"image": str(pages), "page": 2, "text": "2563"} in map(json.loads, records)


def test_of_too_many_files_some_are_taken_evenly(scans: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pile, "MOST_FILES", 4)
    files = sorted(map(str, scans.iterdir()))[:10]
    opened = Pile.open(files)
    assert [file for file, _ in opened.places] == [files[0], files[2], files[5], files[7]]
    assert opened.left_out == 6


def test_what_an_earlier_run_drew_of_the_pile_is_no_picture_of_it(scans: Path, tmp_path: Path) -> None:
    run = tmp_path / "runs" / "adapt"
    (run / "round-1").mkdir(parents=True)
    files = [str(scans / "01.png"), str(run / "changed.png"), str(tmp_path / "changed.png")]
    for file in files[1:]:
        plot(Path(file), "12")
    assert [file for file, _ in Pile.open(files).places] == [files[0], files[2]]
