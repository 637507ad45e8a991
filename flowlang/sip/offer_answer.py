"""Offer and answer (RFC 3264) for one leg with one audio stream: G.711 both ways and telephone events (RFC
4733).

Rules. Payload types are the offerer's. Every m-line of an offer is answered, in order; what is not the audio
stream gets port 0. A direction is what both sides want, worked out afresh each time from what we want, never
from what was last agreed. The version in `o=` rises when the description changes, and only then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal, get_args

from flowlang.sip.address import ip_literal, is_specified, may_send_to
from flowlang.sip.sdp import Attribute, Media, Origin, SessionDescription, family, first

Direction = Literal["sendrecv", "sendonly", "recvonly", "inactive"]
Codec = Literal["PCMU", "PCMA"]
CODECS: tuple[Codec, ...] = get_args(Codec)
"""All that we speak, the preferred first."""

PROTOCOL = "RTP/AVP"
EVENTS = "telephone-event"
DEFAULT_PTIME = 20  # RFC 3551 §4.2
SHORTEST_PTIME, LONGEST_PTIME = 10, 60
_STATIC: dict[str, str] = {"0": "PCMU", "8": "PCMA"}  # RFC 3551 §6
_FIRST_DYNAMIC = 96  # RFC 3551 §3
_OUR_NUMBERS = {"PCMU": 0, "PCMA": 8, EVENTS: 101}
_OUR_EVENTS = "0-15"  # the digits, *, #, A to D
_DIRECTIONS: tuple[Direction, ...] = ("sendrecv", "sendonly", "recvonly", "inactive")


@dataclass(frozen=True, slots=True)
class AudioStream:
    """What was agreed, from our side.

    `remote_host`/`remote_port`: where to send. `codec` with `payload_type` to send and `receive_type` to
    expect; the same two for telephone events, None where there are none. `ptime`: milliseconds of audio in a
    packet. `held`: the peer does not want to hear us (sendonly, inactive or 0.0.0.0), so nothing is to be
    sent.
    """

    remote_host: str
    remote_port: int
    codec: Codec
    payload_type: int
    receive_type: int
    event_type: int | None
    event_receive_type: int | None
    ptime: int
    direction: Direction
    held: bool

    @property
    def sends(self) -> bool:
        """True if we may send."""
        return self.direction in ("sendrecv", "sendonly")

    @property
    def receives(self) -> bool:
        """True if the peer may send."""
        return self.direction in ("sendrecv", "recvonly")


class MediaSession:
    """Our side of one leg's media. `host` and `port` are our RTP address as the peer sees it; `session_id`
    any number up to 2**62.

    `wanted` is the direction that we want from the next offer or answer on (`sendonly` holds the peer).
    """

    def __init__(
        self,
        host: str,
        port: int,
        session_id: int,
        codecs: tuple[Codec, ...] = CODECS,
        ptime: int = DEFAULT_PTIME,
    ) -> None:
        if ip_literal(host) is None or not may_send_to(host):
            raise ValueError(f"the media address must be one that a peer can send to, not {host}")
        self.wanted: Direction = "sendrecv"
        self.audio: AudioStream | None = None
        self._host = host.strip("[]")
        self._port = port
        self._session_id = session_id
        self._version = 0
        self._codecs = codecs
        self._ptime = ptime
        self._numbers = dict(_OUR_NUMBERS)
        self._last: SessionDescription | None = None
        self._offered: SessionDescription | None = None

    def negotiate(self, offer: SessionDescription | None) -> SessionDescription | None:
        """The answer to an offer, or an offer where the peer made none: fits `CallLeg.negotiate`."""
        return self.offer() if offer is None else self.answer(offer)

    def answer(self, offer: SessionDescription) -> SessionDescription | None:
        """The answer (§6); None, and nothing has changed, if no stream of the offer fits."""
        lines: list[Media] = []
        chosen: AudioStream | None = None
        for media in offer.media:
            stream = None if chosen else self._fit(offer, media)
            if stream is None:
                # §6: a refused line keeps its place, kind and formats.
                lines.append(Media(media.kind, 0, media.protocol, media.formats))
            else:
                chosen = stream
                lines.append(self._answer_line(stream))
        if chosen is None:
            return None
        self.audio = chosen
        self._offered = None
        return self._describe(lines, offer.times)

    def offer(self) -> SessionDescription:
        """An offer: the first one, or a new one that keeps the lines of what was said before (§8)."""
        numbers = self._numbers
        formats = [numbers[codec] for codec in self._codecs] + [numbers[EVENTS]]
        attributes: list[Attribute] = [("rtpmap", f"{numbers[codec]} {codec}/8000") for codec in self._codecs]
        attributes += _event_attributes(numbers[EVENTS])
        attributes += [("ptime", str(self._ptime)), ("maxptime", str(LONGEST_PTIME)), (self.wanted, None)]
        line = Media("audio", self._port, PROTOCOL, tuple(map(str, formats)), attributes=tuple(attributes))
        lines = [line]
        if self._last is not None:
            lines = [line if media.port else media for media in self._last.media]
        self._offered = self._describe(lines, ("0 0",))
        return self._offered

    def read_answer(self, answer: SessionDescription) -> bool:
        """Take the answer to our last offer (§7); False, and nothing has changed, if it gives no audio."""
        if self._offered is None or len(answer.media) != len(self._offered.media):
            return False
        for ours, theirs in zip(self._offered.media, answer.media, strict=True):
            if ours.port == 0:
                continue
            stream = self._fit(answer, theirs)
            if stream is None:
                return False
            numbers = self._numbers
            self.audio = replace(
                stream,
                receive_type=numbers[stream.codec],
                event_receive_type=None if stream.event_type is None else numbers[EVENTS],
            )
            return True  # the offer stands: of several early dialogs each has an answer to it
        return False

    # One line

    def _fit(self, description: SessionDescription, media: Media) -> AudioStream | None:
        """The stream that a line of the peer's allows, None if it is none of ours."""
        codec = _codec(description, media, self._host, self._codecs)
        host = description.host_of(media)
        if codec is None or host is None:
            return None
        names = _names(media)
        events = next((number for number, name in names.items() if name == EVENTS), None)
        theirs = _direction(description, media)
        if not is_specified(host) and theirs in ("sendrecv", "recvonly"):
            theirs = "sendonly" if theirs == "sendrecv" else "inactive"  # hold as RFC 2543 had it (§8.4)
        return AudioStream(
            host,
            media.port,
            "PCMU" if names[codec] == "PCMU" else "PCMA",
            codec,
            codec,
            events,
            events,
            _ptime(description, media, self._ptime),
            _common(self.wanted, theirs),
            theirs in ("sendonly", "inactive"),
        )

    def _take_number(self, name: str, number: int) -> None:
        """The peer's number for it is ours, too; another thing that had this number gets a free one."""
        self._numbers[name] = number
        for other in self._numbers:
            if other != name and self._numbers[other] == number:
                self._numbers[other] = next(
                    free for free in range(_FIRST_DYNAMIC, 128) if free not in self._numbers.values()
                )

    def _answer_line(self, stream: AudioStream) -> Media:
        self._take_number(stream.codec, stream.payload_type)
        formats = [str(stream.payload_type)]
        attributes: list[Attribute] = [("rtpmap", f"{stream.payload_type} {stream.codec}/8000")]
        if stream.event_type is not None:
            self._take_number(EVENTS, stream.event_type)
            formats.append(str(stream.event_type))
            attributes += _event_attributes(stream.event_type)
        attributes += [("ptime", str(stream.ptime)), (stream.direction, None)]
        return Media("audio", self._port, PROTOCOL, tuple(formats), attributes=tuple(attributes))

    def _describe(self, lines: list[Media], times: tuple[str, ...]) -> SessionDescription:
        origin, media = Origin(self._session_id, self._version, self._host), tuple(lines)
        last = self._last
        if last is not None and SessionDescription(origin, self._host, media, times=times) == last:
            return last
        self._version += 1
        origin = Origin(self._session_id, self._version, self._host)
        self._last = SessionDescription(origin, self._host, media, times=times)
        return self._last


