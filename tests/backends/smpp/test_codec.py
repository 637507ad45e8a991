"""PDUs and texts of SMPP, held against another's codec (smpplib) and against themselves."""

from __future__ import annotations

from pathlib import Path

import pytest
import smpplib.smpp
from hypothesis import given
from hypothesis import strategies as st
from smpplib.client import Client
from smpplib.gsm import make_parts

from flowlang.backends.smpp.incoming import Incomings, Nothing, Part, Text
from flowlang.backends.smpp.parts import Parts
from flowlang.backends.smpp.pdu import COMMANDS, Framer, Pdu, PduError, decode, encode
from flowlang.backends.smpp.receipts import is_receipt, receipt_of
from flowlang.backends.smpp.text import GSM, UCS2, TextTooLongError, parts_of, text_of

CLIENT = Client("", 0, allow_unknown_opt_params=True)
TEXT = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=5)
OCTETS = st.binary(max_size=200)


@given(st.sampled_from(sorted(name for name, _ in COMMANDS.values())), st.integers(1, 0x7FFFFFFF), st.data())
def test_what_is_written_is_read_again(command: str, sequence: int, data: st.DataObject) -> None:
    shape = next(fields for name, fields in COMMANDS.values() if name == command)
    kinds = {"c": TEXT, "1": st.integers(0, 255), "m": OCTETS}
    fields = {name: data.draw(kinds[kind]) for name, kind, _ in shape}
    extras = data.draw(st.dictionaries(st.integers(0, 0xFFFF), OCTETS, max_size=3)) if shape else {}
    pdu = Pdu(command, sequence, 0, fields, extras)
    assert decode(encode(pdu)) == pdu


def test_another_codec_reads_what_we_write() -> None:
    fields = {
        "source_addr": "Clinic", "source_addr_ton": 5, "destination_addr": "14155550100", "dest_addr_ton": 1,
        "short_message": b"Hi", "registered_delivery": 1,
    }  # fmt: skip
    theirs = smpplib.smpp.parse_pdu(
        encode(Pdu("submit_sm", 7, 0, fields)), client=CLIENT, allow_unknown_opt_params=True
    )
    assert (theirs.command, theirs.sequence, theirs.short_message) == ("submit_sm", 7, b"Hi")
    assert (theirs.source_addr, theirs.destination_addr) == (b"Clinic", b"14155550100")
    assert theirs.dest_addr_ton == 1


def test_we_read_what_another_codec_writes() -> None:
    theirs = smpplib.smpp.make_pdu(
        "deliver_sm", client=CLIENT, source_addr="14155550100", destination_addr="12345",
        short_message=b"Hi", esm_class=4, data_coding=8, sequence=9,
    )  # fmt: skip
    ours = decode(theirs.generate())
    assert (ours.text("source_addr"), ours.text("destination_addr")) == ("14155550100", "12345")
    assert (ours.octets("short_message"), ours.number("esm_class"), ours.number("data_coding")) == (
        b"Hi",
        4,
        8,
    )


@pytest.mark.parametrize("name", ["source_addr", "destination_addr", "service_type", "validity_period"])
@pytest.mark.parametrize("text", ["a\0b", "a\r\nb", "é", "x" * 30, "\x7f"])
def test_no_text_ends_its_field(name: str, text: str) -> None:
    with pytest.raises(ValueError, match=name):
        encode(Pdu("submit_sm", 1, 0, {name: text}))


@given(st.binary(max_size=100), st.integers(1, 20))
def test_whatever_comes_is_pdus_or_an_error(data: bytes, step: int) -> None:
    framer = Framer()
    try:
        for at in range(0, len(data), step):
            framer.feed(data[at : at + step])
    except PduError:
        pass


@given(st.sampled_from(sorted(COMMANDS)), st.binary(max_size=100))
def test_a_body_that_is_cut_or_wild_is_an_error_and_no_more(number: int, body: bytes) -> None:
    head = (16 + len(body)).to_bytes(4, "big") + number.to_bytes(4, "big") + bytes(7) + b"\1"
    try:
        for pdu in Framer().feed(head + body):
            if is_receipt(pdu):
                receipt_of(pdu)
    except PduError:
        pass


def test_a_stream_is_cut_where_its_pdus_end() -> None:
    whole = b"".join(encode(Pdu("enquire_link", number)) for number in (1, 2, 3))
    for step in (1, 7, 16, 48):
        framer = Framer()
        found = [pdu for at in range(0, 48, step) for pdu in framer.feed(whole[at : at + step])]
        assert [each.sequence for each in found] == [1, 2, 3]


