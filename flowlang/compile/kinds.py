"""What the compiler knows of a value before anything runs: its kind and, of an integer, between which bounds
it lies. Only what is sure: `None` stands for "anything"."""

from __future__ import annotations

from typing import Literal, NamedTuple

from flowlang.model.values import MAX_INTEGER, MIN_INTEGER


class Int(NamedTuple):
    """An integer from `low` to `high`, both included."""

    low: int
    high: int

    @property
    def fits(self) -> bool:
        """Whether it has 64 bits for sure."""
        return self.low >= MIN_INTEGER and self.high <= MAX_INTEGER


Simple = Literal["decimal", "text", "boolean", "list", "never"]
Kind = Int | Simple | None
"""`never` is the kind of what is not reached: a call that does not come back, a loop not yet gone round."""

INTEGER = Int(MIN_INTEGER, MAX_INTEGER)
_STEPS = (MIN_INTEGER, 0, MAX_INTEGER)
"""Where the bounds of a loop's variables come to rest, so that few rounds tell all."""


def join(one: Kind, other: Kind) -> Kind:
    """What is sure of a value that is one or the other."""
    if one == other or other == "never":
        return one
    if one == "never":
        return other
    if isinstance(one, Int) and isinstance(other, Int):
        return Int(min(one.low, other.low), max(one.high, other.high))
    return None


def widened(before: Kind, now: Kind) -> Kind:
    """`now`, with each bound that moved since `before` at its next rest."""
    if not isinstance(before, Int) or not isinstance(now, Int):
        return now
    low = now.low if now.low >= before.low else max(each for each in _STEPS if each <= now.low)
    high = now.high if now.high <= before.high else min(each for each in _STEPS if each >= now.high)
    return Int(low, high)


def is_number(kind: Kind) -> bool:
    """Whether it is an integer or a decimal for sure."""
    return isinstance(kind, Int) or kind == "decimal"


def unchecked(operator: str, left: Int, right: Int) -> Int:
    """The bounds of an operation's result, before it is held to 64 bits. The divisor is not zero."""
    match operator:
        case "+":
            return Int(left.low + right.low, left.high + right.high)
        case "-":
            return Int(left.low - right.high, left.high - right.low)
        case "*":
            corners = [a * b for a in left for b in right]
            return Int(min(corners), max(corners))
        case "//" if right.low > 0:
            corners = [a // b for a in left for b in right]
            return Int(min(corners), max(corners))
        case "//":
            most = max(map(abs, left))
            return Int(-most, most)
        case _ if right.low > 0:
            return Int(0, right.high - 1)
        case _:
            most = max(map(abs, right)) - 1
            return Int(-most, most)


def held(kind: Int) -> Int:
    """The bounds of an integer that was found to have 64 bits."""
    low, high = max(kind.low, MIN_INTEGER), min(kind.high, MAX_INTEGER)
    return Int(low, high) if low <= high else INTEGER


def narrowed(operator: str, left: Int, right: Int) -> Int:
    """The bounds of the left side where `left operator right` is known to hold."""
    low, high = left
    match operator:
        case "<":
            high = min(high, right.high - 1)
        case "<=":
            high = min(high, right.high)
        case ">":
            low = max(low, right.low + 1)
        case ">=":
            low = max(low, right.low)
        case "==":
            low, high = max(low, right.low), min(high, right.high)
        case _:
            pass
    return Int(low, high) if low <= high else left
