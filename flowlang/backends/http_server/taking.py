"""Taking something in for the engine, and the answer to who sent it: only what cannot be lost any more is
answered as taken."""

from __future__ import annotations

from typing import Literal

import trio

from flowlang.backends.border import Host, Incoming

from .messages import Response, plain

LONGEST_WAIT = 10.0
"""Seconds for the disk; then the sender is to try again. Gateways wait 15 (Twilio) to 30."""

Taken = Literal["kept", "nobody", "later"]
"""`kept`: it is on disk. `nobody`: no flow takes it. `later`: the sender may try again."""


_LATER = plain(503, headers={"retry-after": "5"})


async def take(host: Host, incoming: Incoming) -> Taken:
    """Gives it to the engine and waits until it is kept."""
    kept = trio.Event()
    refused = host.receive(incoming, kept.set)
    if refused is not None:
        return "later" if refused.may_come_again else "nobody"
    with trio.move_on_after(LONGEST_WAIT):
        await kept.wait()
        return "kept"
    return "later"


async def reported(host: Host, message: str, status: str, reason: str | None, kept: Response) -> Response:
    """Tells the engine what became of a message, and gives what he who posted it is told: `kept` once it
    is."""
    written = trio.Event()
    if host.report(message, status, reason, written.set) is not None:
        return _LATER
    with trio.move_on_after(LONGEST_WAIT):
        await written.wait()
        return kept
    return _LATER


async def answered(host: Host, incoming: Incoming, kept: Response) -> Response:
    """The same, as who posted it is told: `kept` once it is."""
    match await take(host, incoming):
        case "kept":
            return kept
        case "nobody":
            return plain(404, "no flow takes this")
        case "later":
            return _LATER
