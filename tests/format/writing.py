"""Random scripts that parse, written by somebody who never saw a formatter: tokens with any line ends and
comments that may stand between them."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from flowlang.diagnostics import Source
from flowlang.syntax import parse
from flowlang.syntax.lexer import vocabulary

WORDS = ["a", "b", "log", "say", "desk", "caller", *sorted(vocabulary().keywords)]
NAMES = [each for each in WORDS if each not in ("true", "false", "none", "not", "and", "or", "in")]
LITERALS = [
    "1", "2.50", "5s", "250ms", "true", "none", "+14155550100", "/a b#/i", '"x"', '"a ${ b+c } # d"', "'raw'",
    '"""\n    long\n      ${a}\n    """', '"${ "in" } ${[1,2]}"', '"\\u{1F4DE}"', "[]", "{}",
]  # fmt: skip
OPERATORS = ["+", "-", "*", "/", "//", "%", "==", "!=", "<", ">=", "in", "not in", "and", "or"]
GLUE = [
    "\n",
    "\n\n\n",
    "  ",
    " # c\n",
    "\n# own\n",
    "\n\n## doc\n",
    " ## behind\n",
    "\n# one\n\n# two\n",
    "; ",
    "\n;\n",
]


class Writer:
    """Writes one script, a token at a time; everything comes from `random`."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def name(self) -> list[str]:
        return [self.random.choice(NAMES if self.random.random() < 0.3 else NAMES[:6])]

    def some(self, make: Callable[[int], list[str]], depth: int, separator: str, most: int = 3) -> list[str]:
        tokens: list[str] = []
        for at in range(self.random.randint(1, most)):
            tokens += ([separator] if at else []) + make(depth)
        return tokens

    def maybe(self, *tokens: list[str]) -> list[str]:
        return [each for part in tokens for each in part] if self.random.random() < 0.4 else []

    # Expressions

    def expression(self, depth: int) -> list[str]:
        pick = self.random.randint(0, 13) if depth > 0 else self.random.randint(0, 1)
        e = self.expression
        match pick:
            case 0:
                return self.name()
            case 1:
                return [self.random.choice(LITERALS)]
            case 2 | 3 | 4:
                return [*e(depth - 1), self.random.choice(OPERATORS), *e(depth - 1)]
            case 5:
                return [self.random.choice(["-", "not"]), *e(depth - 1)]
            case 6 | 7:
                return ["(", *e(depth - 1), ")"]
            case 8:
                return ["[", *self.some(self.item, depth - 1, ","), *self.maybe([","]), "]"]
            case 9:
                return ["{", *self.some(self.entry, depth - 1, ","), *self.maybe([","]), "}"]
            case 10:
                return [*self.name(), "(", *self.some(self.argument, depth - 1, ","), *self.maybe([","]), ")"]
            case 11:
                return [*e(depth - 1), self.random.choice([".", "?."]), *self.name()]
            case 12:
                return [*e(depth - 1), "[", *e(depth - 1), "]"]
            case _:
                return ["(", *self.wait_for(depth - 1), ")"]

    def item(self, depth: int) -> list[str]:
        return [*self.maybe(["..."]), *self.expression(depth)]

    def entry(self, depth: int) -> list[str]:
        key = self.random.choice([*self.name(), '"k 1"', "'k2'", "k3", "k4", "k5"])
        return [key, ":", *self.expression(depth)]

    def argument(self, depth: int) -> list[str]:
        return [*self.maybe(self.name(), [":"]), *self.expression(depth)]

    def wait_for(self, depth: int) -> list[str]:
        return [
            "wait",
            "for",
            *self.name(),
            *self.maybe(self.patterns()),
            *self.maybe(["within"], self.expression(depth)),
        ]

    def patterns(self) -> list[str]:
        kinds = ["busy", "_", '"1"', "-  5", "- 2s", "7", "/x/", "true", "+14155550100"]
        return self.some(lambda _: [self.random.choice(kinds)], 0, ",")

    def target(self, depth: int) -> list[str]:
        return [
            *self.name(),
            *self.maybe(["."], self.name()),
            *self.maybe(["("], self.some(self.argument, depth, ","), [")"]),
        ]

    # Statements

    def block(self, depth: int) -> list[str]:
        if depth <= 0:
            return ["{", "}"]
        return ["{", *self.some(self.statement, depth - 1, self.random.choice([";", "\n"])), "}"]

    def handlers(self, depth: int) -> list[str]:
        return ["{", *self.maybe(self.some(self.on, depth - 1, "\n")), "}"]

    def on(self, depth: int) -> list[str]:
        head = ["on", *self.name(), *self.maybe(self.patterns()), *self.maybe(["as"], self.name())]
        return [*head, *self.maybe(["when"], self.expression(1)), *self.block(depth)]

    def arm(self, depth: int) -> list[str]:
        head = [*self.patterns(), *self.maybe(["as", "r"]), *self.maybe(["when"], self.expression(1)), "=>"]
        return [*head, *(self.block(depth) if self.random.random() < 0.5 else self.statement(depth - 1))]

    def call(self, depth: int) -> list[str]:
        callee = [*self.name(), *self.maybe([".", "x"])]
        arguments = self.some(self.argument, depth, ",")
        if self.random.random() < 0.5:
            arguments = ["(", *arguments, ")"]
        return [*callee, *self.random.choice([[], arguments, arguments]), *self.maybe(self.handlers(depth))]

    def value(self, depth: int) -> list[str]:
        call = [*self.name(), "(", *self.argument(depth), ")", *self.handlers(depth)]
        return self.random.choice(
            [self.expression(depth), self.expression(depth), call, self.wait_for(depth)]
        )

    def statement(self, depth: int) -> list[str]:
        e, block = self.expression, self.block
        forms: list[Callable[[], list[str]]] = [
            lambda: self.call(depth),
            lambda: self.call(depth),
            lambda: [*self.maybe(["secret"]), "let", *self.name(), "=", *self.value(depth)],
            lambda: [*self.name(), "=", *self.value(depth)],
            lambda: ["return", *self.maybe(self.value(depth))],
            lambda: [
                self.random.choice(["stop", "break", "continue", "raise", "join s", "cancel s", "break m"])
            ],
            lambda: ["wait", *self.maybe(["until"]), *e(depth)],
            lambda: self.wait_for(depth),
            lambda: ["emit", *self.name(), *self.maybe([","], e(depth))],
            lambda: [self.random.choice(["start", "handoff"]), *self.target(depth)],
            lambda: [
                "if",
                *e(depth),
                *block(depth),
                *self.maybe(["else", "if"], e(1), block(depth)),
                *self.maybe(["else"], block(depth)),
            ],
            lambda: ["match", *e(depth), "{", *self.some(self.arm, depth - 1, "\n"), "}"],
            lambda: [*self.maybe(["m", ":"]), "loop", *self.maybe(["up", "to"], e(1)), *block(depth)],
            lambda: ["while", *e(1), *block(depth)],
            lambda: ["for", *self.name(), "in", *e(1), *block(depth)],
            lambda: [
                "try",
                *block(depth),
                "catch",
                *self.maybe(self.name()),
                *block(depth),
                *self.maybe(["finally"], block(depth)),
            ],
            lambda: ["within", *e(1), *block(depth), *self.maybe(["else"], block(depth))],
            lambda: ["every", *e(1), *block(depth)],
            lambda: self.on(depth),
            lambda: ["stream", *self.maybe(self.name()), *block(depth)],
            lambda: [
                self.random.choice(["parallel", "race"]),
                "{",
                "stream",
                *block(depth),
                ";",
                "stream",
                *block(depth),
                "}",
            ],
        ]
        return self.random.choice(forms[:10] if depth <= 0 else forms)()

    # Declarations

    def test_statement(self, depth: int) -> list[str]:
        e = self.expression
        forms: list[Callable[[], list[str]]] = [
            lambda: ["let", *self.name(), "=", *self.random.choice([["expect", "dial"], []]), *e(1)],
            lambda: [*self.name(), "(", *self.argument(1), ")"],
            lambda: ["bob", self.random.choice(["presses", "says", "sends", "waits"]), *e(1)],
            lambda: ["bob", self.random.choice(["holds", "hangs up", "is busy", "answers"])],
            lambda: ["expect", "bob", self.random.choice(["hears", "gets"]), *e(1)],
            lambda: [
                "expect",
                "sms",
                "to",
                *e(1),
                *self.maybe(["with", "text"], e(1)),
                *self.maybe(["with", "subject"], e(1)),
            ],
            lambda: self.random.choice([["expect stopped"], ["expect no dial"], ["expect fault budget"]]),
            lambda: ["expect", "http", "POST", *e(1)],
            lambda: [self.random.choice(["at", "after", "carrier down for", "http fails with"]), *e(1)],
            lambda: ["http", *e(1), "answers", *e(1)],
        ]
        return self.random.choice(forms)()

    def rule(self, _depth: int) -> list[str]:
        return [self.random.choice(["allow", "limit"]), *self.name(), *self.some(self.expression, 1, ",")]

    def param(self, _depth: int) -> list[str]:
        return [*self.name(), *self.maybe(["="], self.expression(1))]

    def params(self) -> list[str]:
        return ["(", *self.maybe(self.some(self.param, 0, ",")), ")"]

    def declaration(self, depth: int) -> list[str]:
        e = self.expression
        clauses = [[each, *e(1)] for each in ("to", "from", "via", "when")] + [["priority", "60"]]
        chosen = [
            each for clause in self.random.sample(clauses, self.random.randint(0, 3)) for each in clause
        ]
        forms: list[Callable[[], list[str]]] = [
            lambda: ["use", '"std/x"', *self.maybe(["as"], self.name())],
            lambda: ["const", *self.name(), "=", *e(2)],
            lambda: [
                "route",
                self.random.choice(["call", "sms", "outbound call"]),
                *chosen,
                "=>",
                *self.target(1),
                *self.maybe(["else"], self.target(1)),
            ],
            lambda: [
                "flow",
                *self.name(),
                *self.maybe(self.params()),
                *self.maybe(["->", "x", "|", "y"]),
                *self.block(depth),
            ],
            lambda: ["flow", *self.name(), *self.block(depth)],
            lambda: [
                "func",
                *self.name(),
                *self.params(),
                *self.random.choice([["=", *e(2)], self.block(depth)]),
            ],
            lambda: ["policy", "{", *self.some(self.rule, 0, ";"), "}"],
            lambda: ["test", '"t {"', "{", *self.some(self.test_statement, 0, "\n"), "}"],
        ]
        return self.random.choice(forms)()

    def script(self) -> list[str]:
        return self.some(self.declaration, self.random.randint(0, 3), "\n", 4)


def reads(text: str) -> bool:
    """Whether a text is the language."""
    parsed = parse(Source("x", text))
    return parsed.module is not None and not parsed.diagnostics


def script(random: Random) -> str | None:
    """A script, or `None` where chance wrote none. Line ends and comments are put where they may stand."""
    tokens = Writer(random).script()
    gaps = [" "] * len(tokens) + [""]
    if not reads(" ".join(tokens)):
        return None
    for _ in range(random.randint(0, 12)):
        at = random.randrange(len(gaps))
        before = gaps[at]
        gaps[at] = random.choice(GLUE)
        if not reads(_text(gaps, tokens)):
            gaps[at] = before
    return _text(gaps, tokens)


def _text(gaps: list[str], tokens: list[str]) -> str:
    return "".join(f"{gap}{token}" for gap, token in zip(gaps, tokens, strict=False)) + gaps[-1]
