"""The lesson's job: how many images a second, against the lesson's own loop, in the same run?

The lesson: 784-128-64-10, SGD 0.01, batches of 64, MNIST. Its own loop is written out below with
nothing left out and nothing added: a Dataset that makes a picture of each item and transforms it as
torchvision's `MNIST`, `ToTensor` and `Normalize` do, a DataLoader that shuffles and collates them.
Then both are given the same batches, and their weights are compared.

    python benchmarks/lesson_speed.py --data mnist
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import torch
from PIL import Image
from torch import nn

import inkling
from conditions import describe, spread
from inkling.training.by_hand import fit_by_hand
from inkling.transforms.normalize import INK


class Compose:
    """One transform after the other."""

    def __init__(self, transforms: list[object]) -> None:
        self.transforms = transforms

    def __call__(self, picture: object) -> object:
        """Apply them."""
        for transform in self.transforms:
            picture = transform(picture)  # type: ignore[operator]
        return picture


class ToTensor:
    """A grey PIL picture to float32 (1, H, W) in 0..1, as torchvision's transform makes it."""

    def __call__(self, picture: object) -> torch.Tensor:
        """Convert one picture."""
        if not isinstance(picture, (Image.Image, np.ndarray)):
            raise TypeError(f"a picture is wanted, not {type(picture)}")
        array = torch.from_numpy(np.array(picture, np.uint8, copy=True))
        array = array.view(picture.size[1], picture.size[0], len(picture.getbands()))
        array = array.permute((2, 0, 1)).contiguous()
        return array.to(dtype=torch.get_default_dtype()).div(255)


class Normalize(nn.Module):
    """Subtract a mean and divide by a deviation, checked anew for each item, as torchvision's does."""

    def __init__(self, mean: tuple[float, ...], deviation: tuple[float, ...]) -> None:
        super().__init__()
        self.mean, self.deviation = mean, deviation

    def forward(self, tensor: torch.Tensor) -> torch.Tensor:
        """(1, H, W) to the same."""
        if not tensor.is_floating_point() or tensor.ndim < 3:
            raise TypeError("a float picture of three dimensions is wanted")
        tensor = tensor.clone()
        mean = torch.as_tensor(self.mean, dtype=tensor.dtype, device=tensor.device)
        deviation = torch.as_tensor(self.deviation, dtype=tensor.dtype, device=tensor.device)
        if (deviation == 0).any():
            raise ValueError("the deviation must not be zero")
        return tensor.sub_(mean.view(-1, 1, 1)).div_(deviation.view(-1, 1, 1))


class LessonDataset(torch.utils.data.Dataset):
    """An item at a time: a PIL picture, transformed."""

    def __init__(self, images: torch.Tensor, targets: torch.Tensor, transform: Compose) -> None:
        self.images, self.targets, self.transform = images, targets, transform

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[object, int]:
        picture, target = Image.fromarray(self.images[index].numpy()), int(self.targets[index])
        return self.transform(picture), target


class LessonNetwork(nn.Module):
    """The lesson's network, in plain PyTorch."""

    def __init__(self) -> None:
        super().__init__()
        self.fc1 = nn.Linear(784, 128)
        self.relu1 = nn.ReLU()
        self.fc2 = nn.Linear(128, 64)
        self.relu2 = nn.ReLU()
        self.logits = nn.Linear(64, 10)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Logits: (N, 1, 28, 28) to (N, 10)."""
        hidden = self.relu1(self.fc1(images.view(images.shape[0], -1)))
        return self.logits(self.relu2(self.fc2(hidden)))


def lesson_loop(loader: object, *, epochs: int = 1) -> nn.Module:
    """The lesson's loop, its running loss printed every 40 steps kept (but not shown)."""
    torch.manual_seed(0)
    model = LessonNetwork()
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    lines = []
    for epoch in range(epochs):
        running_loss = 0.0
        for number, (images, labels) in enumerate(loader):  # type: ignore[arg-type]
            optimizer.zero_grad()
            output = model(images)
            loss = criterion(output, labels)
            loss.backward()
            optimizer.step()
            running_loss += loss.item()
            if number % 40 == 39:
                lines.append(f"epoch {epoch} loss {running_loss / 40:.4f}")
                running_loss = 0.0
    return model


def inkling_loop(digits: inkling.Digits, *, epochs: int = 1) -> nn.Module:
    """The same job by Inkling's recipe, its running loss every 40 steps kept as well."""
    recipe = inkling.RECIPES["lesson"]
    training = inkling.Training(
        inkling.Recipe(network=recipe.network, optimizer=recipe.optimizer, epochs=epochs),
        inkling.DigitMaterial(digits.images, digits.targets),
    )
    running: list[torch.Tensor] = []
    lines = []
    for step in training.steps():
        running.append(step.loss)
        if step.number % 40 == 0:
            lines.append(f"epoch {step.epoch} loss {float(torch.stack(running).mean()):.4f}")
            running.clear()
    return training.network


def largest_differences(digits: inkling.Digits, steps: int) -> tuple[float, float]:
    """Of any weight from the lesson's, after the same batches: by `fit`, and by hand."""
    batches = inkling.ResidentBatches(
        digits.images[: 64 * steps], digits.targets[: 64 * steps], batch_size=64
    )
    theirs = lesson_loop([(batch.images, batch.targets) for batch in batches])
    differences = []
    for by_hand in (False, True):
        torch.manual_seed(0)
        ours = inkling.Perceptron()
        optimizer = inkling.SGD(ours.parameters(), lr=0.01)
        if by_hand:
            loop = fit_by_hand(ours, batches, learning_rate=0.01)
        else:
            loop = inkling.fit(ours, batches, criterion=nn.CrossEntropyLoss(), optimizer=optimizer)
        for _ in loop:
            pass
        pairs = zip(ours.state_dict().values(), theirs.state_dict().values(), strict=True)
        differences.append(max(float((a - b).abs().max()) for a, b in pairs))
    return differences[0], differences[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="sample")
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    print(describe())
    digits = inkling.load_digits(arguments.data)
    # The scale that Inkling's networks see; the lesson's own differs in the two numbers alone.
    transform = Compose([ToTensor(), Normalize((0.0,), (1 / INK,))])
    dataset = LessonDataset(torch.from_numpy(digits.images), torch.from_numpy(digits.targets), transform)
    inkling_loop(digits.part(np.arange(640)))  # the first call pays for what is made once
    theirs, ours = [], []
    for _ in range(arguments.runs):
        loader = torch.utils.data.DataLoader(dataset, batch_size=64, shuffle=True)
        began = time.perf_counter()
        lesson_loop(loader)
        theirs.append(len(digits) / (time.perf_counter() - began))
        began = time.perf_counter()
        inkling_loop(digits)
        ours.append(len(digits) / (time.perf_counter() - began))
    ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
    print(f"{digits.name}, {len(digits):,} pictures, {arguments.runs} runs of one epoch, median [range]")
    print(f"lesson   {spread(theirs, '{:,.0f}')} images/s")
    print(f"inkling  {spread(ours, '{:,.0f}')} images/s")
    print(f"ratio    {spread(ratios, '{:.1f}')}")
    for steps in (1, 300):
        auto, hand = largest_differences(digits, min(steps, len(digits) // 64))
        print(f"largest difference of a weight after {steps} steps: fit {auto:.1e}, by hand {hand:.1e}")


if __name__ == "__main__":
    main()
