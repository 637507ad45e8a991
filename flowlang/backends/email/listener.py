"""Mails in: a listener that speaks SMTP as a server, for the addresses that are its own.

Who is slow keeps nobody out: where all connections are taken, the one that has brought nothing for longest
gives way to who comes. What mails hold in memory that are not whole has a limit for all together.
"""

from __future__ import annotations

import logging
import math
import ssl
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import trio

from flowlang.backends.border import BackendError
from flowlang.model.addresses import message_address

from .incoming import Take, Verdict
from .smtp_session import Envelope, Limits, Reply, SmtpSession, Turn

_SILENCE = 300.0
"""Seconds that we wait for the other side (RFC 5321 §4.5.3.2.7)."""
_LONGEST = 1_800.0
_CONNECTIONS = 100
_SLOW = 15.0
"""Seconds without a command or a thousand bytes after which a conversation may be ended for another."""
_STEP = 1_000
_MAILS_HELD = 10
"""Mails of the largest size."""
_OF_ONE_ADDRESS = 20
_ANSWERS = {
    Verdict.TAKEN: (250, "2.0.0 Taken"),
    Verdict.REFUSED: (550, "5.7.1 Nobody here takes it"),
    Verdict.LATER: (451, "4.3.2 Not now"),
    Verdict.BROKEN: (550, "5.6.0 That is no mail with a sender"),
}

_log = logging.getLogger("flowlang.email")


@dataclass(eq=False, slots=True)
class _Talk:
    """A conversation. `since` is when it last went on, `got` the bytes since then, `held` those of its
    mail."""

    since: float
    scope: trio.CancelScope = field(default_factory=trio.CancelScope)
    got: int = 0
    held: int = 0


Stream = trio.SocketStream | trio.SSLStream[trio.SocketStream]


class SmtpListener:
    """`addresses` are whole ones, or `@domain` for all of a domain. With `context` STARTTLS is an offer;
    nobody has to take it, for mail from strangers comes in the clear too (RFC 3207 §4). The postmaster of
    each domain is one of ours as well (RFC 5321 §4.5.1)."""

    def __init__(
        self,
        addresses: Collection[str],
        *,
        port: int = 25,
        bind: str = "0.0.0.0",  # noqa: S104 (mail comes from anywhere)
        host: str = "localhost",
        context: ssl.SSLContext | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._ours = [each.removeprefix("mailto:").lower() for each in addresses]
        self._ours += [f"postmaster@{each.rpartition('@')[2]}" for each in self._ours]
        self._bind = bind
        self._port = port
        self._host = host
        self._context = context
        self._limits = limits or Limits()
        self._open = Counter[str]()
        self._talks: list[_Talk] = []
        self.port = port

    def accepts(self, address: str) -> bool:
        """Whether an address is one of ours."""
        checked = message_address("email", address.lower())
        bare = (checked or "").removeprefix("mailto:")
        return bool(bare) and (bare in self._ours or f"@{bare.rpartition('@')[2]}" in self._ours)

    async def run(self, take: Take, *, task_status: Any = trio.TASK_STATUS_IGNORED) -> None:
        """Listens until cancelled."""
        try:
            listeners = await trio.open_tcp_listeners(self._port, host=self._bind)
        except OSError as error:
            raise BackendError(f"cannot listen for mail at {self._bind}:{self._port}: {error}") from error
        self.port = listeners[0].socket.getsockname()[1]

        async def serve(stream: trio.SocketStream) -> None:
            await self._serve(stream, take)

        async with trio.open_nursery() as nursery:
            await nursery.start(trio.serve_listeners, serve, listeners)
            task_status.started(f"mail at {self._bind}:{self.port}")

    async def _serve(self, stream: trio.SocketStream, take: Take) -> None:
        try:
            peer = str(stream.socket.getpeername()[0])
        except OSError:  # gone already
            await trio.aclose_forcefully(stream)
            return
        self._open[peer] += 1
        talk = _Talk(trio.current_time())
        try:
            if self._open[peer] > _OF_ONE_ADDRESS or not self._has_room():
                await stream.send_all(b"421 4.7.0 Too many connections\r\n")
                return
            self._talks.append(talk)
            with trio.move_on_after(_LONGEST), talk.scope:
                await self._converse(stream, take, talk)
        except (trio.BrokenResourceError, trio.ClosedResourceError, OSError):
            pass  # the other side is gone; what it had not ended was not taken
        except Exception:  # noqa: BLE001 (a mistake of ours in somebody's mail costs this conversation alone)
            _log.exception("a conversation over SMTP failed")
        finally:
            if talk in self._talks:
                self._talks.remove(talk)
            self._open[peer] -= 1
            if not self._open[peer]:
                del self._open[peer]
            with trio.move_on_after(1, shield=True):
                await trio.aclose_forcefully(stream)

    def _has_room(self) -> bool:
        """Whether one more may talk, if need be in place of who is slow."""
        if len(self._talks) < _CONNECTIONS:
            return True
        slowest = min(self._talks, key=lambda each: each.since)
        if trio.current_time() - slowest.since < _SLOW:
            return False
        self._talks.remove(slowest)
        slowest.scope.cancel()
        return True

    async def _converse(self, plain: trio.SocketStream, take: Take, talk: _Talk) -> None:
        stream: Stream = plain
        postmaster = next((each for each in self._ours if each.startswith("postmaster@")), None)
        session = SmtpSession(
            self._host, self.accepts, self._limits, postmaster=postmaster and f"mailto:{postmaster}",
            can_encrypt=self._context is not None,
        )  # fmt: skip
        outputs = session.begin()
        while True:
            for output in outputs:
                match output:
                    case Reply(data):
                        await stream.send_all(data)
                    case Envelope():
                        talk.since = math.inf  # it waits for us
                        verdict = await take(output.data, output.sender or "<>", output.recipients)
                        talk.since, talk.held = trio.current_time(), 0
                        outputs = session.answer(*_ANSWERS[verdict])
                        await stream.send_all(
                            b"".join(each.data for each in outputs if isinstance(each, Reply))
                        )
                    case Turn.ENCRYPT:
                        assert self._context is not None
                        stream = trio.SSLStream(plain, self._context, server_side=True, https_compatible=True)
                        await stream.do_handshake()
                        session.encrypted()
                    case Turn.CLOSE:
                        return
            data = b""
            with trio.move_on_after(_SILENCE):
                data = bytes(await stream.receive_some(65_536))
            if not data:
                return
            outputs = session.receive(data)
            talk.got += len(data)
            if outputs or talk.got >= _STEP:
                talk.since, talk.got = trio.current_time(), 0
            talk.held = session.held or sum(len(each.data) for each in outputs if isinstance(each, Envelope))
            if sum(each.held for each in self._talks) > _MAILS_HELD * self._limits.size:
                await stream.send_all(b"421 4.3.1 Too much mail at once\r\n")
                return
