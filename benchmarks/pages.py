"""Many open pages of the chat, for `messages.py`: `pages.py PORT COUNT`. Each says something; when all were
heard, `open` is printed, and when the last was told something, the time of the system's monotonic clock."""

from __future__ import annotations

import base64
import json
import resource
import secrets
import sys
import time

import trio
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, Request, TextMessage


class Pages:
    """`count` of them."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.heard = 0
        self.told = 0
        self.open = trio.Event()
        self.over = trio.Event()
        self.last = 0.0

    async def page(self, port: int, gate: trio.CapacityLimiter) -> None:
        """One, until all were told."""
        token = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("=")
        async with gate:
            stream = await trio.open_tcp_stream("127.0.0.1", port)
            ws = WSConnection(ConnectionType.CLIENT)
            await stream.send_all(ws.send(Request(host=f"127.0.0.1:{port}", target="/chat/socket")))
        async with stream:
            while not self.over.is_set():
                ws.receive_data(await stream.receive_some(4096))
                for event in ws.events():
                    match event:
                        case AcceptConnection():
                            for given in (
                                {"t": "hello", "token": token, "last": 0},
                                {"t": "say", "id": "1", "text": "hi"},
                            ):
                                await stream.send_all(ws.send(TextMessage(data=json.dumps(given))))
                        case TextMessage(data=data) if '"kept"' in data:
                            self.heard += 1
                            if self.heard == self.count:
                                self.open.set()
                        case TextMessage(data=data) if '"message"' in data:
                            self.last = time.monotonic()
                            self.told += 1
                            if self.told == self.count:
                                self.over.set()
                        case _:
                            pass


async def main(port: int, count: int) -> None:
    """Opens them and waits."""
    pages, gate = Pages(count), trio.CapacityLimiter(50)
    async with trio.open_nursery() as nursery:
        for _ in range(count):
            nursery.start_soon(pages.page, port, gate)
        await pages.open.wait()
        print("open", flush=True)
        await pages.over.wait()
        print(pages.last, flush=True)
        nursery.cancel_scope.cancel()


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    trio.run(main, int(sys.argv[1]), int(sys.argv[2]))
