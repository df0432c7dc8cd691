"""Training on the boxes of combs, which are drawn before it begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inkling.cli.job import Job

if TYPE_CHECKING:
    from inkling.training.recipes import Recipe

_HELDOUT_COMBS = 3_000


def box_job(recipe: Recipe, data: str) -> Job:
    """Boxes in which digits were written, or which were left empty or crossed out.

    Those held out hold other digits, and are of another series.
    """
    from inkling.cli.train_digits import conclude
    from inkling.cli.train_lines import OTHER_SERIES, cuttings_of
    from inkling.datasets.lines.boxes import draw_boxes
    from inkling.datasets.load import load_digits
    from inkling.datasets.split import split
    from inkling.training.material import DigitMaterial

    digits = load_digits(data, split="train")
    of_learned, of_heldout = (cuttings_of(part) for part in split(digits, recipe.heldout, seed=recipe.seed))
    learned = draw_boxes(
        of_learned, name=digits.name, seed=recipe.seed, combs=recipe.combs, workers=recipe.workers
    )
    heldout = draw_boxes(
        of_heldout,
        name=digits.name,
        seed=recipe.seed + OTHER_SERIES,
        combs=_HELDOUT_COMBS,
        workers=recipe.workers,
    )
    command = "python benchmarks/comb_accuracy.py"
    return Job(
        DigitMaterial(learned.images, learned.targets, len(learned.alphabet)),
        (heldout.images, heldout.targets),
        digits.name,
        f"{len(learned):,} drawn boxes to learn from, {len(heldout):,} of other digits held out",
        lambda training, folder: conclude(training, learned, heldout, folder, command),
    )
