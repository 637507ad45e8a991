"""Which activeflow somebody means by an id, or by the beginning of one that no other has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from .display.kept import masked
from .display.safe import printable

if TYPE_CHECKING:
    from flowlang.store.reading import Archive
    from flowlang.store.stored import Stored

MOST = 4
"""So many that begin so are looked for: one too many to be named."""


class NotMeant(Exception):
    """None is meant, or several, or one that is over; the message says which, in one line."""


def meant(wanted: str, found: Sequence[str]) -> str:
    """The one of these ids, which all begin so. Raises `NotMeant`."""
    if wanted in found:
        return wanted
    shown = printable(repr(wanted[:60]))
    if not found:
        raise NotMeant(f"no activeflow has the id {shown}; `flow ps --all` lists them")
    if len(found) > 1:
        more = " and others" if len(found) >= MOST else ""
        names = ", ".join(found[: MOST - 1])
        raise NotMeant(f"several activeflows begin with {shown}: {names}{more}; give more of the id")
    return found[0]


def one_that_lives(archive: Archive, wanted: str, here: Iterable[str] = ()) -> str:
    """The id of the one that can still be told something; `here` are ids of those that live in this process,
    whatever the archive knows of them. Raises `NotMeant`."""
    found = {each.id: why_over(each) for each in archive.beginning(wanted, MOST)}
    found |= dict.fromkeys((each for each in here if wanted and each.startswith(wanted)), None)
    living = [each for each, over in found.items() if over is None]
    one = meant(wanted, list(found) if wanted in found else living or list(found))
    over = found[one]
    if over is not None:
        raise NotMeant(over)
    return one


def why_over(stored: Stored) -> str | None:
    """Why it takes nothing more, `None` for one that lives."""
    if stored.state == "ended":
        ending = stored.ending
        how = str(ending[0]) if isinstance(ending, list) and ending else "ended"  # pyright: ignore[reportUnknownArgumentType]
        return f"{stored.id} is over: {printable(how)}"
    if stored.state == "diverged":
        return f"{stored.id} acts no further, it diverged: {printable(str(masked(stored.ending)))}"
    return None
