"""The process that `kill_engine.py` kills: an engine on a data folder, with people, signals, alarms,
calls.

What it does in the world it writes into a ledger that no crash of it can undo; what it has taken it tells its
parent when that is on disk. At a named point it kills itself, when it has come there often enough.
"""

from __future__ import annotations

import json
import os
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import trio

import flowlang
from flowlang.backends.border import Finish, Host, Incoming, nothing
from flowlang.backends.simulator import SimulatorBackend
from flowlang.engine.retention import Retention
from flowlang.model.action import Action, Parameter
from flowlang.model.message_commands import OutsideCommand, SendMessage
from flowlang.model.policy import EVERYTHING
from flowlang.model.results import Done
from flowlang.model.values import Outcome
from flowlang.store import statements
from flowlang.store.sqlite import SqliteStore

POINTS = (
    "before_commit", "inside_commit", "after_commit", "before_action", "after_action", "before_send",
    "after_send", "before_told", "woken_at_once",
)  # fmt: skip
"""The parent names one, and how often the child may come there."""

PARK_AFTER = 0.02  # seconds: most are parked and woken again and again
COUNTERS = 4
SCRIPT = """
policy { allow sms "+1415*" }
route call => desk
route sms  => talk

flow desk {
    answer
    wait 1h
}

flow counter(seen) {
    loop up to 300 {
        let e = wait for signal "add"
        pay("add:${e.data}")
        wait 5ms
        pay("later:${e.data}")
    }
    handoff counter(seen + 300)
}

flow alarm(name) {
    wait 60ms
    pay("first:${name}")
    wait 200ms
    pay("second:${name}")
    within 1ms { sms to: "+14155559999", text: "last:${name}" } else { }
}

flow talk {
    send "reply:${message.text}"
    loop up to 40 {
        let next = wait for message
        send "reply:${next.text}"
    }
}
"""
PAY = Action("pay", "Takes money.", (Parameter("what", ("text",), "for what", by_place=True),),
             recovery="repeat", key="key")  # fmt: skip


class KillingStore(SqliteStore):
    """Kills its process at a point, when it comes there for the so manieth time. `slow` is how many seconds
    its disk takes for a commit: what comes meanwhile is in the next group."""

    def __init__(self, folder: Path, point: str, count: int, slow: float) -> None:
        super().__init__(folder)
        self._slow = slow
        self._crossed = [False, False]
        """Whether an input came for one behind its parking: in the last group, and in the one prepared."""
        self._point = point
        self._count = count

    def reach(self, point: str) -> None:
        """The process is at this point."""
        if point == self._point:
            self._count -= 1
            if self._count <= 0:
                os.kill(os.getpid(), signal.SIGKILL)

    def commit(self) -> None:
        """Commits, or does not live to."""
        pending = self.pending
        if pending:
            self.reach("before_commit")
            time.sleep(self._slow)
            if self._crossed.pop(0):
                self.reach("woken_at_once")
            self._crossed.append(False)
        super().commit()
        if pending:
            self.reach("after_commit")

    def _write(self) -> None:
        moved = [_by_column(statements.MOVE, row) for each, row in self.moves if each == statements.MOVE]
        lasts = {each["number"]: each["last"] for each in moved if each["state"] == "parked"}
        added = [_by_column(statements.APPEND, row) for row in self.entries]
        self._crossed[1] = any(
            each["activeflow"] in lasts and each["row"] > lasts[each["activeflow"]] for each in added
        )
        super()._write()
        self.reach("inside_commit")


def _by_column(statement: str, row: tuple[Any, ...]) -> dict[str, Any]:
    """What is bound, by the names of the columns: in whatever order the store writes them."""
    named = re.findall(r'"(\w+)"|(\w+) = \?', statement)
    return dict(zip((quoted or set_ for quoted, set_ in named), row, strict=True))


