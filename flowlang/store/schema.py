"""The tables, and how a store of an older version becomes one of this: SQL in `migrations/`, one file a
version, each carried out in one transaction. One calls functions of `ThreadNames`, which are as frozen as it.

| table | a row is | forgotten |
| --- | --- | --- |
| `identity` | the store: its name where the keys of its secrets lie | never |
| `texts`, `builds` | a text; what activeflows run on, made of texts | with the last who runs on it |
| `activeflows` | an activeflow: its opening, its state, where its journal ends | so long after its end |
| `journal` | an input and the hash of what came of it | with its activeflow, or at a handoff |
| `parked_threads`, `parked_messages` | what wakes one that is parked | as it wakes, or diverges |
| `threads_key` | which key the digests of `parked_threads` are under | never |
| `outbox` | what leaves and is not known to have arrived | as it arrives, or so long after it was given up |
| `seen` | a message that was here | after a week |
| `requests` | what was asked while no process ran | as it is carried out |
| `records`, `messages` | a call leg, a message | so long after it began |
| `ladders` | some signalling of a call | with its activeflow |
| `dialogs` | what a BYE needs of a leg that is up | with the leg, or after three starts |
| `doubt` | when something was written last before the clock was doubted | after a day without doubt |
| `alive` | when the process was last there | never |

SQLite's `user_version` is the version of the tables. A store of a newer one is refused: what it means is not
known here.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files

from .database import Database
from .errors import StoreError
from .thread_names import ThreadNames

APPLICATION = 0x666C6F77  # "flow" in ASCII: how `file` and we tell our database from another

_MIGRATIONS = files("flowlang.store") / "migrations"

VERSION = max(int(each.name[:4]) for each in _MIGRATIONS.iterdir() if each.name.endswith(".sql"))
"""That of the newest migration."""


def check_version(db: Database, name: str) -> int:
    """The version of a store, 0 for one that is empty. Raises `StoreError` for what is no store of ours, or
    one of a newer flowlang."""
    found: int = db.value("PRAGMA user_version")
    application: int = db.value("PRAGMA application_id")
    if found > VERSION:
        raise StoreError(
            f"{name} is by a newer flowlang (version {found} of the store, this one knows {VERSION}); "
            "use that one, or another folder"
        )
    if application != APPLICATION and (application or found or db.value("SELECT 1 FROM sqlite_schema")):
        raise StoreError(f"{name} is no store of flowlang's: choose another folder")
    return found


def migrate(db: Database, name: str, names: Callable[[], ThreadNames]) -> None:
    """Brings a store to this version; `names` gives those of its threads. Raises `StoreError`."""
    db.add_function("thread_name", lambda *thread: names().of(*thread))
    db.add_function("thread_mark", lambda: names().mark)
    for version in range(check_version(db, name) + 1, VERSION + 1):
        script = (_MIGRATIONS / f"{version:04}.sql").read_text(encoding="utf-8")
        db.begin()
        db.execute(script)
        db.execute(f"PRAGMA application_id = {APPLICATION}")
        db.execute(f"PRAGMA user_version = {version}")
        db.commit()
