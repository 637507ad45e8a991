"""Mails that came in, as scripts see them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowlang.backends.email.html_text import text_of_html
from flowlang.backends.email.quotes import own_words
from flowlang.backends.email.reading import ReadMail, read_mail
from flowlang.backends.email.reports import MailReport, reports_in


def mail(*headers: str, body: str = "Hello", sender: str = "ann@home.example") -> ReadMail:
    lines = (
        [*headers]
        if any(each.startswith("From") for each in headers)
        else ["From: ann@home.example", *headers]
    )
    read = read_mail("\r\n".join((*lines, "", *body.split("\n"))).encode("utf-8", "surrogateescape"), sender)
    assert read is not None
    return read


def test_its_headers_are_read() -> None:
    read = mail(
        "From: =?utf-8?q?Ann_M=C3=BCller?= <ann@home.example>",
        "Subject: =?utf-8?b?R3LDvMOfZQ==?=\r\n from me",
        "Message-ID: <two@home.example>",
        "In-Reply-To: <one@clinic.example>",
        "References: <zero@home.example> <one@clinic.example>",
    )
    assert (read.name, read.source) == ("Ann Müller", "mailto:ann@home.example")
    assert read.subject == "Grüße from me"
    assert (read.id, read.parent) == ("two@home.example", "one@clinic.example")
    assert read.references == ("zero@home.example", "one@clinic.example")
    assert not read.automatic


def test_where_an_answer_goes_tells_nothing_of_who_wrote() -> None:
    read = mail("From: Ann <noreply@shop.example>", "Reply-To: broken, Ann <ann@home.example>, x@y.example")
    assert (read.name, read.source) == ("Ann", "mailto:noreply@shop.example")
    assert read.reply_to == "mailto:ann@home.example"
    for same in ("nobody", "ann@home.example"):
        assert mail(f"Reply-To: {same}").source == "mailto:ann@home.example"
        assert mail(f"Reply-To: {same}").reply_to is None


def test_a_subject_is_one_line_whatever_it_encodes() -> None:
    assert mail("Subject: =?utf-8?q?Hi=0D=0ABcc:_eve?=").subject == "Hi Bcc: eve"


@pytest.mark.parametrize(
    ("headers", "sender"),
    [
        (("Auto-Submitted: auto-replied",), "ann@home.example"),
        (("Auto-Submitted: auto-generated",), "ann@home.example"),
        (("Precedence: bulk",), "ann@home.example"),
        (("List-Id: <list.example>",), "ann@home.example"),
        (("X-Autoreply: yes",), "ann@home.example"),
        ((), "<>"),
        (("Return-Path: <>",), ""),
        (("Precedence: auto_reply",), "ann@home.example"),
        (("X-Failed-Recipients: bob@home.example",), "ann@home.example"),
        (("From: Mail System <MAILER-DAEMON@mx.example>",), "mailer-daemon@mx.example"),
        (("From: mailer-daemon@mx.example", "Reply-To: ann@home.example"), ""),
    ],
)
def test_what_a_machine_wrote_is_marked(headers: tuple[str, ...], sender: str) -> None:
    assert mail(*headers, sender=sender).automatic


def test_what_says_that_a_person_wrote_it_is_not() -> None:
    assert not mail("Auto-Submitted: no").automatic


def test_the_plain_text_is_taken_before_html() -> None:
    read = mail(
        "MIME-Version: 1.0",
        'Content-Type: multipart/alternative; boundary="b"',
        body="--b\nContent-Type: text/html\n\n<p>Rich</p>\n--b\nContent-Type: text/plain; charset=latin-1\n"
        "Content-Transfer-Encoding: quoted-printable\n\nGr=FC=DFe\n--b--",
    )
    assert read.text == "Grüße"


def test_html_alone_becomes_text() -> None:
    read = mail(
        "Content-Type: text/html", body="<style>p{}</style><p>One <b>two</b></p><p>A &amp; B<br>C</p>"
    )
    assert read.text == "One two\nA & B\nC"


def test_quoted_html_is_cut_like_quoted_text() -> None:
    assert own_words(text_of_html("<p>Yes</p><blockquote><p>Old</p><p>lines</p></blockquote>")) == "Yes"


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("Monday", "Monday"),
        (
            "Monday\n\nOn Fri, 20 Nov 2026 at 10:00, Desk <d@c.example> wrote:\n> Which day?\n> Thanks",
            "Monday",
        ),
        (
            "Montag\n\nAm Fr., 20. Nov. 2026 um 10:00 Uhr schrieb Desk\n<d@c.example>:\n\n> Welcher Tag?",
            "Montag",
        ),
        ("Monday\n-----Original Message-----\nFrom: Desk\nSent: Friday\n\nWhich day?", "Monday"),
        (
            "Monday\n\n________________________________\nFrom: Desk <d@c.example>\nSent: Friday\n\nWhich?",
            "Monday",
        ),
        ("Montag\nVon: Desk\nGesendet: Freitag\nWelcher Tag?", "Montag"),
        ("Monday\n-- \nAnn\nThe Home", "Monday"),
        ("> Which day?\n\nMonday", "Monday"),
        ("> Which day?\nMonday\n> And when?\nAt ten", "Monday\nAt ten"),
        ("> only a quote", "> only a quote"),
        ("Take these: a, b and c:\nand d", "Take these: a, b and c:\nand d"),
        ("From: here to there", "From: here to there"),
        ("Hello,\n\nMonday\nOn Tue, Nov 3, 2026 at 10:00 Desk wrote:\n> Which?", "Hello,\n\nMonday"),
        ("Monday\nOn Tue, Nov 3, 2026 at 10:00 Desk wrote:\n> Which?", "Monday"),
        ("Monday\nOn Tue, Nov 3, 2026 at 10:00 Desk\n<d@c.example> wrote:\n> Which?", "Monday"),
        ("On 3 May\nOn Tue, Nov 3, 2026 at 10:00 Desk wrote:\n> Which?", "On 3 May"),
        ("On Monday, 3 pm\nDesk <d@c.example> wrote:\n> Which?", "On Monday, 3 pm"),
        ("lundi\nLe mar. 3 nov. 2026 à 10:00, Desk\n<d@c.example> a écrit :\n\n> Quel ?", "lundi"),
        ("wtorek\nwt., 3 lis 2026 o 10:00 Desk\n<d@c.example> napisał(a):\n> Co?", "wtorek"),
        ("mañana\n2026-11-03 10:00, Desk <d@c.example>\nescribió:\n> ¿Qué?", "mañana"),
        ("Monday\n\nSent from my iPhone", "Monday"),
        ("Monday\nGet Outlook for Android\n___\nFrom: Desk\nSent: Friday\n\nWhich?", "Monday"),
        ("Sent from my desk,\nMonday", "Sent from my desk,\nMonday"),
    ],
)
def test_own_words_are_what_the_writer_wrote(text: str, own: str) -> None:
    assert own_words(text) == own


def test_only_a_reply_is_cut() -> None:
    text = "Look:\n> a quote"
    assert mail(body=text).text == text
    assert mail("In-Reply-To: <one@clinic.example>", body=text).text == "Look:"


DSN = """--b
Content-Type: text/plain