def fits(offer: SessionDescription, host: str, codecs: tuple[Codec, ...]) -> bool:
    """Whether a session at this address of ours that speaks these would have an answer."""
    return any(_codec(offer, media, host, codecs) is not None for media in offer.media)


def _codec(description: SessionDescription, media: Media, here: str, codecs: tuple[Codec, ...]) -> int | None:
    """The payload type of the sound in a line of the peer's, None if the line is nothing for us."""
    host = description.host_of(media)
    if media.kind != "audio" or media.port == 0 or media.protocol.upper() != PROTOCOL or host is None:
        return None
    if ip_literal(host) is None or family(host) != family(here):
        return None
    if is_specified(host) and not may_send_to(host):
        return None
    return next((number for number, name in _names(media).items() if name in codecs), None)


def _event_attributes(number: int) -> list[Attribute]:
    return [("rtpmap", f"{number} {EVENTS}/8000"), ("fmtp", f"{number} {_OUR_EVENTS}")]


@lru_cache(maxsize=64)  # an offer is looked at when the call comes, and again when it is answered
def _names(media: Media) -> Mapping[int, str]:
    """Payload type -> codec at 8000 Hz and one channel, in the peer's order of preference."""
    mapped: dict[str, str] = {}
    for name, value in media.attributes:
        if name == "rtpmap" and value is not None:
            number, _, encoding = value.partition(" ")
            mapped.setdefault(number, encoding.strip())
    names: dict[int, str] = {}
    for number in media.formats:
        if not (number.isascii() and number.isdecimal() and len(number) <= 3 and int(number) <= 127):
            continue
        encoding = mapped.get(number)
        if encoding is None:
            if number in _STATIC:
                names.setdefault(int(number), _STATIC[number])
            continue
        kind, rate, *channels = encoding.split("/")[:3] if "/" in encoding else (encoding, "")
        if rate == "8000" and channels in ([], ["1"]):
            names.setdefault(int(number), EVENTS if kind.lower() == EVENTS else kind.upper())
    return names


