"""What all nodes share."""

from __future__ import annotations

from dataclasses import dataclass

from flowlang.diagnostics import Span


@dataclass(frozen=True, slots=True)
class Node:
    """A piece of a script; `span` is the text that it was read from."""

    span: Span
