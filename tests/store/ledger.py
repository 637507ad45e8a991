"""A store that has nothing of SQLite: lists and maps, on a `Disk` that outlives it. It shows that the
protocol is enough for another one, and what the least of each part is."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields, replace
from secrets import token_hex
from typing import Any, Self

from flowlang.core.journal import Entry
from flowlang.model.cdr import CallRecord
from flowlang.model.message_record import MessageRecord
from flowlang.store import Build, StoreError
from flowlang.store.protocol import Thread
from flowlang.store.requests import Request
from flowlang.store.sending import Sending
from flowlang.store.stored import Stored

Change = Callable[[], object]


def as_read(plain: Any) -> Any:
    """As it comes back from a disk."""
    return json.loads(json.dumps(plain))


class Disk:
    """What is committed."""

    def __init__(self) -> None:
        self.flows: dict[str, Stored] = {}
        self.journals: dict[str, list[Entry]] = {}
        self.builds: dict[bytes, Build] = {}
        self.records: dict[tuple[int, str], dict[str, Any]] = {}
        self.messages: dict[str, MessageRecord] = {}
        self.outbox: dict[str, Sending] = {}
        self.dialogs: dict[str, Any] = {}
        self.starts: dict[str, int] = {}
        self.identity = token_hex(8)
        self.seen: dict[tuple[str, str], int] = {}
        self.requests: dict[int, Request] = {}
        self.asked = 0
        self.ladders: dict[tuple[str, str, int], list[Any]] = {}
        self.threads: dict[tuple[str, str, str | None], dict[str, int]] = {}
        self.sent: dict[str, str] = {}
        self.alive = 0
        self.doubted: int | None = None
        self.opened = False


class LedgerJournal:
    """Of one activeflow."""

    def __init__(self, store: LedgerStore, name: str, build: Build | None) -> None:
        self.store, self.name = store, name
        self._build = build

    def open(self, opening: dict[str, Any]) -> None:
        disk, name, plain, build = self.store.disk, self.name, as_read(opening), self._build
        self._build = None

        def change() -> None:
            if build is None:
                disk.flows[name] = replace(disk.flows[name], opening=plain)
            else:
                disk.builds[build.hash] = build
                number, at = len(disk.flows) + 1, plain["at"]
                disk.flows[name] = Stored(number, name, build.hash, plain, 0, "live", at, None, None, None)
            disk.journals[name] = []

        self.store.give(change)

    def append(self, given: list[Any], outcome: bytes) -> None:
        entry = Entry(as_read(given), outcome)

        def change() -> None:
            self.store.disk.journals[self.name].append(entry)
            self.store.is_live(self.name)

        self.store.give(change)

    def end(self, at: int, ending: list[Any]) -> None:
        self.store.sets(self.name, state="ended", ended=at, ending=as_read(ending))


class Books:
    """What is read."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk

    def _in_order(self, *states: str) -> list[Stored]:
        found = [each for each in self._disk.flows.values() if not states or each.state in states]
        return sorted(found, key=lambda each: each.number)

    def live(self) -> Iterator[tuple[Stored, list[Entry], int]]:
        for each in self._in_order("live"):
            yield each, self.entries(each), 0

    def entries(self, stored: Stored) -> list[Entry]:
        return list(self._disk.journals[stored.id])

    def activeflows(self, *, all_of_them: bool = False) -> Iterator[Stored]:
        return iter(self._in_order(*(() if all_of_them else ("live", "parked", "diverged"))))

    def beginning(self, wanted: str, most: int) -> list[Stored]:
        if wanted in self._disk.flows:
            return [self._disk.flows[wanted]]
        found = [each for each in self._in_order() if wanted and each.id.startswith(wanted)]
        return sorted(found, key=lambda each: each.state == "ended")[:most]

    def build(self, hashed: bytes) -> Build:
        if hashed not in self._disk.builds:
            raise StoreError("no such build")
        return self._disk.builds[hashed]

    def open_records(self) -> list[dict[str, Any]]:
        return [dict(each) for _, each in sorted(self._disk.records.items()) if each["ended"] is None]

    def records(self, since: int | None = None, until: int | None = None) -> Iterator[dict[str, Any]]:
        for (started, _), each in sorted(self._disk.records.items()):
            if (since is None or started >= since) and (until is None or started < until):
                yield {name: value for name, value in each.items() if name != "held_since"}

    def messages(self, since: int | None = None, until: int | None = None) -> Iterator[MessageRecord]:
        for each in sorted(self._disk.messages.values(), key=lambda each: (each.started, each.key)):
            if (since is None or each.started >= since) and (until is None or each.started < until):
                yield each

    @property
    def last_alive(self) -> int:
        return self._disk.alive

    def outbox(self) -> list[Sending]:
        return sorted(self._disk.outbox.values(), key=lambda each: (each.since, each.key))

    def still_open(self) -> list[Sending]:
        return [each for each in self.outbox() if each.state == "open"]

    def sending(self, key: str) -> Sending | None:
        return self._disk.outbox.get(key)

    @property
    def identity(self) -> str:
        return self._disk.identity

    def dialogs(self) -> dict[str, Any]:
        return {leg: each.get("$secret", each) for leg, each in self._disk.dialogs.items()}

    def seen(self, channel: str, message: str) -> bool:
        return (channel, message) in self._disk.seen

    def requests(self) -> list[Request]:
        return list(self._disk.requests.values())

    def ladders(self, activeflow: str) -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = {}
        for (name, call_id, _), lines in sorted(self._disk.ladders.items()):
            if name == activeflow:
                found.setdefault(call_id, []).extend(lines)
        return found

    def parked(self, activeflow: str) -> Stored | None:
        found = self._disk.flows.get(activeflow)
        return found if found is not None and found.state == "parked" else None

    def _due(self, past: tuple[int, int]) -> list[Stored]:
        found = [each for each in self._in_order("parked") if each.due is not None]
        found.sort(key=lambda each: (each.due or 0, each.number))
        return [each for each in found if (each.due or 0, each.number) > past]

    def next_due(self, past: tuple[int, int]) -> int | None:
        return next((each.due for each in self._due(past)), None)

    def due(self, at: int, most: int, past: tuple[int, int]) -> list[Stored]:
        return [each for each in self._due(past) if (each.due or 0) <= at][:most]

    def with_thread(self, channel: str, person: str, ours: str | None, most: int) -> list[tuple[str, int]]:
        found = self._disk.threads.get((channel, person, ours), {})
        return sorted(found.items(), key=lambda each: each[1])[:most]

    def that_sent(self, message: str) -> str | None:
        return self._disk.sent.get(message)

    def family(self, first: str) -> int:
        return sum(each.id.partition(".")[0] == first for each in self._in_order("parked"))


