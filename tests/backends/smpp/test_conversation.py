"""A script talks by SMS, over SMPP, on the engine."""

from __future__ import annotations

import trio

from flowlang import open_engine
from flowlang.backends.smpp import Account, SmppBackend
from flowlang.backends.smpp import Smsc as Where
from flowlang.model.observations import Logged, Observation
from flowlang.model.policy import EVERYTHING
from tests.backends.smpp.smsc import Smsc, smsc_at_work

SCRIPT = """
policy { allow sms "+1*" }

route sms to +16062067563 => booking

flow booking {
    let day = ask("Which day suits you?", options: ["Monday", "Tuesday"], timeout: 1d)
    match day {
        no_input, no_match => say "We shall call you back."
        _ => {
            on delivered { log "delivered" }
            sms to: +14155550101, text: "Booking: ${day.text}"
            wait for delivered within 1m
            say "See you on ${day.text}."
        }
    }
}
"""


async def test_a_script_asks_is_answered_and_hears_of_delivery() -> None:
    smsc = Smsc()
    logged: list[str] = []

    def watch(seen: Observation) -> None:
        if isinstance(seen, Logged):
            logged.append(seen.text)

    async def texts(many: int) -> list[tuple[str, str]]:
        with trio.fail_after(10):
            while len(smsc.taken) < many:
                await trio.lowlevel.checkpoint()
        return [
            (each.text("destination_addr"), each.octets("short_message").decode())
            for each in smsc.taken.values()
        ]

    async with smsc_at_work(smsc) as port:
        backend = SmppBackend(Where("127.0.0.1", port, Account("desk", "right"), again=0.01), "+16062067563")
        async with open_engine([backend], policy=EVERYTHING) as engine:
            engine.observe(watch)
            engine.load_text(SCRIPT)
            await engine.listen()
            await smsc.bound.wait()
            await smsc.write(b"I need a visit")
            ((to, asked),) = await texts(1)
            assert to == "14155550100"
            assert "Monday" in asked
            await smsc.write(b"Tuesday")
            assert (await texts(3))[1:] == [
                ("14155550101", "Booking: Tuesday"), ("14155550100", "See you on Tuesday."),
            ]  # fmt: skip
            await engine.shutdown()
    assert not [each for each in logged if each != "delivered"], logged
