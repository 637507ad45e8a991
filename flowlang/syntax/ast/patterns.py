"""Patterns: what an arm of `match`, an `on` and a `wait for` look for."""

from __future__ import annotations

from dataclasses import dataclass

from .expressions import Boolean, DurationLiteral, NoneLiteral, Number, PhoneNumber, Text
from .node import Node

Literal = Text | Number | Boolean | NoneLiteral | PhoneNumber | DurationLiteral


@dataclass(frozen=True, slots=True)
class OutcomePattern(Node):
    """A bare word: a declared outcome."""

    name: str


@dataclass(frozen=True, slots=True)
class LiteralPattern(Node):
    """A literal: equal to the value, or to the text of the outcome `text`. A negative number is a `Number`
    below zero."""

    value: Literal


@dataclass(frozen=True, slots=True)
class RegexPattern(Node):
    """`/regex/`: found in the text."""

    pattern: str
    flags: str


@dataclass(frozen=True, slots=True)
class Wildcard(Node):
    """`_`: anything."""


Pattern = OutcomePattern | LiteralPattern | RegexPattern | Wildcard
