"""What an agent does for its calls and registrations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from flowlang.sip.address import Address
from flowlang.sip.dialog import DialogKey
from flowlang.sip.outputs import Event
from flowlang.sip.timers import Settings, TimerHeap
from flowlang.sip.transactions import Transactions

if TYPE_CHECKING:
    from flowlang.sip.leg import CallLeg


class AgentServices(Protocol):
    """The agent, as its calls and registrations see it."""

    settings: Settings
    timers: TimerHeap
    transactions: Transactions

    def emit(self, event: Event) -> None:
        """Give an event to the user."""
        ...

    def send(self, data: bytes, destination: Address, local: Address) -> None:
        """Put bytes on the wire outside of a transaction (ACK for a 2xx)."""
        ...

    def enter(self, key: DialogKey, leg: CallLeg) -> None:
        """Let requests of this dialog find the leg."""
        ...

    def forget(self, leg: CallLeg) -> None:
        """Let nothing find the leg any more."""
        ...

    def is_at_home(self, leg: CallLeg, host: Address) -> bool:
        """Whether the credentials of a leg belong there: where its INVITE went, or at its trunk."""
        ...

    def branch(self) -> str:
        """A new branch, without the magic cookie."""
        ...

    def marked(self, branch: str, call_id: str) -> str:
        """A branch of ours for an INVITE that begins a call, with what shows that it is; see `strays`."""
        ...

    def call_of(self, key: DialogKey) -> CallLeg | None:
        """The call that has this dialog, `None` for none."""
        ...

    def tag(self) -> str:
        """A new tag."""
        ...

    def token(self, size: int) -> str:
        """2 * `size` hex digits that nobody can guess."""
        ...

    def random(self, below: int) -> int:
        """A number from 0 to `below` - 1."""
        ...

    def contact(self, local: Address, *, secure: bool = False) -> str:
        """The Contact value under which `local` is reached, in a call that is `secure` or not."""
        ...
