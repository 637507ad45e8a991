"""SMS by SMPP 3.4: one connection to an SMSC, made again when it is lost."""

from __future__ import annotations

import hashlib
import logging
import secrets
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Any

import trio
import trio.abc

from flowlang.backends.backoff import Backoff
from flowlang.backends.border import Finish, Host, nothing
from flowlang.backends.border import Incoming as Offered
from flowlang.backends.on_wire import OnWire
from flowlang.backends.once import Once
from flowlang.model.addresses import message_address, sender_of
from flowlang.model.message_commands import OutsideCommand, SendMessage
from flowlang.model.results import Done, Failed, failed
from flowlang.model.values import SECOND, Outcome, Value

from .again import Again
from .deliveries import Deliveries, Report
from .incoming import Incomings, Nothing, Part
from .outgoing import Message, Outgoing, Patience, Send
from .parts import Parts
from .pdu import USER_MESSAGE_REFERENCE, Pdu
from .receipts import Ids, is_receipt, receipt_of
from .session import Account, Answered, Bound, Came, Event, Known, Lost, Session, Timers
from .text import TextTooLongError, parts_of

_log = logging.getLogger("flowlang.smpp")

_LONGEST_PAUSE = 60.0
"""Seconds between two attempts to connect."""
_MOST_UNANSWERED = 5
"""Receipts that are early: an SMSC has often 10 under way, and messages are to come between them."""
_LATER, _NEVER = 0x64, 0x65  # ESME_RX_T_APPN, ESME_RX_P_APPN (§5.1.3)
_HAS_HEADER, _WITH_RECEIPT = 0x40, 0x01  # §5.2.12, §5.2.17
_MOST_WAITING = 20_000
_CONNECTS = 30.0  # seconds


@dataclass(frozen=True, slots=True)
class Smsc:
    """Where the SMSC is and who we are there. With `tls` all is encrypted, and its name checked. After a
    connection was lost the next is tried within `again` seconds, twice as long each time, up to a minute."""

    host: str
    port: int
    account: Account
    tls: ssl.SSLContext | None = None
    timers: Timers = field(default_factory=Timers)
    again: float = 1.0


def new_id() -> str:
    """Of a message that comes in."""
    return f"sms-{secrets.token_hex(6)}"


