"""What stands at the top of a script."""

from __future__ import annotations

from tests.syntax.outline import is_module


def test_use() -> None:
    is_module(
        """use "std/hours"
use "./x" as y""",
        """
        Use «use "std/hours"» path='std/hours'
        Use «use "./x" as y» path='./x' alias='y'
        """,
    )


def test_const() -> None:
    is_module(
        """## The largest.
const MAX = 1 + 1""",
        """
        Const «const MAX = 1 + 1» name='MAX' name_span=«MAX» doc='The largest.'
          value: Binary «1 + 1» operator='+'
            left: Number «1» value=1
            right: Number «1» value=1
        """,
    )


def test_a_route_has_its_clauses_in_any_order() -> None:
    is_module(
        """route call priority 7 when a via b from +1415 to "1" => m.f(1)
route outbound call => desk else x""",
        """
        Route «route call priority 7 when a via b from +1415 to "1" => m.f(1)» channel='call' priority=7
          to: Text «"1"» value='1'
          source: PhoneNumber «+1415» value='+1415'
          via: Name «b» name='b'
          when: Name «a» name='a'
          target: FlowTarget «m.f(1)» module='m' name='f'
            arguments: Argument «1»
              value: Number «1» value=1
        Route «route outbound call => desk else x» channel='outbound call'
          target: FlowTarget «desk» name='desk'
          otherwise: FlowTarget «x» name='x'
        """,
    )


def test_a_flow_has_parameters_outcomes_and_a_doc() -> None:
    is_module(
        """## It.
##
##   So.
flow f(a, b = 1) -> y | n { }
flow g { }""",
        r"""
        FlowDecl «flow f(a, b = 1) -> y | n { }» name='f' name_span=«f» outcomes=('y', 'n') doc='It.\n\n  So.'
          params: Param «a» name='a'
          params: Param «b = 1» name='b'
            default: Number «1» value=1
          body: Block «{ }»
        FlowDecl «flow g { }» name='g' name_span=«g»
          body: Block «{ }»
        """,
    )


def test_a_func_is_an_expression_or_a_block() -> None:
    is_module(
        """func f(x) = x + 1
func g() { return 1 }""",
        """
        FuncDecl «func f(x) = x + 1» name='f' name_span=«f»
          params: Param «x» name='x'
          body: Binary «x + 1» operator='+'
            left: Name «x» name='x'
            right: Number «1» value=1
        FuncDecl «func g() { return 1 }» name='g' name_span=«g»
          body: Block «{ return 1 }»
            statements: Return «return 1»
              value: Number «1» value=1
        """,
    )


def test_policy() -> None:
    is_module(
        """policy { allow dial "sip:*", +1415; limit duration 1h
}
policy { }""",
        """
        PolicyDecl «policy { allow dial "sip:*", +1415; limit duration 1h⏎}»
          rules: PolicyRule «allow dial "sip:*", +1415» kind='allow' subject='dial'
            values: Text «"sip:*"» value='sip:*'
            values: PhoneNumber «+1415» value='+1415'
          rules: PolicyRule «limit duration 1h» kind='limit' subject='duration'
            values: DurationLiteral «1h» microseconds=3600000000
        PolicyDecl «policy { }»
        """,
    )


def test_declarations_may_stand_on_one_line() -> None:
    is_module(
        "const A = 1; const B = 2",
        """
        Const «const A = 1» name='A' name_span=«A»
          value: Number «1» value=1
        Const «const B = 2» name='B' name_span=«B»
          value: Number «2» value=2
        """,
    )
