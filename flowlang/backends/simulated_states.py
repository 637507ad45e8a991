"""What a simulated phone is in, what it heard, and how it is called: values that legs and phones share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from flowlang.model.addresses import SCHEMES, is_e164
from flowlang.model.cdr import Party


class PhoneError(Exception):
    """The phone cannot do that now; the message says why."""


@dataclass(frozen=True, slots=True)
class Calling:
    """The call is placed and nothing came back yet."""


@dataclass(frozen=True, slots=True)
class Ringing:
    """We were told that it rings."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The call is up."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The call was not taken; `status` as SIP has it."""

    status: int


@dataclass(frozen=True, slots=True)
class Ended:
    """The call is over."""

    by: Party
    cause: str


LegState = Calling | Ringing | Answered | Refused | Ended


@dataclass(frozen=True, slots=True)
class Heard:
    """Something that the far end heard: a text spoken or a file played. `at` and `until` are seconds since
    the call was placed, `until` is `None` while it can still be heard; `cut` tells that it was not heard to
    its end."""

    kind: Literal["say", "play", "press", "person"]
    """`press`: keys; `person`: somebody who is connected speaks."""
    what: str
    at: float
    until: float | None = None
    cut: bool = False


def address(text: str) -> str:
    """An address with its scheme: `+1606…` is a `tel:`, `desk` an extension of ours."""
    if text.partition(":")[0] in SCHEMES:
        return text
    return f"tel:{text}" if is_e164(text) else f"sip:{text}@localhost"
