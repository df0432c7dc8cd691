"""The line reader: a convolutional network that scans along a line of writing."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from inkling.networks.layer import Layer

FRAMES = 2
"""Frames of the output for each column of the last layer."""

PIXELS_PER_FRAME = 2
"""Columns of the input for each frame of the output."""


class LineReader(nn.Module):
    """Nine convolutions from a picture of a line to a row of frames, for CTC.

    Height is pooled from 32 to 1, width to a quarter; each of the last columns then speaks for two
    frames, so that two thin digits side by side, such as 11, still have a blank between them.

    Args:
        widths: Channels at 16, 8 and 4 rows; the first layer has half of the first.
        classes: Logits of a frame, the blank, at 0, included.
    """

    def __init__(self, widths: Sequence[int] = (64, 128, 256), classes: int = 21) -> None:
        super().__init__()
        wide, middle, deep = widths
        along = {"kernel": (1, 5), "padding": (0, 2), "residual": True}
        self.layers = nn.Sequential(
            # Four pixels become four channels: a first layer at full resolution costs half as much
            # as all the others, and reads no better.
            nn.PixelUnshuffle(2),  # (N, 4, 16, W / 2)
            Layer(4, wide // 2),
            Layer(wide // 2, wide, pool=(2, 2)),  # (N, wide, 8, W / 4)
            Layer(wide, middle),
            Layer(middle, middle, residual=True),
            nn.MaxPool2d((2, 1)),  # (N, middle, 4, W / 4)
            Layer(middle, deep),
            Layer(deep, deep, residual=True),
            Layer(deep, deep, (4, 1), padding=(0, 0)),  # (N, deep, 1, W / 4)
            Layer(deep, deep, **along),  # type: ignore[arg-type]
            Layer(deep, deep, **along),  # type: ignore[arg-type]
        )
        self.classes = classes
        self.logits = nn.Conv2d(deep, FRAMES * classes, 1)

    def features(self, images: Tensor) -> Tensor:
        """What each frame is judged by: (N, 1, 32, W) to (T, N, deep), T = W / 2."""
        return self._by_frame(self.layers(images))

    def forward(self, images: Tensor) -> Tensor:
        """Logits of the frames: (N, 1, 32, W) to (T, N, classes), T = W / 2, the blank at 0."""
        return self._logits(self.layers(images))

    def logits_and_features(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Both of one pass."""
        x = self.layers(images)
        return self._logits(x), self._by_frame(x)

    def _logits(self, x: Tensor) -> Tensor:
        logits = self.logits(x).squeeze(2)  # (N, FRAMES * classes, W / 4)
        count, _, columns = logits.shape
        frames = logits.view(count, FRAMES, self.classes, columns)
        return frames.permute(3, 1, 0, 2).reshape(columns * FRAMES, count, self.classes)

    @staticmethod
    def _by_frame(x: Tensor) -> Tensor:
        return x.squeeze(2).permute(2, 0, 1).repeat_interleave(FRAMES, dim=0)
