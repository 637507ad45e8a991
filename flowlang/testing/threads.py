"""Who writes with which activeflow: a thread is a channel, a person's address and one of ours.

A message goes to the activeflow that has its thread: that began with it, or has written there; else a route
finds one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from flowlang.backends.border import Finish, Incoming
from flowlang.model.commands import BackendCommand
from flowlang.model.events import CALLER_LEG, ELSEWHERE, MessageReceived, MessageReported
from flowlang.model.message_commands import SendMessage
from flowlang.model.results import Done
from flowlang.model.values import Value

from .parties.writer import Writer

if TYPE_CHECKING:
    from .outside import Given
    from .running import Running
    from .world import World

_Key = tuple[str, str, str | None]


class ThreadLeg:
    """A thread as the leg of its activeflow: nothing is said on it, and its end is nobody's."""

    def perform(self, command: BackendCommand, finish: Finish) -> Callable[[], None]:
        """The end of the thread, the one command that comes: done at once."""
        finish(Done())
        return _nothing

    def bridge(self, other: object) -> None:
        """There is nothing to hear."""

    def release(self) -> None:
        """Nothing is kept."""


class Threads:
    """All of a test's world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._open: dict[_Key, Running] = {}
        self._people: dict[tuple[str, str], Writer] = {}
        self._sent: list[tuple[SendMessage, str, Running]] = []

    def come_in(self, writer: Writer, text: str, subject: str | None) -> None:
        """Somebody's message reaches the activeflow that has the thread, else the routes."""
        world, channel, address, ours = self._world, writer.channel, writer.address, writer.ours
        self._people[channel, address] = writer
        message_id = world.new_id("message")
        running = self._owner(channel, address, ours)
        if running is not None:
            leg = CALLER_LEG if running.is_thread_of(channel, address) else ELSEWHERE
            world.accepted()
            running.deliver(MessageReceived(leg, text, subject, channel, address, message_id))
            return
        data: dict[str, Value] = {"text": text, "subject": subject, "id": message_id}
        taken = world.offer(Incoming(channel, ours, address, world.new_id(channel), data=data), ThreadLeg())
        if world.why_refused() is None:
            self._open[channel, address, ours] = taken  # pyright: ignore[reportArgumentType]

    def _owner(self, channel: str, address: str, ours: str) -> Running | None:
        for key in ((channel, address, ours), (channel, address, None)):
            running = self._open.get(key)
            if running is not None and running.ending is None:
                return running
        return None

    def sent(self, given: Given, command: SendMessage, message_id: str, sender: Running) -> bool:
        """A message went out: whether a party of the test got it. From now on its thread is the sender's, if
        it is nobody's."""
        key = command.channel, command.to, command.source
        owner = self._open.get(key)
        if owner is None or owner.ending is not None:
            self._open[key] = sender
        self._sent.append((command, message_id, sender))
        writer = self._people.get((command.channel, command.to))
        if writer is None:
            return False
        writer.get(given, f"{command.subject}\n{command.text}" if command.subject else command.text)
        return True

    def report(self, to: str, status: str, reason: str | None) -> bool:
        """The newest message to an address is reported on; false if there is none."""
        for command, message_id, sender in reversed(self._sent):
            if to in (command.to, command.to.partition(":")[2]):
                sender.deliver(MessageReported(message_id, status, command.to, reason))
                return True
        return False


def _nothing() -> None:
    pass
