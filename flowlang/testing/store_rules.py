"""What every store on disk keeps, whatever else it has: rules for `check_store`, each given what opens it and
a name that no other rule has for its activeflows."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from threading import Thread
from typing import Any

from flowlang.core import Limits
from flowlang.core.journal import Entry
from flowlang.diagnostics import Source
from flowlang.model.values import DAY
from flowlang.store import Build, Store, StoreError

Open = Callable[[], Any]
"""Opens the same store each time, as the next process does. It may be empty at first, or full."""

AT = 10 * DAY
OPENING = {"flow": "main", "at": AT}
BUILD = Build((Source("a.flow", "flow main { }"),), (), Limits(), ())
RECORD = {
    "call_id": "c", "direction": "in", "source": "a", "to": "b", "route_line": None, "flow": None,
    "activeflow": None, "rang": None, "answered": None, "ended": None, "ended_by": None, "cause": None,
    "status": None, "held": 0, "transferred_to": None,
}  # fmt: skip


def begun(store: Store, name: str, *entries: Any) -> Any:
    journal = store.journal(name, BUILD)
    journal.open(dict(OPENING))
    for number, each in enumerate(entries):
        journal.append(["event", AT, each], bytes([number]))
    return journal


def live(store: Any, name: str) -> tuple[Any, list[Entry], int] | None:
    return next((each for each in store.archive.live() if each[0].id == name), None)


def said(entries: list[Entry]) -> list[Any]:
    return [each.given[2] for each in entries]


# -- every store


def commits(make: Open, name: str) -> None:
    with closing(make()) as store:
        assert not store.pending, "something is pending before anything was given"
        journal = begun(store, f"{name}a", 1)
        store.keep_record({**RECORD, "leg": f"{name}l", "started": 1})
        store.alive(1)
        if store.durable:
            assert store.pending, "nothing is pending though something was given"
            assert store.prepare(), "no group is made of what was given"
        store.commit()
        assert not store.pending, "something is pending after a commit"
        assert not store.prepare(), "there is a group of nothing"
        store.commit()
        journal.append(["event", AT, 2], b"")
        journal.end(AT, ["done", None])
        store.forget(f"{name}a")
        store.commit()


# -- stores that outlive their process


def keeps_journals(make: Open, name: str) -> None:
    with closing(make()) as store:
        first, second = begun(store, f"{name}a", 1), begun(store, f"{name}b")
        second.append(["event", AT, "x"], b"")
        first.append(["event", AT, {"$map": {"$secret": 2}}], b"\x00\xff")
        store.commit()
    for more in (3, 4):
        with closing(make()) as store:
            ids = [each.id for each, _, _ in store.archive.live()]
            assert ids.index(f"{name}a") < ids.index(f"{name}b"), "the oldest is not the first"
            found = live(store, f"{name}a")
            assert found is not None
            stored, entries, last = found
            assert stored.opening == OPENING, "the opening is another one"
            given = [1, {"$map": {"$secret": 2}}, *range(3, more)]
            assert said(entries) == given, "the entries are others"
            assert entries[1].outcome == b"\x00\xff", "the hashes are others"
            store.journal_of(stored, last).append(["event", AT, more], b"")
            store.commit()


def goes_on_without_entries(make: Open, name: str) -> None:
    with closing(make()) as store:
        begun(store, f"{name}a")
        store.commit()
    with closing(make()) as store:
        found = live(store, f"{name}a")
        assert found is not None, "one without an entry is not there"
        stored, entries, last = found
        assert entries == [], "one without an entry has some"
        store.journal_of(stored, last).append(["event", AT, 1], b"")
        store.commit()
        found = live(store, f"{name}a")
        assert found is not None
        assert said(found[1]) == [1]


def drops_what_was_not_committed(make: Open, name: str) -> None:
    with closing(make()) as store:
        journal = begun(store, f"{name}a", 1)
        store.commit()
        journal.append(["event", AT, 2], b"")
        begun(store, f"{name}b", 1)
        assert live(store, f"{name}b") is None, "what is not committed is read"
        assert store.prepare()
        assert live(store, f"{name}b") is None, "what is prepared alone is read"
    with closing(make()) as store:
        assert live(store, f"{name}b") is None, "what was not committed is there"
        found = live(store, f"{name}a")
        assert found is not None
        assert said(found[1]) == [1], "an entry that was not committed is there"


def commits_beside(make: Open, name: str) -> None:
    with closing(make()) as store:
        journal = begun(store, f"{name}a")
        for number in range(50):
            journal.append(["event", AT, number], b"")
            if store.prepare():
                beside = Thread(target=store.commit)
                beside.start()
                journal.append(["event", AT, f"{number}+"], b"")  # of the next group
                beside.join()
        store.commit()
        found = live(store, f"{name}a")
        assert found is not None
        given = [each for n in range(50) for each in (n, f"{n}+")]
        assert said(found[1]) == given, "entries are out of order"


def cuts_at_a_handoff(make: Open, name: str) -> None:
    with closing(make()) as store:
        journal = begun(store, f"{name}a", 1, 2)
        store.commit()
        journal.append(["event", AT, 3], b"")
        journal.open(OPENING | {"flow": "second"})
        journal.append(["event", AT, 4], b"")
        store.commit()
    with closing(make()) as store:
        found = live(store, f"{name}a")
        assert found is not None
        assert (found[0].flow, said(found[1])) == ("second", [4]), "what was before the handoff is there"


def goes_on_behind_a_handoff(make: Open, name: str) -> None:
    with closing(make()) as store:
        journal = begun(store, f"{name}a", 1, 2, 3)
        journal.open(OPENING | {"flow": "second"})
        store.commit()
    for number in (4, 5):
        with closing(make()) as store:
            found = live(store, f"{name}a")
            assert found is not None
            store.journal_of(found[0], found[2]).append(["event", AT, number], b"")
            store.commit()
    with closing(make()) as store:
        found = live(store, f"{name}a")
        assert found is not None
        assert said(found[1]) == [4, 5], "what came behind a handoff is not there"


def knows_what_is_over(make: Open, name: str) -> None:
    with closing(make()) as store:
        begun(store, f"{name}a", 1).end(AT, ["done", None])
        begun(store, f"{name}b", 1)
        store.commit()
        found = live(store, f"{name}b")
        assert found is not None
        store.diverged(found[0], AT + 1, "it does")
        store.commit()
    with closing(make()) as store:
        assert live(store, f"{name}a") is None, "what ended lives"
        assert live(store, f"{name}b") is None, "what diverged lives"


def keeps_builds(make: Open, name: str) -> None:
    modules = Source("m.flow", "flow m { }"), Source(f"{name}.flow", "use m\nflow main { }")
    build = Build(modules, ((f"{name}.flow", "m", "m.flow"),), Limits(), ())
    with closing(make()) as store:
        store.journal(f"{name}a", build).open(dict(OPENING))
        store.commit()
    with closing(make()) as store:
        found = live(store, f"{name}a")
        assert found is not None
        again = store.archive.build(found[0].build)
        assert (again.manifest, again.texts) == (build.manifest, build.texts), "the build is another one"
        try:
            store.archive.build(b"none")
        except StoreError:
            return
        raise AssertionError("a build that is not there is no StoreError")


def keeps_records(make: Open, name: str) -> None:
    with closing(make()) as store:
        for leg in ("a", "b"):
            store.keep_record({**RECORD, "leg": name + leg, "started": 5, "held_since": 6})
        store.commit()
        store.keep_record({**RECORD, "leg": f"{name}a", "started": 5, "ended": 9, "cause": "normal"})
        store.alive(7)
        store.alive(8)
        store.commit()
    with closing(make()) as store:
        found = [each for each in store.archive.open_records() if each["leg"].startswith(name)]
        open_one = {**RECORD, "leg": f"{name}b", "started": 5, "held_since": 6}
        assert found == [open_one], "not the one record is open that is"
        assert store.archive.last_alive == 8, "the last sign of life is another one"


def has_one_writer(make: Open, _name: str) -> None:
    with closing(make()):
        try:
            make().close()
        except StoreError:
            return
        raise AssertionError("two have it at once")


def keeps_secrets(make: Open, name: str) -> None:
    secret = {"$secret": {"$map": {"pin": "4711"}}}
    with closing(make()) as store:
        begun(store, f"{name}a", secret, [1, secret])
        store.commit()
    with closing(make()) as store:
        found = live(store, f"{name}a")
        assert found is not None
        assert said(found[1]) == [secret, [1, secret]], "a secret does not come back"
