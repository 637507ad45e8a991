"""Handlers, events, streams."""

from __future__ import annotations

from tests.syntax.outline import is_body


def test_on_takes_patterns_a_name_and_a_guard() -> None:
    is_body(
        """on dtmf "1", /x/, -1 as e when e.ok { stop }
on hangup { }""",
        """
        On «on dtmf "1", /x/, -1 as e when e.ok { stop }» event='dtmf' event_span=«dtmf» binding='e'
          patterns: LiteralPattern «"1"»
            value: Text «"1"» value='1'
          patterns: RegexPattern «/x/» pattern='x' flags=''
          patterns: LiteralPattern «-1»
            value: Number «-1» value=-1
          guard: Field «e.ok» name='ok'
            value: Name «e» name='e'
          body: Block «{ stop }»
            statements: Stop «stop»
        On «on hangup { }» event='hangup' event_span=«hangup»
          body: Block «{ }»
        """,
    )


def test_emit_and_handoff() -> None:
    is_body(
        """emit paid
emit paid, {a: 1}
handoff desk(1)
handoff m.desk""",
        """
        Emit «emit paid» event='paid'
        Emit «emit paid, {a: 1}» event='paid'
          data: MapLiteral «{a: 1}»
            entries: Entry «a: 1» key='a'
              value: Number «1» value=1
        Handoff «handoff desk(1)»
          target: FlowTarget «desk(1)» name='desk'
            arguments: Argument «1»
              value: Number «1» value=1
        Handoff «handoff m.desk»
          target: FlowTarget «m.desk» module='m' name='desk'
        """,
    )


def test_streams() -> None:
    is_body(
        """stream { }
stream beside { }
join beside
cancel beside""",
        """
        Stream «stream { }»
          body: Block «{ }»
        Stream «stream beside { }» name='beside'
          body: Block «{ }»
        Join «join beside» name='beside'
        Cancel «cancel beside» name='beside'
        """,
    )


def test_parallel_and_race() -> None:
    is_body(
        """parallel { stream { }; stream b { } }
race { stream { stop } }
race { }""",
        """
        Parallel «parallel { stream { }; stream b { } }»
          streams: Stream «stream { }»
            body: Block «{ }»
          streams: Stream «stream b { }» name='b'
            body: Block «{ }»
        Race «race { stream { stop } }»
          streams: Stream «stream { stop }»
            body: Block «{ stop }»
              statements: Stop «stop»
        Race «race { }»
        """,
    )
