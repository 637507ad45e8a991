"""`flow check`: parses and checks scripts; nothing runs."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flowlang.diagnostics import ScriptError, Source, has_errors
from flowlang.project.finding import find_settings
from flowlang.script_files import SUFFIX, TESTS, decoded, tests_of

from . import scripts
from .cache import Cache, Found, user_cache
from .exits import Exit

if TYPE_CHECKING:
    from flowlang.analysis import Missing
    from flowlang.diagnostics import Diagnostic
    from flowlang.modules import ModuleFiles
    from flowlang.project.project import Project

_UNUSED = "W202"
_ALWAYS = frozenset({"store"})
"""Outlets that `flow serve` has without being told."""


@click.command()
@click.argument("paths", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line for each finding.")
@click.option(
    "--against",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DATA",
    help="Say also which activeflows of that data folder run on older texts of these scripts.",
)
def check(paths: tuple[Path, ...], as_json: bool, against: Path | None) -> int:
    """Parse and check scripts; a folder stands for the .flow files in it.

    Findings go to standard output. Exit code 0: no errors (warnings do not count), 1: the checker found
    errors, 3: a text is not the language.
    """
    paths = tuple(script for path in paths for script in scripts.find(path))
    cache, told = user_cache(), set[str]()
    code = max(_checked(cache, path, as_json, told) for path in paths)
    if against is not None and code != Exit.NOT_COMPILED:
        _tell_older(against, paths, as_json)
    return code


def _tell_older(data: Path, paths: tuple[Path, ...], as_json: bool) -> None:
    """Which activeflows run on older texts: they stay on them."""
    from .against import older
    from .data import archive_in
    from .display import printable
    from .display.kept import moment

    with archive_in(data) as archive:
        for each in older(archive, paths):
            stored = each.stored
            plain = {
                "older": stored.id, "script": str(each.script), "state": stored.state, "flow": stored.flow,
                "began": stored.began, "changed": each.changed,
            }  # fmt: skip
            since = f"since {moment(stored.began)} UTC on an older {', '.join(each.changed)}"
            line = f"{each.script}: {stored.id} ({stored.state}) runs `{stored.flow}` {since}"
            click.echo(json.dumps(plain, ensure_ascii=False) if as_json else printable(line, 1000))


def _checked(cache: Cache, path: Path, as_json: bool, told: set[str]) -> int:
    """Shows what there is to say of a script: out of the cache, or anew. What was `told` is not again: of
    settings and modules that several scripts have the same is found."""
    stamp = scripts.prompt_stamp(path.parent)
    settings = find_settings(path)
    found = cache.look(path, as_json, settings, stamp)
    if found is None:
        seen = _Seen(path.parent)
        found = _check(path, as_json, seen)
        if seen.whole:
            cache.keep(path, as_json, settings, found, seen.texts, seen.prompts, seen.files)
    for line in found.lines:
        if line not in told:
            told.add(line)
            click.echo(line)
    return found.code


class _Seen:
    """What a check looked at. `whole`: all of it can be looked at again."""

    def __init__(self, folder: Path) -> None:
        self._stamp = scripts.prompt_stamp(folder)
        self._plays = scripts.prompt_plays(folder)
        self.texts: dict[str, bytes] = {}
        self.prompts: dict[str, list[int] | None] = {}
        self.files: list[str] = []
        self.whole = True

    def exists(self, name: str) -> bool:
        """Whether a file is there."""
        self.prompts[name] = self._stamp(name)
        return self.prompts[name] is not None

    def plays(self, name: str) -> bool | str:
        """Whether a prompt is there, or why it cannot be played."""
        self.prompts[name] = self._stamp(name)
        return self._plays(name)

    def text(self, file: Path) -> Source | None:
        """That of a script beside the one that is checked; `None` where there is none, or it is no text."""
        if not self.exists(file.name):
            return None
        data = self.texts[str(file.absolute())] = scripts.read_bytes(file)
        try:
            return decoded(str(file), data)
        except ScriptError:
            return None

    def project(self, project: Project) -> None:
        """The settings, and what Python declares, which may change unseen."""
        self.whole = self.whole and project.is_plain
        if project.path is not None:
            self.texts[str(project.path)] = scripts.read_bytes(project.path)

    def load(self, files: ModuleFiles, path: str, importer: Source) -> Source | Missing:
        """The text of a module."""
        loaded = files(path, importer)
        if isinstance(loaded, Source):
            file = files.file_of(loaded)
            data = self.texts[str(file)] = scripts.read_bytes(file)
            self.whole = self.whole and data.decode("utf-8-sig", "replace") == loaded.text
        else:
            self.whole = False  # it depends on what else lies in the folder
        return loaded


def _check(path: Path, as_json: bool, seen: _Seen) -> Found:
    lines: list[str] = []
    data = seen.texts[str(path.absolute())] = scripts.read_bytes(path)
    try:
        source = decoded(str(path), data)
    except ScriptError as error:
        scripts.show(error.diagnostics, lines.append, as_json)
        return Found(Exit.NOT_COMPILED, lines)
    # Here, so that a wrong path is told, and what was found before, without loading the parser.
    from flowlang.analysis import check as check_module
    from flowlang.analysis.capabilities import without_outlet
    from flowlang.analysis.opting_out import opting_out
    from flowlang.analysis.served import unnamed, unserved
    from flowlang.core import check_constants
    from flowlang.modules import ModuleFiles
    from flowlang.project.project import ProjectError, open_project
    from flowlang.syntax import parse

    try:
        project = open_project(path)
        backends = project.check_backends()
        names = project.names(backends)
        seen.whole = backends.ours
        seen.files += (os.path.abspath(each) for each in backends.files)
    except ProjectError as error:
        seen.whole = False  # it may be Python that is wrong
        scripts.show(error.diagnostics, lines.append, as_json)
        return Found(Exit.FAILED, lines)
    seen.project(project)
    outlets = backends.outlets if project.is_served else None

    def look(text: Source) -> tuple[tuple[Diagnostic, ...], Exit]:
        parsed = parse(text)
        diagnostics = parsed.diagnostics
        if parsed.module is None or has_errors(diagnostics):
            return diagnostics, Exit.NOT_COMPILED
        load = partial(seen.load, ModuleFiles(path))
        checked = check_module(parsed.module, actions=project.actions, exists=seen.plays, load=load)
        wrong = check_constants(checked.program) if checked.program is not None else None
        diagnostics += checked.diagnostics + ((wrong,) if wrong is not None else ())
        if checked.program is None:
            return diagnostics, Exit.FAILED
        beside = [*opting_out(checked.program, project.manners)]
        if outlets is not None:
            beside += without_outlet(checked.program, outlets | _ALWAYS)
        if names is not None:
            beside += (*unnamed(checked.program, names), *unserved(checked.program, names))
        diagnostics += tuple(sorted(beside, key=lambda each: (each.source.name, each.span)))
        return diagnostics, Exit.FAILED if has_errors(diagnostics) else Exit.FINE

    diagnostics, code = _with_tests(path, source, seen, look)
    scripts.show((*backends.missing, *diagnostics), lines.append, as_json)
    return Found(code, lines)


_Look = Callable[[Source], tuple[tuple["Diagnostic", ...], Exit]]


def _with_tests(path: Path, source: Source, seen: _Seen, look: _Look) -> tuple[tuple[Diagnostic, ...], Exit]:
    """What there is to say of `desk.flow`, in which things may be there for `desk_test.flow` only; of that,
    whose text goes on where `desk.flow` ends."""
    from flowlang.testing.beside import Beside

    of_tests = path.name.endswith(TESTS)
    other = path.with_name(path.name.removesuffix(TESTS) + SUFFIX) if of_tests else tests_of(path)
    beside = seen.text(other)
    if beside is None:
        return look(source)
    if of_tests:
        both = Beside.of(beside, source)
        found, code = look(both.whole)
        found = tuple(each for each in map(both.diagnostic, found) if each.source is source)
        return found, code if has_errors(found) else Exit.FINE
    found, code = look(source)
    if any(each.code == _UNUSED for each in found):
        unused = {each.span for each in look(Beside.of(source, beside).whole)[0] if each.code == _UNUSED}
        found = tuple(each for each in found if each.code != _UNUSED or each.span in unused)
    return found, code
