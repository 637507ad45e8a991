"""Calls as statements, with and without parentheses, and the block of handlers behind them."""

from __future__ import annotations

from tests.syntax.outline import is_body


def test_a_statement_may_leave_out_its_parentheses() -> None:
    is_body(
        'say "Hi", voice: "en-GB"',
        """
        CallStatement «say "Hi", voice: "en-GB"»
          call: Call «say "Hi", voice: "en-GB"»
            callee: Name «say» name='say'
            arguments: Argument «"Hi"»
              value: Text «"Hi"» value='Hi'
            arguments: Argument «voice: "en-GB"» name='voice'
              value: Text «"en-GB"» value='en-GB'
        """,
    )


def test_a_call_without_arguments() -> None:
    is_body(
        "answer",
        """
        CallStatement «answer»
          call: Call «answer»
            callee: Name «answer» name='answer'
        """,
    )


def test_a_call_of_a_module() -> None:
    is_body(
        'voicemail.take "desk"',
        """
        CallStatement «voicemail.take "desk"»
          call: Call «voicemail.take "desk"»
            callee: Field «voicemail.take» name='take'
              value: Name «voicemail» name='voicemail'
            arguments: Argument «"desk"»
              value: Text «"desk"» value='desk'
        """,
    )


def test_a_call_with_parentheses() -> None:
    is_body(
        "hours.open(1, a: 2)",
        """
        CallStatement «hours.open(1, a: 2)»
          call: Call «hours.open(1, a: 2)»
            callee: Field «hours.open» name='open'
              value: Name «hours» name='hours'
            arguments: Argument «1»
              value: Number «1» value=1
            arguments: Argument «a: 2» name='a'
              value: Number «2» value=2
        """,
    )


def test_arguments_go_on_behind_a_comma() -> None:
    is_body(
        '''email to: A,
      subject: "x"''',
        """
        CallStatement «email to: A,⏎      subject: "x"»
          call: Call «email to: A,⏎      subject: "x"»
            callee: Name «email» name='email'
            arguments: Argument «to: A» name='to'
              value: Name «A» name='A'
            arguments: Argument «subject: "x"» name='subject'
              value: Text «"x"» value='x'
        """,
    )


def test_a_first_argument_by_name() -> None:
    is_body(
        "email to: +14155550100",
        """
        CallStatement «email to: +14155550100»
          call: Call «email to: +14155550100»
            callee: Name «email» name='email'
            arguments: Argument «to: +14155550100» name='to'
              value: PhoneNumber «+14155550100» value='+14155550100'
        """,
    )


def test_handlers_follow_a_call() -> None:
    is_body(
        'dial "sip:a@b.example", timeout: 25s { on ringing { say "x" } }',
        """
        CallStatement «dial "sip:a@b.example", timeout: 25s { on ringing { say "x" } }»
          call: Call «dial "sip:a@b.example", timeout: 25s { on ringing { say "x" } }»
            callee: Name «dial» name='dial'
            arguments: Argument «"sip:a@b.example"»
              value: Text «"sip:a@b.example"» value='sip:a@b.example'
            arguments: Argument «timeout: 25s» name='timeout'
              value: DurationLiteral «25s» microseconds=25000000
            handlers: On «on ringing { say "x" }» event='ringing' event_span=«ringing»
              body: Block «{ say "x" }»
                statements: CallStatement «say "x"»
                  call: Call «say "x"»
                    callee: Name «say» name='say'
                    arguments: Argument «"x"»
                      value: Text «"x"» value='x'
        """,
    )


def test_handlers_follow_a_call_without_arguments() -> None:
    is_body(
        """answer {
  on hold { stop }

  on unhold { stop }
}""",
        """
        CallStatement «answer {⏎  on hold { stop }⏎⏎  on unhold { stop }⏎}»
          call: Call «answer {⏎  on hold { stop }⏎⏎  on unhold { stop }⏎}»
            callee: Name «answer» name='answer'
            handlers: On «on hold { stop }» event='hold' event_span=«hold»
              body: Block «{ stop }»
                statements: Stop «stop»
            handlers: On «on unhold { stop }» event='unhold' event_span=«unhold»
              body: Block «{ stop }»
                statements: Stop «stop»
        """,
    )


def test_handlers_follow_the_right_side_of_let_assignment_and_return() -> None:
    is_body(
        """let x = f() { on a { } }
x = f() { on a { } }
return f() { on a { } }""",
        """
        Let «let x = f() { on a { } }» name='x' name_span=«x»
          value: Call «f() { on a { } }»
            callee: Name «f» name='f'
            handlers: On «on a { }» event='a' event_span=«a»
              body: Block «{ }»
        Assign «x = f() { on a { } }» name='x' name_span=«x»
          value: Call «f() { on a { } }»
            callee: Name «f» name='f'
            handlers: On «on a { }» event='a' event_span=«a»
              body: Block «{ }»
        Return «return f() { on a { } }»
          value: Call «f() { on a { } }»
            callee: Name «f» name='f'
            handlers: On «on a { }» event='a' event_span=«a»
              body: Block «{ }»
        """,
    )


def test_a_brace_behind_the_head_of_an_if_is_its_block() -> None:
    is_body(
        "if f() { }",
        """
        If «if f() { }»
          condition: Call «f()»
            callee: Name «f» name='f'
          then: Block «{ }»
        """,
    )


def test_start_is_a_statement_too() -> None:
    is_body(
        "start desk(1)",
        """
        CallStatement «start desk(1)»
          call: Start «start desk(1)»
            target: FlowTarget «desk(1)» name='desk'
              arguments: Argument «1»
                value: Number «1» value=1
        """,
    )
