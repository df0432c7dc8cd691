"""Lines and boxes of printed characters, and readers that know these and nothing else."""

from __future__ import annotations

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from inkling.datasets.lines.writing import BOX_ALPHABET, LINE_ALPHABET
from inkling.networks.build import NetworkSettings, build_network
from inkling.networks.linereader import PIXELS_PER_FRAME
from inkling.networks.weights import Header, Weights
from inkling.transforms.boxes import frame_box
from inkling.transforms.lines import LINE_HEIGHT, PAPER, frame_with_place, to_line_input
from inkling.transforms.normalize import to_input

HEIGHT, STEP = 40, 24
"""Pixels that a printed line is high, and from one of its characters to the next."""

DIGITS = "0123456789"
PRINTED = DIGITS + ".-"
"""A text wants one digit at least: a line is framed by its height."""
CROSSED_OUT = "X"
"""Printed as a block of ink; the reader has learned to call it by the mark `crossed out`."""


def print_line(text: str, *, left: int = STEP, right: int = STEP, ink: int = 20) -> NDArray[np.uint8]:
    """A picture, uint8 (40, W), of characters of `PRINTED`, of `CROSSED_OUT` and of spaces."""
    picture = np.full((HEIGHT, left + STEP * len(text) + right), 235, np.uint8)
    for place, character in enumerate(text):
        corner = left + STEP * place
        if character == CROSSED_OUT:
            picture[12:32, corner + 2 : corner + STEP - 2] = ink
        else:
            at = (corner + 3, 31)
            cv2.putText(picture, character, at, cv2.FONT_HERSHEY_SIMPLEX, 0.9, ink, 2, cv2.LINE_AA)
    return picture


def train_reader(*, steps: int = 100, seed: int = 0) -> Weights:
    """A line reader of printed lines, trained frame by frame: it is known what stands in which."""
    settings = NetworkSettings("line-reader", (8, 16, 32))
    network = build_network(settings, classes=len(LINE_ALPHABET) + 1, seed=seed)
    optimizer = torch.optim.Adam(network.parameters())
    rng = np.random.default_rng(seed)
    weight = torch.tensor([0.3] + [1.0] * len(LINE_ALPHABET))  # most frames are blank
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = 0.015 * (1 - step / steps)
        lines = [_line_with_classes(rng) for _ in range(8)]
        width = max(len(classes) for _, classes in lines) * PIXELS_PER_FRAME
        images = np.full((len(lines), LINE_HEIGHT, width), PAPER, np.uint8)
        wanted = torch.zeros((width // PIXELS_PER_FRAME, len(lines)), dtype=torch.int64)
        for row, (image, classes) in enumerate(lines):
            images[row, :, : image.shape[1]] = image
            wanted[: len(classes), row] = classes
        optimizer.zero_grad()
        logits = network(to_line_input(torch.from_numpy(images)))
        F.cross_entropy(logits.flatten(0, 1), wanted.flatten(), weight).backward()
        optimizer.step()
    header = Header(settings, LINE_ALPHABET, calibration=(2.0, 1.0), trained_on={"data": "print"})
    return Weights(network.eval(), header)


def _line_with_classes(rng: np.random.Generator) -> tuple[NDArray[np.uint8], torch.Tensor]:
    """A framed line, and each frame's class: a character's in the middle of it, elsewhere the blank."""
    others = list(PRINTED + CROSSED_OUT + " ")
    text = "".join([str(rng.choice(list(DIGITS + CROSSED_OUT))), *rng.choice(others, 6)])
    left, right, ink = (int(rng.integers(most)) for most in (STEP, STEP, 150))
    line = frame_with_place(print_line(text, left=left, right=right, ink=ink))
    classes = torch.zeros(line.image.shape[1] // PIXELS_PER_FRAME, dtype=torch.int64)
    for place, character in enumerate(text):
        if character != " ":
            name = "crossed out" if character == CROSSED_OUT else character
            middle = round((left + STEP * (place + 0.5)) / line.scale / PIXELS_PER_FRAME)
            classes[middle - 1 : middle + 2] = LINE_ALPHABET.index(name) + 1
    return line.image, classes


def print_box(character: str) -> NDArray[np.uint8]:
    """A box of a comb, uint8 (40, 40), with one printed character, or a space."""
    return print_line(character, left=8, right=8)


class NearestBox(nn.Module):
    """Tells what a box holds by which of the printed boxes it is nearest to."""

    def __init__(self) -> None:
        super().__init__()
        self.known = {**{digit: digit for digit in DIGITS}, " ": "empty", CROSSED_OUT: "crossed out"}
        self.known["-"] = "crossed out"
        boxes = np.stack([frame_box(print_box(character)) for character in self.known])
        self.register_buffer("boxes", to_input(torch.from_numpy(boxes)).flatten(1))

    def logits_and_features(self, images: Tensor) -> tuple[Tensor, Tensor]:
        features = images.flatten(1)
        nearness = -torch.cdist(features, self.boxes)
        places = {
            name: [k for k, known in enumerate(self.known.values()) if known == name] for name in BOX_ALPHABET
        }
        return torch.stack([nearness[:, those].amax(1) for those in places.values()], dim=1), features


def box_reader_of_print() -> Weights:
    """A box reader of printed boxes."""
    header = Header(NetworkSettings("box-reader", (2, 3, 4)), BOX_ALPHABET, temperature=0.3)
    return Weights(NearestBox().eval(), header)
