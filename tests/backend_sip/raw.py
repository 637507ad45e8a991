"""A caller that does only what it is told: a bare socket and messages written out."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import trio

SDP = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio {port} RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n"
)


@dataclass
class RawCaller:
    """`heard` are the messages that came, oldest first."""

    socket: trio.socket.SocketType
    server: tuple[str, int]
    heard: list[str] = field(default_factory=list)

    async def invite(
        self, *, uri: str | None = None, to: str = "sip:somebody@else", sdp: bool = True
    ) -> None:
        await self._send("INVITE", uri or f"sip:desk@{self.server[0]}", f"<{to}>", self._sdp() if sdp else "")

    async def ack(self, answer: str, *, sdp: bool = False) -> None:
        """Acknowledge a 200."""
        to = re.search(r"^To: (.*)$", answer, re.MULTILINE)
        assert to is not None
        await self._send("ACK", "sip:desk@127.0.0.1", to[1].strip(), self._sdp() if sdp else "")

    async def receive(self, start: str) -> str:
        """The next message that begins so; what comes before is only kept."""
        while True:
            data, _ = await self.socket.recvfrom(65535)
            self.heard.append(data.decode())
            if self.heard[-1].startswith(start):
                return self.heard[-1]

    def _sdp(self) -> str:
        return SDP.format(port=self.socket.getsockname()[1] + 1)

    async def _send(self, method: str, uri: str, to: str, body: str) -> None:
        port = self.socket.getsockname()[1]
        lines = [
            f"{method} {uri} SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.1:{port};rport;branch=z9hG4bK{method}1",
            "Max-Forwards: 70",
            'From: "Al\\"ice" <sip:alice@example.net;user=phone>;tag=a1',
            f"To: {to}",
            "Call-ID: raw-1",
            f"CSeq: 1 {method}",
            f"Contact: <sip:alice@127.0.0.1:{port}>",
            *(["Content-Type: application/sdp"] if body else []),
            f"Content-Length: {len(body)}",
        ]
        await self.socket.sendto("\r\n".join([*lines, "", body]).encode(), self.server)
