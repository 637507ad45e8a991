"""What a leg says: sound, digits or silence, a packet at each packet time. No socket, no clock.

Rules: where nothing is to be heard, a few packets of silence go out at first and after all that was said,
then one in each `KEEP_ALIVE`. The media clock and the playback run on while nobody hears (hold), only the
packets are left out, so that sequence numbers have no gap; digits stand in place of sound, which waits for
them; the marker opens a talkspurt after a pause (RFC 3551 §4.1) and a telephone event (RFC 4733 §2.2). What
another leg says is sent on as it comes, without a buffer of ours, and is left out while something of our own
is heard. Where nothing else is to be heard a loop may be: a ringing tone, music on hold.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from flowlang.rtp import (
    PCMU,
    SAMPLE_RATE,
    Codec,
    DigitSender,
    RandomBits,
    RtpPacket,
    RtpSender,
    StreamRelay,
)

from .playback import Done, Ended, Playback, guarded
from .prompts import Prompt

RELAY_PAUSE = 200  # ms without a packet of the other leg, after which we send silence in its place
# Packets of silence before nothing is sent. Who latches to where we send from wants a few: Asterisk's
# strictrtp 4 in a row (`probation`), `SourceGuard` of ours 5; and it pushes a prompt out of jitter buffers.
SETTLE = 5
# ms. RFC 6263 §6 wants a keep-alive at least every 15 s; so often, a lost one matters to no NAT, no peer that
# gives up a silent stream, and no `SourceGuard` (5 s).
KEEP_ALIVE = 1000

Silence = Literal["sparse", "steady", "none"]
"""What is sent while nothing plays: `sparse` as the rules above have it, `steady` a packet each packet time,
as telephones do, or nothing."""


class Outgoing:
    """The outgoing stream of one port."""

    def __init__(self, random: RandomBits, silence: Silence) -> None:
        self._sender = RtpSender(random)
        self._manner: Silence = silence
        self._settling = SETTLE  # packets of silence that are yet to go out
        self._quiet = 0  # ms since the latest packet
        self._digits = DigitSender()
        self._digits_done: list[Callable[[], None]] = []
        self._behind: Prompt | None = None
        self._behind_at = 0
        self._event_timestamp = 0
        self._playback: Playback | None = None
        self._audio = b""  # all of the playback's sound in the codec
        self._talking = False
        self._relay = StreamRelay(self._sender)
        self._relayed = 0  # ms that the other leg may yet be silent
        self.configure(PCMU, 20, None)

    def configure(self, codec: Codec, ptime: int, event_type: int | None) -> None:
        """Packets of `ptime` ms from now on; the playback goes on where it is, as after a pause."""
        self._codec = codec
        self._packet_ms = ptime
        self._frame = ptime * SAMPLE_RATE // 1000  # samples, and bytes of G.711
        self._silence = codec.silence * self._frame
        self._event_type = event_type
        self._talking = False
        self._settling = SETTLE
        if self._playback is not None:
            self._audio = self._playback.prompt.encoded(codec)

    def play_behind(self, prompt: Prompt | None) -> None:
        """Let this be heard again and again where nothing else is; the same goes on where it is."""
        if prompt is not self._behind:
            self._behind = prompt if prompt is not None and prompt.pcmu else None
            self._behind_at = 0

    def play(self, prompt: Prompt, done: Done | None, *, loop: bool) -> Playback:
        """Begin this at the next packet time and end what plays."""
        before = self._playback
        self._playback = playback = Playback(prompt, done, loop=loop and len(prompt.pcmu) > 0)
        self._audio = prompt.encoded(self._codec)
        if before is not None:  # last, because its owner may play something in answer
            before.stop()
        return playback

    def stop(self) -> None:
        """End what plays."""
        if self._playback is not None:
            self._playback.stop()

    def queue_digits(self, digits: str, done: Callable[[], None] | None) -> None:
        """Send these after those that wait. `ValueError` where one is no digit."""
        self._digits.queue(digits)
        if done is not None:
            self._digits_done.append(done)

    def relay(self, packet: RtpPacket, codec: Codec | None) -> bytes | None:
        """What another leg said, to be sent at once, `codec` its law or `None` for a telephone event; nothing
        while something of our own is heard, or where events are not known here."""
        if self._playback is not None or self._behind is not None or self._digits.busy:
            return None
        self._relayed = RELAY_PAUSE
        self._settling, self._quiet = SETTLE, 0
        self._talking = False
        if codec is not None:
            sound = codec.transcode(packet.payload, self._codec)
            return self._relay.packet(packet, sound, self._codec.payload_type)
        if self._event_type is None:
            return None
        return self._relay.packet(packet, packet.payload, self._event_type, event=True)

    @property
    def codec(self) -> Codec:
        """The law of what is sent."""
        return self._codec

    def skip(self, ms: int) -> None:
        """Time went by in which nothing could be sent: the media clock goes on, the sound waits."""
        self._sender.advance(ms * SAMPLE_RATE // 1000)
        self._talking = False
        self._quiet += ms

    def settle(self) -> None:
        """The peer is found elsewhere: he hears a little silence there."""
        self._settling = SETTLE

    @property
    def idle(self) -> bool:
        """Whether there is nothing to say."""
        return (
            self._playback is None
            and self._behind is None
            and self._relayed <= 0
            and not self._digits_done
            and not self._digits.busy
        )

    @property
    def rest(self) -> int | None:
        """For how many ms no packet is due while `idle`; `None`: for ever."""
        if self._manner == "none":
            return None
        if self._manner == "steady" or self._settling:
            return 0
        return max(0, KEEP_ALIVE - self._quiet - self._packet_ms)

    def next_packet(self, *, heard: bool, steady: bool = False) -> bytes | None:
        """What to send at this packet time; None for nothing. `heard` False is hold, `steady` leaves no
        silence out."""
        data: bytes | None = None
        if self._behind is not None or self._digits_done:
            self._relayed = 0
        elif self._relayed > 0 and self._playback is None and not self._digits.busy:
            self._relayed -= self._packet_ms
            self._sender.advance(self._frame)
            return None
        self._relay.interrupt()
        if self.idle:  # what most legs do most of the time
            data = self._next_silence(heard=heard, steady=steady)
            self._sender.advance(self._frame)
            return data
        event = self._digits.next_frame(self._frame) if self._digits.busy else None
        if event is not None and self._event_type is not None:
            self._talking = False
            if event.first:
                self._event_timestamp = self._sender.timestamp
            if heard:
                data = self._sender.packet(
                    event.payload, self._event_type, marker=event.first, timestamp=self._event_timestamp
                )
        else:
            payload = self._next_sound()
            if heard and payload:
                data = self._sender.packet(payload, self._codec.payload_type, marker=not self._talking)
            self._talking = data is not None
        self._settling, self._quiet = SETTLE, 0
        self._sender.advance(self._frame)
        if self._digits_done and not self._digits.busy:
            over, self._digits_done = self._digits_done, []
            for done in over:
                guarded(done)
        return data

    def _next_silence(self, *, heard: bool, steady: bool) -> bytes | None:
        rest = 0 if steady and self._manner != "none" else self.rest
        if not heard or rest != 0:
            self._talking = False
            self._quiet += self._packet_ms
            return None
        data = self._sender.packet(self._silence, self._codec.payload_type, marker=not self._talking)
        self._talking = True
        self._settling, self._quiet = max(0, self._settling - 1), 0
        return data

    def _next_sound(self) -> bytes:
        playback = self._playback
        if playback is None:
            return self._idle()
        if not playback.active:
            self._playback = None
            return self._idle()
        position, frame = playback.position, self._frame
        if playback.loop and position >= len(self._audio):
            position = 0
        if position < len(self._audio):
            playback.position = position + frame
            payload = self._audio[position : position + frame]
            return payload if len(payload) == frame else self._fill(playback, payload)
        self._playback = None
        playback.end(Ended.FINISHED)
        # Its owner may have begun another, which follows without a gap.
        return self._next_sound() if self._playback is not None and self._audio else self._idle()

    def _fill(self, playback: Playback, payload: bytes) -> bytes:
        """The rest of a packet after the prompt's end: its beginning where it loops, else silence."""
        if not playback.loop:
            return payload + self._silence[len(payload) :]
        while len(payload) < self._frame:
            playback.position = self._frame - len(payload)
            payload += self._audio[: playback.position]
        return payload

    def _idle(self) -> bytes:
        if self._behind is not None:
            sound, at = self._behind.encoded(self._codec), self._behind_at
            payload = sound[at : at + self._frame]
            while len(payload) < self._frame:
                payload += sound[: self._frame - len(payload)]
            self._behind_at = (at + self._frame) % len(sound)
            return payload
        return b"" if self._manner == "none" else self._silence
