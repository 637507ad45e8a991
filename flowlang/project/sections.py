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

What belongs to which section is told by the shapes below.
"""

from __future__ import annotations

import re
from typing import get_args

from flowlang.model.actions import EVERY_CHANNEL, Recovery, TypeName

from .shapes import Choice, Flag, Items, Named, Plain, Shape, Table, Text, TextOr

NAME = re.compile(r"(?!(?:true|false|none|not|and|or|in)\Z)[A-Za-z_][A-Za-z0-9_]*")
"""As in the grammar: what a script can write."""
_OBJECT = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")

_python = Text('"package.module:name"', _OBJECT)
_type = Choice(get_args(TypeName))
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

SECTIONS: dict[str, Shape] = {
    "actions": Named(TextOr(_python, _ACTION), "a table of actions", NAME),
}
SETTINGS = Table(SECTIONS)
