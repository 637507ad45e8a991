"""A simulated phone: what a person with a phone at the ear does and hears."""

from __future__ import annotations

from typing import cast

from flowlang.backends.live_leg import LiveCallee, LiveLeg
from flowlang.backends.simulated_leg import Answered, Ended, Heard, LegState, Refused


class NeverHeardError(Exception):
    """The call was over before the text was heard; the message tells what was heard in its place."""


class SimulatedPhone:
    """One call that a simulated phone placed.

    `wait_heard` goes through the transcript once: each call looks only at what came after the last match, so
    that waiting twice for a prompt waits for its repetition.
    """

    def __init__(self, leg: LiveLeg | LiveCallee) -> None:
        self._line = leg.line
        self._seen = 0

    @property
    def _leg(self) -> LiveLeg | LiveCallee:
        """At whose far end it is."""
        return cast("LiveLeg | LiveCallee", self._line.leg)

    @property
    def state(self) -> LegState:
        """`Calling`, `Ringing`, `Answered`, `Refused(status)` or `Ended(by, cause)`."""
        return self._leg.state

    @property
    def call_id(self) -> str:
        """The id of the leg in observations and records."""
        return self._leg.incoming.id

    @property
    def activeflow(self) -> str | None:
        """The id of the activeflow that took the call."""
        return self._leg.activeflow

    @property
    def heard(self) -> tuple[Heard, ...]:
        """All that was heard so far, in order."""
        return tuple(self._leg.heard)

    def speak(self, text: str) -> None:
        """Says something: into what is recorded, and to whoever is connected."""
        self._leg.speak(text)

    def press(self, digits: str) -> None:
        """Presses keys: `"12#"`. Raises `PhoneError` where that is not possible."""
        self._leg.press(digits)

    def hold(self) -> None:
        """Puts the other side on hold."""
        self._leg.hold()

    def unhold(self) -> None:
        """Takes it off hold."""
        self._leg.unhold()

    def transfer(self, to: str) -> None:
        """Asks that `to` takes its place; it stays until that answers, unless it hangs up."""
        self._leg.transfer(to)

    def transfer_to(self, other: SimulatedPhone) -> int:
        """Asks that those to whom it talks in this call and in another one of its own go on without it (an
        attended transfer): 200 where they do, else as SIP has it."""
        return self._leg.transfer_to(other._leg)

    def hang_up(self) -> None:
        """Leaves; an unanswered call is cancelled."""
        self._leg.hang_up()

    async def wait_heard(self, text: str, *, to_the_end: bool = False) -> Heard:
        """Waits until something that contains `text` begins to be heard, or was heard whole (`to_the_end`;
        what is cut does not count then). Raises `NeverHeardError` when the call is over before."""
        while True:
            await self._leg.wait_until(lambda: self._leg.over or self._find(text, to_the_end) is not None)
            found = self._find(text, to_the_end)
            if found is None:
                raise NeverHeardError(
                    f"{text!r} was never heard, but {[each.what for each in self._leg.heard]}"
                )
            self._seen = found + 1
            return self._leg.heard[found]

    async def wait_answered(self) -> None:
        """Waits until the call is answered. Raises `NeverHeardError` when it never is."""
        await self._leg.wait_until(lambda: self._leg.over or isinstance(self.state, Answered))
        if not isinstance(self.state, Answered):
            raise NeverHeardError(f"the call was not answered: {self.state}")

    async def wait_quiet(self) -> None:
        """Waits until nothing can be heard."""
        await self._leg.wait_until(lambda: not self._leg.speaking)

    async def wait_ended(self) -> Refused | Ended:
        """Waits until the call is over, and tells how."""
        await self._leg.wait_until(lambda: self._leg.over)
        state = self.state
        assert isinstance(state, Refused | Ended)  # what `over` means
        return state

    def _find(self, text: str, to_the_end: bool) -> int | None:
        for index in range(self._seen, len(self._leg.heard)):
            heard = self._leg.heard[index]
            if text in heard.what and (not to_the_end or (heard.until is not None and not heard.cut)):
                return index
        return None


class CalledPhone(SimulatedPhone):
    """A phone that a flow calls."""

    def __init__(self, leg: LiveCallee) -> None:
        super().__init__(leg)
        self._callee = leg

    def answer(self) -> None:
        """Takes the call. Raises `PhoneError` where there is none to take."""
        self._callee.answer()

    def reject(self, status: int = 603) -> None:
        """Does not take it: 486 is busy, 603 declines. Raises `PhoneError` where there is none."""
        self._callee.reject(status)
