"""What a benchmark is measured beside: the least that a program can do on this machine.

bare.py ticker HOST PORT    one task, one 160-byte packet every 20 ms to that address
bare.py echo                prints its UDP port, then sends each packet back
"""

from __future__ import annotations

import socket
import sys

import trio

TICK_S = 0.02


async def ticker(host: str, port: int) -> None:
    """The media plane's rhythm without media."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        start, count, packet = trio.current_time(), 0, bytes(172)
        while True:
            count += 1
            await trio.sleep_until(start + count * TICK_S)
            sock.sendto(packet, (host, port))


def echo() -> None:
    """The cost of a packet in and a packet out."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        print(sock.getsockname()[1], flush=True)
        while True:
            packet, source = sock.recvfrom(2048)
            sock.sendto(packet, source)


if __name__ == "__main__":
    if sys.argv[1] == "ticker":
        trio.run(ticker, sys.argv[2], int(sys.argv[3]))
    else:
        echo()
