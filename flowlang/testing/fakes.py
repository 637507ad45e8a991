"""A host's actions in tests: a fake is called in place of each, at once, as nothing waits here."""

from __future__ import annotations

from inspect import isawaitable
from typing import TYPE_CHECKING

from flowlang.core.host_results import run_host_function
from flowlang.model.commands import RunHostAction
from flowlang.model.results import Failed, Result
from flowlang.model.values import Value

if TYPE_CHECKING:
    from .world import World


def run_fake(world: World, command: RunHostAction) -> Result:
    """What the fake gives, taken as the engine takes what the action itself gives."""
    fake = world.fakes.get(command.action)
    if fake is None:
        text = f"`{command.action}` is the host's and does not run in tests; give it a `fake`"
        return Failed("not_simulated", text)

    async def call(**arguments: Value) -> object:
        given = fake(**arguments)
        return await given if isawaitable(given) else given

    action = world.script.program.actions[command.action]
    running = run_host_function(action, call, command.arguments)
    try:
        running.send(None)
    except StopIteration as end:
        return end.value
    running.close()
    return Failed("not_simulated", f"the fake of `{command.action}` waits, and nothing does in tests")
