"""What becomes of a command when some of the pictures it was given cannot be read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from inkling.errors import PartialError, PictureError

if TYPE_CHECKING:
    from inkling.elements import Reading


_SHOWN = 3
"""Reasons that an error tells at most."""


def failures_of(readings: Sequence[Reading]) -> list[str]:
    """Why pictures could not be opened, each with where it came from."""
    return [told(each.source, each.reason) for each in readings if each.status == "failed"]


def told(source: str, reason: str) -> str:
    """A reason with where it came from, unless it says so itself."""
    from inkling.documents.picture import told_of

    name = told_of(source)
    return reason if name in reason else f"{name}: {reason}"


def refuse_failures(reasons: Sequence[str], count: int, *, what: str = "pictures") -> None:
    """Raise if any picture or page failed; call it when everything else has been done and written.

    Args:
        reasons: Why each that failed did, the first one first.
        count: Pictures in all.
        what: What they are.

    Raises:
        PictureError: None could be read.
        PartialError: Some could be, some not.
    """
    if not reasons:
        return
    if len(reasons) == count:
        raise PictureError(
            reasons[0] if count == 1 else f"None of {count} {what} could be read: {_some(reasons)}"
        )
    raise PartialError(f"{len(reasons)} of {count} {what} could not be read: {_some(reasons)}")


def _some(reasons: Sequence[str]) -> str:
    """The first reasons, and how many more there are."""
    more = f" And {len(reasons) - _SHOWN} more." if len(reasons) > _SHOWN else ""
    return " ".join(reasons[:_SHOWN]) + more
