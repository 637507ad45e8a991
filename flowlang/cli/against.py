"""`flow check --against DATA`: which activeflows of a data folder run on another text than this."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from flowlang.analysis import check
from flowlang.diagnostics import Source, has_errors
from flowlang.modules import ModuleFiles
from flowlang.project.project import open_project
from flowlang.store.builds import Build
from flowlang.store.reading import Archive
from flowlang.store.stored import Stored
from flowlang.syntax import parse

from . import scripts


@dataclass(frozen=True, slots=True)
class Older:
    """An activeflow that is not over, on another text of a script; `changed` names what of it differs."""

    script: Path
    stored: Stored
    changed: tuple[str, ...]


def older(archive: Archive, paths: Iterable[Path]) -> Iterator[Older]:
    """Those of all scripts, oldest first. An activeflow's script is the one of the same path, or, where it
    was served from elsewhere, of the same name."""
    now = {path: _texts(path) for path in paths}
    for stored in archive.activeflows():
        build = archive.build(stored.build)
        path = _script_of(build, now)
        if path is None:
            continue
        texts = now[path]
        entry = build.entry
        changed = [each.name for each in build.sources if texts.get(_name(each, entry)) != each.text]
        if changed:
            yield Older(path, stored, tuple(changed))


def _script_of(build: Build, paths: Iterable[Path]) -> Path | None:
    entry = Path(build.entry.name)
    found = [each for each in paths if each.name == entry.name]
    same = [each for each in found if each.resolve() == entry.resolve()]
    return next(iter(same or found), None)


def _name(source: Source, entry: Source) -> str:
    """A text's name as its script's folder has it, wherever that is; of one elsewhere the last part."""
    path, folder = Path(os.path.normpath(source.name)), Path(os.path.normpath(entry.name)).parent
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else path.name


def _texts(path: Path) -> dict[str, str]:
    """A script and its modules as they are now; where it has errors only itself."""
    source = scripts.read(path)
    parsed = parse(source)
    sources: tuple[Source, ...] = (source,)
    if parsed.module is not None and not has_errors(parsed.diagnostics):
        checked = check(parsed.module, actions=open_project(path).actions, load=ModuleFiles(path))
        if checked.program is not None:
            sources = checked.program.sources
    return {_name(each, source): each.text for each in sources}
