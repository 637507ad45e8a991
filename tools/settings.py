"""The tables of `docs/settings.md`: each section of `flow.toml` with its settings, from their shapes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from flowlang.diagnostics import Source
from flowlang.project import shapes
from flowlang.project.positions import Path
from flowlang.project.sections import SECTIONS
from flowlang.project.shapes import Report, Shape
from flowlang.project.sip import Told
from tools.markdown import table

MEANING: Mapping[str, str] = {
    "actions.NAME": "where the action is: a `HostAction` of Python; or a table that declares it in full",
    "actions.NAME.function": "what runs in `flow serve`: an async function that takes the arguments by name",
    "actions.NAME.fake": "what `flow test` and `flow run` call in its place",
    "actions.NAME.query": "asked after a crash how a doing of a key ended, where `recovery` is `query`",
    "actions.NAME.doc": "what it does, in a sentence",
    "actions.NAME.parameters": "what it takes, by name",
    "actions.NAME.parameters.NAME": "one parameter",
    "actions.NAME.parameters.NAME.type": "what an argument may be; without it anything",
    "actions.NAME.parameters.NAME.types": "the same where it may be several things",
    "actions.NAME.parameters.NAME.doc": "what it means",
    "actions.NAME.parameters.NAME.default": "what it is where the script gives none; makes it optional",
    "actions.NAME.parameters.NAME.optional": "it may be left out, and is then `none`",
    "actions.NAME.parameters.NAME.by_place": "it may be given without its name",
    "actions.NAME.outcomes": "how it ends: outcomes by name, each with its fields",
    "actions.NAME.outcomes.NAME": "the fields of one",
    "actions.NAME.channels": "where it works; without it everywhere",
    "actions.NAME.recovery": "what a crash between doing and knowing means",
    "backends.NAME": "a way in and out; `flow backends` lists the kinds and what else each takes",
    "policy.file": "the operator's policy, a script with nothing else; `flow serve --policy` goes before it",
    "messages.opt_out": "who sends one of these words, and nothing else, gets no more messages",
    "messages.opt_in": "who sends one of these gets them again",
    "messages.opt_out_channels": "where these words count",
    "messages.opt_out_text": "the answer to the first",
    "messages.opt_in_text": "the answer to the second",
    "messages.thread": "how many messages a thread may have in `thread_window`",
    "messages.thread_window": "over how long they are counted",
    "messages.recipient": "how many messages go to one address in a minute",
}
"""By its path what a setting means. One that stands here and nowhere else fails a test."""


def paths(shape: Shape, path: str) -> Iterator[tuple[str, Shape]]:
    """All settings below a shape, each by its path; what the user names is `NAME`."""
    match shape:
        case shapes.Table(keys=keys):
            for key, below in keys.items():
                yield f"{path}.{key}", below
                yield from paths(below, f"{path}.{key}")
        case shapes.Named(shape=below):
            yield f"{path}.NAME", below
            yield from paths(below, f"{path}.NAME")
        case shapes.TextOr(shape=below) | Told(shape=below):
            yield from paths(below, path)
        case _:
            pass


def meaning(path: str, shape: Shape) -> str:
    """What a setting is for: as its shape says, or as it stands above."""
    return shape.doc if isinstance(shape, Told) else MEANING.get(path, "")


class _Wanted(Report):
    """Remembers what a shape wants in place of what it was given."""

    def __init__(self) -> None:
        super().__init__(Source("flow.toml", ""))
        self.wanted = "a table"

    def wrong(self, path: Path, given: Any, wanted: str) -> Any:
        self.wanted = wanted
        return shapes.WRONG


def takes(shape: Shape) -> str:
    """What a value of a shape may be, in words."""
    match shape:
        case shapes.Text(wanted=wanted):
            return wanted
        case shapes.Choice(of=of):
            return "one of " + ", ".join(f'`"{each}"`' for each in of)
        case shapes.Flag():
            return "`true` or `false`"
        case shapes.Integer(least=least, most=most):
            return f"a whole number from {least:,} to {most:,}"
        case shapes.Seconds(least=least, most=most):
            return f"seconds, from {least:g} to {most:g}"
        case shapes.Plain():
            return "a text, number, boolean, list or table"
        case shapes.Items(shape=below, wanted=wanted):
            return f"{wanted}, each {takes(below)}" if isinstance(below, shapes.Choice) else wanted
        case shapes.Named(wanted=wanted):
            return wanted
        case shapes.TextOr(text=text):
            return f"{text.wanted}, or a table"
        case Told(shape=below):
            return takes(below)
        case shapes.Table():
            return "a table"
        case _:
            asked = _Wanted()
            shape.read(object(), (), asked)
            return asked.wanted


def section(name: str) -> str:
    """The table of one section."""
    shape = SECTIONS[name]
    rows = (
        (f"`{path.removeprefix(f'{name}.')}`", takes(each), meaning(path, each))
        for path, each in paths(shape, name)
    )
    return f"## `[{name}]`\n\n" + table(("setting", "takes", ""), rows)


def all_sections() -> str:
    """Every section there is."""
    return "\n\n".join(map(section, SECTIONS))


TABLES: dict[str, Callable[[], str]] = {"settings": all_sections}
