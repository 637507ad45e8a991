"""What an activeflow has of its script and opening, and the parts that most never need: made when they are
first asked for, so that an idle one is small."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from flowlang.compile.runtime.faults import Fault
from flowlang.model.events import CallEnded, TransferAsked
from flowlang.model.secrets import MASK
from flowlang.model.values import Value

from .chance import Chance
from .conditions import Conditions
from .legs import Legs
from .limits import Limits
from .messages_in import MessagesIn
from .policy import Rules
from .typing_ahead import Digits

if TYPE_CHECKING:
    from flowlang.compile import Script

    from .activeflow import Activeflow
    from .opening import Opening


class Parts:
    """The base of `Activeflow`."""

    __slots__ = (
        "_chance", "_conditions", "_digits", "_legs", "_messages", "_predefined", "limits", "opening",
        "script", "secrets",
    )  # fmt: skip

    def __init__(self, script: Script, opening: Opening, limits: Limits) -> None:
        self.script = script
        self.secrets = script.program.secrets
        """What of the script is secret."""
        self.opening = opening
        self.limits = limits
        self._chance: Chance | None = None
        self._conditions: Conditions | None = None
        self._digits: Digits | None = None
        self._legs: Legs | None = None
        self._messages: MessagesIn | None = None
        self._predefined: dict[str, dict[str, Value]] | None = None

    def text_of(self, fault: Fault) -> str:
        """What watchers see of a fault's text."""
        return MASK if self.secrets.hides_line(fault.line) else fault.text

    @property
    def line_of_flow(self) -> int:
        """Where the flow that it began with is declared."""
        program = self.script.program
        info = program.flows.get(self.opening.flow)
        return program.module.source.position(info.decl.span.start).line if info is not None else 0

    @property
    def rules(self) -> Rules:
        """What it may reach."""
        return Rules(self.script.program.policy, self.limits.policy)

    @property
    def messages(self) -> MessagesIn:
        """Those that came in and that no handler took."""
        if self._messages is None:  # most get none
            given = self.opening.inherited
            kept = given.messages if given is not None else ()
            self._messages = MessagesIn(self.limits.kept_messages, kept, self.opening.message_id)
        return self._messages

    @property
    def legs(self) -> Legs:
        """Those that it placed."""
        if self._legs is None:  # most place none
            self._legs = Legs(cast("Activeflow", self))
        return self._legs

    @property
    def placed_legs(self) -> tuple[int, ...]:
        """The numbers of those that are not over."""
        return self._legs.numbers if self._legs is not None else ()

    def of_connected(self, event: CallEnded | TransferAsked) -> bool:
        """Whether what became of the caller's leg concerns first the one that he is connected with."""
        connected = self._legs.connected if self._legs is not None else None
        return connected is not None and connected(event)

    def passes_on(self, digit: str) -> bool:
        """Whether a key of the caller's is for the leg that he is connected with: no strand collects keys."""
        through = self._legs.through if self._legs is not None else None
        if through is None or self.digits.collecting:
            return False
        through(digit)
        return True

    def hang_up_placed(self) -> None:
        """No leg that it placed is left."""
        if self._legs is not None:
            self._legs.hang_up_all()

    @property
    def digits(self) -> Digits:
        """The digits of the caller's leg."""
        if self._digits is None:
            inherited = self.opening.inherited
            self._digits = Digits(self.limits.typed_ahead, inherited.typed if inherited is not None else "")
        return self._digits

    @property
    def conditions(self) -> Conditions:
        """The strands at a `wait until`."""
        if self._conditions is None:
            self._conditions = Conditions()
        return self._conditions

    @property
    def chance(self) -> Chance:
        """Its chance, the same in each replay."""
        if self._chance is None:
            self._chance = Chance(self.opening.seed)
        return self._chance

    @property
    def predefined(self) -> dict[str, dict[str, Value]]:
        """What the script sees as `call`, `caller` and `flow`."""
        if self._predefined is None:  # most activeflows wait, and never ask
            self._predefined = self.opening.predefined()
        return self._predefined
