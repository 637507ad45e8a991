"""What an operator sets of SMPP; `docs/backends.md` shows it."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from hashlib import blake2b
from secrets import token_bytes

from flowlang.backends.border import BackendError
from flowlang.backends.on_wire import OnWire
from flowlang.backends.tls import client_context
from flowlang.diagnostics import FlowlangError
from flowlang.model.addresses import sender_of
from flowlang.model.plain import Sealing
from flowlang.project.backends import BackendKind, Section, SettingsError
from flowlang.project.secrets import Hidden
from flowlang.project.shapes import HOST, Choice, File, Flag, Integer, Seconds, Table, Text, Told

from .again import Again
from .backend import SmppBackend, Smsc, new_id
from .deliveries import Deliveries
from .incoming import is_country
from .outgoing import Patience
from .parts import Parts
from .receipts import Ids
from .session import Account, Timers

_TIMERS, _PATIENCE = Timers(), Patience()
"""What is meant where nothing is said."""

_COUNTRY = re.compile("[A-Z]{2}")
_LONGEST = {"system_id": 15, "password": 8, "system_type": 12}  # SMPP v3.4 §4.1.1, the final NUL not counted


def _check(section: Section) -> None:
    """What the settings alone tell."""
    given = section.settings
    for name, longest in _LONGEST.items():
        text = given.get(name, "")
        if len(text) > longest or not text.isascii() or not text.isprintable():
            raise SettingsError(f"SMPP has at most {longest} ASCII characters for it", name)
    if "ca_file" in given and not given.get("tls"):
        raise SettingsError("it is of no use without `tls = true`", "ca_file")
    if sender_of("sms", given["from"]) is None:
        raise SettingsError(
            "the sender is a number, a short code, or a name of up to 11 letters and digits", "from"
        )
    if "country" in given and not is_country(given["country"]):
        raise SettingsError("it is no country of ISO 3166 that has numbers, such as GB", "country")


def _make(section: Section) -> SmppBackend:
    _check(section)
    given = section.settings
    account = Account(given["system_id"], given.get("password", ""), given.get("system_type", ""))
    ca_file = section.surroundings.folder / given["ca_file"] if "ca_file" in given else None
    try:
        context = client_context(ca_file) if given.get("tls") else None
    except BackendError as error:
        raise SettingsError(str(error), "ca_file") from None
    timers = Timers(
        given.get("window", _TIMERS.window),
        given.get("answer", _TIMERS.answer),
        given.get("silence", _TIMERS.silence),
    )
    smsc = Smsc(given["host"], given.get("port", 2775), account, context, timers)
    data = section.surroundings.data
    on_wire = OnWire(data / f"smpp-{section.name}.sent" if data is not None else None)
    parts = Parts(data / f"smpp-{section.name}.parts" if data is not None else None)
    came = data / f"smpp-{section.name}.came" if data is not None else None
    again = Again(new_id, came, digest_by(section.surroundings.sealing))
    patience = Patience(
        give_up=given.get("give_up", _PATIENCE.give_up),
        doubt=given.get("doubt", _PATIENCE.doubt),
        resend=given.get("resend", False),
    )
    return SmppBackend(
        smsc,
        given["from"],
        patience=patience,
        on_wire=on_wire,
        parts=parts,
        again=again,
        deliveries=Deliveries(data / f"smpp-{section.name}.out" if data is not None else None),
        country=given.get("country"),
        ids=Ids(given.get("receipt_ids", "same")),
    )


def digest_by(sealing: Sealing | None) -> Callable[[str], str] | None:
    """By a key of this process alone where there is no other: then a crash forgets what came."""
    if sealing is None:
        return None
    own = token_bytes(32)

    def digest(text: str) -> str:
        with suppress(FlowlangError):
            return sealing.digest(text)
        return blake2b(text.encode(), digest_size=16, key=own).hexdigest()

    return digest


KIND = BackendKind(
    "SMS by SMPP 3.4, to an SMSC.",
    Table(
        {
            "host": Told(HOST, "the SMSC; with TLS its certificate has to be for this name"),
            "port": Told(Integer(1, 65_535), "2775"),
            "tls": Told(Flag(), "whether it is encrypted; false"),
            "ca_file": Told(File(), "authorities whose certificates count, beside the system's"),
            "system_id": Told(Text(), "who binds, up to 15 characters"),
            "password": Told(Hidden(), "his password, up to 8 characters"),
            "system_type": Told(Text(), "what the carrier wants there, up to 12 characters"),
            "from": Told(Text(), "who sends, where a script does not say: a number, short code or name"),
            "country": Told(
                Text("two capital letters", _COUNTRY),
                "whose national numbers the SMSC may give us, such as GB; without it they are refused",
            ),
            "receipt_ids": Told(
                Choice(("same", "hex", "decimal")),
                "how receipts write ids: as the SMSC's answers do, or in another base than those; `same`",
            ),
            "window": Told(Integer(1, 1_000), "how many messages may be without an answer; 10"),
            "answer": Told(Seconds(1, 600), "how long an answer may take; 30"),
            "silence": Told(Seconds(1, 3_600), "after which we ask whether the SMSC is there; 30"),
            "give_up": Told(Seconds(0, 7 * 86_400), "how long a message may wait; 600"),
            "doubt": Told(
                Seconds(0, 86_400),
                "how long a receipt may take to tell of what was on the wire when the connection broke; 30",
            ),
            "resend": Told(Flag(), "whether what is still in doubt then goes again, perhaps twice; false"),
        },
        frozenset({"host", "system_id", "from"}),
    ),
    _make,
    {"sms": None},
    _check,
    lambda _: {"sms": None},
)
