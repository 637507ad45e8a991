"""Which source address is heard and answered: the signalled one first, another only by rule.

Rules: a packet from the address in the SDP is always accepted, and then no other. Before any came from there,
a source that sends a steady stream is taken, at the host of the SDP or at that which the signalling comes
from: whoever else guesses a port of ours is not taken for a peer that is silent. Where the two hosts differ
(a peer behind NAT) that is at once. Where the signalling comes from the very host that the SDP names, the
peer knows where it is, and what comes from another port there is more likely a stream of another call, whose
sender does not know that it is over, than his: then only a stream of 5 s is taken. After 5 s of silence a new
port at the same host may take over, by a steady stream too. A newly signalled address opens the choice again.
Everyone else is neither heard nor sent to.
"""

from __future__ import annotations

from dataclasses import dataclass

from .packet import SEQUENCE_MASK, RtpPacket

Address = tuple[str, int]
"""Host as a numeric IP address in the form that the kernel gives, and UDP port."""

STEADY_PACKETS = 5
STEADY_SECONDS = 0.06  # a burst of forged packets is no stream
STEADY_GAP = 0.2  # the longest pause within a steady stream, seconds
STEADY_STEP = 3  # the largest step of sequence numbers within it
TAKEOVER_SILENCE = 5.0  # seconds
MAX_CANDIDATES = 4  # a spray of sources costs no memory


@dataclass(slots=True)
class _Candidate:
    ssrc: int
    sequence: int
    packets: int
    since: float
    last: float

    def follow(self, packet: RtpPacket, now: float) -> None:
        step = (packet.sequence - self.sequence) & SEQUENCE_MASK
        if packet.ssrc != self.ssrc or not 1 <= step <= STEADY_STEP or now - self.last > STEADY_GAP:
            self.ssrc, self.packets, self.since = packet.ssrc, 0, now
        self.sequence, self.last = packet.sequence, now
        self.packets += 1

    def steady_for(self, seconds: float) -> bool:
        return self.packets >= STEADY_PACKETS and self.last - self.since >= seconds


class SourceGuard:
    """The choice for one port. `current` is where to send: the chosen source, before one the signalled."""

    __slots__ = ("_candidates", "_chosen", "_hosts", "_last", "_signalled")

    def __init__(self) -> None:
        self._signalled: Address | None = None
        self._chosen: Address | None = None
        self._hosts: frozenset[str] = frozenset()
        self._last = 0.0
        self._candidates: dict[Address, _Candidate] = {}

    @property
    def current(self) -> Address | None:
        return self._chosen or self._signalled

    def signal(self, address: Address, host: str | None = None) -> None:
        """The peer's SDP names this address, in a message from `host`: the known one changes nothing, another
        begins anew."""
        self._hosts = frozenset((address[0],) if host is None else (address[0], host))
        if address != self._signalled:
            self._signalled, self._chosen = address, None
            self._candidates.clear()

    def accept(self, source: Address, packet: RtpPacket, now: float) -> bool:
        """Whether this packet is heard. `now` is in seconds of any steady clock."""
        if source != self._chosen:
            if self._signalled is None:
                return False
            if source != self._signalled and not self._may_choose(source, packet, now):
                return False
            self._chosen = source
            self._candidates.clear()
        self._last = now
        return True

    def _may_choose(self, source: Address, packet: RtpPacket, now: float) -> bool:
        if self._chosen is None and source[0] not in self._hosts:
            return False
        if self._chosen is not None and (source[0] != self._chosen[0] or now - self._last < TAKEOVER_SILENCE):
            return False
        candidate = self._candidates.get(source)
        if candidate is None:
            if len(self._candidates) >= MAX_CANDIDATES:
                oldest = min(self._candidates, key=lambda address: self._candidates[address].last)
                if now - self._candidates[oldest].last <= STEADY_GAP:
                    return False
                del self._candidates[oldest]
            self._candidates[source] = _Candidate(packet.ssrc, packet.sequence, 1, now, now)
            return False
        candidate.follow(packet, now)
        told = self._chosen is None and len(self._hosts) == 1
        return candidate.steady_for(TAKEOVER_SILENCE if told else STEADY_SECONDS)
