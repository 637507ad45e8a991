"""The backend: it places simulated calls, as many at once as wanted.

simulator = SimulatorBackend()
async with flowlang.open_engine(backends=[simulator]) as engine:
    engine.load(Path("desk.flow"))
    await engine.listen()
    alice = simulator.call(source="+14155550100", to="+16062067563")
    await alice.wait_heard("Press 1")
    alice.press("1")
    await alice.wait_ended()
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import trio

from flowlang.backends.border import Host, Inbox, Incoming, Outgoing
from flowlang.backends.live_leg import LiveCallee, LiveLeg
from flowlang.backends.pace import CHARACTERS_A_SECOND, UNKNOWN_FILE_SECONDS, Pace
from flowlang.backends.simulated_leg import SIMULATED_COMMANDS, PhoneError, address
from flowlang.model.addresses import matches

from .phone import CalledPhone, SimulatedPhone


def _unknown_length(_file: str) -> float:
    return UNKNOWN_FILE_SECONDS


class SimulatorBackend:
    """`characters_a_second` is how fast texts are spoken. `length_of` gives a sound file's seconds, or raises
    `SoundFileError`, which is then a fault in the script; without it each file takes a second."""

    name = "simulator"
    channels = frozenset({"call"})
    commands = SIMULATED_COMMANDS

    def __init__(
        self,
        *,
        characters_a_second: float = CHARACTERS_A_SECOND,
        length_of: Callable[[str], float] = _unknown_length,
    ) -> None:
        self._pace = Pace(characters_a_second, length_of)
        self._running: tuple[Host, trio.Nursery] | None = None
        self._legs: list[LiveLeg | LiveCallee] = []
        self._placed = 0
        self._called: list[LiveCallee] = []
        self._news = trio.lowlevel.ParkingLot()

    async def run(self, host: Host, *, task_status: Any = trio.TASK_STATUS_IGNORED) -> None:
        """Takes calls from `call` until cancelled; calls that are then up are lost."""
        async with trio.open_nursery() as nursery:
            self._running = (host, nursery)
            task_status.started("simulated phones")
            try:
                await trio.sleep_forever()
            finally:
                self._running = None
                for leg in self._legs:
                    leg.lose()

    async def settle(self) -> None:
        """A simulated leg is over the moment it is hung up."""
        await trio.lowlevel.checkpoint()

    def call(
        self,
        *,
        source: str,
        to: str,
        name: str | None = None,
        via: str | None = None,
        flow: str | None = None,
        diverted_from: str | None = None,
    ) -> SimulatedPhone:
        """Places a call, as an E.164 number, an address with a scheme or an extension; `via` names the trunk
        by which it comes, `diverted_from` who was called first and sent it on. What becomes of it is in the
        phone's `state`. Raises `PhoneError` while the engine does not run this backend."""
        if self._running is None:
            raise PhoneError("the simulator does not run: place calls after `await engine.listen()`")
        host, nursery = self._running
        self._placed += 1
        incoming = Incoming(
            "call", address(to), address(source), f"simulated-{self._placed}", name, via, flow=flow,
            diverted_from=diverted_from and address(diverted_from),
        )  # fmt: skip
        leg = LiveLeg(host, nursery, incoming, self._pace)
        self._legs = [each for each in self._legs if not each.over]
        self._legs.append(leg)
        leg.place()
        return SimulatedPhone(leg)

    def place(self, outgoing: Outgoing, inbox: Inbox) -> LiveCallee:
        """A flow calls somebody; his phone rings until he is found by `wait_called` and does something."""
        assert self._running is not None, "the engine runs it"
        host, nursery = self._running
        leg = LiveCallee(host, nursery, replace(outgoing, to=address(outgoing.to)), inbox, self._pace)
        self._legs = [each for each in self._legs if not each.over]
        self._legs.append(leg)
        self._called.append(leg)
        self._news.unpark_all()
        nursery.start_soon(_ring, leg)
        return leg

    async def wait_called(self, to: str) -> CalledPhone:
        """Waits until a flow calls that number or address, or has called it; each call is found once."""
        while True:
            found = next((each for each in self._called if matches(to, each.outgoing.to)), None)
            if found is not None:
                self._called.remove(found)
                return CalledPhone(found)
            await self._news.park()


async def _ring(leg: LiveCallee) -> None:
    leg.ring()
