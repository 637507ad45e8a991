"""The server's side of SMTP, without a socket: what it takes, and what it refuses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowlang.backends.email.smtp_session import Envelope, Limits, Output, Reply, SmtpSession, Turn

OURS = "mailto:desk@clinic.example"
TO_DATA = (
    b"EHLO home.example\r\n",
    b"MAIL FROM:<ann@home.example>\r\n",
    b"RCPT TO:<desk@clinic.example>\r\n",
    b"DATA\r\n",
)


def session(**given: object) -> SmtpSession:
    limits = {key: given.pop(key) for key in ("size", "recipients", "mails", "mistakes") if key in given}
    return SmtpSession("mx.clinic.example", lambda each: each == OURS, Limits(**limits), **given)  # type: ignore[arg-type]


def codes(outputs: list[Output]) -> list[object]:
    return [each.data[:3].decode() if isinstance(each, Reply) else each for each in outputs]


def last(made: SmtpSession, *sent: bytes) -> list[object]:
    outputs: list[Output] = []
    for each in sent:
        outputs = made.receive(each)
    return codes(outputs)


def test_a_mail_comes_through_whole_however_it_is_cut() -> None:
    for size in (1, 2, 3, 7, 1000):
        made = session()
        for each in TO_DATA:
            made.receive(each)
        text = b"Subject: Hi\r\n\r\n..dotted\r\nplain\r\n.\r\n"
        outputs: list[Output] = []
        for at in range(0, len(text), size):
            outputs += made.receive(text[at : at + size])
        assert outputs == [Envelope("ann@home.example", (OURS,), b"Subject: Hi\r\n\r\n.dotted\r\nplain\r\n")]
        assert codes(made.answer(250, "2.0.0 Taken")) == ["250"]
        assert last(made, b"QUIT\r\n") == ["221", Turn.CLOSE]


@given(
    st.lists(st.sampled_from((b"", b".", b"..", b"a", b".a", b"x" * 998, b"x" * 999)), max_size=20), st.data()
)
def test_a_mail_is_its_lines_however_they_come(lines: list[bytes], data: st.DataObject) -> None:
    made = session()
    for each in TO_DATA:
        made.receive(each)
    sent = b"".join((b"." + each if each.startswith(b".") else each) + b"\r\n" for each in lines) + b".\r\n"
    outputs: list[Output] = []
    while sent:
        size = data.draw(st.integers(1, 1_500))
        assert made.held <= len(b"\r\n".join(lines)) + 2
        outputs += made.receive(sent[:size])
        sent = sent[size:]
    if b"x" * 999 in lines:
        assert codes(outputs) == ["550"]
    else:
        assert outputs == [Envelope("ann@home.example", (OURS,), b"".join(each + b"\r\n" for each in lines))]


def test_it_relays_nothing() -> None:
    for address in (
        b"eve@evil.example",
        b"@clinic.example:eve@evil.example",
        b"desk%evil.example@other.example",
    ):
        made = session()
        assert last(made, *TO_DATA[:2], b"RCPT TO:<%s>\r\n" % address) == ["550"]
        assert last(made, b"DATA\r\n") == ["503"]


@pytest.mark.parametrize(
    "text",
    [
        b"\n.\nMAIL FROM:<eve@evil.example>\r\n",
        b"\n.\r\nMAIL FROM:<eve@evil.example>\r\n",
        b"\r.\r\nMAIL FROM:<eve@evil.example>\r\n",
        b"\r\n.\nMAIL FROM:<eve@evil.example>\r\n",
        b"\r\n.\rMAIL FROM:<eve@evil.example>\r\n",
        b"\r\n.\r\r\nMAIL FROM:<eve@evil.example>\r\n",
        b"\r\n.\r\nMAIL FROM:<eve@evil.example>\r\n",
    ],
)
def test_no_second_mail_hides_in_one(text: bytes) -> None:
    for cut in range(len(text)):
        made = session()
        for each in TO_DATA:
            made.receive(each)
        outputs = made.receive(b"Subject: Hi\r\n\r\nHello" + text[:cut])
        outputs += made.receive(text[cut:])
        assert sum(isinstance(each, Envelope) for each in outputs) <= 1
        assert codes(outputs)[-2:] == ["521", Turn.CLOSE]
        assert made.receive(b"MAIL FROM:<eve@evil.example>\r\n") == []


@pytest.mark.parametrize("before", [1, 2, 3, 4])
def test_who_speaks_before_his_answer_is_shown_out(before: int) -> None:
    made = session()
    for each in TO_DATA[: before - 1]:
        made.receive(each)
    assert last(made, TO_DATA[before - 1] + b"NOOP\r\n") == ["521", Turn.CLOSE]


def test_nothing_that_came_in_the_clear_counts_behind_tls() -> None:
    made = session(can_encrypt=True)
    assert last(made, TO_DATA[0], b"STARTTLS\r\n") == ["220", Turn.ENCRYPT]
    made.encrypted()
    assert last(made, TO_DATA[1]) == ["503"]
    assert last(session(can_encrypt=True), TO_DATA[0], b"STARTTLS\r\nMAIL FROM:<>\r\n") == ["521", Turn.CLOSE]
    assert last(session(), TO_DATA[0], b"STARTTLS\r\n") == ["502"]


@pytest.mark.parametrize(
    "sender",
    [
        b"<SRS0=hHh=TT=home.example=ann@forward.example>",
        b'<"Ann <the \\"one\\">"@home.example>',
        b"<bounces+1-ab=cd=clinic.example=desk!x@list.example>",
        b"<prvs=123=ann@[192.0.2.1]>",
        b"<root>",
        b"<ann@home.example> SIZE=10 BODY=8BITMIME AUTH=<>",
    ],
)
def test_any_path_is_a_sender(sender: bytes) -> None:
    assert last(session(), TO_DATA[0], b"MAIL FROM:" + sender + b"\r\n") == ["250"]


def test_the_postmaster_is_one_of_us_with_no_domain_too() -> None:
    postmaster = "mailto:postmaster@clinic.example"
    made = session(postmaster=postmaster)
    assert last(made, *TO_DATA[:2], b"RCPT TO:<Postmaster>\r\n", TO_DATA[3]) == ["354"]
    (came,) = made.receive(b".\r\n")
    assert isinstance(came, Envelope)
    assert came.recipients == (postmaster,)
    assert last(session(), *TO_DATA[:2], b"RCPT TO:<postmaster>\r\n") == ["550"]


def test_sizes_are_limited() -> None:
    made = session(size=100)
    assert last(made, TO_DATA[0], b"MAIL FROM:<ann@home.example> SIZE=101\r\n") == ["552"]
    assert last(made, *TO_DATA[1:], b"x" * 80 + b"\r\n" + b"x" * 80 + b"\r\n.\r\n") == ["552"]
    assert last(made, *TO_DATA[1:], b"x" * 80 + b"\r\n" + b"x" * 200 + b"\r\n") == ["552", Turn.CLOSE]
    made = session(size=100_000)
    assert last(made, *TO_DATA, b"x" * 1_000 + b"\r\n.\r\n") == ["550"]
    assert last(made, *TO_DATA[1:], b"x" * 9_000) == ["500", Turn.CLOSE]
    assert last(session(), b"x" * 1_001) == ["500", Turn.CLOSE]


def test_mistakes_mails_and_recipients_are_limited() -> None:
    made = session(mistakes=2)
    assert last(made, b"FOO\r\n") == ["502"]
    assert last(made, b"EHLO \xff\r\n") == ["500"]
    assert last(made, b"\r\n") == ["421", Turn.CLOSE]
    made = session(mails=1)
    made.receive(TO_DATA[0])
    for expected in ("250", "421"):
        assert last(made, TO_DATA[1])[0] == expected
        last(made, *TO_DATA[2:], b"\r\n.\r\n")
        made.answer(250, "")
    made = SmtpSession("mx", lambda each: True, Limits(recipients=1))
    assert last(made, *TO_DATA[:3], b"RCPT TO:<b@clinic.example>\r\n") == ["452"]


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_whatever_comes_is_answered(pieces: list[bytes]) -> None:
    made = session()
    made.begin()
    for each in pieces:
        if any(isinstance(output, Envelope) for output in made.receive(each + b"\r\n")):
            made.answer(250, "")


WORDS = (
    *TO_DATA,
    b".\r\n",
    b"\r\n",
    b"RSET\r\n",
    b"HELO x\r\n",
    b"text\r\n",
    b".\n",
    b"\n.\r\n",
    b"MAIL FROM:<>\r\n",
)


@given(st.lists(st.sampled_from(WORDS), max_size=30))
def test_a_mail_comes_only_of_a_whole_transaction(pieces: list[bytes]) -> None:
    made = session()
    answered = True
    for each in pieces:
        outputs = made.receive(each)
        for output in outputs:
            if isinstance(output, Envelope):
                assert output.recipients == (OURS,)
                assert each == b".\r\n"
                answered = False
        if not answered:
            made.answer(250, "")
            answered = True
