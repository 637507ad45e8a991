"""Delivery receipts: what became of a message, as the SMSC tells in a `deliver_sm`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from .pdu import MESSAGE_STATE, RECEIPTED_MESSAGE_ID, USER_MESSAGE_REFERENCE, Pdu

_IS_RECEIPT = 0x04  # §5.2.12: of the bits 5-2 of esm_class
_OF_KIND = 0x3C
_FIELD = re.compile(r"\b(id|stat|err):\s?([!-~]{1,65})")  # appendix B
_DECIMAL, _HEX = re.compile(r"[0-9]{1,65}"), re.compile(r"[0-9A-Fa-f]{1,65}")
_STATES = {  # §5.2.28; what is no end (`ENROUTE`, `ACCEPTD`) is not told
    2: "DELIVRD", 3: "EXPIRED", 4: "DELETED", 5: "UNDELIV", 7: "UNKNOWN", 8: "REJECTD",
}  # fmt: skip
_REASONS = {
    "EXPIRED": "expired", "DELETED": "deleted", "UNDELIV": "undeliverable", "REJECTD": "rejected",
    "UNKNOWN": "unknown",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Receipt:
    """`status` is `delivered`, `failed`, or `None` where it is not over. `to` is the number of who got it, as
    digits, `reference` what we called it."""

    message_id: str
    status: str | None
    reason: str | None
    to: str
    reference: int | None


def is_receipt(pdu: Pdu) -> bool:
    """Whether a `deliver_sm` tells of a message of ours."""
    return pdu.number("esm_class") & _OF_KIND == _IS_RECEIPT


@dataclass(frozen=True, slots=True)
class Ids:
    """How the SMSC writes ids in receipts: as in its answer, or in another base than there. Then both become
    decimal."""

    receipts: Literal["same", "hex", "decimal"] = "same"

    def of_answer(self, given: str) -> str:
        """One of an answer, or of the optional parameter of a receipt, which is the same (§5.3.2.12)."""
        return given if self.receipts == "same" else _decimal(given, 10 if self.receipts == "hex" else 16)

    def of_receipt(self, given: str) -> str:
        """One of the text of a receipt."""
        return given if self.receipts == "same" else _decimal(given, 16 if self.receipts == "hex" else 10)


def _decimal(text: str, base: int) -> str:
    return str(int(text, base)) if (_DECIMAL if base == 10 else _HEX).fullmatch(text) else text


def receipt_of(pdu: Pdu, ids: Ids = Ids()) -> Receipt | None:
    """What it tells; `None` where nobody can say of which message."""
    text = pdu.message[:254].decode("latin-1")
    fields = dict(reversed(_FIELD.findall(text)))
    given = pdu.extras.get(RECEIPTED_MESSAGE_ID, b"").rstrip(b"\0").decode("latin-1")
    message_id = ids.of_answer(given) if given else ids.of_receipt(fields.get("id", ""))
    if not message_id or not message_id.isprintable():
        return None
    state = pdu.extras.get(MESSAGE_STATE, b"")
    told = _STATES.get(state[0], "") if len(state) == 1 else fields.get("stat", "").upper()[:7]
    status = "delivered" if told == "DELIVRD" else "failed" if told in _REASONS else None
    reference = pdu.extras.get(USER_MESSAGE_REFERENCE, b"")
    return Receipt(
        message_id[:80],
        status,
        _REASONS.get(told),
        pdu.text("source_addr").lstrip("+"),
        int.from_bytes(reference, "big") if len(reference) == 2 else None,
    )
