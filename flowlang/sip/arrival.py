"""A request on its way in: what is known of it when it came, and what is found at the door."""

from __future__ import annotations

from typing import NamedTuple

from flowlang.sip.address import Address
from flowlang.sip.door import Admitted
from flowlang.sip.judge import Reply
from flowlang.sip.message import Request


class Arrival(NamedTuple):
    """A request of `size` bytes that came from `source` to `local`, our address as the peer sees it, and to
    `listener`, of which the door is asked."""

    request: Request
    source: Address
    local: Address
    listener: object
    size: int
    now: float


class Welcome(NamedTuple):
    """What becomes of a request of no call: `reply` is the answer, where it is known already, and goes out
    `stateless` to who may not call, or has yet to show who he is; `origin` is who was let in."""

    reply: Reply | None = None
    stateless: bool = False
    origin: Admitted | None = None
