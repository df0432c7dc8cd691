"""Recipes: everything that a person chooses of a training, and the file it is kept in."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_type_hints

from inkling.errors import SettingsError, UnknownNameError
from inkling.networks.build import LINE_READERS, NetworkSettings
from inkling.networks.weights import write_whole
from inkling.training.criteria import LINE_CRITERIA, make_criterion
from inkling.training.devices import PRECISIONS
from inkling.training.optimizers import OptimizerSettings
from inkling.transforms.augment import Augmentation


@dataclass(frozen=True, slots=True)
class Recipe:
    """One training, but for its data, its device and its folder."""

    network: NetworkSettings = field(default_factory=NetworkSettings)
    """Which network."""
    augmentation: Augmentation = field(default_factory=Augmentation)
    """How pictures are changed while training."""
    optimizer: OptimizerSettings = field(default_factory=OptimizerSettings)
    """How gradients become updates."""
    epochs: float = 1.0
    """Passes over the training pictures."""
    least_steps: int = 0
    """Steps at least: a small set is passed over more often than `epochs` says."""
    batch_size: int = 64
    """Pictures a step, over all processes together."""
    accumulate: int = 1
    """Steps whose gradients make one update."""
    criterion: str = "cross-entropy"
    """`cross-entropy`, `negative-log-likelihood` or `mean-squared-error`; of lines, `ctc`."""
    label_smoothing: float = 0.0
    """Part of the label spread over all classes."""
    average: float = 0.0
    """Decay of the running mean of the weights, at every fourth step (0: none is kept)."""
    patience: int = 0
    """Epochs without a lower held-out loss before training stops (0: never)."""
    heldout: float = 0.1
    """Part of the training pictures that is held out."""
    seed: int = 0
    """Of the weights, the order, the augmentation and the held-out part."""
    log_every: int = 40
    """Steps between two figures of the running loss."""
    precision: str = "auto"
    """`float32`, `bfloat16`, or `auto`: bfloat16 where the hardware has it and the network gains."""
    compile: str = "auto"
    """`on`, `off`, or `auto`: on a GPU, for trainings long enough to win the compilation back."""
    begin: str = ""
    """A weights file that the network begins with; empty for fresh weights."""
    keep: float = 0.0
    """Part of the weights that it began with in those that it ends with (0: none)."""
    lines_per_epoch: int = 25_600
    """Lines that count as an epoch, since a series of them has no end."""
    digits: str = "sample"
    """Name or path of the digits that lines are made up of, to be mixed with a folder's lines."""
    combs: int = 100_000
    """Combs whose boxes a box reader learns from, drawn before it begins."""
    workers: int = 1
    """Processes that draw lines or boxes (0: the one that learns draws them)."""

    def __post_init__(self) -> None:
        self._check_kind()
        make_criterion(self.criterion, label_smoothing=self.label_smoothing)
        for name, known in (("precision", PRECISIONS), ("compile", ("auto", "off", "on"))):
            if getattr(self, name) not in known:
                raise UnknownNameError(name, getattr(self, name), known)
        if not 0 < self.epochs <= 100_000:
            raise SettingsError(f"epochs must be more than 0, not {self.epochs}.")
        for name in ("batch_size", "accumulate", "log_every", "lines_per_epoch", "combs"):
            if getattr(self, name) < 1:
                raise SettingsError(f"{name} must be at least 1, not {getattr(self, name)}.")
        for name in ("label_smoothing", "average", "keep"):
            if not 0 <= getattr(self, name) < 1:
                raise SettingsError(f"{name} must be from 0 to below 1, not {getattr(self, name)}.")
        if not 0 < self.heldout < 1:
            raise SettingsError(f"heldout must be between 0 and 1, not {self.heldout}.")
        for name in ("least_steps", "patience", "seed", "workers"):
            if getattr(self, name) < 0:
                raise SettingsError(f"{name} must be 0 or more, not {getattr(self, name)}.")
        if self.seed >= 2**63:
            raise SettingsError(f"seed must be below 2**63, not {self.seed}.")

    def _check_kind(self) -> None:
        """What is of digits and what is of lines does not mix; nothing is kept of what was not there."""
        if self.keep and not self.begin:
            raise SettingsError("keep is of the weights that the network begins with; name them: begin=FILE.")
        name = self.network.name
        lines = name in LINE_READERS
        if lines != (self.criterion in LINE_CRITERIA):
            right = "ctc" if lines else "cross-entropy"
            raise SettingsError(
                f"criterion={self.criterion} does not fit a {name}.",
                remedy=f"Use criterion={right}, or begin with the recipe {'lines' if lines else 'quick'}.",
            )
        if lines and self.augmentation:
            raise SettingsError(f"augmentation is of digits; the lines of a {name} differ anyway.")


