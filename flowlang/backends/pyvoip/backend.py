"""Calls by pyVoIP: a phone that is registered at a server, for where no SIP of our own may stand.

Rules: pyVoIP has threads of its own, which tell what comes by trio's token; what may block is done by one
worker thread, one thing after the other. A phone that is registered no more ends the backend.
"""

from __future__ import annotations

import math
import re
import secrets
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import trio

from flowlang.backends.border import BackendError, Host, Inbox, Incoming, Outgoing, Refusal
from flowlang.backends.media import PromptCache
from flowlang.backends.media.sounds import Sounds
from flowlang.model.commands import Answer, HangUp, PlaceCall, Play, Reject, Ring, Say
from flowlang.model.speech import Voice

from .leg import PyVoipLeg
from .news import Call, Came, News, Phone, Tell
from .settings import PhoneSettings

OpenPhone = Callable[[PhoneSettings, str, Tell, Callable[[], None]], Phone]
"""Settings, our address, who is told what of calls, and that the registration is lost -> a phone."""

_COMMANDS = frozenset(each.name for each in (Answer, HangUp, PlaceCall, Play, Reject, Ring))
_NUMBER = re.compile(r"\+?[\w.*#-]{1,64}", re.ASCII)
_STARTS_WITHIN = 30.0
_LEAVES_WITHIN = 2.0

_Work = tuple[Callable[[], None], Callable[[OSError | None], None] | None]


