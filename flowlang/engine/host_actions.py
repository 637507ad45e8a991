"""The host's own actions: what it declared, and its functions, each run as a task."""

from __future__ import annotations

from collections.abc import Callable

import trio

from flowlang.backends.border import Finish
from flowlang.core.host_results import run_host_function
from flowlang.model.actions import Action
from flowlang.model.commands import RunHostAction
from flowlang.model.host_action import NOT_DONE, HostFunction
from flowlang.model.results import Failed, Result

from .workers import Workers


class HostActions:
    """Of one engine. `declared` are the actions by name."""

    def __init__(self, nursery: trio.Nursery) -> None:
        self._workers = Workers(nursery)
        self._functions: dict[str, HostFunction] = {}
        self._queries: dict[str, HostFunction] = {}
        self.declared: dict[str, Action] = {}

    def add(self, action: Action, function: HostFunction, query: HostFunction | None = None) -> None:
        """Raises `ValueError` for `recovery="query"` without a function that is asked."""
        if (action.recovery == "query") is not (query is not None):
            raise ValueError(f'`{action.name}`: `recovery="query"` and a `query` function belong together')
        self.declared[action.name] = action
        self._functions[action.name] = function
        if query is not None:
            self._queries[action.name] = query

    def run(
        self, command: RunHostAction, key: str, finish: Finish, unknown: Result | None = None
    ) -> Callable[[], None]:
        """Runs the function; returns how to cancel it. `key` stands for this one doing. With `unknown` it was
        under way at a crash: the `query` is asked first, and `unknown` is the result where it cannot tell."""

        async def work() -> None:
            finish(await self._result(command, key, unknown))

        return self._workers.begin(work, command.action)

    async def _result(self, command: RunHostAction, key: str, unknown: Result | None) -> Result:
        action = self.declared.get(command.action)
        if action is None:
            return Failed("no_action", f"the host does not offer `{command.action}`")
        arguments = command.arguments | ({action.key: key} if action.key is not None else {})
        if unknown is not None:
            query = self._queries.get(action.name)
            if query is None:  # it was declared with one when the activeflow began
                return unknown
            asked: list[object] = []

            async def answer(**given: object) -> object:
                asked.append(await query(**given))
                return None if asked[0] is NOT_DONE else asked[0]

            found = await run_host_function(action, answer, arguments)
            if not asked:
                return unknown
            if asked[0] is not NOT_DONE:
                return found
        return await run_host_function(action, self._functions[action.name], arguments)
