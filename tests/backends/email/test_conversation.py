"""A script talks by e-mail: in by the listener, out to a server of another's, on the engine."""

from __future__ import annotations

import smtplib
from email.message import EmailMessage

import trio

from flowlang import open_engine
from flowlang.backends.email import EmailBackend, Patience, Sender, Server, SmtpListener, Writer
from flowlang.model.policy import EVERYTHING
from tests.backends.email.smtp_peer import Mailbox, smtp_server

SCRIPT = """
policy { allow email "*@home.example" }

route email to "mailto:desk@clinic.example" => booking

flow booking {
    let day = ask("Which day suits you?", options: ["Monday", "Tuesday"], timeout: 1d)
    match day {
        no_input, no_match => say "We shall call you back."
        _ => {
            say "See you on ${day.text}."
            email to: "lead@home.example", subject: "Booking", body: "${day.text}"
        }
    }
}
"""


def mail(text: str, number: int, answers: str | None = None, **headers: str) -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"] = "Ann <ann@home.example>", "desk@clinic.example"
    made["Subject"], made["Message-ID"] = "A visit", f"<{number}@home.example>"
    if answers is not None:
        made["In-Reply-To"] = answers
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content(text)
    return made


async def gets(mailbox: Mailbox, many: int) -> list[EmailMessage]:
    with trio.fail_after(10):
        while len(mailbox.envelopes) < many:
            await trio.lowlevel.checkpoint()
    return mailbox.mails


async def post(listener: SmtpListener, written: EmailMessage) -> None:
    def send() -> None:
        with smtplib.SMTP("localhost", listener.port, timeout=10) as client:
            client.send_message(written)

    await trio.to_thread.run_sync(send)


async def test_a_script_asks_and_is_answered_in_the_thread() -> None:
    mailbox = Mailbox()
    listener = SmtpListener(["@clinic.example"], port=0, bind="127.0.0.1")

    with smtp_server(mailbox) as port:
        server = Server("127.0.0.1", port, "none")
        writer = Writer("mailto:desk@clinic.example")
        backend = EmailBackend(writer, Sender(server, patience=Patience(0.01)), [listener])
        async with open_engine([backend], policy=EVERYTHING) as engine:
            engine.load_text(SCRIPT)
            await engine.listen()
            await post(listener, mail("I need a visit", 1))
            (asked,) = await gets(mailbox, 1)
            assert asked["To"] == "ann@home.example"
            assert asked["Subject"] == "Re: A visit"
            assert asked["In-Reply-To"] == "<1@home.example>"
            assert "Monday" in asked.get_content()
            away = mail("I am away", 2, str(asked["Message-ID"]), Auto_Submitted="auto-replied")
            await post(listener, away)
            reply = mail(
                "Tuesday\n\nOn Friday Desk wrote:\n> Which day suits you?", 3, str(asked["Message-ID"])
            )
            await post(listener, reply)
            await post(listener, reply)
            _, said, told = await gets(mailbox, 3)
            assert said.get_content().strip() == "See you on Tuesday."
            assert said["In-Reply-To"] == "<3@home.example>"
            assert said["References"] == f"{asked['Message-ID']} <3@home.example>"
            assert (told["To"], told.get_content().strip()) == ("lead@home.example", "Tuesday")
            await engine.shutdown()
    assert len(mailbox.mails) == 3


async def test_whose_a_mail_is_says_from_and_where_the_answer_goes_reply_to() -> None:
    mailbox = Mailbox()
    listener = SmtpListener(["@clinic.example"], port=0, bind="127.0.0.1")

    with smtp_server(mailbox) as port:
        sender = Sender(Server("127.0.0.1", port, "none"), connections=1)
        backend = EmailBackend(Writer("mailto:desk@clinic.example"), sender, [listener])
        async with open_engine([backend], policy=EVERYTHING) as engine:
            engine.load_text(SCRIPT)
            await engine.listen()
            await post(listener, mail("I need a visit", 1, Reply_To="ann@office.example"))
            await gets(mailbox, 1)
            mallory = mail("Monday", 2, Reply_To="ann@home.example")
            mallory.replace_header("From", "mallory@evil.example")
            await post(listener, mallory)
            await gets(mailbox, 2)
            await post(listener, mail("Tuesday", 3))
            mails = await gets(mailbox, 4)
    written = sorted((str(each["To"]), each.get_content().splitlines()[0]) for each in mails)
    assert written == [
        ("ann@home.example", "Which day suits you?"),  # Mallory's own
        ("ann@office.example", "See you on Tuesday."),
        ("ann@office.example", "Which day suits you?"),
        ("lead@home.example", "Tuesday"),
    ]


TWO = """
policy { allow email "*@home.example" }

route email => other

flow other { say "Nobody asked." }

flow survey(name) {
    email to: "ann@home.example", subject: name, body: "How was ${name}?"
    match (wait for message within 1h) {
        message as m => email to: "lead@home.example", subject: "${name}", body: "${name}: ${m.text}"
        timeout => log "no answer"
    }
}
"""


async def test_of_two_mails_to_one_person_each_answer_reaches_who_asked() -> None:
    mailbox = Mailbox()
    listener = SmtpListener(["@clinic.example"], port=0, bind="127.0.0.1")

    with smtp_server(mailbox) as port:
        sender = Sender(Server("127.0.0.1", port, "none"), connections=1)
        backend = EmailBackend(Writer("mailto:desk@clinic.example"), sender, [listener])
        async with open_engine([backend], policy=EVERYTHING) as engine:
            engine.load_text(TWO)
            await engine.listen()
            for name in ("tea", "cake"):
                engine.start("survey", name)
            asked = {str(each["Subject"]): str(each["Message-ID"]) for each in await gets(mailbox, 2)}
            await post(listener, mail("Fine", 1, asked["cake"]))
            await gets(mailbox, 3)
            await post(listener, mail("Hot", 2, asked["tea"]))
            told = (await gets(mailbox, 4))[2:]
            assert [each.get_content().strip() for each in told] == ["cake: Fine", "tea: Hot"]
