"""The journal of an activeflow: what it opened with, each input in the order taken, and a hash of what came
of it.

Replay feeds the same inputs to the same script. Where what comes out differs the script, or flowlang, is not
the same, and nothing is done on from there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from msgspec import Struct

from flowlang.model.plain import digest

from .activeflow import Activeflow
from .inputs import Input, input_from_plain
from .outputs import Note, Output, output_to_plain


class Journal(Protocol):
    """Where a store keeps one activeflow's entries."""

    def open(self, opening: dict[str, Any]) -> None:
        """Writes the first entry; a second time, when the activeflow goes on as another flow, all others
        go."""
        ...

    def append(self, given: list[Any], outcome: bytes) -> None:
        """Writes an input and the hash of what it gave."""
        ...

    def end(self, at: int, ending: list[Any]) -> None:
        """Writes how it ended; nothing comes after."""
        ...


class Entry(Struct):
    """One input as plain data, with the hash of the outputs."""

    given: list[Any]
    outcome: bytes


@dataclass(slots=True)
class MemoryJournal:
    """A journal in memory."""

    opening: dict[str, Any] = field(default_factory=dict[str, Any])
    entries: list[Entry] = field(default_factory=list[Entry])

    def open(self, opening: dict[str, Any]) -> None:
        """Writes the first entry."""
        self.opening = opening
        self.entries.clear()

    def append(self, given: list[Any], outcome: bytes) -> None:
        """Writes an input and the hash of what it gave."""
        self.entries.append(Entry(given, outcome))

    def end(self, at: int, ending: list[Any]) -> None:
        """The last entry tells it."""


_NOTHING = digest([])


def outcome_hash(outputs: list[Output]) -> bytes:
    """Stands for all commands that an input gave, in order."""
    plain = [output_to_plain(each) for each in outputs if type(each) is not Note]
    return digest(plain) if plain else _NOTHING


class Diverged(Exception):
    """A replay gave something else than the journal has; `entry` counts from 0."""

    def __init__(self, entry: int, given: list[Any]) -> None:
        super().__init__(f"entry {entry} ({given[0]}) gives other commands than the journal has")
        self.entry = entry


def run_input(flow: Activeflow, given: Input) -> list[Output]:
    """Feeds an input to its end, slices and all."""
    outputs = flow.feed(given)
    while flow.busy:
        outputs += flow.resume()
    return outputs


def check_entry(flow: Activeflow, number: int, entry: Entry, given: Input | None = None) -> list[Output]:
    """Feeds one entry of a journal, `given` where it is at hand, and tells what came of it. Raises
    `Diverged`."""
    outputs = run_input(flow, given if given is not None else input_from_plain(entry.given))
    if (outcome_hash(outputs) if outputs else _NOTHING) != entry.outcome:
        raise Diverged(number, entry.given)
    return outputs
