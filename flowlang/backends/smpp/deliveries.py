"""What the receipts of its parts make of each message: it has failed with the first part that did, and is
delivered with the last.

Messages of several parts outlive the process, for their receipts may come days later: a file has a line for
each, and one for each receipt.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .lines import Lines

_MOST = 100_000
"""Messages whose receipts we wait for; a receipt for an older one is told under the id that it has."""
_MOST_PARTS = 255  # TS 23.040 §9.2.3.24.1


@dataclass(frozen=True, slots=True)
class Report:
    """Tell the engine, and say so when it has `kept` that: `message` is the id of the outcome `sent`, `part`
    that of the part whose receipt told it."""

    message: str
    status: str
    reason: str | None
    part: str = field(default="", compare=False)


@dataclass(slots=True, eq=False)
class _Sent:
    """The ids of its parts, what became of those whose receipt was here, and the report on it, while the
    engine does not have that on disk."""

    ids: tuple[str, ...]
    statuses: dict[str, str] = field(default_factory=dict[str, str])
    on_its_way: Report | None = None

    @property
    def open(self) -> bool:
        """Whether a receipt can tell anything new."""
        return "failed" not in self.statuses.values() and len(self.statuses) < len(set(self.ids))


class Deliveries:
    """Of one SMSC. Without a `path` a crash forgets all; so it does where the disk fails."""

    def __init__(self, path: Path | None = None) -> None:
        self._lines = Lines(path, self._all)
        self._begun = False
        self._sent: OrderedDict[str, _Sent] = OrderedDict()
        self._of: dict[str, _Sent] = {}

    def expect(self, ids: tuple[str, ...]) -> None:
        """A message has gone out; the id of its first part is its own."""
        self._begin()
        self._take(ids)
        if len(ids) > 1:
            self._write([ids])

    def knows(self, message_id: str) -> bool:
        """Whether a part of a message is called so."""
        self._begin()
        return message_id in self._of

    def told(self, message_id: str, status: str, reason: str | None) -> list[Report]:
        """What the end of a part makes of its message. A receipt that is repeated before the engine has kept
        what it told tells that again, and is answered no sooner."""
        self._begin()
        sent = self._of.get(message_id)
        if sent is None:
            return [Report(message_id, status, reason, message_id)]
        if not sent.open:
            again = sent.on_its_way
            same = again is not None and (again.part, again.status) == (message_id, status)
            return [again] if again is not None and same else []
        sent.statuses[message_id] = status
        if sent.open:
            self._write([message_id, status])
            return []
        why = reason if status == "failed" else None
        sent.on_its_way = Report(sent.ids[0], status, why, message_id)
        return [sent.on_its_way]

    def kept(self, report: Report) -> None:
        """The engine has it on disk: until then the SMSC may have to tell it to the next process."""
        sent = self._of.get(report.part)
        if sent is None or sent.on_its_way is not report:
            return
        sent.on_its_way = None
        if len(sent.ids) > 1:
            self._write([report.part, report.status])

    def _take(self, ids: tuple[str, ...]) -> None:
        sent = _Sent(ids)
        self._sent[ids[0]] = sent
        self._sent.move_to_end(ids[0])
        self._of.update(dict.fromkeys(ids, sent))
        if len(self._sent) > _MOST:
            _, oldest = self._sent.popitem(last=False)
            for each in oldest.ids:
                if self._of.get(each) is oldest:
                    del self._of[each]

    def _begin(self) -> None:
        if not self._begun:
            self._begun = True
            with suppress(OSError):
                self._lines.begin(self._read)

    def _read(self, line: Any) -> None:
        match line:
            case [[str(), *_] as ids] if len(ids) <= _MOST_PARTS:
                self._take(tuple(map(str, ids)))
            case [str(message_id), "delivered" | "failed" as status]:
                self._of[message_id].statuses[message_id] = status
            case _:
                pass

    def _write(self, line: list[Any]) -> None:
        with suppress(OSError):
            self._lines.write(line)

    def _all(self) -> Iterator[list[Any]]:
        for sent in self._sent.values():
            if len(sent.ids) > 1 and sent.open:
                yield [sent.ids]
                yield from ([each, status] for each, status in sent.statuses.items())
