"""The four transaction machines, step by step: RFC 3261 §17 and RFC 6026 as data."""

from __future__ import annotations

import re

import pytest

from flowlang.sip import Address, Response, Settings
from flowlang.sip.message import Request, response_to
from flowlang.sip.parse import parse_datagram
from flowlang.sip.timers import TimerHeap
from flowlang.sip.transactions import ClientTransaction, ServerTransaction, Transactions
from flowlang.sip.transactions.invite_client import InviteClient
from flowlang.sip.transactions.invite_server import InviteServer
from flowlang.sip.transactions.machine import Transaction
from flowlang.sip.transactions.other_client import OtherClient
from flowlang.sip.transactions.other_server import OtherServer
from tests.sip.wire import HERE, THERE, request

# Times in units of T1, which is 1 s here: T2 = 8, T4 = 10, 64*T1 = 64.
SETTINGS = Settings(t1=1.0)


class Bench:
    """A layer, what it sent, what it told its user."""

    def __init__(self, method: str, client: bool, transport: str = "udp") -> None:
        self.timers = TimerHeap()
        self.layer = Transactions(SETTINGS, self.timers, self.note)
        self.seen: list[str] = []
        self.now = 0.0
        message = parse_datagram(request(method))
        assert isinstance(message, Request)
        self.request = message
        peer = THERE._replace(transport=transport)
        if client:
            self.transaction: Transaction = self.layer.request(message, peer, HERE, self, 0.0)
        else:
            self.transaction = self.layer.serve(message, peer, HERE, "tag")
            assert isinstance(self.transaction, ServerTransaction)
            self.transaction.user = self

    def note(self, data: bytes, destination: Address, local: Address) -> None:
        start = data.split(b"\r\n")[0].decode().replace("SIP/2.0 ", "")
        self.seen.append(f"{self.now:g} send {start.split(' ')[0]}")

    def on_response(self, response: Response, now: float) -> None:
        self.seen.append(f"{now:g} told {response.status}")

    def on_timeout(self, now: float) -> None:
        self.seen.append(f"{now:g} timeout")

    def on_ack(self, ack: Request, now: float) -> None:
        self.seen.append(f"{now:g} told ACK")

    def on_unacknowledged(self, now: float) -> None:
        self.seen.append(f"{now:g} unacknowledged")

    def do(self, what: str) -> None:
        """`10` waits until then, `INVITE`/`OPTIONS`/`ACK` arrive, `<180` arrives, `>180` is sent."""
        if what[0].isdigit():
            until = float(what)
            while (at := self.timers.next_deadline()) is not None and at <= until:
                self.now = at
                self.timers.fire(at)
            self.now = until
        elif what[0] in "<>":
            response = response_to(self.request, int(what[1:]), "tag")
            if isinstance(self.transaction, ServerTransaction):
                self.transaction.respond(response, self.now)
            else:
                assert isinstance(self.transaction, ClientTransaction)
                self.transaction.receive(response, self.now)
        else:
            assert isinstance(self.transaction, ServerTransaction)
            message = parse_datagram(request(what))
            assert isinstance(message, Request)
            self.transaction.receive(message, self.now)


def repeats(what: str, times: list[float]) -> list[str]:
    return [f"{time:g} send {what}" for time in times]


T2_STEPS = [1, 3, 7, 15, 23, 31, 39, 47, 55, 63]  # T1, 2*T1, 4*T1, then every T2

