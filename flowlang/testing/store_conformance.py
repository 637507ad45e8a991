"""Conformance of a store: what every engine relies on, held against one that really keeps.

    async def test_it_conforms() -> None:
        check_store(lambda: PigeonHoles(folder))

`flowlang`'s own stores pass the same checks. Each is a rule with a name; a breach raises
`NonconformingError`. The rules are those of `flowlang.store.protocol`; a store is held to those of the
protocols that it has."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from threading import Thread
from typing import Any

from flowlang.core import Limits
from flowlang.core.journal import Entry
from flowlang.diagnostics import Source
from flowlang.model.values import DAY
from flowlang.store import Build, Store, StoreError
from flowlang.store.protocol import (
    DialogStore,
    ForgettingStore,
    FullStore,
    LadderStore,
    OnceStore,
    OutboxStore,
    ParkingStore,
    RecoverableStore,
    RequestStore,
)
from flowlang.store.sending import Sending

from .conformance import NonconformingError

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


def check_store(make: Open) -> tuple[str, ...]:
    """The names of the rules that were held; those for which it lacks the protocol are left out. Raises
    `NonconformingError`."""
    held: list[str] = []
    with closing(make()) as store:
        protocols = [each for each, _, _ in _RULES if isinstance(store, each)]
    for protocol, name, rule in _RULES:
        if protocol in protocols:
            try:
                rule(make, f"{len(held)}-")
            except AssertionError as error:
                line = str(error).partition("\n")[0]
                raise NonconformingError(f"{name}: {line or 'it is not so'}") from error
            held.append(name)
    return tuple(held)


def _begun(store: Store, name: str, *entries: Any) -> Any:
    journal = store.journal(name, BUILD)
    journal.open(dict(OPENING))
    for number, each in enumerate(entries):
        journal.append(["event", AT, each], bytes([number]))
    return journal


def _live(store: Any, name: str) -> tuple[Any, list[Entry], int] | None:
    return next((each for each in store.archive.live() if each[0].id == name), None)


def _said(entries: list[Entry]) -> list[Any]:
    return [each.given[2] for each in entries]


# -- every store


def _commits(make: Open, name: str) -> None:
    with closing(make()) as store:
        assert not store.pending, "something is pending before anything was given"
        journal = _begun(store, f"{name}a", 1)
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


def _keeps_journals(make: Open, name: str) -> None:
    with closing(make()) as store:
        first, second = _begun(store, f"{name}a", 1), _begun(store, f"{name}b")
        second.append(["event", AT, "x"], b"")
        first.append(["event", AT, {"$map": {"$secret": 2}}], b"\x00\xff")
        store.commit()
    for more in (3, 4):
        with closing(make()) as store:
            ids = [each.id for each, _, _ in store.archive.live()]
            assert ids.index(f"{name}a") < ids.index(f"{name}b"), "the oldest is not the first"
            found = _live(store, f"{name}a")
            assert found is not None
            stored, entries, last = found
            assert stored.opening == OPENING, "the opening is another one"
            said = [1, {"$map": {"$secret": 2}}, *range(3, more)]
            assert _said(entries) == said, "the entries are others"
            assert entries[1].outcome == b"\x00\xff", "the hashes are others"
            store.journal_of(stored, last).append(["event", AT, more], b"")
            store.commit()


def _goes_on_without_entries(make: Open, name: str) -> None:
    with closing(make()) as store:
        _begun(store, f"{name}a")
        store.commit()
    with closing(make()) as store:
        found = _live(store, f"{name}a")
        assert found is not None, "one without an entry is not there"
        stored, entries, last = found
        assert entries == [], "one without an entry has some"
        store.journal_of(stored, last).append(["event", AT, 1], b"")
        store.commit()
        found = _live(store, f"{name}a")
        assert found is not None
        assert _said(found[1]) == [1]


def _drops_what_was_not_committed(make: Open, name: str) -> None:
    with closing(make()) as store:
        journal = _begun(store, f"{name}a", 1)
        store.commit()
        journal.append(["event", AT, 2], b"")
        _begun(store, f"{name}b", 1)
        assert _live(store, f"{name}b") is None, "what is not committed is read"
        assert store.prepare()
        assert _live(store, f"{name}b") is None, "what is prepared alone is read"
    with closing(make()) as store:
        assert _live(store, f"{name}b") is None, "what was not committed is there"
        found = _live(store, f"{name}a")
        assert found is not None
        assert _said(found[1]) == [1], "an entry that was not committed is there"


def _commits_beside(make: Open, name: str) -> None:
    with closing(make()) as store:
        journal = _begun(store, f"{name}a")
        for number in range(50):
            journal.append(["event", AT, number], b"")
            if store.prepare():
                beside = Thread(target=store.commit)
                beside.start()
                journal.append(["event", AT, f"{number}+"], b"")  # of the next group
                beside.join()
        store.commit()
        found = _live(store, f"{name}a")
        assert found is not None
        said = [each for n in range(50) for each in (n, f"{n}+")]
        assert _said(found[1]) == said, "entries are out of order"


def _cuts_at_a_handoff(make: Open, name: str) -> None:
    with closing(make()) as store:
        journal = _begun(store, f"{name}a", 1, 2)
        store.commit()
        journal.append(["event", AT, 3], b"")
        journal.open(OPENING | {"flow": "second"})
        journal.append(["event", AT, 4], b"")
        store.commit()
    with closing(make()) as store:
        found = _live(store, f"{name}a")
        assert found is not None
        assert (found[0].flow, _said(found[1])) == ("second", [4]), "what was before the handoff is there"


def _knows_what_is_over(make: Open, name: str) -> None:
    with closing(make()) as store:
        _begun(store, f"{name}a", 1).end(AT, ["done", None])
        _begun(store, f"{name}b", 1)
        store.commit()
        found = _live(store, f"{name}b")
        assert found is not None
        store.diverged(found[0], AT + 1, "it does")
        store.commit()
    with closing(make()) as store:
        assert _live(store, f"{name}a") is None, "what ended lives"
        assert _live(store, f"{name}b") is None, "what diverged lives"


def _keeps_builds(make: Open, name: str) -> None:
    modules = Source("m.flow", "flow m { }"), Source(f"{name}.flow", "use m\nflow main { }")
    build = Build(modules, ((f"{name}.flow", "m", "m.flow"),), Limits(), ())
    with closing(make()) as store:
        store.journal(f"{name}a", build).open(dict(OPENING))
        store.commit()
    with closing(make()) as store:
        found = _live(store, f"{name}a")
        assert found is not None
        again = store.archive.build(found[0].build)
        assert (again.manifest, again.texts) == (build.manifest, build.texts), "the build is another one"
        try:
            store.archive.build(b"none")
        except StoreError:
            return
        raise AssertionError("a build that is not there is no StoreError")


def _keeps_records(make: Open, name: str) -> None:
    with closing(make()) as store:
        for leg in ("a", "b"):
            store.keep_record({**RECORD, "leg": name + leg, "started": 5})
        store.commit()
        store.keep_record({**RECORD, "leg": f"{name}a", "started": 5, "ended": 9, "cause": "normal"})
        store.alive(7)
        store.alive(8)
        store.commit()
    with closing(make()) as store:
        found = [each for each in store.archive.open_records() if each["leg"].startswith(name)]
        assert found == [{**RECORD, "leg": f"{name}b", "started": 5}], "not the one record is open that is"
        assert store.archive.last_alive == 8, "the last sign of life is another one"


def _has_one_writer(make: Open, _name: str) -> None:
    with closing(make()):
        try:
            make().close()
        except StoreError:
            return
        raise AssertionError("two have it at once")


def _keeps_secrets(make: Open, name: str) -> None:
    secret = {"$secret": {"$map": {"pin": "4711"}}}
    with closing(make()) as store:
        _begun(store, f"{name}a", secret, [1, secret])
        store.commit()
    with closing(make()) as store:
        found = _live(store, f"{name}a")
        assert found is not None
        assert _said(found[1]) == [secret, [1, secret]], "a secret does not come back"


# -- what a store may have besides


def _keeps_an_outbox(make: Open, name: str) -> None:
    one, two = (Sending(name + each, "f", {"text": each}, at) for each, at in (("a", 20), ("b", 10)))
    with closing(make()) as store:
        store.keep_sending(one)
        store.keep_sending(two)
        store.commit()
        failed = replace(one, state="failed", reason="no line", tries=2)
        store.keep_sending(failed)
        store.commit()
    with closing(make()) as store:
        found = [each for each in store.archive.outbox() if each.key.startswith(name)]
        assert found == [two, failed], "the outbox is not as it was given last, the oldest first"
        store.drop_sending(one.key)
        store.commit()
        assert store.archive.sending(one.key) is None, "one that was dropped is there"
        assert store.archive.sending(two.key) == two


def _keeps_dialogs(make: Open, name: str) -> None:
    with closing(make()) as store:
        store.keep_dialog(f"{name}a", {"n": 1}, AT)
        store.keep_dialog(f"{name}a", {"$secret": {"n": 2}}, AT)
        store.keep_dialog(f"{name}b", {"n": 3}, AT)
        store.drop_dialog(f"{name}b")
        store.commit()
    with closing(make()) as store:
        found = {leg: each for leg, each in store.archive.dialogs().items() if leg.startswith(name)}
        assert found == {f"{name}a": {"n": 2}}, "the dialogs are others"


def _knows_what_was_here(make: Open, name: str) -> None:
    with closing(make()) as store:
        for _ in range(2):
            store.keep_seen("sms", f"{name}\ud800", AT)
        store.commit()
    with closing(make()) as store:
        assert store.archive.seen("sms", f"{name}\ud800"), "what was here is not known"
        assert not store.archive.seen("email", f"{name}\ud800"), "channels are taken for each other"


def _keeps_requests(make: Open, name: str) -> None:
    with closing(make()) as store:
        for number in range(3):
            store.keep_request(f"{name}a", ["stop", number])
        store.commit()
    with closing(make()) as store:
        first, *rest = (each for each in store.archive.requests() if each.activeflow == f"{name}a")
        assert first.given == ["stop", 0], "requests are not in order"
        store.drop_request(first.number)
        store.commit()
        left = [each for each in store.archive.requests() if each.activeflow == f"{name}a"]
        assert left == rest, "one that was dropped is there, or another is not"


def _keeps_ladders(make: Open, name: str) -> None:
    with closing(make()) as store:
        for number in (0, 2, 2):
            store.keep_ladder(f"{name}a", "c", number, [number, "INVITE"])
        store.commit()


def _parks(make: Open, name: str) -> None:
    with closing(make()) as store:
        parked = [_begun(store, f"{name}{each}", each) for each in ("a", "a.1", "b")]
        store.commit()
        for journal, due, ours in zip(parked, (AT + 2, AT + 1, None), ("us", None, "we"), strict=True):
            store.park(journal, due, [("sms", f"{name}p", ours)], [f"{name}{due}"])
        store.commit()
    with closing(make()) as store:
        archive = store.archive
        assert not [each for each, _, _ in archive.live() if each.id.startswith(name)], "a parked one lives"
        assert archive.next_due((AT, 0)) == AT + 1, "the first that is due is another one"
        due = archive.due(AT + 2, 10, (AT, 0))
        assert [each.id for each in due] == [f"{name}a.1", f"{name}a"], "they are not due in order"
        assert archive.due(AT + 2, 1, (AT, 0)) == due[:1], "more are given than were asked for"
        assert archive.due(AT + 2, 10, (AT + 1, due[0].number)) == due[1:], "one is given twice"
        threads = [archive.with_thread("sms", f"{name}p", each) for each in ("us", "we", "else")]
        assert threads == [f"{name}a", f"{name}b", f"{name}a.1"], "threads lead elsewhere"
        assert archive.that_sent(f"{name}{AT + 1}") == f"{name}a.1", "a report leads elsewhere"
        assert archive.family(f"{name}a") == 2, "a family has others"
        assert archive.parked(f"{name}none") is None
        stored = archive.parked(f"{name}a")
        assert stored is not None
        assert _said(archive.entries(stored)) == ["a"], "a parked one has other entries"
        journal = store.journal_of(stored, stored.last)
        store.unpark(journal)
        journal.append(["event", AT, "woken"], b"")
        store.commit()
        assert archive.parked(f"{name}a") is None, "one that was woken is parked"
        assert archive.with_thread("sms", f"{name}p", "us") == f"{name}a.1", "it has its thread still"
        found = _live(store, f"{name}a")
        assert found is not None, "one that was woken does not live"
        assert _said(found[1]) == ["a", "woken"]


def _wakes_by_an_entry(make: Open, name: str) -> None:
    with closing(make()) as store:
        journal = _begun(store, f"{name}a", 1)
        store.commit()
        store.park(journal, None, (), ())
        journal.append(["event", AT, 2], b"")
        store.commit()
    with closing(make()) as store:
        found = _live(store, f"{name}a")
        assert found is not None, "an entry was given to one that stays parked"
        assert _said(found[1]) == [1, 2]


def _forgets(make: Open, name: str) -> None:
    with closing(make()) as store:
        _begun(store, f"{name}over", 1).end(AT, ["done", None])
        _begun(store, f"{name}late", 1).end(AT + 2 * DAY, ["done", None])
        _begun(store, f"{name}lives", 1)
        for leg, ended in (("closed", AT), ("open", None)):
            store.keep_record({**RECORD, "leg": name + leg, "started": AT, "ended": ended})
        store.commit()
        while store.prune(AT + DAY, AT + DAY, AT + DAY):
            store.commit()
        store.commit()
        assert not store.prune(AT + DAY, AT + DAY, AT + DAY), "there is more of nothing"
        store.commit()
    with closing(make()) as store:
        found = _live(store, f"{name}lives")
        assert found is not None, "what lives is forgotten"
        assert _said(found[1]) == [1], "of what lives an entry is forgotten"
        assert store.archive.build(found[0].build).texts == BUILD.texts, "what it runs on is forgotten"
        legs = [each["leg"] for each in store.archive.open_records() if each["leg"].startswith(name)]
        assert legs == [f"{name}open"], "an open record is forgotten"
        assert store.newest, "it does not tell when something was written last"


def _tells_what_it_has(make: Open, name: str) -> None:
    with closing(make()) as store:
        _begun(store, f"{name}a", 1)
        _begun(store, f"{name}ab", 1).end(AT, ["done", None])
        store.keep_record({**RECORD, "leg": f"{name}a", "started": 5})
        store.keep_ladder(f"{name}a", "c", 0, [1])
        store.keep_ladder(f"{name}a", "c", 1, [2])
        store.commit()
        archive = store.archive
        assert f"{name}ab" not in [each.id for each in archive.activeflows()]
        assert f"{name}ab" in [each.id for each in archive.activeflows(all_of_them=True)]
        assert [each.id for each in archive.beginning(f"{name}a", 9)] == [f"{name}a"], "one has this very id"
        assert [each.id for each in archive.beginning(name, 9)] == [f"{name}a", f"{name}ab"]
        assert archive.ladders(f"{name}a") == {"c": [1, 2]}
        assert f"{name}a" in [each["leg"] for each in archive.records(5, 6)]
        assert f"{name}a" not in [each["leg"] for each in archive.records(6)]


_RULES: tuple[tuple[Any, str, Callable[[Open, str], None]], ...] = (
    (Store, "commits what it was given", _commits),
    (RecoverableStore, "has one writer", _has_one_writer),
    (RecoverableStore, "keeps journals", _keeps_journals),
    (RecoverableStore, "goes on where nothing came yet", _goes_on_without_entries),
    (RecoverableStore, "drops what was not committed", _drops_what_was_not_committed),
    (RecoverableStore, "commits beside", _commits_beside),
    (RecoverableStore, "cuts at a handoff", _cuts_at_a_handoff),
    (RecoverableStore, "knows what is over", _knows_what_is_over),
    (RecoverableStore, "keeps what they run on", _keeps_builds),
    (RecoverableStore, "keeps records", _keeps_records),
    (RecoverableStore, "keeps secrets", _keeps_secrets),
    (OutboxStore, "keeps an outbox", _keeps_an_outbox),
    (DialogStore, "keeps dialogs", _keeps_dialogs),
    (OnceStore, "knows what was here", _knows_what_was_here),
    (RequestStore, "keeps requests", _keeps_requests),
    (LadderStore, "keeps ladders", _keeps_ladders),
    (ParkingStore, "parks", _parks),
    (ParkingStore, "wakes by an entry", _wakes_by_an_entry),
    (ForgettingStore, "forgets", _forgets),
    (FullStore, "tells what it has", _tells_what_it_has),
)

RULES = tuple(name for _, name, _ in _RULES)
"""The names of all rules."""
