"""Modules: `use` brings one script's flows, functions and constants into another.

The texts come from outside, by `Load`. Modules stand in a list, each behind those that it uses, so that one
pass over the list knows everything that it needs; a ring of modules is an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from flowlang.diagnostics import Diagnostic, Source, Span, has_errors
from flowlang.syntax import ast, parse

from .report import Report
from .script import Script

MAX_MODULES = 200
"""Modules of one script: far more than anybody writes, few enough to stay quick."""
MAX_TEXT = 4 << 20
"""Characters of all of them together, for the same reason."""


@dataclass(frozen=True, slots=True)
class Missing:
    """A module that cannot be had: why not, in the words behind the colon, and the paths that could."""

    why: str
    known: tuple[str, ...] = ()


Load = Callable[[str, Source], Source | Missing]
"""Given the path behind `use` and the script that has it: the module's text. Two paths that lead to one
module give sources of one name."""


def load_nothing(_path: str, _importer: Source) -> Source | Missing:
    """For a script that is checked where no modules can be had."""
    return Missing("no modules can be had here")


class Modules:
    """Finds all modules that a script uses, however far away; what is wrong with a `use` goes to the report
    of the script that has it."""

    def __init__(self, entry: Script, load: Load) -> None:
        self.broken: list[Diagnostic] = []
        """What keeps modules from being read, and warnings that came with them."""
        self._load = load
        self._entry = entry
        self._known: dict[str, Script | None] = {}
        self._text = 0
        self._order: list[Script] = []
        self._path: list[str] = [entry.module.source.name]
        self._names = {entry.module.source.name: entry.module.source.name.rpartition("/")[2]}

    def find(self) -> tuple[Script, ...]:
        """All of them, each behind those that it uses, and the script itself last."""
        path: list[tuple[Script, Iterator[tuple[str, ast.Use]]]] = [(self._entry, _uses(self._entry))]
        while path:
            script, rest = path[-1]
            following = next(rest, None)
            if following is None:
                self._order.append(script)
                path.pop()
                self._path.pop()
                continue
            new = self._use(script, *following)
            if new is not None:
                path.append((new, _uses(new)))
                self._path.append(new.module.source.name)
        return tuple(self._order)

    def _use(self, script: Script, name: str, use: ast.Use) -> Script | None:
        """Take one `use`; the script behind it if it is met for the first time."""
        source = self._load(use.path, script.module.source)
        if isinstance(source, Missing):
            self._missing(script, use, source)
            return None
        if source.name in self._path:
            self._ring(script, use, source.name)
            return None
        if source.name in self._known:
            known = self._known[source.name]
            if known is None:
                _unread(script, use)
            else:
                script.modules[name] = known
            return None
        if len(self._known) >= MAX_MODULES:
            message = f"a script has at most {MAX_MODULES} modules"
            script.report.add("E601", _path_span(script, use), message)
            _unread(script, use)
            return None
        self._text += len(source.text)
        if self._text > MAX_TEXT:
            message = f"the modules of a script have at most {MAX_TEXT:,} characters together"
            script.report.add("E601", _path_span(script, use), message)
            _unread(script, use)
            return None
        self._names[source.name] = use.path
        module = self._read(source, f"{script.prefix}{name}.")
        self._known[source.name] = module
        if module is None:
            _unread(script, use)
        else:
            script.modules[name] = module
        return module

    def _read(self, source: Source, prefix: str) -> Script | None:
        parsed = parse(source)
        self.broken.extend(parsed.diagnostics)
        if parsed.module is None or has_errors(parsed.diagnostics):
            return None
        entry = self._entry
        return Script(
            parsed.module, entry.actions, Report(source), entry.exists, emitted=entry.emitted, prefix=prefix
        )

    def _missing(self, script: Script, use: ast.Use, missing: Missing) -> None:
        _unread(script, use)
        near = script.report.near(use.path, missing.known)
        expected = () if near else tuple(f'`"{each}"`' for each in missing.known)
        message = f"`{use.path}` cannot be used: {missing.why}"
        script.report.add("E601", _path_span(script, use), message, near=near, expected=expected)

    def _ring(self, script: Script, use: ast.Use, name: str) -> None:
        _unread(script, use)
        ring = [self._names[each] for each in self._path[self._path.index(name) :]]
        way = " → ".join(f"`{each}`" for each in (*ring, ring[0]))
        hint = "put what both need into a module of its own"
        script.report.add("E602", _path_span(script, use), f"modules use each other: {way}", hint=hint)


def name_of(use: ast.Use) -> str:
    """What a module is called in the script that uses it."""
    return use.alias or use.path.rpartition("/")[2]


def _uses(script: Script) -> Iterator[tuple[str, ast.Use]]:
    for declaration in script.module.declarations:
        if isinstance(declaration, ast.Use):
            yield name_of(declaration), declaration


def _unread(script: Script, use: ast.Use) -> None:
    """The module is not there: what the script does with it cannot be known."""
    script.incomplete = True
    script.unread.add(id(use))


def _path_span(script: Script, use: ast.Use) -> Span:
    start = script.report.source.text.find(use.path, use.span.start, use.span.end)
    return Span(start - 1, start + len(use.path) + 1) if start > 0 else use.span
