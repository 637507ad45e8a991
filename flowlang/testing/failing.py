"""What a test lets fail: `fail("email")`, `fail("email", outcome: "failed", reason: "mailbox full")`.

A failure waits for the next command of its name and takes its place, so that nobody is reached. The name is
an action's (`email`, `http.get`, `dial`), that of a family of them (`send`: any message; `http`; `store`),
or a command's of which actions on a call are made (`say`, `play`, `answer`).
"""

from __future__ import annotations

from collections.abc import Mapping

from flowlang.diagnostics import near_name
from flowlang.model.actions import Action
from flowlang.model.commands import COMMANDS, Command, PlaceCall, RunHostAction
from flowlang.model.message_commands import (
    HttpRequest,
    SendMessage,
    SqlQuery,
    SqlRun,
    StoreAdd,
    StoreGet,
    StorePut,
)
from flowlang.model.results import Done, Failed, Result
from flowlang.model.values import Outcome, Value

from .parties import CannotError

_PLACED = ("dial", "call")
_MESSAGES = ("sms", "email", "chat", "notify", "send")
_REQUESTS = ("http.get", "http.post", "http.put", "http.delete", "webhook", "http")
_STORED = {StoreGet: "store.get", StorePut: "store.put", StoreAdd: "store.add"}
_SQL = {SqlQuery: "sql.query", SqlRun: "sql.run"}
_NAMES = (*_PLACED, *_MESSAGES, *_REQUESTS, *_STORED.values(), "store", *_SQL.values(), "sql", *COMMANDS)
_UNAVAILABLE = 503  # RFC 3261 §21.5.4


class Failing:
    """The failures that wait, of each name the oldest first. `actions` are all that scripts may call."""

    def __init__(self, actions: Mapping[str, Action]) -> None:
        self._actions = actions
        self._waiting: dict[str, list[Result]] = {}

    def add(self, name: str, code: str, outcome: str | None, reason: str | None) -> None:
        """The next command of that name ends with the fault `code`, or with an outcome. Raises
        `CannotError` for what no command is or can end with."""
        self._check(name)
        text = reason or f"the test lets this `{name}` fail"
        result = Failed(code, text) if outcome is None else self._ending(name, outcome, text)
        self._waiting.setdefault(name, []).append(result)

    def take(self, command: Command) -> Result | None:
        """What a command comes to; `None` where nothing is to fail."""
        for name in _names_of(command) if self._waiting else ():
            waiting = self._waiting.get(name)
            if waiting:
                return waiting.pop(0)
        return None

    def _check(self, name: str) -> None:
        action = self._actions.get(name)
        if name in _NAMES or (action is not None and self._is_hosts(action)):
            return
        if action is not None:
            needs = [f'`fail("{each}")`' for each in action.needs if each in COMMANDS]
            instead = f"it is made of others: {', '.join(needs)}" if needs else "it reaches nobody"
            raise CannotError(f"`{name}` itself cannot fail: {instead}")
        near = near_name(name, [*_NAMES, *self._actions])
        hint = f"; did you mean `{near}`?" if near else ""
        raise CannotError(f"there is no action `{name}` that could fail{hint}")

    def _is_hosts(self, action: Action) -> bool:
        return not action.needs and not action.sends and not action.on_leg and action.name != "log"

    def _ending(self, name: str, outcome: str, reason: str) -> Result:
        endings = self._endings(name, reason)
        if outcome not in endings:
            known = " or ".join(f"`{each}`" for each in endings)
            hint = f"it can be made to end with {known}" if endings else "leave `outcome` out"
            raise CannotError(f"`{name}` has no outcome `{outcome}` of that kind; {hint}")
        return endings[outcome]

    def _endings(self, name: str, reason: str) -> dict[str, Result]:
        """The outcomes that can be had without anybody's doing, by name."""
        unknown = {"unknown": Done(Outcome("unknown"))}
        if name in _PLACED:  # how else it ends says who is called
            return {"failed": Failed("injected", reason)}
        if name in _MESSAGES:
            return {"failed": Done(Outcome("failed", {"reason": reason})), **unknown}
        if name in _REQUESTS:
            return {"failed": Done({"reason": reason}), **unknown}
        if name == "record":
            return {"silent": Done({})}
        if name == "transfer":
            return {"failed": Done({"status": _UNAVAILABLE})}
        action = self._actions.get(name)
        if action is None or not action.outcomes or not self._is_hosts(action):
            return {}
        return {each.name: Done(Outcome(each.name, _fields(each.fields, reason))) for each in action.outcomes}


def _fields(names: tuple[str, ...], reason: str) -> dict[str, Value]:
    return {each: reason if each == "reason" else None for each in names}


def _names_of(command: Command) -> tuple[str, ...]:
    match command:
        case SendMessage(channel=channel):
            return channel, "send"
        case HttpRequest(method=method, sign=sign):
            return "webhook" if sign else f"http.{method.lower()}", "http"
        case StoreGet() | StorePut() | StoreAdd():
            return _STORED[type(command)], "store", command.name
        case SqlQuery() | SqlRun():
            return _SQL[type(command)], "sql", command.name
        case PlaceCall():
            return *_PLACED, command.name
        case RunHostAction(action=action):
            return (action,)
        case _:
            return (command.name,)
