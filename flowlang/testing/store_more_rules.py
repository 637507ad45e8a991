"""What a store may have besides: rules for `check_store`, as those of `store_rules`."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

from flowlang.model.message_record import MessageRecord
from flowlang.model.values import DAY
from flowlang.store.protocol import FullStore
from flowlang.store.sending import Sending

from .store_rules import AT, BUILD, RECORD, Open, begun, live, said


def keeps_an_outbox(make: Open, name: str) -> None:
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
        found = [each for each in store.archive.still_open() if each.key.startswith(name)]
        assert found == [two], "what is open is not what nobody knows the end of"
        store.drop_sending(one.key)
        store.commit()
        assert store.archive.sending(one.key) is None, "one that was dropped is there"
        assert store.archive.sending(two.key) == two


def keeps_dialogs(make: Open, name: str) -> None:
    with closing(make()) as store:
        store.keep_dialog(f"{name}a", {"n": 1}, AT)
        store.keep_dialog(f"{name}a", {"$secret": {"n": 2}}, AT)
        store.keep_dialog(f"{name}b", {"n": 3}, AT)
        store.drop_dialog(f"{name}b")
        store.commit()
        identity = store.archive.identity
    with closing(make()) as store:
        assert len(identity) >= 16, "the name of a store is soon guessed"
        assert store.archive.identity == identity, "a store changes its name"
        found = {leg: each for leg, each in store.archive.dialogs().items() if leg.startswith(name)}
        assert found == {f"{name}a": {"n": 2}}, "the dialogs are others"
        for _ in range(2):
            store.try_dialogs(2)
            store.commit()
        store.keep_dialog(f"{name}b", {"n": 3}, AT)
        store.commit()
        assert {f"{name}a", f"{name}b"} <= set(store.archive.dialogs()), "a dialog is forgotten too early"
        store.try_dialogs(2)
        store.commit()
        found = [leg for leg in store.archive.dialogs() if leg.startswith(name)]
        assert found == [f"{name}b"], "what so many starts tried is not what is forgotten"


def knows_what_was_here(make: Open, name: str) -> None:
    with closing(make()) as store:
        for _ in range(2):
            store.keep_seen("sms", f"{name}\ud800", AT)
        store.commit()
    with closing(make()) as store:
        assert store.archive.seen("sms", f"{name}\ud800"), "what was here is not known"
        assert not store.archive.seen("email", f"{name}\ud800"), "channels are taken for each other"


def keeps_requests(make: Open, name: str) -> None:
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


def keeps_ladders(make: Open, name: str) -> None:
    with closing(make()) as store:
        for number in (0, 2, 2):
            store.keep_ladder(f"{name}a", "c", number, [number, "INVITE"])
        store.commit()


def keeps_message_records(make: Open, name: str) -> None:
    """The one out is settled and reported on, the one in comes twice."""
    out = MessageRecord(f"{name}o", AT, "out", "sms", "us", "them", f"{name}a", "main", None, 1)
    come = MessageRecord(f"{name}i", AT + 1, "in", "sms", "them", "us", None, None, None, 1, failed=AT + 1)
    taken = replace(come, activeflow=f"{name}a", flow="main", delivered=AT + 2, failed=None)
    with closing(make()) as store:
        for each in (out, come, taken):
            store.keep_message(each)
        store.settle_message(out.key, "failed", AT + 1, None, "no line")
        store.commit()
        store.keep_message(out)
        store.reopen_message(out.key)
        store.settle_message(out.key, "sent", AT + 2, f"{name}m", None)
        store.commit()
        store.report_message("sms", f"{name}m", "delivered", AT + 3, None)
        store.report_message("email", f"{name}m", "read", AT + 3, None)
        store.commit()
    with closing(make()) as store:
        if isinstance(store, FullStore):
            found = [each for each in store.archive.messages(AT, AT + 2) if each.key.startswith(name)]
            settled = replace(out, message=f"{name}m", sent=AT + 2, delivered=AT + 3)
            assert found == [settled, taken], "message records are not as they were given last"


def parks(make: Open, name: str) -> None:
    with closing(make()) as store:
        parked = [begun(store, f"{name}{each}", each) for each in ("a", "a.1", "b")]
        store.commit()
        for journal, due, ours in zip(parked, (AT + 2, AT + 1, None), ("us", None, "we"), strict=True):
            shared = ("email", f"{name}q", None, AT if ours is None else AT + 1)
            store.park(journal, due, [("sms", f"{name}p", ours, AT), shared], [f"{name}{due}"])
        store.commit()
    with closing(make()) as store:
        archive = store.archive
        assert not [each for each, _, _ in archive.live() if each.id.startswith(name)], "a parked one lives"
        assert archive.next_due((AT, 0)) == AT + 1, "the first that is due is another one"
        due = archive.due(AT + 2, 10, (AT, 0))
        assert [each.id for each in due] == [f"{name}a.1", f"{name}a"], "they are not due in order"
        assert archive.due(AT + 2, 1, (AT, 0)) == due[:1], "more are given than were asked for"
        assert archive.due(AT + 2, 10, (AT + 1, due[0].number)) == due[1:], "one is given twice"
        threads = [archive.with_thread("sms", f"{name}p", each, 9) for each in ("us", "we", None, "else")]
        found = [[(f"{name}{each}", AT)] for each in ("a", "b", "a.1")]
        assert threads == [*found, []], "threads lead elsewhere"
        first = [(f"{name}a.1", AT), (f"{name}a", AT + 1)]
        assert archive.with_thread("email", f"{name}q", None, 2) == first, "others have it before"
        assert archive.that_sent(f"{name}{AT + 1}") == f"{name}a.1", "a report leads elsewhere"
        assert archive.family(f"{name}a") == 2, "a family has others"
        assert archive.parked(f"{name}none") is None
        stored = archive.parked(f"{name}a")
        assert stored is not None
        assert said(archive.entries(stored)) == ["a"], "a parked one has other entries"
        journal = store.journal_of(stored, stored.last)
        store.unpark(journal)
        journal.append(["event", AT, "woken"], b"")
        store.commit()
        assert archive.parked(f"{name}a") is None, "one that was woken is parked"
        assert not archive.with_thread("sms", f"{name}p", "us", 9), "it has its thread still"
        found = live(store, f"{name}a")
        assert found is not None, "one that was woken does not live"
        assert said(found[1]) == ["a", "woken"]


def wakes_by_an_entry(make: Open, name: str) -> None:
    with closing(make()) as store:
        journal = begun(store, f"{name}a", 1)
        store.commit()
        store.park(journal, None, (), ())
        journal.append(["event", AT, 2], b"")
        store.commit()
    with closing(make()) as store:
        found = live(store, f"{name}a")
        assert found is not None, "an entry was given to one that stays parked"
        assert said(found[1]) == [1, 2]


def forgets(make: Open, name: str) -> None:
    with closing(make()) as store:
        begun(store, f"{name}over", 1).end(AT, ["done", None])
        begun(store, f"{name}late", 1).end(AT + 2 * DAY, ["done", None])
        begun(store, f"{name}lives", 1)
        for leg, ended in (("closed", AT), ("open", None)):
            store.keep_record({**RECORD, "leg": name + leg, "started": AT, "ended": ended})
        store.commit()
        while store.prune(AT + DAY, AT + DAY, AT + DAY):
            store.commit()
        store.commit()
        assert not store.prune(AT + DAY, AT + DAY, AT + DAY), "there is more of nothing"
        store.commit()
    with closing(make()) as store:
        found = live(store, f"{name}lives")
        assert found is not None, "what lives is forgotten"
        assert said(found[1]) == [1], "of what lives an entry is forgotten"
        assert store.archive.build(found[0].build).texts == BUILD.texts, "what it runs on is forgotten"
        legs = [each["leg"] for each in store.archive.open_records() if each["leg"].startswith(name)]
        assert legs == [f"{name}open"], "an open record is forgotten"
        assert store.newest, "it does not tell when something was written last"


def forgets_no_request(make: Open, name: str) -> None:
    with closing(make()) as store:
        store.keep_request(f"{name}a", ["event", AT, "SignalReceived", "go", {"$secret": "4711"}])
        store.commit()
        while store.prune(*(AT + 60 * DAY,) * 3):
            store.commit()
        store.commit()
    with closing(make()) as store:
        (asked,) = (each for each in store.archive.requests() if each.activeflow == f"{name}a")
        assert asked.given[-1] == {"$secret": "4711"}, (
            "the secrets of a request are forgotten before it is done"
        )
        store.drop_request(asked.number)
        store.commit()


def tells_what_it_has(make: Open, name: str) -> None:
    with closing(make()) as store:
        begun(store, f"{name}a", 1)
        begun(store, f"{name}ab", 1).end(AT, ["done", None])
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
