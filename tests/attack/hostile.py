"""`make hostile`: mutated messages and forged requests at a `flow serve`, by UDP and TCP, while a phone of
ours has calls there. The last line is JSON.

    python -m tests.attack.hostile [COUNT] [FORGED] [SEED]

A call counts as kept if at the end its caller presses a key and hears the answer to it, to its end. `touched`
is what the server's script was told of these calls (a hold, a transfer) and no caller has done. `memory` is
what the process holds, when all that was begun is over, against what it held when the calls were up.
"""

from __future__ import annotations

import json
import sys
import tempfile
from contextlib import AsyncExitStack, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import trio

from flowlang.sip.dialog import Dialog
from flowlang.testing.softphone import NothingHeard, PhoneCall, Softphone, open_softphone
from tests.call.prompts import tone

from .served import Served, serving
from .strangers import KINDS, Strangers

CALLS = 20
WORKED = 200  # calls at once that were there before: a server that has never worked is no measure of memory
T1_MS = 50  # so that what was begun is over in seconds
SETTLED_S = 3 * 64 * T1_MS / 1000  # a 200 without its ACK, and then a BYE without its answer

CALLER = "victim"  # strangers who become callers themselves have other names
READY, ANSWER = tone("ready", 410, 0.4), tone("answer", 530, 0.6)
SCRIPT = """
route call => stays
flow stays {
    on hold { log "touched ${caller.address}" }
    on transferred { log "touched ${caller.address}" }
    let key = ask(play: "ready.wav", digits: 1, timeout: 1h)
    match key {
        "1" => play "answer.wav"
        _   => log "no key"
    }
}
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What `make hostile` tells."""

    messages: int
    forged: int
    calls: int
    kept: int
    touched: int
    tracebacks: int
    alive: bool
    memory: float

    @property
    def unharmed(self) -> bool:
        """Whether nobody noticed anything."""
        harm = self.calls - self.kept + self.touched + self.tracebacks
        return not harm and self.alive and self.memory <= 1.1


async def run(folder: Path, count: int, forged: int, seed: int) -> Outcome:
    """So many bent messages, and so many forged requests of each kind."""
    for prompt in (READY, ANSWER):
        prompt.write(folder)
    async with AsyncExitStack() as stack:
        served = await stack.enter_async_context(serving(folder, SCRIPT, "--t1", str(T1_MS)))
        phone = await stack.enter_async_context(open_softphone(("127.0.0.1", 0)))
        await all_tried(await all_up(phone, served, WORKED))
        calls = await all_up(phone, served, CALLS)
        strangers = Strangers(served.port, [seen(call) for call in calls], seed)
        await stack.enter_async_context(strangers)
        before = served.resident()
        await strangers.bent(count)
        for kind in KINDS:
            await strangers.forged(kind, forged)
        await trio.sleep(SETTLED_S)
        alive = served.up and await strangers.alive()
        memory = served.resident() / before if alive else 0.0
        kept = await all_tried(calls)
        said = served.said()
        return Outcome(
            messages=count,
            forged=forged * len(KINDS),
            calls=CALLS,
            kept=len(kept),
            touched=said.count(f"touched sip:{CALLER}"),
            tracebacks=served.tracebacks(),
            alive=alive,
            memory=round(memory, 3),
        )


async def all_up(phone: Softphone, served: Served, count: int) -> list[PhoneCall]:
    """So many calls at once."""
    calls: list[PhoneCall] = []
    async with trio.open_nursery() as nursery:
        for _ in range(count):
            nursery.start_soon(up, phone, served, calls)
    return calls


async def up(phone: Softphone, served: Served, calls: list[PhoneCall]) -> None:
    """One call more, whose caller has heard the greeting."""
    call = await phone.call(f"sip:desk@127.0.0.1:{served.port}", caller=f"sip:{CALLER}@127.0.0.1")
    await call.wait_answered()
    await call.wait_prompt()
    calls.append(call)


def seen(call: PhoneCall) -> tuple[Dialog, str]:
    """What somebody on the way sees of it."""
    dialog = call.leg.dialog
    assert dialog is not None  # it is up
    return dialog, call.leg.request.via.branch or ""


async def all_tried(calls: list[PhoneCall]) -> list[PhoneCall]:
    """Those that are kept."""
    kept: list[PhoneCall] = []
    async with trio.open_nursery() as nursery:
        for call in calls:
            nursery.start_soon(try_it, call, kept)
    return kept


async def try_it(call: PhoneCall, kept: list[PhoneCall]) -> None:
    """It is kept if the other side hears a key, answers, and hangs up."""
    if call.ended:
        return
    call.press("1")
    with trio.move_on_after(5), suppress(NothingHeard):
        sound = await call.wait_prompt()
        await call.wait_ended()
        if abs(sound.end - sound.start - ANSWER.seconds) < 0.1 and call.by == "remote":
            kept.append(call)


def main() -> None:
    """COUNT, FORGED and SEED; see above."""
    given = [int(each) for each in sys.argv[1:]]
    count, forged, seed = (*given, *(20_000, 1_000, 1)[len(given) :])
    with tempfile.TemporaryDirectory() as folder:
        outcome = trio.run(run, Path(folder), count, forged, seed)
    print(json.dumps(asdict(outcome)))
    sys.exit(not outcome.unharmed)


if __name__ == "__main__":
    main()
