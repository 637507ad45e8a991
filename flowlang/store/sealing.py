"""Plain data with its secrets encrypted: what is marked `$secret` stands on disk as `$sealed`, the name of
its key and AES-GCM's nonce and ciphertext in base64.

Without the key it stays sealed, with why, and whoever would replay it stops there.
"""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from collections.abc import Callable
from hashlib import blake2b
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from flowlang.model.plain import Sealed
from flowlang.model.values import SECOND

from .coding import decode, encode
from .keys import Keys, Named

_NONCE = 12  # bytes: NIST SP 800-38D §8.2.2, at random; a month has far below 2^32 secrets


_MARK = '"$secret"'

Key = Callable[[], Named]
"""Gives a key when there is something to seal."""


class Sealer:
    """Encodes and decodes what a store keeps, under the keys of months."""

    def __init__(self, keys: Keys) -> None:
        self.keys = keys

    def encode(self, plain: Any, at: int) -> str:
        """The text of plain data, its secrets under the key of the month of `at`, microseconds since
        1970-01-01 UTC: that by which it is forgotten. Raises `StoreError` where a secret is in it and no key
        can be had."""
        text = encode(plain)
        return text if _MARK not in text else encode(_sealed(plain, lambda: self.keys.current(at / SECOND)))

    def decode(self, text: str) -> Any:
        """What `encode` was given; what has no key stays sealed."""
        return _decoded(text, self.keys)


class LastingSealer:
    """The same for what is kept until it is replaced: under the key that goes with no month."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def encode(self, plain: Any) -> str:
        """As `Sealer.encode`."""
        text = encode(plain)
        return text if _MARK not in text else encode(_sealed(plain, self._keys.lasting))

    def decode(self, text: str) -> Any:
        """As `Sealer.decode`."""
        return _decoded(text, self._keys)

    def digest(self, text: str) -> str:
        """What stands for a text. Raises as `encode`."""
        _, key = self._keys.lasting()
        return blake2b(text.encode("utf-8", "replace"), digest_size=16, key=key, person=b"texts").hexdigest()


def _decoded(text: str, keys: Keys) -> Any:
    plain = decode(text)
    return plain if '"$sealed"' not in text else _opened(plain, keys)


def _sealed(plain: Any, key: Key) -> Any:
    match plain:
        case {"$map": dict(entries)}:  # pyright: ignore[reportUnknownVariableType]
            return {"$map": {name: _sealed(each, key) for name, each in entries.items()}}  # pyright: ignore[reportUnknownVariableType]
        case {"$secret": secret} if secret is not None:
            name, sealing = key()
            nonce = os.urandom(_NONCE)
            data = nonce + AESGCM(sealing).encrypt(nonce, encode(secret).encode(), name.encode())
            return {"$sealed": [name, b64encode(data).decode()]}
        case dict():
            return {name: _sealed(each, key) for name, each in plain.items()}  # pyright: ignore[reportUnknownVariableType]
        case list() | tuple():
            return [_sealed(each, key) for each in plain]  # pyright: ignore[reportUnknownVariableType]
        case _:
            return plain


def _opened(plain: Any, keys: Keys) -> Any:
    match plain:
        case {"$map": dict(entries)}:  # pyright: ignore[reportUnknownVariableType]
            return {"$map": {name: _opened(each, keys) for name, each in entries.items()}}  # pyright: ignore[reportUnknownVariableType]
        case {"$sealed": [str(name), str(text)]}:
            return _unsealed(name, text, keys)
        case dict():
            return {name: _opened(each, keys) for name, each in plain.items()}  # pyright: ignore[reportUnknownVariableType]
        case list():
            return [_opened(each, keys) for each in plain]  # pyright: ignore[reportUnknownVariableType]
        case _:
            return plain


def _unsealed(name: str, text: str, keys: Keys) -> dict[str, Any]:
    key, stays = keys.find(name), Sealed({"$sealed": [name, text]})
    if key is None:
        stays.why = f"a secret whose key {keys.path(name)} is missing: put it back"
        return stays
    data = b64decode(text)
    try:
        return {"$secret": decode(AESGCM(key).decrypt(data[:_NONCE], data[_NONCE:], name.encode()).decode())}
    except InvalidTag:
        stays.why = f"a secret that {keys.path(name)} does not open: it is damaged, or of another key"
        return stays


def key_missing(plain: Any) -> str | None:
    """What keeps plain data from being opened, as of `Sealed.why`; `None` where all of it is."""
    match plain:
        case Sealed():
            return plain.why
        case {"$map": dict(entries)}:  # pyright: ignore[reportUnknownVariableType]
            return next(filter(None, map(key_missing, entries.values())), None)  # pyright: ignore[reportUnknownArgumentType]
        case dict():
            return next(filter(None, map(key_missing, plain.values())), None)  # pyright: ignore[reportUnknownArgumentType]
        case list():
            return next(filter(None, map(key_missing, plain)), None)  # pyright: ignore[reportUnknownArgumentType]
        case _:
            return None
