"""What `flow serve` does: an engine with the backends that `flow.toml` sets up, until somebody ends it."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import trio

import flowlang
from flowlang.backends.border import Backend, Outlet
from flowlang.backends.values import StoredValues
from flowlang.diagnostics import Source
from flowlang.engine.clock import watch_clock
from flowlang.engine.recovery import Recovered
from flowlang.engine.retention import Retention
from flowlang.model.policy import NOTHING, Policy
from flowlang.project.project import Project
from flowlang.store import StoreError
from flowlang.store.machines import KnownMachines
from flowlang.store.opt_outs import OptedOut
from flowlang.store.sealing import LastingSealer
from flowlang.store.sqlite import SqliteStore
from flowlang.voices import open_espeak

from .collecting import collect_when_quiet, keep_what_is_here
from .controlling import Controls, serve_controls
from .data import opened_store
from .display import LiveView, Style, printable
from .exits import Exit
from .faults import user_errors
from .gathered import Gathered
from .output import Lines
from .projects import from_project, give_actions, project_of
from .reloading import look, watch
from .sip import nobody_may_call, sip_backend
from .speaking import require_voice
from .watching import JsonLines


@dataclass(frozen=True, slots=True)
class Service:
    """What to serve and where. `t1` is in seconds, `data` the folder of the store, `None` for none;
    `policy` is the operator's. `listen` is in place of what `flow.toml` says; `open_to_all` lets anybody
    call."""

    path: Path
    listen: tuple[str, int] | None
    rtp_ports: tuple[int, int]
    advertise: str | None
    t1: float
    data: Path | None = None
    policy: Policy = NOTHING
    open_to_all: bool = False


def serve_calls(service: Service, *, as_json: bool) -> Exit:
    """Serves until a signal: `INTERRUPTED` after Ctrl-C, `FINE` after SIGTERM."""
    with user_errors():
        return trio.run(_serve, service, as_json)


async def _serve(service: Service, as_json: bool) -> Exit:
    folder = service.path if service.path.is_dir() else service.path.parent
    async with AsyncExitStack() as stack:
        signals = stack.enter_context(trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM))
        voice = await stack.enter_async_context(open_espeak(_cache_folder()))
        project = project_of(service.path)
        sip = sip_backend(service, project, voice, folder)
        store = opted_out = machines = sealing = None
        if service.data is not None:
            store = stack.enter_context(opened_store(service.data))
            _probe(store)
            sealing = LastingSealer(store.keys)
            opted_out = stack.enter_context(closing(OptedOut(service.data)))
            machines = stack.enter_context(closing(KnownMachines(service.data)))
        backends = from_project(
            lambda: project.backends(Backend, service.data, service.policy, voice, sealing)
        )
        shown = Gathered(Lines(sys.stdout if as_json else sys.stderr))
        stack.callback(shown.flush)
        named = [sip, *backends]
        kept = not any(isinstance(each, Outlet) and "store" in each.outlets for each in backends)
        more = [StoredValues(service.data, sealing)] if kept else []
        engine = await stack.enter_async_context(
            flowlang.open_engine(
                [*named, *more],
                policy=service.policy,
                store=store,
                manners=project.manners,
                opted_out=opted_out,
                machines=machines,
                retention=_retention(project),
            )
        )
        give_actions(engine.add_action, service.path)
        seen = look(service.path)
        engine.load(service.path)
        require_voice(each.program for each in engine.scripts)
        if as_json:
            shown.shown_by = JsonLines(shown.line)
        else:
            shown.shown_by = LiveView(shown.line, Style.of(sys.stderr), partial(_source_of, engine))
        engine.observe(shown)
        recovered = engine.recover()
        _tell_of(recovered)
        where = (await engine.listen())[: len(named)]
        shown.flush()
        keep_what_is_here()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(shown.run)
            nursery.start_soon(collect_when_quiet, lambda: not len(engine.records))

            def require_voices() -> None:
                require_voice(each.program for each in engine.scripts)

            nursery.start_soon(watch_clock, engine, time.time)
            nursery.start_soon(watch, engine, service.path, seen, require_voices, _say)
            if store is not None:
                controls = Controls(engine, store.archive, recovered.held)
                await nursery.start(serve_controls, controls, store.folder)
            _say(f"{', '.join(where)}: {service.path}; Ctrl-C ends calls politely, a second one at once")
            if (closed := nobody_may_call(service, project)) is not None:
                _say(closed)
            first = await anext(signals)
            nursery.cancel_scope.cancel()
        shown.flush()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(shown.run)
            nursery.start_soon(_hurry, signals, nursery.cancel_scope)
            if engine.activeflows:
                _say(f"ending what runs ({len(engine.activeflows)}); Ctrl-C again ends it at once")
            await engine.shutdown()
            nursery.cancel_scope.cancel()
    return Exit.INTERRUPTED if first == signal.SIGINT else Exit.FINE


def _probe(store: SqliteStore) -> None:
    """Tells at the start that secrets could not be kept, not when a caller gives the first one."""
    try:
        store.keys.probe(time.time())
    except StoreError as error:
        _say(f"a script that keeps a secret would end the service: {error}")


def _retention(project: Project) -> Retention:
    """What `[data]` says."""
    given: dict[str, int] = project.settings.get("data", {})
    usual = Retention()
    return Retention(given.get("journal_days", usual.journals), given.get("record_days", usual.records))


def _tell_of(recovered: Recovered) -> None:
    if recovered.live or recovered.records:
        going, lost = len(recovered.live), len(recovered.records)
        _say(f"recovered: activeflows that go on: {going}, calls that were lost: {lost}")
    if recovered.requests:
        _say(f"given to those that live: {recovered.requests} of what was asked while no server ran")
    for activeflow, why in recovered.diverged.items():
        _say(f"activeflow {activeflow} acts no further: {printable(why)}")
    for activeflow, why in recovered.held.items():
        _say(f"activeflow {activeflow} is held until a start that can go on with it: {printable(why)}")


def _source_of(engine: flowlang.Engine, activeflow: str) -> Source | None:
    """The text that an activeflow began with."""
    running = engine.living(activeflow)
    return running.flow.script.program.module.source if running is not None else None


async def _hurry(signals: AsyncIterator[int], polite: trio.CancelScope) -> None:
    """At a second signal nobody is waited for."""
    await anext(signals)
    polite.cancel()


def _cache_folder() -> Path:
    """Where spoken texts are kept (XDG Base Directory Specification)."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "flowlang" / "speech"


def _say(line: str) -> None:
    Lines(sys.stderr)(f"flow: {line}")
