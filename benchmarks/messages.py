"""`make bench-messages`: how many people one process talks with by messages, and how fast. The last line is
JSON.

- conversations_per_s  whole conversations a second: three messages in and three out, each input on disk
                       before what came of it went out; people answer at once, 500 at a time
- reply_p99_ms         message in to reply out, at a third of that rate, the 99th percentile
- chat_fanout_ms       1,000 web chats are open by WebSocket, and each is told something at once: until the
                       last has it. The pages are another process.
"""

from __future__ import annotations

import argparse
import gc
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import trio

from flowlang.backends.border import Finish, Host, Incoming, nothing
from flowlang.backends.http_server import HttpServer, Listen
from flowlang.backends.web import WebBackend
from flowlang.engine import open_engine
from flowlang.model.manners import Manners
from flowlang.model.message_commands import OutsideCommand, SendMessage
from flowlang.model.policy import EVERYTHING
from flowlang.model.results import Done
from flowlang.model.values import Outcome
from flowlang.store.sqlite import SqliteStore

TALK = """
route sms to "+16062067563" => main
flow main {
    let name = ask("Your name?")
    let day = ask("Which day, ${name.text}?", options: ["Monday", "Tuesday"])
    say "See you on ${day.text}, ${name.text}."
}
"""
CHAT = """
route chat to "web" => main
flow main { on signal "news" { say "Here is the news." }; wait 1d }
"""
OURS = "sms:+16062067563"
SAYS = ("hi", "Ann", "2")
AT_ONCE = 500
OPEN = Manners(thread=1_000_000, recipient=1_000_000)


class People:
    """The other side of an SMS gateway, without a gateway: answers every reply with the next message."""

    name = "people"
    channels = frozenset({"sms"})
    commands: frozenset[str] = frozenset()
    outlets = frozenset({"sms"})

    def __init__(self) -> None:
        self.done = 0
        self.waits: list[float] = []
        self.ended: Callable[[str], None] = lambda _person: None
        self._host: Host | None = None
        self._said: dict[str, tuple[int, float]] = {}
        self._numbers = 0

    async def run(self, host: Host, *, task_status: Any = trio.TASK_STATUS_IGNORED) -> None:
        self._host = host
        task_status.started("people")
        await trio.sleep_forever()

    async def settle(self) -> None:
        await trio.lowlevel.checkpoint()

    def say(self, person: str, step: int) -> None:
        """Somebody writes."""
        assert self._host is not None
        self._numbers += 1
        self._said[person] = step, time.perf_counter()
        data: Any = {"text": SAYS[step], "subject": None, "id": f"in-{self._numbers}"}
        refused = self._host.receive(Incoming("sms", OURS, person, f"sms-{self._numbers}", data=data))
        assert refused is None

    def send(self, command: OutsideCommand, finish: Finish) -> Callable[[], None]:
        """A reply reaches him."""
        assert isinstance(command, SendMessage)
        finish(Done(Outcome("sent", {"id": command.key})))
        step, at = self._said[command.to]
        self.waits.append(time.perf_counter() - at)
        if step + 1 < len(SAYS):
            self.say(command.to, step + 1)
        else:
            del self._said[command.to]
            self.done += 1
            self.ended(command.to)
        return nothing


async def most(folder: Path, count: int) -> float:
    """Conversations a second, `AT_ONCE` of them under way at any time."""
    people, over = People(), trio.Event()
    with SqliteStore(folder) as store:
        async with open_engine([people], policy=EVERYTHING, store=store, manners=OPEN) as engine:
            engine.load_text(TALK)
            await engine.listen()
            begun = min(AT_ONCE, count)

            def ended(_person: str) -> None:
                nonlocal begun
                if people.done == count:
                    over.set()
                elif begun < count:
                    begun += 1
                    people.say(_number(begun), 0)

            people.ended = ended
            gc.collect()
            gc.freeze()
            began = time.perf_counter()
            for number in range(1, begun + 1):
                people.say(_number(number), 0)
            await over.wait()
            return count / (time.perf_counter() - began)


async def waits(folder: Path, rate: float, seconds: float) -> float:
    """The 99th percentile of the wait for a reply, in milliseconds, with so many conversations begun a
    second."""
    people = People()
    count = max(1, int(rate * seconds))
    with SqliteStore(folder) as store:
        async with open_engine([people], policy=EVERYTHING, store=store, manners=OPEN) as engine:
            engine.load_text(TALK)
            await engine.listen()
            began = trio.current_time()
            for number in range(1, count + 1):
                await trio.sleep_until(began + number / rate)
                people.say(_number(number), 0)
            with trio.move_on_after(5):
                while people.done < count:  # noqa: ASYNC110 (nothing else tells)
                    await trio.sleep(0.01)
    found = sorted(people.waits)
    return found[int(len(found) * 0.99)] * 1_000


async def fanout(folder: Path, count: int) -> float:
    """Milliseconds until the last of so many open pages has what each was told."""
    web = WebBackend(HttpServer(Listen("127.0.0.1:0")), chat="web", data=folder, newcomers=1_000_000)
    with SqliteStore(folder) as store:
        async with open_engine([web], policy=EVERYTHING, store=store, manners=OPEN) as engine:
            engine.load_text(CHAT)
            await engine.listen()
            port = web.server.url.rpartition(":")[2]
            command = [sys.executable, str(Path(__file__).with_name("pages.py")), port, str(count)]
            pages = await trio.lowlevel.open_process(command, stdout=subprocess.PIPE)
            assert pages.stdout is not None
            lines = _lines(pages.stdout)
            assert await anext(lines) == "open"
            while len(engine.activeflows) < count:  # noqa: ASYNC110 (the engine does not tell)
                await trio.sleep(0.01)
            gc.collect()
            gc.freeze()
            began = time.monotonic()
            for each in engine.activeflows:
                engine.signal(each, "news")
            last = float(await anext(lines))
            await pages.wait()
            return (last - began) * 1_000


async def _lines(stream: trio.abc.ReceiveStream) -> Any:
    text = ""
    async for part in stream:
        text += part.decode()
        while "\n" in text:
            line, _, text = text.partition("\n")
            yield line


def _number(number: int) -> str:
    return f"sms:+1415{number:07}"


def main() -> None:
    """Measures all of it, each in a folder of its own."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--conversations", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--pages", type=int, default=1_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rate = trio.run(most, folder / "most", given.conversations)
        result = {
            "conversations_per_s": round(rate),
            "reply_p99_ms": round(trio.run(waits, folder / "waits", rate / 3, given.seconds), 1),
            "chat_fanout_ms": round(trio.run(fanout, folder / "chat", given.pages), 1),
        }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