class SmppBackend:
    """`sender` is what messages come from where the script names none. `on_wire` remembers what may have
    arrived across a crash, `deliveries` what has, `parts` what came of long messages, `again` what came
    lately; `country` is that of national numbers, `ids` how receipts name messages; `chance` is for jitter;
    `new_id` names what comes."""

    name = "smpp"
    channels = frozenset({"sms"})
    commands: frozenset[str] = frozenset()
    outlets = frozenset({"sms"})

    def __init__(
        self,
        smsc: Smsc,
        sender: str,
        *,
        patience: Patience | None = None,
        on_wire: OnWire | None = None,
        parts: Parts | None = None,
        deliveries: Deliveries | None = None,
        country: str | None = None,
        ids: Ids | None = None,
        again: Again | None = None,
        chance: Random | None = None,
        new_id: Callable[[], str] = new_id,
    ) -> None:
        checked = sender_of("sms", sender)
        if checked is None:
            raise ValueError("the sender is a number, a short code, or a name of up to 11 letters and digits")
        self._smsc = smsc
        self._sender = checked.removeprefix("sms:")
        self._chance = chance or Random()
        self._new_id = new_id
        self._out = Outgoing(patience or Patience(), self._chance, on_wire, deliveries)
        self._ids = ids or Ids()
        self._on_wire = on_wire or OnWire()
        self._in = Incomings(parts, country)
        self._nursery: trio.Nursery | None = None
        self._again = again or Again(new_id)
        self._once = Once()
        self._unanswered: dict[str, list[tuple[Session, int]]] = {}  # receipts, by the ids that they name
        self._host: Host | None = None
        self._wake = trio.Event()
        self._settled = trio.Event()

    # -- what the engine calls

    async def run(self, host: Host, *, task_status: Any = trio.TASK_STATUS_IGNORED) -> None:
        """Works until cancelled; then says goodbye to the SMSC."""
        self._host = host
        smsc = self._smsc
        task_status.started(f"SMS by {smsc.account.system_id} at {smsc.host}:{smsc.port}")
        failed = 0
        while True:
            why, bound = await self._connected()
            failed = 1 if bound else failed + 1
            self._out.lost(trio.current_time())
            wait = Backoff(smsc.again, _LONGEST_PAUSE).wait(failed, self._chance.random())
            _log.warning("SMSC %s:%s: %s; tried again in %.1f s", smsc.host, smsc.port, why, wait)
            await self._wait_offline(trio.current_time() + wait)

    async def settle(self) -> None:
        """Returns when no message is under way."""
        while self._out.open:
            self._settled = trio.Event()
            await self._settled.wait()

    def may_have_sent(self, key: str) -> bool:
        """See `border.Marking`."""
        return self._on_wire.before(key)

    def send(self, command: OutsideCommand, finish: Finish) -> Callable[[], None]:
        """Sends a message."""
        assert isinstance(command, SendMessage)
        return self._once.send(command.key, finish, lambda over: self._send(command, over))

    def _send(self, command: SendMessage, finish: Finish) -> Callable[[], None]:
        source = sender_of("sms", command.source) if command.source is not None else f"sms:{self._sender}"
        to = message_address("sms", command.to) or _short_code(command.to)
        if source is None or to is None:
            finish(Failed("address", "a short message goes to one number, from a number or a name"))
            return nothing
        try:
            parts = parts_of(command.text, hashlib.sha256(command.key.encode()).digest()[0])
        except TextTooLongError as error:
            finish(failed("too_large", str(error)))
            return nothing
        if self._on_wire.before(command.key):
            finish(Done(Outcome("unknown", {})))
            return nothing
        if self._out.open >= _MOST_WAITING:
            finish(failed("overload", f"{self._out.open} messages wait"))
            return nothing
        bare = to.removeprefix("sms:"), source.removeprefix("sms:")
        message = Message(command.key, *bare, parts, self._finishing(finish), trio.current_time())
        message.why_not = lambda: self._host.why_not(command) if self._host is not None else None
        withdraw = self._out.add(message)
        self._wake.set()
        return withdraw

    def _finishing(self, finish: Finish) -> Finish:
        def over(result: Any) -> None:
            finish(result)
            self._settled.set()

        return over

    # -- the connection

    async def _wait_offline(self, until: float) -> None:
        """While there is no connection messages may grow too old, and doubts too."""
        while (now := trio.current_time()) < until:
            self._report(self._out.tick(now))
            await trio.sleep(max(0.0, min(until, max(self._out.next_deadline(), now + 0.05)) - now))

    async def _connected(self) -> tuple[str, bool]:
        """One connection from beginning to end: why it ended, and whether we were in."""
        smsc = self._smsc
        try:
            with trio.fail_after(_CONNECTS):
                stream = await self._open()
        except trio.TooSlowError:
            return "it does not answer", False
        except (OSError, trio.BrokenResourceError, UnicodeError) as error:  # the last for no name of a host
            return str(error.__cause__ or error).partition("\n")[0][:200], False
        session = Session(smsc.account, smsc.timers, trio.current_time())
        lost: list[Lost] = []
        try:
            async with trio.open_nursery() as self._nursery:
                nursery = self._nursery
                nursery.start_soon(self._read, stream, session, lost)
                await self._write(stream, session, lost)
                nursery.cancel_scope.cancel()
        finally:
            heard = trio.current_time() - session.heard
            self._again.lost(self._now(), self._now() - heard)
            with trio.move_on_after(1, shield=True):
                session.unbind()
                with suppress(trio.BrokenResourceError, trio.ClosedResourceError, trio.BusyResourceError):
                    await stream.send_all(bytes(session.output))
                await trio.aclose_forcefully(stream)
        why = lost[0].why if lost else "the connection broke"
        return why, session.was_bound

    async def _open(self) -> trio.abc.Stream:
        smsc = self._smsc
        if smsc.tls is None:
            return await trio.open_tcp_stream(smsc.host, smsc.port)
        stream = await trio.open_ssl_over_tcp_stream(smsc.host, smsc.port, ssl_context=smsc.tls)
        try:
            await stream.do_handshake()
        except BaseException:
            await trio.aclose_forcefully(stream)
            raise
        return stream

    async def _read(self, stream: trio.abc.Stream, session: Session, lost: list[Lost]) -> None:
        while not lost:
            try:
                data = bytes(await stream.receive_some(65_536))
            except (trio.BrokenResourceError, trio.ClosedResourceError):
                data = b""
            self._happened(session, session.receive(data, trio.current_time()), lost)
            self._wake.set()

    async def _write(self, stream: trio.abc.Stream, session: Session, lost: list[Lost]) -> None:
        while True:
            self._wake = trio.Event()
            now = trio.current_time()
            self._happened(session, session.tick(now), lost)
            if lost:
                return
            self._report(self._out.tick(now))
            while session.room and (send := self._out.next(now)) is not None:
                self._submit(session, send, now)
            if session.output:
                data = bytes(session.output)
                session.output.clear()
                answering, session.answering = session.answering, []
                self._again.answered(answering, self._now())
                try:
                    with trio.fail_after(self._smsc.timers.answer):
                        await stream.send_all(data)
                except (trio.BrokenResourceError, trio.ClosedResourceError, trio.TooSlowError):
                    self._again.unsaid(answering)
                    return
                self._again.gone(answering, self._now())
                continue
            with trio.move_on_at(min(session.next_deadline(), self._out.next_deadline(room=session.room))):
                await self._wake.wait()

    def _submit(self, session: Session, send: Send, now: float) -> None:
        message, part = send.message, send.message.parts[send.number]
        fields = {
            **_addressed("source_addr", "source_addr_ton", "source_addr_npi", message.source),
            **_addressed("destination_addr", "dest_addr_ton", "dest_addr_npi", message.to),
            "esm_class": _HAS_HEADER if part.has_header else 0,
            "registered_delivery": _WITH_RECEIPT,
            "data_coding": part.coding,
            "short_message": part.octets,
        }
        extras = {USER_MESSAGE_REFERENCE: send.reference.to_bytes(2, "big")}
        try:
            self._out.submitted(send, session.submit(fields, extras, now))
        except ValueError:
            self._out.unsendable(send)

    # -- what comes

    def _happened(self, session: Session, events: list[Event], lost: list[Lost]) -> None:
        for event in events:
            match event:
                case Bound():
                    _log.info("SMSC %s:%s: bound", self._smsc.host, self._smsc.port)
                    self._again.bound(self._now())
                case Answered(sequence, status, message_id):
                    given = self._ids.of_answer(message_id)
                    self._report(self._out.answered(sequence, status, given, trio.current_time()))
                case Known(names):
                    self._again.known(names)
                case Came(pdu) if is_receipt(pdu):
                    self._receipt(session, pdu)
                case Came(pdu):
                    self._came(session, pdu)
                case Lost():
                    lost.append(event)

    def _receipt(self, session: Session, pdu: Pdu) -> None:
        """Answered when what it tells is on disk; while it is early that is not known."""
        receipt = receipt_of(pdu, self._ids)
        if receipt is None:
            session.answer(pdu.sequence, 0)
            return
        reports = self._out.receipt(receipt, trio.current_time())
        if self._out.is_early(receipt.message_id) and len(self._unanswered) >= _MOST_UNANSWERED:
            session.answer(pdu.sequence, _LATER)
        else:
            self._unanswered.setdefault(receipt.message_id, []).append((session, pdu.sequence))
        self._report(reports)

    def _came(self, session: Session, pdu: Pdu) -> None:
        assert self._host is not None
        try:
            text = self._in.take(pdu, self._now())
        except OSError as error:
            _log.error("a part of a message cannot be kept: %s", error)
            session.answer(pdu.sequence, _LATER)
            return
        if isinstance(text, Part):
            assert self._nursery is not None
            self._nursery.start_soon(self._keep_part, session, pdu.sequence)
            return
        if isinstance(text, Nothing):
            _log.warning("SMSC %s:%s: a message is refused: %s", self._smsc.host, self._smsc.port, text.why)
            refused = Offered("sms", f"sms:{text.to}", f"sms:{text.source}", self._new_id())
            self._host.refused(refused, text.why)
            session.answer(pdu.sequence, _NEVER)
            return

        def done() -> None:
            if text.parts is not None:
                self._in.parts.done(text.parts)

        message = self._again.id_of(text, self._now())

        def answer(status: int) -> None:
            self._again.decided(message)
            session.answer(pdu.sequence, status, message)
            self._wake.set()

        def kept() -> None:
            done()
            answer(0)

        fields: dict[str, Value] = {"text": text.text, "id": message}
        offered = Offered("sms", text.to, text.source, self._new_id(), data=fields)
        refused = self._host.receive(offered, kept)
        if refused is not None and refused.may_come_again:
            answer(_LATER)
        elif refused is not None:
            done()
            answer(_NEVER)

    async def _keep_part(self, session: Session, sequence: int) -> None:
        """Answers it when it is on the disk; elsewhere than in the loop, which must not wait for that."""
        try:
            await trio.to_thread.run_sync(self._in.parts.sync)
        except OSError as error:
            _log.error("a part of a message cannot be kept: %s", error)
            session.answer(sequence, _LATER)
        else:
            session.answer(sequence, 0)
        self._wake.set()

    def _now(self) -> float:
        assert self._host is not None
        return self._host.now() / SECOND

    def _report(self, reports: list[Report]) -> None:
        """Tells the engine, and answers the receipts that are early no more."""
        assert self._host is not None
        for each in [each for each in self._unanswered if not self._out.is_early(each)]:
            told = [report for report in reports if report.part == each]
            for session, sequence in self._unanswered.pop(each):
                self._answer_receipt(session, sequence, told)

    def _answer_receipt(self, session: Session, sequence: int, reports: list[Report]) -> None:
        assert self._host is not None
        left = len(reports) + 1

        def kept() -> None:
            nonlocal left
            left -= 1
            if not left:
                session.answer(sequence, 0)
                self._wake.set()

        for each in reports:
            over = partial(self._reported, each, kept)
            if self._host.report(each.message, each.status, each.reason, over) is not None:
                session.answer(sequence, _LATER)
                self._wake.set()
                return
        kept()

    def _reported(self, report: Report, kept: Callable[[], None]) -> None:
        self._out.kept(report)
        kept()


def _short_code(address: str) -> str | None:
    found = sender_of("sms", address)
    return found if found is not None and found.removeprefix("sms:").isdigit() else None


def _addressed(name: str, ton: str, npi: str, address: str) -> dict[str, str | int | bytes]:
    """An address in its three fields (§5.2.5, §5.2.6): international, a name, or what the network knows."""
    if address.startswith("+"):
        return {name: address[1:], ton: 1, npi: 1}
    if address.isdigit():
        return {name: address, ton: 3, npi: 0}
    return {name: address, ton: 5, npi: 0}
