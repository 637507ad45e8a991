"""Which files may be attached to mails: those below folders that the operator names for it, and no others.

A script's text, and what people wrote to it, may have a say in a path. So nothing that might be a secret goes
out by it, wherever it lies: keys, files whose names begin with a dot, and what the settings name as secret.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_KEYS = frozenset({".jks", ".key", ".p12", ".p8", ".pem", ".pfx"})
"""How files end that hold private keys, in small letters."""


@dataclass(frozen=True, slots=True)
class Attachable:
    """`folders` are those; paths are taken from each of them, then from `base`. `withheld` are files that
    never go out."""

    folders: tuple[Path, ...] = ()
    base: Path | None = None
    withheld: frozenset[Path] = frozenset()

    def find(self, path: str) -> Path | None:
        """The file of that path, with no links left in it; `None` where there is none that may go. Raises
        `OSError`."""
        roots = [each.resolve() for each in self.folders]
        withheld = {each.resolve() for each in self.withheld}
        for start in (*roots, *([self.base.resolve()] if self.base is not None else ())):
            try:
                file = (start / path).resolve()
                if not file.is_file() or file in withheld or file.suffix.lower() in _KEYS:
                    continue
            except (ValueError, RuntimeError):  # NUL, half a character, links that go round
                continue
            if any(_is_open(file, root) for root in roots):
                return file
        return None


def _is_open(file: Path, root: Path) -> bool:
    return file.is_relative_to(root) and not any(
        each.startswith(".") for each in file.relative_to(root).parts
    )
