"""Client and server transactions on a bad network, INVITE and any other: never two final answers, whatever
the user says and however messages are lost, repeated, reordered and delayed; and in the end nothing is left.
"""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from flowlang.sip.address import Address
from flowlang.sip.message import Request, Response, response_to
from flowlang.sip.parse import parse_datagram
from flowlang.sip.timers import Settings, TimerHeap
from flowlang.sip.transactions import ClientTransaction, ServerTransaction, Transactions

from .bad_network import QUICK, BadNetwork
from .wire import HERE, T1, THERE, request

LONG = 400.0  # seconds: longer than anything rings


class Side:
    """One side: its transactions, and their user."""

    def __init__(self, net: TransactionsApart, here: Address) -> None:
        self.timers = TimerHeap()
        self.layer = Transactions(
            Settings(t1=T1), self.timers, lambda data, there, _: net.sent(here, there, data)
        )
        self.client: ClientTransaction | None = None
        self.told: list[int] = []
        self.timeouts = 0
        self.served: list[tuple[ServerTransaction, Request]] = []
        self.acks = 0
        self._net = net
        self._here = here

    def receive(self, data: bytes, source: Address, local: Address, now: float) -> None:
        message = parse_datagram(data)
        if isinstance(message, Response):
            client = self.layer.client_of(message)
            if client is not None:
                client.receive(message, now)
            return
        server = self.layer.server_of(message)
        if server is None and message.method != "ACK":
            server = self.layer.serve(message, source, local, "tag")
            server.user = self
            self.served.append((server, message))
        elif server is not None:
            server.receive(message, now)

    def tick(self, now: float) -> None:
        self.timers.fire(now)

    def next_deadline(self) -> float | None:
        return self.timers.next_deadline()

    def on_response(self, response: Response, now: float) -> None:
        if response.status >= 200:
            self.told.append(response.status)

    def on_timeout(self, now: float) -> None:
        assert self.client is not None  # whose time is over
        if self.client.state != "proceeding":  # else it rings for too long, and is not over yet (§16.8)
            self.timeouts += 1

    def on_ack(self, ack: Request, now: float) -> None:
        self.acks += 1

    def on_unacknowledged(self, now: float) -> None:
        pass


class TransactionsApart(BadNetwork):
    """One request, and whatever its server's user answers: more than one final answer too, if he likes."""

    def __init__(self) -> None:
        super().__init__()
        self.client, self.server = Side(self, THERE), Side(self, HERE)
        self.nodes = {THERE: self.client, HERE: self.server}
        self.answered: set[int] = set()  # on the wire
        self.method = ""

    @initialize(method=st.sampled_from(["INVITE", "OPTIONS"]))
    def begin(self, method: str) -> None:
        self.method = method
        message = parse_datagram(request(method))
        assert isinstance(message, Request)
        self.client.client = self.client.layer.request(message, HERE, THERE, self.client, 0.0)

    def sent(self, source: Address, destination: Address, data: bytes) -> None:
        if data.startswith(b"SIP/2.0 ") and int(data[8:11]) >= 200:
            self.answered.add(int(data[8:11]))
        self.send(data, source, destination)

    def collect(self) -> None:
        """Nothing waits: what is sent is under way at once."""

    @rule(status=st.sampled_from([180, 200, 302, 486, 603]))
    def answer(self, status: int) -> None:
        for server, message in self.server.served:
            server.respond(response_to(message, status, "tag"), self.now)

    @invariant()
    def one_final_answer_goes_out(self) -> None:
        assert len(self.answered) <= 1, self.answered

    @invariant()
    def one_end_is_told(self) -> None:
        told = self.client.told
        assert len(set(told)) + self.client.timeouts <= 1, (told, self.client.timeouts)
        if told and (self.method != "INVITE" or told[0] >= 300):
            assert len(told) == 1, "2xx to INVITE alone are told again: each wants its ACK"

    @invariant()
    def one_request_is_served_once(self) -> None:
        assert len(self.server.served) <= 1

    def teardown(self) -> None:
        self.run(self.now + LONG, well=True)
        self.answer(603)  # where nobody has said anything yet
        self.run_out()
        for side in (self.client, self.server):
            assert (len(side.layer), len(side.timers)) == (0, 0)
        assert len(set(self.client.told)) + self.client.timeouts == 1
        self.one_final_answer_goes_out()


TestTransactions = TransactionsApart.TestCase
TestTransactions.settings = QUICK
