"""Manners with people who write: who wants no more messages gets none, machines do not talk with each other
for ever, and nobody is flooded.

- A message that is nothing but an opt-out word is for no flow: the person gets one confirmation, at most one
  an hour, and from then on nothing, until an opt-in word (CTIA Messaging Principles §5.1.3). How it is
  spaced, punctuated and written (`Stop all!`) is all the same.
- What a machine sent by itself is no answer of the person's, and nothing answers it (RFC 3834 §2); it may
  start a flow, as an alarm does. That flow writes nothing to where it came from, and others only so much.
- A thread in which more comes than people write is stopped, until nothing has come for a while; so much to
  one address in a minute, no more.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

from flowlang.model.addresses import same_person
from flowlang.model.manners import Manners, word_of, words_of
from flowlang.model.message_commands import SendMessage
from flowlang.model.values import DAY, HOUR, MINUTE

from .opening import Opening

_MOST_BUCKETS = 50_000
"""Addresses that are counted; past them the oldest half begins anew."""
_MOST_AUTOMATIC = 20_000
_MOST_TO_MACHINE = 20
"""Messages a day to an address of which something automatic came within the last day: what a script writes to
it in its own name may begin the next automatic one, however slowly, for ever."""
_LONGEST_WORD = 40
_ENDLESS = 10
"""Times as much as comes at once may come in a thread with no pause of a whole window, however slowly: 600
messages in which nobody ever paused for 10 minutes are machines'."""


class OptOuts(Protocol):
    """The addresses, with their schemes and as of `same_person`, of those who want no more. It outlives the
    process where `add` and `discard` do."""

    def __contains__(self, address: object, /) -> bool: ...
    def add(self, address: str, /) -> None:
        """On disk when this returns."""
        ...

    def discard(self, address: str, /) -> None:
        """The same."""
        ...


@runtime_checkable
class ConfirmedOptOuts(Protocol):
    """Opt-outs that also outlive whose confirmation is on its way for certain: who opts out in the moment of
    a crash is owed one."""

    def owes(self, address: str, /) -> bool:
        """Whether somebody who opted out has no confirmation yet."""
        ...

    def is_confirmed(self, address: str, /) -> None:
        """He has."""
        ...


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message that came in: whose, to which address of ours, and whether a machine sent it by itself."""

    channel: str
    person: str
    ours: str
    text: str
    id: str | None
    automatic: bool = False


@dataclass(frozen=True, slots=True)
class Dropped:
    """A message that is for no flow: why, whether the activeflow that has the thread ends, what the person
    is told, and whether whoever brought it is told that nobody takes it."""

    why: str
    stops: bool = False
    answer: str | None = None
    refused: bool = False


class Allowance:
    """So many things a window for each name; what is not used comes back steadily."""

    def __init__(self, most: int, window: int) -> None:
        self._most = most
        self._window = window
        self._used: dict[str, tuple[int, int]] = {}

    def take(self, name: str, now: int) -> bool:
        """Takes one; false where there is none left."""
        level, at = self._used.get(name, (0, now))
        # Counted in window-ths, so that no time is lost in rounding.
        level = max(0, level - max(0, now - at) * self._most)
        fits = level + self._window <= self._most * self._window
        if len(self._used) >= _MOST_BUCKETS and name not in self._used:
            for each in list(self._used)[: _MOST_BUCKETS // 2]:
                del self._used[each]
        self._used[name] = (level + self._window if fits else level, now)
        return fits


class Machines:
    """Who sent something automatic, and when last, newest last; past so many the oldest is forgotten."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}

    def put(self, person: str, at: int) -> None:
        """Something automatic came from there."""
        self._known.pop(person, None)
        if len(self._known) >= _MOST_AUTOMATIC:
            del self._known[next(iter(self._known))]
        self._known[person] = at

    def last(self, person: str) -> int | None:
        """When something did, `None` for never."""
        return self._known.get(person)

    def all(self) -> Iterable[tuple[str, int]]:
        """All of them."""
        return self._known.items()


