"""Plain data with its secrets encrypted: what is marked `$secret` stands on disk as `$sealed`, the name of
its key and AES-GCM's nonce and ciphertext in base64.

Without the key it stays sealed, and whoever would replay it stops there.
"""

from __future__ import annotations

import os
import time
from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from .coding import decode, encode
from .keys import LASTING, Keys

_NONCE = 12  # bytes: NIST SP 800-38D §8.2.2, at random; a month has far below 2^32 secrets


class Sealer:
    """Encodes and decodes what a store keeps. `wall` is in seconds since 1970-01-01 UTC; a `lasting`
    one has the key that goes with no month."""

    def __init__(self, keys: Keys, wall: Callable[[], float] = time.time, *, lasting: bool = False) -> None:
        self._keys = keys
        self._wall = wall
        self._lasting = lasting

    def encode(self, plain: Any) -> str:
        """The text of plain data. Raises `StoreError` where a secret is in it and no key can be had."""
        text = encode(plain)
        return text if '"$secret"' not in text else encode(self._sealed(plain))

    def decode(self, text: str) -> Any:
        """What `encode` was given; what has no key stays sealed."""
        plain = decode(text)
        return plain if '"$sealed"' not in text else self._opened(plain)

    def _key(self) -> tuple[str, bytes]:
        return (LASTING, self._keys.named(LASTING)) if self._lasting else self._keys.current(self._wall())

    def _sealed(self, plain: Any) -> Any:
        match plain:
            case {"$map": dict(entries)}:  # pyright: ignore[reportUnknownVariableType]
                return {"$map": {name: self._sealed(each) for name, each in entries.items()}}  # pyright: ignore[reportUnknownVariableType]
            case {"$secret": secret} if secret is not None:
                name, key = self._key()
                nonce = os.urandom(_NONCE)
                data = nonce + AESGCM(key).encrypt(nonce, encode(secret).encode(), name.encode())
                return {"$sealed": [name, b64encode(data).decode()]}
            case dict():
                return {name: self._sealed(each) for name, each in plain.items()}  # pyright: ignore[reportUnknownVariableType]
            case list() | tuple():
                return [self._sealed(each) for each in plain]  # pyright: ignore[reportUnknownVariableType]
            case _:
                return plain

    def _opened(self, plain: Any) -> Any:
        match plain:
            case {"$map": dict(entries)}:  # pyright: ignore[reportUnknownVariableType]
                return {"$map": {name: self._opened(each) for name, each in entries.items()}}  # pyright: ignore[reportUnknownVariableType]
            case {"$sealed": [str(name), str(text)]}:
                secret = self._unsealed(name, text)
                return plain if secret is None else {"$secret": decode(secret)}  # pyright: ignore[reportUnknownVariableType]
            case dict():
                return {name: self._opened(each) for name, each in plain.items()}  # pyright: ignore[reportUnknownVariableType]
            case list():
                return [self._opened(each) for each in plain]  # pyright: ignore[reportUnknownVariableType]
            case _:
                return plain

    def _unsealed(self, name: str, text: str) -> str | None:
        key = self._keys.find(name)
        if key is None:
            return None
        data = b64decode(text)
        try:
            return AESGCM(key).decrypt(data[:_NONCE], data[_NONCE:], name.encode()).decode()
        except InvalidTag:
            return None


def key_missing(plain: Any) -> str | None:
    """The name of a key that is not there, for plain data that could not be opened; `None` where all of it
    is."""
    match plain:
        case {"$sealed": [str(name), *_]}:  # pyright: ignore[reportUnknownVariableType]
            return name
        case {"$map": dict(entries)}:  # pyright: ignore[reportUnknownVariableType]
            return next(filter(None, map(key_missing, entries.values())), None)  # pyright: ignore[reportUnknownArgumentType]
        case dict():
            return next(filter(None, map(key_missing, plain.values())), None)  # pyright: ignore[reportUnknownArgumentType]
        case list():
            return next(filter(None, map(key_missing, plain)), None)  # pyright: ignore[reportUnknownArgumentType]
        case _:
            return None
