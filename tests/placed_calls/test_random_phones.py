"""Phones that do anything at any time, also before the engine has heard of what they did last: no leg and no
activeflow is left, and the engine goes on."""

from __future__ import annotations

import random
from contextlib import suppress

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

import flowlang
from flowlang.backends.simulator import (
    CalledPhone,
    Ended,
    PhoneError,
    Refused,
    SimulatedPhone,
    SimulatorBackend,
)
from flowlang.model.observations import CallRecorded, FlowEnded, Observation
from flowlang.model.policy import EVERYTHING

SCRIPT = """
policy { allow dial "sip:*@c.example" }

route call to "1"   => confirmed
route call to "2"   => placed
route call to "3"   => transferred
route call to "4"   => raced
route outbound call => out

flow confirmed {
    let leg = dial(["sip:a@c.example", "sip:b@c.example"], timeout: 20s, confirm: agrees) {
        on ringing { log "rings" }
    }
    log "${leg}"
}

flow agrees {
    if call.data != none {
        match ask("1?", digits: 1, timeout: 3s) {
            "1" => return true
            _   => log "${dial("sip:c@c.example", timeout: 5s)}"
        }
    }
    return true
}

flow placed {
    answer
    let one = call("sip:a@c.example", begin: "ringing", flow: out, timeout: 9s)
    let other = dial("sip:b@c.example", timeout: 9s) { on answered { break } }
    log "${one} ${other}"
}

flow out {
    on hangup as e { log e.cause }
    on answered { log "answered" }
    log "${dial("sip:c@c.example", timeout: 8s, strategy: "serial")}"
    say "Hello."
}

flow transferred {
    on hold as e { log e.by }
    on transferred as e { log e.to }
    log "${dial("sip:a@c.example", timeout: 9s)}"
    handoff raced()
}

flow raced {
    race {
        stream { log "${dial("sip:a@c.example")}" }
        stream { wait 5s }
        stream { log "${call("sip:b@c.example")}" }
    }
    hold
    unhold
    press "1"
    say "Bye."
}
"""
STEPS = 40


class Phones:
    """All that there are, and what may come into their heads."""

    def __init__(self, simulator: SimulatorBackend, chance: random.Random) -> None:
        self._simulator = simulator
        self._chance = chance
        self._all: list[SimulatedPhone] = []

    async def take(self, user: str) -> None:
        """Those that a flow calls are picked up."""
        while True:
            self._all.append(await self._simulator.wait_called(f"sip:{user}@c.example"))

    def do_something(self) -> None:
        chance = self._chance
        busy = [each for each in self._all if not isinstance(each.state, Refused | Ended)]
        if chance.random() < 0.12 and len(busy) < 8:
            self._all.append(self._simulator.call(source="+14155550100", to=chance.choice("1234")))
        elif busy:
            phone = chance.choice(busy)
            acts = [phone.hang_up, phone.hold, phone.unhold, lambda: phone.press(chance.choice("12"))]
            acts.append(lambda: phone.speak("Hi."))
            acts.append(lambda: phone.transfer(f"sip:{chance.choice('abc')}@c.example"))
            if isinstance(phone, CalledPhone):
                acts += [phone.answer, phone.answer, lambda: phone.reject(chance.choice((486, 603)))]
                acts.append(lambda: self._come_and_go(phone))
            try:
                chance.choice(acts)()
            except PhoneError:  # not at this moment
                return

    def _come_and_go(self, phone: CalledPhone) -> None:
        phone.answer()
        phone.hang_up()

    async def pause(self) -> None:
        if self._chance.random() < 0.5:
            await trio.sleep(self._chance.choice((0, 0, 0.1, 1, 4)))
        elif self._chance.random() < 0.3:
            await wait_all_tasks_blocked()

    def leave(self) -> None:
        for each in self._all:
            if not isinstance(each.state, Refused | Ended):
                with suppress(PhoneError):  # who is called and has not answered is cancelled
                    each.hang_up()


@pytest.mark.parametrize("seed", range(25))
async def test_nothing_is_left_whatever_phones_do(seed: int, autojump_clock: object) -> None:
    simulator = SimulatorBackend()
    seen: list[Observation] = []
    async with flowlang.open_engine(backends=[simulator], policy=EVERYTHING) as engine:
        engine.load_text(SCRIPT)
        engine.observe(seen.append)
        await engine.listen()
        phones = Phones(simulator, random.Random(seed))
        async with trio.open_nursery() as nursery:
            for user in "abc":
                nursery.start_soon(phones.take, user)
            for _ in range(STEPS):
                phones.do_something()
                await phones.pause()
            phones.leave()
            await trio.sleep(300)
            nursery.cancel_scope.cancel()
        assert not [each for each in seen if isinstance(each, FlowEnded) and each.code == "internal"]
        legs = [each.record.leg for each in seen if isinstance(each, CallRecorded)]
        assert len(set(legs)) == len(legs) > 0
        assert (engine.activeflows, len(engine.records)) == ((), 0)
