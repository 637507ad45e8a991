"""From a script to a report: each test in a world of its own, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from flowlang.analysis import Load, checked_program, load_nothing
from flowlang.backends.pace import Pace
from flowlang.core import Limits, Script, compile_script
from flowlang.diagnostics import ScriptError, Source, Span, has_errors
from flowlang.model.actions import ACTIONS, Action
from flowlang.model.host_action import Fake
from flowlang.model.observations import Observation
from flowlang.model.places import file_of
from flowlang.syntax import ast, parse

from .beside import Beside
from .coverage import Counter
from .results import Failure, Report, TestResult
from .statements import Statements
from .unmet import Unmet
from .world import World


class NotCompiledError(ScriptError):
    """The script to be tested has errors."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a script is tested in. `pace` says how long texts and files are heard, `exists` whether a sound
    file is there; `actions` are those that scripts may call, `load` gives the texts of modules, `fakes`
    what is called in place of a host's actions, by name."""

    pace: Pace = field(default_factory=Pace)
    exists: Callable[[str], bool] | None = None
    actions: Mapping[str, Action] | None = None
    limits: Limits | None = None
    load: Load = load_nothing
    fakes: Mapping[str, Fake] = field(default_factory=dict[str, Fake])


def run_source(
    source: Source,
    surroundings: Surroundings | None = None,
    *,
    beside: Source | None = None,
    wanted: Callable[[str], bool] = lambda _title: True,
    coverage: bool = False,
) -> Report:
    """Runs the tests of a script, and those that stand `beside` it in a text of their own, of which `wanted`
    likes the title. Raises `NotCompiledError`; a text without tests that parses is not checked."""
    surroundings = surroundings or Surroundings()
    if beside is None:
        return _run_text(source, surroundings, wanted, coverage)
    both = Beside.of(source, beside)
    try:
        return both.report(_run_text(both.whole, surroundings, wanted, coverage))
    except NotCompiledError as error:
        raise NotCompiledError(tuple(map(both.diagnostic, error.diagnostics))) from None


def _run_text(
    source: Source, surroundings: Surroundings, wanted: Callable[[str], bool], coverage: bool
) -> Report:
    parsed = parse(source)
    declared = parsed.module.declarations if parsed.module is not None else ()
    blocks = [each for each in declared if isinstance(each, ast.TestDecl)]
    if not blocks and not has_errors(parsed.diagnostics):
        return Report(())
    actions = ACTIONS if surroundings.actions is None else surroundings.actions
    exists, load = surroundings.exists, surroundings.load
    try:
        program, _ = checked_program(parsed, actions=actions, exists=exists, load=load)
        counter = Counter(program) if coverage else None
        script = compile_script(program, cover=counter)
    except ScriptError as error:
        raise NotCompiledError(error.diagnostics) from None
    return _run(script, counter, source, [each for each in blocks if wanted(each.title)], surroundings)


def _run(
    script: Script,
    counter: Counter | None,
    source: Source,
    blocks: list[ast.TestDecl],
    surroundings: Surroundings,
) -> Report:
    results: list[TestResult] = []
    for block in blocks:
        world = World(script, surroundings.pace, _watcher(counter), surroundings.limits, surroundings.fakes)
        failure = _run_block(world, block, source)
        world.close()
        results.append(TestResult(source, block.span, block.title, world.at - world.began, failure))
    if counter is None:
        return Report(tuple(results))
    return Report(tuple(results), counter.result(), counter.modules())


def _watcher(counter: Counter | None) -> Callable[[Observation], None]:
    return counter.observe if counter is not None else lambda _observation: None


def _run_block(world: World, block: ast.TestDecl, source: Source) -> Failure | None:
    statements = Statements(world)
    try:
        for statement in block.body:
            statements.run(statement)
    except Unmet as unmet:
        return _failure(world, unmet.span, unmet.message, unmet.expected, unmet.unfound)
    fault = statements.unexpected_fault()
    if fault is None:
        return None
    name = file_of(fault.line) or source.name
    where = f"{name}:{int(fault.line)}" if fault.line else name
    message = f"`{fault.flow}` ended with the fault `{fault.code}` at {where}: {fault.text}"
    head = Span(block.span.start, source.text.index("{", block.span.start)).start
    return _failure(world, Span(head, head + len("test")), message, None)


def _failure(
    world: World, span: Span, message: str, expected: str | None, unfound: frozenset[int] = frozenset()
) -> Failure:
    return Failure(span, message, expected, world.began, world.at, tuple(world.seen), unfound)
