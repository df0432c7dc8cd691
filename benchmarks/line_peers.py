"""How many handwritten numbers do Inkling and two well-known OCR engines read exactly, line by line?

The engines are peers, as they come: Tesseract (its small English model) and RapidOCR (PP-OCRv4 in ONNX
Runtime, its recogniser alone: the picture is already one line). Neither was made for handwriting. How
pictures are prepared for each was chosen on the even half (pictures 0, 2, ...) of each set; the figures are
of the odd half. The sets are not part of the project (see zero_shot.py). Engines and sets that are not here
are said to be missing.

    apt-get install tesseract-ocr && pip install tesserocr rapidocr-onnxruntime
    INKLING_MEASURE=DIR python benchmarks/line_peers.py
"""

from __future__ import annotations

import argparse
import functools
import importlib
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from conditions import describe, external
from inkling.evaluation.lines import canonical, edit_operations
from inkling.evaluation.metrics import wilson_interval
from inkling.recognition.lines import read_line

Picture = NDArray[np.uint8]
Reader = Callable[[Picture], str]

ALPHABET = "0123456789.,-/:"


class MissingEngineError(Exception):
    """An engine is not installed; the message says what to install."""


def digits_of(text: str) -> str:
    """The digits of a text, in order."""
    return canonical(text, digits_only=True)


def point_for_comma(text: str) -> str:
    """A number with spaces taken out and a decimal comma written as a point."""
    return text.replace(" ", "").replace(",", ".")


SETS: dict[str, Callable[[str], str]] = {"orand-car-a": digits_of, "meza-clinic": point_for_comma}
"""Sets in `lines/`, and the form in which what was read and what was written are compared."""


# Tesseract ------------------------------------------------------------------------------------------------


def prepare_for_tesseract(picture: Picture) -> Picture:
    """Trimmed by 4 pixels, 56 high, thresholded (Otsu), in a white border of 16.

    Exactly read on the even half of orand-car-a and meza-clinic: as it is in a white border of 10, 5.3 and
    3.6 %; this 8.5 and 14.3 %; untrimmed, 64 high 8.8 and 10.1 %; 48 high, trimmed by 3, border 10: 9.7 and
    12.5 %; 80 high 6.2 and 13.6 %; 64 high, contrast stretched and not
    thresholded, 5.0 and 10.8 %; 32 high, background divided out, 7.1 and 12.1 %.
    """
    inner = picture[4:-4, 4:-4] if min(picture.shape) > 16 else picture
    width = max(1, round(inner.shape[1] * 56 / inner.shape[0]))
    larger = cv2.resize(inner, (width, 56), interpolation=cv2.INTER_CUBIC)
    _, ink = cv2.threshold(cv2.GaussianBlur(larger, (3, 3), 0), 0, 255, cv2.THRESH_OTSU)
    return cv2.copyMakeBorder(ink, 16, 16, 16, 16, cv2.BORDER_CONSTANT, value=255)


@functools.cache
def tesseract_command() -> str:
    command = shutil.which("tesseract")
    if command is None:
        raise MissingEngineError(
            "apt-get install tesseract-ocr (and pip install tesserocr: many times faster)"
        )
    return command


@functools.cache
def tesseract_library() -> Any:
    """Tesseract's C API through the package `tesserocr`, with the command's models; None without it."""
    listed = subprocess.run([tesseract_command(), "--list-langs"], capture_output=True, text=True, check=True)
    models = re.search(r'"(.+)"', listed.stdout)
    try:
        tesserocr = importlib.import_module("tesserocr")
    except ImportError:
        return None
    path = {"path": models.group(1)} if models else {}
    library = tesserocr.PyTessBaseAPI(lang="eng", psm=tesserocr.PSM.SINGLE_LINE, **path)
    library.SetVariable("tessedit_char_whitelist", ALPHABET)
    library.SetVariable("debug_file", os.devnull)
    return library


def read_with_tesseract(picture: Picture) -> str:
    """One line (`--psm 7`), digits and separators alone."""
    prepared = prepare_for_tesseract(picture)
    library = tesseract_library()
    if library is not None:
        height, width = prepared.shape
        library.SetImageBytes(prepared.tobytes(), width, height, 1, width)
        library.SetSourceResolution(300)
        return str(library.GetUTF8Text()).strip()
    options = ["--psm", "7", "--dpi", "300", "-c", f"tessedit_char_whitelist={ALPHABET}"]
    png = cv2.imencode(".png", prepared)[1].tobytes()
    done = subprocess.run(
        [tesseract_command(), "-", "-", *options], input=png, capture_output=True, check=True
    )
    return done.stdout.decode().strip()


# RapidOCR -------------------------------------------------------------------------------------------------


def prepare_for_rapidocr(picture: Picture) -> Picture:
    """Trimmed by a pixel, in three channels; the engine itself makes it 48 high.

    Exactly read on the even half of orand-car-a and meza-clinic, as it comes: as it is 58.2 and 54.2 %; this
    57.6 and 56.7 %; twice as large 58.2 and 54.2 %. On the first hundred of that half, as it is 61 and 36:
    white border of 4, 57 and 17; its edge drawn out by 4, 60 and 28; contrast stretched 60 and 28; Otsu
    39 and 9; cropped to its ink 58 and 37; half as wide again 53 and 28.
    """
    inner = picture[1:-1, 1:-1] if min(picture.shape) > 4 else picture
    return cv2.cvtColor(np.ascontiguousarray(inner), cv2.COLOR_GRAY2BGR)


