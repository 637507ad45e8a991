r"""What stands inside of quotes: escapes, and the indentation of long text.

Escapes: `\n` `\r` `\t` `\\` `\"` `\'` `\$` and `\u{1F4DE}`, a character by its number. Raw text has none.

Long text: a line break directly behind the opening `\"""` is dropped, so are a last line of blanks alone
before the closing one and the indentation that all lines share, the closing line included. Blanks made by an
escape stay.
"""

from __future__ import annotations

import re
from typing import Any

from flowlang.diagnostics import Span
from flowlang.syntax.tokens import Token

from .building import Building

_SIMPLE = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\", '"': '"', "'": "'", "$": "$"}
_ESCAPE = re.compile(r"\\(?:u\{([^}\"\n]*)\}|([\s\S]))")


def unescaped(b: Building, written: str, start: int) -> str:
    """The text without its escapes; `start` is where it stands."""
    if "\\" not in written:
        return written

    def replace(found: re.Match[str]) -> str:
        number, simple = found.groups()
        if simple is not None and simple in _SIMPLE:
            return _SIMPLE[simple]
        if number is not None:
            character = _character(number)
            if character is not None:
                return character
        b.report(
            "E112", Span(start + found.start(), start + found.end()), f"`{found.group()}` is not an escape",
            expected=("`\\n`", "`\\r`", "`\\t`", "`\\\\`", '`\\"`', "`\\'`", "`\\$`", "`\\u{…}`"),
        )  # fmt: skip
        return ""

    return _ESCAPE.sub(replace, written)


def _character(number: str) -> str | None:
    if not re.fullmatch(r"[0-9A-Fa-f]{1,6}", number):
        return None
    value = int(number, 16)
    if value > 0x10FFFF or 0xD800 <= value <= 0xDFFF:  # past Unicode, or half of a surrogate pair
        return None
    return chr(value)


_LINE = re.compile(r"(?<=\n)([ \t]*)(?=[^ \t\r\n])")


def dedented(b: Building, parts: list[Any]) -> list[Any]:
    """The pieces of a long text (tokens and expressions) with the shared indentation gone and escapes
    resolved.
    """
    if not parts:
        return []
    raw: list[Any] = [each.text if isinstance(each, Token) else each for each in parts]
    shared = _shared_indentation(raw)
    result: list[Any] = []
    for at, (part, token) in enumerate(zip(raw, parts, strict=True)):
        if not isinstance(part, str):
            result.append(part)
            continue
        lines = part.replace("\r\n", "\n").split("\n")
        begins = at == 0
        done: list[str] = []
        offset = token.span[0]
        for number, line in enumerate(lines):
            cut = min(shared, len(line) - len(line.lstrip(" \t"))) if number else 0
            done.append(unescaped(b, line[cut:], offset + cut))
            offset += len(line) + 1
        if begins and len(done) > 1 and not lines[0].strip(" \t"):
            del done[0]
        if at == len(raw) - 1 and len(lines) > 1 and not lines[-1].strip(" \t"):
            done[-1] = ""
            if len(done) > 1:
                del done[-1]
        result.append("\n".join(done))
    return result


def _shared_indentation(raw: list[Any]) -> int:
    """By lines that say something (text or an expression) and by the line of the closing quotes."""
    joined = "".join(part if isinstance(part, str) else "x" for part in raw)
    lines = joined.split("\n")[1:]
    if not lines:
        return 0
    counted = [line for line in lines[:-1] if line.strip(" \t\r")] + [lines[-1]]
    return min(len(line) - len(line.lstrip(" \t")) for line in counted)