CASES: list[tuple[str, str, bool, list[str], list[str]]] = [
    # name, method, client, what happens, what is seen
    (
        "§17.1.1.2: A doubles without bound, B ends it",
        "INVITE",
        True,
        ["64"],
        [*repeats("INVITE", [0, 1, 3, 7, 15, 31, 63]), "64 timeout"],
    ),
    (
        "§17.1.1.2: a provisional stops A",
        "INVITE",
        True,
        ["2", "<180", "60"],
        [*repeats("INVITE", [0, 1]), "2 told 180"],
    ),
    (
        "§17.1.1.2: each refusal is acknowledged, told once, D ends it",
        "INVITE",
        True,
        ["<486", "5", "<486", "64"],
        ["0 send INVITE", "0 send ACK", "0 told 486", "5 send ACK"],
    ),
    (
        "RFC 6026 §7.2: every 2xx is told until M, no ACK of ours",
        "INVITE",
        True,
        ["<200", "5", "<200", "63", "<200", "64"],
        ["0 send INVITE", "0 told 200", "5 told 200", "63 told 200"],
    ),
    (
        "RFC 6026 §7.2: a refusal after a 2xx is absorbed",
        "INVITE",
        True,
        ["<200", "<486", "64"],
        ["0 send INVITE", "0 told 200"],
    ),
    (
        "§17.1.2.2: E doubles up to T2, F ends it",
        "OPTIONS",
        True,
        ["64"],
        [*repeats("OPTIONS", [0, *T2_STEPS]), "64 timeout"],
    ),
    (
        "§17.1.2.2: after a provisional E is T2",
        "OPTIONS",
        True,
        ["<100", "24", "<200", "34"],
        ["0 send OPTIONS", "0 told 100", *repeats("OPTIONS", [1, 9, 17]), "24 told 200"],
    ),
    (
        "§17.1.2.2: K absorbs repeated finals",
        "OPTIONS",
        True,
        ["<200", "<200", "10"],
        ["0 send OPTIONS", "0 told 200"],
    ),
    (
        "§17.2.1: a repeated INVITE gets the last provisional again",
        "INVITE",
        False,
        [">100", "INVITE", ">180", "INVITE", ">486", "ACK", "10"],
        ["0 send 100", "0 send 100", "0 send 180", "0 send 180", "0 send 486"],
    ),
    (
        "§17.2.1: G repeats a refusal up to T2, H ends it",
        "INVITE",
        False,
        [">486", "64"],
        [*repeats("486", [0, *T2_STEPS]), "64 unacknowledged"],
    ),
    (
        "§17.2.1: the ACK stops G; I absorbs more of them",
        "INVITE",
        False,
        [">486", "2", "ACK", "5", "ACK", "INVITE", "12"],
        ["0 send 486", "1 send 486"],
    ),
    ("§17.2.1: no provisional after a final", "INVITE", False, [">486", ">180", "ACK", "10"], ["0 send 486"]),
    ("§17.2.1: no second refusal", "INVITE", False, [">486", ">603", "ACK", "10"], ["0 send 486"]),
    (
        "RFC 6026 §7.1: after a 2xx INVITEs are absorbed, 2xx of the core pass, ACKs are told, L ends it",
        "INVITE",
        False,
        [">200", "INVITE", "1", ">200", "ACK", "64"],
        ["0 send 200", "1 send 200", "1 told ACK"],
    ),
    (
        "RFC 6026 §7.1: no refusal after a 2xx",
        "INVITE",
        False,
        [">200", ">486", ">180", "64"],
        ["0 send 200"],
    ),
    (
        "§17.2.2: repeated requests get the last response, J ends it",
        "OPTIONS",
        False,
        ["OPTIONS", ">100", "OPTIONS", ">200", "OPTIONS", ">404", "63", "OPTIONS", "64"],
        ["0 send 100", "0 send 100", "0 send 200", "0 send 200", "63 send 200"],
    ),
]


@pytest.mark.parametrize(
    ("name", "method", "client", "steps", "seen"), CASES, ids=[case[0] for case in CASES]
)
def test_machine(name: str, method: str, client: bool, steps: list[str], seen: list[str]) -> None:
    bench = Bench(method, client)
    for step in steps:
        bench.do(step)
    assert bench.seen == seen


@pytest.mark.parametrize(
    ("name", "method", "client", "steps", "seen"), CASES, ids=[case[0] for case in CASES]
)
def test_nothing_is_left_in_the_end(
    name: str, method: str, client: bool, steps: list[str], seen: list[str]
) -> None:
    bench = Bench(method, client)
    for step in steps:
        bench.do(step)
    if bench.transaction.state not in ("trying", "proceeding"):
        bench.do("200")
        assert (len(bench.layer), len(bench.timers)) == (0, 0)


@pytest.mark.parametrize("method", ["INVITE", "OPTIONS"])
def test_over_a_reliable_transport_nothing_is_repeated(method: str) -> None:
    bench = Bench(method, client=True, transport="tcp")
    bench.do("64")
    assert bench.seen == [f"0 send {method}", "64 timeout"]
    bench = Bench("INVITE", client=False, transport="tcp")
    bench.do(">486")
    bench.do("64")
    assert bench.seen == ["0 send 486", "64 unacknowledged"]


