"""Who writes with which activeflow: a thread is a channel, a person's address and one of ours.

A message belongs to the activeflow that wrote what it answers, where it says so, as an e-mail does; else to
the one that has its thread: that began with it, or has written there first of those that live; else a route
finds one. An address of ours that is `None` is the operator's default, whichever that is.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable
from dataclasses import dataclass

from flowlang.model.addresses import same_person
from flowlang.model.events import CALLER_LEG, ELSEWHERE
from flowlang.model.message_commands import SendMessage
from flowlang.model.secrets import Secret, made_of

from .opening import Opening, Thread

_Key = tuple[str, str, str | None]

NOBODY = ""
"""In place of an activeflow."""

_AGES = 2**62  # microseconds: whom a thread began with has it before all who wrote there

_MOST_WRITTEN = 1_000
"""Threads that an activeflow which is handed over has still after a restart."""
_MOST_EARLY = 1_000
"""Reports that came before anybody knew of their message: of a gateway that is quicker than its answer."""


def sent_key(channel: str, message: str) -> str:
    """What a message that went out is known by: what carriers of other channels call theirs is nothing to
    it."""
    return f"{channel} {message}"


def _key(channel: str, person: str, ours: str | None) -> _Key:
    return channel, made_of(same_person(person), person), ours and same_person(ours)


@dataclass(frozen=True, slots=True)
class Owner:
    """The activeflow that has a thread; `leg` is `CALLER_LEG` where it began with that person, else
    `ELSEWHERE`. `hides`: that person's address is a secret of its."""

    activeflow: str
    leg: int
    hides: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a message, for the activeflow that sent it."""

    activeflow: str
    to: str
    status: str
    reason: str | None


@dataclass(slots=True)
class _Held:
    """What an activeflow has."""

    began: tuple[str, str] | None
    keys: dict[_Key, int]  # since when
    messages: list[str]


class Threads:
    """All that are open; they close with their activeflow."""

    def __init__(self) -> None:
        self._claims: dict[_Key, list[tuple[int, str]]] = {}  # since when, and who; the first has it
        self._held: dict[str, _Held] = {}
        self._hidden: set[tuple[str, _Key]] = set()  # who has whose address as a secret
        self._sent: dict[str, tuple[str, str]] = {}
        self._early: dict[str, list[tuple[str, str | None]]] = {}

    def __len__(self) -> int:
        return len(self._claims)

    def opened(self, opening: Opening) -> None:
        """An activeflow began with a message."""
        if opening.channel is not None and opening.source is not None:
            held = self._of(opening.activeflow)
            key = _key(opening.channel, opening.source, opening.to)
            held.began = key[:2]
            began = opening.inherited.began if opening.inherited is not None else opening.at
            self._claim(key, began - _AGES, opening.activeflow, held)

    def goes_on(self, opening: Opening) -> None:
        """An activeflow is here again, which had written in threads before it was handed over."""
        for channel, person, ours, since in (
            opening.inherited.threads if opening.inherited is not None else ()
        ):
            self._claim((channel, person, ours), since, opening.activeflow, self._of(opening.activeflow))

    def owner(self, channel: str, person: str, ours: str, answers: Iterable[str] = ()) -> Owner | None:
        """The activeflow that sent this person one of the messages that he answers, else the one that has
        the thread."""
        person, ours = same_person(person), same_person(ours)
        keys = (sent_key(channel, each) for each in answers)
        sent = (self._sent[each] for each in keys if each in self._sent)
        found = next((activeflow for activeflow, to in sent if same_person(to) == person), None)
        if found is None:
            first = self.first(channel, person, ours) or self.first(channel, person, None)
            if first is None:
                return None
            _, found = first
        is_caller = self._held[found].began == (channel, person)
        hides = any((found, (channel, person, each)) in self._hidden for each in (ours, None))
        return Owner(found, CALLER_LEG if is_caller else ELSEWHERE, hides)

    def first(self, channel: str, person: str, ours: str | None) -> tuple[int, str] | None:
        """Since when somebody has this very thread, and who; addresses as of `same_person`."""
        claims = self._claims.get((channel, person, ours))
        return claims[0] if claims else None

    def sent(self, command: SendMessage, activeflow: str, at: int = 0) -> None:
        """A message is written at that time: its thread is the sender's, behind those that have it already
        and those that wrote there before."""
        key = _key(command.channel, command.to, command.source)
        self._claim(key, at, activeflow, self._of(activeflow))

    def named(self, message: str, command: SendMessage, activeflow: str) -> list[Report]:
        """A message went out under this id; the reports on it that came before. Where `activeflow` is
        `NOBODY`, whoever sent it is over."""
        key = sent_key(command.channel, message)
        if activeflow != NOBODY:
            self._sent[key] = activeflow, command.to
            self._of(activeflow).messages.append(key)
        return [Report(activeflow, command.to, status, reason) for status, reason in self._early.pop(key, ())]

    def reported(self, channel: str, message: str, status: str, reason: str | None) -> Report | None:
        """What became of a message; `None` where nobody who lives sent it, or nobody yet."""
        key = sent_key(channel, message)
        found = self._sent.get(key)
        if found is not None:
            return Report(*found, status, reason)
        if key not in self._early and len(self._early) >= _MOST_EARLY:
            del self._early[next(iter(self._early))]
        early = self._early.setdefault(key, [])
        if all(each[0] != status for each in early):  # else a carrier says it again
            early.append((status, reason))
        return None

    def knows(self, channel: str, message: str) -> bool:
        """Whether one that lives here sent it."""
        return sent_key(channel, message) in self._sent

    def sender(self, channel: str, message: str) -> str:
        """Who lives and sent it; else `NOBODY`."""
        return self._sent.get(sent_key(channel, message), (NOBODY,))[0]

    def written(self, activeflow: str) -> tuple[Thread, ...]:
        """The threads in which an activeflow has written, of very many the last."""
        held = self._held.get(activeflow)
        keys = held.keys.items() if held is not None else ()
        return tuple((*key, since) for key, since in keys if since >= 0)[-_MOST_WRITTEN:]

    def held(self, activeflow: str) -> tuple[list[Thread], list[str]]:
        """The threads that an activeflow has or that are its when others end, since when each; and the
        messages that it sent, as of `sent_key`."""
        held = self._held.get(activeflow)
        if held is None:
            return [], []
        return [(*key, since) for key, since in held.keys.items()], list(held.messages)

    def over(self, activeflow: str) -> None:
        """It ended: its threads are whose they would be without it."""
        held = self._held.pop(activeflow, None)
        if held is None:
            return
        for key in held.keys:
            self._hidden.discard((activeflow, key))
            left = self._claims[key] = [each for each in self._claims[key] if each[1] != activeflow]
            if not left:
                del self._claims[key]
        for message in held.messages:
            self._sent.pop(message, None)

    def _of(self, activeflow: str) -> _Held:
        held = self._held.get(activeflow)
        if held is None:
            self._held[activeflow] = held = _Held(None, {}, [])
        return held

    def _claim(self, key: _Key, at: int, activeflow: str, held: _Held) -> None:
        if isinstance(key[1], Secret):
            self._hidden.add((activeflow, key))
        before = held.keys.get(key, at + 1)
        if before <= at:
            return
        if key in held.keys:
            self._claims[key].remove((before, activeflow))
        insort(self._claims.setdefault(key, []), (at, activeflow), key=lambda each: each[0])
        held.keys[key] = at
