"""The statements on what goes out: `expect sms to …`, `expect no email`, `expect http POST …`, and how the
world takes it: `http … answers`, `http fails`, `carrier down`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flowlang.compile.runtime.patterns import place_of
from flowlang.compile.runtime.texts import shown
from flowlang.model.message_commands import HttpRequest, SendMessage
from flowlang.model.secrets import shown_text
from flowlang.model.values import Regex, Value, type_name
from flowlang.syntax import ast
from flowlang.syntax.ast import tests

from .outside import Given, fits_address, fits_url
from .unmet import Unmet
from .world import World

Until = Callable[[Callable[[], bool]], bool]
"""Lets time pass until something is so; false if it never is."""

_STATUSES = range(300, 600)


class GoingOut:
    """`does` is what each statement does; `value` works an expression out, `duration` one that is a length of
    time."""

    def __init__(
        self,
        world: World,
        value: Callable[[ast.Expression], Value],
        duration: Callable[[ast.Expression], int],
        until: Until,
    ) -> None:
        self._world = world
        self._value = value
        self._duration = duration
        self._until = until
        self.does: Mapping[type, Callable[[Any], None]] = {
            tests.ExpectSent: self._expect_sent,
            tests.ExpectNothing: self._expect_nothing,
            tests.ExpectHttp: self._expect_http,
            tests.CarrierDown: self._carrier_down,
            tests.HttpAnswers: self._http_answers,
            tests.HttpFails: self._http_fails,
        }

    # -- expectations

    def _expect_sent(self, statement: tests.ExpectSent) -> None:
        channel = statement.channel
        to = self._text(statement.to, "an address")
        subject = self._wanted(statement.subject)
        text = self._wanted(statement.text)

        def fits(command: SendMessage | HttpRequest) -> bool:
            return (
                isinstance(command, SendMessage)
                and command.channel == channel
                and fits_address(to, command)
                and _has(command.subject or "", subject)
                and _has(command.text, text)
            )

        expected = f"{channel} to {to}"
        expected += f" with subject {_shown(subject)}" if subject is not None else ""
        expected += f" with text {_shown(text)}" if text is not None else ""
        self._expect(statement, fits, channel, expected)

    def _expect_http(self, statement: tests.ExpectHttp) -> None:
        method = statement.method.upper()
        url = self._text(statement.url, "an address")

        def fits(command: SendMessage | HttpRequest) -> bool:
            return isinstance(command, HttpRequest) and command.method == method and fits_url(url, command)

        self._expect(statement, fits, "http", f"http {method} {url}")

    def _expect(
        self,
        statement: ast.Node,
        fits: Callable[[SendMessage | HttpRequest], bool],
        outlet: str,
        expected: str,
    ) -> None:
        outside = self._world.outside
        if self._until(lambda: outside.take(fits) is not None):
            return
        others = outside.open_of(outlet)
        what = "request" if outlet == "http" else outlet
        message = f"no {what} like this went out" + ("" if others else f", and no other {what} either")
        raise Unmet(statement.span, message, expected, _places(others))

    def _expect_nothing(self, statement: tests.ExpectNothing) -> None:
        self._world.settle()
        if statement.what in ("call", "dial"):
            called = [each.name for each in self._world.callees if not each.claimed]
            if called:
                message = f"a call went out: to {', '.join(called)}"
                raise Unmet(statement.span, message, f"no {statement.what}")
            return
        found = self._world.outside.open_of(statement.what)
        if found:
            command = found[0].command
            where = shown_text(command.to if isinstance(command, SendMessage) else command.url)
            where = where if isinstance(command, SendMessage) else f"{command.method} {where}"
            message = f"{statement.what} went out: to {where}"
            raise Unmet(statement.span, message, f"no {statement.what}", _places(found))

    # -- the world

    def _carrier_down(self, statement: tests.CarrierDown) -> None:
        until = self._world.at + self._duration(statement.duration)
        self._world.note("carrier", f"is down for {shown(self._value(statement.duration))}")
        self._world.outside.carrier_down(until)

    def _http_answers(self, statement: tests.HttpAnswers) -> None:
        url = self._text(statement.url, "an address")
        self._world.outside.answer(url, 200, self._value(statement.answer))

    def _http_fails(self, statement: tests.HttpFails) -> None:
        status = self._value(statement.status)
        if isinstance(status, bool) or not isinstance(status, int) or status not in _STATUSES:
            raise Unmet(statement.status.span, "http fails with a status from 300 to 599")
        self._world.outside.answer("*", status, "")

    # -- values

    def _text(self, node: ast.Expression, what: str) -> str:
        value = self._value(node)
        if not isinstance(value, str):
            raise Unmet(node.span, f"{what} is a text, and this is {type_name(value)}")
        return value

    def _wanted(self, node: ast.Expression | None) -> str | Regex | None:
        if node is None:
            return None
        value = self._value(node)
        if not isinstance(value, str | Regex):
            raise Unmet(node.span, f"what is looked for is a text or a regex, and this is {type_name(value)}")
        return value


def _has(text: str, wanted: str | Regex | None) -> bool:
    if isinstance(wanted, Regex):
        return place_of(wanted, text, 0) is not None
    return wanted is None or wanted in text


def _shown(wanted: str | Regex | None) -> str:
    return f'"{wanted}"' if isinstance(wanted, str) else str(wanted)


def _places(given: tuple[Given, ...]) -> frozenset[int]:
    return frozenset(each.place for each in given)
