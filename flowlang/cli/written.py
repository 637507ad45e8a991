"""Files that commands write for people and other programs: diagrams, reports."""

from __future__ import annotations

from pathlib import Path

from flowlang.script_files import SUFFIX

from .exits import CommandError, Exit


def write(path: Path, text: str) -> None:
    """Writes a text, over what was there; a script is never written over."""
    if path.suffix == SUFFIX:
        raise CommandError(f"{path}: would be written over, and is a script; name another file", Exit.USAGE)
    try:
        path.write_text(text, encoding="utf-8", errors="replace")
    except (OSError, ValueError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise CommandError(f"{path}: cannot be written: {why.lower()}", Exit.USAGE) from None