class LedgerStore:
    """One process's hold on a `Disk`."""

    durable = True

    def __init__(self, disk: Disk) -> None:
        if disk.opened:
            raise StoreError("somebody has it")
        self.disk, self.archive = disk, Books(disk)
        disk.opened = True
        self.newest = disk.doubted or max((each.began for each in disk.flows.values()), default=0)
        self._given: list[Change] = []
        self._group: list[Change] = []

    def close(self) -> None:
        self.disk.opened = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def give(self, change: Change) -> None:
        """For the next group."""
        self._given.append(change)

    @property
    def pending(self) -> bool:
        return bool(self._given or self._group)

    def prepare(self) -> bool:
        if not self._group:
            self._group, self._given = self._given, []
        return bool(self._group)

    def commit(self) -> None:
        self.prepare()
        for change in self._group:
            change()
        self._group = []

    def journal(self, activeflow: str, build: Build) -> LedgerJournal:
        return LedgerJournal(self, activeflow, build)

    def journal_of(self, stored: Stored, last: int) -> LedgerJournal:
        return LedgerJournal(self, stored.id, None)

    def sets(self, name: str, **news: Any) -> None:
        flows = self.disk.flows
        self.give(lambda: flows.update({name: replace(flows[name], **news)}))

    def diverged(self, stored: Stored, at: int, why: str) -> None:
        self.sets(stored.id, state="diverged", ended=at, ending=why)

    def park(self, journal: Any, due: int | None, threads: Iterable[Thread], messages: Iterable[str]) -> None:
        name, disk, by, sent = journal.name, self.disk, list(threads), list(messages)

        def change() -> None:
            disk.flows[name] = replace(disk.flows[name], state="parked", due=due)
            for each in by:
                disk.threads.setdefault(each[:3], {})[name] = each[3]
            for each in sent:
                disk.sent[each] = name

        self.give(change)

    def unpark(self, journal: Any) -> None:
        self.give(lambda: self.is_live(journal.name))

    def is_live(self, name: str) -> None:
        """Now: nothing on disk wakes it any more."""
        disk = self.disk
        if disk.flows[name].state == "parked":
            disk.flows[name] = replace(disk.flows[name], state="live", due=None)
            for each in disk.threads.values():
                each.pop(name, None)
            disk.sent = {key: each for key, each in disk.sent.items() if each != name}

    def forget(self, activeflow: str) -> None:
        pass

    def keep_record(self, record: Mapping[str, Any]) -> None:
        row: dict[str, Any] = {each.name: record.get(each.name) for each in fields(CallRecord)}
        row["held_since"] = record.get("held_since")
        self.give(lambda: self.disk.records.update({(row["started"], row["leg"]): row}))

    def alive(self, at: int) -> None:
        self.give(lambda: setattr(self.disk, "alive", at))

    def keep_sending(self, sending: Sending) -> None:
        kept = replace(sending, command=as_read(sending.command))
        self.give(lambda: self.disk.outbox.update({sending.key: kept}))

    def drop_sending(self, key: str) -> None:
        self.give(lambda: self.disk.outbox.pop(key, None))

    def keep_dialog(self, leg: str, dialog: Any, at: int) -> None:
        self.give(lambda: self.disk.dialogs.update({leg: dialog}))
        self.give(lambda: self.disk.starts.update({leg: 0}))

    def drop_dialog(self, leg: str) -> None:
        self.give(lambda: self.disk.dialogs.pop(leg, None))

    def try_dialogs(self, starts: int) -> None:
        def change() -> None:
            for leg in list(self.disk.dialogs):
                if self.disk.starts[leg] >= starts:
                    del self.disk.dialogs[leg]
                self.disk.starts[leg] += 1

        self.give(change)

    def keep_seen(self, channel: str, message: str, at: int) -> None:
        self.give(lambda: self.disk.seen.setdefault((channel, message), at))

    def doubt(self, newest: int | None) -> None:
        self.give(lambda: setattr(self.disk, "doubted", newest))

    def keep_request(self, activeflow: str, given: list[Any]) -> int:
        self.disk.asked = number = self.disk.asked + 1
        self.give(lambda: self.disk.requests.update({number: Request(number, activeflow, given)}))
        return number

    def drop_request(self, number: int) -> None:
        self.give(lambda: self.disk.requests.pop(number, None))

    def keep_ladder(self, activeflow: str, call_id: str, number: int, lines: list[Any]) -> None:
        self.give(lambda: self.disk.ladders.update({(activeflow, call_id, number): lines}))

    def keep_message(self, record: MessageRecord) -> None:
        messages = self.disk.messages

        def change() -> None:
            found = messages.get(record.key)
            if found is None or record.direction == "in":
                messages[record.key] = record

        self.give(change)

    def settle_message(self, key: str, state: str, at: int, message: str | None, cause: str | None) -> None:
        messages = self.disk.messages

        def change() -> None:
            if (found := messages.get(key)) is not None:
                news: dict[str, Any] = {state: at, "message": message or found.message, "cause": cause}
                messages[key] = replace(found, **news)

        self.give(change)

    def lose_messages(self, begins: str, at: int) -> None:
        messages = self.disk.messages

        def change() -> None:
            for key, each in messages.items():
                if each.direction == "out" and key.startswith(begins) and each.state == "accepted":
                    messages[key] = replace(each, unknown=at)

        self.give(change)

    def reopen_message(self, key: str) -> None:
        messages = self.disk.messages

        def change() -> None:
            if (found := messages.get(key)) is not None:
                messages[key] = replace(found, failed=None, unknown=None, cause=None)

        self.give(change)

    def report_message(self, channel: str, message: str, state: str, at: int, cause: str | None) -> None:
        messages = self.disk.messages

        def change() -> None:
            for key, each in messages.items():
                if (each.channel, each.message, each.direction) == (channel, message, "out"):
                    news: dict[str, Any] = {state: getattr(each, state) or at, "cause": cause or each.cause}
                    messages[key] = replace(each, **news)

        self.give(change)

    def prune(self, journals: int, records: int, seen: int) -> bool:
        disk = self.disk

        def change() -> None:
            for name, each in tuple(disk.flows.items()):
                if each.ended is not None and each.ended < journals:
                    del disk.flows[name], disk.journals[name]
            for key, row in tuple(disk.records.items()):
                if row["ended"] is not None and key[0] < records:
                    del disk.records[key]
            disk.seen = {key: at for key, at in disk.seen.items() if at >= seen}

        self.give(change)
        return False
