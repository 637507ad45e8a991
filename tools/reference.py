"""Write the tables of `grammar/spec.md` anew: what `make reference` runs.

What stands between `<!-- generated: NAME -->` and `<!-- end -->` comes from the tables that the checker and
the core work with, so that the reference cannot tell anything else. `--check` writes nothing and exits with 1
where the page is out of date.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Sequence
from textwrap import fill

from flowlang.compile.runtime.texts import shown
from flowlang.core import Limits
from flowlang.core.routing import Bystander
from flowlang.model.actions import (
    ACTIONS,
    EVERY_CHANNEL,
    PLANNED_ACTIONS,
    PLANNED_NAMESPACES,
    REQUIRED,
    Action,
    Parameter,
)
from flowlang.model.functions import FUNCTIONS, PREDEFINED, Function
from flowlang.model.script_events import PLANNED_EVENTS, SCRIPT_EVENTS
from flowlang.model.values import Duration
from flowlang.resources import grammar_path

PAGE = grammar_path() / "spec.md"
PART = re.compile(r"(<!-- generated: (?P<name>[a-z]+) -->\n).*?(<!-- end -->)", re.DOTALL)
CHANNELS = ("call", "sms", "email", "chat", "webhook", "schedule")


def main(arguments: Sequence[str]) -> int:
    """Bring the page up to date, or tell whether it is."""
    before = PAGE.read_text(encoding="utf-8")
    after = renewed(before)
    if before == after:
        return 0
    if "--check" in arguments:
        print("grammar/spec.md is out of date: run `make reference`", file=sys.stderr)
        return 1
    PAGE.write_text(after, encoding="utf-8")
    return 0


def renewed(page: str) -> str:
    """The page with its generated parts written anew."""
    return PART.sub(lambda found: f"{found[1]}\n{TABLES[found['name']]()}\n\n{found[3]}", page)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of Markdown; a `|` in a cell is escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def code(names: Iterable[str]) -> str:
    """Names as code, one after the other."""
    return ", ".join(f"`{each}`" for each in names)


def channels(where: frozenset[str]) -> str:
    """The channels of something, in the order in which people think of them."""
    return "all" if where == EVERY_CHANNEL else code(each for each in CHANNELS if each in where)


def actions() -> str:
    """Each action with its parameters and outcomes."""
    return "\n\n".join(map(_action, ACTIONS.values()))


def _action(action: Action) -> str:
    told = f"{action.doc} Channels: {channels(action.channels)}."
    if action.on_leg:
        told += " Needs the caller, and ends with its strand when he leaves."
    parts = [f"#### `{action.name}`", fill(told, 118)]
    if action.parameters:
        parts.append(table(("parameter", "takes", "default", ""), map(_parameter, action.parameters)))
    if action.outcomes:
        rows = ((f"`{each.name}`", code(each.fields), each.doc) for each in action.outcomes)
        parts.append(table(("outcome", "fields", ""), rows))
    return "\n\n".join(parts)


def _parameter(parameter: Parameter) -> tuple[str, str, str, str]:
    default = parameter.default
    if default is REQUIRED:
        text = "must be given"
    else:
        text = f'`"{default}"`' if isinstance(default, str) else f"`{shown(default)}`"
    name = f"`{parameter.name}`" + (" by place" if parameter.by_place else "")
    return name, " or ".join(parameter.types), text, parameter.doc


def events() -> str:
    """What `on` and `wait for` may name."""
    rows = (
        (f"`{each.name}`", code(each.fields), channels(each.channels), each.doc)
        for each in SCRIPT_EVENTS.values()
    )
    return table(("event", "fields", "channels", ""), rows)


def functions() -> str:
    """The built-in functions."""
    return table(("function", ""), ((f"`{_signature(each)}`", each.doc) for each in FUNCTIONS.values()))


def _signature(function: Function) -> str:
    needed = len(function.parameters) - function.optional
    rest = ", ".join(function.parameters[needed:])
    given = ", ".join(function.parameters[:needed])
    optional = f"[{', ' if given else ''}{rest}]" if rest else ""
    return f"{function.name}({given}{optional})"


def predefined() -> str:
    """The names that every script has."""
    return table(("name", "fields"), ((f"`{name}`", code(fields)) for name, fields in PREDEFINED.items()))


def budgets() -> str:
    """What an activeflow may use."""
    limits = Limits()
    last = limits.history + limits.overruns * limits.grace
    rows = (
        (
            "rounds of loops, calls and actions in one input, by what stands in them and what they make",
            f"{limits.steps_per_input:,}",
            "the fault `budget`",
        ),
        ("grace after such a fault", f"{limits.grace:,} steps", "the fault again"),
        (
            "such faults in an activeflow",
            f"{limits.overruns - 1}",
            "the next ends it; no script runs any more",
        ),
        (
            "steps of a constant, or of a route's condition and arguments",
            f"{Bystander().left:,}",
            "an error; the route does not fit",
        ),
        (
            "activeflows alive that one began, they in turn, and so on",
            f"{limits.family:,}",
            "it is not started; logged",
        ),
        ("streams and handlers alive", f"{limits.strands:,}", "the fault `too_many_strands`"),
        ("events that wait at one `on`", f"{limits.waiting_events:,}", "lost; logged once"),
        ("signals kept, of each name", f"{limits.kept_signals:,}", "lost; logged"),
        ("digits typed ahead", f"{limits.typed_ahead:,}", "lost"),
        (
            "inputs in the history of an activeflow",
            f"{limits.history:,}",
            f"the fault `history_full`, and again at each further {limits.grace:,}; at {last:,} it ends",
        ),
        ("`finally`, `on hangup`, handlers of a block that ends", str(Duration(limits.ending)), "cut"),
    )
    return table(("", "", "beyond it"), rows)


def planned() -> str:
    """What this version refuses."""
    rows = (
        ("`E902`", "actions", code(sorted(PLANNED_ACTIONS))),
        ("`E902`", "groups of actions", code(sorted(PLANNED_NAMESPACES))),
        ("`E903`", "events", code(sorted(PLANNED_EVENTS))),
    )
    return table(("code", "", "not run yet"), rows)


TABLES: dict[str, Callable[[], str]] = {
    "actions": actions,
    "budgets": budgets,
    "events": events,
    "functions": functions,
    "planned": planned,
    "predefined": predefined,
}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
