"""Write the tables of `grammar/spec.md`, `docs/settings.md` and `docs/backends.md` anew: what `make
reference` runs.

What stands between `<!-- generated: NAME -->` and `<!-- end -->` comes from the tables that the checker and
the core work with, so that the reference cannot tell anything else. `--check` writes nothing and exits with 1
where the page is out of date.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
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
from tools import settings
from tools.markdown import code, table

PAGE = grammar_path() / "spec.md"
SETTINGS_PAGE, BACKENDS_PAGE = (PAGE.parents[1] / "docs" / each for each in ("settings.md", "backends.md"))
PART = re.compile(r"(<!-- generated: (?P<name>[a-z_]+) -->\n).*?(<!-- end -->)", re.DOTALL)
CHANNELS = ("call", "sms", "email", "chat", "webhook", "schedule")


def main(arguments: Sequence[str]) -> int:
    """Bring the pages up to date, or tell whether they are."""
    stale = 0
    for page in (PAGE, SETTINGS_PAGE, BACKENDS_PAGE):
        before = page.read_text(encoding="utf-8")
        after = renewed(before)
        if before == after:
            continue
        if "--check" in arguments:
            print(f"{page.parent.name}/{page.name} is out of date: run `make reference`", file=sys.stderr)
            stale = 1
        else:
            page.write_text(after, encoding="utf-8")
    return stale


def renewed(page: str) -> str:
    """The page with its generated parts written anew."""
    return PART.sub(lambda found: f"{found[1]}\n{ALL[found['name']]()}\n\n{found[3]}", page)


def channels(where: frozenset[str]) -> str:
    """The channels of something, in the order in which people think of them."""
    return "all" if where == EVERY_CHANNEL else code(each for each in CHANNELS if each in where)


def actions() -> str:
    """Each action with its parameters and outcomes."""
    return "\n\n".join(map(_action, ACTIONS.values()))


def _action(action: Action) -> str:
    told = f"{action.doc} Channels: {channels(action.channels)}."
    if action.on_leg and action.if_left is None:
        told += " Needs the caller, and ends with its strand when he leaves."
    elif action.on_leg:
        told += f" Needs the caller, and ends with `{action.if_left}` when he leaves."
    if not action.on_leg:  # no call outlives its process
        told += f" After a crash: {_RECOVERY[action.recovery]}."
    parts = [f"#### `{action.name}`", fill(told, 118)]
    if action.parameters:
        parts.append(table(("parameter", "takes", "default", ""), map(_parameter, action.parameters)))
    if action.outcomes:
        rows = ((f"`{each.name}`", code(each.fields), each.doc) for each in action.outcomes)
        parts.append(table(("outcome", "fields", ""), rows))
    return "\n\n".join(parts)


_RECOVERY = {
    "repeat": "done again, by the same key",
    "query": "its host is asked how it ended",
    "unknown": "whether it was done is unknown",
}


def _parameter(parameter: Parameter) -> tuple[str, str, str, str]:
    default = parameter.default
    if default is REQUIRED:
        text = "must be given"
    else:
        text = f'`"{default}"`' if isinstance(default, str) else f"`{shown(default)}`"
    name = f"`{parameter.name}`" + (" by place" if parameter.by_place else "")
    takes = " or ".join(parameter.types)
    if parameter.allowed is not None:
        takes += f", {parameter.allowed.words}"
    return name, takes, text, parameter.doc


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
    rest = ", ".join(each.name for each in function.parameters if each.optional)
    given = ", ".join(each.name for each in function.parameters if not each.optional)
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
        ("`E902`", "actions", PLANNED_ACTIONS),
        ("`E902`", "groups of actions", PLANNED_NAMESPACES),
        ("`E903`", "events", PLANNED_EVENTS),
    )
    return table(
        ("code", "", "not run yet"), ((name, what, code(sorted(each))) for name, what, each in rows if each)
    )


TABLES: dict[str, Callable[[], str]] = {
    "actions": actions,
    "budgets": budgets,
    "events": events,
    "functions": functions,
    "planned": planned,
    "predefined": predefined,
}
ALL: dict[str, Callable[[], str]] = {**TABLES, **settings.TABLES}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
