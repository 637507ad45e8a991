"""Values as plain data, and back: for journals, records and `--json`.

JSON's own types stand for themselves; what JSON lacks is an object with one key that begins with `$`, and a
map with such a key is wrapped so that nothing is mistaken for another. `$secret` marks what nobody is to see:
what keeps such data may encrypt it there, and what shows it shows `•••`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable
from decimal import Decimal
from typing import Any, Protocol

import msgspec

from .secrets import Secret, SecretDecimal, SecretInteger
from .values import Duration, Outcome, Regex, Time, Value


class SealedError(Exception):
    """Plain data has a secret that a store encrypted, and whose key is not at hand."""


class Sealed(dict[str, Any]):
    """A secret that stays encrypted, `$sealed` as it is kept."""

    __slots__ = ("why",)
    why: str
    """What it is, and why it cannot be read, as the end of a line."""


class Sealing(Protocol):
    """Text of plain data in which what is marked `$secret` is encrypted, and back. All raise
    `FlowlangError`; what has no key stays sealed."""

    def encode(self, plain: Any) -> str:
        """To be kept."""
        ...

    def decode(self, text: str) -> Any:
        """What was kept."""
        ...

    def digest(self, text: str) -> str:
        """What stands for a text, the same each time, by which nobody without the key can try what it was."""
        ...


_AS_THEY_ARE = frozenset({type(None), bool, int, str})
"""What most values are, none of them a secret: those are of classes of their own."""
_stand_for_themselves = _AS_THEY_ARE.issuperset


def to_plain(value: Value) -> Any:
    """Plain data from which `from_plain` makes an equal value."""
    if type(value) in _AS_THEY_ARE:
        return value
    match value:
        case None | bool():
            return value
        case str():
            return {"$secret": str(value)} if isinstance(value, Secret) else value
        case int():
            return {"$secret": int(value)} if isinstance(value, SecretInteger) else value
        case tuple():
            return [to_plain(each) for each in value]
        case dict():
            plain = {key: to_plain(each) for key, each in value.items()}
            return {"$map": plain} if any(key.startswith("$") for key in plain) else plain
        case Decimal():
            plain = {"$decimal": str(value)}
            return {"$secret": plain} if isinstance(value, SecretDecimal) else plain
        case Outcome():
            return {"$outcome": [value.name, {key: to_plain(each) for key, each in value.fields.items()}]}
        case Duration():
            return {"$duration": value.microseconds}
        case Time():
            return {"$time": value.microseconds}
        case Regex():
            return {"$regex": [value.pattern, value.flags]}


def all_to_plain(values: Collection[Value]) -> Iterable[Any]:
    """Of each what `to_plain` gives."""
    return values if _stand_for_themselves(map(type, values)) else map(to_plain, values)


def all_from_plain(plain: Collection[Any]) -> Iterable[Value]:
    """Of each what `from_plain` gives."""
    return plain if _stand_for_themselves(map(type, plain)) else map(from_plain, plain)


def from_plain(plain: Any) -> Value:
    """The value that `to_plain` was given."""
    if type(plain) in _AS_THEY_ARE:
        return plain
    match plain:
        case list():
            return tuple(from_plain(each) for each in plain)  # pyright: ignore[reportUnknownVariableType]
        case dict() if len(plain) != 1:  # pyright: ignore[reportUnknownArgumentType]
            return {key: from_plain(each) for key, each in plain.items()}  # pyright: ignore[reportUnknownVariableType]
        case {"$secret": secret}:
            return from_plain(secret)
        case {"$sealed": _}:
            raise SealedError(plain.why if isinstance(plain, Sealed) else "a secret whose key is not here")  # pyright: ignore[reportUnknownMemberType]
        case {"$decimal": str(digits)}:
            return Decimal(digits)
        case {"$duration": int(microseconds)}:
            return Duration(microseconds)
        case {"$time": int(microseconds)}:
            return Time(microseconds)
        case {"$regex": [str(pattern), str(flags)]}:
            return Regex(pattern, flags)
        case {"$outcome": [str(name), dict(fields)]}:  # pyright: ignore[reportUnknownVariableType]
            return Outcome(name, {key: from_plain(each) for key, each in fields.items()})  # pyright: ignore[reportUnknownVariableType]
        case {"$map": dict(entries)}:  # pyright: ignore[reportUnknownVariableType]
            return {key: from_plain(each) for key, each in entries.items()}  # pyright: ignore[reportUnknownVariableType]
        case dict():
            return {key: from_plain(each) for key, each in plain.items()}  # pyright: ignore[reportUnknownVariableType]
        case _:
            return plain


_spelled = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode
_quickly = msgspec.json.Encoder(order="sorted").encode


def has_secret(plain: Any) -> bool:
    """Whether plain data has something in it that nobody may read."""
    match plain:
        case dict():
            if "$secret" in plain or "$sealed" in plain:
                return True
            return any(map(has_secret, plain.values()))  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
        case list():
            return any(map(has_secret, plain))  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
        case _:
            return False


def canonical(plain: Any) -> bytes:
    """The one spelling of plain data: equal data gives equal bytes in every process and version."""
    # It is that of the standard library. Of printable ASCII msgspec has the same in a tenth of the time, but
    # for floats, of which plain data has none.
    try:
        spelled = _quickly(plain)
    except (TypeError, ValueError, OverflowError):
        return _spelled(plain).encode("ascii")
    return spelled if spelled.isascii() and b"\x7f" not in spelled else _spelled(plain).encode("ascii")


def digest(plain: Any) -> bytes:
    """Eight bytes that stand for plain data: enough to tell a replay that differs, small enough to keep for
    each command. What is marked as secret does not count: who reads a journal could else try all PINs
    until one gives these bytes."""
    spelled = canonical(plain)
    if b'"$secret"' in spelled:
        spelled = canonical(_without_secrets(plain))
    return hashlib.blake2b(spelled, digest_size=8).digest()


def _without_secrets(plain: Any) -> Any:
    match plain:
        case {"$secret": _}:
            return {"$secret": None}
        case dict():
            return {key: _without_secrets(each) for key, each in plain.items()}  # pyright: ignore[reportUnknownVariableType]
        case list():
            return [_without_secrets(each) for each in plain]  # pyright: ignore[reportUnknownVariableType]
        case _:
            return plain
