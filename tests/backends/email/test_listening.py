"""Mails in by SMTP, from a client of another's (smtplib) to the listener, over loopback."""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import trio
import trio.testing
import trustme

from flowlang.backends.border import BackendError, Refusal
from flowlang.backends.email import EmailBackend, SmtpListener
from flowlang.backends.email.smtp_session import Limits
from tests.backends.email.smtp_peer import server_context
from tests.backends.host import TestHost

REPORT = b"""From: <mailer-daemon@home.example>
Content-Type: multipart/report; boundary="b"

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx

Action: delivered

--b
Content-Type: text/rfc822-headers

Message-ID: <0123456789abcdef0123456789abcdef@clinic.example>

--b--
"""


def test_each_domain_has_a_postmaster() -> None:
    listener = SmtpListener(["desk@clinic.example", "@home.example"])
    for domain in ("clinic.example", "home.example"):
        assert listener.accepts(f"mailto:Postmaster@{domain}")
    assert not listener.accepts("mailto:ann@clinic.example")
    assert not listener.accepts("mailto:postmaster@evil.example")


TO_DATA = (
    b"EHLO home.example\r\n",
    b"MAIL FROM:<ann@home.example>\r\n",
    b"RCPT TO:<desk@clinic.example>\r\n",
    b"DATA\r\n",
)
CRLF_REPORT = REPORT.replace(b"\n", b"\r\n")


@asynccontextmanager
async def listening(host: TestHost, **given: Any) -> AsyncIterator[int]:
    listener = SmtpListener(["@clinic.example"], port=0, bind="127.0.0.1", **given)
    async with trio.open_nursery() as nursery:
        await nursery.start(EmailBackend(receivers=[listener]).run, host)
        with trio.fail_after(20):
            yield listener.port
        nursery.cancel_scope.cancel()


def mail(text: str = "Hello", **headers: str) -> EmailMessage:
    made = EmailMessage()
    made["From"] = "Ann <ann@home.example>"
    made["To"] = "desk@clinic.example"
    made["Subject"] = "A question"
    made["Message-ID"] = "<one@home.example>"
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content(text)
    return made


async def by_client(port: int, do: Callable[[smtplib.SMTP], Any]) -> Any:
    def work() -> Any:
        with smtplib.SMTP("localhost", port, timeout=10) as client:
            return do(client)

    return await trio.to_thread.run_sync(work)


async def test_a_mail_is_offered_as_what_its_writer_wrote() -> None:
    host = TestHost()
    async with listening(host) as port:
        await by_client(port, lambda client: client.send_message(mail("Hello\n.\nthere")))
    (got,) = host.offered
    assert (got.channel, got.to, got.source) == (
        "email",
        "mailto:desk@clinic.example",
        "mailto:ann@home.example",
    )
    assert got.name == "Ann"
    assert got.data == {"text": "Hello\n.\nthere", "subject": "A question", "id": "one@home.example"}
    assert not got.automatic


async def test_the_envelope_says_to_whom_it_came() -> None:
    host = TestHost()
    async with listening(host) as port:
        await by_client(
            port, lambda client: client.send_message(mail(), to_addrs=["Bookings@Clinic.example"])
        )
    assert host.offered[0].to == "mailto:Bookings@Clinic.example"


async def test_a_mail_that_nobody_takes_is_refused_or_put_off() -> None:
    host = TestHost(answer=lambda _: Refusal(404))
    async with listening(host) as port:
        with pytest.raises(smtplib.SMTPDataError) as refused:
            await by_client(port, lambda client: client.send_message(mail()))
        assert refused.value.smtp_code == 550
        host.answer = lambda _: Refusal(503)
        with pytest.raises(smtplib.SMTPDataError) as refused:
            await by_client(port, lambda client: client.send_message(mail()))
        assert refused.value.smtp_code == 451


