"""What an activeflow begins with: the first entry of its journal."""

from __future__ import annotations

from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from flowlang.model.action import THREADS
from flowlang.model.addresses import number_of, seen_as
from flowlang.model.functions import PREDEFINED, PREDEFINED_ON
from flowlang.model.plain import to_plain
from flowlang.model.secrets import NO_SECRETS, Secrets, unmarked
from flowlang.model.values import Outcome, Value

Arguments = dict[str, Value]
"""By the name of the parameter; those left out take their defaults."""

_CAME = frozenset({"messages", "signals", "typed"})

FlowCall = tuple[str, Arguments]

Thread = tuple[str, str, str | None, int]
"""A channel, a person's address, and one of ours, `None` for the operator's default; and since when somebody
has it."""


class Inherited(Struct, frozen=True):
    """What a flow has from the one that handed the activeflow over to it: when that began, how its caller's
    leg stands (`farewell` if he has left), what came and was not yet taken, the numbers next in turn, and the
    threads in which it has written, since when each (which the engine knows: see `Opening.has_written`)."""

    began: int
    answered: bool = False
    farewell: Outcome | None = None
    signals: tuple[Outcome, ...] = ()
    typed: str = ""
    next_action: int = 1
    next_child: int = 1
    else_taken: bool = False
    recording: str | None = None
    messages: tuple[Outcome, ...] = ()
    threads: tuple[Thread, ...] = ()

    def to_plain(self, *, secret: bool = False) -> list[Any]:
        """For the journal. `secret`: what came and was not yet taken is marked."""
        plain: list[Any] = []
        for name in self.__struct_fields__:
            value = to_plain(getattr(self, name))
            plain.append({"$secret": value} if secret and name in _CAME else value)
        return plain


class Opening(Struct, frozen=True):
    """`channel` is `None` for a flow that no conversation started. `otherwise` is the route's `else`,
    `inherited` is there for a flow that another handed over to."""

    activeflow: str
    flow: str
    arguments: Arguments
    at: int
    seed: int
    channel: str | None = None
    source: str | None = None
    to: str | None = None
    name: str | None = None
    conversation: str | None = None
    route_line: int | None = None
    otherwise: FlowCall | None = None
    inherited: Inherited | None = None
    data: Value = None
    """What came with it: what `call` gave on, for a call that we placed; a map of the message's or the
    webhook's fields as a script sees them."""
    outbound: bool = False
    """We placed the call: who is called is its caller, the other party."""
    lent: bool = False
    """The caller's leg is one that a `dial` placed: it goes back there where the flow returns `true`."""
    via: str | None = None
    """The trunk by which it came in, by the operator's name for it."""
    verified: bool = False
    """Whether somebody we trust vouches for who it is."""
    automatic: bool = False
    """A machine sent the message by itself: nothing answers it."""
    anonymous: bool = False
    """Whoever it is does not want to be shown to others."""
    diverted_from: str | None = None
    """Who was called first and sent the call on to us."""
    rings_until: int | None = None
    """When a call that we placed, and that still rings, is given up."""
    reply_to: str | None = None
    """Where what is written in the thread goes, if not to the party's own address (Reply-To)."""

    def taken_by(self, flow: FlowCall, route_line: int | None, otherwise: FlowCall | None) -> Opening:
        """The same with the flow that takes it."""
        return replace(self, flow=flow[0], arguments=flow[1], route_line=route_line, otherwise=otherwise)

    def handed_to(self, flow: FlowCall, at: int, seed: int, inherited: Inherited) -> Opening:
        """The same activeflow as another flow."""
        name, arguments = flow
        return replace(self, flow=name, arguments=arguments, at=at, seed=seed, inherited=inherited)

    def has_written(self, threads: tuple[Thread, ...]) -> Opening:
        """The same of one that has written in these threads before."""
        return replace(self, inherited=replace(self.inherited, threads=threads)) if self.inherited else self

    def placed_at(self, at: int, inherited: Inherited, rings_until: int) -> Opening:
        """A call that we placed, as its activeflow has it."""
        return replace(self, at=at, channel="call", inherited=inherited, rings_until=rings_until)

    @property
    def party(self) -> str | None:
        """The address of whoever is at the other end."""
        address = self.to if self.outbound else self.source
        return address and str(address)

    def hides(self, address: str) -> bool:
        """Whether this is the address, or the number, of somebody who does not want it shown to others."""
        party = self.party
        return self.anonymous and party is not None and address in (party, number_of(party))

    @property
    def ours(self) -> str | None:
        """The address under which that person has us: what was called, or who called him."""
        return self.source if self.outbound else self.to

    @property
    def message_id(self) -> str | None:
        """What the network calls the message that it began with."""
        found = self.data.get("id") if isinstance(self.data, dict) and self.channel in THREADS else None
        return found if isinstance(found, str) else None

    @property
    def came_as(self) -> str | None:
        """What whatever is not to begin anything twice is known by: a message, a webhook."""
        found = self.data.get("id") if isinstance(self.data, dict) and self.channel != "call" else None
        return seen_as(self.to, found) if isinstance(found, str) else None

    def _came(self, name: str) -> dict[str, Value]:
        """The fields of `message` or `webhook`: `none` on other channels."""
        fields: dict[str, Value] = dict.fromkeys(PREDEFINED[name])
        if self.channel in PREDEFINED_ON[name] and isinstance(self.data, dict):
            fields.update(self.data)
        if name == "message":
            fields["reply_to"] = self.reply_to
        return fields

    def predefined(self) -> dict[str, dict[str, Value]]:
        """What a script sees as `call`, `caller`, `message`, `webhook` and `flow`."""
        party, diverted = self.party, self.diverted_from
        return {
            "call": {
                "id": self.conversation,
                "to": unmarked(self.to),
                "from": unmarked(self.source),
                "data": unmarked(self.data),
                "diverted_from": diverted and (number_of(diverted) or diverted),
            },
            "caller": {
                "number": party and (number_of(party) or party),
                "address": party,
                "name": self.name,
                "verified": self.verified,
                "anonymous": self.anonymous,
            },
            "message": self._came("message"),
            "webhook": self._came("webhook"),
            "flow": {"id": self.activeflow, "channel": self.channel},
        }

    def to_plain(self, secrets: Secrets = NO_SECRETS) -> dict[str, Any]:
        """For the journal, with what is secret by those of its script marked: arguments, what came with it,
        what was not yet taken."""
        data, secret = to_plain(self.data), secrets.opening
        inherited, otherwise = self.inherited, self.otherwise
        return {
            "activeflow": self.activeflow,
            "flow": self.flow,
            "arguments": to_plain(secrets.of_flow(self.flow, self.arguments)),
            "at": self.at,
            "seed": self.seed,
            "channel": self.channel,
            "source": to_plain(self.source),
            "to": to_plain(self.to),
            "name": self.name,
            "conversation": self.conversation,
            "route_line": self.route_line,
            "otherwise": otherwise and [otherwise[0], to_plain(secrets.of_flow(*otherwise))],
            "inherited": inherited.to_plain(secret=secret) if inherited is not None else None,
            "data": {"$secret": data} if secret else data,
            "outbound": self.outbound,
            "lent": self.lent,
            "via": self.via,
            "verified": self.verified,
            "anonymous": self.anonymous,
            "automatic": self.automatic,
            "diverted_from": self.diverted_from,
            "rings_until": self.rings_until,
            "reply_to": self.reply_to,
        }
