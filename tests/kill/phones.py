"""sipp calls in, and takes the calls that are placed: it tells what it saw of each, and when.

Who calls has his 200, who is called his ACK. Calls that a killed process leaves behind end by the BYE of the
next, or go wrong; neither is counted, for only the records are judged. Each caller has a number of his own,
and who is called for him has it too.
"""

from __future__ import annotations

import signal
from collections.abc import AsyncGenerator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import trio

from tests.peers.program import Program, free_port, running

_HEADERS = """Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:{who}@[local_ip]:[local_port]>;tag=[pid]t[call_number]
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
_CALLER = "[field0]"
_NUMBERS = 100_000  # for each kind of callers
_SEND_ONLY = _SDP.replace("t=0 0\nm=", "t=0 0\na=sendonly\nm=")


def _log(what: str, who: str) -> str:
    return f'<action><log message="{what} [call_id] {who} [timestamp]"/></action>'


def _send(text: str, *, again: bool = False) -> str:
    how = ' retrans="500"' if again else ""
    return f"<send{how}><![CDATA[\n{text}\n]]></send>\n"


def _request(who: str, method: str, number: int, body: str = "Content-Length: 0\n", tag: str = "") -> str:
    target = "[next_url]" if tag else "sip:[service]@[remote_ip]:[remote_port]"
    headers = _HEADERS.format(who=who, tag=tag, number=number, method=method)
    return _send(f"{method} {target} SIP/2.0\n{headers}{body}", again=method != "ACK")


_TAG = "[peer_tag_param]"
_OK = _send(f"SIP/2.0 200 OK\n{_ECHO.format(tag='')}Content-Length: 0\n")


def _scenario(*steps: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="kill">\n{"".join(steps)}</scenario>\n'


def _called(who: str) -> str:
    return (
        _request(who, "INVITE", 1, _SDP)
        + '<recv response="100" optional="true"/><recv response="180" optional="true"/>'
        + '<recv response="183" optional="true"/>'
        + f'<recv response="200" rrs="true">{_log("answered", who)}</recv>'
        + _request(who, "ACK", 1, tag=_TAG)
    )


def _offered(who: str, number: int, body: str, what: str) -> str:
    """A later offer of the caller's, of a version of its own (RFC 3264 §8)."""
    body = body.replace("o=peer 1 1", f"o=peer 1 {number}")
    return (
        _request(who, "INVITE", number, body, _TAG)
        + '<recv response="100" optional="true"/>'
        + f'<recv response="200">{_log(what, who)}</recv>'
        + _request(who, "ACK", number, tag=_TAG)
    )


def _leaves(who: str, number: int) -> str:
    return _request(who, "BYE", number, tag=_TAG) + f'<recv response="200">{_log("ended", who)}</recv>'


def _is_left(who: str) -> str:
    return f'<recv request="BYE" timeout="10000">{_log("ended", who)}</recv>{_OK}'


LEAVES = _scenario(_called(_CALLER), '<pause milliseconds="500"/>', _leaves(_CALLER, 2))
HOLDS = _scenario(
    _called(_CALLER),
    '<pause milliseconds="200"/>',
    _offered(_CALLER, 2, _SEND_ONLY, "held"),
    '<pause milliseconds="300"/>',
    _offered(_CALLER, 3, _SDP, "resumed"),
    '<pause milliseconds="200"/>',
    _leaves(_CALLER, 4),
)
STAYS = _scenario(_called(_CALLER), _is_left(_CALLER))
_CALLEE = "[$who]"
CALLEE = _scenario(
    '<recv request="INVITE" rrs="true"><action><ereg regexp="sip:([^@]*)@" search_in="hdr" '
    'header="To:" assign_to="all,who"/></action></recv>',
    _send(f"SIP/2.0 180 Ringing\n{_ECHO.format(tag=';tag=[call_number]peer')}Content-Length: 0\n"),
    _send(f"SIP/2.0 200 OK\n{_ECHO.format(tag=';tag=[call_number]peer')}{_SDP}", again=True),
    f'<recv request="ACK">{_log("answered", _CALLEE)}</recv>',
    _is_left(_CALLEE),
    '<Reference variables="all"/>',
)


NO_CALL = _scenario(
    '<recv request="BYE"/>',
    _send(f"SIP/2.0 481 Call/Transaction Does Not Exist\n{_ECHO.format(tag='')}Content-Length: 0\n"),
)
"""What a phone says to a BYE of a call that it has given up."""


@dataclass(slots=True)
class SeenCall:
    """What a phone saw of a call that was answered: when what happened, in seconds since 1970-01-01 UTC.
    `number` is who calls, `direction` as the service has it."""

    call_id: str
    number: str
    direction: Literal["in", "out"]
    answered: float
    held: float | None = None
    resumed: float | None = None
    ended: float | None = None


def calls_in(lines: Iterable[str], direction: Literal["in", "out"]) -> list[SeenCall]:
    """What a log of a phone tells: `WHAT CALL-ID NUMBER` and a time of sipp's, which ends with seconds."""
    found: dict[str, SeenCall] = {}
    for line in lines:
        match line.split():
            case ["answered", call_id, number, *_, at]:
                found.setdefault(call_id, SeenCall(call_id, number, direction, float(at)))
            case ["held" | "resumed" | "ended" as what, call_id, _, *_, at] if call_id in found:
                setattr(found[call_id], what, float(at))
            case _:
                pass
    return list(found.values())


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

    def calls(self) -> list[SeenCall]:
        """Those that were answered: who called saw it, and who was called."""
        found: list[SeenCall] = []
        for each in (*self._callers, *self._callees):
            log = each.folder / "calls.log"
            lines = log.read_text(errors="replace").splitlines() if log.exists() else []
            found += calls_in(lines, "in" if each in self._callers else "out")
        return found


def _numbers(path: Path, kind: int) -> str:
    """A file with a number for each caller of a kind."""
    lines = (f"+14155{kind}{each:05}" for each in range(_NUMBERS))
    path.write_text("SEQUENTIAL\n" + "\n".join(lines) + "\n")
    return str(path)


SCENES = {"leaves": LEAVES, "holds": HOLDS, "stays": STAYS, "bridged": STAYS}


@asynccontextmanager
async def calling(folder: Path, server: int, callee: int, rate: float) -> AsyncGenerator[Phones]:
    """Calls a second of each kind at the server, and one who is called at his port."""
    await trio.Path(folder).mkdir(parents=True)
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
                "-inf", _numbers(folder / f"{service}.csv", kind),
                "-r", str(max(1, round(rate * 10))), "-rp", "10000", "-m", "10000000", "-l", "60",
                "-oocsf", "no_call.xml",
            )
            for kind, (service, scenario) in enumerate(SCENES.items(), 1)
        ]  # fmt: skip
        yield Phones(callers, [called])