async def test_a_mail_of_nobody_is_refused_and_told() -> None:
    host = TestHost()
    async with listening(host) as port:
        unsigned = b"Subject: Hi\r\n\r\nHello"

        def send(client: smtplib.SMTP) -> int:
            client.ehlo()
            for each in (b"MAIL FROM:<x@home.example>", b"RCPT TO:<desk@clinic.example>"):
                client.docmd(each.decode())
            return client.data(unsigned)[0]

        assert await by_client(port, send) == 550
    ((refused, why),) = host.turned_away
    assert (refused.source, refused.to) == ("mailto:x@home.example", "mailto:desk@clinic.example")
    assert why == "`From` has no address"
    assert not host.offered


async def test_it_is_no_relay() -> None:
    host = TestHost()
    async with listening(host) as port:
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            await by_client(port, lambda client: client.send_message(mail(), to_addrs=["eve@evil.example"]))
    assert not host.offered


async def test_what_a_machine_wrote_is_marked_and_reports_are_told() -> None:
    host = TestHost()
    async with listening(host) as port:
        await by_client(port, lambda client: client.send_message(mail(Auto_Submitted="auto-replied")))
        await by_client(port, lambda client: client.sendmail("", ["desk@clinic.example"], CRLF_REPORT))
        other = re.sub(rb"<0.*>", b"<42>", CRLF_REPORT)  # no mail of ours is called so
        await by_client(port, lambda client: client.sendmail("", ["desk@clinic.example"], other))
    assert [each.automatic for each in host.offered] == [True]
    assert host.reports == [("0123456789abcdef0123456789abcdef@clinic.example", "delivered", None)]


async def test_a_report_is_answered_as_taken_when_it_is_on_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    host, written = TestHost(), list[Callable[[], None]]()
    monkeypatch.setattr(host, "report", lambda *told: written.append(told[-1]))
    answered = trio.Event()
    async with listening(host) as port, trio.open_nursery() as nursery:

        async def send() -> None:
            await by_client(port, lambda client: client.sendmail("", ["desk@clinic.example"], CRLF_REPORT))
            answered.set()

        nursery.start_soon(send)
        while not written:
            await trio.lowlevel.checkpoint()
        for _ in range(100):
            await trio.lowlevel.checkpoint()
        assert not answered.is_set()
        written[0]()
        await answered.wait()


