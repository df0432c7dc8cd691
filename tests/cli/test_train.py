"""`inkling train`: what it prints and leaves in its folder, and how it ends when it must."""

from __future__ import annotations

import errno
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from command_line import SMALL, Inkling
from PIL import Image

from inkling.networks.weights import load_weights, write_tensors
from inkling.training.checkpoints import read_checkpoint
from inkling.training.session import Heldout, Training

PICTURES = {
    *("curves.png", "confusion.png", "mistakes.png", "reliability.png", "risk-coverage.png"),
    *("predictions.png", "first-layer.png"),
}


def test_the_folder_of_a_run_holds_all_there_is_to_know(trained: Path) -> None:
    names = {path.name for path in trained.iterdir()}
    (events,) = [name for name in names if name.startswith("events.out.tfevents.")]
    files = {"settings.toml", "metrics.jsonl", "checkpoint.safetensors", "weights.safetensors", events}
    assert names == files | PICTURES

    lines = [json.loads(line) for line in (trained / "metrics.jsonl").read_text().splitlines()]
    heldout = [line for line in lines if "heldout_accuracy" in line]
    losses = [line["loss"] for line in lines if "loss" in line]
    assert len(heldout) == 4
    assert losses[-1] < losses[0]

    weights = load_weights(trained / "weights.safetensors")
    assert weights.header.network.widths == (16,)
    assert weights.header.trained_on["pictures"] == 450
    assert weights.header.scores["heldout"]["accuracy"] == pytest.approx(heldout[-1]["heldout_accuracy"])
    assert weights.gauge is not None
    assert read_checkpoint(trained / "checkpoint.safetensors")["done"] == 36
    assert (trained / events).stat().st_size > 1000
    for name in PICTURES:
        with Image.open(trained / name) as picture:
            assert min(picture.size) > 200, name


def test_the_settings_that_a_run_writes_repeat_it_bit_for_bit(
    inkling: Inkling, trained: Path, tmp_path: Path
) -> None:
    end = inkling("train", "--settings", trained / "settings.toml", "--run", tmp_path / "again")
    assert end.code == 0
    for name in ("weights.safetensors", "settings.toml", "checkpoint.safetensors"):
        assert (tmp_path / "again" / name).read_bytes() == (trained / name).read_bytes(), name


def test_a_change_given_beside_a_settings_file_is_made(
    inkling: Inkling, trained: Path, tmp_path: Path
) -> None:
    end = inkling("train", "epochs=1", "--settings", trained / "settings.toml", "--run", tmp_path)
    assert end.code == 0
    assert read_checkpoint(tmp_path / "checkpoint.safetensors")["done"] == 9
    assert "\nepochs = 1.0\n" in (tmp_path / "settings.toml").read_text()


def test_json_is_one_object_alone_on_its_stream(inkling: Inkling, few: Path, tmp_path: Path) -> None:
    end = inkling("train", *SMALL, "epochs=2", "--data", few, "--run", tmp_path, "--json")
    result = json.loads(end.out)
    assert set(result) == {"run", "weights", "seconds", "heldout", "temperature", "pictures"}
    assert result["run"] == str(tmp_path)
    assert load_weights(result["weights"]).header.temperature == result["temperature"]
    assert {Path(path).name for path in result["pictures"]} == PICTURES
    low, high = result["heldout"]["interval"]
    assert low <= result["heldout"]["accuracy"] <= high
    assert result["heldout"]["n"] == 50
    assert result["seconds"] > 0
    assert "held out: accuracy" in end.err