class PyVoipBackend:
    """`voice` speaks what scripts `say`; without one a flow that does is refused when it is loaded. `prompts`
    is the folder below which `play` opens files, `language` what is spoken where a script names none. `via`
    is the way that its calls come by, as routes name it."""

    name = "pyvoip"
    channels = frozenset({"call"})

    def __init__(
        self,
        settings: PhoneSettings,
        open_phone: OpenPhone,
        *,
        voice: Voice | None = None,
        language: str = "en-US",
        prompts: Path = Path(),
        via: str | None = None,
        token: Callable[[int], str] = secrets.token_hex,
    ) -> None:
        self.commands = _COMMANDS | ({Say.name} if voice is not None else frozenset[str]())
        self.sounds = Sounds(prompts, voice, language, PromptCache())
        self.host: Host
        self.nursery: trio.Nursery
        self._settings = settings
        self._open_phone = open_phone
        self._token = token
        self._via = via
        self.vias = frozenset({via} if via is not None else ())
        self._phone: Phone | None = None
        self._legs: set[PyVoipLeg] = set()
        self._by_call: dict[int, PyVoipLeg] = {}
        self._todo, self._work = trio.open_memory_channel[_Work](math.inf)
        self._undone = 0
        self._idle = trio.lowlevel.ParkingLot()
        self._lost = trio.Event()

    async def run(self, host: Host, *, task_status: Any = trio.TASK_STATUS_IGNORED) -> None:
        """Registers and takes calls until cancelled."""
        self.host = host
        self._trio = trio.lowlevel.current_trio_token()
        settings = self._settings
        phone = self._open_phone(settings, settings.address or _facing(settings), self._tell, self._on_lost)
        problem: str | None = f"{settings.server} does not answer"
        with trio.move_on_after(_STARTS_WITHIN):
            problem = await trio.to_thread.run_sync(phone.open, abandon_on_cancel=True)
        if problem is not None:
            raise BackendError(f"pyvoip: {problem}")
        try:
            async with trio.open_nursery() as nursery:
                self.nursery = nursery
                self._phone = phone
                nursery.start_soon(self._do_work)
                task_status.started(f"pyvoip as {settings.user} at {settings.server}:{settings.port}")
                await self._lost.wait()
                raise BackendError(f"pyvoip: {settings.server} does not register {settings.user} any more")
        finally:
            self._phone = None
            for leg in tuple(self._legs):
                leg.lose()
            with trio.move_on_after(_LEAVES_WITHIN) as leaving:
                leaving.shield = True
                await trio.to_thread.run_sync(phone.shut, abandon_on_cancel=True)

    async def settle(self) -> None:
        """Returns when the worker has nothing to do; pyVoIP waits for no answer to its BYE."""
        await trio.lowlevel.checkpoint()
        while self._undone and self._phone is not None:
            await self._idle.park()

    def place(self, outgoing: Outgoing, inbox: Inbox) -> PyVoipLeg:
        """Begins to call, by the server; see `border.Placer`. The caller id is the account's."""
        leg = PyVoipLeg(self, outgoing.id, None, "callee")
        leg.inbox = inbox
        self._legs.add(leg)
        number, phone = _number(outgoing.to), self._phone

        def begun(call: Call) -> None:
            leg.call = call
            self._by_call[id(call)] = leg

        def on_placed(error: OSError | None) -> None:
            if error is not None and leg in self._legs:
                leg.fail(str(error))
            elif leg not in self._legs and leg.call is not None:  # it was given up meanwhile
                self.work(lambda call=leg.call: call.end(200))
                self.work(leg.call.close)

        if number is None or phone is None:
            self.soon(lambda: leg.fail("this is no number, and no address, that pyVoIP can call"))
        elif outgoing.headers or outgoing.anonymous:
            self.soon(lambda: leg.fail("pyVoIP calls with no headers of a script's, and never anonymously"))
        else:
            self.work(lambda: phone.place(number, begun), on_placed)
        return leg

    # What legs stand on

    def work(self, act: Callable[[], None], done: Callable[[OSError | None], None] | None = None) -> None:
        """Lets the worker do it, and tells how that went."""
        self._undone += 1
        self._todo.send_nowait((act, done))

    def soon(self, act: Callable[[], None]) -> None:
        """Does it on trio's thread; called in any."""
        try:
            self._trio.run_sync_soon(act)
        except trio.RunFinishedError:
            return

    def forget(self, leg: PyVoipLeg) -> None:
        """It is over."""
        self._legs.discard(leg)
        if leg.call is not None:
            self._by_call.pop(id(leg.call), None)

    # Inside

    async def _do_work(self) -> None:
        async for act, done in self._work:
            error: OSError | None = None
            try:
                await trio.to_thread.run_sync(act)
            except OSError as raised:
                error = raised
            self._undone -= 1
            if done is not None:
                done(error)
            if not self._undone:
                self._idle.unpark_all()

    def _tell(self, call: Call, news: News) -> None:
        self.soon(lambda: self._on_news(call, news))

    def _on_news(self, call: Call, news: News) -> None:
        if isinstance(news, Came):
            self._on_call(call, news)
        elif (leg := self._by_call.get(id(call))) is not None:
            leg.on(news)

    def _on_call(self, call: Call, came: Came) -> None:
        if self._phone is None:
            return
        settings = self._settings
        leg = PyVoipLeg(self, f"pyvoip-{self._token(8)}", call, "caller")
        self._legs.add(leg)
        self._by_call[id(call)] = leg
        to = settings.number or f"sip:{settings.user}@{settings.server}"
        taken = self.host.offer(Incoming("call", to, came.source, leg.id, came.name, self._via), leg)
        if isinstance(taken, Refusal):
            leg.refuse(taken.status)
            return
        leg.inbox = taken
        leg.on(came)

    def _on_lost(self) -> None:
        self.soon(self._lost.set)


def _number(to: str) -> str | None:
    """What the server is asked for; no part of it can be anything but a user part."""
    scheme, _, rest = to.rpartition(":")
    user, at, host = rest.partition("@")
    if scheme not in ("", "tel", "sip") or (at and not host):
        return None
    return user if _NUMBER.fullmatch(user) else None


def _facing(settings: PhoneSettings) -> str:
    """Our address that faces the server. Raises `BackendError`."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.connect((settings.server, settings.port))
            return str(sock.getsockname()[0])
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise BackendError(f"pyvoip: no route leads to {settings.server}: {why}") from None
