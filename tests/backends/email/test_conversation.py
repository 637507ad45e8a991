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


async def test_a_script_asks_and_is_answered_in_the_thread() -> None:
    mailbox = Mailbox()
    listener = SmtpListener(["@clinic.example"], port=0, bind="127.0.0.1")

    async def gets(many: int) -> list[EmailMessage]:
        with trio.fail_after(10):
            while len(mailbox.envelopes) < many:
                await trio.lowlevel.checkpoint()
        return mailbox.mails

    def post(written: EmailMessage) -> None:
        with smtplib.SMTP("localhost", listener.port, timeout=10) as client:
            client.send_message(written)

    with smtp_server(mailbox) as port:
        server = Server("127.0.0.1", port, "none")
        writer = Writer("mailto:desk@clinic.example")
        backend = EmailBackend(writer, Sender(server, patience=Patience(0.01)), [listener])
        async with open_engine([backend], policy=EVERYTHING) as engine:
            engine.load_text(SCRIPT)
            await engine.listen()
            await trio.to_thread.run_sync(post, mail("I need a visit", 1))
            (asked,) = await gets(1)
            assert asked["To"] == "ann@home.example"
            assert asked["Subject"] == "Re: A visit"
            assert asked["In-Reply-To"] == "<1@home.example>"
            assert "Monday" in asked.get_content()
            away = mail("I am away", 2, str(asked["Message-ID"]), Auto_Submitted="auto-replied")
            await trio.to_thread.run_sync(post, away)
            reply = mail(
                "Tuesday\n\nOn Friday Desk wrote:\n> Which day suits you?", 3, str(asked["Message-ID"])
            )
            await trio.to_thread.run_sync(post, reply)
            await trio.to_thread.run_sync(post, reply)
            _, said, told = await gets(3)
            assert said.get_content().strip() == "See you on Tuesday."
            assert said["In-Reply-To"] == "<3@home.example>"
            assert said["References"] == f"{asked['Message-ID']} <3@home.example>"
            assert (told["To"], told.get_content().strip()) == ("lead@home.example", "Tuesday")
            await engine.shutdown()
    assert len(mailbox.mails) == 3
