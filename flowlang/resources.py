"""Where the grammar and the standard library lie: the one place that knows a wheel from a checkout.

A wheel carries both inside the package; in a checkout, and so in an editable install, they stand at the
top of the repository. Names given here come from our own code, never from a script.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def grammar_path() -> Path:
    """The folder of the `.lark` files."""
    return _folder("grammar")


def grammar_file(name: str) -> str:
    """The text of one grammar file, such as `flow.lark`. Raises FileNotFoundError if there is none."""
    return (grammar_path() / name).read_text(encoding="utf-8")


def stdlib_path() -> Path:
    """The folder that `use "std/…"` reads its modules from."""
    return _folder("stdlib")


def _folder(name: str) -> Path:
    for parent in (_PACKAGE, _PACKAGE.parent):
        if (parent / name).is_dir():
            return parent / name
    raise FileNotFoundError(f"flowlang is installed without its {name} folder; install it again")
