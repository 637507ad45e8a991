"""What holds for every script that is formatted."""

from __future__ import annotations

from textwrap import dedent

from flowlang.diagnostics import Source
from flowlang.syntax import ParseResult, parse
from flowlang.syntax.format import format_source, same_tree


def formatted(text: str) -> str:
    """The canonical text of a script that parses: it means the same, has the same comments, and is its own
    canonical text."""
    done = format_source(Source("script.flow", text)).text
    assert done is not None, "the script does not parse"
    before, after = parse(_unix(text)), parse(Source("script.flow", done))
    assert before.module is not None
    assert after.module is not None, done
    assert not after.diagnostics, done
    assert same_tree(before.module, after.module), done
    assert comments(after) == comments(before)
    assert format_source(Source("script.flow", done)).text == done
    assert all(line == line.rstrip() for line in done.split("\n")) or '"""' in done
    return done


def _unix(text: str) -> Source:
    return Source("script.flow", text.removeprefix("\ufeff").replace("\r\n", "\n"))


def comments(parsed: ParseResult) -> list[str]:
    return [parsed.source[each].rstrip() for each in parsed.comments]


def body(text: str) -> str:
    """The statements of a flow, formatted."""
    inside = dedent(text).strip("\n").replace("\n", "\n    ")
    done = formatted(f"flow main {{\n    {inside}\n}}\n")
    lines = done.removeprefix("flow main {\n").removesuffix("}\n").split("\n")
    return "\n".join(line.removeprefix("    ") for line in lines)


def value(text: str) -> str:
    """An expression, formatted."""
    return formatted(f"const x = {text}\n").removeprefix("const x = ").removesuffix("\n")
