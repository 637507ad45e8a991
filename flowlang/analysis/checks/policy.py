"""The policy: its rules are rules, and the flows that the routes reach keep to it.

A destination that is constant is held against the patterns here; any other is when it is reached. Whether the
operator allows it besides is not known before.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from flowlang.analysis.arguments import bind, slots
from flowlang.analysis.graph import ever_reached, key_of, uses_of_flows
from flowlang.analysis.literals import UNKNOWN, literal_value
from flowlang.analysis.script import Script
from flowlang.diagnostics import Span
from flowlang.model.actions import Action
from flowlang.model.destinations import KINDS, Kind, why_no_pattern
from flowlang.model.policy import Policy, kind_of, why_refused
from flowlang.model.values import Duration, Value
from flowlang.syntax import ast

_LIMITS = ("duration", "legs")
_EXAMPLES: dict[Kind, str] = {
    "dial": "sip:*@clinic.example",
    "header": "X-Clinic-*",
    "sms": "+1*",
    "email": "*@clinic.example",
    "chat": "*",
    "http": "https://api.example/*",
    "sql": "orders",
}


class _Reaching(NamedTuple):
    """A place where a flow reaches out: the action, its kind where that is known, and the destination's text
    where that is."""

    script: Script
    action: str
    span: Span
    kind: Kind | None
    text: str | None


def check(script: Script) -> None:
    """The entry script's policy, for all flows of the program."""
    if not script.is_entry:
        return
    for each in script.policies[1:]:
        span = Span(each.span.start, each.span.start + len("policy"))
        line = script.report.line(script.policies[0].span)
        message = f"there is a policy already, on line {line}"
        script.report.add("E610", span, message, hint="put all rules into that one")
    sound = [_Rules(script).read(each) for each in script.policies]
    if script.policies:
        script.policy = sound[0]
        if sound[0] is not None:
            _within(script, sound[0])
    elif script.routes:
        _without(script)


