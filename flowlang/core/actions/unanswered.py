"""What it means that a leg which was placed came to nothing, and which of several such counts."""

from __future__ import annotations

from dataclasses import dataclass

from flowlang.model.causes import q850_cause
from flowlang.model.values import Outcome

_BUSY = frozenset({486, 600})  # RFC 3261 §21.4.24, §21.6.1
_REJECTED = frozenset({603, 607, 608})  # RFC 3261 §21.6.2, RFC 8197, RFC 8688
_RANK = ("busy", "no_answer", "rejected", "failed")


@dataclass(frozen=True, slots=True)
class Unanswered:
    """One leg that was refused, or gave no answer in time (`status` 0 and `late`). `q850` is the cause that
    the other side gave, 0 where it gave none."""

    to: str
    status: int
    reason: str
    rang: bool = False
    late: bool = False
    q850: int = 0

    @property
    def name(self) -> str:
        """The outcome's name. A 408 is the callee's only where it rang: else nothing was there."""
        if self.late or self.status == 480 or (self.status == 408 and self.rang):
            return "no_answer"
        if self.status in _BUSY:
            return "busy"
        return "rejected" if self.status in _REJECTED else "failed"

    def as_outcome(self) -> Outcome:
        """As the script has it."""
        return Outcome(
            self.name,
            {
                "to": self.to,
                "status": self.status or None,
                "reason": self.reason,
                "q850": self.q850 or q850_cause(self.status, rang=self.rang and self.late),
            },
        )


def which_counts(all_of_them: list[Unanswered]) -> Unanswered:
    """Of several targets: a 6xx speaks for the person, wherever he is (RFC 3261 §16.7 step 5); then busy, no
    answer, failed."""
    return min(all_of_them, key=lambda each: (each.status < 600, _RANK.index(each.name)))
