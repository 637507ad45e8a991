"""sipp calls in, and takes the calls that are placed: it tells which of them it saw answered.

Who calls has his 200, who is called his ACK. Calls that a killed process leaves behind end by the BYE of the
next, or go wrong; neither is counted, for only the records are judged.
"""

from __future__ import annotations

import signal
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import trio

from tests.peers.program import Program, free_port, running

_HEADERS = """Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:+14155550100@[local_ip]:[local_port]>;tag=[pid]t[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>{tag}
Call-ID: [call_id]
CSeq: {number} {method}
Contact: <sip:caller@[local_ip]:[local_port]>
Max-Forwards: 70
"""
_SDP = """Content-Type: application/sdp
Content-Length: [len]

v=0
o=peer 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [local_ip]
t=0 0
m=audio 9 RTP/AVP 0
a=rtpmap:0 PCMU/8000
"""
_ECHO = "[last_Via:]\n[last_From:]\n[last_To:]{tag}\n[last_Call-ID:]\n[last_CSeq:]\n"
_ECHO += "Contact: <sip:peer@[local_ip]:[local_port]>\n"
_LOG = '<action><log message="answered [call_id]"/></action>'


def _send(text: str, *, again: bool = False) -> str:
    how = ' retrans="500"' if again else ""
    return f"<send{how}><![CDATA[\n{text}\n]]></send>\n"


def _request(method: str, number: int, body: str = "Content-Length: 0\n") -> str:
    tag = "" if method == "INVITE" else "[peer_tag_param]"
    target = "sip:[service]@[remote_ip]:[remote_port]" if method == "INVITE" else "[next_url]"
    headers = _HEADERS.format(tag=tag, number=number, method=method)
    return _send(f"{method} {target} SIP/2.0\n{headers}{body}", again=method != "ACK")


def _scenario(*steps: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="kill">\n{"".join(steps)}</scenario>\n'


_CALLED = (
    _request("INVITE", 1, _SDP),
    '<recv response="100" optional="true"/><recv response="180" optional="true"/>',
    '<recv response="183" optional="true"/>',
    f'<recv response="200" rrs="true">{_LOG}</recv>',
    _request("ACK", 1),
)
_OK = _send(f"SIP/2.0 200 OK\n{_ECHO.format(tag='')}Content-Length: 0\n")
LEAVES = _scenario(*_CALLED, '<pause milliseconds="500"/>', _request("BYE", 2), '<recv response="200"/>')
STAYS = _scenario(*_CALLED, '<recv request="BYE" timeout="10000"/>', _OK)
CALLEE = _scenario(
    '<recv request="INVITE" rrs="true"/>',
    _send(f"SIP/2.0 180 Ringing\n{_ECHO.format(tag=';tag=[call_number]peer')}Content-Length: 0\n"),
    _send(f"SIP/2.0 200 OK\n{_ECHO.format(tag=';tag=[call_number]peer')}{_SDP}", again=True),
    f'<recv request="ACK">{_LOG}</recv>',
    '<recv request="BYE" timeout="10000"/>',
    _OK,
)


NO_CALL = _scenario(
    '<recv request="BYE"/>',
    _send(f"SIP/2.0 481 Call/Transaction Does Not Exist\n{_ECHO.format(tag='')}Content-Length: 0\n"),
)
"""What a phone says to a BYE of a call that it has given up."""


class Phones:
    """All sipps."""

    def __init__(self, callers: list[Program], callees: list[Program]) -> None:
        self._callers = callers
        self._callees = callees

    async def end(self, seconds: float) -> None:
        """No more calls; what is up may end within that time."""
        for number in (signal.SIGUSR1, signal.SIGTERM):  # at both it writes its log
            for each in (*self._callers, *self._callees):
                each.process.send_signal(number)
            with trio.move_on_after(seconds):
                for each in self._callers:
                    await each.process.wait()

    def answered(self) -> list[str]:
        """The Call-IDs of calls that were: who called saw it, and who was called."""
        found: list[str] = []
        for each in [*self._callers, *self._callees]:
            log = each.folder / "calls.log"
            lines = log.read_text(errors="replace").splitlines() if log.exists() else []
            found += [line.split(" ", 1)[1] for line in lines if line.startswith("answered ")]
        return found


@asynccontextmanager
async def calling(folder: Path, server: int, callee: int, rate: float) -> AsyncGenerator[Phones]:
    """Calls a second of each kind at the server, and one who is called at his port."""
    async with AsyncExitStack() as stack:

        async def sipp(name: str, scenario: str, port: int, *options: str) -> Program:
            place = folder / name
            await trio.Path(place).mkdir(parents=True)
            (place / "scene.xml").write_text(scenario)
            (place / "no_call.xml").write_text(NO_CALL)
            common = ["-sf", "scene.xml", "-i", "127.0.0.1", "-p", str(port), "-nostdin"]
            common += ["-trace_logs", "-log_file", "calls.log", "-trace_err", "-error_file", "errors.log"]
            common += ["-deadcall_wait", "0", "-recv_timeout", "10000"]
            program = running("sip-tester", *options, *common, folder=place)
            return await stack.enter_async_context(program)

        called = await sipp("callee", CALLEE, callee)
        callers = [
            await sipp(
                service, scenario, free_port(), f"127.0.0.1:{server}", "-s", service,
                "-r", str(max(1, round(rate * 10))), "-rp", "10000", "-m", "10000000", "-l", "60",
                "-oocsf", "no_call.xml",
            )
            for service, scenario in (("leaves", LEAVES), ("stays", STAYS), ("bridged", STAYS))
        ]  # fmt: skip
        yield Phones(callers, [called])
