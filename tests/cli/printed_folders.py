"""Folders of printed lines, with or without labels."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from printed_lines import print_line


def write_pictures(folder: Path, texts: Sequence[str], *, ink: int = 20) -> list[Path]:
    """A picture of each text, `000.png` and so on."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{number:03}.png" for number in range(len(texts))]
    for path, text in zip(paths, texts, strict=True):
        Image.fromarray(print_line(text, ink=ink)).save(path)
    return paths


def write_labelled(folder: Path, printed: Sequence[str], labels: Sequence[str] | None = None) -> Path:
    """A labelled folder; by default each label is what is printed."""
    paths = write_pictures(folder / "images", printed)
    entries = [
        json.dumps({"image": f"images/{path.name}", "text": label})
        for path, label in zip(paths, labels or printed, strict=True)
    ]
    (folder / "labels.jsonl").write_text("\n".join(entries) + "\n", encoding="utf-8")
    return folder
