"""The scripts that an engine has: read, compiled, and held against what its backends can do."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from flowlang import script_files
from flowlang.backends.border import Backend
from flowlang.diagnostics import Source, near_name
from flowlang.modules import ModuleFiles
from flowlang.store import Reading

from . import loading
from .errors import UnknownFlowError
from .run import LoadedScript

if TYPE_CHECKING:
    from .engine import Engine


class Scripts:
    """Of one engine. What is told of each method, the engine's of that name tells."""

    def __init__(self, engine: Engine, backends: Iterable[Backend]) -> None:
        self._engine = engine
        self._backends = tuple(backends)
        self._loaded: list[LoadedScript] = []

    @property
    def loaded(self) -> tuple[LoadedScript, ...]:
        """All of them, in order."""
        return tuple(self._loaded)

    def load(self, path: Path) -> LoadedScript:
        """One script, or all of a folder."""
        loaded = self._read(path)
        self._loaded += loaded
        return loaded[-1]

    def load_text(self, text: str, name: str) -> LoadedScript:
        """One that is no file."""
        loaded = self._compiled(Source(name, text), None)
        self._loaded.append(loaded)
        return loaded

    def reload(self, path: Path) -> tuple[LoadedScript, ...]:
        """All that were loaded from files anew; those whose texts are others."""
        loaded = self._read(path)
        texts = {each.path: each.program.sources for each in self._loaded}
        changed = tuple(each for each in loaded if texts.get(each.path) != each.program.sources)
        if changed or len(loaded) != sum(each.path is not None for each in self._loaded):
            self._loaded = [each for each in self._loaded if each.path is None] + loaded
        return changed

    def restore(self, scripts: Iterable[LoadedScript]) -> None:
        """Those that were loaded before."""
        self._loaded = list(scripts)

    def with_flow(self, flow: str) -> LoadedScript:
        """The first that has a flow of that name. Raises `UnknownFlowError`."""
        for each in self._loaded:
            if flow in each.program.flows:
                return each
        near = near_name(flow, (name for each in self._loaded for name in each.program.flows))
        hint = f"; did you mean `{near}`?" if near is not None else ""
        raise UnknownFlowError(f"no loaded script has a flow `{flow}`{hint}")

    def _read(self, path: Path) -> list[LoadedScript]:
        paths = script_files.scripts_in(path)
        if not paths:
            raise FileNotFoundError(2, f"there is no {script_files.SUFFIX} file in this folder", str(path))
        return [self._compiled(script_files.read(each), each) for each in paths]

    def _compiled(self, source: Source, path: Path | None) -> LoadedScript:
        exists = script_files.exists_below(path.parent) if path is not None else None
        reading = Reading(ModuleFiles(path))
        able = tuple(map(loading.capability_of, self._backends))
        script, warnings = loading.compiled(source, self._engine.actions, able, exists, reading)
        self._engine.keep_build(script, reading)
        return LoadedScript(path, script.program, warnings, script)
