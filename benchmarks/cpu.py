"""CPU time of a process, and of a bare UDP echo to compare it with."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from functools import partial
from pathlib import Path

import trio

BARE = Path(__file__).with_name("bare.py")
ECHOED = 5_000  # packets by which the echo is measured


def cpu_ms(pid: int) -> float:
    """CPU time of a process so far: fields 14 and 15 of /proc/PID/stat (proc(5))."""
    text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    fields = text.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


async def echo_ms(packets: int) -> float:
    """CPU time of a bare echo for so many packets there and back."""
    command = [sys.executable, str(BARE), "echo"]
    async with trio.open_nursery() as nursery:
        run = partial(trio.run_process, command, stdout=subprocess.PIPE, check=False)
        process: trio.Process = await nursery.start(run)
        assert process.stdout is not None
        port = int(await process.stdout.receive_some())
        before = cpu_ms(process.pid)
        with trio.socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            for _ in range(ECHOED):
                await sock.sendto(bytes(172), ("127.0.0.1", port))
                await sock.recv(2048)
        spent = cpu_ms(process.pid) - before
        process.terminate()
    return spent / ECHOED * packets
