"""Who wants no more messages, in a file of the data folder: one line a change, `+` or `-` and the address,
`=` when his confirmation is on its way for certain.

It is added to and never written anew, so that a crash loses at most the line that was being written; what is
no such line is passed over.
"""

from __future__ import annotations

import os
from pathlib import Path

from flowlang.model.addresses import same_person

from .files import unusable, write_whole

FILE = "opted_out"


class OptedOut:
    """Addresses with their schemes. Raises `StoreError` where the file cannot be used."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._addresses: set[str] = set()
        self._confirmed: set[str] = set()
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            with open(self._file, "rb", closefd=False) as file:
                text = file.read().decode("utf-8", "replace")
            if text and not text.endswith("\n"):
                os.write(self._file, b"\n")
        except OSError as error:
            raise unusable(self._path, error) from None
        for line in text.split("\n"):
            if line.startswith("+"):
                self._addresses.add(same_person(line[1:]))
            elif line.startswith("-"):
                self._addresses.discard(same_person(line[1:]))
                self._confirmed.discard(same_person(line[1:]))
            elif line.startswith("="):
                self._confirmed.add(same_person(line[1:]))

    def __contains__(self, address: object) -> bool:
        return isinstance(address, str) and same_person(address) in self._addresses

    def __len__(self) -> int:
        return len(self._addresses)

    def add(self, address: str) -> None:
        """On disk when this returns."""
        address = same_person(address)
        if address not in self._addresses:
            self._write(f"+{address}")
            self._addresses.add(address)

    def discard(self, address: str) -> None:
        """The same."""
        address = same_person(address)
        if address in self._addresses:
            self._write(f"-{address}")
            self._addresses.discard(address)
            self._confirmed.discard(address)

    def owes(self, address: str) -> bool:
        """Whether somebody opted out, and a crash may have kept his confirmation back."""
        address = same_person(address)
        return address in self._addresses and address not in self._confirmed

    def is_confirmed(self, address: str) -> None:
        """On disk when this returns."""
        address = same_person(address)
        if self.owes(address):
            self._write(f"={address}")
            self._confirmed.add(address)

    def close(self) -> None:
        """Lets go of the file."""
        os.close(self._file)

    def _write(self, line: str) -> None:
        if not line.isprintable():  # an address has one line, and whoever sends cannot write another's
            return
        text = f"{line}\n".encode()
        try:
            before = os.fstat(self._file).st_size
            try:
                write_whole(self._file, text)
            except OSError:
                os.ftruncate(self._file, before)  # the next line begins where this one did
                raise
        except OSError as error:
            raise unusable(self._path, error) from None