def test_a_person_sees_the_loss_fall_the_result_and_what_to_do_with_it(
    inkling: Inkling, few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    end = inkling("train", *SMALL, "epochs=2", "--data", few)
    (folder,) = (tmp_path / "runs").iterdir()
    assert re.fullmatch(r"quick-\d{8}-\d{6}", folder.name)
    assert f"inkling classify PICTURE --weights runs/{folder.name}/weights.safetensors" in end.out
    losses = [float(loss) for loss in re.findall(r"step +\d+ +loss ([\d.]+)", end.err)]
    assert len(losses) == 5
    assert losses[-1] < losses[0]
    assert all(len(line) <= 80 for line in (end.out + end.err).splitlines() if "classify" not in line)


def test_a_run_that_has_come_to_its_end_can_be_resumed_and_gives_the_same(
    inkling: Inkling, trained: Path, tmp_path: Path
) -> None:
    for name in ("settings.toml", "checkpoint.safetensors", "metrics.jsonl"):
        (tmp_path / name).write_bytes((trained / name).read_bytes())
    assert inkling("train", "--resume", tmp_path).code == 0
    for name in ("weights.safetensors", "metrics.jsonl"):
        assert (tmp_path / name).read_bytes() == (trained / name).read_bytes(), name


def test_the_sweep_suggests_a_rate_and_the_command_that_uses_it(
    inkling: Inkling, few: Path, tmp_path: Path
) -> None:
    words = ("train", "lesson", "batch_size=50", "--data", few, "--find-lr", "--run", tmp_path)
    end = inkling(*words)
    assert end.code == 0
    command, _, rate = end.out.split("Use it with: ")[1].strip().rpartition("=")
    assert command == f"inkling train lesson batch_size=50 --data {few} optimizer.learning_rate"
    assert 1e-5 < float(rate) < 1
    with Image.open(tmp_path / "learning-rate.png") as picture:
        assert min(picture.size) > 200

    result = json.loads(inkling(*words, "--json").out)
    assert len(result["rates"]) == len(result["losses"]) > 50
    assert float(f"{result['suggestion']:.2g}") == float(rate)


def test_a_loss_that_is_no_number_is_4_and_says_what_to_try(
    inkling: Inkling, few: Path, tmp_path: Path
) -> None:
    end = inkling(
        "train", *SMALL, "optimizer.learning_rate=1e12", "epochs=20", "--data", few, "--run", tmp_path
    )
    assert (end.code, end.out) == (4, "")
    assert "training has diverged" in end.err
    assert "smaller optimizer.learning_rate (--find-lr shows which)" in end.err
    assert not (tmp_path / "weights.safetensors").exists()


def test_a_run_that_diverges_later_keeps_its_good_checkpoint_and_can_be_resumed(
    inkling: Inkling, few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measure = Training.measure
    good = []

    def torn_in_the_second_epoch(training: Training, *pictures: Any) -> Heldout:
        if good:
            with torch.no_grad():
                next(training.network.parameters()).fill_(torch.nan)
        good.append(training.done)
        return measure(training, *pictures)

    with monkeypatch.context() as patch:
        patch.setattr(Training, "measure", torn_in_the_second_epoch)
        end = inkling("train", *SMALL, "epochs=3", "--data", few, "--run", tmp_path)
    assert end.code == 4
    assert f"The checkpoint in {tmp_path} is from before." in end.err
    state = read_checkpoint(tmp_path / "checkpoint.safetensors")
    assert state["done"] == good[0] == 9
    assert all(torch.isfinite(tensor).all() for tensor in state["network"].values())
    assert inkling("train", "--resume", tmp_path).code == 0


def test_a_full_disk_is_5_and_the_checkpoint_before_stands(
    inkling: Inkling, few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Path.write_bytes
    written = []

    def full_after_the_first(path: Path, content: bytes) -> int:
        if written:
            raise OSError(errno.ENOSPC, "No space left on device")
        if path.name.startswith("checkpoint"):
            written.append(content)
        return write(path, content)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full_after_the_first)
        end = inkling("train", *SMALL, "epochs=3", "--data", few, "--run", tmp_path)
    assert (end.code, end.out) == (5, "")
    assert "No space left on device" in end.err
    assert "Is the disk full" in end.err
    assert (tmp_path / "checkpoint.safetensors").read_bytes() == written[0]
    assert read_checkpoint(tmp_path / "checkpoint.safetensors")["done"] == 9
    assert not list(tmp_path.glob("*partial*"))
    assert inkling("train", "--resume", tmp_path).code == 0


def test_a_checkpoint_of_another_program_is_3(
    inkling: Inkling, few: Path, trained: Path, tmp_path: Path
) -> None:
    (tmp_path / "settings.toml").write_bytes((trained / "settings.toml").read_bytes())
    write_tensors(tmp_path / "checkpoint.safetensors", {"a": torch.zeros(1)}, {"other": "program"})
    end = inkling("train", "--resume", tmp_path)
    assert end.code == 3
    assert "is no checkpoint of Inkling's" in end.err


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise there")
def test_ctrl_c_loses_nothing(inkling: Inkling, few: Path, tmp_path: Path) -> None:
    unbroken, broken = tmp_path / "unbroken", tmp_path / "broken"
    words = [
        *("train", *SMALL, "network.name=convnet", "network.widths=8", "log_every=1", "epochs=25"),
        *("--data", str(few), "--run"),
    ]
    process = subprocess.Popen(
        [sys.executable, "-m", "inkling.cli.app", *words, str(broken)],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env=os.environ | {"COLUMNS": "80", "PYTHONUNBUFFERED": "1"},
    )
    assert process.stderr is not None
    for line in process.stderr:
        if "step      3 " in line:
            process.send_signal(signal.SIGINT)
            break
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert out == ""
    assert f"inkling train --resume {broken}" in err
    done = read_checkpoint(broken / "checkpoint.safetensors")["done"]
    assert 3 <= done < 225
    assert f"Stopped after step {done} of 225" in err
    assert not (broken / "weights.safetensors").exists()

    assert inkling("train", "--resume", broken).code == 0
    assert inkling(*words, unbroken).code == 0
    for name in ("weights.safetensors", "checkpoint.safetensors", "settings.toml"):
        assert (broken / name).read_bytes() == (unbroken / name).read_bytes(), name
    steps = [json.loads(line)["step"] for line in (broken / "metrics.jsonl").read_text().splitlines()]
    assert steps == sorted(steps)
    assert len(steps) == 225 + 25
