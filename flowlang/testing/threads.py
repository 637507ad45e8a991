"""The threads of a test's world: somebody's message reaches the activeflow that has the thread, else the
routes; as on the engine, by the same table and with the same manners."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from flowlang.backends.border import Incoming
from flowlang.backends.thread_leg import ThreadLeg
from flowlang.core.manners import Arrived, Porter
from flowlang.core.reports import Reports
from flowlang.core.threads import Report, sent_key
from flowlang.core.threads import Threads as Table
from flowlang.model.events import MessageReceived, MessageReported
from flowlang.model.message_commands import SendMessage
from flowlang.model.values import Value

from .parties.writer import Writer

if TYPE_CHECKING:
    from .outside import Given
    from .running import Running
    from .world import World


class Threads:
    """All of a test's world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._table = Table()
        self._porter = Porter()
        self._reports = Reports()
        self._people: dict[tuple[str, str], Writer] = {}
        self._sent: list[tuple[SendMessage, str]] = []

    def come_in(self, writer: Writer, text: str, subject: str | None) -> None:
        """Somebody writes."""
        world, channel, address, ours = self._world, writer.channel, writer.address, writer.ours
        self._people[channel, address] = writer
        message_id = world.new_id("message")
        owner = self._table.owner(channel, address, ours)
        running = world.running(owner.activeflow) if owner is not None else None
        arrived = Arrived(channel, address, ours, text, message_id)
        dropped = self._porter.looks_at(arrived, world.at, in_thread=running is not None)
        if dropped is not None:
            world.accepted()
            world.note("world", f"keeps this from every flow: {dropped.why}")
            if running is not None and dropped.stops:
                running.stop()
            if dropped.answer is not None:
                world.outside.tell(writer, dropped.answer)
            return
        if owner is not None and running is not None:
            world.accepted()
            running.deliver(MessageReceived(owner.leg, text, subject, channel, address, message_id, ours))
            return
        data: dict[str, Value] = {"text": text, "subject": subject, "id": message_id}
        world.offer(Incoming(channel, ours, address, world.new_id(channel), data=data), ThreadLeg())

    def left_over(self, left: Iterable[Mapping[str, Value]]) -> None:
        """An activeflow is over, and these messages came that it never took: they begin what they would have
        begun had they come a moment later."""
        world = self._world
        for fields in left:
            channel, person, ours = (str(fields[each]) for each in ("channel", "from", "to"))
            text, subject, message_id = str(fields["text"]), fields["subject"], str(fields["id"])
            owner = self._table.owner(channel, person, ours)
            successor = world.running(owner.activeflow) if owner is not None else None
            if owner is not None and successor is not None:
                title = str(subject) if subject is not None else None
                successor.deliver(MessageReceived(owner.leg, text, title, channel, person, message_id, ours))
                continue
            data: dict[str, Value] = {"text": text, "subject": subject, "id": message_id}
            world.offer_again(Incoming(channel, ours, person, world.new_id(channel), data=data))

    def opened(self, running: Running) -> None:
        """An activeflow began."""
        if running.is_in_thread:
            self._table.opened(running.opening)

    def over(self, activeflow: str) -> None:
        """It ended."""
        self._table.over(activeflow)

    def why_not(self, command: SendMessage) -> str | None:
        """Why a message does not go out."""
        return self._porter.why_not(command, self._world.at) if command.channel != "notify" else None

    def sent(self, given: Given, command: SendMessage, message_id: str, sender: Running) -> bool:
        """A message went out: whether a party of the test got it. From now on its thread is the sender's, if
        it is nobody's."""
        self._table.sent(command, sender.activeflow)
        self._table.named(message_id, command, sender.activeflow)
        self._sent.append((command, message_id))
        writer = self._people.get((command.channel, command.to))
        if writer is None:
            return False
        writer.get(given, f"{command.subject}\n{command.text}" if command.subject else command.text)
        return True

    def report(self, to: str, status: str, reason: str | None) -> bool:
        """The newest message to an address is reported on; false if there is none."""
        for command, message_id in reversed(self._sent):
            if to in (command.to, command.to.partition(":")[2]):
                report = self._table.reported(command.channel, message_id, status, reason)
                self._tell(command.channel, message_id, report)
                return True
        return False

    def _tell(self, channel: str, message_id: str, report: Report | None) -> None:
        running = self._world.running(report.activeflow) if report is not None else None
        if running is None or report is None:
            return
        if self._reports.is_news(sent_key(channel, message_id), report.status):
            running.deliver(MessageReported(message_id, report.status, report.to, report.reason))
