"""A media port: one leg's UDP socket, when it sends, and what it makes of what comes.

The ticker calls `send_due`, `receive` and `skip`; everything else is for the leg's owner. The rules for
callers stand in the package's docstring.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

from flowlang.rtp import (
    PCMA,
    PCMU,
    Address,
    Codec,
    DigitReceiver,
    RandomBits,
    Reception,
    RtpError,
    RtpPacket,
    SourceGuard,
    Track,
    parse_packet,
)

from .call_recording import CallRecording
from .errors import MediaError
from .outgoing import Outgoing, Silence
from .playback import Done, Playback, guarded
from .prompts import Prompt
from .recording import Recording
from .sockets import destination, numeric
from .stats import PortStats

TICK_MS = 20
MIN_PTIME, MAX_PTIME = 10, 60  # ms
# 60 ms of G.711 are 492 bytes with the header; anything past an Ethernet frame is no telephone's.
MAX_PACKET = 1500


class MediaPort:
    """Made by `MediaPlane.open`. `on_digit` is called with each digit that the peer sends, `on_sound` with
    the PCM16 of each packet of sound, before it the silence that the peer left out."""

    def __init__(
        self,
        sock: socket.socket,
        random: RandomBits,
        wake: Callable[[MediaPort], None],
        on_close: Callable[[MediaPort], None],
        *,
        silence: Silence,
    ) -> None:
        self.on_digit: Callable[[str], None] | None = None
        self.on_sound: Callable[[bytes], None] | None = None
        self.address: Address = sock.getsockname()[:2]
        self.socket = sock
        self._wake = wake
        self._on_close = on_close
        self._outgoing = Outgoing(random, silence)
        self._guard = SourceGuard()
        self._reception = Reception()
        self._digits = DigitReceiver()
        self._stats = PortStats()
        self._sound: Track | None = None  # made where somebody listens
        self._recording: Recording | None = None
        self._call_recordings: tuple[CallRecording, ...] = ()
        self._onward: MediaPort | None = None
        self._pass_events = True
        self.muted = False
        """Whether nobody is to hear what is said here; keys are heard."""
        self._codecs: dict[int, Codec] = {}
        self._event_type: int | None = None
        self._sending = False
        self._ptime = TICK_MS
        self._credit = 0  # ms of time not yet sent
        self._closed = False

    @property
    def stats(self) -> PortStats:
        """The counts so far; the same object all the time."""
        self._stats.lost = self._reception.lost
        return self._stats

    @property
    def closed(self) -> bool:
        return self._closed

    def connect(
        self,
        remote: Address,
        codec: Codec = PCMU,
        ptime: int = TICK_MS,
        event_payload_type: int | None = None,
        *,
        receive_type: int | None = None,
        event_send_type: int | None = None,
        sending: bool = True,
        signalled_from: str | None = None,
    ) -> None:
        """Send to and hear this address from now on; again at each new answer or offer of the peer.

        `remote` is a numeric IP address and a port, `ptime` 10 to 60 ms a packet. Sound goes out as
        `codec.payload_type` and comes in as `receive_type`, where that is another number (RFC 3264 §5.1).
        `event_payload_type` is the number of telephone-event, None where the peer has none, `event_send_type`
        the peer's own where that is another, `signalled_from` the host that tells all this: a peer behind NAT
        is heard there. Raises `MediaError`.
        """
        self._check_open()
        target = destination(remote)
        self._wake(self)
        if not MIN_PTIME <= ptime <= MAX_PTIME:
            raise MediaError(f"ptime {ptime} ms is not within {MIN_PTIME} to {MAX_PTIME}")
        if target is not None:
            self._guard.signal(target, None if signalled_from is None else numeric(signalled_from))
        self._sending = sending and target is not None
        self._ptime, self._event_type = ptime, event_payload_type
        # A peer may change between the laws without a word, both being offered (RFC 3264 §5.1).
        received = codec.payload_type if receive_type is None else receive_type
        self._codecs = {PCMU.payload_type: PCMU, PCMA.payload_type: PCMA, received: codec}
        events = event_payload_type if event_send_type is None else event_send_type
        self._outgoing.configure(codec, ptime, events)

    def play(self, audio: Prompt, done: Done | None = None, *, loop: bool = False) -> Playback:
        """Play from the next packet time on, in place of what plays now. An empty prompt finishes there."""
        self._check_open()
        self._wake(self)
        return self._outgoing.play(audio, done, loop=loop)

    def play_behind(self, prompt: Prompt | None) -> None:
        """Let this be heard again and again where nothing is played, in place of who is bridged; `None` ends
        it."""
        if prompt is not None and not self.closed:
            self._wake(self)
        self._outgoing.play_behind(prompt)

    def send_digits(self, digits: str, done: Callable[[], None] | None = None) -> None:
        """Send digits (100 ms each, 60 ms apart) in place of sound; `done` is told after the last one.

        `MediaError` where the peer takes no telephone events or a character is no digit.
        """
        self._check_open()
        if self._event_type is None:
            raise MediaError("the peer takes no telephone events")
        try:
            self._outgoing.queue_digits(digits, done)
        except ValueError as error:
            raise MediaError(str(error)) from None
        self._wake(self)

    def pass_to(self, other: MediaPort | None, *, events: bool = True) -> None:
        """Send on by another port what is heard here, sound and telephone events if wanted, from now on;
        `None` ends it. Two ports that pass to each other are a bridge."""
        self._onward, self._pass_events = other, events

    def record_to(self, path: Path) -> Recording:
        """Write what is heard to a WAV from now on; `OSError` where the file cannot be opened."""
        self._check_open()
        if self._recording is not None:
            self._recording.stop()
        self._recording = Recording(path)
        return self._recording

    def record_call(self, recording: CallRecording) -> None:
        """Feed a recording from now on until it is over or the port is closed."""
        self._check_open()
        self._wake(self)
        live = [each for each in self._call_recordings if not each.over]
        self._call_recordings = (*live, recording)

    def hand_recordings_to(self, other: MediaPort) -> None:
        """What is recorded here goes on there."""
        if self._call_recordings:
            other._wake(other)
        other._call_recordings += self._call_recordings
        self._call_recordings = ()

    def close(self) -> None:
        """Stop everything and free the port; the second call does nothing."""
        if self.closed:
            return
        self._on_close(self)
        self._closed = True
        self._onward = None
        self.socket.close()
        if self._recording is not None:
            self._recording.stop()
        for each in self._call_recordings:
            each.stop()
        self._outgoing.play_behind(None)
        self._outgoing.stop()
        self.on_digit = self.on_sound = None  # its owner holds it: the two would be left to the collector

    def _check_open(self) -> None:
        if self.closed:
            raise MediaError("the media port is closed")

    # --- for the ticker ---------------------------------------------------------------------------

    def send_due(self) -> int | None:
        """Send what a tick allows: two packets of 10 ms, one of 20, one of 30 at two ticks of three. Tells
        for how many ticks there is nothing to do then, unless something is asked for; `None`: for ever."""
        outgoing, target = self._outgoing, self._guard.current
        recorded = bool(self._call_recordings)  # whose two directions keep step by the packets
        self._credit += TICK_MS
        while self._credit >= self._ptime and not self._closed:
            self._credit -= self._ptime
            data = outgoing.next_packet(heard=self._sending and target is not None, steady=recorded)
            if data is not None and target is not None:
                self._send(data, target)
        if self._call_recordings:
            self._advance_recordings(TICK_MS)
            return 0
        if not outgoing.idle:
            return 0
        rest = outgoing.rest if self._sending and target is not None else None
        return None if rest is None else max(0, rest - self._credit) // TICK_MS

    def rested(self, ticks: int) -> None:
        """So many ticks went by without a turn: nothing was to be said, the media clock runs."""
        packets, self._credit = divmod(self._credit + ticks * TICK_MS, self._ptime)
        self._outgoing.skip(packets * self._ptime)

    def _advance_recordings(self, ms: int) -> None:
        for each in self._call_recordings:
            if not each.over:
                each.advance(ms)
        self._call_recordings = tuple(each for each in self._call_recordings if not each.over)

    def skip(self, ticks: int) -> None:
        """The ticker slept for so many ticks."""
        self._advance_recordings(ticks * TICK_MS)
        self._outgoing.skip(ticks * TICK_MS)

    def receive(self, data: memoryview, source: Address, now: float) -> None:
        """Take one datagram. Whatever is in it, this does not raise."""
        stats = self._stats
        try:
            if len(data) > MAX_PACKET:
                raise RtpError("too large")
            packet = parse_packet(data)
        except RtpError:
            stats.malformed += 1
            return
        before = self._guard.current
        if not self._guard.accept(source, packet, now):
            stats.strangers += 1
            return
        if source != before:  # he is to hear us there at once
            self._wake(self)
            self._outgoing.settle()
        stats.packets_in += 1
        stats.bytes_in += len(data)
        if stats.first_arrival is None:
            stats.first_arrival = now
        stats.last_arrival = now
        self._reception.count(packet)
        if packet.payload_type == self._event_type:
            if self._onward is not None and self._pass_events:
                self._onward.relay(packet, None)
            digit = self._digits.receive(packet)
            if digit is not None and self.on_digit is not None:
                guarded(self.on_digit, digit)
        elif not self.muted and (codec := self._codecs.get(packet.payload_type)) is not None:
            self._hear(packet, codec)

    def _hear(self, packet: RtpPacket, codec: Codec) -> None:
        if self._onward is not None:
            self._onward.relay(packet, codec)
        if self._recording is not None:
            self._recording.hear(packet, codec)
        for each in self._call_recordings:
            each.hear(packet, codec)
        if self.on_sound is not None:
            if self._sound is None:
                self._sound = Track()
            self._sound.hear(packet, codec)
            guarded(self.on_sound, self._sound.take(self._sound.waiting))

    def relay(self, packet: RtpPacket, codec: Codec | None) -> None:
        """Send on what another port heard; `codec` is `None` for a telephone event."""
        target = self._guard.current
        if self._closed or not self._sending or target is None:
            return
        self._wake(self)
        data = self._outgoing.relay(packet, codec)
        if data is not None:
            self._send(data, target)

    def _send(self, data: bytes, target: Address) -> None:
        try:
            self.socket.sendto(data, target)
        except OSError:  # a full buffer, no route: the network's business, it may pass
            self._stats.send_errors += 1
        else:
            self._stats.packets_out += 1
            self._stats.bytes_out += len(data)
        if self._call_recordings:
            self._record_said(data)

    def _record_said(self, data: bytes) -> None:
        packet, codec = parse_packet(data), self._outgoing.codec
        if packet.payload_type == codec.payload_type:
            for each in self._call_recordings:
                each.say(packet, codec)
