"""Drawings show what they are given: read back from the figures' own data."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image
from trained_network import DIGITS, Trained

from inkling.evaluation.calibration import risk_at_coverage, risk_coverage
from inkling.evaluation.drawing import (
    draw_confusion,
    draw_curves,
    draw_first_layer,
    draw_inspection,
    draw_mistakes,
    draw_neighbours,
    draw_predictions,
    draw_rate_search,
    draw_reliability,
    draw_report,
    draw_risk_coverage,
    draw_saliency,
    save_figure,
)
from inkling.evaluation.report import evaluate
from inkling.networks.build import NetworkSettings, build_network
from inkling.networks.weights import Header, Weights
from inkling.training.criteria import cross_entropy
from inkling.training.finder import RateSearch
from inkling.training.inspector import Inspection, inspect_step
from inkling.training.optimizers import OptimizerSettings
from inkling.transforms.normalize import to_input

METRICS = [
    {
        "step": 10,
        "loss": 2.0,
        "learning_rate": 0.1,
        "gradient": {"fc1.weight": 0.02, "fc1.bias": 0.1},
        "update_share": {"fc1.weight": 0.001, "fc1.bias": 0.0},
    },
    {
        "step": 20,
        "loss": 1.0,
        "learning_rate": 0.05,
        "gradient": {"fc1.weight": 0.01, "fc1.bias": 0.1},
        "update_share": {"fc1.weight": 0.0, "fc1.bias": 0.0},
    },
    {"step": 20, "heldout_loss": 0.9, "heldout_accuracy": 0.8125},
]


def texts(figure: Figure) -> list[str]:
    found = [text.get_text() for text in figure.texts]
    for axes in figure.axes:
        found += [text.get_text() for text in axes.texts] + [axes.get_title(loc="left")]
    return found


def images_of(figure: Figure) -> list[np.ndarray]:
    return [np.asarray(image.get_array().filled(np.nan)) for axes in figure.axes for image in axes.images]


def legend(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.axes[0].get_legend().get_texts()]


def titled(figure: Figure, title: str) -> Axes:
    return next(axes for axes in figure.axes if axes.get_title(loc="left").startswith(title))


def test_curves_show_every_figure_of_the_metrics() -> None:
    figure = draw_curves(METRICS)
    training, heldout = titled(figure, "Loss").lines
    assert training.get_xydata().tolist() == [[10, 2.0], [20, 1.0]]
    assert heldout.get_xydata().tolist() == [[20, 0.9]]
    assert titled(figure, "Held-out accuracy").lines[0].get_xydata().tolist() == [[20, 81.25]]
    assert titled(figure, "Learning rate").lines[0].get_ydata().tolist() == [0.1, 0.05]
    (gradient,) = titled(figure, "Gradient").lines
    assert gradient.get_ydata().tolist() == [0.02, 0.01]
    assert titled(figure, "Gradient").get_yscale() == "log"
    assert "20 steps; 81.25 % of the held-out pictures recognised at the end" in texts(figure)


@pytest.mark.parametrize("kept", [0.125, 0.8125, 1.0])
def test_the_curves_speak_of_the_weights_kept_where_these_were_measured(kept: float) -> None:
    figure = draw_curves(METRICS, kept=kept)
    said = f"20 steps; {100 * kept:.2f} % of the held-out pictures recognised by the weights kept"
    assert said in texts(figure)
    axes = titled(figure, "Held-out accuracy")
    measured, level = axes.lines
    assert measured.get_xydata().tolist() == [[20, 81.25]]
    assert set(level.get_ydata()) == {100 * kept}
    (label,) = axes.texts
    assert label.get_text() == f"{100 * kept:.2f} % kept"
    assert (label.xyann[1] < 0) == (kept == 1), "not over the title"
    low, high = axes.get_ylim()
    assert low < 100 * kept <= high == 100


def test_an_update_of_nothing_leaves_a_gap_on_the_logarithmic_scale() -> None:
    (share,) = titled(draw_curves(METRICS), "Update").lines
    assert share.get_ydata()[0] == 0.001
    assert math.isnan(share.get_ydata()[1])


def test_curves_without_layers_or_held_out_figures_are_drawn_all_the_same(tmp_path: Path) -> None:
    figure = draw_curves([{"step": 1, "loss": 2.0, "learning_rate": 0.1}])
    assert len(figure.axes) == 3
    assert "not measured" in texts(figure)
    save_figure(figure, tmp_path / "curves.png")


def test_the_confusion_shows_every_count_and_colours_only_mistakes(trained: Trained) -> None:
    evaluation = trained.evaluation
    figure = draw_confusion(evaluation, title="A title")
    (colours,) = images_of(figure)
    assert (np.diagonal(colours) == 0).all()
    mistakes = evaluation.confusion - np.diag(np.diagonal(evaluation.confusion))
    assert ((colours > 0) == (mistakes > 0)).all()
    written = texts(figure)
    assert "A title" in written
    for row, column in zip(*np.nonzero(evaluation.confusion), strict=True):
        there = [t.get_text() for t in figure.axes[0].texts if t.get_position() == (column + 0.5, row + 0.5)]
        assert there == [str(evaluation.confusion[row, column])]
    for pair in evaluation.confused:
        assert f"{pair.true} → {pair.predicted}" in written
    lengths = [bar.get_width() for bar in figure.axes[1].patches]
    most = evaluation.confused[0].count
    assert lengths == [pair.count / most for pair in evaluation.confused]


def test_each_mistake_stands_on_the_sheet_with_its_class_its_answer_and_its_confidence(
    trained: Trained,
) -> None:
    figure = draw_mistakes(trained.images, trained.evaluation, most=7)
    (drawn,) = images_of(figure)
    written = texts(figure)
    for number, mistake in enumerate(trained.evaluation.mistakes[:7]):
        top, left = number // 5 * 35, number % 5 * 35
        assert (drawn[top : top + 28, left : left + 28] == trained.images[mistake.index]).all()
        assert f"{mistake.true} → {mistake.predicted}" in written
        assert f"{100 * mistake.confidence:.0f} %" in written


def test_a_perfect_network_gets_pictures_that_say_so(trained: Trained, tmp_path: Path) -> None:
    right = np.flatnonzero(trained.evaluation.predicted == trained.targets)[:20]
    images = trained.images[right]
    perfect = evaluate(trained.weights, images, trained.targets[right], name="easy")
    assert "No mistakes" in texts(draw_mistakes(images, perfect))
    assert "none" in texts(draw_confusion(perfect))
    paths = draw_report(tmp_path, evaluation=perfect, images=images, network=trained.weights.network)
    assert len(paths) == 6


def test_the_reliability_shows_both_curves_and_both_errors(trained: Trained) -> None:
    before, after = trained.evaluation.uncalibrated.reliability, trained.evaluation.calibrated.reliability
    figure = draw_reliability(before, after, 0.123, 0.045)
    curves = [container.lines[0] for container in figure.axes[0].containers]
    for line, bins in zip(curves, (before, after), strict=True):
        assert line.get_ydata() == pytest.approx(100 * bins.accuracy[bins.count > 0])
    assert legend(figure) == [
        "as the network says it: calibration error 12.30 %",
        "after temperature: calibration error 4.50 %",
    ]
    named = draw_reliability(before, after, 0.123, 0.045, calibrated="by a curve")
    assert legend(named)[1] == "by a curve: calibration error 4.50 %"
    heights = figure.axes[1].patches[0].get_data().values
    assert heights.tolist() == np.maximum(after.count, 0.5).tolist()


def test_the_risk_is_drawn_over_the_coverage_and_marked_where_it_is_stated() -> None:
    random = np.random.default_rng(0)
    confidences = random.random(500)
    curve = risk_coverage(confidences, random.random(500) < confidences)
    figure = draw_risk_coverage(curve)
    line = figure.axes[0].lines[0]
    assert line.get_xdata() == pytest.approx(100 * curve.coverage)
    assert line.get_ydata() == pytest.approx(100 * curve.risk)
    assert f"{100 * risk_at_coverage(curve, 0.9):.2f} % of 90 %" in texts(figure)


def test_the_marks_of_the_risk_stand_on_its_line() -> None:
    confidences = np.linspace(0.9, 0.1, 12)
    curve = risk_coverage(confidences, np.arange(12) % 4 != 2)
    line, *marks = draw_risk_coverage(curve).axes[0].lines
    points = {(float(x), float(y)) for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True)}
    assert len(marks) >= 2
    assert {(float(mark.get_xdata()[0]), float(mark.get_ydata()[0])) for mark in marks} <= points


def test_bars_are_as_long_as_the_probabilities(trained: Trained) -> None:
    probabilities = trained.evaluation.probabilities[:3]
    figure = draw_predictions(trained.images[:3], probabilities, DIGITS)
    assert len(images_of(figure)) == 3
    for number in range(3):
        assert (images_of(figure)[number] == trained.images[number]).all()
        bars = figure.axes[2 * number + 1].patches[10:]  # the first ten are the pale full lengths
        assert [bar.get_width() for bar in bars] == pytest.approx(probabilities[number].tolist())


def test_a_wrong_answer_says_what_it_is_and_more_than_eight_pictures_are_cut(trained: Trained) -> None:
    probabilities = np.tile(np.eye(10)[4], (9, 1))
    figure = draw_predictions(trained.images[:9], probabilities, DIGITS, labels=["9"] + ["4"] * 8)
    written = texts(figure)
    assert written.count("4, but it is 9") == 1
    assert len(images_of(figure)) == 8
    assert "100.0 %" in written


def test_what_is_not_quite_certain_does_not_claim_to_be(trained: Trained) -> None:
    almost = np.array([[0.99999, 0.00001] + [0.0] * 8])
    assert "> 99.9 %" in texts(draw_predictions(trained.images[:1], almost, DIGITS))


def test_of_many_classes_the_ten_most_probable_are_shown(trained: Trained) -> None:
    names = [f"c{number}" for number in range(47)]
    probabilities = np.arange(47)[None] / np.arange(47).sum()
    figure = draw_predictions(trained.images[:1], probabilities, names)
    shown = [text for text in texts(figure) if text in names and text != "c46"]
    assert shown == [f"c{number}" for number in range(45, 36, -1)]


@pytest.mark.parametrize(
    ("settings", "size", "count"),
    [
        (NetworkSettings("perceptron", (20,)), (28, 28), 20),
        (NetworkSettings("convnet", (8, 8)), (6, 6), 8),
        (NetworkSettings("deepnet", (8, 8, 8)), (5, 5), 8),
    ],
    ids=["perceptron", "convnet", "deepnet"],
)
def test_the_first_layer_is_drawn_as_it_lies_on_the_page(
    settings: NetworkSettings, size: tuple[int, int], count: int
) -> None:
    network = build_network(settings)
    figure = draw_first_layer(network)
    drawn = images_of(figure)[0]
    weights = next(p for p in network.parameters() if p.ndim > 1).detach().numpy()
    assert np.isfinite(drawn).sum() == count * size[0] * size[1] == weights.size
    assert np.sort(drawn[np.isfinite(drawn)]) == pytest.approx(np.sort(weights.ravel()))
    assert any(f"all {count}, {size[0]} × {size[1]} pixels" in text for text in texts(figure))
    low, high = figure.axes[0].images[0].get_clim()
    assert -low == high > 0


def test_a_folded_kernel_is_unfolded_to_what_it_computes_on_the_page() -> None:
    """The drawn kernel, slid over the page in steps of two, gives what the network's does."""
    network = build_network(NetworkSettings("convnet", (1,)))
    kernel = torch.from_numpy(images_of(draw_first_layer(network))[0][:6, :6]).float()[None, None]
    page = torch.rand(1, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    slid = torch.nn.functional.conv2d(page, kernel, stride=2, padding=2)
    computed = network.blocks[0].conv(network.fold(page))
    assert torch.allclose(slid, computed, atol=1e-5)


def inspection_of(trained: Trained, parameter: str) -> Inspection:
    return inspect_step(
        trained.weights.network,
        to_input(torch.from_numpy(trained.images[:16])),
        torch.from_numpy(trained.targets[:16]),
        criterion=cross_entropy,
        optimizer=OptimizerSettings("sgd", 0.1),
        parameter=parameter,
    )


def test_an_inspection_shows_the_weights_the_gradient_and_the_sums(trained: Trained) -> None:
    inspection = inspection_of(trained, "logits.weight")
    figure = draw_inspection(inspection)
    for title, values in (
        ("weights before", inspection.before),
        ("gradient", inspection.gradient),
        ("change", inspection.after - inspection.before),
        ("weights after", inspection.after),
    ):
        shown = titled(figure, title).images[0].get_array().filled(np.nan)
        assert shown == pytest.approx(values, abs=1e-7)
    norms = [bar.get_height() for bar in titled(figure, "norm of the sum").patches]
    one = float(np.linalg.norm(inspection.gradient))
    assert norms == pytest.approx([one, 2 * one, 3 * one, 4 * one], rel=1e-3)
    assert sum("×" in axes.get_title() for axes in figure.axes) == 4


def test_the_first_layer_is_inspected_as_four_maps_of_the_page(trained: Trained) -> None:
    inspection = inspection_of(trained, "fc1.weight")
    shown = titled(draw_inspection(inspection), "weights before").images[0].get_array().filled(np.nan)
    maps = inspection.before[:4].reshape(4, 28, 28)
    assert (shown[:28, :28] == maps[0]).all()
    assert (shown[30:, 30:] == maps[3]).all()


@pytest.mark.parametrize("parameter", ["fc1.bias", "logits.weight", "logits.bias"])
def test_any_parameter_can_be_inspected(trained: Trained, parameter: str, tmp_path: Path) -> None:
    path = save_figure(draw_inspection(inspection_of(trained, parameter)), tmp_path / "inspection.png")
    with Image.open(path) as picture:
        assert picture.size == (1210, 781)


def test_the_rate_search_marks_its_suggestion() -> None:
    search = RateSearch(np.geomspace(1e-4, 1, 5), np.array([2.3, 2.2, 1.0, 0.5, 4.0]), 0.01)
    axes = draw_rate_search(search).axes[0]
    assert axes.get_xscale() == "log"
    assert axes.lines[0].get_ydata().tolist() == search.losses.tolist()
    assert axes.lines[1].get_xydata().tolist() == [[pytest.approx(0.1), 0.5]]
    assert axes.lines[2].get_xdata() == [0.01, 0.01]


def test_saliency_is_shown_alone_and_over_the_picture(trained: Trained) -> None:
    weights = np.linspace(-1, 2, 784).reshape(28, 28)
    picture, alone, pale, over = images_of(draw_saliency(trained.images[0], weights, label="7"))
    assert (picture == trained.images[0]).all()
    assert (alone == weights).all()
    assert (over == weights).all()
    assert pale.max() < 0.5 * picture.max()
    assert "Why 7?" in texts(draw_saliency(trained.images[0], np.zeros((28, 28)), label="7"))


def test_neighbours_stand_in_order_with_label_and_distance(trained: Trained) -> None:
    figure = draw_neighbours(
        trained.images[0], trained.images[1:4], labels=["3", "5", "8"], distances=[0.5, 1.25, 2.0]
    )
    asked, drawn = images_of(figure)
    assert (asked == trained.images[0]).all()
    for number in range(3):
        assert (drawn[:28, 32 * number : 32 * number + 28] == trained.images[number + 1]).all()
    below = [text.get_text() for text in figure.axes[1].texts]
    assert below == ["3", "0.50", "5", "1.25", "8", "2.00"]


def test_the_report_is_seven_pictures(trained: Trained, tmp_path: Path) -> None:
    paths = draw_report(
        tmp_path / "new",
        evaluation=trained.evaluation,
        images=trained.images,
        network=trained.weights.network,
        metrics=METRICS,
    )
    names = ["curves", "confusion", "mistakes", "reliability", "risk-coverage", "predictions", "first-layer"]
    assert [path.name for path in paths] == [f"{name}.png" for name in names]
    assert sorted((tmp_path / "new").iterdir()) == sorted(paths)
    for path in paths:
        with Image.open(path) as picture:
            assert picture.format == "PNG"
            grey = np.asarray(picture.convert("L"))
        assert grey.max() == 255
        assert (grey < 100).mean() > 0.001  # something is written on the paper


@pytest.mark.parametrize(
    ("count", "alphabet"), [(1, DIGITS), (3, DIGITS), (20, tuple(f"class {n}" for n in range(47)))]
)
def test_small_sets_and_large_alphabets_are_drawn_too(
    trained: Trained, tmp_path: Path, count: int, alphabet: tuple[str, ...]
) -> None:
    settings = NetworkSettings("perceptron", (8,))
    network = build_network(settings, classes=len(alphabet)).eval()
    images, targets = trained.images[:count], trained.targets[:count]
    evaluation = evaluate(Weights(network, Header(settings, alphabet)), images, targets, name="few")
    paths = draw_report(tmp_path, evaluation=evaluation, images=images, network=network)
    assert [path.exists() for path in paths] == [True] * 6
    (colours,) = images_of(draw_confusion(evaluation))
    assert colours.shape == (len(alphabet), len(alphabet))


def test_evaluating_imports_no_matplotlib_and_drawing_no_pyplot() -> None:
    script = (
        "import sys, inkling.evaluation.drawing, inkling.evaluation.report as _\n"
        "assert 'matplotlib' not in sys.modules\n"
        "inkling.evaluation.drawing.draw_curves([{'step': 1, 'loss': 1.0, 'learning_rate': 1.0}])\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
