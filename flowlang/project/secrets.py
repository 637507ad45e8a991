"""Settings that nobody is to read in `flow.toml`: a password stands in the environment or in a file.

token = { env = "SMS_TOKEN" }
password = { file = "secrets/smtp" }   # its first line; the path is taken from the folder of `flow.toml`
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any, cast

from flowlang.model.secrets import Secret

from .positions import Path
from .shapes import Report, shown

_WANTED = '`{ env = "NAME" }` or `{ file = "PATH" }`'
_MAX_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Hidden:
    """Reads one, as a `Secret`. A text in `flow.toml` itself is refused: such files are passed around."""

    def read(self, given: Any, path: Path, report: Report) -> Any:
        match cast("Mapping[str, Any]", given):
            case {"env": str(name), **rest} if not rest:
                found, why = os.environ.get(name), f"the environment has no `{shown(name)}`"
            case {"file": str(name), **rest} if not rest:
                found, why = _first_line(FilePath(report.source.name).parent / name)
            case _:
                return report.wrong(path, given, _WANTED)
        if found or not report.needs_secrets:
            return Secret(found or "")
        return report.refuse(path, why)


def secret_files(settings: Any, folder: FilePath) -> frozenset[FilePath]:
    """The files that hold a secret of these settings, as they stand in `flow.toml` in that folder."""
    match settings:
        case {"file": str(name), **rest} if not rest:
            return frozenset({folder / name})
        case Mapping():
            inner = list(cast("Mapping[str, Any]", settings).values())
        case list() | tuple():
            inner = list(cast("Sequence[Any]", settings))
        case _:
            return frozenset()
    return frozenset(file for each in inner for file in secret_files(each, folder))


def _first_line(path: FilePath) -> tuple[str | None, str]:
    try:
        with path.open("rb") as file:
            text = file.read(_MAX_BYTES).decode("utf-8").partition("\n")[0].strip()
    except UnicodeDecodeError:
        return None, f"{path} is no UTF-8 text"
    except OSError as error:
        return None, f"{path}: {(error.strerror or str(error)).lower()}"
    return text, f"the first line of {path} is empty"
