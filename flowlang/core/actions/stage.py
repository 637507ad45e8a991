"""What an action's body works with."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from flowlang.compile.runtime.faults import Fault
from flowlang.model.actions import Action
from flowlang.model.commands import Answer, BackendCommand, Command, Play, Say
from flowlang.model.events import CALLER_LEG
from flowlang.model.results import Done, Failed, Result
from flowlang.model.secrets import made_of
from flowlang.model.values import Outcome, Value

from ..strand import Strand, WhenLeft

if TYPE_CHECKING:
    from flowlang.core.activeflow import Activeflow


class Answering:
    """The call is being answered: one command, whoever waits for it. It is not withdrawn, for what rings at
    the other end cannot be taken back."""

    __slots__ = ("_flow", "_waiting")

    def __init__(self, flow: Activeflow) -> None:
        self._flow = flow
        self._waiting: list[Strand] = []
        flow.outbox.perform(Answer(CALLER_LEG), self._deliver)

    async def over(self, strand: Strand, when_left: WhenLeft) -> Result:
        """Waits for the result."""
        self._waiting.append(strand)
        return await strand.suspend(lambda: self._waiting.remove(strand), when_left=when_left)

    def _deliver(self, result: Result) -> None:
        self._flow.answering = None
        self._flow.answered = isinstance(result, Done)
        for strand in self._waiting:
            strand.wake(result)


class Stage:
    """One run of an action: its strand, its declaration and its arguments, complete and of the right
    types."""

    __slots__ = ("_hides_value", "action", "given", "strand")

    def __init__(
        self, strand: Strand, action: Action, given: dict[str, Value], *, hides_value: bool = False
    ) -> None:
        self._hides_value = hides_value
        self.strand = strand
        self.action = action
        self.given = given

    @property
    def flow(self) -> Activeflow:
        """The activeflow."""
        return self.strand.flow

    @property
    def key(self) -> str:
        """What names the next command that it gives out, among all of all activeflows: doing the same key
        twice is doing it once."""
        return f"{self.flow.id}-{self.flow.outbox.next_number}"

    def text(self, name: str) -> str:
        """An argument that is a text."""
        value = self.given[name]
        assert isinstance(value, str)
        return value

    def optional_text(self, name: str) -> str | None:
        """An argument that is a text or `none`."""
        value = self.given[name]
        assert value is None or isinstance(value, str)
        return value

    def integer(self, name: str) -> int:
        """An argument that is an integer."""
        value = self.given[name]
        assert isinstance(value, int)
        return value

    async def perform(self, command: Command) -> Value:
        """Gives a command out and waits for what comes of it; a failure is a fault."""
        if self.action.if_left is not None:
            when_left = WhenLeft.TOLD
        elif self.action.on_leg:
            when_left = WhenLeft.LEG
        else:
            when_left = WhenLeft.NOTHING
        withdraw = self.begin(command, self.strand.wake)
        return self.value_of(await self.strand.suspend(withdraw, when_left=when_left))

    def begin(self, command: Command, deliver: Callable[[Result], None]) -> Callable[[], None]:
        """Gives a command out and goes on; returns how to cancel it."""
        outbox = self.flow.outbox
        if self._hides_value:
            outbox.secret = outbox.secret | {outbox.next_number}
        return outbox.perform(command, deliver)

    def value_of(self, result: Result) -> Value:
        """What a command gave; its failure as a fault."""
        if type(result) is Failed:
            if result.code == "gone":
                self.flow.caller_left(Outcome("hangup", {"cause": "lost"}))
            raise Fault(result.code, result.text, self.strand.line)
        return result.value

    async def answer_first(self) -> None:
        """Answers a call that is not answered, unless the script wants to be heard before."""
        if (
            not self.flow.answered
            and self.given.get("early") is not True
            and self.flow.opening.channel == "call"
        ):
            await self.answer()

    async def answer(self) -> None:
        """Answers the call; nothing on one that is answered. Several strands may want it at once."""
        flow = self.flow
        if flow.answered:
            return
        if flow.answering is None:
            flow.answering = Answering(flow)
        when_left = WhenLeft.LEG if self.action.if_left is None else WhenLeft.TOLD
        result = await flow.answering.over(self.strand, when_left)
        self.value_of(result)

    def prompt(self, text: str, files: Value) -> BackendCommand | None:
        """The command that speaks or plays a prompt; `None` for an empty one."""
        early = self.given.get("early") is True
        if files is not None:
            return Play(CALLER_LEG, sound_files(files), early)
        if text:
            text = made_of(text, *self.given.values())
            return Say(CALLER_LEG, text, self.optional_text("language"), self.optional_text("voice"), early)
        return None


def sound_files(given: Value) -> tuple[str, ...]:
    """A file or a list of them; a list must hold texts only."""
    wanted = given if isinstance(given, tuple) else (given,)
    files = tuple(each for each in wanted if isinstance(each, str))
    if not files or len(files) < len(wanted):
        raise Fault("type", "sound files are given as a text or a list of texts that is not empty")
    return files