def _direction(description: SessionDescription, media: Media) -> Direction:
    for attributes in (media.attributes, description.attributes):
        for name, value in attributes:
            if value is None:
                for direction in _DIRECTIONS:
                    if name == direction:
                        return direction
    return "sendrecv"


def _common(wanted: Direction, theirs: Direction) -> Direction:
    sends = wanted in ("sendrecv", "sendonly") and theirs in ("sendrecv", "recvonly")
    receives = wanted in ("sendrecv", "recvonly") and theirs in ("sendrecv", "sendonly")
    if sends:
        return "sendrecv" if receives else "sendonly"
    return "recvonly" if receives else "inactive"


def _ptime(description: SessionDescription, media: Media, otherwise: int) -> int:
    """The packet length that the peer asks for, in steps of 10 ms within what we do; ours if it asks for
    nothing."""
    asked = _milliseconds(media.attribute("ptime") or first(description.attributes, "ptime"))
    most = _milliseconds(media.attribute("maxptime") or first(description.attributes, "maxptime"))
    ptime = min(asked or otherwise, most or LONGEST_PTIME)
    return max(SHORTEST_PTIME, min(ptime, LONGEST_PTIME) // 10 * 10)


def _milliseconds(text: str | None) -> int | None:
    """A whole number of milliseconds above 0, None for anything else; some write `20.0`."""
    if text is None:
        return None
    whole = text.strip().partition(".")[0]
    return int(whole) if whole.isascii() and whole.isdecimal() and len(whole) <= 5 and int(whole) else None