It failed.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.home.example

Final-Recipient: rfc822; ann@home.example
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 No such user

--b
Content-Type: text/rfc822-headers

Message-ID: <one@clinic.example>
Subject: Your visit
--b--"""


def test_a_delivery_report_tells_of_the_mail_it_is_about() -> None:
    read = mail(
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"', body=DSN, sender="<>"
    )
    reports = reports_in(read.message)
    assert reports == (MailReport("one@clinic.example", "failed", "550 5.1.1 No such user"),)


def test_one_of_success_and_one_of_delay() -> None:
    kind = 'Content-Type: multipart/report; report-type=delivery-status; boundary="b"'
    read = mail(kind, body=DSN.replace("Action: failed", "Action: delivered"))
    assert reports_in(read.message) == (MailReport("one@clinic.example", "delivered"),)
    assert reports_in(mail(kind, body=DSN.replace("Action: failed", "Action: delayed")).message) == ()


def test_a_read_receipt_tells_that_it_was_read() -> None:
    body = """--b
Content-Type: message/disposition-notification

Final-Recipient: rfc822; ann@home.example
Original-Message-ID: <one@clinic.example>
Disposition: manual-action/MDN-sent-manually; displayed

--b--"""
    read = mail(
        'Content-Type: multipart/report; report-type=disposition-notification; boundary="b"', body=body
    )
    assert reports_in(read.message) == (MailReport("one@clinic.example", "read"),)


def test_any_other_mail_is_no_report() -> None:
    assert reports_in(mail().message) is None


HEADERS = st.sampled_from(
    ["From: ", "To: ", "Subject: ", "Message-ID: ", "References: ", "Content-Type: ", "Auto-Submitted: ",
     "Content-Transfer-Encoding: ", "Content-Disposition: ", "--b",
     'Content-Type: multipart/report; boundary="b"',
     "Content-Type: message/delivery-status", "Content-Type: text/plain; charset=", "", "=?utf-8?q?=FF?="]
)  # fmt: skip


@given(st.lists(st.tuples(HEADERS, st.binary(max_size=30)), max_size=12), st.sampled_from(["", "<>"]))
def test_whatever_comes_nothing_raises(lines: list[tuple[str, bytes]], sender: str) -> None:
    read = read_mail(b"".join(name.encode() + value + b"\r\n" for name, value in lines), sender)
    if read is not None:
        reports_in(read.message)
        assert read.subject.isprintable()
        assert read.source is None or read.source.isprintable()
        assert all(each.isprintable() or each in "\n\t" for each in read.text)


FROM = b"From: ann@home.example\r\n"
MIXED = b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'


@pytest.mark.parametrize(
    "data",
    [
        FROM
        + b"".join(
            b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(999)
        ),
        FROM + MIXED + b"--b\r\n\r\nx\r\n" * 100_000,
        FROM + b"Content-Type: multipart/report; " + b'a*0*="x"; ' * 100_000,
        FROM + b"Content-Type: text/plain;" + b"\r\n a=b;" * 100_000,
        FROM + MIXED + b"--b\r\nContent-Type: multipart/mixed; " + b'a*0*="x"; ' * 100_000,
    ],
)
def test_a_mail_that_is_made_to_take_long_is_none(data: bytes) -> None:
    assert read_mail(data) is None


@pytest.mark.parametrize(
    "piece",
    ["<", "<!", "<!--", "<a ", "<a b='", "</", "<![CDATA[", "<?", "&", "<script>", "</script", "< b", "<p"],
)
def test_html_takes_as_long_as_it_is_long(piece: str) -> None:
    begun = time.process_time()
    text_of_html(piece * (65_536 // len(piece)))
    own_words("> \n" * 20_000 + "x")
    assert time.process_time() - begun < 5


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("a < b &amp;&lt; c", "a < b &< c"),
        ("<P CLASS='x'>One</P ><p>Two", "One\nTwo"),
        ("<!-- <p>no</p> -->yes<!-- no", "yes"),
        ("<script>if (a<b) {}</script>seen<style>p{}", "seen"),
        ("<HEAD><title>x</title></HEAD>y", "y"),
        ("İ<p>x</p>", "İ\nx"),
        ("<blockquote><blockquote>old</blockquote>older</blockquote>new", "> old\n> older\nnew"),
        ("&#0;&#x110000;", "\ufffd\ufffd"),
    ],
)
def test_what_html_says(html: str, text: str) -> None:
    assert text_of_html(html) == text


@pytest.mark.parametrize(
    "charset", ["punycode", "idna", "unicode_escape", "raw-unicode-escape", "undefined", "rot13", "x"]
)
def test_what_is_no_charset_of_mails_is_read_as_utf_8(charset: str) -> None:
    head = f"From: ann@home.example\r\nContent-Type: text/plain; charset={charset}\r\n\r\n".encode()
    begun = time.process_time()
    got = read_mail(head + "a-\\x41 größer ".encode() + b"x" * 200_000 + b"-" + b"a" * 200_000)
    assert time.process_time() - begun < 1
    assert got is not None
    assert got.text.startswith("a-\\x41 größer xxx")
