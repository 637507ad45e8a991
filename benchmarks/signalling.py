"""`make bench-signalling`: sipp calls a server that answers, waits half a second, hangs up.

The server is `flow serve`, one process whose CPU time and memory are read from the kernel; sipp places the
calls and judges them: a call fails where a message is missing, unexpected, or later than SIP waits.

- failed          of 500 calls a second for 20 s; to be 0
- cpu_ms_per_call the server's CPU time for one of them
- max_clean_cps   the highest rate, in steps of 100, that is held for 10 s with none failed
- kib_per_call    what 2,000 calls that are up at once add to the server's memory, each
- vs_echo         cpu_ms_per_call against that of a bare echo by trio for as many messages
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import resource
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import trio
from cpu import cpu_ms

BEHIND = 2.0  # seconds that sipp takes to begin and end, and a call of half a second
STEP_CPS = 100
MESSAGES_IN = 3  # of a call: INVITE, ACK, the 200 to our BYE; as many go out, and a 100
ECHOED = 20_000
MESSAGE = 600  # bytes, of a usual one
HELD_S = 60
BIN = Path(sys.executable).parent

SCRIPT = f"""route call to "bench" => brief
route call to "held"  => held
flow brief {{
    answer
    wait 500ms
    hangup
}}
flow held {{
    answer
    wait {HELD_S}s
}}
"""

_HEADERS = """Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
      From: <sip:caller@[local_ip]:[local_port]>;tag=[pid]t[call_number]
      To: <sip:[service]@[remote_ip]:[remote_port]>{tag}
      Call-ID: [call_id]
      CSeq: 1 {method}
      Contact: <sip:caller@[local_ip]:[local_port]>
      Max-Forwards: 70
"""

SCENARIO = f"""<?xml version="1.0" encoding="ISO-8859-1" ?>
<scenario name="answered, then hung up by the other side">
  <send retrans="500"><![CDATA[
      INVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0
      {_HEADERS.format(tag="", method="INVITE")}      Content-Type: application/sdp
      Content-Length: [len]

      v=0
      o=user1 53655765 2353687637 IN IP[local_ip_type] [local_ip]
      s=-
      c=IN IP[media_ip_type] [media_ip]
      t=0 0
      m=audio [media_port] RTP/AVP 0
      a=rtpmap:0 PCMU/8000
  ]]></send>
  <recv response="100" optional="true"/>
  <recv response="180" optional="true"/>
  <recv response="200" rrs="true"/>
  <send><![CDATA[
      ACK [next_url] SIP/2.0
      {_HEADERS.format(tag="[peer_tag_param]", method="ACK")}      Content-Length: 0

  ]]></send>
  <recv request="BYE"/>
  <send><![CDATA[
      SIP/2.0 200 OK
      [last_Via:]
      [last_From:]
      [last_To:]
      [last_Call-ID:]
      [last_CSeq:]
      Content-Length: 0

  ]]></send>
</scenario>
"""


class Server:
    """`flow serve` in a process of its own."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.pid = process.pid
        self.port = port

    @property
    def cpu_ms(self) -> float:
        """CPU time so far."""
        return cpu_ms(self.pid)

    @property
    def resident_kib(self) -> int:
        """Its memory (proc(5), VmRSS)."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii", errors="replace")
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:"))


@contextmanager
def server(folder: Path, *options: str) -> Iterator[Server]:
    """Served until the end of the `with`, with these options of `flow serve`."""
    (folder / "bench.flow").write_text(SCRIPT, encoding="utf-8")
    (folder / "call.xml").write_text(SCENARIO, encoding="utf-8")
    port = free_port()
    kept = () if "--no-store" in options else ("--data", str(folder / "data"))
    command = [
        str(BIN / "flow"), "serve", str(folder / "bench.flow"), "--listen", f"127.0.0.1:{port}",
        "--rtp-ports", "20000-59999", *kept, *options,
    ]  # fmt: skip
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        wait_for_options(port)
        yield Server(process, port)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port() -> int:
    """A port that nobody has just now, for UDP or TCP."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams, socket.socket() as stream:
            datagrams.bind(("127.0.0.1", 0))
            port: int = datagrams.getsockname()[1]
            with suppress(OSError):
                stream.bind(("127.0.0.1", port))
                return port


