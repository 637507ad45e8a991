"""`match`: an action's outcomes are all looked at, a bare word is a declared outcome, and every arm can be
reached."""

from __future__ import annotations

from flowlang.analysis.script import Script
from flowlang.analysis.types import Ended, described
from flowlang.diagnostics import Span
from flowlang.model.script_events import SCRIPT_EVENTS
from flowlang.syntax import ast


def check(script: Script) -> None:
    """All `match` statements."""
    anywhere = _all_outcomes(script)
    for body in script.bodies:
        for node in body.nodes:
            if isinstance(node, ast.Match):
                _names(script, node, anywhere)
                _covered(script, node)
                _reachable(script, node)


def _all_outcomes(script: Script) -> frozenset[str]:
    """Every outcome that any action, flow or event declares: what an unknown subject may be."""
    found = {each.name for action in script.actions.values() for each in action.outcomes}
    scripts = (script, *script.modules.values())
    found.update(name for each in scripts for flow in each.flows.values() for name in flow.outcomes)
    return frozenset(
        found | set(SCRIPT_EVENTS) | script.emitted | {"timeout", "cancelled", "gone", "unknown"}
    )


def _names(script: Script, match: ast.Match, anywhere: frozenset[str]) -> None:
    subject = script.types.get(id(match.subject))
    for arm in match.arms:
        for pattern in arm.patterns:
            if not isinstance(pattern, ast.OutcomePattern):
                continue
            name = pattern.name
            if isinstance(subject, Ended):
                if name in subject.names or name in subject.rare:
                    continue
                near = script.report.near(name, subject.names)
                expected = () if near else tuple(f"`{each}`" for each in subject.names)
                message = f"`{_what(match, subject)}` has no outcome `{name}`"
                script.report.add("E208", pattern.span, message, near=near, expected=expected)
            elif subject is not None:
                message = f"a bare word is an outcome, and the subject is {described(subject)}"
                script.report.add("E208", pattern.span, message, hint=f'a text stands in quotes: `"{name}"`')
            elif name not in anywhere and not script.incomplete:
                near = script.report.near(name, anywhere)
                hint = f'a text stands in quotes: `"{name}"`'
                script.report.add(
                    "E208", pattern.span, f"nothing has an outcome `{name}`", near=near, hint=hint
                )


def _covered(script: Script, match: ast.Match) -> None:
    subject = script.types.get(id(match.subject))
    if not isinstance(subject, Ended):
        return
    patterns = [each for arm in match.arms if arm.guard is None for each in arm.patterns]
    if any(isinstance(each, ast.Wildcard) for each in patterns):
        return
    seen = {each.name for each in patterns if isinstance(each, ast.OutcomePattern)}
    missing = [f"`{each}`" for each in subject.names if each not in seen]
    if "`text`" in missing:
        place = missing.index("`text`")
        missing[place : place + 1] = _texts(subject, patterns)
    if missing:
        span = Span(match.span.start, match.subject.span.end)
        listed = " and ".join(filter(None, (", ".join(missing[:-1]), missing[-1])))
        message = (
            f"{listed} of `{_what(match, subject)}` {'is' if len(missing) == 1 else 'are'} not looked at"
        )
        script.report.add("E503", span, message, hint="name what is missing, or end with `_ => …`")


def _what(match: ast.Match, subject: Ended) -> str:
    return f"wait for {subject.what}" if isinstance(match.subject, ast.WaitFor) else subject.what


def _texts(subject: Ended, patterns: list[ast.Pattern]) -> list[str]:
    """What is missing of the outcome `text`: itself, or those of its known texts that no pattern has."""
    literals = [each.value for each in patterns if isinstance(each, ast.LiteralPattern)]
    seen = {each.value for each in literals if isinstance(each, ast.Text)}
    if not seen & set(subject.texts):
        return ["`text`"]
    return [f'`"{each}"`' for each in subject.texts if each not in seen]


def _reachable(script: Script, match: ast.Match) -> None:
    """An arm is out of reach when each of its patterns stood before without a guard."""
    seen: set[object] = set()
    everything: Span | None = None
    for arm in match.arms:
        if everything is not None:
            line = script.report.line(everything)
            message = f"this arm is never taken: `_` on line {line} takes everything"
            script.report.add("W502", arm.patterns[0].span, message)
            return
        for pattern in arm.patterns:
            if _key(pattern) in seen:
                script.report.add(
                    "W502", pattern.span, "this pattern is never looked at: it stands further up already"
                )
            elif arm.guard is None:
                seen.add(_key(pattern))
                if isinstance(pattern, ast.Wildcard):
                    everything = pattern.span


def _key(pattern: ast.Pattern) -> object:
    match pattern:
        case ast.OutcomePattern():
            return "outcome", pattern.name
        case ast.RegexPattern():
            return "regex", pattern.pattern, pattern.flags
        case ast.LiteralPattern(value=ast.NoneLiteral()):
            return "none"
        case ast.LiteralPattern(value=ast.DurationLiteral(microseconds=microseconds)):
            return "duration", microseconds
        case ast.LiteralPattern(value=ast.Boolean(value=value)):
            return "boolean", value
        case ast.LiteralPattern(value=ast.Number(value=value)):
            return "number", value
        case ast.LiteralPattern(value=ast.Text(value=value) | ast.PhoneNumber(value=value)):
            return "text", value
        case ast.LiteralPattern() | ast.Wildcard():
            return "_"
