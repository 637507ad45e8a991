"""A caller that does only what it is told: a bare socket and messages written out."""

from __future__ import annotations

import re
from collections.abc import Sequence
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
        self,
        *,
        uri: str | None = None,
        to: str = "sip:somebody@else",
        sdp: bool = True,
        body: str | None = None,
        more: Sequence[str] = (),
        branch: str | None = None,
        tag: str = "a1",
        kind: str = "application/sdp",
    ) -> None:
        """`body`, of the content type `kind`, stands in place of the usual description."""
        text = body if body is not None else self.sdp() if sdp else ""
        target = uri or f"sip:desk@{self.server[0]}"
        await self._send("INVITE", target, f"<{to}>", text, more=more, branch=branch, tag=tag, kind=kind)

    async def re_invite(self, answer: str, cseq: int, body: str = "") -> None:
        """An INVITE inside the call that the 200 `answer` made."""
        await self._send("INVITE", "sip:desk@127.0.0.1", _to(answer), body, cseq=cseq)

    async def ack(
        self,
        answer: str,
        *,
        sdp: bool = False,
        body: str = "",
        cseq: int = 1,
        branch: str | None = None,
        tag: str = "a1",
    ) -> None:
        """Acknowledge a 200, or a refusal where `branch` is that of the INVITE."""
        text = self.sdp() if sdp else body
        await self._send("ACK", "sip:desk@127.0.0.1", _to(answer), text, cseq=cseq, branch=branch, tag=tag)

    async def respond(
        self, request: str, status: str, body: str = "", *, tag: str = "", more: Sequence[str] = ()
    ) -> None:
        """Answer a request of the backend's: `status` with its phrase, `tag` what its To lacks."""
        kept = ("Via:", "From:", "To:", "Call-ID:", "CSeq:")
        lines = [
            f"SIP/2.0 {status}",
            *(
                f"{line};tag={tag}" if tag and line.startswith("To:") else line
                for line in request.split("\r\n")
                if line.startswith(kept)
            ),
            f"Contact: <sip:alice@127.0.0.1:{self.socket.getsockname()[1]}>",
            *(["Content-Type: application/sdp"] if body else []),
            *more,
            f"Content-Length: {len(body)}",
        ]
        await self.socket.sendto("\r\n".join([*lines, "", body]).encode(), self.server)

    async def update(self, answer: str, cseq: int, body: str = "") -> None:
        """An UPDATE inside the call that the 200 `answer` made."""
        await self._send("UPDATE", "sip:desk@127.0.0.1", _to(answer), body, cseq=cseq)

    async def receive(self, start: str) -> str:
        """The next message that begins so; what comes before is only kept."""
        while True:
            data, _ = await self.socket.recvfrom(65535)
            self.heard.append(data.decode())
            if self.heard[-1].startswith(start):
                return self.heard[-1]

    async def cancel(self, *, to: str = "sip:somebody@else") -> None:
        """Cancel the INVITE."""
        await self._send("CANCEL", f"sip:desk@{self.server[0]}", f"<{to}>", "")

    def sdp(self, port: int | None = None, *lines: str) -> str:
        """A description; `lines` are added to its audio."""
        rtp = self.socket.getsockname()[1] + 1 if port is None else port
        return SDP.format(port=rtp) + "".join(f"{line}\r\n" for line in lines)

    async def _send(
        self,
        method: str,
        uri: str,
        to: str,
        body: str,
        *,
        cseq: int = 1,
        branch: str | None = None,
        tag: str = "a1",
        kind: str = "application/sdp",
        more: Sequence[str] = (),
    ) -> None:
        """Send a request. A CANCEL has the branch of its INVITE, an ACK that of the 2xx's."""
        if branch is None:
            branch = f"{'INVITE' if method == 'CANCEL' else method}{cseq}"
        port = self.socket.getsockname()[1]
        lines = [
            f"{method} {uri} SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.1:{port};rport;branch=z9hG4bK{branch}",
            "Max-Forwards: 70",
            'From: "Al\\"ice" <sip:alice@example.net;user=phone>;tag=' + tag,
            f"To: {to}",
            "Call-ID: raw-1",
            f"CSeq: {cseq} {method}",
            f"Contact: <sip:alice@127.0.0.1:{port}>",
            *([f"Content-Type: {kind}"] if body else []),
            *more,
            f"Content-Length: {len(body)}",
        ]
        await self.socket.sendto("\r\n".join([*lines, "", body]).encode(), self.server)


def _to(answer: str) -> str:
    to = re.search(r"^To: (.*)$", answer, re.MULTILINE)
    assert to is not None
    return to[1].strip()
