"""Replaces: an INVITE that is to take the place of a dialog that there is (RFC 3891).

Rules of §3: a dialog that is up gives way, or is busy where only an early one was meant; one that rings gives
way where the call was ours; of a call to us that is not answered nobody gets the place; one that is over is
declined, one that nobody has is unknown. Whether he may who asks for it, the user decides.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowlang.sip.dialog import DialogKey
from flowlang.sip.errors import SipSyntaxError
from flowlang.sip.judge import Reply
from flowlang.sip.message import Request
from flowlang.sip.text import is_token, parse_parameters

if TYPE_CHECKING:
    from flowlang.sip.leg import CallLeg

_LONGEST = 512
_WORD = r"""[A-Za-z0-9\-.!%*_+`'~()<>:\\"/\[\]?{}]+"""  # RFC 3261 §25.1 `word`
_CALL_ID = re.compile(rf"{_WORD}(?:@{_WORD})?\Z")


@dataclass(frozen=True, slots=True)
class Replaces:
    """A dialog as he who is to replace it names it: `to_tag` is that of whoever is asked, `from_tag` that of
    the other side there."""

    call_id: str
    to_tag: str
    from_tag: str
    early_only: bool = False

    @property
    def key(self) -> DialogKey:
        """What finds it where it is asked for."""
        return (self.call_id, self.to_tag, self.from_tag)

    def __str__(self) -> str:
        early = ";early-only" if self.early_only else ""
        return f"{self.call_id};to-tag={self.to_tag};from-tag={self.from_tag}{early}"


def parse_replaces(text: str) -> Replaces:
    """A Replaces value (§6.1). `SipSyntaxError` for anything else; what is made of it holds one line."""
    call_id, semicolon, rest = text.partition(";")
    call_id = call_id.strip(" \t")
    if len(text) > _LONGEST or not _CALL_ID.match(call_id):
        raise SipSyntaxError("Malformed Replaces")
    parameters = parse_parameters(semicolon + rest)
    to_tag, from_tag = parameters.get("to-tag"), parameters.get("from-tag")
    if not to_tag or not from_tag or not (is_token(to_tag) and is_token(from_tag)):
        raise SipSyntaxError("Replaces names no dialog")
    return Replaces(call_id, to_tag, from_tag, "early-only" in parameters)


def replaced_by(request: Request, leg_of: Callable[[DialogKey], CallLeg | None]) -> CallLeg | Reply | None:
    """The call whose place a new INVITE wants; `None` for an INVITE that wants none."""
    value = request.get("Replaces")
    if value is None:
        return None
    if "Join" in request.headers:  # RFC 3911 §4: never both
        return Reply(400, reason="Replaces and Join")
    try:
        replaces = parse_replaces(value)
    except SipSyntaxError as error:
        return Reply(400, reason=str(error))
    leg = leg_of(replaces.key)
    if leg is None:
        return Reply(481)
    if leg.state == "ended":
        return Reply(603)
    if leg.state in ("answered", "confirmed"):
        if leg.dialog is None or leg.dialog.key != replaces.key:  # a fork that lost
            return Reply(481)
        return Reply(486) if replaces.early_only else leg
    return Reply(481) if leg.incoming else leg
