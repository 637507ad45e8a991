"""One call of the softphone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import trio

from flowlang.backends.media import MediaPort, Playback, Prompt
from flowlang.backends.sip import Endpoint, connect_audio
from flowlang.sip import CallLeg, HangupCause, MediaSession, SessionDescription
from flowlang.sip.offer_answer import Direction
from flowlang.sip.outputs import Side
from flowlang.sip.replaces import Replaces

from .ear import Ear, Sound

WITHIN = 10.0  # seconds in which a prompt is expected


class CallFailed(Exception):  # what it says
    """The call was not answered. `status` is the final response, `None` where none came."""

    def __init__(self, cause: str, status: int | None) -> None:
        super().__init__(f"the call was not answered: {status or 'no response'} ({cause})")
        self.cause = cause
        self.status = status


class PhoneCall:
    """`rang`, `early` (media before the answer), `answered` tell how far it came; `cause`, `by` and `status`
    how it ended. `recording` is the WAV of all that was heard."""

    def __init__(
        self, endpoint: Endpoint, port: MediaPort, session: MediaSession, recording: Path | None
    ) -> None:
        self.recording = recording
        self.rang = self.early = self.answered = False
        self.cause: HangupCause | None = None
        self.by: Side | None = None
        self.status: int | None = None
        self.ear = Ear()
        self._endpoint = endpoint
        self._port = port
        self._session = session
        self._call: CallLeg | None = None
        self._reoffering = False
        self.transferred: int | None = None
        """What became of our `transfer`, in SIP's terms."""
        self.sent_to: str | None = None
        """Whom the other side asked us to call in its place."""
        port.on_sound = self.ear.hear
        if recording is not None:
            port.record_to(recording)

    # What a person does

    def press(self, digits: str) -> None:
        """Press keys, 100 ms each. Raises `MediaError` where the other side takes no telephone events."""
        self._port.send_digits(digits)
        self.ear.cut()

    def speak(self, sound: Prompt, *, loop: bool = False) -> Playback:
        """Say something; it is heard once the call has media."""
        return self._port.play(sound, loop=loop)

    def send_info(self, kind: str, body: bytes) -> None:
        """An INFO with a body (RFC 6086), as phones send keys that have no telephone events."""
        self.leg.send_info(kind, body, self._endpoint.now())
        self._endpoint.carry_out()

    @property
    def held(self) -> bool:
        """Whether the other side does not want to hear us."""
        return self._session.audio is not None and self._session.audio.held

    async def hold(self) -> None:
        """Hold the other side (RFC 3264 §8.4); returns when it has agreed."""
        await self._reoffer("sendonly")

    async def unhold(self) -> None:
        """Go on with the call; returns when the other side has agreed."""
        await self._reoffer("sendrecv")

    async def transfer(self, to: str) -> int:
        """Ask the other side to connect whoever is there with `to`, a URI; the status that came of it."""
        self.leg.transfer(to, self._endpoint.now())
        self._endpoint.carry_out()
        await self._wait(lambda: self.transferred is not None or self.ended)
        return self.transferred or 0

    async def transfer_to(self, other: PhoneCall) -> int:
        """Ask the other side to connect whoever is there with whom we talk to in another call (RFC 5589)."""
        dialog = other.leg.dialog
        assert dialog is not None  # it is up
        return await self.transfer(f"{dialog.remote_target}?Replaces={quote(other.replaces, safe='')}")

    @property
    def replaces(self) -> str:
        """The call as somebody names it who wants to take our place in it (RFC 3891)."""
        dialog = self.leg.dialog
        assert dialog is not None  # it is up, or rings here
        return str(Replaces(dialog.call_id, dialog.remote_tag, dialog.local_tag))

    def report_transfer(self, status: int) -> None:
        """Say what became of the transfer that we were asked for."""
        self.leg.report_transfer(status, self._endpoint.now())
        self._endpoint.carry_out()

    async def wait_sent(self) -> str:
        """Waits until the other side asks us to call somebody else."""
        await self._wait(lambda: self.sent_to is not None)
        assert self.sent_to is not None
        return self.sent_to

    async def hang_up(self) -> None:
        """BYE, or CANCEL before the answer; returns when the other side has said yes to it."""
        self.leg.hang_up(self._endpoint.now())
        self._endpoint.carry_out()
        await self.wait_cleared()

    def on_digit(self, heard: Callable[[str], None]) -> None:
        """`heard` is called with each key that the other side presses."""
        self._port.on_digit = heard

    # What a person waits for

    async def wait_answered(self) -> None:
        """Raises `CallFailed` where the call is refused."""
        await self._wait(lambda: self.answered or self.ended)
        if not self.answered:
            raise CallFailed(self.cause or "lost", self.status)

    async def wait_ringing(self) -> None:
        """Returns when it rings, or when it never will."""
        await self._wait(lambda: self.rang or self.answered or self.ended)

    async def wait_ended(self) -> None:
        """Returns when the call is over."""
        await self._wait(lambda: self.ended)

    async def wait_cleared(self) -> None:
        """Returns when the call is over and nothing of it is under way."""
        await self._wait(lambda: self.leg not in self._endpoint.agent.calls)

    async def wait_sound(self, within: float = WITHIN) -> Sound:
        """The next thing said, as soon as it begins. Raises `NothingHeard`."""
        return await self.ear.wait_sound(within)

    async def wait_prompt(self, within: float = WITHIN) -> Sound:
        """The next thing said, when it is over. Raises `NothingHeard`."""
        return await self.ear.wait_prompt(within)

    async def wait_quiet(self) -> None:
        """Returns when nothing has been heard for a while."""
        await self.ear.wait_quiet()

    @property
    def ended(self) -> bool:
        """Whether the call is over."""
        return self.cause is not None

    @property
    def leg(self) -> CallLeg:
        """The call, as the SIP room has it."""
        assert self._call is not None  # set when the INVITE is out
        return self._call

    # For the phone

    def begin(self, call: CallLeg) -> None:
        """The INVITE is out, or in."""
        self._call = call
        call.negotiate = self._session.negotiate

    def on_progress(self, sdp: SessionDescription | None) -> None:
        """A provisional response."""
        self.rang = True
        if sdp is not None and self._session.read_answer(sdp):
            self.early = True
            self.connect()

    def on_answer(self, answer: SessionDescription | None) -> None:
        """The 200 came, or the answer to an offer of ours inside the call."""
        if answer is not None and self._session.read_answer(answer):
            self.connect()
        elif self._session.audio is None:
            self.leg.hang_up(self._endpoint.now(), "not_acceptable")
        self.answered = True
        self._reoffering = False

    def connect(self) -> None:
        """Send to, and hear, what was agreed."""
        audio = self._session.audio
        if audio is not None and not self._port.closed:
            connect_audio(self._port, audio)

    def on_ended(self, cause: HangupCause, by: Side, status: int | None) -> None:
        """The call is over."""
        self.cause, self.by, self.status = cause, by, 200 if self.answered else status
        self._port.close()
        self.ear.close()

    # Inside

    async def _reoffer(self, wanted: Direction) -> None:
        self._session.wanted = wanted
        self._reoffering = self.leg.reoffer(self._session.offer(), self._endpoint.now())
        self._endpoint.carry_out()
        await self._wait(lambda: not self._reoffering or self.ended)

    async def _wait(self, condition: Callable[[], bool]) -> None:
        await trio.lowlevel.checkpoint()
        while not condition():
            await self._endpoint.changed.park()
