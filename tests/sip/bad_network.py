"""A network in the hands of hypothesis, which says what is delivered, lost, repeated and overtaken.

What is under way for T1 is lost. So no repetition outlives the transaction that it belongs to: a client says
its request for the last time at 63*T1, a server knows it for 64*T1 (RFC 3261 §17, timers H, J and L).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from flowlang.sip.address import Address

from .wire import LIFETIME, T1

QUICK = settings(max_examples=40, stateful_step_count=40, deadline=None, derandomize=True)
"""`make test` has no time for more."""


class Node(Protocol):
    """Who is at an address."""

    def receive(self, data: bytes, source: Address, local: Address, now: float) -> None: ...

    def tick(self, now: float) -> None: ...

    def next_deadline(self) -> float | None: ...


@dataclass(slots=True)
class Flight:
    """A datagram under way."""

    sent: float
    data: bytes
    source: Address
    destination: Address


class BadNetwork(RuleBasedStateMachine):
    """`nodes` are there by their addresses. A machine on top of it says what users do, and `collect`s what
    the nodes want sent, by `send`."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.nodes: dict[Address, Node] = {}
        self.flights: list[Flight] = []

    def collect(self) -> None:
        """Take from the nodes what they want sent and tell."""
        raise NotImplementedError

    def send(self, data: bytes, source: Address, destination: Address) -> None:
        """It is under way from now on."""
        if destination in self.nodes:
            self.flights.append(Flight(self.now, data, source, destination))

    @rule(choice=st.integers(0, 1_000))
    def deliver(self, choice: int) -> None:
        """Any of them, so that it overtakes others."""
        if self.flights:
            self._arrive(self.flights.pop(choice % len(self.flights)))

    @rule(choice=st.integers(0, 1_000))
    def lose(self, choice: int) -> None:
        if self.flights:
            self.flights.pop(choice % len(self.flights))

    @rule(choice=st.integers(0, 1_000))
    def repeat(self, choice: int) -> None:
        if self.flights:
            flight = self.flights[choice % len(self.flights)]
            self.flights.append(Flight(flight.sent, flight.data, flight.source, flight.destination))

    @rule()
    def deliver_all(self) -> None:
        """And what comes of them, until nothing is under way."""
        while self.flights:
            self._arrive(self.flights.pop(0))

    @rule(times=st.sampled_from([0.3, 1.0, 4.0, 20.0, 70.0]), well=st.booleans())
    def wait(self, times: float, well: bool) -> None:
        """So many T1; meanwhile all messages come, or none."""
        self.run(self.now + times * T1, well=well)

    def run(self, until: float, *, well: bool) -> None:
        """Let time pass."""
        while True:
            if well:
                self.deliver_all()
            deadlines = [at for node in self.nodes.values() if (at := node.next_deadline()) is not None]
            due = max(self.now, min(deadlines, default=math.inf))
            if due > until:
                break
            self.now = due
            for node in self.nodes.values():
                node.tick(due)
            self.collect()
            self._forget_late()
        self.now = until
        self._forget_late()

    def run_out(self) -> None:
        """Let all that was begun come to its end, on a network that is well again."""
        self.run(self.now + 4 * LIFETIME, well=True)

    def _arrive(self, flight: Flight) -> None:
        self.nodes[flight.destination].receive(flight.data, flight.source, flight.destination, self.now)
        self.collect()

    def _forget_late(self) -> None:
        self.flights = [each for each in self.flights if self.now - each.sent < T1]