@functools.cache
def rapidocr_recogniser(*, restricted: bool) -> Any:
    """The recogniser; restricted: its choice at every step is among digits, separators and nothing."""
    try:
        rapidocr = importlib.import_module("rapidocr_onnxruntime")
    except ImportError:
        raise MissingEngineError("pip install rapidocr-onnxruntime (its models are in it)") from None
    threads = torch.get_num_threads()
    recogniser = rapidocr.RapidOCR(intra_op_num_threads=threads, inter_op_num_threads=1).text_rec
    if restricted:
        decode = recogniser.postprocess_op
        others = [i > 0 and letter not in {*ALPHABET, " "} for i, letter in enumerate(decode.character)]

        def decode_restricted(shares: NDArray[np.float32], *rest: Any, **named: Any) -> Any:
            return decode(np.where(others, np.float32(-1), shares), *rest, **named)

        recogniser.postprocess_op = decode_restricted
    return recogniser


def read_with_rapidocr(picture: Picture, *, restricted: bool = False) -> str:
    """What the recogniser reads, with everything but digits and separators taken out."""
    found, _ = rapidocr_recogniser(restricted=restricted)(prepare_for_rapidocr(picture))
    return re.sub(f"[^{re.escape(ALPHABET)}]", "", found[0][0])


def rapidocr_in_batches(pictures: list[Picture], batch: int) -> float:
    """Pictures a second when the engine is given many at once."""
    recogniser = rapidocr_recogniser(restricted=False)
    usual, recogniser.rec_batch_num = recogniser.rec_batch_num, batch
    began = time.perf_counter()
    recogniser([prepare_for_rapidocr(picture) for picture in pictures])
    seconds = time.perf_counter() - began
    recogniser.rec_batch_num = usual
    return len(pictures) / seconds


def read_with_inkling(picture: Picture) -> str:
    """What the weights in the box read, as they come."""
    return read_line(picture).text


ENGINES: dict[str, Reader] = {
    "Inkling": read_with_inkling,
    "Tesseract": read_with_tesseract,
    "RapidOCR": read_with_rapidocr,
    "RapidOCR, digits alone": functools.partial(read_with_rapidocr, restricted=True),
}


# Scores ---------------------------------------------------------------------------------------------------


def load_odd_half(folder: Path, limit: int | None) -> tuple[list[Picture], list[str]]:
    """Pictures 1, 3, 5, ... as they lie in labels.jsonl, and what is written in them."""
    lines = [json.loads(line) for line in (folder / "labels.jsonl").read_text().splitlines()][1::2][:limit]
    pictures = [cv2.imread(str(folder / line["image"]), cv2.IMREAD_GRAYSCALE) for line in lines]
    return [np.asarray(picture, np.uint8) for picture in pictures], [line["text"] for line in lines]


def edits(read: str, written: str) -> int:
    """Fewest insertions, deletions and changes that make one the other."""
    return sum(wanted != letter for wanted, letter in edit_operations(written, read))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="the folder that holds lines/ (or INKLING_MEASURE)")
    parser.add_argument("--limit", type=int, help="so many pictures of each set's odd half")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    if arguments.data is not None:
        os.environ["INKLING_MEASURE"] = str(arguments.data)
    os.environ["OMP_THREAD_LIMIT"] = str(arguments.threads)  # Tesseract's
    torch.set_num_threads(arguments.threads)
    print(describe())
    engines: dict[str, Reader] = {}
    for engine, reader in ENGINES.items():
        try:
            reader(np.full((48, 96), 255, np.uint8))
            engines[engine] = reader
        except MissingEngineError as missing:
            print(f"{engine} is not installed: {missing}")
    print(f"{'engine':<24} {'set':<12} pictures  exact %    95 % interval  digit error %  pictures/s")
    for name, form in SETS.items():
        folder = external("lines", name)
        if folder is None:
            print(f"{name}: not found")
            continue
        pictures, written = load_odd_half(folder, arguments.limit)
        for engine, reader in engines.items():
            began = time.perf_counter()
            read = [reader(picture) for picture in pictures]
            seconds = time.perf_counter() - began
            right = sum(form(a) == form(b) for a, b in zip(read, written, strict=True))
            wrong = sum(edits(digits_of(a), digits_of(b)) for a, b in zip(read, written, strict=True))
            low, high = wilson_interval(right, len(read))
            print(
                f"{engine:<24} {name:<12} {len(read):>8,} {100 * right / len(read):>8.2f} "
                f"{f'{low:.1%} to {high:.1%}':>16} {wrong / sum(len(digits_of(b)) for b in written):>14.1%} "
                f"{len(read) / seconds:>11.1f}",
                flush=True,
            )
        if "RapidOCR" in engines:
            rates = [f"{batch}: {rapidocr_in_batches(pictures[:256], batch):.1f}" for batch in (1, 6, 32)]
            print(f"RapidOCR on {name}, pictures/s in batches of {', of '.join(rates)}")


if __name__ == "__main__":
    main()
