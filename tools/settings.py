"""The tables of `docs/settings.md` and `docs/backends.md`: each section of `flow.toml`, and each kind of
backend, with its settings, from their shapes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from importlib.metadata import entry_points
from typing import Any, NamedTuple

from flowlang.diagnostics import Source
from flowlang.project import shapes
from flowlang.project.backends import GROUP, BackendKind
from flowlang.project.positions import Path
from flowlang.project.sections import SECTIONS
from flowlang.project.shapes import Report, Shape, Told
from tools.markdown import table


class Setting(NamedTuple):
    """One setting, by its path; what the user names is `NAME` in it."""

    path: str
    shape: Shape
    required: bool = False


def below(shape: Shape, path: str) -> Iterator[Setting]:
    """All settings below a shape."""
    match shape:
        case shapes.Table(keys=keys, required=required):
            for key, each in keys.items():
                yield Setting(f"{path}{key}", each, key in required)
                yield from below(each, f"{path}{key}.")
        case shapes.Named(shape=each):
            yield Setting(f"{path}NAME", each)
            yield from below(each, f"{path}NAME.")
        case shapes.TextOr(shape=each) | Told(shape=each):
            yield from below(each, path)
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
        case shapes.Text(wanted=wanted) | shapes.File(wanted=wanted):
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
        case shapes.Items(shape=each, wanted=wanted):
            return f"{wanted}, each {takes(each)}" if isinstance(each, shapes.Choice) else wanted
        case shapes.Named(wanted=wanted):
            return wanted
        case shapes.TextOr(text=text):
            return f"{text.wanted}, or a table"
        case Told(shape=each):
            return takes(each)
        case shapes.Table():
            return "a table"
        case _:
            asked = _Wanted()
            shape.read(object(), (), asked)
            return asked.wanted


def rows(shape: Shape) -> str:
    """The table of all settings below a shape."""
    return table(
        ("setting", "takes", ""),
        (
            (f"`{each.path}`", takes(each.shape), f"{'**required**; ' * each.required}{meaning(each.shape)}")
            for each in below(shape, "")
        ),
    )


def all_sections() -> str:
    """Every section there is."""
    return "\n\n".join(f"## `[{name}]`\n\n{rows(shape)}" for name, shape in SECTIONS.items())


def kinds() -> dict[str, BackendKind[object]]:
    """Our kinds of backends, by name."""
    ours = (each for each in entry_points(group=GROUP) if each.value.startswith("flowlang."))
    found = {each.name: each.load() for each in ours}
    return {name: each for name, each in sorted(found.items()) if isinstance(each, BackendKind)}


TABLES: dict[str, Callable[[], str]] = {
    "settings": all_sections,
    **{f"kind_{name}": partial(rows, kind.settings) for name, kind in kinds().items()},
}