def wait_for_options(port: int) -> None:
    """Until the server answers; SystemExit after 30 s."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(0.2)
        where = f"127.0.0.1:{sock.getsockname()[1]}"
        for number in range(150):
            branch = secrets.token_hex(8)
            text = (
                f"OPTIONS sip:127.0.0.1:{port} SIP/2.0\r\nVia: SIP/2.0/UDP {where};branch=z9hG4bK{branch}\r\n"
                f"From: <sip:probe@{where}>;tag=1\r\nTo: <sip:127.0.0.1>\r\nCall-ID: {branch}\r\n"
                f"CSeq: {number + 1} OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
            )
            sock.sendto(text.encode(), ("127.0.0.1", port))
            try:
                if sock.recv(2048).startswith(b"SIP/2.0 200"):
                    return
            except OSError:  # not yet
                time.sleep(0.05)
    raise SystemExit("bench: the server does not answer")


class Sipp:
    """One run of sipp."""

    def __init__(self, folder: Path, port: int, cps: int, calls: int, service: str = "bench") -> None:
        self._stats = folder / f"sipp-{secrets.token_hex(4)}.csv"
        command = [
            "sipp", f"127.0.0.1:{port}", "-sf", str(folder / "call.xml"), "-s", service, "-i", "127.0.0.1",
            "-p", str(free_port()), "-mi", "127.0.0.1", "-mp", str(free_port() & ~1),
            "-r", str(cps), "-m", str(calls), "-l", "20000", "-deadcall_wait", "0",
            "-nostdin", "-trace_stat", "-stf", str(self._stats), "-fd", "1", "-timeout", "120",
            "-timeout_error",
            "-buff_size", "4194304",
        ]  # fmt: skip
        self.calls = calls
        self._process = subprocess.Popen(
            command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def failed(self) -> int:
        """Waits for its end and tells how many of the calls did not succeed."""
        self._process.wait()
        return self.calls - self._count("SuccessfulCall(C)")

    def up(self) -> int:
        """How many calls are there just now."""
        return self._count("CurrentCall")

    def stop(self) -> None:
        """Ends it at once."""
        self._process.kill()
        self._process.wait()

    def _count(self, column: str) -> int:
        try:
            with self._stats.open(encoding="ascii", errors="replace", newline="") as file:
                rows = list(csv.DictReader(file, delimiter=";"))
            return int(rows[-1][column])
        except (OSError, IndexError, KeyError, TypeError, ValueError):
            return 0


def cost(folder: Path, cps: int, seconds: int, *options: str) -> tuple[int, float]:
    """Calls that failed, CPU milliseconds a call."""
    with server(folder, *options) as under:
        Sipp(folder, under.port, 20, 20).failed()  # what is imported and compiled at the first call
        before = under.cpu_ms
        run = Sipp(folder, under.port, cps, cps * seconds)
        failed = run.failed()
        return failed, (under.cpu_ms - before) / run.calls


def highest_clean(folder: Path, first: int, last: int, seconds: int) -> int:
    """The highest rate that is held, with none failed: up by steps until a call fails, or until the calls of
    so many seconds take longer, for then some waited for a repetition."""
    clean = 0
    for cps in range(first, last + 1, STEP_CPS):
        with server(folder) as under:
            began = time.monotonic()
            if Sipp(folder, under.port, cps, cps * seconds).failed():
                break
            if time.monotonic() - began > seconds + BEHIND:
                break
        clean = cps
    return clean


def memory(folder: Path, calls: int) -> float:
    """KiB a call while so many are up."""
    with server(folder) as under:
        Sipp(folder, under.port, 50, 50).failed()
        before = under.resident_kib
        run = Sipp(folder, under.port, 200, calls, "held")
        end = time.monotonic() + calls / 200 + 20
        while run.up() < calls and time.monotonic() < end:
            time.sleep(0.5)
        time.sleep(1)
        held, up = under.resident_kib - before, run.up()
        run.stop()
    return held / calls if up == calls else float("nan")


def echo_ms(messages: int) -> float:
    """CPU milliseconds of a bare echo by trio for so many messages there and back."""
    with subprocess.Popen([sys.executable, __file__, "--echo"], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        server_at = ("127.0.0.1", int(process.stdout.readline()))
        before = cpu_ms(process.pid)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            for _ in range(ECHOED):
                sock.sendto(bytes(MESSAGE), server_at)
                sock.recv(2048)
        spent = cpu_ms(process.pid) - before
        process.terminate()
    return spent / ECHOED * messages


async def echo() -> None:
    """The least that a server in trio can do."""
    with trio.socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        await sock.bind(("127.0.0.1", 0))
        print(sock.getsockname()[1], flush=True)
        while True:
            data, source = await sock.recvfrom(2048)
            await sock.sendto(data, source)


def main() -> int:
    """Exit code 0 if no call failed."""
    parser = argparse.ArgumentParser(description="Calls a second: CPU and memory a call, and the limit.")
    parser.add_argument("--cps", type=int, default=500)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--held", type=int, default=2000, help="calls up at once; 0 leaves that out")
    parser.add_argument("--most", type=int, default=1500, help="where to stop the search; 0 leaves it out")
    parser.add_argument("--echo", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.echo:
        trio.run(echo)
    _, most_files = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most_files, most_files))  # for sipp
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        failed, spent = cost(folder, given.cps, given.seconds)
        bare = echo_ms(MESSAGES_IN)
        held = memory(folder, given.held) if given.held else float("nan")
        clean = highest_clean(folder, given.cps + STEP_CPS, given.most, 10) if given.most else 0
        if not clean and not failed:
            clean = given.cps
    result = {
        "failed": failed,
        "cpu_ms_per_call": round(spent, 3),
        "max_clean_cps": clean,
        "kib_per_call": None if math.isnan(held) else round(held, 1),
        "vs_echo": round(spent / bare, 1),
    }
    print(f"{given.cps} calls a second for {given.seconds} s: {failed} failed, {spent:.2f} ms of CPU each")
    print(json.dumps(result))
    return 0 if failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