@pytest.mark.parametrize("machine", [InviteClient, InviteServer, OtherClient, OtherServer])
def test_tables_are_whole(machine: type[Transaction]) -> None:
    """Each action is a method, each state but the last can be left and, but for the first, be reached."""
    reached = {state for state, _ in machine.TABLE.values()}
    left = {state for state, _ in machine.TABLE}
    assert reached - left == {"terminated"}
    assert len(left - reached) <= 1
    for _, actions in machine.TABLE.values():
        for action in actions:
            assert callable(getattr(machine, action))


def test_the_drawing_in_each_docstring_names_its_states() -> None:
    for machine in (InviteClient, InviteServer, OtherClient, OtherServer):
        module = __import__(machine.__module__, fromlist=["__doc__"])
        states = {state for state, _ in machine.TABLE} | {"terminated"}
        assert states <= set(re.findall(r"\w+", module.__doc__ or ""))


def server_of(layer: Transactions, data: bytes) -> ServerTransaction | None:
    message = parse_datagram(data)
    assert isinstance(message, Request)
    return layer.server_of(message)


def test_what_only_waits_for_stray_answers_holds_neither_request_nor_user() -> None:
    bench = Bench("OPTIONS", client=True)
    bench.do("<200")
    assert bench.seen == ["0 send OPTIONS", "0 told 200"]
    client = bench.transaction
    assert isinstance(client, ClientTransaction)
    assert client.state == "completed"
    assert client.request is None
    assert client.user is not bench
    bench.do("<200")
    bench.do("11")
    assert bench.seen == ["0 send OPTIONS", "0 told 200"]
    assert client.state == "terminated"


def test_a_server_transaction_is_found_by_branch_sent_by_method_and_call() -> None:
    bench = Bench("INVITE", client=False)
    found = bench.transaction
    assert server_of(bench.layer, request("INVITE")) is found
    assert server_of(bench.layer, request("ACK", to_tag="tag")) is found
    assert server_of(bench.layer, request("OPTIONS")) is None
    assert server_of(bench.layer, request("INVITE", branch="z9hG4bKb2")) is None
    assert server_of(bench.layer, request("INVITE", via="SIP/2.0/UDP 192.0.2.3:5062")) is None
    assert server_of(bench.layer, request("INVITE", call_id="call-2")) is None


def test_a_transaction_of_rfc_2543_is_found_by_the_request_itself() -> None:
    layer = Transactions(SETTINGS, TimerHeap(), lambda *_: None)
    old = parse_datagram(request("INVITE", branch="1"))
    assert isinstance(old, Request)
    found = layer.serve(old, THERE, HERE, "tag")
    assert server_of(layer, request("INVITE", branch="1")) is found
    assert server_of(layer, request("ACK", branch="1", to_tag="tag")) is found
    for other in (
        {"cseq": 2},
        {"call_id": "call-2"},
        {"from_tag": "x"},
        {"uri": "sip:x@192.0.2.1"},
        {"branch": "2"},
    ):
        assert server_of(layer, request("INVITE", **{"branch": "1", **other})) is None  # type: ignore[arg-type]


def test_the_heap_does_not_grow_with_cancelled_timers() -> None:
    timers = TimerHeap()
    kept = timers.schedule(1e9, lambda now: None)
    for number in range(10_000):
        timers.cancel(timers.schedule(float(number), lambda now: None))
    assert len(timers) == 1
    assert len(timers._heap) < 200  # type: ignore[reportPrivateUsage]
    timers.cancel(kept)
    timers.cancel(kept)
    assert len(timers) == 0
    assert timers.next_deadline() is None


def test_timers_fire_in_order_and_once() -> None:
    timers = TimerHeap()
    seen: list[str] = []
    timers.schedule(2.0, lambda now: seen.append("c"))
    timers.schedule(1.0, lambda now: seen.append("a"))
    fired = timers.schedule(1.0, lambda now: (seen.append("b"), timers.cancel(fired))[0])
    timers.fire(0.5)
    timers.fire(2.0)
    timers.fire(3.0)
    assert seen == ["a", "b", "c"]
    assert len(timers) == 0
