"""Mails out by SMTP, to a server of another's on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trio
import trustme

from flowlang.backends.email import Attachable, EmailBackend, Patience, Sender, Server, Writer
from flowlang.model.message_commands import SendMessage
from flowlang.model.results import Done, Failed, Result
from flowlang.model.values import Outcome
from tests.backends.email.smtp_peer import Mailbox, server_context, smtp_server
from tests.backends.host import TestHost

QUICK = Patience(first=0.001, longest=0.002, give_up=5)
US = "mailto:desk@clinic.example"


def mail(key: str = "af1/1", **fields: Any) -> SendMessage:
    given = {"to": "mailto:ann@home.example", "text": "Come at ten.", "subject": "Your visit"} | fields
    return SendMessage("email", key=key, **given)


@asynccontextmanager
async def backend(port: int, host: TestHost | None = None, **given: Any) -> AsyncIterator[EmailBackend]:
    server = {"host": "127.0.0.1", "port": port, "security": "none", "timeout": 10.0} | given.pop(
        "server", {}
    )
    writer = Writer(**({"sender": US, "name": "Clinic"} | given.pop("writer", {})))
    sender = Sender(Server(**server), patience=given.pop("patience", QUICK), **given)
    made = EmailBackend(writer, sender)
    async with trio.open_nursery() as nursery:
        await nursery.start(made.run, host or TestHost())
        with trio.fail_after(30):
            yield made
        nursery.cancel_scope.cancel()


async def sent(made: EmailBackend, command: SendMessage) -> Result:
    results: list[Result] = []
    over = trio.Event()
    made.send(command, lambda result: (results.append(result), over.set()))
    await over.wait()
    return results[0]


async def outcome(made: EmailBackend, command: SendMessage) -> Outcome:
    result = await sent(made, command)
    assert isinstance(result, Done), result
    assert isinstance(result.value, Outcome)
    return result.value


async def test_a_mail_arrives_as_it_was_written() -> None:
    mailbox = Mailbox()
    with smtp_server(mailbox) as port:
        async with backend(port) as made:
            ended = await outcome(made, mail(text="Grüße,\n.\nbis zehn 🌞", html="<p>Grüße</p>"))
    (got,) = mailbox.mails
    (envelope,) = mailbox.envelopes
    assert (envelope.mail_from, envelope.rcpt_tos) == ("desk@clinic.example", ["ann@home.example"])
    assert (got["From"], got["To"]) == ("Clinic <desk@clinic.example>", "ann@home.example")
    assert got["Subject"] == "Your visit"
    assert got["Message-ID"] == f"<{ended.fields['id']}>"
    assert got["Auto-Submitted"] == "auto-generated"
    plain, html = got.get_body(("plain",)), got.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert plain.get_content().replace("\r\n", "\n").rstrip("\n") == "Grüße,\n.\nbis zehn 🌞"
    assert html.get_content().strip() == "<p>Grüße</p>"


async def test_a_reply_names_what_it_answers() -> None:
    mailbox = Mailbox()
    with smtp_server(mailbox) as port:
        async with backend(port) as made:
            await outcome(made, mail(reply_to="one@home.example"))
    (got,) = mailbox.mails
    assert got["In-Reply-To"] == got["References"] == "<one@home.example>"
    assert got["Auto-Submitted"] == "auto-replied"


async def test_attachments_are_files_below_the_folders_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "in" / "a").mkdir(parents=True)
    (tmp_path / "in" / "a" / "plan.txt").write_text("ten o'clock")
    (tmp_path / "secret.txt").write_text("no")
    (tmp_path / "in" / "link.txt").symlink_to(tmp_path / "secret.txt")
    mailbox = Mailbox()
    with smtp_server(mailbox) as port:
        async with backend(port, writer={"attachable": Attachable((tmp_path / "in",))}) as made:
            assert (await outcome(made, mail(attachments=("a/plan.txt",)))).name == "sent"
            for number, path in enumerate(("../secret.txt", "link.txt", "none.txt", "a")):
                ended = await outcome(made, mail(f"af2/{number}", attachments=(path,)))
                assert ended.fields["reason"] == "attachment"
    (got,) = mailbox.mails
    (attached,) = got.iter_attachments()
    assert (attached.get_filename(), attached.get_content()) == ("plan.txt", "ten o'clock")


async def test_twice_is_once() -> None:
    mailbox = Mailbox()
    with smtp_server(mailbox) as port:
        async with backend(port) as made:
            both: list[Outcome] = []

            async def send() -> None:
                both.append(await outcome(made, mail()))

            async with trio.open_nursery() as nursery:
                nursery.start_soon(send)
                nursery.start_soon(send)
            both.append(await outcome(made, mail()))
    assert len(mailbox.mails) == 1
    assert both[0] == both[1] == both[2]


async def test_a_busy_server_is_tried_again_and_a_refusal_is_final() -> None:
    mailbox = Mailbox(rcpt=["451 4.7.1 Greylisted", "452 4.3.1 Full"], data=["450 4.3.0 Later"])
    with smtp_server(mailbox) as port:
        async with backend(port) as made:
            assert (await outcome(made, mail())).name == "sent"
            mailbox.rcpt = ["550 5.1.1 No such user"]
            ended = await outcome(made, mail("af1/2"))
    assert len(mailbox.mails) == 1
    assert ended == Outcome("failed", {"reason": "rejected", "detail": "550 5.1.1 No such user"})


async def test_what_waits_goes_to_nobody_who_opted_out_meanwhile() -> None:
    mailbox = Mailbox(rcpt=["451 4.7.1 Greylisted"] * 2)
    with smtp_server(mailbox) as port:
        async with backend(port, TestHost(opts_out=2)) as made:
            ended = await outcome(made, mail())
    assert (ended.name, ended.fields["reason"]) == ("failed", "opted_out")
    assert (mailbox.rcpt, mailbox.mails) == ([], [])


async def test_one_that_stays_busy_has_failed_in_the_end() -> None:
    mailbox = Mailbox(rcpt=["451 4.7.1 Greylisted"] * 1000)
    with smtp_server(mailbox) as port:
        async with backend(port, patience=Patience(0.001, 0.002, 0.02)) as made:
            ended = await outcome(made, mail())
    assert ended == Outcome("failed", {"reason": "busy", "detail": "451 4.7.1 Greylisted"})


async def test_an_answer_that_is_lost_after_the_dot_leaves_it_unknown() -> None:
    mailbox = Mailbox(hang_up_after_data=1)
    with smtp_server(mailbox) as port:
        async with backend(port) as made:
            assert (await outcome(made, mail())).name == "unknown"
            assert (await outcome(made, mail("af1/2"))).name == "sent"
    assert len(mailbox.mails) == 2


async def test_a_server_that_is_not_there_is_tried_until_patience_ends() -> None:
    async with backend(1, patience=Patience(0.001, 0.002, 0.02)) as made:
        ended = await outcome(made, mail())
    assert ended.fields["reason"] == "carrier_down"


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_encrypted_the_servers_name_counts_and_the_password_is_given(
    security: str, tmp_path: Path
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    mailbox = Mailbox()
    server = {"host": "localhost", "security": security, "user": "desk", "ca_file": tmp_path / "ca.pem"}
    few = Patience(0.001, 0.002, 0.02)
    with smtp_server(mailbox, server_context(authority), starttls=security == "starttls") as port:
        async with backend(port, server=server | {"password": "right"}) as made:
            assert (await outcome(made, mail())).name == "sent"
        async with backend(port, server=server | {"password": "wrong"}) as made:
            assert (await outcome(made, mail("af1/2"))).fields["reason"] == "login"
    assert set(mailbox.logins) == {"desk"}
    other = server_context(authority, "other.example")
    with smtp_server(mailbox, other, starttls=security == "starttls") as port:
        async with backend(port, server=server | {"password": "right"}, patience=few) as made:
            ended = await outcome(made, mail("af1/3"))
    assert ended.fields["reason"] == "carrier_down"
    assert "certificate" in str(ended.fields["detail"]).lower()
    assert len(mailbox.mails) == 1


async def test_a_password_has_any_characters(tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    mailbox = Mailbox()
    server = {"host": "localhost", "security": "tls", "user": "müller", "ca_file": tmp_path / "ca.pem"}
    with smtp_server(mailbox, server_context(authority)) as port:
        async with backend(port, server=server | {"password": "right"}) as made:
            assert (await outcome(made, mail())).name == "sent"
        async with backend(port, server=server | {"password": "wröng"}) as made:
            assert (await outcome(made, mail("af1/2"))).fields["reason"] == "login"
    assert set(mailbox.logins) == {"müller"}


async def test_a_server_without_starttls_gets_nothing_where_it_is_asked_for() -> None:
    mailbox = Mailbox()
    with smtp_server(mailbox) as port:
        async with backend(
            port, server={"security": "starttls"}, patience=Patience(0.001, 0.002, 0.02)
        ) as made:
            ended = await outcome(made, mail())
    assert ended.fields["reason"] == "carrier_down"
    assert not mailbox.envelopes


def test_a_password_never_goes_out_in_the_clear() -> None:
    with pytest.raises(ValueError, match="in the clear"):
        Server("mail.example", 25, "none", "desk", "right")


async def test_one_that_is_withdrawn_before_its_turn_is_not_sent() -> None:
    mailbox = Mailbox()
    with smtp_server(mailbox) as port:
        async with backend(port) as made:
            results: list[Result] = []
            made.send(mail(), results.append)()
            assert (await outcome(made, mail("af1/2"))).name == "sent"
            await made.settle()
    assert not results
    assert len(mailbox.mails) == 1


async def test_many_mails_arrive_once_each() -> None:
    mailbox = Mailbox(rcpt=["451 busy"] * 5)
    ended: list[Outcome] = []
    with smtp_server(mailbox) as port:
        async with backend(port) as made:

            async def one(number: int) -> None:
                ended.append(await outcome(made, mail(f"af{number}/1", text=f"number {number}")))

            async with trio.open_nursery() as nursery:
                for number in range(100):
                    nursery.start_soon(one, number)
    assert [each.name for each in ended] == ["sent"] * 100
    ids = [str(each["Message-ID"]).strip("<>") for each in mailbox.mails]
    assert sorted(ids) == sorted(str(each.fields["id"]) for each in ended)
    assert len(set(ids)) == 100


@pytest.mark.parametrize(
    "fields",
    [
        {"subject": "Hi\r\nBcc: eve@evil.example"},
        {"subject": "Hi\nX: y"},
        {"subject": "Hi\u2028X: y"},
        {"subject": "Hi\0"},
        {"to": "mailto:ann@home.example,eve@evil.example"},
        {"to": "mailto:ann@home.example\r\nBcc: eve@evil.example"},
        {"to": "mailto:ann@home.example> RCPT TO:<eve@evil.example"},
        {"to": "Ann <ann@home.example>"},
        {"source": "mailto:desk@clinic.example\r\nX: y"},
    ],
)
async def test_what_would_make_a_header_is_refused(fields: dict[str, Any]) -> None:
    mailbox = Mailbox()
    with smtp_server(mailbox) as port:
        async with backend(port) as made:
            assert isinstance(await sent(made, mail(**fields)), Failed)
    assert not mailbox.envelopes
