"""The sections of `flow.toml`, each as one shape. A new section is a line in `SECTIONS` and its shape.

    [actions]
    find_order = "shop.actions:FIND_ORDER"         # a `HostAction`; reading it imports the module

    [actions.find_appointment]                     # declared in full: nothing is imported before it runs
    function = "clinic.desk:find_appointment"
    fake = "clinic.fakes:find_appointment"         # what `flow test` calls in its place
    doc = "Looks a caller's next appointment up."
    recovery = "repeat"
    outcomes = { found = ["day", "time"], unknown = [] }
    parameters.number = { type = "text", doc = "the number that the patient gave" }

    [backends.texts]                               # see `backends`
    kind = "sms_gateway"

    [messages]                                     # see `flowlang.core.manners`
    opt_out = ["STOP", "STOPP"]
    recipient = 60                                 # messages to one address in a minute

    [data]                                         # how long `flow serve` keeps what is over
    journal_days = 30
    record_days = 400

What belongs to which section is told by the shapes below.
"""

from __future__ import annotations

import re
from typing import get_args

from flowlang.model.actions import EVERY_CHANNEL, Recovery, TypeName

from .shapes import Choice, Flag, Integer, Items, Kinded, Named, Plain, Seconds, Shape, Table, Text, TextOr
from .sip import ACCOUNTS, SIP, TRUNKS, Told

NAME = re.compile(r"(?!(?:true|false|none|not|and|or|in)\Z)[A-Za-z_][A-Za-z0-9_]*")
"""As in the grammar: what a script can write."""
_OBJECT = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")

_python = Text('"package.module:name"', _OBJECT)
_type = Choice(tuple(each for each in get_args(TypeName) if each != "flow"))
_name = Text("a name: letters, digits and `_`", NAME)

_PARAMETER = Table(
    {
        "type": _type,
        "types": Items(_type, "a list of types"),
        "doc": Text(),
        "default": Plain(),
        "optional": Flag(),
        "by_place": Flag(),
    }
)
_ACTION = Table(
    {
        "function": _python,
        "fake": _python,
        "query": _python,
        "doc": Text(),
        "parameters": Named(_PARAMETER, "a table of parameters", NAME),
        "outcomes": Named(Items(_name, "a list of names of fields"), "a table of outcomes", NAME),
        "channels": Items(Choice(tuple(sorted(EVERY_CHANNEL))), "a list of channels"),
        "recovery": Choice(get_args(Recovery)),
    }
)

_words = Items(Text("a word", re.compile(r"\S{1,40}")), "a list of words")
_MESSAGES = Table(
    {
        "opt_out": _words,
        "opt_in": _words,
        "opt_out_channels": Items(Choice(("sms", "email", "chat")), "a list of channels"),
        "opt_out_text": Text(),
        "opt_in_text": Text(),
        "thread": Integer(1, 1_000_000),
        "thread_window": Seconds(1, 86_400),
        "recipient": Integer(1, 1_000_000),
    }
)

_days = Integer(1, 36_500)
_DATA = Table(
    {
        "journal_days": Told(_days, "how long journals are kept after their end, and secrets with them; 30"),
        "record_days": Told(_days, "how long records of calls are kept after their begin; 400"),
    }
)

SECTIONS: dict[str, Shape] = {
    "actions": Named(TextOr(_python, _ACTION), "a table of actions", NAME),
    "backends": Named(Kinded(), "a table of backends", NAME),
    "data": _DATA,
    "messages": _MESSAGES,
    "policy": Table({"file": Text()}),
    "sip": SIP,
    "trunks": TRUNKS,
    "accounts": ACCOUNTS,
}
SETTINGS = Table(SECTIONS)
