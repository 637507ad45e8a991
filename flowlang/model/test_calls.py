"""What can be called in a `test` block besides `func`s: how something comes in, declared as actions are.

`flowlang.testing` has what each does; a test holds both sides equal.
"""

from __future__ import annotations

from collections.abc import Mapping

from .actions import CALL, Action, Parameter

CALLER = "+14155550100"  # reserved for fiction, so that nobody real is meant

_ALL = (
    Action(
        "call",
        "Somebody calls. With `let` he gets a name, by which he acts and hears.",
        (
            Parameter("to", ("text",), "whom: a number, an address, an extension"),
            Parameter("from", ("text",), "who calls", CALLER),
            Parameter("name", ("text",), "the display name", None),
        ),
        channels=CALL,
    ),
    Action(
        "signal",
        "Somebody outside signals every activeflow that lives (`on signal`).",
        (
            Parameter("name", ("text",), "the signal's name", by_place=True),
            Parameter("data", ("any",), "what comes with it", None, by_place=True),
        ),
    ),
    Action(
        "fail",
        "The next command of that name to reach a caller fails, and with it the action that gave it.",
        (
            Parameter("command", ("text",), "`say`, `play`, `answer`, …; `ask` says or plays", by_place=True),
            Parameter("code", ("text",), "the code of the fault", "injected"),
        ),
    ),
)

TEST_CALLS: Mapping[str, Action] = {each.name: each for each in _ALL}

# Those that give a party: somebody who acts and hears.
PARTY_CALLS = frozenset({"call"})

# In the language, but no version has run them yet.
PLANNED_TEST_CALLS = frozenset({"sms", "email", "chat", "webhook"})
