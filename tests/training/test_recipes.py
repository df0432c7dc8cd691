"""Recipes: what a file keeps comes back; what is misspelt or does not fit is refused by name."""

from __future__ import annotations

import contextlib
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkling.errors import SettingsError, StorageError, UnknownNameError, UsageError
from inkling.networks.build import NetworkSettings
from inkling.training.optimizers import OptimizerSettings
from inkling.training.recipes import (
    RECIPES,
    Recipe,
    override,
    read_settings,
    recipe_from,
    recipe_named,
    write_settings,
)
from inkling.transforms.augment import Augmentation


def test_the_lesson_is_exactly_the_lessons_job() -> None:
    lesson = recipe_named("lesson")
    assert lesson.network == NetworkSettings("perceptron", (128, 64))
    assert lesson.optimizer == OptimizerSettings("sgd", 0.01, "constant")
    assert lesson.optimizer.momentum == lesson.optimizer.weight_decay == 0
    assert (lesson.batch_size, lesson.epochs, lesson.criterion) == (64, 3, "cross-entropy")
    assert (lesson.label_smoothing, lesson.accumulate, lesson.average, lesson.patience) == (0, 1, 0, 0)
    assert not lesson.augmentation


def test_an_unknown_recipe_suggests_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'lesson'"):
        recipe_named("leson")


amount = st.floats(0, 50, allow_subnormal=True)
share = st.floats(0, 1, exclude_max=True)
# Whatever a path may hold but for lone surrogates, which no file in UTF-8 can.
texts = st.text(st.characters(exclude_categories=["Cs"]))
recipes = st.builds(
    Recipe,
    network=st.builds(
        NetworkSettings,
        st.just("perceptron"),
        st.lists(st.integers(1, 4096), min_size=1, max_size=8).map(tuple),
    ),
    augmentation=st.builds(
        Augmentation, shift=amount, rotation=amount, scale=st.floats(0, 0.9), shear=amount, elastic=amount
    ),
    optimizer=st.builds(
        OptimizerSettings,
        st.sampled_from(["sgd", "adam", "adamw"]),
        st.floats(0, 1e30, exclude_min=True),
        st.sampled_from(["linear", "one-cycle"]),
        momentum=share,
        weight_decay=amount,
    ),
    epochs=st.floats(0, 1e5, exclude_min=True),
    batch_size=st.integers(1, 10**9),
    accumulate=st.integers(1, 99),
    criterion=st.sampled_from(["cross-entropy", "mean-squared-error"]),
    label_smoothing=share,
    average=share,
    patience=st.integers(0, 99),
    heldout=st.floats(0, 1, exclude_min=True, exclude_max=True),
    seed=st.integers(0, 2**63 - 1),
    log_every=st.integers(1, 10**6),
    precision=st.sampled_from(["auto", "float32"]),
    compile=st.sampled_from(["auto", "off"]),
    begin=texts,
    lines_per_epoch=st.integers(1, 10**6),
    digits=texts,
    workers=st.integers(0, 64),
)


