"""Programs by chance, of pieces that reach for Python: names of it, its fields, its formats, its code in
texts. Most are wrong; what is left runs."""

from __future__ import annotations

from random import Random

_PYTHON = (
    "__class__", "__builtins__", "__globals__", "__dict__", "__init__", "__subclasses__", "__import__",
    "open", "eval", "exec", "getattr", "globals", "type", "object", "S", "D", "x_type", "x_int", "v_a",
    "canary", "os", "sys", "f_main", "g_f", "mro", "format", "cr_frame", "gi_frame",
    "f_globals", "meter", "self", "fields",
)  # fmt: skip
_TEXTS = (
    '"a"', '"{0.__class__}"', '"%s"', '"__import__(\'os\').system(\'true\')"', '"canary"', '"/etc/passwd"',
    "'raw {}'", '"\\u{7f}"', '"😀"', '"${a}"', '"${b} and ${a}"', '""',
)  # fmt: skip
_LITERALS = (
    "0", "1", "-1", "2", "7", "2.5", "0.0", "true", "false", "none", "5s", "1d", "[]", "{}", "[1, 2]",
    "{a: 1}", "/a+/", "9223372036854775807", "+14155550100",
)  # fmt: skip
_OPERATORS = ("+", "-", "*", "/", "//", "%", "==", "!=", "<", "<=", ">", ">=", "in", "not in", "and", "or")
_CALLS = (
    "length({})", "text({})", "number({})", "upper({})", "split({}, {})", "joined({})", "replace({}, {}, {})",
    "slice({}, {})", "keys({})", "values({})", "has({}, {})", "range({})", "sorted({})", "sum({})", "min({})",
    "round({})", "matches({}, /a(b|c)*/)", "f({}, {})", "abs({})", "reversed({})",
)  # fmt: skip


class Programs:
    """One after another, the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)

    def program(self) -> str:
        """The next."""
        lines = ["func k(a) = a", "func f(a, b) {", *self._block(1, "return"), f"return {self._value(2)}"]
        lines += ["}", "flow main {"]
        lines += [f"let {name} = {self._one(*_LITERALS, *_TEXTS[:-3])}" for name in ("a", "b")]
        return "\n".join([*lines, *self._block(2, 'log "x"'), f"return {self._value(1)}", "}"]) + "\n"

    def _one(self, *choices: str) -> str:
        return self._random.choice(choices)

    def _plain(self, literal: str) -> str:
        """Mostly through a `func`, behind which the checker does not see what is wrong with it."""
        return literal if self._random.random() < 0.1 else f"k({literal})"

    def _name(self) -> str:
        return self._one("a", "b") if self._random.random() < 0.995 else self._one(*_PYTHON)

    def _value(self, depth: int) -> str:
        if depth == 0 or self._random.random() < 0.3:
            literal = self._one(*_LITERALS, *_TEXTS)
            return self._one(self._name(), self._name(), f"k({literal})", self._plain(literal))
        inner = [self._value(depth - 1) for _ in range(3)]
        field = self._one(*_PYTHON, "a", "name", "text", "line")
        return self._one(
            f"k({inner[0]} {self._one(*_OPERATORS)} {inner[1]})",
            f"k({self._one(*_CALLS).format(*inner)})",
            f"k([{inner[0]}, {inner[1]}])",
            f"k([...{inner[0]}, {inner[1]}])",
            f"k({{a: {inner[0]}, {self._one('b', 'text', '__class__')}: {inner[1]}}})",
            f"{self._name()}{self._one('.', '?.')}{field}",
            f"{self._name()}[{inner[1]}]",
            f'{self._name()}["{field}"]',
            f'k("<${{{self._name()}}} ${{{self._name()}}}>")',
            f"k(not {inner[0]})",
            f"k(-{inner[0]})",
        )

    def _block(self, depth: int, simple: str) -> list[str]:
        return [each for _ in range(self._random.randint(1, 3)) for each in self._attempt(depth, simple)]

    def _attempt(self, depth: int, simple: str) -> list[str]:
        """A statement, mostly so that what is wrong with it is not the program's end."""
        lines = self._statement(depth, simple)
        name = self._one("a", "b")
        if self._random.random() < 0.2:
            return lines
        return ["try {", *lines, f"}} catch e {{ {name} = e.text }}"]

    def _statement(self, depth: int, simple: str) -> list[str]:
        value = self._value(2)
        kind = self._random.randint(0, 9 if depth else 4)
        if kind <= 3:
            name = self._one("a", "b")
            attempt = (
                f"try {{ {name} = {value} }} catch e {{ {name} = e.text }}"  # what is wrong is not the end
            )
            return [self._one(f"{name} = {value}", attempt, attempt, attempt)]
        if kind == 4:
            return [f"if {self._name()} == {value} {{ {simple if simple != 'return' else 'return a'} }}"]
        inner = self._block(depth - 1, simple)
        number = self._random.randint(0, 999)
        match kind:
            case 5:
                return [f"if {value} == {self._name()} {{", *inner, "}"]
            case 6:
                return [f"loop up to {self._random.randint(0, 50)} {{", *inner, "}"]
            case 7:
                return [f"for x{number} in {self._one('range(9)', value)} {{", *inner, "}"]
            case 8:
                log = f'a = "${{e{number}.text}} ${{e{number}.line}}"'
                return ["try {", *inner, f"}} catch e{number} {{ {log} }}"]
            case _:
                return [f"while {self._name()} != {value} {{", *inner, "break", "}"]