class Porter:
    """Looks at what comes and goes before any flow does. Times are microseconds."""

    def __init__(
        self,
        manners: Manners | None = None,
        opted_out: OptOuts | None = None,
        machines: Machines | None = None,
    ) -> None:
        self.manners = manners = manners or Manners()
        self.opted_out: OptOuts = opted_out if opted_out is not None else set()
        self._opt_out = words_of(manners.opt_out)
        self._opt_in = words_of(manners.opt_in)
        self._automatic: dict[str | None, None] = {}
        self._machines = machines or Machines()
        self._to_machines = Allowance(_MOST_TO_MACHINE, DAY)
        self._in = Allowance(manners.thread, manners.thread_window)
        self._out = Allowance(manners.recipient, MINUTE)
        self._confirmations = Allowance(1, HOUR)
        self._runs: dict[str, tuple[int, int]] = {}

    def looks_at(self, arrived: Arrived, now: int, *, in_thread: bool) -> Dropped | None:
        """A message that came in, `in_thread` of an activeflow that is open; `None` lets it through."""
        channel, person = arrived.channel, same_person(arrived.person)
        if arrived.automatic:
            if in_thread:
                return Dropped("a machine answered by itself")
            self.is_automatic(arrived.id)
            self._machines.put(person, now)
        if channel in self.manners.opt_out_channels:
            found = self._word(person, arrived.text)
            if found is not None:
                told = found.answer is not None and self._may_confirm(arrived, person, now)
                return found if told else replace(found, answer=None)
        if self._is_stopped(f"{channel} {person} {same_person(arrived.ours)}", now):
            return Dropped("more comes in this thread than people write; it is stopped", True, refused=True)
        return None

    def wants_none(self, person: str) -> bool:
        """Whether somebody has opted out; an address as it comes."""
        return same_person(person) in self.opted_out

    def why_not(self, command: SendMessage, now: int, began: Opening | None = None) -> str | None:
        """Why a message does not go out, as the reason of the outcome `failed`; `None` where it may. `began`
        is what its sender began with."""
        person = same_person(command.to)
        reached = same_person(command.deliver_to or command.to)
        if self.wants_none(person) or self.wants_none(reached):
            return "opted_out"
        if command.reply_to in self._automatic:
            return "automatic"
        if began is not None and began.automatic and _came_from(began, person, reached):
            return "automatic"
        if self._is_machine(person, now) and not self._to_machines.take(person, now):
            return "automatic"
        if not self._out.take(reached, now):
            return "too_many"
        return None

    def is_confirmed(self, person: str) -> None:
        """Somebody is told that he opted out, whatever becomes of this process."""
        if isinstance(self.opted_out, ConfirmedOptOuts):
            self.opted_out.is_confirmed(same_person(person))

    def _owes(self, person: str) -> bool:
        return isinstance(self.opted_out, ConfirmedOptOuts) and self.opted_out.owes(person)

    def _is_machine(self, person: str, now: int) -> bool:
        last = self._machines.last(person)
        return last is not None and now - last < DAY

    def _may_confirm(self, arrived: Arrived, person: str, now: int) -> bool:
        return not arrived.automatic and self._confirmations.take(person, now) and self._out.take(person, now)

    def _is_stopped(self, thread: str, now: int) -> bool:
        """Counts a message. Two machines that answer each other do not find the allowance come back: what was
        stopped is, until nothing came for a whole window."""
        before, count = self._runs.pop(thread, (now, 0))
        if now - before >= self.manners.thread_window:
            count = 0
        endless = self.manners.thread * _ENDLESS
        if count < endless and not self._in.take(thread, now):
            count = endless
        if len(self._runs) >= _MOST_BUCKETS:
            del self._runs[next(iter(self._runs))]
        self._runs[thread] = now, count + 1  # behind the others
        return count >= endless

    def is_automatic(self, message: str | None) -> None:
        """A machine sent this message by itself."""
        if message is not None:
            self._automatic[message] = None
            if len(self._automatic) > _MOST_AUTOMATIC:
                del self._automatic[next(iter(self._automatic))]

    def _word(self, person: str, text: str) -> Dropped | None:
        word = word_of(text) if len(text) <= _LONGEST_WORD else ""
        if word in self._opt_out:
            if person in self.opted_out and not self._owes(person):
                return Dropped("it opts out, and had before", stops=True)
            self.opted_out.add(person)
            return Dropped("it opts out", True, self.manners.opt_out_text or None)
        if person in self.opted_out and word in self._opt_in:
            self.opted_out.discard(person)
            return Dropped("it opts in", answer=self.manners.opt_in_text or None)
        return None


def _came_from(began: Opening, *addresses: str) -> bool:
    """Whether one of these is who wrote what an activeflow began with, or where he wants his answers."""
    return any(each and same_person(each) in addresses for each in (began.source, began.reply_to))
