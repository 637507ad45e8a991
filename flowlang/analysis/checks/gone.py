"""The caller who is surely gone: in a block behind an action that ends his call, in the arm of an outcome
that does, and in a handler of `hangup`.

Only what can be seen in one flow is looked at; where he may be gone, an action has the outcome `gone`.
"""

from __future__ import annotations

from flowlang.analysis.script import Script
from flowlang.model.actions import Action
from flowlang.syntax import ast


def check(script: Script) -> None:
    """The first such action behind each end of a call; all of them in a handler of `hangup`."""
    for body in script.bodies:
        seen: set[int] = set()
        for node in body.nodes:
            if isinstance(node, ast.On) and node.event == "hangup" and "hangup" not in script.emitted:
                for each in ast.walk(node.body):
                    if id(each) not in seen:
                        seen.add(id(each))
                        _action(script, each, "in `on hangup` the caller is gone")
            elif isinstance(node, ast.Block):
                _block(script, node)
            elif isinstance(node, ast.Match) and isinstance(node.subject, ast.Call):
                _arms(script, node, node.subject)


def _block(script: Script, block: ast.Block) -> None:
    ended: str | None = None
    for statement in block.statements:
        if ended is not None:
            if _first(script, statement, ended):
                return
        elif isinstance(statement, ast.CallStatement) and isinstance(statement.call, ast.Call):
            action = _on_leg(script, statement.call)
            if action is not None and action.ends_call and not statement.call.handlers:
                line = script.report.line(statement.span)
                ended = f"the caller is gone since the `{action.name}` on line {line}"


def _arms(script: Script, match: ast.Match, call: ast.Call) -> None:
    """Such as `transferred => say "Hello."`."""
    action = _on_leg(script, call)
    ending = {each.name for each in action.outcomes if each.ends_call} if action is not None else set[str]()
    for arm in match.arms if ending else ():
        names = [each.name for each in arm.patterns if isinstance(each, ast.OutcomePattern)]
        if action is not None and len(names) == len(arm.patterns) and ending.issuperset(names):
            why = f"the caller is gone, as `{action.name}` ended with `{names[0]}`"
            any(_first(script, each, why) for each in arm.body.statements)


def _first(script: Script, statement: ast.Statement, why: str) -> bool:
    return any(_action(script, each, why) for each in ast.walk(statement))


def _action(script: Script, node: ast.Node, why: str) -> bool:
    if not isinstance(node, ast.Call):
        return False
    action = _on_leg(script, node)
    if action is None:
        return False
    script.report.add("E406", node.callee.span, f"`{action.name}` has nobody to reach: {why}")
    return True


def _on_leg(script: Script, call: ast.Call) -> Action | None:
    """The action of a call, if it is one that needs the caller."""
    if not isinstance(call.callee, ast.Name):
        return None
    callee = script.callee(call.callee.name)
    return callee if isinstance(callee, Action) and callee.on_leg else None