class Ledger:
    """What was done in the world: a line for each doing, `key what`."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def write(self, key: str, what: str) -> None:
        """One doing."""
        os.write(self._file, f"{key} {what}\n".encode())


class Carrier:
    """Text messages: what comes is told as taken when it is on disk, as an SMSC wants it."""

    name = "carrier"
    channels = frozenset({"sms"})
    commands: frozenset[str] = frozenset()
    outlets = frozenset({"sms"})

    def __init__(self, ledger: Ledger, reach: Callable[[str], None]) -> None:
        self._ledger = ledger
        self._reach = reach
        self._host: Host | None = None
        self._nursery: trio.Nursery | None = None

    async def run(self, host: Host, *, task_status: Any) -> None:
        """Is there."""
        self._host = host
        async with trio.open_nursery() as self._nursery:
            task_status.started("carrier")
            await trio.sleep_forever()

    async def settle(self) -> None:
        """Nothing is under way."""

    def receive(self, person: str, number: int, told: Callable[[], None]) -> None:
        """Somebody writes."""
        assert self._host is not None
        data = {"text": str(number), "id": f"m{number}", "subject": None, "attachments": ()}
        incoming = Incoming("sms", "sms:+16062067563", person, f"m{number}", data=data)
        self._host.receive(incoming, told)

    def send(self, command: OutsideCommand, finish: Finish) -> Callable[[], None]:
        """Takes a message for somebody."""
        assert isinstance(command, SendMessage)
        assert self._nursery is not None
        self._nursery.start_soon(self._take, command, finish)
        return nothing

    async def _take(self, command: SendMessage, finish: Finish) -> None:
        self._reach("before_send")
        await trio.sleep(0.003)
        self._ledger.write(command.key, command.text)
        self._reach("after_send")
        await trio.sleep(0.003)
        finish(Done(Outcome("sent", {"id": command.key})))


async def live(folder: Path, commands: int, said: int, point: str, count: int, slow: float) -> None:
    """Lives until it is killed, or told `end`."""
    ledger = Ledger(folder / "ledger")
    store = KillingStore(folder / "data", point, count, slow)

    async def pay(what: str, key: str) -> None:
        store.reach("before_action")
        ledger.write(key, what)
        store.reach("after_action")

    def say(*plain: Any) -> None:
        store.reach("before_told")
        os.write(said, json.dumps(plain).encode() + b"\n")

    phones, carrier = SimulatorBackend(), Carrier(ledger, store.reach)
    with store:
        async with flowlang.open_engine(
            [phones, carrier], store=store, policy=EVERYTHING, park_after=PARK_AFTER, retention=Retention()
        ) as engine:
            engine.add_action(PAY, pay)
            recovered = engine.recover()
            engine.load_text(SCRIPT)
            await engine.listen()
            await _obey(engine, phones, carrier, say, commands, [*recovered.diverged, *recovered.held])


async def _obey(
    engine: flowlang.Engine,
    phones: SimulatorBackend,
    carrier: Carrier,
    say: Callable[..., None],
    commands: int,
    gone: list[str],
) -> None:
    async def signalled(activeflow: str, number: int) -> None:
        if await engine.signalled(activeflow, "add", number):
            say("ack", "add", number)

    async def start(flow: str, *arguments: Any) -> None:
        run = engine.start(flow, *arguments)
        if await engine.signalled(run.id, "begun"):  # it is on disk, and what began it too
            say("ack", flow, run.id if flow == "counter" else arguments[0])

    async def call(number: int) -> None:
        phone = phones.call(source="+14155550100", to=f"+1606{number:07}")
        await phone.wait_answered()  # so its record is on disk
        say("ack", "call", number)
        if number % 3 == 0:
            phone.hang_up()

    lines = trio.lowlevel.FdStream(os.dup(commands))
    buffer = b""
    say("ready", gone)
    async with trio.open_nursery() as nursery:
        async for received in lines:
            *whole, buffer = (buffer + received).split(b"\n")
            for line in whole:
                match json.loads(line):
                    case ["add", str(activeflow), int(number)]:
                        nursery.start_soon(signalled, activeflow, number)
                    case ["counter"]:
                        nursery.start_soon(start, "counter", 0)
                    case ["alarm", int(name)]:
                        nursery.start_soon(start, "alarm", name)
                    case ["text", str(person), int(number)]:
                        carrier.receive(person, number, lambda number=number: say("ack", "text", number))
                    case ["call", int(number)]:
                        nursery.start_soon(call, number)
                    case ["end"]:
                        await engine.shutdown()
                        say("ended")
                        nursery.cancel_scope.cancel()
                        return
                    case other:
                        raise AssertionError(other)
