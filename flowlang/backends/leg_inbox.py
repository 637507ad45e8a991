"""Where a leg delivers: the activeflow that has it, under the number that it goes by there.

A leg does not wait while it changes hands: what became of it between the decision and the handing over is
told to whoever gets it.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from flowlang.model.events import CALLER_LEG, CallAnswered, CallEnded, CallRefused, Event

from .border import Inbox


class LegInbox:
    """The inbox of a leg that was placed. It may change hands: `call` gives it an activeflow of its own, and
    `dial` lends it to one. Whose it is has `over` told the number of the leg when that is over."""

    __slots__ = ("_answered", "_end", "_lender", "_number", "_over", "_owner")

    def __init__(self, owner: Inbox, number: int, over: Callable[[int], None]) -> None:
        self._owner = owner
        self._number = number
        self._over = over
        self._lender: tuple[Inbox, int] | None = None
        self._answered = False
        self._end: CallEnded | CallRefused | None = None

    @property
    def activeflow(self) -> str:
        """That which has the leg."""
        return self._owner.activeflow

    def hand_to(self, owner: Inbox, *, answered: bool = True) -> None:
        """From now on the leg is the caller's there, who takes it for `answered` or not."""
        self._owner = owner
        self._number = CALLER_LEG
        if self._answered and not answered:
            owner.deliver(CallAnswered(CALLER_LEG))
        if self._end is not None:
            owner.deliver(self._end)

    def lend_to(self, owner: Inbox) -> None:
        """As `hand_to`, until that gives it back. The lender knows already of one that is over."""
        if self._end is None:
            self._lender = self._owner, self._number
        self.hand_to(owner)

    def give_back(self, event: Event) -> None:
        """The leg is the lender's again, who is told how that went; nothing where it was taken back."""
        if self._lender is not None:
            self._owner, self._number = self._lender
            self._lender = None
            self.deliver(event)

    def take_back(self) -> None:
        """The lender gives the leg up: for who has it, it is over."""
        if self._lender is not None:
            self._lender = None
            self._owner.deliver(CallEnded(CALLER_LEG, "cancelled"))

    def why_refused(self, to: str) -> str | None:
        """By the policy of that which has the leg."""
        return self._owner.why_refused(to)

    def deliver(self, event: Event) -> None:
        """Passes on what became of the leg."""
        if isinstance(event, CallAnswered):
            self._answered = True
        elif isinstance(event, CallEnded | CallRefused):
            self._end = event
        if self._number != CALLER_LEG:
            event = replace(event, leg=self._number)
        self._owner.deliver(event)
        if self._number != CALLER_LEG and isinstance(event, CallEnded | CallRefused):
            self._over(self._number)
