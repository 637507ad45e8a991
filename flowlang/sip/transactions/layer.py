"""All transactions of an agent, and how a message finds its own (RFC 3261 §17.1.3, §17.2.3)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from flowlang.sip.address import Address
from flowlang.sip.message import Request, Response
from flowlang.sip.text import print_parameters
from flowlang.sip.timers import Settings, TimerHeap
from flowlang.sip.transactions.client import ClientTransaction, ClientUser
from flowlang.sip.transactions.invite_client import InviteClient
from flowlang.sip.transactions.invite_server import InviteServer
from flowlang.sip.transactions.machine import Transaction
from flowlang.sip.transactions.other_client import OtherClient
from flowlang.sip.transactions.other_server import OtherServer
from flowlang.sip.transactions.server import ServerTransaction

SendBytes = Callable[[bytes, Address, Address], None]
"""Data, destination, our address."""

_OURS = ("INVITE", "BYE", "CANCEL", "REGISTER", "OPTIONS", "INFO", "UPDATE", "PRACK", "REFER", "NOTIFY")
StreamWay = Callable[[Address, Address], tuple[Address, Address] | None]
"""Where a datagram would go, and our address -> the same by a stream, `None` where there is none."""


class Transactions:
    """Server transactions by branch, sent-by, method and call; client transactions by branch and method."""

    def __init__(self, settings: Settings, timers: TimerHeap, send: SendBytes) -> None:
        self.settings = settings
        self.timers = timers
        self.stream_way: StreamWay | None = None
        self._send = send
        self._servers: dict[tuple[str, ...], ServerTransaction] = {}
        self._clients: dict[tuple[str, ...], ClientTransaction] = {}
        self._origins: dict[tuple[str, ...], ServerTransaction] = {}
        self._branches: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._servers) + len(self._clients)

    @property
    def unacknowledged(self) -> bool:
        """True while a refusal of an INVITE waits for its ACK."""
        return any(
            isinstance(server, InviteServer) and server.state == "completed"
            for server in self._servers.values()
        )

    def server_of(self, request: Request) -> ServerTransaction | None:
        """The transaction that `request` is a retransmission in, or whose ACK it is."""
        request.key = key = _server_key(request, request.method)
        return self._servers.get(key)

    def invite_of(self, cancel: Request) -> ServerTransaction | None:
        """The INVITE transaction that a CANCEL means (§9.2)."""
        return self._servers.get(_server_key(cancel, "INVITE"))

    def merged(self, server: ServerTransaction) -> bool:
        """True if the same request came before on another path and is still with us (§8.2.2.2)."""
        return self._origins.get(server.origin, server) is not server

    def serve(self, request: Request, destination: Address, local: Address, to_tag: str) -> ServerTransaction:
        """A new server transaction; its responses go to `destination`."""
        key, origin = request.key or _server_key(request, request.method), _origin(request)
        if request.method == "INVITE":
            server: ServerTransaction = InviteServer(self, key, origin, destination, local, to_tag)
        else:
            server = OtherServer(self, key, origin, "trying", destination, local, to_tag)
        self._servers[key] = server
        self._branches[key[0]] += 1
        if request.to.tag is None and request.from_.tag is not None:
            self._origins.setdefault(origin, server)
        return server

    def client_of(self, response: Response) -> ClientTransaction | None:
        """The transaction that `response` answers."""
        branch = response.via.parameters.get("branch")
        return None if branch is None else self._clients.get((branch, response.cseq.method))

    def serves(self, branch: str) -> bool:
        """Whether a request with this branch is with us, which may come again, or have its ACK or CANCEL."""
        return branch in self._branches

    def awaits(self, branch: str) -> bool:
        """Whether a request of ours with this branch waits for its answer."""
        return any((branch, method) in self._clients for method in _OURS)

    def request(
        self, request: Request, destination: Address, local: Address, user: ClientUser, now: float
    ) -> ClientTransaction:
        """Send `request`, whose top Via carries a branch of ours, in a new client transaction."""
        key = (request.via.parameters["branch"] or "", request.method)
        if request.method == "INVITE":
            client: ClientTransaction = InviteClient(self, key, "calling", request, destination, local, user)
        else:
            client = OtherClient(self, key, "trying", request, destination, local, user)
        self._clients[key] = client
        client.begin(now)
        return client

    def send(self, data: bytes, destination: Address, local: Address) -> None:
        """Put bytes on the wire."""
        self._send(data, destination, local)

    def by_stream(self, destination: Address, local: Address) -> tuple[Address, Address] | None:
        """The way for a message that is too large for a datagram."""
        return None if self.stream_way is None else self.stream_way(destination, local)

    def unreachable(self, destination: Address, now: float) -> None:
        """Nothing can be delivered there: whoever waits for an answer need not."""
        waiting = [each for each in self._clients.values() if each.destination == destination]
        for client in waiting:
            client.unreachable(now)

    def remove(self, transaction: Transaction) -> None:
        """Forget a terminated transaction."""
        if isinstance(transaction, ServerTransaction):
            if self._servers.pop(transaction.key, None) is not None:
                self._branches[transaction.key[0]] -= 1
                if not self._branches[transaction.key[0]]:
                    del self._branches[transaction.key[0]]
            if self._origins.get(transaction.origin) is transaction:
                del self._origins[transaction.origin]
        else:
            self._clients.pop(transaction.key, None)


def _server_key(request: Request, method: str) -> tuple[str, ...]:
    if method == "ACK":
        method = "INVITE"
    via = request.via
    branch = via.branch
    if branch is not None:
        # §17.2.3 names the first three. Peers that reuse a branch (RFC 4475's messages do) are told apart by
        # Call-ID and CSeq number, which a retransmission, an ACK and a CANCEL share with their request.
        return (branch, via.sent_by, method, request.call_id, str(request.cseq.number))
    # RFC 2543: the request names its transaction. The tag of To is left out: the ACK of a refusal has ours.
    return (
        request.uri,
        request.from_.tag or "",
        request.call_id,
        str(request.cseq.number),
        f"{via.sent_by}{print_parameters(via.parameters)}",
        method,
    )


def _origin(request: Request) -> tuple[str, ...]:
    return (request.from_.tag or "", request.call_id, str(request.cseq.number), request.method)
