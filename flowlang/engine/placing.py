"""How flows of an engine place calls."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

from flowlang.backends.border import Backend, Inbox, Leg, Outgoing, Placer
from flowlang.backends.legs import Place
from flowlang.model.commands import PlaceCall
from flowlang.model.results import Failed

if TYPE_CHECKING:
    from .engine import Engine


def placing(engine: Engine, backends: Iterable[Backend]) -> Place:
    """Places calls at the first backend that can, and begins their records."""
    able = (each for each in backends if PlaceCall.name in each.commands)
    placer = cast("Placer | None", next(able, None))

    def place(command: PlaceCall, inbox: Inbox, caller: Leg | None) -> Leg | Failed:
        if placer is None:
            return Failed("no_backend", "no backend here can place calls")
        outgoing = Outgoing(
            engine.new_id(), command.to, command.source, command.display, command.anonymous, caller,
            {name: str(value) for name, value in command.headers.items()},
        )  # fmt: skip
        run = engine.run_of(inbox.activeflow)
        assert run is not None, "who asks for a leg lives"
        engine.records.placed(outgoing, engine.now(), run.id, run.flow)
        return placer.place(outgoing, inbox)

    return place
