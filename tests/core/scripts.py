"""Random scripts that are right, and random inputs for them: what the properties of the core are tested with.

`Scripts` asks a source of chance for every choice, so that hypothesis can shrink what it finds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import TypeVar

from flowlang.core import Happened, Input, StopAsked
from flowlang.model.events import CallEnded, CallHeld, CallUnheld, DigitPressed, SignalReceived
from flowlang.model.values import MILLISECOND, SECOND

T = TypeVar("T")

FLOWS = 3  # `main` and those that it calls; each calls only those behind it
DEPTH = 4
EVENTS = ('dtmf "1"', 'dtmf "2"', "dtmf", "hold", "unhold", "signal", 'signal "paid"', "ping", "hangup")

STRAIGHT = (
    "n = n + 1", "n = random(0, 3)", "if n < 2 { n = n * 2 } else { n = n / 0 }", "raise 'oops'",
    "match n { 1 => n = 5; _ => n = 1 }",
)  # fmt: skip
"""Bodies of handlers that run straight through."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a statement stands: what it may do there."""

    flow: int
    depth: int = 0
    labels: tuple[str, ...] = ()
    """Of the loops that can be left from here."""
    in_loop: bool = False
    of_action: bool = False
    final: bool = False
    catch: bool = False
    leg: bool = True
    """Whether a call action may stand here: not where the checker knows that the caller is gone."""


