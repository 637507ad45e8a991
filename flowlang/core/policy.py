"""What an activeflow may reach: the script's policy and the operator's, both of which have to allow it.

Numbers are judged first. A number that costs more than a call (premium, personal, shared cost), goes over
a satellite, rings an emergency service or is in no numbering plan fits no pattern: the operator has to name
it exactly, and the script to allow it besides. The numbering plans are loaded when a number is first looked
at.
"""

from __future__ import annotations

from collections.abc import Mapping

from flowlang.compile.runtime.faults import Fault
from flowlang.model.action import Action
from flowlang.model.destinations import Destination, Kind, destination_of
from flowlang.model.policy import Policy, destinations
from flowlang.model.secrets import shown_text
from flowlang.model.values import Value

_SATELLITE = frozenset({870, 881, 882, 883})  # ITU-T E.164: Inmarsat, GMSS, international networks
_PLACING = frozenset({"dial", "call"})


class Rules:
    """`script` is the policy that the script declares, `None` where it has none."""

    __slots__ = ("_operator", "_script")

    def __init__(self, script: Policy | None, operator: Policy) -> None:
        self._script = script
        self._operator = operator

    @property
    def duration(self) -> int | None:
        """How long the activeflow may last, in microseconds."""
        return _least(self._script and self._script.duration, self._operator.duration)

    @property
    def legs(self) -> int | None:
        """How many legs it may have at once, beside the caller's."""
        return _least(self._script and self._script.legs, self._operator.legs)

    def why_refused(self, kind: Kind, text: str) -> str | None:
        """Why a destination is refused; `None` where it is allowed."""
        try:
            destination = destination_of(kind, text)
        except ValueError as error:
            return str(error)
        if self._script is None:
            return "the script has no `policy` that allows it"
        special = _special(destination)
        if special is not None and not self._operator.names(kind, destination):
            return f"it is {special}, which the operator has to name exactly"
        if not self._script.covers(kind, destination):
            return f"no `allow {kind}` of the script's policy covers it"
        if not self._operator.covers(kind, destination):
            return "the operator's policy does not allow it"
        return None

    def check(self, kind: Kind, text: str, line: int) -> None:
        """Raises the fault `policy` where a destination is refused."""
        why = self.why_refused(kind, text)
        if why is not None:
            what = f"the header {_shown(text)}" if kind == "header" else f"`{kind}` to {_shown(text)}"
            raise Fault("policy", f"{what} is refused: {why}", line)

    def check_action(self, action: Action, arguments: Mapping[str, Value], legs: int, line: int) -> None:
        """The same for all that an action with these arguments reaches, and for the legs that it places
        beside those that there are."""
        reached = list(destinations(action, arguments))
        for kind, text in reached:
            self.check(kind, text, line)
        most = self.legs
        if most is not None and action.name in _PLACING:
            called = sum(kind == "dial" for kind, _ in reached)
            legs += 1 if arguments.get("strategy") == "serial" else called
            if legs > most:
                text = f"`{action.name}` is refused: it would be leg {legs}, and `limit legs` is {most}"
                raise Fault("policy", text, line)


def _least(one: int | None, other: int | None) -> int | None:
    if one is None or other is None:
        return one if other is None else other
    return min(one, other)


def _shown(text: str) -> str:
    shown = shown_text(text)
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in shown[:200])


def _special(destination: Destination) -> str | None:
    """What is special about the number that a destination is, if anything."""
    if destination.emergency:
        return "an emergency number somewhere"
    return _special_number(destination.number) if destination.number is not None else None


def _special_number(number: str) -> str | None:
    import phonenumbers
    from phonenumbers import PhoneNumberType

    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return "a number that no numbering plan has"
    if parsed.country_code in _SATELLITE:
        return "a satellite number"
    if not phonenumbers.is_valid_number(parsed):
        return "a number that no numbering plan has"
    match phonenumbers.number_type(parsed):
        case PhoneNumberType.PREMIUM_RATE:
            return "a premium number"
        case PhoneNumberType.PERSONAL_NUMBER:  # as +44 70: wherever it rings, who calls pays for it
            return "a personal number, which may cost as much as a premium one"
        case PhoneNumberType.SHARED_COST:
            return "a shared-cost number"
        case _:
            return None
