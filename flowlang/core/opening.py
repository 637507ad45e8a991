"""What an activeflow begins with: the first entry of its journal."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from flowlang.model.addresses import number_of
from flowlang.model.plain import to_plain
from flowlang.model.values import Value

Arguments = dict[str, Value]
"""By the name of the parameter; those left out take their defaults."""

FlowCall = tuple[str, Arguments]


@dataclass(frozen=True, slots=True)
class Opening:
    """`channel` is `None` for a flow that no conversation started. `otherwise` is the route's `else`."""

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

    def taken_by(self, flow: FlowCall, route_line: int | None, otherwise: FlowCall | None) -> Opening:
        """The same with the flow that takes it."""
        return replace(self, flow=flow[0], arguments=flow[1], route_line=route_line, otherwise=otherwise)

    def predefined(self) -> dict[str, dict[str, Value]]:
        """What a script sees as `call`, `caller` and `flow`."""
        source = self.source
        return {
            "call": {"id": self.conversation, "to": self.to, "from": source},
            "caller": {
                "number": source and (number_of(source) or source),
                "address": source,
                "name": self.name,
            },
            "flow": {"id": self.activeflow, "channel": self.channel},
        }

    def to_plain(self) -> dict[str, Any]:
        """For the journal."""
        return {
            "activeflow": self.activeflow,
            "flow": self.flow,
            "arguments": to_plain(self.arguments),
            "at": self.at,
            "seed": self.seed,
            "channel": self.channel,
            "source": self.source,
            "to": self.to,
            "name": self.name,
            "conversation": self.conversation,
            "route_line": self.route_line,
            "otherwise": self.otherwise and [self.otherwise[0], to_plain(self.otherwise[1])],
        }
