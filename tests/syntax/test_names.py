"""Statements that give names their values."""

from __future__ import annotations

from tests.syntax.outline import is_body


def test_let_assignment_and_secret() -> None:
    is_body(
        'let x = 1; x = 2; secret let pin = ask("?")',
        """
        Let «let x = 1» name='x' name_span=«x»
          value: Number «1» value=1
        Assign «x = 2» name='x' name_span=«x»
          value: Number «2» value=2
        Let «secret let pin = ask("?")» name='pin' name_span=«pin» secret=True
          value: Call «ask("?")»
            callee: Name «ask» name='ask'
            arguments: Argument «"?"»
              value: Text «"?"» value='?'
        """,
    )


def test_a_keyword_may_name_a_variable() -> None:
    is_body(
        """let wait = 1
wait = 2
if = wait""",
        """
        Let «let wait = 1» name='wait' name_span=«wait»
          value: Number «1» value=1
        Assign «wait = 2» name='wait' name_span=«wait»
          value: Number «2» value=2
        Assign «if = wait» name='if' name_span=«if»
          value: Name «wait» name='wait'
        """,
    )


def test_wait_for_is_a_value_on_the_right_side() -> None:
    is_body(
        'let e = wait for dtmf "1", "2" within 5s',
        """
        Let «let e = wait for dtmf "1", "2" within 5s» name='e' name_span=«e»
          value: WaitFor «wait for dtmf "1", "2" within 5s» event='dtmf'
            patterns: LiteralPattern «"1"»
              value: Text «"1"» value='1'
            patterns: LiteralPattern «"2"»
              value: Text «"2"» value='2'
            within: DurationLiteral «5s» microseconds=5000000
        """,
    )
