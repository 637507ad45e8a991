"""`if`, `match` and patterns."""

from __future__ import annotations

from tests.syntax.outline import is_body


def test_else_if_is_an_if_in_otherwise() -> None:
    is_body(
        "if a { } else if b { } else { stop }",
        """
        If «if a { } else if b { } else { stop }»
          condition: Name «a» name='a'
          then: Block «{ }»
          otherwise: If «if b { } else { stop }»
            condition: Name «b» name='b'
            then: Block «{ }»
            otherwise: Block «{ stop }»
              statements: Stop «stop»
        """,
    )


def test_arms_bind_guard_and_hold_a_statement_or_a_block() -> None:
    is_body(
        """match x {
  answered as l when l.ok => log 1
  busy, no_answer => { stop }
  _ => { }
}""",
        """
        Match «match x {⏎  answered as l when l.ok => log 1⏎  busy, no_answer => { stop }⏎  _ => { }⏎}»
          subject: Name «x» name='x'
          arms: Arm «answered as l when l.ok => log 1» binding='l'
            patterns: OutcomePattern «answered» name='answered'
            guard: Field «l.ok» name='ok'
              value: Name «l» name='l'
            body: Block «log 1»
              statements: CallStatement «log 1»
                call: Call «log 1»
                  callee: Name «log» name='log'
                  arguments: Argument «1»
                    value: Number «1» value=1
          arms: Arm «busy, no_answer => { stop }»
            patterns: OutcomePattern «busy» name='busy'
            patterns: OutcomePattern «no_answer» name='no_answer'
            body: Block «{ stop }»
              statements: Stop «stop»
          arms: Arm «_ => { }»
            patterns: Wildcard «_»
            body: Block «{ }»
        """,
    )


def test_patterns_are_outcomes_literals_regexes_and_a_wildcard() -> None:
    is_body(
        """
        match x { "a", 'b', 1, -2.5, true, none, 5s, -1h, +14155550100, /r/i, ok, _ => stop }
        """,
        """
        Match «match x { "a", 'b', 1, -2.5, true, none, 5s, -1h, +14155550100, /r/i, ok, _ => stop }»
          subject: Name «x» name='x'
          arms: Arm «"a", 'b', 1, -2.5, true, none, 5s, -1h, +14155550100, /r/i, ok, _ => stop»
            patterns: LiteralPattern «"a"»
              value: Text «"a"» value='a'
            patterns: LiteralPattern «'b'»
              value: Text «'b'» value='b'
            patterns: LiteralPattern «1»
              value: Number «1» value=1
            patterns: LiteralPattern «-2.5»
              value: Number «-2.5» value=Decimal('-2.5')
            patterns: LiteralPattern «true»
              value: Boolean «true» value=True
            patterns: LiteralPattern «none»
              value: NoneLiteral «none»
            patterns: LiteralPattern «5s»
              value: DurationLiteral «5s» microseconds=5000000
            patterns: LiteralPattern «-1h»
              value: DurationLiteral «-1h» microseconds=-3600000000
            patterns: LiteralPattern «+14155550100»
              value: PhoneNumber «+14155550100» value='+14155550100'
            patterns: RegexPattern «/r/i» pattern='r' flags='i'
            patterns: OutcomePattern «ok» name='ok'
            patterns: Wildcard «_»
            body: Block «stop»
              statements: Stop «stop»
        """,
    )


def test_arms_may_be_parted_by_semicolons() -> None:
    is_body(
        "match wait for x { 1 => stop; _ => stop }",
        """
        Match «match wait for x { 1 => stop; _ => stop }»
          subject: WaitFor «wait for x» event='x'
          arms: Arm «1 => stop»
            patterns: LiteralPattern «1»
              value: Number «1» value=1
            body: Block «stop»
              statements: Stop «stop»
          arms: Arm «_ => stop»
            patterns: Wildcard «_»
            body: Block «stop»
              statements: Stop «stop»
        """,
    )


def test_a_match_may_be_empty() -> None:
    is_body(
        "match x { }",
        """
        Match «match x { }»
          subject: Name «x» name='x'
        """,
    )