async def test_encrypted_by_starttls(tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    host = TestHost()

    def send(client: smtplib.SMTP) -> None:
        client.starttls(context=ssl.create_default_context(cafile=tmp_path / "ca.pem"))
        client.send_message(mail())

    async with listening(host, context=server_context(authority)) as port:
        await by_client(port, send)
    assert len(host.offered) == 1


async def test_who_does_not_shake_hands_is_let_go() -> None:
    host = TestHost()
    async with listening(host, context=server_context(trustme.CA())) as port:
        async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
            for each in (b"", b"EHLO x\r\n", b"STARTTLS\r\n"):
                await stream.send_all(each)
                await stream.receive_some()
            await stream.send_all(b"MAIL FROM:<ann@home.example>\r\n" * 10)
            with suppress(trio.BrokenResourceError):
                while await stream.receive_some():
                    pass
        await by_client(port, lambda client: client.send_message(mail()))
    assert len(host.offered) == 1


async def test_one_address_has_only_so_many_connections() -> None:
    async with listening(TestHost()) as port:
        streams = [await trio.open_tcp_stream("127.0.0.1", port) for _ in range(21)]
        greetings = [bytes(await each.receive_some())[:3] for each in streams]
        assert greetings == [b"220"] * 20 + [b"421"]
        for each in streams:
            await each.aclose()


async def test_who_is_slow_gives_way_to_who_comes(
    monkeypatch: pytest.MonkeyPatch, mock_clock: trio.testing.MockClock
) -> None:
    """By a byte a second some begin to shake hands, some a mail: none of them keeps others out."""
    monkeypatch.setattr("flowlang.backends.email.listener._OF_ONE_ADDRESS", 1_000)

    async def comes(port: int, *sent: bytes) -> trio.SocketStream:
        stream = await trio.open_tcp_stream("127.0.0.1", port)
        for each in sent:
            await stream.receive_some()
            await stream.send_all(each)
        return stream

    hello = b"\x16\x03\x01\x20\x00\x01"  # the beginning of TLS's, which is long
    begin = (b"EHLO x\r\n", b"STARTTLS\r\n", hello), (), (*TO_DATA, b"Subject: x\r\n")
    async with listening(TestHost(), context=server_context(trustme.CA())) as port:
        slow = [await comes(port, *begin[number % 3]) for number in range(100)]
        await trio.testing.wait_all_tasks_blocked(0.05)
        early = await comes(port)
        assert (await early.receive_some())[:3] == b"421"  # nobody is slow yet
        for _ in range(16):
            mock_clock.jump(1)
            for each in slow:
                await each.send_all(b"x")
            await trio.testing.wait_all_tasks_blocked(0.005)
        late = [await comes(port) for _ in range(30)]
        assert [(await each.receive_some())[:3] for each in late] == [b"220"] * 30
        for each in slow[:30]:
            with suppress(trio.BrokenResourceError):
                while await each.receive_some():
                    pass
        for each in (*slow, early, *late):
            await trio.aclose_forcefully(each)


async def test_a_mail_is_taken_when_its_dot_has_come_wherever_a_connection_breaks() -> None:
    host = TestHost()
    text = b"From: ann@home.example\r\nMessage-ID: <%d@home.example>\r\n\r\nHello\r\n.\r\n"
    async with listening(host) as port:
        whole = 0
        for number in range(5):
            for kept in (1, 5, -1, None):  # how much of the last that is sent
                stream = await trio.open_tcp_stream("127.0.0.1", port)
                steps = (*TO_DATA, text % (10 * number + whole))[: number + 1]
                for each in steps[:-1]:
                    await stream.receive_some()
                    await stream.send_all(each)
                await stream.receive_some()
                await stream.send_all(steps[-1][:kept])
                await trio.aclose_forcefully(stream)
                await trio.testing.wait_all_tasks_blocked(0.005)
                whole += number == 4 and kept is None
        assert len(host.offered) == whole == 1
        await by_client(port, lambda client: client.send_message(mail()))
    assert len(host.offered) == 2


async def test_mails_that_are_not_whole_hold_so_much_together_and_no_more() -> None:
    host = TestHost()
    async with listening(host, limits=Limits(size=1_000)) as port:
        streams: list[trio.SocketStream] = []
        answers: list[bytes] = []
        for _ in range(15):
            stream = await trio.open_tcp_stream("127.0.0.1", port)
            streams.append(stream)
            for each in TO_DATA:
                await stream.receive_some()
                await stream.send_all(each)
            await stream.receive_some()
            await stream.send_all((b"x" * 78 + b"\r\n") * 12)
            with trio.move_on_after(0.05):
                answers.append(bytes(await stream.receive_some()))
        assert answers == [b"421 4.3.1 Too much mail at once\r\n"] * 5
        await streams[0].send_all(b".\r\n")
        assert (await streams[0].receive_some())[:3] == b"550"
        for each in streams:
            await trio.aclose_forcefully(each)
        await by_client(port, lambda client: client.send_message(mail()))
    assert len(host.offered) == 1


async def test_a_port_that_is_taken_is_told_in_one_line() -> None:
    async with listening(TestHost()) as port:
        listener = SmtpListener(["@clinic.example"], port=port, bind="127.0.0.1")
        with pytest.raises(BackendError, match="cannot listen for mail"):
            await listener.run(lambda *_: None)  # type: ignore[arg-type, return-value]


async def test_connections_that_say_nothing_end_with_their_peer() -> None:
    host = TestHost()
    async with listening(host) as port:
        for _ in range(50):
            stream = await trio.open_tcp_stream("127.0.0.1", port)
            await trio.aclose_forcefully(stream)
        await by_client(port, lambda client: client.send_message(mail()))
    assert len(host.offered) == 1
