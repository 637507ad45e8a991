"""SMS by SMPP, to an SMSC on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest
import trio
import trio.testing
import trustme

from flowlang.backends.border import Incoming, Refusal, nothing
from flowlang.backends.smpp import Account, Patience, SmppBackend, Timers
from flowlang.backends.smpp import Smsc as Where
from flowlang.backends.smpp.parts import Parts
from flowlang.backends.smpp.pdu import Pdu
from flowlang.backends.smpp.text import parts_of
from flowlang.backends.tls import client_context
from flowlang.model.message_commands import SendMessage
from flowlang.model.results import Done, Failed, Result
from flowlang.model.values import Outcome
from tests.backends.email.smtp_peer import server_context
from tests.backends.host import TestHost
from tests.backends.smpp.smsc import Smsc, smsc_at_work

QUICK = Patience(first=0.002, longest=0.01, give_up=20, doubt=0.2)


def sms(key: str = "af1/1", text: str = "Come at ten.", **fields: Any) -> SendMessage:
    return SendMessage("sms", fields.pop("to", "sms:+14155550100"), text, key, **fields)


@asynccontextmanager
async def backend(smsc: Smsc, host: TestHost, **given: Any) -> AsyncIterator[SmppBackend]:
    async with smsc_at_work(smsc) as port:
        timers = Timers(**({"window": 10, "answer": 5.0, "silence": 5.0} | given.pop("timers", {})))
        where = Where(
            "127.0.0.1", port, Account("desk", given.pop("password", "right")), timers=timers, again=0.005
        )
        made = SmppBackend(where, "+16062067563", **({"patience": QUICK, "chance": Random(3)} | given))
        async with trio.open_nursery() as nursery:
            await nursery.start(made.run, host)
            with trio.fail_after(60):
                yield made
            nursery.cancel_scope.cancel()


async def outcome(made: SmppBackend, command: SendMessage) -> Outcome:
    results: list[Result] = []
    over = trio.Event()
    made.send(command, lambda result: (results.append(result), over.set()))
    await over.wait()
    (result,) = results
    assert isinstance(result, Done)
    assert isinstance(result.value, Outcome)
    return result.value


async def reported(host: TestHost, many: int) -> None:
    while len(host.reports) < many:
        await trio.lowlevel.checkpoint()


async def test_a_message_is_sent_and_delivered() -> None:
    smsc, host = Smsc(), TestHost()
    async with backend(smsc, host) as made:
        assert await outcome(made, sms()) == Outcome("sent", {"id": "m1"})
        await reported(host, 1)
    assert host.reports == [("m1", "delivered", None)]
    (pdu,) = smsc.taken.values()
    assert (pdu.text("source_addr"), pdu.number("source_addr_ton")) == ("16062067563", 1)
    assert (pdu.text("destination_addr"), pdu.number("dest_addr_ton")) == ("14155550100", 1)
    assert pdu.octets("short_message") == b"Come at ten."


async def test_a_name_and_a_short_code_may_be_the_sender() -> None:
    smsc, host = Smsc(), TestHost()
    async with backend(smsc, host) as made:
        await outcome(made, sms(source="sms:Clinic"))
        await outcome(made, sms("af1/2", source="sms:12345"))
    senders = [(each.text("source_addr"), each.number("source_addr_ton")) for each in smsc.taken.values()]
    assert senders == [("Clinic", 5), ("12345", 3)]


async def test_a_long_message_goes_in_parts_and_is_delivered_with_the_last() -> None:
    smsc, host = Smsc(), TestHost()
    text = "Grüße, Ελλάδα 🌞 " * 20
    async with backend(smsc, host) as made:
        assert await outcome(made, sms(text=text)) == Outcome("sent", {"id": "m1"})
        await reported(host, 1)
    parts = list(smsc.taken.values())
    assert len(parts) > 3
    assert {each.number("esm_class") for each in parts} == {0x40}
    assert "".join(each.octets("short_message")[6:].decode("utf-16-be") for each in parts) == text
    assert host.reports == [("m1", "delivered", None)]


async def test_twice_is_once() -> None:
    smsc, host = Smsc(), TestHost()
    async with backend(smsc, host) as made:
        assert await outcome(made, sms()) == await outcome(made, sms())
    assert len(smsc.taken) == 1


async def test_a_refusal_is_final() -> None:
    smsc, host = Smsc(statuses=[0x0B]), TestHost()  # ESME_RINVDSTADR
    async with backend(smsc, host) as made:
        ended = await outcome(made, sms())
    assert ended == Outcome("failed", {"reason": "rejected", "detail": "the SMSC says 0x0000000b"})


async def test_what_waits_goes_to_nobody_who_opted_out_meanwhile() -> None:
    smsc, host = Smsc(throttle=1.0), TestHost(opts_out=2)
    async with backend(smsc, host) as made:
        assert await outcome(made, sms()) == Outcome("failed", {"reason": "opted_out", "detail": ""})
    assert (smsc.throttled, len(smsc.taken)) == (2, 0)


async def test_what_is_throttled_goes_again() -> None:
    smsc, host = Smsc(statuses=[0x58, 0x14, 0x58]), TestHost()
    async with backend(smsc, host) as made:
        assert (await outcome(made, sms())).name == "sent"


async def test_without_an_smsc_it_has_failed_in_the_end() -> None:
    smsc, host = Smsc(), TestHost()
    few = Patience(0.001, 0.002, give_up=0.02)
    async with backend(smsc, host, patience=few, password="wrong") as made:
        ended = await outcome(made, sms())
    assert ended.fields["reason"] == "carrier_down"


@pytest.mark.parametrize("echoes", [True, False])
async def test_what_a_broken_connection_leaves_open_is_unknown_unless_a_receipt_tells(echoes: bool) -> None:
    class Always(Random):
        def random(self) -> float:
            return 0.0  # it breaks each time, and had taken it

    smsc, host = Smsc(chance=Always(), lose=1.0, echoes=echoes), TestHost()
    async with backend(smsc, host) as made:
        ended = await outcome(made, sms())
        await reported(host, 1)
    assert ended == (Outcome("sent", {"id": "m1"}) if echoes else Outcome("unknown", {}))
    assert host.reports == [("m1", "delivered", None)]
    assert len(smsc.taken) == 1


async def test_an_smsc_that_does_not_answer_is_left() -> None:
    smsc, host = Smsc(answers_submits=False, receipts=False), TestHost()
    async with backend(smsc, host, timers={"answer": 0.05}) as made:
        assert (await outcome(made, sms())).name == "unknown"
        smsc.answers_submits = True
        assert (await outcome(made, sms("af1/2"))).name == "sent"
    assert smsc.binds >= 2


async def test_it_asks_after_a_silence_and_says_goodbye() -> None:
    smsc, host = Smsc(), TestHost()
    async with backend(smsc, host, timers={"silence": 0.01}) as made:
        await outcome(made, sms())
        await smsc.enquired.wait()
    assert smsc.binds == 1


async def test_what_comes_is_received_and_answered_when_it_is_kept() -> None:
    smsc, host = Smsc(receipts=False), TestHost()
    async with backend(smsc, host) as made:
        await outcome(made, sms())
        smsc.answered.clear()
        await smsc.write("Grüße".encode("utf-16-be"), 8)
        await smsc.write(b"Hi\x00")
        for part in reversed(parts_of("long " * 100, 7)):
            await smsc.write(part.octets, part.coding, header=True)
        while len(smsc.answered) < 6:
            await smsc.answer_came.wait()
    texts = [each.data["text"] for each in host.offered]  # type: ignore[index, call-overload]
    assert texts == ["Grüße", "Hi@", "long " * 100]
    assert {(each.source, each.to) for each in host.offered} == {("sms:+14155550100", "sms:+16062067563")}
    assert {each.status for each in smsc.answered} == {0}


async def test_a_receipt_is_answered_when_what_it_tells_is_kept() -> None:
    class Slow(TestHost):
        def report(
            self, message: str, status: str, reason: str | None = None, kept: Callable[[], None] = nothing
        ) -> None:
            super().report(message, status, reason)
            waiting.append(kept)

    waiting: list[Callable[[], None]] = []
    smsc, host = Smsc(), Slow()
    async with backend(smsc, host) as made:
        await outcome(made, sms())
        await reported(host, 1)
        await trio.testing.wait_all_tasks_blocked(0.01)
        assert not smsc.answered
        waiting[0]()
        while not smsc.answered:
            await smsc.answer_came.wait()


async def test_a_receipt_that_the_engine_cannot_take_now_is_to_come_again() -> None:
    class Away(TestHost):
        def report(
            self, message: str, status: str, reason: str | None = None, kept: Callable[[], None] = nothing
        ) -> Refusal | None:
            return Refusal(503)

    smsc = Smsc()
    async with backend(smsc, Away()) as made:
        await outcome(made, sms())
        while not smsc.answered:
            await smsc.answer_came.wait()
    assert [each.status for each in smsc.answered] == [0x64]  # ESME_RX_T_APPN


async def test_receipts_that_are_early_are_answered_when_it_is_known_what_they_are_of() -> None:
    smsc, host = Smsc(receipts=False, answers_submits=False, echoes=False), TestHost()
    async with backend(smsc, host, patience=Patience(give_up=600.0, doubt=30.0)) as made:
        made.send(sms(text="long " * 50), lambda _result: None)
        while len(smsc.taken) < 2:
            await trio.testing.wait_all_tasks_blocked(0.01)
        assert smsc.stream is not None
        (first, second) = smsc.taken.values()
        for name in ("m1", "m2", "old1", "old2", "old3", "old4"):
            await smsc.put(smsc.receipt(name, first))
        while not smsc.answered:
            await smsc.answer_came.wait()
        assert [each.status for each in smsc.answered] == [0x64]  # of the one that is too many
        assert not host.reports
        for name, pdu in (("m1", first), ("m2", second)):
            await smsc.put(Pdu("submit_sm_resp", pdu.sequence, 0, {"message_id": name}))
        while len(smsc.answered) < 6:
            await smsc.answer_came.wait()
    assert [each.status for each in smsc.answered[1:]] == [0] * 5
    assert ("m1", "delivered", None) in host.reports


async def test_what_comes_again_before_it_is_answered_is_the_same() -> None:
    class Slow(TestHost):
        def receive(self, incoming: Incoming, kept: Callable[[], None] = nothing) -> Refusal | None:
            self.offered.append(incoming)
            waiting.append(kept)
            return None

    waiting: list[Callable[[], None]] = []
    smsc, host = Smsc(receipts=False), Slow()
    async with backend(smsc, host) as made:
        await outcome(made, sms())
        for number in range(3):
            await smsc.write(b"yes")
            while len(host.offered) <= number:
                await trio.lowlevel.checkpoint()
            if number == 1:
                for each in waiting:
                    each()
    ids = [each.data["id"] for each in host.offered]  # type: ignore[index, call-overload]
    assert ids[0] == ids[1] != ids[2]


async def test_what_nobody_takes_is_refused_for_good_or_for_now() -> None:
    smsc = Smsc(receipts=False)
    host = TestHost(answer=lambda _: Refusal(404 if len(host.offered) == 1 else 503))
    async with backend(smsc, host) as made:
        await outcome(made, sms())
        for _ in range(2):
            await smsc.write(b"Hi")
        while len(smsc.answered) < 2:
            await smsc.answer_came.wait()
    assert [each.status for each in smsc.answered] == [0x65, 0x64]


async def test_what_comes_from_no_address_is_refused_and_told() -> None:
    smsc, host = Smsc(receipts=False), TestHost()
    async with backend(smsc, host) as made:
        await outcome(made, sms())
        await smsc.write(b"Hi", source="My-Shop")
        while not smsc.answered:
            await smsc.answer_came.wait()
    assert [each.status for each in smsc.answered] == [0x65]
    ((refused, why),) = host.turned_away
    assert (refused.source, refused.to) == ("sms:My-Shop", "sms:16062067563")
    assert "no address" in why


async def test_a_long_message_whose_last_part_is_refused_for_now_is_whole_when_that_comes_again() -> None:
    smsc = Smsc(receipts=False)
    host = TestHost(answer=lambda _: Refusal(503) if len(host.offered) == 1 else None)
    async with backend(smsc, host) as made:
        await outcome(made, sms())
        parts = parts_of("long " * 100, 7)
        for number, part in enumerate((*parts, parts[-1]), 1):
            await smsc.write(part.octets, part.coding, header=True)
            while len(smsc.answered) < number:
                await smsc.answer_came.wait()
    assert [each.status for each in smsc.answered] == [0] * (len(parts) - 1) + [0x64, 0]
    assert [each.data["text"] for each in host.offered] == ["long " * 100] * 2  # type: ignore[index, call-overload]


async def test_a_part_that_cannot_be_kept_is_refused_for_now(tmp_path: Path) -> None:
    (tmp_path / "full").touch()
    smsc = Smsc(receipts=False)
    async with backend(smsc, TestHost(), parts=Parts(tmp_path / "full" / "one.parts")) as made:
        await outcome(made, sms())
        part = parts_of("long " * 100, 7)[0]
        await smsc.write(part.octets, part.coding, header=True)
        while not smsc.answered:
            await smsc.answer_came.wait()
    assert smsc.answered[0].status == 0x64


@pytest.mark.parametrize(
    "fields",
    [
        {"to": "sms:+14155550100\0"},
        {"to": "sms:+14155550100,+14155550101"},
        {"to": "sms:Ann; DROP"},
        {"source": "sms:Clinic\0evil"},
        {"source": "sms:a-name-too-long"},
    ],
)
async def test_what_is_no_address_goes_nowhere(fields: dict[str, Any]) -> None:
    smsc, host = Smsc(), TestHost()
    async with backend(smsc, host) as made:
        results: list[Result] = []
        made.send(sms(**fields), results.append)
        assert isinstance(results[0], Failed)
    assert not smsc.taken


async def test_what_comes_again_after_a_broken_connection_has_the_id_that_it_had() -> None:
    smsc, host = Smsc(receipts=False), TestHost()
    async with backend(smsc, host) as made:
        for number, texts in enumerate(((b"yes", b"yes", b"no"), (b"no", b"yes", b"new", b"yes", b"yes"))):
            await outcome(made, sms(f"af1/{number}"))
            smsc.answered.clear()
            for text in texts:
                await smsc.write(text)
            while len(smsc.answered) < len(texts):
                await smsc.answer_came.wait()
            assert smsc.stream is not None
            await trio.aclose_forcefully(smsc.stream)
    came = [(each.data["text"], each.data["id"]) for each in host.offered]  # type: ignore[index, call-overload]
    assert came[3:5] == [came[2], came[0]]
    assert came[6] == came[1]
    assert len(set(came)) == 5


async def test_encrypted_the_name_of_the_smsc_counts(tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    few = Patience(0.001, 0.002, give_up=0.3)
    for name, expected in (("localhost", "sent"), ("other.example", "failed")):
        smsc = Smsc()
        async with smsc_at_work(smsc, server_context(authority, name)) as port:
            account = Account("desk", "right")
            where = Where("localhost", port, account, tls=client_context(tmp_path / "ca.pem"), again=0.01)
            made = SmppBackend(where, "Clinic", patience=few)
            async with trio.open_nursery() as nursery:
                await nursery.start(made.run, TestHost())
                assert (await outcome(made, sms())).name == expected
                nursery.cancel_scope.cancel()
        assert bool(smsc.binds) is (expected == "sent")
