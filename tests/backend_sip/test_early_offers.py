"""A callee who offers again while he rings (RFC 3311 §5.2), every message of his written out."""

from __future__ import annotations

import re

from trio.testing import MockClock

from flowlang.model.events import CallAnswered, CallRinging

from .conftest import Bench, raw_caller, rtp_socket
from .host import say
from .raw import RawCaller


def update(callee: RawCaller, invite: str, body: str) -> bytes:
    """His UPDATE in the early dialog that the INVITE began."""
    values = dict(line.split(": ", 1) for line in invite.split("\r\n\r\n")[0].split("\r\n")[1:])
    port = callee.socket.getsockname()[1]
    lines = [
        "UPDATE sip:flow@127.0.0.1 SIP/2.0",
        f"Via: SIP/2.0/UDP 127.0.0.1:{port};rport;branch=z9hG4bKearly",
        "Max-Forwards: 70",
        f"From: {values['To']};tag=bob",
        f"To: {values['From']}",
        f"Call-ID: {values['Call-ID']}",
        "CSeq: 1 UPDATE",
        f"Contact: <sip:bob@127.0.0.1:{port}>",
        "Content-Type: application/sdp",
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join([*lines, "", body]).encode()


async def test_a_callee_who_moved_his_media_while_he_rang_hears_us_there(
    bench: Bench, clock: MockClock
) -> None:
    async with raw_caller(bench.port) as callee, rtp_socket() as first, rtp_socket() as second:
        placed = bench.place(f"sip:bob@127.0.0.1:{callee.socket.getsockname()[1]}")
        invite = await callee.receive("INVITE")
        early = callee.sdp(first.getsockname()[1])
        reliable = ("Require: 100rel", "RSeq: 1")
        await callee.respond(invite, "183 Session Progress", early, tag="bob", more=reliable)
        prack = await callee.receive("PRACK")
        await callee.respond(prack, "200 OK")
        await placed.wait_for(CallRinging)
        moved = callee.sdp(second.getsockname()[1])
        await callee.socket.sendto(update(callee, invite, moved), callee.server)
        answer = await callee.receive("SIP/2.0 200")
        assert re.search(r"^m=audio [1-9]", answer, re.MULTILINE)
        await callee.respond(invite, "200 OK", tag="bob")
        await callee.receive("ACK")
        await placed.wait_for(CallAnswered)
        placed.begin(say("moved"))
        await second.recv(2000)
        assert not placed.endings
