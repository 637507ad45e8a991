"""The backend: one call at a time, placed by `converse` and operated through a terminal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, assert_never

import trio

from flowlang.backends.border import CallHost, Finish, Inbox, Incoming, Outgoing, nothing
from flowlang.backends.live_leg import LiveCallee, LiveLeg
from flowlang.backends.pace import Pace
from flowlang.backends.simulated_leg import (
    SIMULATED_COMMANDS,
    Answered,
    Calling,
    Ended,
    Heard,
    LegState,
    PhoneError,
    Refused,
    Ringing,
    address,
)
from flowlang.model.action import OUTLETS
from flowlang.model.message_commands import OutsideCommand

from .outside import Beyond
from .terminal import Terminal
from .typed import HELP, Do, Hint, Pause, Press, Typed, understand

_ECHOED = 80  # characters of a piped line that are shown again
_PATIENCE = 60.0  # seconds that a silent caller stays once there is no more input


class ConsoleBackend:
    """What is said comes as text, `»` before it; `pace` says how long it takes."""

    name = "console"
    channels = frozenset({"call"})
    commands = SIMULATED_COMMANDS
    outlets = OUTLETS

    def __init__(self, terminal: Terminal, pace: Pace) -> None:
        self._beyond = Beyond(self._write)
        self._terminal = terminal
        self._pace = pace
        self._running: tuple[CallHost, trio.Nursery] | None = None
        self._leg: LiveLeg | None = None

    async def run(self, host: CallHost, *, task_status: Any = trio.TASK_STATUS_IGNORED) -> None:
        """Works until cancelled; a call that is then up is lost."""
        async with trio.open_nursery() as nursery:
            self._running = (host, nursery)
            task_status.started("the phone in this terminal")
            try:
                await trio.sleep_forever()
            finally:
                self._running = None
                if self._leg is not None:
                    self._leg.lose()

    def send(self, command: OutsideCommand, finish: Finish) -> Callable[[], None]:
        """Shows what would go out."""
        finish(self._beyond.perform(command))
        return nothing

    def place(self, outgoing: Outgoing, inbox: Inbox) -> LiveCallee:
        """Calls a stand-in: nobody else is here."""
        assert self._running is not None, "the engine runs it"
        host, nursery = self._running
        leg = LiveCallee(host, nursery, replace(outgoing, to=address(outgoing.to)), inbox, self._pace)
        nursery.start_soon(self._beyond.stand_in, leg)
        return leg

    async def settle(self) -> None:
        """The call is over the moment it is hung up."""
        await trio.lowlevel.checkpoint()

    @property
    def activeflow(self) -> str | None:
        """The id of the activeflow that took the call."""
        return self._leg.activeflow if self._leg is not None else None

    async def converse(self, *, source: str, to: str, flow: str | None = None) -> Refused | Ended:
        """Places a call and operates it until it is over, and tells how. At the end of the input the caller
        stays silent for a minute, then hangs up; Ctrl-C hangs up at once and raises `KeyboardInterrupt`. With
        `flow` that flow takes the call, whatever the routes say."""
        if self._running is None:
            raise PhoneError("the phone does not run: call after `await engine.listen()`")
        host, nursery = self._running
        incoming = Incoming("call", address(to), address(source), "console-1", flow=flow)
        leg = LiveLeg(host, nursery, incoming, self._pace, self._show)
        self._leg = leg
        self._write(f"calling {leg.incoming.to} from {leg.incoming.source}")
        if self._terminal.live:
            self._write("type keys and Enter; hold, unhold, hangup; help lists the rest")
        leg.place()
        interrupted = False
        with self._terminal.attached():
            async with trio.open_nursery() as typing:
                typing.start_soon(self._until_over, leg, typing.cancel_scope)
                try:
                    await self._operate(leg)
                except EOFError:
                    if not self._terminal.live:
                        with trio.move_on_after(_PATIENCE):
                            await leg.wait_until(lambda: leg.over)
                except KeyboardInterrupt:
                    interrupted = True
                leg.hang_up()
        if interrupted:
            raise KeyboardInterrupt
        state = leg.state
        assert isinstance(state, Refused | Ended)  # what `over` means
        return state

    async def _until_over(self, leg: LiveLeg, scope: trio.CancelScope) -> None:
        await leg.wait_until(lambda: leg.over)
        scope.cancel()

    async def _operate(self, leg: LiveLeg) -> None:
        while True:
            line = await self._terminal.read(lambda: _at_rest(leg))
            typed = understand(line)
            if typed is None:
                continue
            if not self._terminal.live:
                self._write(f"> {line.strip()[:_ECHOED]}")
                if _needs_answer(typed):
                    await leg.wait_until(
                        lambda: leg.over or isinstance(leg.state, Answered) or bool(leg.heard)
                    )
                    await _at_rest(leg)
            try:
                await self._obey(leg, typed)
            except PhoneError as error:
                self._write(str(error))

    async def _obey(self, leg: LiveLeg, typed: Typed) -> None:
        match typed:
            case Press():
                leg.press(typed.digits)
            case Do("hold"):
                leg.hold()
            case Do("unhold"):
                leg.unhold()
            case Do("hangup"):
                leg.hang_up()
            case Do():
                for line in HELP:
                    self._write(line)
            case Pause() if self._terminal.live:
                self._write("time passes by itself here")
            case Pause():
                await trio.sleep(typed.seconds)
            case Hint():
                self._write(typed.text)
            case _:
                assert_never(typed)

    def _show(self, change: LegState | Heard) -> None:
        match change:
            case Heard(until=None, kind="say"):
                self._write(f"» {change.what}")
            case Heard(until=None):
                self._write(f"» [{change.what}]")
            case Ringing():
                self._write("ringing")
            case Answered():
                self._write("answered")
            case Refused():
                self._write(f"refused: {change.status}")
            case Ended("caller"):
                self._write(f"you hung up ({change.cause})")
            case Ended("us"):
                self._write("the flow hung up")
            case Ended():
                self._write(f"the connection broke ({change.cause})")
            case Heard() | Calling():
                pass

    def _write(self, line: str) -> None:
        self._terminal.write("".join(each if each.isprintable() else " " for each in line))


def _needs_answer(typed: Typed) -> bool:
    return isinstance(typed, Press) or (isinstance(typed, Do) and typed.what in ("hold", "unhold"))


async def _at_rest(leg: LiveLeg) -> None:
    """Returns when nothing can be heard and no task has anything left to do at this time."""
    from trio.testing import wait_all_tasks_blocked  # costs an import that a live terminal need not pay

    while True:
        await leg.wait_until(lambda: not leg.speaking)
        await wait_all_tasks_blocked()
        if not leg.speaking:
            return
