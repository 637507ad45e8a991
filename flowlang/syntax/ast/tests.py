"""Test statements: what stands in a `test` block, besides calls of `func`, which are `CallStatement`s."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from flowlang.diagnostics import Span

from .expressions import Expression
from .node import Node
from .statements import CallStatement

Verb = Literal[
    "presses", "says", "sends", "waits", "transfers to", "holds", "unholds", "answers", "rejects", "hangs up",
    "is busy",
]  # fmt: skip
Outgoing = Literal["dial", "call", "sms", "email", "chat", "http"]


@dataclass(frozen=True, slots=True)
class ExpectDial(Node):
    """`expect dial ADDRESS`, `expect call to ADDRESS`: the script places a leg; the party that it reaches."""

    address: Expression
    word: Literal["dial", "call"]


@dataclass(frozen=True, slots=True)
class TestLet(Node):
    """`let alice = call(from: …)`, `let nurse = expect dial "…"`."""

    name: str
    name_span: Span
    value: Expression | ExpectDial


@dataclass(frozen=True, slots=True)
class Act(Node):
    """`alice presses "1"`.

    A party does something; `value` is what, for `presses`, `says`, `sends`, `waits` and `transfers to`.
    """

    party: str
    party_span: Span
    verb: Verb
    value: Expression | None


@dataclass(frozen=True, slots=True)
class ExpectHeard(Node):
    """`expect alice hears TEXT`, or `gets` for a message: a text that is contained, or a regex."""

    party: str
    party_span: Span
    verb: Literal["hears", "gets"]
    value: Expression


@dataclass(frozen=True, slots=True)
class ExpectSent(Node):
    """`expect email to ADDRESS with subject …, with text …`; a part that is not asked for is `None`."""

    channel: Literal["sms", "email", "chat"]
    to: Expression
    subject: Expression | None
    text: Expression | None


@dataclass(frozen=True, slots=True)
class ExpectNothing(Node):
    """`expect no email`."""

    what: Outgoing


@dataclass(frozen=True, slots=True)
class ExpectHttp(Node):
    """`expect http POST URL`."""

    method: str
    url: Expression


@dataclass(frozen=True, slots=True)
class ExpectStopped(Node):
    """`expect stopped`: the activeflow has ended."""


@dataclass(frozen=True, slots=True)
class ExpectFault(Node):
    """`expect fault CODE`."""

    fault: str


@dataclass(frozen=True, slots=True)
class At(Node):
    """`at "2026-12-25 10:00 Europe/London"`: the clock is set."""

    time: Expression


@dataclass(frozen=True, slots=True)
class After(Node):
    """`after 2h`: the clock goes on."""

    duration: Expression


@dataclass(frozen=True, slots=True)
class CarrierDown(Node):
    """`carrier down for 30s`."""

    duration: Expression


@dataclass(frozen=True, slots=True)
class HttpAnswers(Node):
    """`http URL answers {…}`."""

    url: Expression
    answer: Expression


@dataclass(frozen=True, slots=True)
class HttpFails(Node):
    """`http fails with 503`."""

    status: Expression


TestStatement = (
    TestLet
    | CallStatement
    | Act
    | ExpectDial
    | ExpectHeard
    | ExpectSent
    | ExpectNothing
    | ExpectHttp
    | ExpectStopped
    | ExpectFault
    | At
    | After
    | CarrierDown
    | HttpAnswers
    | HttpFails
)
