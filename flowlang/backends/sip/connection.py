"""One TCP or TLS connection that carries SIP: read message by message, written without making anybody wait.

Rules (a peer that breaks one is closed, and nobody else notices):
- a message that has begun must be whole within `MESSAGE_TIME`, and the first must come within it;
- where nothing comes for `IDLE_TIME`, nobody is there any more;
- a peer that takes no data for `WRITE_TIME`, or leaves more than `MOST_UNSENT` of it lying, is too slow;
- behind a message whose end cannot be known nothing is read: it is answered, then the connection is closed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import trio

from flowlang.sip.address import Address
from flowlang.sip.framing import Framer, Ping

from .sockets import Listener

MESSAGE_TIME = 32.0  # seconds: 64*T1, as long as any transaction waits (RFC 3261 §17)
IDLE_TIME = 3_900.0  # seconds: a phone registers at least every hour, and may be late
WRITE_TIME = 10.0  # seconds
MOST_UNSENT = 1 << 20  # bytes: some 500 messages
CHUNK = 16_384  # bytes read at once: some 3 ms of work, then others have their turn

PING = b"\r\n\r\n"  # RFC 5626 §3.5.1
_PONG = b"\r\n"

OnMessage = Callable[[bytes, "Connection"], None]


class Connection:
    """`peer` is who is there, with the name that its certificate proves; `listener` where it came in,
    `None` for one of ours."""

    def __init__(
        self, stream: trio.abc.Stream, peer: Address, on_message: OnMessage, listener: Listener | None = None
    ) -> None:
        self.peer = peer
        self.listener = listener
        self.open = True
        self._stream = stream
        self._on_message = on_message
        self._framer = Framer()
        self._unsent: deque[bytes] = deque()
        self._unsent_size = 0
        self._wake = trio.Event()
        self._sent = trio.lowlevel.ParkingLot()
        self._finishing = False
        self._scope = trio.CancelScope()

    def send(self, data: bytes) -> bool:
        """Queue a message; False where the connection is closed, or closing for being too slow."""
        if not self.open or self._finishing:
            return False
        self._unsent.append(data)
        self._unsent_size += len(data)
        if self._unsent_size > MOST_UNSENT:
            self.close()
            return False
        self._wake.set()
        return True

    async def flush(self) -> None:
        """Returns when all that was queued is handed over, or never will be."""
        while self.open and self._unsent_size:
            await self._sent.park()

    def close(self) -> None:
        """End it now; what was not sent is lost."""
        self.open = False
        self._scope.cancel()

    async def run(self) -> None:
        """Read and write until either side closes. Raises nothing that a peer can cause."""
        with self._scope:
            try:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._write)
                    await self._read()
                    self._finishing = True
                    self._wake.set()
            except* (trio.BrokenResourceError, trio.ClosedResourceError):
                pass
            finally:
                self.open = False
                self._sent.unpark_all()
                await trio.aclose_forcefully(self._stream)

    async def _read(self) -> None:
        since = trio.current_time()  # when the message under way began
        waiting = True  # for the first message
        while True:
            under_way = waiting or self._framer.under_way
            limit = since + MESSAGE_TIME if under_way else trio.current_time() + IDLE_TIME
            data = b""
            with trio.CancelScope(deadline=limit):
                data = bytes(await self._stream.receive_some(CHUNK))
            if not data:
                return
            if not under_way:
                since = trio.current_time()
            for found in self._framer.feed(data):
                waiting, since = False, trio.current_time()
                if isinstance(found, Ping):
                    self.send(_PONG)
                    continue
                self._on_message(found.data, self)
                if found.last:
                    return

    async def _write(self) -> None:
        while True:
            while self._unsent:
                data = b"".join(self._unsent)
                self._unsent.clear()
                with trio.move_on_after(WRITE_TIME) as slow:
                    await self._stream.send_all(data)
                if slow.cancelled_caught:
                    self.close()
                    return
                self._unsent_size -= len(data)
            self._sent.unpark_all()
            if self._finishing:
                return
            self._wake = trio.Event()
            await self._wake.wait()
