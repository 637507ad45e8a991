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
            Parameter("via", ("text",), "by which trunk, as `via` of a route names it", None),
            Parameter("verified", ("boolean",), "whether it is proved who calls", False),
            Parameter("anonymous", ("boolean",), "whether he asks not to be shown to others", False),
            Parameter("diverted_from", ("text",), "who was called first and sent him on to us", None),
        ),
        channels=CALL,
    ),
    Action(
        "sms",
        "Somebody sends a text message. With `let` he gets a name, and writes again and gets answers by it.",
        (
            Parameter("to", ("text",), "our number or short code"),
            Parameter("text", ("text",), "the message"),
            Parameter("from", ("text",), "who writes", CALLER),
        ),
        channels=frozenset({"sms"}),
    ),
    Action(
        "email",
        "Somebody sends an e-mail.",
        (
            Parameter("to", ("text",), "our address"),
            Parameter("text", ("text",), "the plain text"),
            Parameter("subject", ("text",), "its subject", ""),
            Parameter("from", ("text",), "who writes", "mailto:ann@clinic.example"),
        ),
        channels=frozenset({"email"}),
    ),
    Action(
        "chat",
        "Somebody writes in a chat.",
        (
            Parameter("to", ("text",), "which chat of ours: an address or an extension"),
            Parameter("text", ("text",), "the message"),
            Parameter("from", ("text",), "who writes", "chat:ann"),
        ),
        channels=frozenset({"chat"}),
    ),
    Action(
        "webhook",
        "Another machine posts something.",
        (
            Parameter("to", ("text",), "the path, as in `/orders`"),
            Parameter("data", ("any",), "the value that its JSON spells", None),
            Parameter("headers", ("map",), "its headers, by names in small letters", None),
            Parameter("from", ("text",), "where it comes from", "192.0.2.1"),
        ),
        channels=frozenset({"webhook"}),
    ),
    Action(
        "schedule",
        "A time of a `route schedule` has come.",
        (Parameter("to", ("text",), "the schedule, as its route has it"),),
        channels=frozenset({"schedule"}),
    ),
    Action(
        "report",
        "The carrier reports on the newest message to an address (`on delivered`).",
        (
            Parameter("status", ("text",), "`sent`, `delivered`, `failed` or `read`", by_place=True),
            Parameter("to", ("text",), "to whom the message went"),
            Parameter("reason", ("text",), "why it failed", None),
        ),
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
        "rows",
        "From now on `sql.query` on that connection gives these rows; `sql.run` changes one row, of nothing.",
        (
            Parameter("connection", ("text",), "the data base's name", by_place=True),
            Parameter("rows", ("list",), "maps, by the names of the columns", by_place=True),
            Parameter("of", ("text",), "only where the statement has this in it", None),
        ),
    ),
    Action(
        "fail",
        "The next action of that name fails, and reaches nobody.",
        (
            Parameter(
                "action",
                ("text",),
                "`email`, `http.get`, `store.put`, `dial`, a host's own, …; `send`, `http`, `store`: any of "
                "them; `say`, `play`, `answer`, …: also as part of another, as `ask` says or plays",
                by_place=True,
            ),
            Parameter("code", ("text",), "the code of the fault", "injected"),
            Parameter("outcome", ("text",), "how it ends in place of a fault: `failed`, `unknown`, …", None),
            Parameter("reason", ("text",), "the outcome's `reason`, or the fault's text", None),
        ),
    ),
)

TEST_CALLS: Mapping[str, Action] = {each.name: each for each in _ALL}

# Those that give a party: somebody who acts and hears.
PARTY_CALLS = frozenset({"call", "sms", "email", "chat"})

# Those for which a route finds a flow.
ROUTED_CALLS = PARTY_CALLS | {"webhook", "schedule"}
