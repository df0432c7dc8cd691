"""A YAML file of a stranger's, opened so that whatever is wrong in it can be told with its line."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from inkling.errors import TemplateError

MAX_BYTES = 1_000_000
"""A template of a thousand fields has a tenth of this."""

MAX_DEPTH = 20
"""Lists and mappings within each other."""

_TOLD = 5
"""So many mistakes of a file are told at a time."""

Place = tuple[str | int, ...]
"""Keys and indices that lead to a value."""


@dataclass(frozen=True)
class MarkedYaml:
    """What stands in a YAML file, and where.

    Attributes:
        path: Of the file.
        value: Its content as mappings, lists, strings and numbers.
        root: The same with the place of each part.
    """

    path: Path
    value: Any
    root: yaml.Node

    def line(self, place: Place) -> int:
        """The line, from 1, of a value or of the nearest above it that is there."""
        node, line = self.root, self.root.start_mark.line
        for part in place:
            if isinstance(node, yaml.MappingNode):
                found = [pair for pair in node.value if pair[0].value == part]
                if not found:
                    break
                key, node = found[0]
                line = key.start_mark.line
            elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
                node = node.value[part]
                line = node.start_mark.line
            else:
                break
        return line + 1

    def error(self, wrong: Sequence[tuple[Place, str]], *, remedy: str = "") -> TemplateError:
        """The error that tells what is wrong, line by line.

        Args:
            wrong: The place and what is wrong there, of each mistake.
            remedy: What to do.
        """
        ordered = sorted(wrong, key=lambda each: self.line(each[0]))
        told = [
            f"{self.path}:{self.line(place)}: {self._field(place)}{_sentence(text)}"
            for place, text in ordered[:_TOLD]
        ]
        if len(ordered) > _TOLD:
            told.append(f"There are {len(ordered) - _TOLD} more.")
        return TemplateError("\n".join(told), remedy=remedy)

    def _field(self, place: Place) -> str:
        """`field 'total': `, for what belongs to one."""
        if len(place) < 2 or place[0] != "fields" or not isinstance(place[1], int):
            return ""
        entry = self.value["fields"][place[1]]
        name = entry.get("name") if isinstance(entry, dict) else None
        return f"field '{name}': " if isinstance(name, str) and name else f"field {place[1] + 1}: "


def nearest(key: str, known: Iterable[str]) -> str:
    """The known key that a misspelt one was meant to be; empty when none is near."""
    return next(iter(difflib.get_close_matches(key, known, n=1, cutoff=0.6)), "")


def read_marked_yaml(path: Path) -> MarkedYaml:
    """Open a YAML file; plain values only, without aliases.

    Raises:
        TemplateError: It is missing, too large, not YAML, or has aliases, tags, repeated keys or
            parts too deep within each other.
    """
    text = _read(path)
    loader = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
    try:
        for line, told in _dangers(yaml.parse(text, Loader=loader)):
            raise TemplateError(f"{path}:{line}: {told}")
        opened = loader(text)
        root = opened.get_single_node()
        if root is None:
            raise TemplateError(f"{path} is empty.")
        for line, told in _repeated(root):
            raise TemplateError(f"{path}:{line}: {told}")
        return MarkedYaml(path, opened.construct_document(root), root)
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        where = f":{mark.line + 1}" if mark else ""
        raise TemplateError(f"{path}{where}: This is not YAML: {problem.problem}.") from None
    except (yaml.YAMLError, ValueError, OverflowError) as problem:
        raise TemplateError(f"{path}: This is not YAML: {problem}") from None


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as problem:
        raise TemplateError(f"{path} cannot be opened: {problem.strerror}.") from None
    if len(data) > MAX_BYTES:
        raise TemplateError(f"{path} has more than {MAX_BYTES:,} bytes; a template is a small text file.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise TemplateError(f"{path} is not text in UTF-8.", remedy="Name the YAML file.") from None


def _dangers(events: Iterable[yaml.Event]) -> Iterator[tuple[int, str]]:
    depth = 0
    for event in events:
        depth += isinstance(event, (yaml.SequenceStartEvent, yaml.MappingStartEvent))
        depth -= isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent))
        if isinstance(event, yaml.AliasEvent):
            yield _line(event), "Aliases (*) are not allowed; write the value out."
        if depth > MAX_DEPTH:
            yield _line(event), "Lists stand too deep within each other."


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _repeated(node: yaml.Node) -> Iterator[tuple[int, str]]:
    """Keys that a mapping has twice: YAML would silently take the last."""
    if isinstance(node, yaml.SequenceNode):
        for each in node.value:
            yield from _repeated(each)
    elif isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                yield key.start_mark.line + 1, f"The key '{key.value}' stands here a second time."
            seen.add(key.value if isinstance(key, yaml.ScalarNode) else None)
            yield from _repeated(value)


def _sentence(text: str) -> str:
    return text if text.endswith(("?", ".")) else f"{text}."
