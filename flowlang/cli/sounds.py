"""How long the sound files of a script are, for phones that do not play them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from flowlang.backends.pace import SoundFileError


def length_of(folder: Path) -> Callable[[str], float]:
    """Gives the seconds of a WAV file below the folder; `SoundFileError` says what is wrong with it."""
    root = folder.resolve()
    known: dict[str, float] = {}

    def seconds(name: str) -> float:
        if name not in known:
            known[name] = _measure(root, name)
        return known[name]

    return seconds


def _measure(root: Path, name: str) -> float:
    # numpy comes with it: only where a file is played.
    from flowlang.backends.media import PromptError, read_prompt

    try:
        path = (root / name).resolve()
    except (OSError, ValueError):  # a name that no file can have
        raise SoundFileError("prompt_missing", f"{name[:80]!a}: no file can have this name") from None
    if not path.is_relative_to(root):
        raise SoundFileError("prompt_missing", f"{name[:80]!a}: not below the script's folder")
    try:
        return read_prompt(path).seconds
    except PromptError as error:
        code = "prompt_missing" if error.fault == "no such file" else "prompt_bad"
        raise SoundFileError(code, str(error)) from None
