"""flowlang inside a trio program: an action of the host's own, calls on simulated phones, outcomes awaited.

    python examples/embedded/service.py

In place of the simulator a `flowlang.backends.sip.SipBackend` takes real calls; nothing else changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import trio

import flowlang
from flowlang import Outcome, open_project
from flowlang.backends.simulator import SimulatorBackend
from flowlang.model.observations import FlowEnded, Logged, Observation

SCRIPT = Path(__file__).with_name("reminder.flow")


class Clinic:
    """The host's own business: here a table, elsewhere a database."""

    def __init__(self, appointments: Mapping[str, tuple[str, str]]) -> None:
        self._appointments = appointments

    async def find_appointment(self, number: str) -> Outcome:
        """What the script's `find_appointment` runs; a trio task like any other."""
        await trio.sleep(0.2)  # as long as a query takes
        if number not in self._appointments:
            return Outcome("unknown")
        day, time = self._appointments[number]
        return Outcome("found", {"day": day, "time": time})


def show(observation: Observation) -> None:
    """Two of the things that can be watched."""
    match observation:
        case Logged():
            print(f"  log, line {observation.line}: {observation.text}")
        case FlowEnded():
            print(f"  {observation.flow} ended: {observation.how}, {observation.value}")
        case _:
            pass


async def main() -> None:
    """One call, one flow without a caller, and a polite end."""
    clinic = Clinic({"5551234": ("Tuesday", "half past nine"), "5559876": ("Friday", "eleven")})
    simulator = SimulatorBackend()
    async with flowlang.open_engine(backends=[simulator]) as engine:
        # `flow.toml` declares it, as for the command line; an `Action` made in Python would do as well.
        engine.add_action(open_project(SCRIPT).actions["find_appointment"], clinic.find_appointment)
        engine.load(SCRIPT)
        engine.observe(show)
        await engine.listen()

        print("A call:")
        alice = simulator.call(source="+14155550100", to="+16062067563")
        await alice.wait_heard("Enter the number")
        alice.press("5551234#")  # a key stops the prompt
        await alice.wait_heard("You are expected on Tuesday", to_the_end=True)
        ended = await alice.wait_ended()
        print(f"  alice heard {[each.what for each in alice.heard]}; ended by {ended}")

        print("A flow without a caller:")
        run = engine.start("nightly", ("5551234", "5559876", "5550000"))
        ending = await run.ended()
        print(f"  {ending.value} of 3 are expected")

        await engine.shutdown()


if __name__ == "__main__":
    trio.run(main)
