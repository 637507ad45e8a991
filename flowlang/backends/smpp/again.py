"""Messages that an SMSC sends again because it did not have our answer.

SMPP gives what comes in no id, so we make one. A message is the same as one before, and gets its id, where
all that it says is equal and the older

- is not answered yet, and came on this connection: an SMSC repeats what is answered late; or
- was not answered when the connection broke, or so late that the answer may have been lost with it: nothing
  that came later tells that the SMSC has it. The SMSC sends that again when we are back, within `DOUBT`
  seconds.

Whoever writes the same twice, as `yes` to one question and to the next, gets an answer between the two: what
is answered is held for no repetition, or his second `yes` would be lost.

What came is known across a crash too: a file has a line for each message, with its hash alone, and two for
each answer: before it is given to the system and after. What the system has it sends, whatever becomes of the
process; who is killed between the two has it come again at once, or not.

A hash has a key that does not lie there: who has the file could else try all PINs until one gives the same.
"""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from .incoming import Text
from .lines import Lines

DOUBT = 60.0
BRIEFLY = 2.0
"""The same of what was being answered as the process was killed: nobody writes again so soon."""
LATELY = 5.0
"""Seconds in which an answer reaches an SMSC that is there."""
_LONGEST = 86_400.0
"""Seconds after which what was never answered is forgotten; SMSCs give up about then."""
_MOST = 5_000


@dataclass(slots=True, eq=False)
class _Came:
    at: float
    hashed: str
    message_id: str
    answered: float | None = None
    gone: bool = False


class Again:
    """`new_id` makes ids, `digest` a hash of what came. Seconds are those since 1970. Without a `path` a
    crash forgets all."""

    def __init__(
        self, new_id: Callable[[], str], path: Path | None = None, digest: Callable[[str], str] | None = None
    ) -> None:
        self._new_id = new_id
        self._digest = digest or _sha256
        self._lines = Lines(path, self._all)
        self._begun = False
        self._came: OrderedDict[str, _Came] = OrderedDict()
        self._unanswered: dict[str, str] = {}
        self._doubtful: dict[str, list[_Came]] = {}
        self._until = float("inf")

    def bound(self, now: float) -> None:
        """There is a connection: what is in doubt comes soon, or not again."""
        self._begin(now)
        self._until = now + DOUBT

    def id_of(self, text: Text, now: float) -> str:
        """The id of what came."""
        self._begin(now)
        hashed = self._digest(json.dumps([text.source, text.to, text.text]))
        found = self._unanswered.get(hashed)
        if found is None:
            found = self._doubted(hashed, now) or self._new_id()
            self._unanswered[hashed] = found
            self._take(_Came(now, hashed, found))
            self._write([now, hashed, found])
        return found

    def decided(self, message_id: str) -> None:
        """It has its answer: what is equal from now on is another."""
        came = self._came.get(message_id)
        if came is not None:
            self._unanswered.pop(came.hashed, None)

    def answered(self, message_ids: Iterable[str], now: float) -> None:
        """Their answers go on the wire now."""
        for each in message_ids:
            if each in self._came:
                self._came[each].answered = now
                self._write([now, each])

    def gone(self, message_ids: Iterable[str], now: float) -> None:
        """They did."""
        for each in message_ids:
            if each in self._came:
                self._came[each].gone = True
                self._write([now, each, True])

    def unsaid(self, message_ids: Iterable[str]) -> None:
        """They did not, or not whole."""
        for each in message_ids:
            if each in self._came:
                came = self._came[each]
                came.answered = None
                self._write([came.at, came.hashed, each])

    def known(self, message_ids: Iterable[str]) -> None:
        """The SMSC has their answers, as what it says since tells."""
        for each in message_ids:
            self._came.pop(each, None)

    def lost(self, now: float, heard: float | None = None) -> None:
        """The connection broke; `heard` is when the SMSC last gave a sign, `now` if it is not said."""
        since = (now if heard is None else heard) - LATELY
        self._doubt(now, lambda each: each.answered is None or each.answered >= since)

    def _doubt(self, now: float, is_doubtful: Callable[[_Came], bool]) -> None:
        before = chain.from_iterable(self._doubtful.values())
        recent = filter(is_doubtful, self._came.values())
        # A clock that was set back makes nothing that came older, nor answered.
        left = [each for each in chain(before, recent) if now - each.at < _LONGEST]
        self._doubtful = {}
        for each in left[-_MOST:]:
            self._doubtful.setdefault(each.hashed, []).append(each)
        self._came.clear()
        self._unanswered.clear()
        self._until = float("inf")

    def _doubted(self, hashed: str, now: float) -> str | None:
        if now >= self._until:
            self._doubtful.clear()
        found = self._doubtful.pop(hashed, [])
        if now >= self._until - DOUBT + BRIEFLY:
            found = [each for each in found if each.answered is None or each.gone]
        if not found:
            return None
        first, *others = found
        if others:
            self._doubtful[hashed] = others
        return first.message_id

    def _take(self, came: _Came) -> None:
        self._came[came.message_id] = came
        if len(self._came) > _MOST:
            _, oldest = self._came.popitem(last=False)
            self._unanswered.pop(oldest.hashed, None)

    def _begin(self, now: float) -> None:
        """What a former process had not answered, for all that is known, is in doubt."""
        if self._begun:
            return
        self._begun = True
        with suppress(OSError):  # a disk that fails costs a repetition at the most, here and below
            self._lines.begin(self._read)
        self._doubt(now, lambda each: not each.gone)
        self._until = now + DOUBT

    def _read(self, line: Any) -> None:
        match line:
            case [at, str(message_id)]:
                self._came[message_id].answered = float(at)
            case [_, str(message_id), True]:
                self._came[message_id].gone = True
            case [at, str(hashed), str(message_id)]:
                self._take(_Came(float(at), hashed, message_id))
            case _:
                pass

    def _write(self, line: list[Any]) -> None:
        with suppress(OSError):
            self._lines.write(line)

    def _all(self) -> Iterator[list[Any]]:
        for each in chain(chain.from_iterable(self._doubtful.values()), self._came.values()):
            yield [each.at, each.hashed, each.message_id]
            if each.answered is not None:
                yield [each.answered, each.message_id]
            if each.gone:
                yield [each.answered, each.message_id, True]


def _sha256(said: str) -> str:
    return hashlib.sha256(said.encode()).hexdigest()[:32]
