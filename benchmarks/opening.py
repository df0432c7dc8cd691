"""Does memory stay where it is when a document has more pages, and how long does a page take to open?

Documents of A4 pages at 300 dpi are made: bilevel TIFFs (G4), grey TIFFs (LZW), and PDFs of grey JPEG
scans. Each is opened page by page in a process of its own, which tells its peak resident size.

    python benchmarks/opening.py --pages 2 20 200
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from conditions import describe

A4 = (3508, 2480)

KINDS = {
    "TIFF, G4": ("tif", {"compression": "group4"}),
    "TIFF, LZW": ("tif", {"compression": "tiff_lzw"}),
    "PDF of scans": ("pdf", {"resolution": 300.0}),
}

OPEN = """
import re, sys, time
from inkling.documents.open import open_pages
began = time.perf_counter()
opened = 0
for page in open_pages(sys.argv[1]) if len(sys.argv) > 1 else ():
    opened += page.image.shape[0] in (3508, 3509)
    del page
seconds = time.perf_counter() - began
print(opened, seconds, re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1])
"""
"""Opens a document; its own peak is asked of Linux, since getrusage counts that of the parent too."""


def sheet(seed: int) -> Image.Image:
    """Grainy paper with dark patches, the number of which is about that of the strokes on a form."""
    rng = np.random.default_rng(seed)
    grain = rng.normal(235, 4, (A4[0] // 4, A4[1] // 4))
    paper = np.clip(grain, 0, 255).astype(np.uint8).repeat(4, axis=0).repeat(4, axis=1)
    for top, left in zip(rng.integers(0, A4[0] - 60, 800), rng.integers(0, A4[1] - 60, 800), strict=True):
        paper[top : top + rng.integers(4, 60), left : left + rng.integers(4, 60)] = 40
    return Image.fromarray(paper)


def opened(*path: str) -> tuple[int, float, float]:
    """Pages, seconds and peak resident size in MiB of a process that opens a document."""
    words = subprocess.run([sys.executable, "-c", OPEN, *path], check=True, capture_output=True, text=True)
    count, seconds, kilobytes = words.stdout.split()
    return int(count), float(seconds), int(kilobytes) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--pages", type=int, nargs="+", default=[2, 20, 200])
    counts = parser.parse_args().pages
    print(describe())
    print(f"nothing opened: peak {opened()[2]:.0f} MiB")
    print("document        pages  file MB  ms a page  peak MiB")
    sheets = [sheet(seed) for seed in range(5)]
    with tempfile.TemporaryDirectory() as folder:
        for name, (suffix, options) in KINDS.items():
            drawn = [each.convert("1") for each in sheets] if "G4" in name else sheets
            for count in counts:
                path = Path(folder) / f"document.{suffix}"
                others = [drawn[place % len(drawn)] for place in range(1, count)]
                drawn[0].save(path, save_all=True, append_images=others, **options)
                found, seconds, peak = opened(str(path))
                if found != count:
                    raise SystemExit(f"{found} of {count} pages")
                size = path.stat().st_size / 1e6
                print(
                    f"{name:14} {count:6} {size:8.1f} {1000 * seconds / count:10.0f} {peak:9.0f}", flush=True
                )


if __name__ == "__main__":
    main()
