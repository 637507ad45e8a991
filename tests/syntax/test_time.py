"""Waiting, deadlines and repetition."""

from __future__ import annotations

from tests.syntax.outline import is_body


def test_wait_for_a_time_until_one_or_for_an_event() -> None:
    is_body(
        """wait 5s
wait until n > 3
wait for signal "paid" within 1d
wait -n""",
        """
        Wait «wait 5s»
          duration: DurationLiteral «5s» microseconds=5000000
        WaitUntil «wait until n > 3»
          condition: Binary «n > 3» operator='>'
            left: Name «n» name='n'
            right: Number «3» value=3
        WaitForStatement «wait for signal "paid" within 1d»
          wait: WaitFor «wait for signal "paid" within 1d» event='signal'
            patterns: LiteralPattern «"paid"»
              value: Text «"paid"» value='paid'
            within: DurationLiteral «1d» microseconds=86400000000
        Wait «wait -n»
          duration: Unary «-n» operator='-'
            operand: Name «n» name='n'
        """,
    )


def test_within_and_every() -> None:
    is_body(
        """within 5s { } else { stop }
within d { }
every 10s { }""",
        """
        Within «within 5s { } else { stop }»
          duration: DurationLiteral «5s» microseconds=5000000
          body: Block «{ }»
          otherwise: Block «{ stop }»
            statements: Stop «stop»
        Within «within d { }»
          duration: Name «d» name='d'
          body: Block «{ }»
        Every «every 10s { }»
          duration: DurationLiteral «10s» microseconds=10000000
          body: Block «{ }»
        """,
    )
