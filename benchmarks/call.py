"""`make bench-call`: calls at once, each hearing a prompt; how evenly it comes and what it costs.

The server is `flow serve`, a process of its own whose CPU time is read from the kernel; the callers are in
this one. Arrival times are the kernel's (SO_TIMESTAMPNS), so that a busy listener makes nobody late.

- pacing_p99_ms   the 99th percentile of how much longer than 20 ms a gap between two packets of a call was,
                  while all calls were up; ticker_p99_ms is the same of a bare ticker in the same run
- cpu_ms_per_call the server's CPU time for a whole call; echo_ms_per_call that of a bare UDP echo for as many
                  packets
- failed          calls not answered, not ended by the server, silent, or with less than 98 % of their packets
"""

from __future__ import annotations

import argparse
import json
import math
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import wave
from array import array
from contextlib import AsyncExitStack, closing
from functools import partial
from pathlib import Path

import trio
from callers import Callers, lateness, p99, rtp_socket
from cpu import BARE, cpu_ms, echo_ms

from flowlang.backends.sip import Endpoint
from flowlang.backends.sip.sockets import open_listener
from flowlang.sip import Address, Invitation, MediaSession, Settings

RATE = 8000
CALLS_A_SECOND = 50  # how fast they are placed
MARGIN_S = 3  # what the prompt is longer than the time that is measured
LATER_MS = 10  # how much later than the bare ticker the packets may come
BIN = Path(sys.executable).parent

SCRIPT = 'route call to "bench" => listen\nflow listen {\n    play "long.wav"\n}\n'


def write_service(folder: Path, seconds: float) -> None:
    """A script that plays one prompt, and the prompt."""
    (folder / "bench.flow").write_text(SCRIPT, encoding="utf-8")
    samples = array("h", (round(8000 * math.sin(n / 3)) for n in range(round(seconds * RATE))))
    with wave.open(str(folder / "long.wav"), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", "not compressed"))
        file.writeframes(samples.tobytes())


async def start_server(nursery: trio.Nursery, folder: Path, port: int) -> trio.Process:
    """`flow serve`, when it listens."""
    command = [str(BIN / "flow"), "serve", str(folder), "--no-store", "--listen", f"127.0.0.1:{port}"]
    run = partial(trio.run_process, command, stderr=subprocess.PIPE, check=False)
    server: trio.Process = await nursery.start(run)
    listening = trio.Event()

    async def drain() -> None:
        assert server.stderr is not None
        async for chunk in server.stderr:
            if str(port).encode() in chunk:
                listening.set()

    nursery.start_soon(drain)
    with trio.fail_after(30):
        await listening.wait()
    return server


async def place_calls(callers: Callers, endpoint: Endpoint, calls: int, server: Address) -> None:
    """Place the calls, one every 20 ms, and wait until all are over."""
    local = endpoint.local_for(server.host)
    assert local is not None
    for number in range(calls):
        session = MediaSession("127.0.0.1", callers.rtp.getsockname()[1], number + 1)
        invitation = Invitation(
            f"sip:bench@127.0.0.1:{server.port}", f"sip:caller{number}@127.0.0.1", session.offer()
        )
        call = endpoint.agent.invite(invitation, server, local, endpoint.now())
        callers.sessions[call] = session
        endpoint.carry_out()
        await trio.sleep(1 / CALLS_A_SECOND)
    while len(callers.ended) < calls:
        await callers.changed.park()


async def measure(calls: int, seconds: float, folder: Path) -> dict[str, float]:
    """The whole run."""
    whole = seconds + MARGIN_S + calls / CALLS_A_SECOND
    write_service(folder, whole)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    async with AsyncExitStack() as stack:
        rtp, ticks = stack.enter_context(closing(rtp_socket())), stack.enter_context(closing(rtp_socket()))
        sip = stack.enter_context(closing(await open_listener("udp", "127.0.0.1", 0)))
        callers, beside = Callers(rtp), Callers(ticks)
        endpoint = Endpoint((sip,), Settings(), secrets.token_hex, callers.on_event)
        async with trio.open_nursery() as nursery:
            server = await start_server(nursery, folder, port)
            command = [sys.executable, str(BARE), "ticker", "127.0.0.1", str(ticks.getsockname()[1])]
            ticker: trio.Process = await nursery.start(partial(trio.run_process, command, check=False))
            for task in (endpoint.run, callers.listen, beside.listen):
                nursery.start_soon(task)
            before = cpu_ms(server.pid)
            with trio.move_on_after(whole + 40):
                await place_calls(callers, endpoint, calls, Address("127.0.0.1", port))
            spent = cpu_ms(server.pid) - before
            ticker.terminate()
            server.send_signal(signal.SIGINT)
            await server.wait()
            nursery.cancel_scope.cancel()
    window = callers.all_up_at, callers.first_over_at
    late = [each for stream in callers.arrivals.values() for each in lateness(stream, *window)]
    bare = [each for stream in beside.arrivals.values() for each in lateness(stream, *window)]
    packets = sum(map(len, callers.arrivals.values())) / calls
    print(f"{calls} calls, all up for {(window[1] - window[0]) / 1e9:.1f} s, {packets:.0f} packets a call")
    return {
        "pacing_p99_ms": round(p99(late), 2),
        "cpu_ms_per_call": round(spent / calls, 2),
        "failed": callers.failed(whole),
        "ticker_p99_ms": round(p99(bare), 2),
        "echo_ms_per_call": round(await echo_ms(round(packets)), 2),
    }


def main() -> int:
    """Exit code 0 if no call failed and the packets came evenly enough."""
    parser = argparse.ArgumentParser(description="Calls at once: pacing of their sound and CPU a call.")
    parser.add_argument("--calls", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=20.0, help="how long all calls are up at once")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = trio.run(measure, given.calls, given.seconds, Path(folder))
    later = result["pacing_p99_ms"] - result["ticker_p99_ms"]
    print(f"packets came {later:.2f} ms later than a bare ticker's (p99; at most {LATER_MS})")
    print(f"CPU a call: {result['cpu_ms_per_call']} ms; a bare echo: {result['echo_ms_per_call']} ms")
    print(json.dumps(result))
    return 0 if result["failed"] == 0 and later <= LATER_MS else 1


if __name__ == "__main__":
    sys.exit(main())
