"""A leg that was placed and came to nothing, as a script has it."""

from __future__ import annotations

from dataclasses import dataclass

from flowlang.model.causes import q850_cause
from flowlang.model.unanswered import unanswered_name, unanswered_rank
from flowlang.model.values import Outcome


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
        """The outcome's name."""
        return unanswered_name(self.status, rang=self.rang, late=self.late)

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
    """Of several targets; see `model.unanswered`."""
    return min(all_of_them, key=lambda each: unanswered_rank(each.status, rang=each.rang, late=each.late))