class _Rules:
    """Reads a policy, rule by rule."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._allow: dict[Kind, tuple[str, ...]] = {}
        self._limits: dict[str, int] = {}
        self._sound = True

    def read(self, node: ast.PolicyDecl) -> Policy | None:
        """What it says; `None` where a rule of it is none."""
        for rule in node.rules:
            if rule.kind == "allow":
                self._allowed(rule)
            else:
                self._limited(rule)
        if not self._sound:
            return None
        return Policy(self._allow, self._limits.get("duration"), self._limits.get("legs"))

    def _mistake(
        self, span: Span, message: str, *, hint: str | None = None, known: tuple[str, ...] = ()
    ) -> None:
        self._sound = False
        report = self._script.report
        near = report.near(report.source[span], known) if known else None
        expected = tuple(f"`{each}`" for each in known) if near is None else ()
        report.add("E609", span, message, near=near, hint=hint, expected=expected)

    def _allowed(self, rule: ast.PolicyRule) -> None:
        kind: Kind | None = next((each for each in KINDS if each == rule.subject), None)
        if kind is None:
            span = self._script.report.word(rule.span, rule.subject)
            self._mistake(span, f"a policy has no `allow {rule.subject}`", known=KINDS)
            return
        for value in rule.values:
            text = literal_value(value, self._script.values)
            if not isinstance(text, str):
                hint = f'as in `allow {kind} "{_EXAMPLES[kind]}"`'
                self._mistake(value.span, "whom a policy allows is a constant text", hint=hint)
            elif (why := why_no_pattern(kind, text)) is not None:
                self._mistake(value.span, f"`allow {kind}` would allow nobody by this: {why}")
            else:
                self._allow[kind] = (*self._allow.get(kind, ()), text)

    def _limited(self, rule: ast.PolicyRule) -> None:
        subject, span = rule.subject, self._script.report.word(rule.span, rule.subject)
        if subject not in _LIMITS:
            self._mistake(span, f"a policy has no `limit {subject}`", known=_LIMITS)
        elif subject in self._limits or len(rule.values) != 1:
            self._mistake(span, f"`limit {subject}` has one value")
        else:
            (node,) = rule.values
            value = literal_value(node, self._script.values)
            limit = value.microseconds if isinstance(value, Duration) else value
            wanted = "duration" if isinstance(value, Duration) else "legs"
            if type(limit) is not int or limit < 1 or subject != wanted:
                example = "1h" if subject == "duration" else "4"
                hint = f"as in `limit {subject} {example}`"
                what = "a duration" if subject == "duration" else "a number from 1 on"
                self._mistake(node.span, f"`limit {subject}` takes {what}", hint=hint)
            else:
                self._limits[subject] = limit


def _within(script: Script, policy: Policy) -> None:
    where = f"the policy on line {script.report.line(script.policies[0].span)}"
    for each in _reaching(script):
        if each.kind is None or each.script.report.has("E603", each.span):
            continue
        if each.text is not None:
            why = why_refused(policy, each.kind, each.text)
            if why is not None:
                what = f"`{each.action}` to `{_shown(each.text)}`"
                if each.kind == "header":
                    what = f"the header `{_shown(each.text)}` of `{each.action}`"
                message = f"{what} is beyond {where}: {why}"
                covered = why.startswith("no `allow")
                hint = f'add `allow {each.kind} "{_shown(each.text)}"`' if covered else None
                each.script.report.add("E611", each.span, message, hint=hint)
        elif not policy.allow.get(each.kind):
            message = f"`{each.action}` is beyond {where}, which has no `allow {each.kind}`"
            hint = f'add one, such as `allow {each.kind} "{_EXAMPLES[each.kind]}"`'
            each.script.report.add("E611", each.span, message, hint=hint)


def _without(script: Script) -> None:
    told: set[Kind | None] = set()
    for each in _reaching(script):
        if each.kind in told:
            continue
        told.add(each.kind)
        kind = each.kind or "sms"
        text = each.text if each.text is not None else _EXAMPLES[kind]
        message = f"`{each.action}` reaches out, and the script has no `policy` that allows it"
        hint = f'add one: `policy {{ allow {kind} "{_shown(text)}" }}`'
        each.script.report.add("E612", each.span, message, hint=hint)


def _reaching(script: Script) -> Iterator[_Reaching]:
    """Where flows that a route leads to reach out; without routes any flow may be meant."""
    graph = uses_of_flows(script)
    targets = [each for route in script.routes for each in (route.target, route.otherwise)]
    roots = [key for each in targets if each is not None and (key := key_of(script, each)) is not None]
    wanted = graph.keys() if not script.routes else ever_reached(graph, roots)
    bodies = {id(body.owner): body for each in script.linked for body in each.bodies}
    for key, uses in graph.items():
        if key in wanted:
            for node in bodies[id(uses.flow)].nodes:
                if isinstance(node, ast.Call):
                    yield from _of_call(uses.script, node)


def _of_call(script: Script, node: ast.Call) -> Iterator[_Reaching]:
    called = script.called(node)
    action = called.callee if called is not None else None
    reach = action.reach if isinstance(action, Action) else None
    if called is None or not isinstance(action, Action) or reach is None:
        return
    bound = bind(slots(action), called.arguments).values
    if reach.headers is not None:
        for each in bound.get(reach.headers, ())[:1]:
            yield from _of_headers(script, action, each.value)
    given = bound.get(reach.parameter)
    if not given:  # an answer in the thread, or a mistake that is told elsewhere
        return
    value = literal_value(given[0].value, script.values)
    if value is UNKNOWN:
        yield _Reaching(script, action.name, node.callee.span, reach.kind, None)
        return
    for text in _texts(value):
        yield _Reaching(script, action.name, given[0].value.span, kind_of(reach, text), text)


def _of_headers(script: Script, action: Action, node: ast.Expression) -> Iterator[_Reaching]:
    value = literal_value(node, script.values)
    if isinstance(value, dict):
        names = [(node.span, each) for each in value]
    elif isinstance(node, ast.MapLiteral):
        names = [(each.span, each.key) for each in node.entries if isinstance(each, ast.Entry)]
    else:
        names = [] if value is None else [(node.span, None)]
    for span, name in names:
        yield _Reaching(script, action.name, span, "header", name)


def _texts(value: Value) -> Iterator[str]:
    for each in value if isinstance(value, tuple) else (value,):
        if isinstance(each, str):
            yield each


def _shown(text: str) -> str:
    return text if len(text) <= 60 and text.isprintable() else "…"