class Scripts:
    """Writes one script."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.named = 0
        self.room = 60  # statements in all

    def script(self) -> str:
        flows = [self.flow(number) for number in range(FLOWS)]
        return "\n".join(flows)

    def flow(self, number: int) -> str:
        self.room = max(self.room, 12)
        body = self.statements(Place(number), " " * 4)
        name = "main" if number == 0 else f"f{number}"
        return f"flow {name} {{\n    let n = 0\n{body}}}\n"

    def one_of(self, choices: Sequence[T]) -> T:
        return choices[self.chance.randrange(len(choices))]

    def name(self, prefix: str) -> str:
        self.named += 1
        return f"{prefix}{self.named}"

    def seconds(self) -> str:
        return self.one_of(("0s", "500ms", "1s", "2s", "3s", "5s", "9s", "70s"))

    def block(self, place: Place, indent: str, **changes: object) -> str:
        inner = replace(place, depth=place.depth + 1, **changes)  # type: ignore[arg-type]
        return "{\n" + self.statements(inner, indent + "    ") + indent + "}"

    def statements(self, place: Place, indent: str) -> str:
        written: list[str] = []
        for _ in range(self.one_of((1, 2, 2, 3, 3, 4))):
            self.room -= 1
            compound = place.depth < DEPTH and self.room > 0 and self.chance.randrange(3)
            written.append(self.compound(place, indent) if compound else self.simple(place))
        return "".join(f"{indent}{each}\n" for each in written)

    # -- simple statements

    def simple(self, place: Place) -> str:
        choices = [
            self.log, self.count, self.action, self.action, self.action, self.wait, self.wait, self.leave,
            self.leave, self.call, self.small,
        ]  # fmt: skip
        return self.one_of(choices)(place)

    def log(self, _: Place) -> str:
        return f'log "{self.name("l")} ${{n}}"'

    def count(self, _: Place) -> str:
        return "n = n + 1"

    def action(self, place: Place) -> str:
        action = self.one_of(
            ("speak", "tune", "ringup", "fetch", "post", "fetch") if place.leg else ("fetch", "post")
        )
        word = self.one_of((f'"{self.name("w")}"', '"bad"', "n"))
        if self.chance.randrange(3):
            return f"{action} {word}"
        return f"n = n + number(count({action}({word}), n))"

    def wait(self, _: Place) -> str:
        return self.one_of(
            (
                f"wait {self.seconds()}",
                f"wait until now() + {self.seconds()}",
                f"wait until n > {self.chance.randrange(4)}",
                f"let {self.name('_e')} = wait for {self.one_of(EVENTS)} within {self.seconds()}",
                "let " + self.name("_e") + " = wait for dtmf",
                f"wait for {self.one_of(EVENTS)} within 3s",
            )
        )

    def leave(self, place: Place) -> str:
        exits = ["stop", "raise 'oops'", "raise {code: 'mine', text: '${n}'}", 'log "${n / 0}"']
        if place.catch:
            exits.append("raise")
        if place.in_loop:
            exits += ["break", "continue"] * 2
        if place.of_action:
            exits += ["break"] * 3
        exits += [f"{way} {label}" for label in place.labels for way in ("break", "continue")] * 2
        if not place.final:
            exits += ["return", "return n"] * 2
            if place.leg:  # elsewhere it would be another way out of an `on hangup`
                exits.append(f"handoff next('{self.name('h')}', n)")
        return f"if n < {self.chance.randrange(4)} {{ {self.one_of(exits)} }}"

    def call(self, place: Place) -> str:
        if place.flow + 1 >= FLOWS or not place.leg:
            return self.log(place)
        flow = self.one_of(range(place.flow + 1, FLOWS))
        return self.one_of((f"f{flow}()", f"let {self.name('_r')} = f{flow}()", "start quiet(n)"))

    def small(self, place: Place) -> str:
        choices = ["emit ping", "emit ping, {a: n}", "n = random(0, 3)", "log text(elapsed())"]
        if place.leg:
            choices += [
                "answer",
                f'match ask("?", digits: 1, timeout: {self.seconds()}) {{ "1" => n = 1; _ => log "?" }}',
            ]
        if place.leg and not self.chance.randrange(6):
            return f"if n == {self.chance.randrange(3)} {{ hangup }}"
        return self.one_of(choices)

    # -- statements with blocks

    def compound(self, place: Place, indent: str) -> str:
        choices = [
            self.loop, self.loop, self.within, self.attempt, self.attempt, self.on, self.on, self.on,
            self.stream, self.together, self.branch, self.with_handlers, self.every,
        ]  # fmt: skip
        return self.one_of(choices)(place, indent)

    def loop(self, place: Place, indent: str) -> str:
        label = self.name("o")
        head = self.one_of(
            ("loop", "loop up to 2", "loop up to 3", f"for {self.name('_x')} in [1, 2, 3]", "while n < 3")
        )
        if head.startswith("while"):
            self.room -= 1
        body = self.block(place, indent, labels=(*place.labels, label), in_loop=True, of_action=False)
        return f"{label}: {head} {body}"

    def every(self, place: Place, indent: str) -> str:
        duration = self.one_of(("1s", "7s", "600ms"))
        return f"every {duration} {self.block(place, indent, in_loop=True, of_action=False)}"

    def within(self, place: Place, indent: str) -> str:
        otherwise = f" else {self.block(place, indent)}" if self.chance.randrange(2) else ""
        return f"within {self.seconds()} {self.block(place, indent)}{otherwise}"

    def attempt(self, place: Place, indent: str) -> str:
        parts = [f"try {self.block(place, indent)}"]
        how = self.chance.randrange(3)
        if how != 1:
            caught = self.name("c")
            body = self.block(place, indent, catch=True)
            parts.append(f"catch {caught} " + body.replace("{", f'{{ log "caught ${{{caught}.code}}";', 1))
        if how != 0:
            final = replace(place, labels=(), in_loop=False, of_action=False, final=True, catch=False)
            parts.append(f"finally {self.block(final, indent)}")
        return " ".join(parts)

    def on(self, place: Place, indent: str) -> str:
        event = self.one_of(EVENTS)
        leg = place.leg and event != "hangup"
        when = f" when n < {self.chance.randrange(5)}" if not self.chance.randrange(4) else ""
        if not self.chance.randrange(3):
            return f"on {event}{when} {{ {self.one_of(STRAIGHT)} }}"
        return f"on {event}{when} {self.block(place, indent, of_action=False, catch=False, leg=leg)}"

    def stream(self, place: Place, indent: str) -> str:
        name = self.name("s")
        body = self.block(place, indent, of_action=False, catch=False)
        if not self.chance.randrange(3):
            return f"stream {body}"  # it is over when its block is, if not before
        between = self.simple(place) + f"\n{indent}"
        return f"stream {name} {body}\n{indent}{between}{self.one_of(('join', 'cancel'))} {name}"

    def together(self, place: Place, indent: str) -> str:
        inner = replace(place, of_action=False, catch=False)
        streams = "; ".join(f"stream {self.block(inner, indent)}" for _ in range(self.one_of((1, 2, 3))))
        return f"{self.one_of(('parallel', 'race'))} {{ {streams} }}"

    def branch(self, place: Place, indent: str) -> str:
        if self.chance.randrange(2):
            return f"match n {{ 0 => {self.block(place, indent)}; _ => {self.block(place, indent)} }}"
        return (
            f"if n < {self.chance.randrange(4)} {self.block(place, indent)} else {self.block(place, indent)}"
        )

    def with_handlers(self, place: Place, indent: str) -> str:
        action = self.one_of(("speak", "ringup", "fetch") if place.leg else ("fetch", "post"))
        event = self.one_of(EVENTS[:-1])
        body = self.block(place, indent, of_action=True, in_loop=False, catch=False)
        start = self.one_of(("", f"let {self.name('_r')} = "))
        arguments = f'("{self.name("w")}")' if start else f' "{self.name("w")}"'
        return f"{start}{action}{arguments} {{ on {event} {body} }}"


HELPERS = """
func count(value, n) = "${n}"
flow quiet(n = 1) { fetch n; emit ping }
flow next(word, n) {
    on dtmf as e { speak e.digit; if n > 1 { return } }
    on hangup { post word }
    stream { try { wait 5s; if n == 1 { stop } } finally { fetch word } }
    try { speak word; wait 9s } finally { post n }
    if n < 3 { handoff next(word, n + 1) }
}

"""


def random_script(chance: Random) -> str:
    """The text of a script whose flow is `main`."""
    return HELPERS + Scripts(chance).script()


def random_inputs(chance: Random) -> list[Input]:
    """What happens to it, in the order of time."""
    inputs: list[Input] = []
    at = 0
    for _ in range(chance.randrange(10)):
        at += chance.randrange(40) * 100 * MILLISECOND
        event = (
            DigitPressed(0, "123*#"[chance.randrange(5)]),
            (CallHeld, CallUnheld)[chance.randrange(2)](0),
            SignalReceived(("paid", "other")[chance.randrange(2)], chance.randrange(3)),
            None,
        )[chance.randrange(4)]
        if event is not None:
            inputs.append(Happened(at, event))
        elif not chance.randrange(3):
            inputs.append(Happened(at, CallEnded(0, "normal")))
        elif not chance.randrange(4):
            inputs.append(StopAsked(at + SECOND))
    return inputs
