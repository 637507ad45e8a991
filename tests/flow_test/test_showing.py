"""How results are shown: for people, for programs, for CI servers."""

from __future__ import annotations

from xml.etree import ElementTree

from flowlang.testing.junit import junit
from flowlang.testing.rendering import result_lines
from tests.flow_test.testing import run

SCRIPT = """
route call to "100" => main
flow main {
    let choice = ask("Press 1.", timeout: 5s)
    say "You pressed ${choice}."
}
"""

FAILED = """\
FAIL  x.flow:8  it  (0:06.667)
x.flow:12:5: alice did not hear "Goodbye": the call is over: hung up
        expect alice hears "Goodbye"
        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    expected  "Goodbye"
    happened
        0:00.000  alice  calls 100
        0:00.000  alice  is answered
        0:00.000  alice  hears "Press 1." (cut)
        0:00.000  alice  presses 7
  >     0:05.000  alice  hears "You pressed 7."
        0:05.933  alice  is hung up on
        0:05.933  main   ends
"""

STATEMENTS = (
    'let alice = call(to: "100")',
    'expect alice hears "Press 1"',
    'alice presses "7"',
    'expect alice hears "Goodbye"',
)


def test_a_failure_shows_expected_against_heard_with_times() -> None:
    (result,) = run(SCRIPT, *STATEMENTS).results
    shown = "\n".join(result_lines(result)) + "\n"
    assert shown == FAILED.replace("(0:06.667)", "(0:05.933)")


def test_a_passing_test_is_one_line() -> None:
    (result,) = run(SCRIPT, *STATEMENTS[:3]).results
    assert list(result_lines(result)) == ["ok    x.flow:8  it  (0:00.000)"]


def test_a_long_table_is_cut_at_its_beginning() -> None:
    script = 'route call to "100" => main\nflow main { answer\n for n in range(40) { log "${n}" } }\n'
    (result,) = run(script, STATEMENTS[0], STATEMENTS[3]).results
    lines = list(result_lines(result))
    assert "    happened  (after 14 earlier things)" in lines
    assert sum("logs" in each for each in lines) == 28


def test_text_of_a_script_does_not_reach_the_terminal_unguarded() -> None:
    script = 'route call to "100" => main\nflow main { say "a\\u{1b}[31mb" }\n'
    (result,) = run(script, STATEMENTS[0], STATEMENTS[3]).results
    assert all(each.isprintable() for each in result_lines(result))


def test_json_has_what_the_table_has() -> None:
    (result,) = run(SCRIPT, *STATEMENTS).results
    plain = result.to_plain()
    failed = plain.pop("failure")
    assert plain == {
        "kind": "test", "file": "x.flow", "line": 8, "name": "it", "passed": False,
        "virtual_seconds": 5.933333,
    }  # fmt: skip
    assert (failed["line"], failed["column"], failed["expected"]) == (12, 5, '"Goodbye"')
    assert failed["statement"] == 'expect alice hears "Goodbye"'
    assert failed["seen"][2] == {
        "virtual_seconds": 0.0, "who": "alice", "what": 'hears "Press 1."', "cut": True,
    }  # fmt: skip


def test_junit_names_tests_files_and_failures() -> None:
    suites = ElementTree.fromstring(junit([run(SCRIPT, *STATEMENTS), run(SCRIPT, *STATEMENTS[:3])]))  # noqa: S314
    assert [each.attrib["failures"] for each in suites] == ["1", "0"]
    case = suites[0][0]
    assert (case.attrib["name"], case.attrib["classname"], case.attrib["line"]) == ("it", "x.flow", "8")
    assert "Goodbye" in case[0].attrib["message"]
    assert case[0].text is not None
    assert "You pressed 7." in case[0].text
