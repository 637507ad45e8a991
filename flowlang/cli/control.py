"""The way to a server that runs: a socket in its data folder, for the one whose folder it is.

A request is one JSON object on a line, and so is the answer: `ok` with what to print, or `error` with a line
for people. Who may open the socket (permissions 0600 in a folder of 0700) may do all of it.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .data import chosen_folder
from .exits import CommandError, Exit

SOCKET = "control"
LONGEST = 2**20  # bytes of a request or an answer
_PATIENCE = 30.0  # seconds: a server that is busy answers late, one that hangs never


class NoServerError(CommandError):
    """Nothing listens in the data folder."""


@contextmanager
def socket_path(folder: Path) -> Generator[str]:
    """A path of the socket that is short enough for any folder: the kernel takes 107 bytes (unix(7))."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{opened}/{SOCKET}"
    finally:
        os.close(opened)


def ask(data: Path | None, /, **request: Any) -> str:
    """Has the server of a data folder do something; what it says of it. Raises `CommandError`."""
    return str(ask_for(chosen_folder(data), **request).get("ok", ""))


def ask_for(folder: Path, patience: float = _PATIENCE, /, **request: Any) -> dict[str, Any]:
    """The same with all that it answers; `patience` is in seconds."""
    asked = json.dumps(request).encode() + b"\n"
    if len(asked) > LONGEST:
        raise CommandError(f"that is {len(asked)} bytes of JSON; {LONGEST} are taken at most", Exit.FAILED)
    reached = False
    try:
        with socket_path(folder) as path, socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(patience)
            connection.connect(path)
            reached = True
            connection.sendall(asked)
            answer = _line(connection)
    except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError):
        raise NoServerError(f"no `flow serve` runs on {folder}", Exit.UNAVAILABLE) from None
    except (OSError, ValueError) as error:
        why = (getattr(error, "strerror", None) or str(error)).lower()
        text = f"the server on {folder} cannot be asked: {why}"
        if reached:
            text = f"the server on {folder} does not answer ({why}): whether it is done `flow trace` tells"
        raise CommandError(text, Exit.UNAVAILABLE) from None
    if "error" in answer:
        raise CommandError(str(answer["error"]), Exit.FAILED)
    return answer


def _line(connection: socket.socket) -> dict[str, Any]:
    received = b""
    while not received.endswith(b"\n") and len(received) <= LONGEST:
        some = connection.recv(65536)
        if not some:
            raise ValueError("it hung up")
        received += some
    answer = json.loads(received)
    if not isinstance(answer, dict):
        raise ValueError("it does not speak as a server of flowlang's")
    return answer  # pyright: ignore[reportUnknownVariableType]
