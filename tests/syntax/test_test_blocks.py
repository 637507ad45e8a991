"""The statements of a `test` block."""

from __future__ import annotations

from tests.syntax.outline import is_test


def test_things_come_in() -> None:
    is_test(
        """let alice = call(from: +14155550100, to: "100")
sms(from: +1415, text: "x")
m.helper()""",
        """
        TestLet «let alice = call(from: +14155550100, to: "100")» name='alice' name_span=«alice»
          value: Call «call(from: +14155550100, to: "100")»
            callee: Name «call» name='call'
            arguments: Argument «from: +14155550100» name='from'
              value: PhoneNumber «+14155550100» value='+14155550100'
            arguments: Argument «to: "100"» name='to'
              value: Text «"100"» value='100'
        CallStatement «sms(from: +1415, text: "x")»
          call: Call «sms(from: +1415, text: "x")»
            callee: Name «sms» name='sms'
            arguments: Argument «from: +1415» name='from'
              value: PhoneNumber «+1415» value='+1415'
            arguments: Argument «text: "x"» name='text'
              value: Text «"x"» value='x'
        CallStatement «m.helper()»
          call: Call «m.helper()»
            callee: Field «m.helper» name='helper'
              value: Name «m» name='m'
        """,
    )


def test_parties_act() -> None:
    is_test(
        """a presses "12#"
a says "x"
a sends "x"
a waits 5s
a holds
a unholds
a answers
a rejects
a hangs up
a is busy""",
        """
        Act «a presses "12#"» party='a' party_span=«a» verb='presses'
          value: Text «"12#"» value='12#'
        Act «a says "x"» party='a' party_span=«a» verb='says'
          value: Text «"x"» value='x'
        Act «a sends "x"» party='a' party_span=«a» verb='sends'
          value: Text «"x"» value='x'
        Act «a waits 5s» party='a' party_span=«a» verb='waits'
          value: DurationLiteral «5s» microseconds=5000000
        Act «a holds» party='a' party_span=«a» verb='holds'
        Act «a unholds» party='a' party_span=«a» verb='unholds'
        Act «a answers» party='a' party_span=«a» verb='answers'
        Act «a rejects» party='a' party_span=«a» verb='rejects'
        Act «a hangs up» party='a' party_span=«a» verb='hangs up'
        Act «a is busy» party='a' party_span=«a» verb='is busy'
        """,
    )


def test_things_are_expected() -> None:
    is_test(
        """expect a hears "x"
expect a gets /x/
let b = expect dial "sip:x@y"
expect dial +1415
expect email to "a" with subject "s" with text /t/
expect call to "a"
let c = expect call to "b"
expect no email
expect no dial
expect http POST "u"
expect stopped
expect fault budget""",
        """
        ExpectHeard «expect a hears "x"» party='a' party_span=«a» verb='hears'
          value: Text «"x"» value='x'
        ExpectHeard «expect a gets /x/» party='a' party_span=«a» verb='gets'
          value: Regex «/x/» pattern='x' flags=''
        TestLet «let b = expect dial "sip:x@y"» name='b' name_span=«b»
          value: ExpectDial «expect dial "sip:x@y"» word='dial'
            address: Text «"sip:x@y"» value='sip:x@y'
        ExpectDial «expect dial +1415» word='dial'
          address: PhoneNumber «+1415» value='+1415'
        ExpectSent «expect email to "a" with subject "s" with text /t/» channel='email'
          to: Text «"a"» value='a'
          subject: Text «"s"» value='s'
          text: Regex «/t/» pattern='t' flags=''
        ExpectDial «expect call to "a"» word='call'
          address: Text «"a"» value='a'
        TestLet «let c = expect call to "b"» name='c' name_span=«c»
          value: ExpectDial «expect call to "b"» word='call'
            address: Text «"b"» value='b'
        ExpectNothing «expect no email» what='email'
        ExpectNothing «expect no dial» what='dial'
        ExpectHttp «expect http POST "u"» method='POST'
          url: Text «"u"» value='u'
        ExpectStopped «expect stopped»
        ExpectFault «expect fault budget» fault='budget'
        """,
    )


def test_the_world() -> None:
    is_test(
        """at "2026-12-25 10:00 Europe/London"
after 2h
carrier down for 30s
http "u" answers {status: 200}
http fails with 503""",
        """
        At «at "2026-12-25 10:00 Europe/London"»
          time: Text «"2026-12-25 10:00 Europe/London"» value='2026-12-25 10:00 Europe/London'
        After «after 2h»
          duration: DurationLiteral «2h» microseconds=7200000000
        CarrierDown «carrier down for 30s»
          duration: DurationLiteral «30s» microseconds=30000000
        HttpAnswers «http "u" answers {status: 200}»
          url: Text «"u"» value='u'
          answer: MapLiteral «{status: 200}»
            entries: Entry «status: 200» key='status'
              value: Number «200» value=200
        HttpFails «http fails with 503»
          status: Number «503» value=503
        """,
    )
