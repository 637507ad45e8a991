"""`flow serve` as a process: how it starts, why it cannot, how it ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.flow import FLOW, flow

SCRIPT = "route call => main\nflow main { answer; wait 1h }\n"
PATIENCE = 20.0  # seconds; only a failure takes so long


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.flow").write_text(SCRIPT, encoding="utf-8")
    return tmp_path


@contextmanager
def serving(folder: Path, *options: str) -> Generator[tuple[subprocess.Popen[str], int]]:
    """A server on a port of its own, that listens."""
    environment = {**os.environ, "PYTHONUTF8": "1", "XDG_CACHE_HOME": str(folder / "cache")}
    process = subprocess.Popen(
        [FLOW, "serve", ".", "--listen", "127.0.0.1:0", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        env=environment,
    )
    try:
        assert process.stderr is not None
        line = process.stderr.readline()
        assert line.startswith("flow: SIP on udp and tcp 127.0.0.1:"), line
        yield process, int(line.split(":")[2])
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_a_signal_ends_it_without_a_traceback(folder: Path, number: signal.Signals, code: int) -> None:
    with serving(folder) as (process, _):
        process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE)
        assert (process.returncode, out, err) == (code, "", "")


def test_a_port_in_use_is_one_line_and_exits_4(folder: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        done = flow("serve", "a.flow", "--listen", f"127.0.0.1:{taken.getsockname()[1]}", folder=folder)
    assert done.code == 4
    assert done.err.startswith("flow: cannot listen for SIP on UDP 127.0.0.1:")
    assert done.err.count("\n") == 1


def test_an_address_of_nobody_here_is_one_line_and_exits_4(folder: Path) -> None:
    done = flow("serve", "a.flow", "--listen", "203.0.113.9:5060", folder=folder)  # RFC 5737
    assert (done.code, done.err.count("\n")) == (4, 1)


def test_what_does_not_compile_exits_3_and_opens_no_port(folder: Path) -> None:
    (folder / "b.flow").write_text("flow b { sya 1 }", encoding="utf-8")
    done = flow("serve", ".", "--listen", "203.0.113.9:5060", folder=folder)
    assert done.code == 3
    assert done.err.endswith("flow: b.flow does not compile: 1 error\n")


OPTIONS = (
    "OPTIONS sip:127.0.0.1 SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK1\r\n"
    "From: <sip:a@127.0.0.1>;tag=1\r\n"
    "To: <sip:b@127.0.0.1>\r\n"
    "Call-ID: ladder\x1b[2J\r\n"
    "CSeq: 1 OPTIONS\r\n"
    "Max-Forwards: 70\r\n"
    "Content-Length: 0\r\n\r\n"
)


def test_what_the_network_sends_cannot_move_the_cursor(folder: Path) -> None:
    with serving(folder) as (process, port), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.bind(("127.0.0.1", 0))
        phone.settimeout(PATIENCE)
        request = OPTIONS.replace("sip:127.0.0.1 ", "sip:\x1b]0;x\x07@127.0.0.1 ")
        phone.sendto(request.format(port=phone.getsockname()[1]).encode(), ("127.0.0.1", port))
        phone.sendto(OPTIONS.format(port=phone.getsockname()[1]).encode(), ("127.0.0.1", port))
        phone.recv(4096)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE)
        assert "OPTIONS" in err
        assert all(line.isprintable() for line in err.splitlines())
        assert "Traceback" not in err


INVITE = (
    "INVITE sip:desk@127.0.0.1 SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK2\r\n"
    "From: <sip:a@127.0.0.1>;tag=1\r\n"
    "To: <sip:desk@127.0.0.1>\r\n"
    "Call-ID: two-signals\r\n"
    "CSeq: 1 INVITE\r\n"
    "Contact: <sip:a@127.0.0.1:{port}>\r\n"
    "Max-Forwards: 70\r\n"
    "Content-Type: application/sdp\r\n"
    "Content-Length: {length}\r\n\r\n"
)
ACK = (
    "ACK sip:desk@127.0.0.1 SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK3\r\n"
    "From: <sip:a@127.0.0.1>;tag=1\r\n"
    "{to}\r\n"
    "Call-ID: two-signals\r\n"
    "CSeq: 1 ACK\r\n"
    "Max-Forwards: 70\r\n"
    "Content-Length: 0\r\n\r\n"
)
SDP = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio {port} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
)


def receive(phone: socket.socket, start: str) -> str:
    """The next datagram that begins so."""
    while not (text := phone.recv(4096).decode(errors="replace")).startswith(start):
        pass
    return text


def test_the_first_signal_is_polite_and_the_second_waits_for_nobody(folder: Path) -> None:
    with serving(folder) as (process, port), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.bind(("127.0.0.1", 0))
        phone.settimeout(PATIENCE)
        here = phone.getsockname()[1]
        body = SDP.format(port=here)
        phone.sendto((INVITE.format(port=here, length=len(body)) + body).encode(), ("127.0.0.1", port))
        answer = receive(phone, "SIP/2.0 200")
        to = next(line for line in answer.splitlines() if line.startswith("To:"))
        phone.sendto(ACK.format(port=here, to=to).encode(), ("127.0.0.1", port))
        process.send_signal(signal.SIGINT)
        receive(phone, "BYE ")  # never answered: a polite end would wait for 5 s
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=4)
        assert process.returncode == 130
        assert "flow: ending what runs (1); Ctrl-C again ends it at once" in err
        assert "Traceback" not in err
