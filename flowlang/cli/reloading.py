"""Reloading: `flow serve` looks at its scripts once a second, and what begins from then on runs on new texts.

What runs stays on the texts that it began with. A text that does not compile is told, and the last good one
stays.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import trio

import flowlang
from flowlang import ScriptError
from flowlang.diagnostics import Severity
from flowlang.script_files import SUFFIX

INTERVAL = 1.0
"""Seconds between two looks: less than it takes to change windows after saving."""
_MOST = 2_000  # files that are looked at

Seen = dict[Path, tuple[int, int]]


def look(path: Path) -> Seen:
    """The scripts, and the modules that may lie beside them: when each was written, and its size."""
    folder = path if path.is_dir() else path.parent
    seen: Seen = {}
    for each in (path, *folder.rglob(f"*{SUFFIX}")):
        try:
            status = each.stat()
        except OSError:
            continue  # it went meanwhile
        seen[each] = status.st_mtime_ns, status.st_size
        if len(seen) >= _MOST:
            break
    return seen


def reloaded(
    engine: flowlang.Engine, path: Path, check: Callable[[], None], say: Callable[[str], None]
) -> None:
    """Loads what changed, or says why not. `check` may refuse what was loaded."""
    before = engine.scripts
    try:
        changed = engine.reload(path)
        check()
    except ScriptError as error:
        errors = [each for each in error.diagnostics if each.severity is Severity.ERROR]
        for each in errors[:3]:
            line = each.source.position(each.span.start).line
            say(f"{each.source.name}:{line}: {each.code} {each.message}")
        say("not reloaded; new calls and messages stay on the last good text")
    except Exception as error:  # noqa: BLE001 (whatever a text on its way to disk does: the last good one stays)
        engine.restore(before)
        say(f"not reloaded: {error}")
    else:
        for each in changed:
            say(f"reloaded {each.path}; what runs stays on the text that it began with")


async def watch(
    engine: flowlang.Engine, path: Path, seen: Seen, check: Callable[[], None], say: Callable[[str], None]
) -> None:
    """Until cancelled. `seen` is how it looked when the engine loaded it."""
    while True:
        await trio.sleep(INTERVAL)
        now = look(path)
        if now != seen:
            seen = now
            reloaded(engine, path, check, say)
