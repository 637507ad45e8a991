"""Somebody who calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowlang.backends.border import Incoming
from flowlang.backends.simulated_leg import SimulatedLeg, address

from .phone import Phone

if TYPE_CHECKING:
    from flowlang.testing.world import World


class Caller(Phone):
    """Calls at once."""

    def __init__(
        self,
        world: World,
        name: str,
        source: str,
        to: str,
        display: str | None,
        via: str | None,
        *,
        verified: bool = False,
        anonymous: bool = False,
        diverted_from: str | None = None,
    ) -> None:
        super().__init__(world, name)
        incoming = Incoming(
            "call", address(to), address(source), world.new_id("call"), display, via,
            verified=verified, anonymous=anonymous, diverted_from=diverted_from and address(diverted_from),
        )  # fmt: skip
        leg = SimulatedLeg(world, world.later, incoming, world.pace, self._saw)
        self._line = leg.line
        world.note(name, f"calls {to}")
        leg.place()