RECIPES: dict[str, Recipe] = {
    # The lesson's exact job: its network, its optimizer, its batches, its three epochs.
    "lesson": Recipe(
        network=NetworkSettings("perceptron", (128, 64)),
        optimizer=OptimizerSettings("sgd", 0.01),
        epochs=3.0,
        batch_size=64,
    ),
    # Seconds: one epoch of the small convnet.
    "quick": Recipe(
        network=NetworkSettings("convnet", (32, 64, 128)),
        augmentation=Augmentation(shift=1.0),
        optimizer=OptimizerSettings("muon", 0.1, "linear"),
        epochs=1.0,
        least_steps=200,
        batch_size=256,
        label_smoothing=0.05,
    ),
    # Accuracy: many epochs of the larger network on pictures changed anew each time.
    "best": Recipe(
        network=NetworkSettings("deepnet", (32, 64, 128)),
        augmentation=Augmentation(shift=1.5, rotation=12, scale=0.15, shear=0.2, elastic=0.3, stroke=0.4),
        optimizer=OptimizerSettings("muon", 0.05, "linear"),
        epochs=24.0,
        batch_size=256,
        label_smoothing=0.05,
        average=0.995,
        heldout=0.05,
        log_every=200,
    ),
    # A line reader, on lines that are made up of digits and strokes and never come again.
    "lines": Recipe(
        network=NetworkSettings("line-reader", (48, 96, 192)),
        optimizer=OptimizerSettings("muon", 0.025, "linear"),
        epochs=80.0,
        batch_size=64,
        criterion="ctc",
        average=0.995,
        heldout=0.05,
        log_every=100,
    ),
    # A reader of the boxes of combs, which are drawn before it begins.
    "boxes": Recipe(
        network=NetworkSettings("box-reader", (16, 32, 64)),
        augmentation=Augmentation(shift=1.0, rotation=5, scale=0.08, shear=0.1),
        optimizer=OptimizerSettings("muon", 0.05, "linear"),
        epochs=4.0,
        batch_size=256,
        average=0.995,
        heldout=0.05,
        log_every=200,
        workers=2,
    ),
    # A line reader that reads already, on a folder of labelled pictures mixed with made-up lines.
    "fine-tune": Recipe(
        network=NetworkSettings("line-reader", (48, 96, 192)),
        optimizer=OptimizerSettings("muon", 0.02, "linear"),
        epochs=30.0,
        batch_size=64,
        criterion="ctc",
        average=0.98,
        patience=10,
        heldout=0.2,
        log_every=10,
        lines_per_epoch=2_560,
    ),
}


def recipe_named(name: str) -> Recipe:
    """A recipe by name.

    Raises:
        UnknownNameError: No such recipe.
    """
    if name not in RECIPES:
        raise UnknownNameError("recipe", name, RECIPES)
    return RECIPES[name]


def write_settings(path: Path, recipe: Recipe, *, data: str) -> None:
    """Write a recipe, with the text of each setting above it.

    Args:
        path: A `.toml` file.
        recipe: What to write.
        data: Name or path of the data it is for.

    Raises:
        StorageError: The file cannot be written.
    """
    lines = [
        "# What this run was asked for. Use it again: inkling train --settings THIS_FILE",
        "",
        "# Name or path of the data.",
        f"data = {_toml_value(data)}",
        *_toml_lines(recipe),
    ]
    write_whole(path, ("\n".join(lines) + "\n").encode())


