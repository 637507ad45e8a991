"""The media of a call leg: its port and what was agreed for it, what is heard there, with whom it is bridged.

Rules: two legs are bridged by their media ports alone, but for the caller's keys: those that no script
collects come back as `Press`. A prompt of ours is heard in place of the other; where the other holds us, or
the script holds this leg, music is; who is muted or held is heard by nobody.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from flowlang.backends.border import Finish, Inbox, nothing
from flowlang.backends.media import MediaError, MediaPort, ringing_tone
from flowlang.backends.media.speech import Speech
from flowlang.model.commands import Record
from flowlang.model.events import CALLER_LEG, CallHeld, CallUnheld, DigitPressed, Event
from flowlang.model.observations import LegHeld
from flowlang.model.results import Done, Failed
from flowlang.sip import CallLeg, MediaSession

from .audio import connect_audio
from .ground import Ground
from .keys import key_of_info
from .recordings import LegRecordings

GONE = Failed("gone", "the caller has left")


class LegMedia:
    """What `SipLeg` stands on. `call` is the SIP call, once there is one."""

    def __init__(self, ground: Ground, leg_id: str) -> None:
        self.inbox: Inbox | None = None
        self.call: CallLeg | None = None
        self._ground = ground
        self._id = leg_id
        self._over = False
        self._answered = False
        self._session: MediaSession | None = None
        self._port: MediaPort | None = None
        self._bridged: LegMedia | None = None
        self._held = False  # by his phone
        self._parked = False  # on hold by the script
        self._muted = False
        self._ringing = False  # hears the ringing tone
        self._offer_due = False
        self._keys_by_rtp = False
        self._keys_pass = True  # else a script may collect them, and presses what it does not
        self._pressing: list[Finish] = []
        self._speech = Speech(ground.sounds, ground.nursery)
        self._recordings = LegRecordings(ground.recordings, ground.plane.recorder)

    def _be_heard(self, early: bool) -> Failed | None:
        raise NotImplementedError

    def _connect_with(self, other: LegMedia, *, early: bool) -> None:
        """Let the two hear each other, or this one the other's early media alone."""
        for one, two in ((self, other), (other, self)):
            one._part()
            one._bridged = two
            one._ringing = False
        self._keys_pass, other._keys_pass = False, True
        if not early:  # who is not answered yet does not hear the caller either
            self._join()
        other._join()
        self._choose_behind()
        other._choose_behind()

    def _end_media(self) -> None:
        """Nothing is heard any more; what was asked for is finished as gone."""
        self._speech.end(GONE)
        self._recordings.end()
        pressing, self._pressing = self._pressing, []
        for finish in pressing:
            finish(GONE)
        self._part()
        if self._port is not None:
            self._port.close()

    def _take_media_of(self, other: LegMedia) -> None:
        """The media of another leg are this one's from now on; who is bridged here stays so."""
        before, port = self._port, other._port
        assert port is not None  # it is up
        self._session, self._port, self._held = other._session, port, other._held
        other._port = other._session = None
        port.on_digit = self._on_digit
        self._speech.connect(port)
        if before is not None:
            before.hand_recordings_to(port)
            before.close()

    def _rejoin(self) -> None:
        """Bridge with the same leg as before, by the ports that there are now."""
        for each in (self, self._bridged):
            if each is not None:
                each._join()
                each._choose_behind()

    def _open(self, peer: str) -> tuple[MediaPort, str]:
        """A port that faces this peer, and our address as he is told it. Raises `MediaError`."""
        facing = self._ground.endpoint.facing_for(peer)
        bound, told = facing.bound(peer), facing.told(peer)
        if bound is None or told is None:
            raise MediaError(f"no route leads to {peer}")
        if self._port is None:
            self._port = self._ground.plane.open(bound)
            self._port.on_digit = self._on_digit
        return self._port, told

    def _describe_to(self, peer: str) -> MediaSession:
        """Our side of the media towards a peer. Raises `MediaError`."""
        port, told = self._open(peer)
        ground = self._ground
        return MediaSession(told, port.address[1], ground.random.getrandbits(62), ground.codecs)

    def _connect(self) -> None:
        """Send to, and hear, what was agreed; tell of hold."""
        audio = None if self._session is None else self._session.audio
        if self._port is None or audio is None or self._over:
            return
        peer = self._call_heard()
        try:
            connect_audio(self._port, audio, None if peer is None else peer.peer.host)
        except MediaError:
            if self.call is not None:
                self.call.hang_up(self.now, "not_acceptable")
            return
        self._speech.connect(self._port)
        if audio.held != self._held:
            self._held = audio.held
            self._ground.host.observe(LegHeld(self._ground.host.now(), self._id, audio.held))
            self._deliver(CallHeld(CALLER_LEG) if audio.held else CallUnheld(CALLER_LEG))
            if self._bridged is not None:
                self._bridged._choose_behind()
        self._choose_behind()

    def _call_heard(self) -> CallLeg | None:
        """The call whose media these are."""
        return self.call

    def _choose_behind(self) -> None:
        """What is heard where nothing is said, and whether the leg is."""
        if self._port is None:
            return
        other = self._bridged
        sound = None
        if self._parked or (other is not None and other._held):
            sound = self._ground.music
        elif self._ringing:
            sound = ringing_tone()
        self._port.play_behind(sound)
        self._port.muted = self._muted or self._parked

    def _park(self, *, on: bool) -> None:
        """Hold, or no more: he hears music, and nobody hears him (RFC 3264 §8.4)."""
        if self._session is None or on == self._parked:
            return
        self._parked = on
        self._session.wanted = "sendonly" if on else "sendrecv"
        self._choose_behind()
        self._offer()

    def _offer(self) -> None:
        """A re-INVITE with what we want now; later, where none may be sent yet."""
        if self.call is not None and self._session is not None:
            self._offer_due = not self.call.reoffer(self._session.offer(), self.now)

    def _press(self, digits: str, finish: Finish) -> None:
        failed = self._be_heard(early=False)
        if failed is not None or self._port is None:
            finish(failed or GONE)
            return

        def sent() -> None:
            if finish in self._pressing:
                self._pressing.remove(finish)
                finish(Done())

        self._pressing.append(finish)
        try:
            self._port.send_digits(digits, sent)
        except MediaError as error:
            self._pressing.remove(finish)
            finish(Failed("no_keys", str(error)))

    def _record(self, command: Record, finish: Finish) -> Callable[[], None]:
        failed = self._be_heard(early=False)
        if failed is not None or self._port is None:
            finish(failed or GONE)
            return nothing
        return self._recordings.begin(command, self._port, finish)

    def _join(self) -> None:
        """Let the other leg hear what is said here."""
        other = self._bridged
        if self._port is not None and other is not None:
            self._port.pass_to(other._port, events=self._keys_pass)

    def _part(self) -> None:
        """Take the bridge down, on both sides."""
        other, self._bridged = self._bridged, None
        if self._port is not None:
            self._port.pass_to(None)
            self._choose_behind()
        if other is not None:
            other._part()

    def _on_digit(self, digit: str) -> None:
        self._keys_by_rtp = True
        self._deliver(DigitPressed(CALLER_LEG, digit))

    def _on_info(self, kind: str | None, body: bytes) -> None:
        """A key by INFO; from a phone that also sends telephone events those alone count."""
        digit = None if self._keys_by_rtp else key_of_info(kind, body)
        if digit is None:
            return
        self._deliver(DigitPressed(CALLER_LEG, digit))
        other = self._bridged
        if other is not None and other._port is not None and self._keys_pass:
            with suppress(MediaError):  # the other side takes none
                other._port.send_digits(digit)

    # Inside

    @property
    def now(self) -> float:
        """The agent's clock."""
        return self._ground.endpoint.now()

    def _deliver(self, event: Event) -> None:
        if self.inbox is not None:
            self.inbox.deliver(event)
