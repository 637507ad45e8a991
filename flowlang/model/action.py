"""How an action is declared: its name, parameters, outcomes, channels, and what a crash means to it.

The tables of actions (`actions`, `message_actions`) are made of these, and a host declares its own with them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Literal, NamedTuple, get_args

from .allowed import Allowed
from .destinations import Kind
from .values import Value

TypeName = Literal["text", "integer", "number", "boolean", "duration", "list", "map", "regex", "flow", "any"]


class Required(Enum):
    """The default of a parameter that has none."""

    REQUIRED = "required"


REQUIRED = Required.REQUIRED


@dataclass(frozen=True, slots=True)
class Parameter:
    """`types` are those that an argument may have; `none` is allowed where it is the default. Only the first
    parameters marked `by_place` may be given without their name; `many` takes all further ones as a list.
    `allowed` says what a value of these types may be. `constant`: it has to stand in the script, so that no
    text from outside is ever a part of it."""

    name: str
    types: tuple[TypeName, ...]
    doc: str
    default: Value | Required = REQUIRED
    by_place: bool = False
    many: bool = False
    allowed: Allowed | None = None
    constant: bool = False


@dataclass(frozen=True, slots=True)
class OutcomeType:
    """An outcome with the names of its fields. `ends_call`: with it the caller has left. `where`: it comes
    only where that parameter has that value."""

    name: str
    fields: tuple[str, ...]
    doc: str
    ends_call: bool = False
    where: tuple[str, str] | None = None


CALL = frozenset({"call"})
EVERY_CHANNEL = frozenset({"call", "sms", "email", "chat", "webhook", "schedule"})
CONVERSATIONS = frozenset({"call", "sms", "email", "chat"})
THREADS = frozenset({"sms", "email", "chat"})

OutletName = Literal["sms", "email", "chat", "notify", "http", "store", "sql"]
"""What a backend can send by: a channel, or one of those that are no channel."""
OUTLETS: frozenset[str] = frozenset(get_args(OutletName))

Names = Mapping[str, frozenset[str] | None]
"""What scripts may call the operator's things. By channel: what `to` of things that come in may be, a mail
address also as `mailto:*@` and a domain. By outlet: what its commands may name. For `via`: the ways of calls.
`None` is for anything; a channel that is left out nothing serves."""

Recovery = Literal["repeat", "query", "unknown"]


class Reach(NamedTuple):
    """How an action reaches out: the parameter that has the destination, or a list of them, and its kind;
    `None` where the scheme of the address tells. `headers` is the parameter whose map has SIP headers."""

    parameter: str
    kind: Kind | None
    headers: str | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """What a script may ask for.

    `outcomes` is empty where the value is nothing of interest. `events` can be handled in the action's own
    block. `channels` says where it works. `needs` names the backend commands (see `commands.COMMANDS`) that
    it is made of on a call. `on_leg`: it needs the caller, and ends when he leaves, its strand with it; where
    `if_left` is given it ends with that outcome and the strand goes on. `ends_call`: behind it the caller has
    left, whatever came of it. `heed`: who does not look at its outcome forgets the unhappy ones, and is
    warned. `recovery` says what a crash between doing and knowing means. `sends` names the outlet that it
    needs of some backend, whatever the caller's channel.
    `reach` binds it by policy: what answers in the thread that somebody began reaches nobody else, and
    `notify` goes where the operator said, so both have none.
    """

    name: str
    doc: str
    parameters: tuple[Parameter, ...] = ()
    outcomes: tuple[OutcomeType, ...] = ()
    events: tuple[str, ...] = ()
    channels: frozenset[str] = EVERY_CHANNEL
    needs: tuple[str, ...] = ()
    on_leg: bool = False
    if_left: str | None = None
    ends_call: bool = False
    recovery: Recovery = "unknown"
    heed: bool = False
    sends: OutletName | None = None
    reach: Reach | None = None
    key: str | None = None

    def parameter(self, name: str) -> Parameter | None:
        """The parameter of that name."""
        return next((each for each in self.parameters if each.name == name), None)
