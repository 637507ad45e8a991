"""The tables of `docs/settings.md`: each section of `flow.toml` with its settings, from their shapes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from flowlang.diagnostics import Source
from flowlang.project import shapes
from flowlang.project.positions import Path
from flowlang.project.sections import SECTIONS
from flowlang.project.shapes import Report, Shape, Told
from tools.markdown import table


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


def meaning(shape: Shape) -> str:
    """What a setting is for; a table of tables may go without."""
    return shape.doc if isinstance(shape, Told) else ""


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
        case shapes.Quantity():
            return shape.wanted
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
        (f"`{path.removeprefix(f'{name}.')}`", takes(each), meaning(each))
        for path, each in paths(shape, name)
    )
    return f"## `[{name}]`\n\n" + table(("setting", "takes", ""), rows)


def all_sections() -> str:
    """Every section there is."""
    return "\n\n".join(map(section, SECTIONS))


TABLES: dict[str, Callable[[], str]] = {"settings": all_sections}
