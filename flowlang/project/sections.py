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

from .shapes import (
    Choice,
    File,
    Flag,
    Integer,
    Items,
    Kinded,
    Named,
    Plain,
    Seconds,
    Shape,
    Table,
    Text,
    TextOr,
    Told,
)
from .sip import ACCOUNTS, SIP, TRUNKS

NAME = re.compile(r"(?!(?:true|false|none|not|and|or|in)\Z)[A-Za-z_][A-Za-z0-9_]*")
"""As in the grammar: what a script can write."""
_OBJECT = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")

_python = Text('"package.module:name"', _OBJECT)
_type = Choice(tuple(each for each in get_args(TypeName) if each != "flow"))
_name = Text("a name: letters, digits and `_`", NAME)

_PARAMETER = Table(
    {
        "type": Told(_type, "what an argument may be; without it anything"),
        "types": Told(Items(_type, "a list of types"), "the same where it may be several things"),
        "doc": Told(Text(), "what it means"),
        "default": Told(Plain(), "what it is where the script gives none; makes it optional"),
        "optional": Told(Flag(), "it may be left out, and is then `none`"),
        "by_place": Told(Flag(), "it may be given without its name"),
    }
)
_fields = Told(Items(_name, "a list of names of fields"), "the fields of one")
_ACTION = Table(
    {
        "function": Told(
            _python, "what runs in `flow serve`: an async function that takes the arguments by name"
        ),
        "fake": Told(_python, "what `flow test` and `flow run` call in its place"),
        "query": Told(_python, "asked after a crash how a doing of a key ended, where `recovery` is `query`"),
        "doc": Told(Text(), "what it does, in a sentence"),
        "parameters": Told(
            Named(Told(_PARAMETER, "one parameter"), "a table of parameters", NAME), "what it takes, by name"
        ),
        "outcomes": Told(
            Named(_fields, "a table of outcomes", NAME), "how it ends: outcomes by name, each with its fields"
        ),
        "channels": Told(
            Items(Choice(tuple(sorted(EVERY_CHANNEL))), "a list of channels"),
            "where it works; without it everywhere",
        ),
        "recovery": Told(Choice(get_args(Recovery)), "what a crash between doing and knowing means"),
    }
)

_words = Items(Text("a word", re.compile(r"\S{1,40}")), "a list of words")
_MESSAGES = Table(
    {
        "opt_out": Told(_words, "who sends one of these words, and nothing else, gets no more messages"),
        "opt_in": Told(_words, "who sends one of these gets them again"),
        "opt_out_channels": Told(
            Items(Choice(("sms", "email", "chat")), "a list of channels"), "where these words count"
        ),
        "opt_out_text": Told(Text(), "the answer to the first"),
        "opt_in_text": Told(Text(), "the answer to the second"),
        "thread": Told(Integer(1, 1_000_000), "how many messages a thread may have in `thread_window`"),
        "thread_window": Told(Seconds(1, 86_400), "over how long they are counted"),
        "recipient": Told(Integer(1, 1_000_000), "how many messages go to one address in a minute"),
    }
)

_days = Integer(1, 36_500)
_DATA = Table(
    {
        "journal_days": Told(
            _days,
            "how long journals are kept after their end, with secrets and ladders, and what could not be "
            "delivered; 30",
        ),
        "record_days": Told(_days, "how long records of calls and messages are kept after their begin; 400"),
    }
)

_action = Told(
    TextOr(_python, _ACTION),
    "where the action is: a `HostAction` of Python; or a table that declares it in full",
)
_backend = Told(Kinded(), "a way in and out; `flow backends` lists the kinds and what else each takes")
_policy = Told(
    File(), "the operator's policy, a script with nothing else; `flow serve --policy` goes before it"
)

SECTIONS: dict[str, Shape] = {
    "actions": Named(_action, "a table of actions", NAME),
    "backends": Named(_backend, "a table of backends", NAME),
    "data": _DATA,
    "messages": _MESSAGES,
    "policy": Table({"file": _policy}),
    "sip": SIP,
    "trunks": TRUNKS,
    "accounts": ACCOUNTS,
}
SETTINGS = Table(SECTIONS)
