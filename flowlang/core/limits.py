"""What an activeflow may use. All limits count steps, entries or characters, never time, so that a replay
meets them at the same place."""

from __future__ import annotations

from dataclasses import dataclass

from flowlang.model.policy import EVERYTHING, Policy
from flowlang.model.values import MINUTE


@dataclass(frozen=True, slots=True)
class Limits:
    """Defaults suit a conversation with people; a host may set others for a whole engine."""

    steps_per_input: int = 500_000
    """Loop rounds, calls and actions while one input is handled, by how much is written in them and by the
    size of what they make; about a tenth of a second of a script that spins, and less than 32 MiB."""
    grace: int = 1_000
    """Further steps after a `budget` fault, for `catch`, `finally` and the route's `else`."""
    overruns: int = 4
    """The overrun that ends the activeflow outright."""
    waiting_events: int = 1_000
    """Events that one `on` keeps while its handler runs."""
    kept_signals: int = 100
    """Signals of one name that are kept until somebody handles them."""
    kept_messages: int = 100
    """Messages that are kept until somebody takes them."""
    typed_ahead: int = 100
    """Digits kept for the next `ask`."""
    history: int = 5_000
    """Journal entries; past them the fault `history_full`."""
    strands: int = 1_000
    """Streams and handlers alive at once."""
    family: int = 1_000
    """Activeflows alive at once that one began by `start`, they by theirs, and so on."""
    ending: int = MINUTE
    """Microseconds that a `finally`, an `on hangup` and the handlers of a block that ends have to come to an
    end."""
    policy: Policy = EVERYTHING
    """The operator's: what scripts may reach, as far as their own policies allow it. An activeflow keeps to
    the one that it began with. `open_engine` allows nothing unless it is told."""
