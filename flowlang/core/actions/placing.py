"""What `dial` and `call` share: whom they call, as whom, and for how long it may ring."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from flowlang.compile.runtime.faults import Fault
from flowlang.model.header_names import why_no_headers
from flowlang.model.values import Duration, Value

from ..legs import LegEvent, PlacedLeg
from ..timers import Timer, TimerClass
from .stage import Stage

_MOST_TARGETS = 20
_MOST_REDIRECTIONS = 5


def targets(stage: Stage) -> list[str]:
    """The addresses to call."""
    given = stage.given["to"]
    wanted = given if isinstance(given, tuple) else (given,)
    texts = [each for each in wanted if isinstance(each, str) and each]
    if len(texts) != len(wanted) or not 1 <= len(texts) <= _MOST_TARGETS:
        raise Fault(
            "type", f"`{stage.action.name}` takes an address or a list of 1 to {_MOST_TARGETS} of them"
        )
    return texts


def place(stage: Stage, to: str, take: Callable[[PlacedLeg, LegEvent], None]) -> PlacedLeg:
    """Calls one target as the action's arguments say; the caller id is the number that was called where the
    script gives none."""
    return _place(stage, to, take, _headers(stage))


def place_transferred(
    stage: Stage, to: str, replaces: str | None, take: Callable[[PlacedLeg, LegEvent], None]
) -> PlacedLeg:
    """The same for a target that the other side names: what the script tells its own targets by headers is
    not for this one."""
    return _place(stage, to, take, {}, replaces)


def _place(
    stage: Stage,
    to: str,
    take: Callable[[PlacedLeg, LegEvent], None],
    headers: dict[str, Value],
    replaces: str | None = None,
) -> PlacedLeg:
    source = stage.optional_text("from") or stage.flow.opening.ours
    display = stage.optional_text("name")
    hidden = source is not None and stage.flow.opening.hides(source)  # RFC 3325 §7: nor by us
    anonymous = hidden or stage.given["anonymous"] is True
    return stage.flow.legs.place(
        to, source, display, take, anonymous=anonymous, headers=headers, replaces=replaces
    )


def _headers(stage: Stage) -> dict[str, Value]:
    """What the script gives; the policies were asked for their names already."""
    given = stage.given["headers"]
    if not isinstance(given, dict) or not given:
        return {}
    why = why_no_headers(given)
    if why is not None:
        raise Fault("value", why)
    return given


def may_place(stage: Stage, to: str, what: str) -> bool:
    """Whether the policies let us call somebody whom the other side names; a warning tells why not, of
    `what`."""
    flow = stage.flow
    why = flow.rules.why_refused("dial", to)
    most = flow.rules.legs
    if why is None and most is not None and len(flow.placed_legs) >= most:
        why = f"`limit legs` is {most}"
    if why is not None:
        flow.warn(f"{what} is refused: {why}", stage.strand.line)
    return why is None


class Redirections:
    """Where else an action is to call, as a 3xx says: each a new call to the policies (RFC 3261 §8.1.3.4),
    nobody twice, and so few in all that who is sent from one to the next finds an end."""

    def __init__(self, stage: Stage, called: Iterable[str]) -> None:
        self._stage = stage
        self._called = set(called)
        self._left = _MOST_REDIRECTIONS

    def of(self, contacts: tuple[str, ...]) -> Iterator[str]:
        """Whom to call now; the next is looked at when this one was placed."""
        for each in contacts:
            if each in self._called or not self._left:
                continue
            if may_place(self._stage, each, "a redirection"):
                self._left -= 1
                self._called.add(each)
                yield each


def ringing_time(stage: Stage, over: Callable[[], None]) -> Timer:
    """Calls `over` when it has rung for as long as it may."""
    flow = stage.flow
    return flow.timers.add(flow.at + ringing_microseconds(stage), TimerClass.WAIT, 0, over)


def ringing_microseconds(stage: Stage) -> int:
    """For how long it may."""
    timeout = stage.given["timeout"]
    assert isinstance(timeout, Duration)
    return max(0, timeout.microseconds)
