"""What an activeflow begins with: the first entry of its journal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flowlang.model.addresses import number_of
from flowlang.model.plain import to_plain
from flowlang.model.values import Value

FlowCall = tuple[str, tuple[Value, ...]]


@dataclass(frozen=True, slots=True)
class Opening:
    """`channel` is `None` for a flow that no conversation started. `otherwise` is the route's `else`."""

    activeflow: str
    flow: str
    arguments: tuple[Value, ...]
    at: int
    seed: int
    channel: str | None = None
    source: str | None = None
    to: str | None = None
    name: str | None = None
    conversation: str | None = None
    route_line: int | None = None
    otherwise: FlowCall | None = None

    def predefined(self) -> dict[str, dict[str, Value]]:
        """What a script sees as `call`, `caller` and `flow`."""
        source = self.source
        return {
            "call": {"id": self.conversation, "to": self.to, "from": source},
            "caller": {"number": source and (number_of(source) or source), "address": source, "name": self.name},
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