@given(st.text(max_size=1_500).filter(lambda text: not any("\ud800" <= sign <= "\udfff" for sign in text)))
def test_a_text_in_parts_is_the_text_and_each_part_fits(text: str) -> None:
    try:
        parts = parts_of(text, 200)
    except TextTooLongError:
        return
    assert len({each.coding for each in parts}) == 1
    assert all(len(each.octets) <= (160 if each.coding == GSM else 140) for each in parts)
    bodies = [each.octets[6:] if each.has_header else each.octets for each in parts]
    assert "".join(text_of(parts[0].coding, each) or "" for each in bodies) == text
    if len(parts) > 1:
        assert [each.octets[:6] for each in parts] == [
            bytes((5, 0, 3, 200, len(parts), number)) for number in range(1, len(parts) + 1)
        ]


@pytest.mark.parametrize(
    ("text", "coding", "many"),
    [
        ("a" * 160, GSM, 1), ("a" * 161, GSM, 2), ("€" * 80, GSM, 1), ("€" * 81, GSM, 2),
        ("a" * 306, GSM, 2),
        ("a" * 307, GSM, 3), ("ж" * 70, UCS2, 1), ("ж" * 71, UCS2, 2),
        ("🌞" * 35, UCS2, 1), ("🌞" * 36, UCS2, 2),
    ],
)  # fmt: skip
def test_how_many_parts_a_text_makes(text: str, coding: int, many: int) -> None:
    parts = parts_of(text, 1)
    assert (parts[0].coding, len(parts)) == (coding, many)


def test_another_codec_makes_the_same_of_a_text() -> None:
    for text in ("Hello {there} €", "Grüße ж"):
        theirs, coding, _ = make_parts(text)
        (ours,) = parts_of(text, 1)
        assert [ours.octets] == list(theirs)
        assert ours.coding == coding


def test_a_text_of_too_many_parts_is_refused() -> None:
    with pytest.raises(TextTooLongError, match="21 parts"):
        parts_of("a" * (153 * 20 + 1), 1)


def test_a_lone_surrogate_is_replaced() -> None:
    assert text_of(GSM, parts_of("a\ud800b\udfff", 1)[0].octets) == "a?b?"


@pytest.mark.parametrize(
    ("text", "status", "reason"),
    [
        ("id:7f sub:001 dlvrd:001 stat:DELIVRD err:000 text:id:8", "delivered", None),
        ("id:7f stat:UNDELIV err:012", "failed", "undeliverable"),
        ("id:7f stat:EXPIRED", "failed", "expired"),
        ("id:7f stat:ACCEPTD", None, None),
    ],
)
def test_a_receipt_is_read(text: str, status: str | None, reason: str | None) -> None:
    pdu = Pdu(
        "deliver_sm", 1, 0, {"esm_class": 4, "source_addr": "14155550100", "short_message": text.encode()}
    )
    receipt = receipt_of(pdu)
    assert receipt is not None
    assert (receipt.message_id, receipt.status, receipt.reason, receipt.to) == (
        "7f",
        status,
        reason,
        "14155550100",
    )


def test_a_receipt_by_its_optional_parameters() -> None:
    pdu = Pdu("deliver_sm", 1, 0, {"esm_class": 4}, {0x001E: b"7f\0", 0x0427: b"\x05", 0x0204: b"\x01\x02"})
    receipt = receipt_of(pdu)
    assert receipt is not None
    assert (receipt.message_id, receipt.status, receipt.reference) == ("7f", "failed", 0x0102)


def test_a_receipt_may_stand_in_the_payload() -> None:
    text = b"id:7f stat:DELIVRD err:000"
    receipt = receipt_of(Pdu("deliver_sm", 1, 0, {"esm_class": 4}, {0x0424: text}))
    assert receipt is not None
    assert (receipt.message_id, receipt.status) == ("7f", "delivered")


@given(st.binary(max_size=30), st.integers(0, 255), st.sampled_from([0, 8, 4, 245]), st.text(max_size=5))
def test_whatever_comes_in_is_a_text_or_none(octets: bytes, esm_class: int, coding: int, source: str) -> None:
    incomings = Incomings()
    fields = {
        "source_addr": source, "source_addr_ton": 1, "destination_addr": "12345", "esm_class": esm_class,
        "data_coding": coding, "short_message": octets,
    }  # fmt: skip
    for _ in range(2):
        taken = incomings.take(Pdu("deliver_sm", 1, 0, fields), 0.0)
        assert not isinstance(taken, Text) or taken.source.isprintable()


def test_parts_of_which_the_rest_does_not_come_are_forgotten() -> None:
    incomings = Incomings()
    fields = {
        "source_addr": "14155550100",
        "source_addr_ton": 1,
        "destination_addr": "12345",
        "esm_class": 0x40,
    }
    parts = [each.octets for each in parts_of("x" * 200, 9)]
    first, second = (Pdu("deliver_sm", 1, 0, {**fields, "short_message": each}) for each in parts)
    assert incomings.take(first, 0.0) == Part()
    assert incomings.take(second, 700.0) == Part()
    assert isinstance(incomings.take(first, 701.0), Text)


