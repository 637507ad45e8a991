"""What can be typed at the phone: keys, and a few words. A line that is neither gives a hint, never an
error."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from flowlang.diagnostics import near_name
from flowlang.model.digits import DIGITS

HELP = (
    "1, 12#, *     press keys",
    "hold, unhold  put the flow on hold, take it back",
    "hangup        hang up (so does Ctrl-D)",
    "wait 5s       let time pass (for piped input)",
    "help          this list",
)

_WORDS = ("hold", "unhold", "hangup", "help", "wait")
_WAIT = re.compile(r"wait\s+([0-9]{1,6})(ms|s|m|h)?\Z")
_SECONDS = {"ms": 0.001, "s": 1.0, None: 1.0, "m": 60.0, "h": 3600.0}
_SHOWN = 40  # characters of a wrong line that a hint repeats


@dataclass(frozen=True, slots=True)
class Press:
    """Press these keys."""

    digits: str


@dataclass(frozen=True, slots=True)
class Do:
    """Do what the word says."""

    what: Literal["hold", "unhold", "hangup", "help"]


@dataclass(frozen=True, slots=True)
class Pause:
    """Let this many seconds pass."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Hint:
    """It was nothing of that; `text` says what could be typed."""

    text: str


Typed = Press | Do | Pause | Hint


def understand(line: str) -> Typed | None:
    """What a line asks for; `None` for an empty one. Keys may have spaces between them."""
    text = line.strip()
    word = text.lower()
    match word:
        case "":
            return None
        case "hold" | "unhold" | "hangup" | "help":
            return Do(word)
        case "?":
            return Do("help")
        case _:
            pass
    if pause := _WAIT.match(word):
        return Pause(int(pause[1]) * _SECONDS[pause[2]])
    keys = "".join(text.upper().split())
    if all(each in DIGITS for each in keys):
        return Press(keys)
    return _hint(text)


def _hint(text: str) -> Hint:
    shown = "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text[:_SHOWN])
    near = near_name(text.split()[0].lower(), _WORDS)
    advice = f"did you mean {near}?" if near else "keys are 0-9, * and #; help lists the rest"
    return Hint(f"{shown!r} is nothing that this phone can do; {advice}")
