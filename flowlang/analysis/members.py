"""What stands behind a dot: the flows, functions and constants of a module, and the functions of the module
that made a value.

`OPEN.contains(now())` means `hours.contains(OPEN, now())` where the text shows that a function of `hours`
made `OPEN`: it is a constant or a variable never assigned again whose right side calls one, or that call
itself.
"""

from __future__ import annotations

from flowlang.diagnostics import Span
from flowlang.model.functions import FUNCTIONS
from flowlang.syntax import ast

from .bindings import Binding
from .script import Script
from .synonyms import meant


def constant(script: Script, node: ast.Field, module: str) -> Binding | None:
    """What `module.NAME` stands for; `None` where that is unknown, which is then said."""
    owner = _owner(script, module)
    if owner is None:
        return None
    known = owner.known.get(node.name)
    if known is None and node.name not in owner.constants:  # else it is made of itself, and said so
        _no_value(script, owner, node, module)
    return known


def callee(script: Script, call: ast.Call, name: ast.Field, module: str) -> None:
    """`module.name(…)`: something of that name is there to be called."""
    owner = _owner(script, module)
    if owner is None or script.called(call) is not None:
        return
    span = _end(name)
    if name.name in owner.constants:
        script.report.add("E206", span, f"`{module}.{name.name}` is a constant and cannot be called")
    else:
        _unknown(script, owner, name.name, span, module)


def action(script: Script, name: ast.Field, group: str) -> None:
    """`http.get(…)`: the group has an action of that name."""
    full = f"{group}.{name.name}"
    if full in script.actions:
        return
    known = sorted(each.partition(".")[2] for each in script.actions if each.startswith(f"{group}."))
    near = meant(name.name, known) or script.report.near(name.name, known)
    expected = () if near else tuple(f"`{group}.{each}`" for each in known)
    script.report.add("E201", _end(name), f"there is no action `{full}`", near=near, expected=expected)
    script.incomplete = True


def target(script: Script, target: ast.FlowTarget, module: str) -> None:
    """`module.flow` behind `=>`, `start` or `handoff`."""
    if module not in script.uses:
        span = script.report.word(target.span, module)
        near = script.report.near(module, script.uses)
        script.report.add("E201", span, f"no module is called `{module}`", near=near)
        return
    owner = _owner(script, module)
    if owner is None or target.name in owner.flows:
        return
    start = target.span.start + len(module)
    span = script.report.word(Span(start, target.span.end), target.name)
    if target.name in owner.functions or target.name in owner.constants:
        what = "function" if target.name in owner.functions else "constant"
        message = f"`{module}.{target.name}` is a {what} and no flow"
        script.report.add("E206", span, message, expected=("the name of a flow",))
    else:
        near = script.report.near(target.name, owner.flows)
        script.report.add("E201", span, f"the module `{module}` has no flow `{target.name}`", near=near)


def function_of_value(script: Script, call: ast.Call, name: ast.Field) -> None:
    """`value.name(…)`: the value was made by a module that has such a function."""
    if script.called(call) is not None:
        return
    span = _end(name)
    maker = script.makers.get(id(name.value))
    if maker is not None:
        near = script.report.near(name.name, maker.functions)
        module = maker.prefix.rstrip(".")
        message = f"a function of `{module}` made this value, and `{module}` has no function `{name.name}`"
        script.report.add("E201", span, message, near=near)
        return
    able = next((each for each, module in script.modules.items() if name.name in module.functions), None)
    message = f"a value has no function `{name.name}` of its own"
    if able is not None:
        value = script.report.source[name.value.span]
        value = value if len(value) <= 30 and value.isprintable() else "…"
        hint = f"no module is seen to have made it; write `{able}.{name.name}({value}, …)`"
        script.report.add("E206", span, message, hint=hint)
    else:
        near = f"{name.name}(…)" if name.name in FUNCTIONS else None
        script.report.add("E206", span, message, near=near)


def _owner(script: Script, module: str) -> Script | None:
    """The module, which is thereby in use; `None` for one that could not be had, which is said already."""
    script.modules_read.add(module)
    return script.modules.get(module)


def _no_value(script: Script, owner: Script, node: ast.Field, module: str) -> None:
    shown = f"{module}.{node.name}"
    if node.name in owner.functions or node.name in owner.flows:
        script.report.add("E206", _end(node), f"`{shown}` is no value", hint=f"call it: `{shown}(…)`")
    else:
        _unknown(script, owner, node.name, _end(node), module)


def _unknown(script: Script, owner: Script, name: str, span: Span, module: str) -> None:
    near = script.report.near(name, {*owner.constants, *owner.functions, *owner.flows})
    script.report.add("E201", span, f"the module `{module}` has nothing called `{name}`", near=near)
    script.incomplete = True


def _end(node: ast.Field) -> Span:
    return Span(node.span.end - len(node.name), node.span.end)
