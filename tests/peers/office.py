"""The server that peers call: an engine with the SIP backend on the loopback, in real time, whose listener is
closed to all but its accounts and trunks."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import trio

import flowlang
from flowlang.backends.sip import SipBackend, SipSettings
from flowlang.model.policy import EVERYTHING
from flowlang.sip import Account, Address
from flowlang.voices import ToneVoice
from tests.bridged_calls.office import REALM, Office

from .baresip import Baresip, open_baresip, through
from .linphone import Linphone, open_linphone
from .program import GIVE_UP_S

USERS = ("alice", "bob", "carol")


class PeerOffice(Office):
    """What peers meet. `own` is the address of a user of ours."""

    def own(self, user: str) -> str:
        return f"{user}@{self.address.hostport}"

    async def baresip(
        self, user: str, *, password: bool = True, options: str = "", transport: str = "udp"
    ) -> Baresip:
        """A phone of that user's, registered here where it has its password; it says the user's tone."""
        if transport != "udp":
            options += through(self.address.port, transport)
        return await self.stack.enter_async_context(
            open_baresip(
                self.folder / f"baresip-{user}",
                self.own(user),
                voice=self.folder / f"{user}.wav",
                password=user if password else None,
                options=options,
            )
        )

    async def linphone(self, user: str, *, at: str | None = None, **more: Any) -> Linphone:
        """A phone of that user's, registered here; `more` as for `open_linphone`."""
        phone = await self.stack.enter_async_context(
            open_linphone(
                self.folder / f"linphone-{user}",
                user,
                at or self.address.hostport,
                realm=REALM,
                voice=self.folder / f"{user}.wav",
                **more,
            )
        )
        await phone.program.until(lambda: bool(self.sip.registered(f"sip:{user}@{REALM}")), "its REGISTER")
        return phone

    async def until_logged(self, *lines: str) -> None:
        """Returns when scripts logged that much; AssertionError unless it is that, in that order."""
        with trio.move_on_after(GIVE_UP_S):
            while len(self.logs) < len(lines):
                await self.changed.park()
        assert self.logs == list(lines), (self.logs, [each.summary for each in self.messages])

    async def until_logs(self, lines: set[str]) -> None:
        """Returns when scripts logged these lines, in whatever order."""
        with trio.move_on_after(GIVE_UP_S):
            while not lines <= set(self.logs):
                await self.changed.park()
        assert set(self.logs) == lines, [each.summary for each in self.messages]

    async def until_over(self, legs: int) -> None:
        """Returns when so many legs have their record and no call is left."""
        with trio.move_on_after(GIVE_UP_S):
            while len(self.records) < legs:
                await self.changed.park()
            await self.sip.settle()
        assert len(self.records) == legs, [each.summary for each in self.messages]
        assert self.sip.left.legs == self.sip.left.calls == 0

    def source(self, user: str) -> Address:
        """Where the one phone of that user's registered from: with TCP and TLS its end of the connection."""
        (contact,) = self.sip.registered(f"sip:{user}@{REALM}")
        return contact.source

    def called(self, user: str) -> bool:
        """Whether an INVITE of ours went where that user's phone had registered from."""
        there = self.source(user).hostport
        invites = [each for each in self.messages if each.summary.startswith("INVITE ")]
        return any(each.direction == "out" and each.peer == there for each in invites)

    def saw(self, start: str, direction: str = "in") -> int:
        """How many SIP messages went that way whose start line begins so."""
        return sum(each.direction == direction and each.summary.startswith(start) for each in self.messages)


@asynccontextmanager
async def open_office(script: str, folder: Path, **more: Any) -> AsyncGenerator[PeerOffice]:
    """Serves the script; `more` as for `SipSettings`."""
    given: dict[str, Any] = {
        "open_to_all": False,
        "accounts": [Account(each, each) for each in USERS],
    } | more
    settings = SipSettings(
        ("127.0.0.1", 0), prompts=folder, recordings=folder / "recordings", realm=REALM, **given
    )
    sip = SipBackend(settings, voice=ToneVoice(folder / "voice"))
    async with flowlang.open_engine(backends=[sip], policy=EVERYTHING) as engine:
        engine.load_text(f'policy {{ allow dial "*" }}\n{script}')
        await engine.listen()
        async with AsyncExitStack() as stack:
            office = PeerOffice(engine, sip, folder, stack)
            engine.observe(office.see)
            yield office
