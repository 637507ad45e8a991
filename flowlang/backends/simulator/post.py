"""People who write, without a network: text messages, e-mail and chat in memory.

For example:

    post = SimulatedPost()
    async with flowlang.open_engine(backends=[post], policy=EVERYTHING) as engine:
        engine.load(Path("booking.flow"))
        await engine.listen()
        ann = post.person("sms", "+14155550100")
        ann.write("Hello", to="+16062067563")
        assert await ann.wait_message() == "Which day suits you?"
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import trio

from flowlang.backends.border import Finish, Host, Incoming, Refusal, nothing
from flowlang.backends.kept_values import KeptValues
from flowlang.backends.once import Once
from flowlang.model.addresses import SCHEME_OF_CHANNEL, message_address, sender_of
from flowlang.model.message_commands import HttpRequest, OutsideCommand, SendMessage, SqlQuery, SqlRun
from flowlang.model.results import Done, Failed
from flowlang.model.values import Outcome, Value

_MOST = 100_000  # messages that nobody took


class SimulatedPerson:
    """Somebody who writes. `address` has its scheme; `refused` is why his last message was."""

    def __init__(self, post: SimulatedPost, channel: str, address: str) -> None:
        self.channel = channel
        self.address = address
        self.refused: Refusal | None = None
        self._post = post
        self._send, self._receive = trio.open_memory_channel[SendMessage](_MOST)

    def write(
        self,
        text: str,
        *,
        to: str,
        subject: str | None = None,
        message: str | None = None,
        automatic: bool = False,
    ) -> None:
        """Sends a message; `message` is what the network calls it, `automatic` that a machine sent it by
        itself."""
        ours = sender_of(self.channel, to) or f"{SCHEME_OF_CHANNEL[self.channel]}:{to}"
        self.refused = self._post.come_in(self, ours, text, subject, message, automatic)

    async def wait_message(self) -> str:
        """Waits for the next message to him, and gives its text."""
        return (await self.wait_sent()).text

    async def wait_sent(self) -> SendMessage:
        """The same as it was sent."""
        return await self._receive.receive()

    def get(self, command: SendMessage) -> None:
        """A message reaches him."""
        self._send.send_nowait(command)


class SimulatedPost:
    """The backend. `answer` gives the outcome of a message that goes out, `None` for `sent`."""

    name = "simulated post"
    channels = frozenset({"sms", "email", "chat"})
    commands: frozenset[str] = frozenset()
    outlets = frozenset({"sms", "email", "chat", "notify", "http", "store"})

    def __init__(self, answer: Callable[[SendMessage], Outcome | None] = lambda _command: None) -> None:
        self.sent: list[SendMessage] = []
        self.requests: list[HttpRequest] = []
        self.kept = 0
        """How many messages that came in cannot be lost any more."""
        self._answer = answer
        self._host: Host | None = None
        self._people: dict[tuple[str, str], SimulatedPerson] = {}
        self._values = KeptValues()
        self._once = Once()
        self._numbers = 0

    async def run(self, host: Host, *, task_status: Any = trio.TASK_STATUS_IGNORED) -> None:
        """Takes what people write until cancelled."""
        self._host = host
        task_status.started("simulated post")
        await trio.sleep_forever()

    async def settle(self) -> None:
        """What is written has arrived."""
        await trio.lowlevel.checkpoint()

    def person(self, channel: str, address: str) -> SimulatedPerson:
        """Somebody at an address of `sms`, `email` or `chat`."""
        where = message_address(channel, address)
        if where is None:
            raise ValueError(f"{address!a} is no address of {channel}")
        return self._people.setdefault((channel, where), SimulatedPerson(self, channel, where))

    def come_in(
        self,
        person: SimulatedPerson,
        ours: str,
        text: str,
        subject: str | None,
        message: str | None,
        automatic: bool,
    ) -> Refusal | None:
        """Somebody wrote."""
        assert self._host is not None, "write after `await engine.listen()`"
        self._numbers += 1
        data: dict[str, Value] = {
            "text": text, "subject": subject, "id": message or f"{person.channel}-{self._numbers}",
        }  # fmt: skip
        incoming = Incoming(
            person.channel, ours, person.address, f"post-{self._numbers}", data=data, automatic=automatic
        )
        return self._host.receive(incoming, self._count)

    def report(
        self, message: str, status: str, reason: str | None = None, kept: Callable[[], None] = nothing
    ) -> Refusal | None:
        """The carrier tells what became of a message; a `Refusal` where it is to do so again."""
        assert self._host is not None
        return self._host.report(message, status, reason, kept)

    def send(self, command: OutsideCommand, finish: Finish) -> Callable[[], None]:
        """Brings it at once."""
        match command:
            case SendMessage():
                return self._once.send(command.key, finish, lambda over: self._bring(command, over))
            case HttpRequest():
                self.requests.append(command)
                finish(Done({"status": 404, "text": "", "headers": {}}))
            case SqlQuery() | SqlRun():
                finish(Failed("no_backend", f"the simulated post has no data base `{command.connection}`"))
            case _:
                finish(self._values.perform(command))
        return nothing

    def _bring(self, command: SendMessage, finish: Finish) -> Callable[[], None]:
        outcome = self._answer(command)
        if outcome is None:
            self.sent.append(command)
            person = self._people.get((command.channel, command.to))
            if person is not None:
                person.get(command)
            outcome = Outcome("sent", {"id": f"sent-{len(self.sent)}"})
        finish(Done(outcome))
        return nothing

    def _count(self) -> None:
        self.kept += 1
