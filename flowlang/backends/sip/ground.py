"""What all legs of a backend stand on."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import trio

from flowlang.backends.border import DialogKeeper, Host
from flowlang.backends.media import MediaPlane, Prompt
from flowlang.backends.media.sounds import Sounds
from flowlang.rtp import RandomBits
from flowlang.sip import Accounts, CallLeg
from flowlang.sip.offer_answer import CODECS, Codec

from .chains import Chains
from .endpoint import Endpoint
from .ladders import Ladders

if TYPE_CHECKING:
    from .leg import SipLeg


@dataclass(frozen=True, slots=True)
class Ground:
    """`legs` are those that the agent's events are for, by their call; `recordings` the folder of recordings,
    if there is one; `codecs` are what may be spoken, the preferred first; `dialogs` keeps what ends a call
    after a crash; `accounts` are those of phones."""

    host: Host
    endpoint: Endpoint
    plane: MediaPlane
    sounds: Sounds
    nursery: trio.Nursery
    random: RandomBits
    music: Prompt
    recordings: Path | None = None
    legs: dict[CallLeg, SipLeg] = field(default_factory=dict["CallLeg", "SipLeg"])
    chains: Chains = field(default_factory=Chains)
    codecs: tuple[Codec, ...] = CODECS
    ladders: Ladders | None = None
    dialogs: DialogKeeper | None = None
    accounts: Accounts = field(default_factory=Accounts)

    def enter(self, call: CallLeg, leg: SipLeg) -> None:
        """What the agent tells of this call is for that leg."""
        self.legs[call] = leg
        if self.ladders is not None and leg.inbox is not None:
            self.ladders.enter(call.call_id, leg.inbox.activeflow, self.host.now())

    def leave(self, call: CallLeg) -> None:
        """The call is over, or nobody is left whom it concerns."""
        self.legs.pop(call, None)
        if not call.incoming:
            self.chains.over(call.call_id)
        if self.ladders is not None:
            self.ladders.leave(call.call_id, self.host.now())
