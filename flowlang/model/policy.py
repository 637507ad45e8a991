"""A policy: whom scripts may reach, for how long and on how many legs.

There are two, the script's own (`policy { … }`) and the operator's; reaching out needs both to allow it. What
is not allowed is refused: an empty policy refuses all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .action import Action, Reach
from .destinations import KINDS, Destination, Kind, covers, destination_of, why_no_pattern
from .values import Value

_KIND_OF_SCHEME: Mapping[str, Kind] = {
    "sms": "sms", "tel": "sms", "mailto": "email", "chat": "chat", "http": "http", "https": "http",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Policy:
    """`allow` has patterns by kind; `duration` is how long an activeflow may last, in microseconds, and
    `legs` how many legs of its own it may have at once, the caller's not counted. Raises `ValueError` for a
    pattern that fits nothing and a limit below 1."""

    allow: Mapping[Kind, tuple[str, ...]] = field(default_factory=dict[Kind, tuple[str, ...]])
    duration: int | None = None
    legs: int | None = None

    def __post_init__(self) -> None:
        for kind, patterns in self.allow.items():
            if kind not in KINDS:
                raise ValueError(f"`{kind}` is nothing that a policy allows; there are {', '.join(KINDS)}")
            for pattern in patterns:
                why = why_no_pattern(kind, pattern)
                if why is not None:
                    raise ValueError(f"`allow {kind}` {pattern!r:.80}: {why}")
        if (self.duration is not None and self.duration < 1) or (self.legs is not None and self.legs < 1):
            raise ValueError("a limit of a policy is more than 0")

    def covers(self, kind: Kind, destination: Destination) -> bool:
        """Whether a pattern covers a destination."""
        return any(covers(kind, pattern, destination) for pattern in self.allow.get(kind, ()))

    def names(self, kind: Kind, destination: Destination) -> bool:
        """Whether it names a destination exactly, without any `*`."""
        exact = (pattern for pattern in self.allow.get(kind, ()) if "*" not in pattern)
        return any(covers(kind, pattern, destination) for pattern in exact)

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Policy:
        """The policy of which `dataclasses.asdict` made this, also by way of JSON. Raises `ValueError`."""
        allow = {kind: tuple(patterns) for kind, patterns in plain["allow"].items()}
        return cls(allow, plain["duration"], plain["legs"])


NOTHING = Policy()
EVERYTHING = Policy(dict.fromkeys(KINDS, ("*",)))
"""Allows all, numbers of which a bill or a siren comes excepted: these have to be named."""


def simulated(script: Policy | None) -> Policy:
    """The operator's policy on simulated channels: it allows all, and names each number that the script
    names."""
    if script is None:
        return EVERYTHING
    named = {
        kind: tuple(each for each in patterns if "*" not in each) for kind, patterns in script.allow.items()
    }
    return Policy({kind: (*patterns, *named.get(kind, ())) for kind, patterns in EVERYTHING.allow.items()})


def destinations(action: Action, arguments: Mapping[str, Value]) -> Iterator[tuple[Kind, str]]:
    """Whom an action with these arguments reaches, and as what; and the headers that it sets."""
    reach = action.reach
    given = arguments.get(reach.parameter) if reach is not None else None
    if reach is None or given is None:
        return
    for each in given if isinstance(given, tuple) else (given,):
        if isinstance(each, str):
            yield kind_of(reach, each), each
    headers = arguments.get(reach.headers) if reach.headers is not None else None
    if isinstance(headers, dict):
        for name in headers:
            yield "header", name


def kind_of(reach: Reach, address: str) -> Kind:
    """As what an address is reached."""
    return reach.kind or _KIND_OF_SCHEME.get(address.partition(":")[0].lower(), "sms")


def why_refused(policy: Policy, kind: Kind, text: str) -> str | None:
    """Why a script's own policy does not cover a destination; `None` where it does."""
    try:
        destination = destination_of(kind, text)
    except ValueError as error:
        return str(error)
    if policy.covers(kind, destination):
        return None
    return f"no `allow {kind}` covers it"