def read_settings(path: Path) -> tuple[Recipe, str | None]:
    """Read a settings file; what it leaves out has its default.

    Returns:
        The recipe, and the name or path of the data if the file says one.

    Raises:
        SettingsError: Not TOML, a misspelt key, or a value that does not fit; says which.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise SettingsError(f"{path} cannot be read: {problem.strerror}.", remedy="Check the path.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise SettingsError(f"{path} is not TOML: {problem}.") from None
    data = raw.pop("data", None)
    if data is not None and not isinstance(data, str):
        raise SettingsError(f"{path}: data must be a name or a path in quotes, not {data!r}.")
    try:
        return recipe_from(raw), data
    except SettingsError as problem:
        raise SettingsError(f"{path}: {problem.message}", remedy=problem.remedy) from None
    except UnknownNameError as problem:
        raise SettingsError(f"{path}: {problem.message}", remedy=problem.remedy) from None


def recipe_from(values: Mapping[str, Any], base: Recipe | None = None) -> Recipe:
    """A recipe from nested values, such as a settings file holds.

    Args:
        values: Keys as in `Recipe`; those of `network`, `augmentation` and `optimizer` nested.
        base: What is left out is taken from here.

    Raises:
        SettingsError: An unknown key or a value of the wrong type or range.
    """
    return _build(Recipe if base is None else base, values, "")


def override(recipe: Recipe, assignments: list[str]) -> Recipe:
    """Change a recipe by `KEY=VALUE`, as on the command line.

    Args:
        recipe: Left as it is.
        assignments: Such as `epochs=5`, `optimizer.learning_rate=0.1`, `network.widths=32,64`.

    Raises:
        SettingsError: Not of that form, an unknown key, or a value that does not fit.
    """
    values: dict[str, Any] = {}
    for assignment in assignments:
        key, equals, text = assignment.partition("=")
        if not equals or not key:
            raise SettingsError(f"'{assignment}' is not of the form KEY=VALUE, such as epochs=5.")
        value: Any = text
        if key == "network.widths":
            value = [_number(part) for part in text.split(",")]
        elif text in ("true", "false"):
            value = text == "true"
        else:
            value = _number(text)
        *outer, last = key.split(".")
        group: Any = values
        for name in outer:
            group = group.setdefault(name, {}) if isinstance(group, dict) else group
        if not isinstance(group, dict) or isinstance(group.get(last), dict):
            raise SettingsError(f"'{assignment}' contradicts an assignment before it.")
        group[last] = value
    # All at once, since some settings only make sense together.
    return recipe_from(values, recipe)


def _number(text: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _toml_lines(settings: Any, table: str = "") -> list[str]:
    texts = _field_texts(type(settings))  # type: ignore[arg-type]
    lines: list[str] = [] if not table else ["", f"[{table}]"]
    tables: list[str] = []
    for item in dataclasses.fields(settings):
        value = getattr(settings, item.name)
        if dataclasses.is_dataclass(value):
            tables += _toml_lines(value, item.name)
            continue
        written = list(value) if isinstance(value, tuple) else value
        lines += ["", f"# {texts[item.name]}", f"{item.name} = {_toml_value(written)}"]
    return lines + tables


def _toml_value(value: Any) -> str:
    """Write a value as TOML, which is JSON's way but for two characters."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


@functools.cache
def _field_texts(kind: type) -> dict[str, str]:
    """The string under each field of a dataclass, read from its source."""
    import ast
    import inspect
    import textwrap

    body = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]
    assert isinstance(body, ast.ClassDef)
    texts: dict[str, str] = {}
    for field_node, text_node in zip(body.body, body.body[1:], strict=False):
        if isinstance(field_node, ast.AnnAssign) and isinstance(text_node, ast.Expr):
            assert isinstance(field_node.target, ast.Name)
            texts[field_node.target.id] = " ".join(ast.literal_eval(text_node.value).split())
    return texts


def _build(base: Any, values: Mapping[str, Any], prefix: str) -> Any:
    """Make a dataclass from values over `base`, an instance or a class with defaults."""
    base = base() if isinstance(base, type) else base
    hints = get_type_hints(type(base))
    changes: dict[str, Any] = {}
    for key, value in values.items():
        if key not in hints:
            unknown = UnknownNameError("setting", f"{prefix}{key}", [f"{prefix}{name}" for name in hints])
            raise SettingsError(unknown.message, remedy=unknown.remedy)
        current = getattr(base, key)
        if dataclasses.is_dataclass(current):
            if not isinstance(value, Mapping):
                raise SettingsError(f"{prefix}{key} is a group of settings, not {value!r}.")
            changes[key] = _build(current, value, f"{prefix}{key}.")
        else:
            changes[key] = _coerce(value, current, f"{prefix}{key}")
    return dataclasses.replace(base, **changes)


def _coerce(value: Any, current: Any, key: str) -> Any:
    """The value in the type of the one it replaces, if it is of that kind."""
    kind = type(current)
    if kind is tuple:
        if isinstance(value, list):
            return tuple(value)
        raise SettingsError(f"{key} must be a list of numbers, not {value!r}.")
    if kind is float and isinstance(value, (int, float)) and not isinstance(value, bool):
        with contextlib.suppress(OverflowError):  # a whole number may be too large for a float
            if math.isfinite(value):
                return float(value)
        raise SettingsError(f"{key} must be a finite number, not {value!r}.")
    if type(value) is kind:
        return value
    kinds = {float: "a number", int: "a whole number", str: "a text", bool: "true or false"}
    raise SettingsError(f"{key} must be {kinds[kind]}, not {value!r}.")