def _came(octets: bytes, coding: int = 0, *, header: bool = False) -> Pdu:
    fields: dict[str, str | int | bytes] = {
        "source_addr": "14155550100", "source_addr_ton": 1, "destination_addr": "12345",
        "esm_class": 0x40 if header else 0, "data_coding": coding, "short_message": octets,
    }  # fmt: skip
    return Pdu("deliver_sm", 1, 0, fields)


def test_parts_outlive_the_process_until_the_message_is_kept(tmp_path: Path) -> None:
    path, long = tmp_path / "data" / "one.parts", "x" * 400
    first, second, third = (_came(each.octets, header=True) for each in parts_of(long, 9))
    assert Incomings(Parts(path)).take(first, 0.0) == Part()
    with path.open("ab") as file:
        file.write(b'[1]\n[["a","b",1,2],"x"]\n\xff{\n')  # damage
    assert Incomings(Parts(path)).take(third, 1.0) == Part()
    for _ in range(2):  # the second process dies before it is kept
        incomings = Incomings(Parts(path))
        whole = incomings.take(second, 2.0)
        assert isinstance(whole, Text)
        assert whole.text == long
        assert whole.parts is not None
    incomings.parts.done(whole.parts)
    assert Incomings(Parts(path)).take(second, 3.0) == Part()


@pytest.mark.parametrize("coding", [0x00, 0x10, 0x11, 0x13, 0xC0, 0xD8, 0xF0, 0xF1])
def test_a_class_of_message_is_text_too(coding: int) -> None:
    taken = Incomings().take(_came(b"h\x05", coding), 0.0)
    assert isinstance(taken, Text)
    assert taken.text == "hé"


@pytest.mark.parametrize("coding", [0x08, 0x18, 0x19, 0x58, 0xE0])
def test_a_class_of_message_in_ucs2_is_text_too(coding: int) -> None:
    taken = Incomings().take(_came("hé€".encode("utf-16-be"), coding), 0.0)
    assert isinstance(taken, Text)
    assert taken.text == "hé€"


@pytest.mark.parametrize("coding", [0x02, 0x04, 0x14, 0x20, 0x30, 0x80, 0xF4, 0xF5])
def test_what_is_no_text_is_told(coding: int) -> None:
    assert Incomings().take(_came(b"hi", coding), 0.0) == Nothing(f"data_coding {coding:#04x} is no text")


@pytest.mark.parametrize(
    ("address", "ton", "country", "source"),
    [
        ("447911123456", 1, None, "sms:+447911123456"),
        ("447911123456", 0, None, "sms:+447911123456"),
        ("00447911123456", 0, None, "sms:+447911123456"),
        ("00447911123456", 1, None, "sms:+447911123456"),
        ("07911123456", 2, "GB", "sms:+447911123456"),
        ("07911123456", 0, "GB", "sms:+447911123456"),
        ("4155550100", 2, "US", "sms:+14155550100"),
        ("41234567", 2, "NO", "sms:+4741234567"),
        ("60777", 2, "GB", "sms:60777"),
        ("60777", 3, None, "sms:60777"),
        ("Clinic", 5, None, "sms:Clinic"),
        ("07911123456", 2, None, None),
        ("07911123456", 0, None, None),
        ("4155550100", 2, None, None),
        ("00000000000", 2, "GB", None),
        ("My-Shop", 5, None, None),
    ],
)
def test_a_number_is_an_international_one(
    address: str, ton: int, country: str | None, source: str | None
) -> None:
    came = _came(b"hi")
    fields = {**came.fields, "source_addr": address, "source_addr_ton": ton}
    taken = Incomings(country=country).take(Pdu("deliver_sm", 1, 0, fields), 0.0)
    assert (taken.source if isinstance(taken, Text) else None) == source
    ours = {**came.fields, "destination_addr": address, "dest_addr_ton": ton}
    taken = Incomings(country=country).take(Pdu("deliver_sm", 1, 0, ours), 0.0)
    assert (taken.to if isinstance(taken, Text) else None) == source


def test_parts_may_be_told_beside_the_text() -> None:
    incomings, fields = Incomings(), _came(b"").fields

    def part(octets: bytes, number: int, total: int = 2) -> Pdu:
        beside = {0x020C: b"\x01\x02", 0x020E: bytes((total,)), 0x020F: bytes((number,))}
        return Pdu("deliver_sm", 1, 0, {**fields, "short_message": octets}, beside)

    assert incomings.take(part(b"world", 2), 0.0) == Part()
    whole = incomings.take(part(b"Hello, ", 1), 0.0)
    assert isinstance(whole, Text)
    assert whole.text == "Hello, world"
    assert isinstance(incomings.take(part(b"wild", 3), 0.0), Text)
