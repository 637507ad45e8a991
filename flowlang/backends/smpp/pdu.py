"""PDUs of SMPP 3.4: bytes to values and back, and the cutting of a stream into them.

Section numbers are those of the SMPP Protocol Specification v3.4, Issue 1.2. What is not one of the commands
that we speak is kept with its number alone, so that it can be refused.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field

LONGEST = 70_000
"""Bytes of a PDU: the largest field, `message_payload`, has 65,535 (§5.3.2.32)."""

_HEADER = struct.Struct(">IIII")

Field = tuple[str, str, int]
"""Name, kind and most bytes, the final NUL of a text included: `c` a text, `1` an octet, `m` octets with
their count before them."""

_BIND: tuple[Field, ...] = (
    ("system_id", "c", 16), ("password", "c", 9), ("system_type", "c", 13), ("interface_version", "1", 1),
    ("addr_ton", "1", 1), ("addr_npi", "1", 1), ("address_range", "c", 41),
)  # fmt: skip
_MESSAGE: tuple[Field, ...] = (
    ("service_type", "c", 6), ("source_addr_ton", "1", 1), ("source_addr_npi", "1", 1),
    ("source_addr", "c", 21), ("dest_addr_ton", "1", 1), ("dest_addr_npi", "1", 1),
    ("destination_addr", "c", 21), ("esm_class", "1", 1), ("protocol_id", "1", 1),
    ("priority_flag", "1", 1), ("schedule_delivery_time", "c", 17),
    ("validity_period", "c", 17), ("registered_delivery", "1", 1), ("replace_if_present_flag", "1", 1),
    ("data_coding", "1", 1), ("sm_default_msg_id", "1", 1), ("short_message", "m", 254),
)  # fmt: skip
_ANSWER: tuple[Field, ...] = (("message_id", "c", 65),)

COMMANDS: Mapping[int, tuple[str, tuple[Field, ...]]] = {  # §5.1.2.1
    0x80000000: ("generic_nack", ()),
    0x00000009: ("bind_transceiver", _BIND),
    0x80000009: ("bind_transceiver_resp", (("system_id", "c", 16),)),
    0x00000004: ("submit_sm", _MESSAGE),
    0x80000004: ("submit_sm_resp", _ANSWER),
    0x00000005: ("deliver_sm", _MESSAGE),
    0x80000005: ("deliver_sm_resp", _ANSWER),
    0x00000006: ("unbind", ()),
    0x80000006: ("unbind_resp", ()),
    0x00000015: ("enquire_link", ()),
    0x80000015: ("enquire_link_resp", ()),
}
_NUMBERS = {name: number for number, (name, _) in COMMANDS.items()}

RECEIPTED_MESSAGE_ID, USER_MESSAGE_REFERENCE = 0x001E, 0x0204  # §5.3.2
MESSAGE_PAYLOAD, MESSAGE_STATE = 0x0424, 0x0427
SAR_REFERENCE, SAR_TOTAL, SAR_NUMBER = 0x020C, 0x020E, 0x020F


class PduError(Exception):
    """What came is no PDU, and where the next begins nobody knows; the message is one line."""


@dataclass(frozen=True, slots=True)
class Pdu:
    """`fields` are texts, numbers and bytes by name; `extras` the optional parameters by tag."""

    command: str
    sequence: int
    status: int = 0
    fields: Mapping[str, str | int | bytes] = field(default_factory=dict[str, "str | int | bytes"])
    extras: Mapping[int, bytes] = field(default_factory=dict[int, bytes])

    def text(self, name: str) -> str:
        """A text; empty where there is none."""
        found = self.fields.get(name, "")
        return found if isinstance(found, str) else ""

    def number(self, name: str) -> int:
        """An octet; 0 where there is none."""
        found = self.fields.get(name, 0)
        return found if isinstance(found, int) else 0

    def octets(self, name: str) -> bytes:
        """Bytes; none where there are none."""
        found = self.fields.get(name, b"")
        return found if isinstance(found, bytes) else b""

    @property
    def message(self) -> bytes:
        """What it carries, in its field or beside (§5.3.2.32)."""
        return self.octets("short_message") or self.extras.get(MESSAGE_PAYLOAD, b"")


def encode(pdu: Pdu) -> bytes:
    """The bytes. Raises `ValueError` for a text that is too long or no printable ASCII: it would end the
    field or begin another."""
    number = _NUMBERS[pdu.command]
    body = bytearray()
    if pdu.status == 0 or number < 0x80000000:  # an answer that refuses has no body (§5.1)
        for name, kind, most in COMMANDS[number][1]:
            body += _encoded(pdu, name, kind, most)
        for tag, value in pdu.extras.items():
            body += struct.pack(">HH", tag, len(value)) + value
    return _HEADER.pack(16 + len(body), number, pdu.status, pdu.sequence) + body


def _encoded(pdu: Pdu, name: str, kind: str, most: int) -> bytes:
    match kind:
        case "c":
            text = pdu.text(name)
            if len(text) >= most or not text.isascii() or not text.isprintable():
                raise ValueError(f"`{name}` is at most {most - 1} printable ASCII characters")
            return text.encode() + b"\0"
        case "1":
            return bytes((pdu.number(name),))
        case _:
            octets = pdu.octets(name)
            if len(octets) > most:
                raise ValueError(f"`{name}` is at most {most} bytes")
            return bytes((len(octets),)) + octets


class Framer:
    """A stream of bytes as PDUs."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Pdu]:
        """Those that are whole now. Raises `PduError`; then the stream is of no more use."""
        self._buffer += data
        found: list[Pdu] = []
        while len(self._buffer) >= 16:
            length = int.from_bytes(self._buffer[:4], "big")
            if not 16 <= length <= LONGEST:
                raise PduError(f"a PDU cannot have {length} bytes")
            if len(self._buffer) < length:
                break
            found.append(decode(bytes(self._buffer[:length])))
            del self._buffer[:length]
        return found


def decode(data: bytes) -> Pdu:
    """A whole PDU. Raises `PduError`."""
    _, number, status, sequence = _HEADER.unpack_from(data)
    name, shape = COMMANDS.get(number, (f"0x{number:08x}", ()))
    if name not in _NUMBERS or len(data) == 16:
        return Pdu(name, sequence, status)
    fields: dict[str, str | int | bytes] = {}
    at = 16
    for each, kind, most in shape:
        fields[each], at = _decoded(data, at, kind, most)
    extras: dict[int, bytes] = {}
    while at + 4 <= len(data):
        tag, length = struct.unpack_from(">HH", data, at)
        if at + 4 + length > len(data):
            raise PduError("an optional parameter is longer than its PDU")
        extras[tag] = data[at + 4 : at + 4 + length]
        at += 4 + length
    return Pdu(name, sequence, status, fields, extras)


def _decoded(data: bytes, at: int, kind: str, most: int) -> tuple[str | int | bytes, int]:
    if at >= len(data):
        raise PduError("a PDU ends in the middle")
    match kind:
        case "c":
            end = data.find(b"\0", at, at + most)
            if end < 0:
                raise PduError("a text in a PDU has no end")
            return data[at:end].decode("latin-1"), end + 1
        case "1":
            return data[at], at + 1
        case _:
            end = at + 1 + data[at]
            if end > len(data):
                raise PduError("a message is longer than its PDU")
            return data[at + 1 : end], end
