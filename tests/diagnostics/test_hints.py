"""What a line of `flow check` tells its reader to do, for mistakes that people make on their first day."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowlang.analysis import check
from flowlang.diagnostics import Source, render
from flowlang.modules import ModuleFiles
from flowlang.syntax import parse

HEAD = "route call => main\nflow main { answer }\n"
STATEMENT = 'a statement is a call, such as `say "Hello"`, or begins with a word such as `let` or `if`'


def told(text: str, path: Path) -> str:
    """The first of what is wrong, as it is shown."""
    parsed = parse(Source("x.flow", text))
    found = list(parsed.diagnostics)
    if parsed.module is not None and not found:
        found += check(parsed.module, load=ModuleFiles(path)).diagnostics
    return render(found[0])


def act(statement: str) -> str:
    """A script with a flow of one statement."""
    return f"route call => main\nflow main {{\n    {statement}\n}}\n"


MISTAKES = [
    (f'use "/etc/passwd"\n{HEAD}', "is one of the standard library; write `./NAME` or `std/NAME`"),
    (f'use "../x"\n{HEAD}', "lies in the folder of the script or below it"),
    (f'use "C:\\\\x"\n{HEAD}', "lies in the folder of the script or below it"),
    (f'use "hours"\n{HEAD}', "did you mean `std/hours`?"),
    (f'use "mine"\n{HEAD}', "did you mean `./mine`?"),
    (act('store.set "k", 1'), "did you mean `put`?"),
    (act('let _x = store.read("k")'), "did you mean `get`?"),
    (act('print "x"'), "did you mean `log`?"),
    (act('say "${len("x")}"'), "did you mean `length`?"),
    (act("wait for paid"), 'what comes from outside by that name is `signal "paid"`'),
    (act("mian()"), "did you mean `main`?"),
    (act("match wait for dtmf { }"), "`dtmf` of `wait for dtmf` is not looked at"),
    (act("hello"), STATEMENT),
    (act("let x = 1\n    x"), "`x` is a variable, and a value alone is not a statement"),
    (act("let x = 1\n    x"), "give it to a call, as in `log x`, or assign: `x = …`"),
    (act("let x = 1\n    x()"), "`x` is a variable and cannot be called"),
    ("route email to => main", 'expected an address, such as `"mailto:desk@clinic.example"`'),
    ("route email to", "an address is missing between `to` and the end of the line"),
    ("route outbound call from => x", "expected an address, such as `+14155550100`"),
    ("route call to sip:a@b.example => main", 'write `"sip:a@b.example"`'),
    (act("dial sip:a@b.example"), 'write `"sip:a@b.example"`'),
    (act("http.get(https://x.example/y)"), 'write `"https://x.example/y"`'),
]


@pytest.mark.parametrize(("text", "line"), MISTAKES)
def test_the_line_says_what_to_do(text: str, line: str, tmp_path: Path) -> None:
    assert line in told(text, tmp_path / "x.flow")


def test_a_colon_that_has_nothing_to_do_with_an_address_is_told_as_such(tmp_path: Path) -> None:
    assert "stands in quotes" not in told(act("let x = {sms:1 2}"), tmp_path / "x.flow")
