"""Events: what an `on` or `wait for` waits for is something that can happen, and nothing is emitted in
another's name."""

from __future__ import annotations

from flowlang.analysis.script import Script
from flowlang.diagnostics import Span
from flowlang.model.actions import Action
from flowlang.model.script_events import PLANNED_EVENTS, SCRIPT_EVENTS
from flowlang.syntax import ast


def check(script: Script) -> None:
    """All handlers, waits and `emit`s; handlers behind an action may also name the action's own events."""
    for body in script.bodies:
        own: dict[int, Action] = {}
        for node in body.nodes:
            match node:
                case ast.Call(callee=ast.Name(name=name), handlers=handlers):
                    action = script.actions.get(name)
                    if action is not None:
                        own.update((id(each), action) for each in handlers)
                case ast.On():
                    _event(script, node.event, node.event_span, own.get(id(node)))
                    _patterns(script, node.event, node.patterns)
                case ast.WaitFor():
                    _event(script, node.event, script.report.word(node.span, node.event), None)
                    _patterns(script, node.event, node.patterns)
                case ast.Emit() if node.event in SCRIPT_EVENTS or node.event in PLANNED_EVENTS:
                    message = f"`{node.event}` is an event of the world outside, and a flow cannot emit it"
                    span = script.report.word(Span(node.span.start + len("emit"), node.span.end), node.event)
                    script.report.add("E211", span, message, hint="choose another name")
                case _:
                    pass


def _event(script: Script, name: str, span: Span, action: Action | None) -> None:
    own = action.events if action is not None else ()
    if name in SCRIPT_EVENTS or name in script.emitted or name in own:
        return
    if name in PLANNED_EVENTS:
        message = f"the event `{name}` is in the language, but nothing in this version raises it"
        script.report.add("E903", span, message)
        return
    if script.incomplete:  # what is not known here may emit it
        return
    near = script.report.near(name, {*SCRIPT_EVENTS, *script.emitted, *own})
    if near is not None and abs(len(near) - len(name)) > 1:  # rather a name from outside than a slip
        near = None
    hint = (
        None
        if near
        else f'`emit {name}` would raise it; what comes from outside by that name is `signal "{name}"`'
    )
    script.report.add("E209", span, f"nothing can raise the event `{name}`", near=near, hint=hint)


def _patterns(script: Script, name: str, patterns: tuple[ast.Pattern, ...]) -> None:
    event = SCRIPT_EVENTS.get(name)
    for pattern in patterns:
        if isinstance(pattern, ast.OutcomePattern):
            hint = f'a text stands in quotes: `"{pattern.name}"`'
            script.report.add("E208", pattern.span, f"the event `{name}` has no outcomes", hint=hint)
        elif event is not None and "text" not in event.fields and not isinstance(pattern, ast.Wildcard):
            hint = f"take it with `on {name} as e when …`"
            script.report.add(
                "E311", pattern.span, f"the event `{name}` carries no text to compare", hint=hint
            )
