"""Trains on real digits, shows what was learned, and reads a form: what `make demo` runs.

Everything is offline: the digits are 5,000 of MNIST's that come with a package, and the form is drawn from
them (see tally/make_tally.py).
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from rich.console import Console

import inkling
from inkling.training.recipes import read_settings
from inkling.training.run import SETTINGS, WEIGHTS

TALLY = Path(__file__).parent / "tally"

console = Console(highlight=False, soft_wrap=True)


def command(*words: str) -> None:
    """Show a command, and run it."""
    console.print(f"\n[bold cyan]$ inkling {' '.join(words)}[/bold cyan]")
    subprocess.run([sys.executable, "-m", "inkling.cli.app", *words], check=True)


def heldout_pictures(run: Path, wanted: str) -> list[Path]:
    """Write held-out pictures of the digits wanted, dark on light and enlarged, as a scanner would."""
    recipe, _ = read_settings(run / SETTINGS)
    _, heldout = inkling.split(inkling.load_digits("sample"), recipe.heldout, seed=recipe.seed)
    folder = run / "held-out"
    folder.mkdir(exist_ok=True)
    paths = []
    for digit in wanted:
        place = list(heldout.targets).index(int(digit))
        path = folder / f"{digit}.png"
        Image.fromarray(255 - heldout.images[place]).resize((112, 112), Image.Resampling.BICUBIC).save(path)
        paths.append(path)
    return paths


def main() -> None:
    """Train, evaluate, classify; then read a form with the weights in the box."""
    runs = Path("runs")
    runs.mkdir(exist_ok=True)
    run = Path(tempfile.mkdtemp(prefix="demo-", dir=runs))
    weights = str(run / WEIGHTS)
    command("train", "quick", "heldout=0.2", "--data", "sample", "--run", str(run))
    pictures = [str(path) for path in heldout_pictures(run, "623")]
    drawn = str(run / "six-two-three.png")
    command("classify", *pictures, "--weights", weights, "--plot", drawn)
    command("inspect", weights, "--plot", str(run / "one-training-pass.png"))
    sheet, seen = TALLY / "filled-2.jpg", str(run / "tally-sheet.png")
    command("read", str(sheet), "--form", str(TALLY / "template.yaml"), "--plot", seen)
    console.print(f"\n[bold]All of it is in {run}[/bold]")
    console.print(f"  the network          {weights}")
    console.print(f"  how it learned       {run / 'curves.png'}, and metrics.jsonl for programs")
    console.print(f"  what it confuses     {run / 'confusion.png'}, {run / 'mistakes.png'}")
    console.print(f"  a six, a two, a three  {drawn}")
    console.print(f"  the tally sheet      {seen}, beside {sheet}")
    console.print("Next: [bold]inkling classify[/bold] a picture of your own; [bold]inkling --help[/bold]")


if __name__ == "__main__":
    main()
