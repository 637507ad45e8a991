"""The operator's policy: a file with a `policy { … }` and nothing else, as scripts write theirs."""

from __future__ import annotations

from pathlib import Path

from flowlang.analysis import check
from flowlang.diagnostics import ScriptError, render
from flowlang.model.policy import NOTHING, Policy
from flowlang.syntax import ast, parse

from . import scripts
from .exits import CommandError, Exit
from .projects import project_of


def policy_file(script: Path) -> Path | None:
    """Where `flow.toml` says that the operator's policy lies."""
    project = project_of(script)
    name = project.settings.get("policy", {}).get("file")
    return None if name is None or project.path is None else project.path.parent / name


def operator_policy(path: Path | None) -> Policy:
    """What a file allows; nothing where there is none. Raises `CommandError` for a file that is no policy."""
    if path is None:
        return NOTHING
    scripts.find(path)
    try:
        parsed = parse(scripts.read(path))
    except ScriptError as error:
        raise CommandError(str(error), Exit.USAGE) from None
    found = parsed.diagnostics
    if parsed.module is not None and not found:
        if [type(each) for each in parsed.module.declarations] != [ast.PolicyDecl]:
            raise CommandError(f"{path}: the operator's policy is one `policy {{ … }}` alone", Exit.USAGE)
        checked = check(parsed.module)
        if checked.program is not None and checked.program.policy is not None:
            return checked.program.policy
        found = checked.diagnostics
    raise CommandError("\n".join(map(render, found)), Exit.USAGE)