@given(recipe=recipes, data=texts)
def test_what_is_written_is_read_again(
    recipe: Recipe, data: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("settings") / "settings.toml"
    write_settings(path, recipe, data=data)
    assert read_settings(path) == (recipe, data)


@pytest.mark.parametrize("name", RECIPES)
def test_a_named_recipe_is_read_again(name: str, tmp_path: Path) -> None:
    write_settings(tmp_path / "s.toml", RECIPES[name], data="mnist")
    assert read_settings(tmp_path / "s.toml") == (RECIPES[name], "mnist")


def test_every_setting_is_written_under_its_text(tmp_path: Path) -> None:
    write_settings(tmp_path / "s.toml", Recipe(), data="sample")
    lines = (tmp_path / "s.toml").read_text(encoding="utf-8").splitlines()
    settings = [place for place, line in enumerate(lines) if " = " in line and not line.startswith("#")]
    values = [getattr(Recipe(), field.name) for field in fields(Recipe)]
    groups = [value for value in values if is_dataclass(value)]
    own = len(fields(Recipe)) - len(groups)
    assert len(settings) == 1 + own + sum(len(fields(group)) for group in groups)
    for place in settings:
        assert lines[place - 1].startswith("# "), lines[place]
        assert lines[place - 1].endswith("."), lines[place]


@pytest.mark.parametrize(
    ("text", "recipe", "data"),
    [
        ("", Recipe(), None),
        ("epochs = 5", Recipe(epochs=5.0), None),
        (
            "data = 'mnist'\n[optimizer]\nlearning_rate = 1",
            Recipe(optimizer=OptimizerSettings(learning_rate=1.0)),
            "mnist",
        ),
        ("[network]\nwidths = [8]", Recipe(network=NetworkSettings("convnet", (8,))), None),
    ],
)
def test_what_a_file_leaves_out_has_its_default(
    text: str, recipe: Recipe, data: str | None, tmp_path: Path
) -> None:
    (tmp_path / "s.toml").write_text(text, encoding="utf-8")
    assert read_settings(tmp_path / "s.toml") == (recipe, data)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("epoch = 5", "There is no setting 'epoch'. Did you mean 'epochs'?"),
        ("[optimiser]", "There is no setting 'optimiser'. Did you mean 'optimizer'?"),
        ("[optimizer]\nlearning_rat = 1", "Did you mean 'optimizer.learning_rate'?"),
        ("[optimizer]\nname = 'sdg'", "There is no optimizer 'sdg'. Did you mean 'sgd'?"),
        ("[network]\nname = 'resnet'", "There is no network 'resnet'."),
        ("[network]\nwidths = 5", "network.widths must be a list of numbers, not 5."),
        ("[network]\nwidths = ['a']", "network.widths must be whole numbers"),
        ("network = 'convnet'", "network is a group of settings, not 'convnet'."),
        ("epochs = '5'", "epochs must be a number, not '5'."),
        ("epochs = true", "epochs must be a number, not True."),
        ("epochs = nan", "epochs must be a finite number, not nan."),
        ("epochs = inf", "epochs must be a finite number, not inf."),
        ("epochs = 1" + "0" * 400, "epochs must be a finite number"),
        ("epochs = 0", "epochs must be more than 0"),
        ("epochs = 1979-05-27", "epochs must be a number"),
        ("epochs = [1]", "epochs must be a number, not [1]."),
        ("[epochs]\nx = 1", "epochs must be a number"),
        ("batch_size = 64.0", "batch_size must be a whole number, not 64.0."),
        ("batch_size = 0", "batch_size must be at least 1, not 0."),
        ("batch_size = true", "batch_size must be a whole number"),
        ("accumulate = 0", "accumulate must be at least 1"),
        ("log_every = 0", "log_every must be at least 1"),
        ("criterion = 1", "criterion must be a text, not 1."),
        ("criterion = 'mse'", "There is no criterion 'mse'."),
        ("precision = 'float16'", "There is no precision 'float16'."),
        ("compile = 'yes'", "There is no compile 'yes'."),
        ("label_smoothing = 1", "label_smoothing must be from 0 to below 1, not 1.0."),
        ("average = -0.5", "average must be from 0 to below 1"),
        ("heldout = 1", "heldout must be between 0 and 1, not 1.0."),
        ("patience = -1", "patience must be 0 or more, not -1."),
        ("seed = -1", "seed must be 0 or more"),
        ("seed = 99999999999999999999", "seed must be below 2**63"),
        ("[optimizer]\nnesterov = 1", "optimizer.nesterov must be true or false, not 1."),
        ("[augmentation]\nscale = 2", "augmentation.scale must be at most 0.9"),
        ("data = 5", "data must be a name or a path in quotes, not 5."),
        ("epochs = ", "is not TOML"),
        ("epochs = 1\nepochs = 2", "is not TOML"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_by_name(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        read_settings(path)
    assert str(caught.value).startswith(str(path))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "content", [None, b"\xff\xfe\x00", b"data = '\xe9'"], ids=["missing", "binary", "latin-1"]
)
def test_a_file_that_cannot_be_read_is_refused(content: bytes | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "s.toml").write_bytes(content)
    with pytest.raises(SettingsError):
        read_settings(tmp_path / "s.toml")


def test_a_folder_is_no_settings_file_to_read_or_to_write(tmp_path: Path) -> None:
    with pytest.raises(SettingsError):
        read_settings(tmp_path)
    with pytest.raises(StorageError):
        write_settings(tmp_path, Recipe(), data="mnist")


@pytest.mark.parametrize(
    ("assignments", "changed"),
    [
        ([], {}),
        (["epochs=5"], {"epochs": 5.0}),
        (["epochs=0.5", "epochs=2"], {"epochs": 2.0}),
        (["batch_size=1_000"], {"batch_size": 1000}),
        (["criterion=mean-squared-error"], {"criterion": "mean-squared-error"}),
        (["optimizer.learning_rate=1e-3"], {"optimizer": OptimizerSettings(learning_rate=0.001)}),
        (["network.widths=16,32"], {"network": NetworkSettings("convnet", (16, 32))}),
        (["network.widths=8"], {"network": NetworkSettings("convnet", (8,))}),
        # Settings that only make sense together may come in any order.
        (
            ["optimizer.nesterov=true", "optimizer.momentum=0.9"],
            {"optimizer": OptimizerSettings(momentum=0.9, nesterov=True)},
        ),
        (
            ["network.widths=9,8,7,6", "network.name=perceptron"],
            {"network": NetworkSettings("perceptron", (9, 8, 7, 6))},
        ),
        (["epochs"], "'epochs' is not of the form KEY=VALUE"),
        (["=5"], "'=5' is not of the form KEY=VALUE"),
        ([""], "'' is not of the form KEY=VALUE"),
        (["epochs="], "epochs must be a number, not ''."),
        (["epochs=many"], "epochs must be a number, not 'many'."),
        (["epochs=nan"], "epochs must be a finite number"),
        (["epoch=5"], "Did you mean 'epochs'?"),
        (["epochs.more=5"], "epochs must be a number"),
        (["optimizer=sgd"], "optimizer is a group of settings, not 'sgd'."),
        (["optimizer.=1"], "There is no setting 'optimizer.'"),
        (["optimizer.lr=1"], "There is no setting 'optimizer.lr'"),
        (["optimizer.name=sdg"], "Did you mean 'sgd'?"),
        (["optimizer.nesterov=yes"], "optimizer.nesterov must be true or false, not 'yes'."),
        (["batch_size=1.5"], "batch_size must be a whole number, not 1.5."),
        (["network.widths=8,x"], "network.widths must be whole numbers"),
        (["network.widths="], "network.widths must be whole numbers"),
        (["epochs=2", "epochs.more=5"], "'epochs.more=5' contradicts an assignment before it."),
        (["optimizer.momentum=0.5", "optimizer=sgd"], "'optimizer=sgd' contradicts"),
    ],
)
def test_assignments_change_a_recipe_or_say_why_not(
    assignments: list[str], changed: dict[str, Any] | str
) -> None:
    if isinstance(changed, dict):
        assert override(Recipe(), assignments) == Recipe(**changed)
        return
    with pytest.raises(UsageError) as caught:
        override(Recipe(), assignments)
    assert changed in str(caught.value)


def test_nested_values_change_a_base_and_leave_it_as_it_is() -> None:
    base = recipe_named("quick")
    made = recipe_from({"optimizer": {"learning_rate": 1}, "seed": 3}, base)
    assert (made.optimizer.learning_rate, made.seed, made.optimizer.name) == (1.0, 3, "muon")
    assert base == RECIPES["quick"]


@given(
    st.dictionaries(
        st.sampled_from(["network", "optimizer", "epochs", "seed", "nothing", ""]) | st.text(max_size=5),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.sampled_from(["name", "widths", "momentum", "x"]), inner, max_size=3)
            ),
            max_leaves=6,
        ),
        max_size=3,
    )
)
def test_any_values_at_all_make_a_recipe_or_a_usage_error(values: dict[str, Any]) -> None:
    with contextlib.suppress(UsageError):
        assert isinstance(recipe_from(values), Recipe)
