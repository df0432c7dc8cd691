"""The file of labels that the tests of labelled folders write."""

from __future__ import annotations

import json
from pathlib import Path


def write_labels(folder: Path, *lines: object) -> Path:
    """Write `labels.jsonl` into a folder: texts as they are, anything else as JSON."""
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    (folder / "labels.jsonl").write_text("\n".join(texts), encoding="utf-8")
    return folder
