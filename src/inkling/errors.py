"""Everything that can go wrong for a user of Inkling, in one tree.

    InklingError                    exit code  remedy
    ├── UsageError                          2  an argument or a setting is wrong
    │   ├── UnknownNameError                2  a name nobody knows; the nearest known one is suggested
    │   └── SettingsError                   2  a settings file or value that does not fit
    ├── InputError                          3  input that cannot be read
    │   ├── PictureError                    3  not a picture, or one too large to open safely
    │   ├── DocumentError                   3  a file that is no document, or past a limit
    │   ├── TemplateError                   3  a template of a form that is wrong; says in which line
    │   ├── FormError                       3  a page that is not the form of the template
    │   ├── DatasetError                    3  a data set that is broken, empty or mislabelled
    │   │   └── ChecksumError               3  a file whose contents are not the published ones
    │   ├── WeightsError                    3  a weights file that is not one, or of another kind
    │   └── CheckpointError                 3  a run that cannot be resumed
    ├── PartialError                        4  part of the input failed; the rest was done
    ├── MissingError                        5  something is missing on this machine
    │   ├── MissingExtraError               5  an optional package; names the extra to install
    │   ├── DownloadError                   5  no mirror answered
    │   └── StorageError                    5  the disk is full, or the folder cannot be written
    └── DivergedError                       4  the loss stopped being a number

`inkling.cli` is the one place that turns these into exit codes.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class InklingError(Exception):
    """The root of the tree.

    Args:
        message: What was wrong, and where.
        remedy: What to do next; one sentence, or empty.
    """

    exit_code = 1

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".rstrip()


class UsageError(InklingError):
    """An argument that does not fit."""

    exit_code = 2


class UnknownNameError(UsageError):
    """A name that is not in a list; the remedy names the nearest ones that are.

    Args:
        kind: What sort of thing was named, such as `"optimizer"`.
        name: The name that was given.
        known: The names that would have been accepted.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        known = sorted(known)
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
        remedy = f"Did you mean '{near[0]}'? " if near else ""
        super().__init__(f"There is no {kind} '{name}'.", remedy=f"{remedy}Known: {', '.join(known)}.")


class SettingsError(UsageError):
    """A settings file or a value in it that does not fit."""


class InputError(InklingError):
    """Input that cannot be read."""

    exit_code = 3


class PictureError(InputError):
    """A file that is not a picture, or one too large to open safely."""


class DocumentError(InputError):
    """A file that is no document, a broken one, or one past a limit."""


class TemplateError(InputError):
    """A template of a form that is wrong, with the line and the field."""


class FormError(InputError):
    """A page that is not the form that a template describes."""


class DatasetError(InputError):
    """A data set that is broken, empty or mislabelled."""


class ChecksumError(DatasetError):
    """A file whose contents are not the published ones."""


class WeightsError(InputError):
    """A weights file that is not one, or of another kind than wanted."""


class CheckpointError(InputError):
    """A checkpoint that a run cannot go on from."""


class PartialError(InklingError):
    """Part of the input failed; the rest was done and written."""

    exit_code = 4


class MissingError(InklingError):
    """Something is missing on this machine."""

    exit_code = 5


class MissingExtraError(MissingError):
    """An optional package is not installed.

    Args:
        package: The package that could not be imported.
        extra: The extra of Inkling that brings it.
        purpose: What it is wanted for.
    """

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(
            f"{purpose} needs the package '{package}', which is not installed.",
            remedy=f"Install it with: pip install 'inkling[{extra}]'",
        )


class DownloadError(MissingError):
    """No mirror gave the file."""


class StorageError(MissingError):
    """A file could not be written."""


class DivergedError(InklingError):
    """The loss stopped being a number; the last good checkpoint stands."""

    exit_code = 4
