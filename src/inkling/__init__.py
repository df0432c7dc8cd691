"""Inkling learns to read handwritten numbers, and reads them off paper.

Names are imported when they are first used, so that `import inkling` is quick and `inkling --help`
does not wait for PyTorch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from inkling.datasets.digits import Digits
    from inkling.datasets.lines.folders import FolderLines, Lines, load_lines, split_lines
    from inkling.datasets.lines.hand import Cuttings
    from inkling.datasets.lines.stream import LineBatches, MixedLines, SyntheticLines
    from inkling.datasets.lines.synthesis import draw_line
    from inkling.datasets.load import load_digits
    from inkling.datasets.split import split
    from inkling.documents.limits import Limits
    from inkling.documents.open import open_pages
    from inkling.elements import (
        Alternative,
        Box,
        Character,
        Classification,
        Page,
        PageReadings,
        Quadrilateral,
        Reading,
        Region,
        Unopened,
    )
    from inkling.errors import InklingError
    from inkling.evaluation.line_calibration import calibrate_lines, score_labelled
    from inkling.evaluation.lines import LineEvaluation, evaluate_lines
    from inkling.evaluation.report import Evaluation, evaluate, finish
    from inkling.layout.template import Template, load_template
    from inkling.networks.build import NetworkSettings, build_network
    from inkling.networks.convnet import ConvNet
    from inkling.networks.deepnet import DeepNet
    from inkling.networks.onnx import export_onnx
    from inkling.networks.perceptron import Perceptron
    from inkling.networks.weights import Header, Weights, load_weights, save_weights, shipped_weights
    from inkling.recognition.classify import classify, classify_all
    from inkling.recognition.explain import nearest, saliency
    from inkling.recognition.lines import read_line, read_lines
    from inkling.recognition.read import read, read_page
    from inkling.training.criteria import make_criterion
    from inkling.training.finder import find_learning_rate
    from inkling.training.inspector import Inspection, inspect_step
    from inkling.training.loop import Step, fit
    from inkling.training.material import DigitMaterial, LineMaterial
    from inkling.training.optimizers import SGD, Adam, AdamW, Muon, OptimizerSettings
    from inkling.training.recipes import RECIPES, Recipe
    from inkling.training.run import Progress, run
    from inkling.training.session import Training
    from inkling.transforms.augment import Augmentation
    from inkling.transforms.batches import Batch, ResidentBatches
    from inkling.transforms.normalize import frame, to_input

_ROOMS = {
    "datasets.digits": ("Digits",),
    "datasets.lines.folders": ("FolderLines", "Lines", "load_lines", "split_lines"),
    "datasets.lines.hand": ("Cuttings",),
    "datasets.lines.stream": ("LineBatches", "MixedLines", "SyntheticLines"),
    "datasets.lines.synthesis": ("draw_line",),
    "datasets.load": ("load_digits",),
    "datasets.split": ("split",),
    "documents.limits": ("Limits",),
    "documents.open": ("open_pages",),
    "elements": (
        *("Alternative", "Box", "Character", "Classification", "Page", "PageReadings"),
        *("Quadrilateral", "Reading", "Region", "Unopened"),
    ),
    "errors": ("InklingError",),
    "evaluation.line_calibration": ("calibrate_lines", "score_labelled"),
    "evaluation.lines": ("LineEvaluation", "evaluate_lines"),
    "evaluation.report": ("Evaluation", "evaluate", "finish"),
    "layout.template": ("Template", "load_template"),
    "networks.build": ("NetworkSettings", "build_network"),
    "networks.convnet": ("ConvNet",),
    "networks.deepnet": ("DeepNet",),
    "networks.onnx": ("export_onnx",),
    "networks.perceptron": ("Perceptron",),
    "networks.weights": ("Header", "Weights", "load_weights", "save_weights", "shipped_weights"),
    "recognition.classify": ("classify", "classify_all"),
    "recognition.explain": ("nearest", "saliency"),
    "recognition.lines": ("read_line", "read_lines"),
    "recognition.read": ("read", "read_page"),
    "training.criteria": ("make_criterion",),
    "training.finder": ("find_learning_rate",),
    "training.inspector": ("Inspection", "inspect_step"),
    "training.loop": ("Step", "fit"),
    "training.material": ("DigitMaterial", "LineMaterial"),
    "training.optimizers": ("SGD", "Adam", "AdamW", "Muon", "OptimizerSettings"),
    "training.recipes": ("RECIPES", "Recipe"),
    "training.run": ("Progress", "run"),
    "training.session": ("Training",),
    "transforms.augment": ("Augmentation",),
    "transforms.batches": ("Batch", "ResidentBatches"),
    "transforms.normalize": ("frame", "to_input"),
}
_ROOM_OF = {name: room for room, names in _ROOMS.items() for name in names}

__all__ = [
    "RECIPES",
    "SGD",
    "Adam",
    "AdamW",
    "Alternative",
    "Augmentation",
    "Batch",
    "Box",
    "Character",
    "Classification",
    "ConvNet",
    "Cuttings",
    "DeepNet",
    "DigitMaterial",
    "Digits",
    "Evaluation",
    "FolderLines",
    "Header",
    "InklingError",
    "Inspection",
    "Limits",
    "LineBatches",
    "LineEvaluation",
    "LineMaterial",
    "Lines",
    "MixedLines",
    "Muon",
    "NetworkSettings",
    "OptimizerSettings",
    "Page",
    "PageReadings",
    "Perceptron",
    "Progress",
    "Quadrilateral",
    "Reading",
    "Recipe",
    "Region",
    "ResidentBatches",
    "Step",
    "SyntheticLines",
    "Template",
    "Training",
    "Unopened",
    "Weights",
    "build_network",
    "calibrate_lines",
    "classify",
    "classify_all",
    "draw_line",
    "evaluate",
    "evaluate_lines",
    "export_onnx",
    "find_learning_rate",
    "finish",
    "fit",
    "frame",
    "inspect_step",
    "load_digits",
    "load_lines",
    "load_template",
    "load_weights",
    "make_criterion",
    "nearest",
    "open_pages",
    "read",
    "read_line",
    "read_lines",
    "read_page",
    "run",
    "saliency",
    "save_weights",
    "score_labelled",
    "shipped_weights",
    "split",
    "split_lines",
    "to_input",
]


def __getattr__(name: str) -> Any:
    if name not in _ROOM_OF:
        raise AttributeError(f"module 'inkling' has no attribute '{name}'")
    value = getattr(importlib.import_module(f"inkling.{_ROOM_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
