"""`flow backends`: the kinds of backends that are installed."""

from __future__ import annotations

import json

import click


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line for each kind.")
def backends(as_json: bool) -> None:
    """List the kinds of backends that `[backends.NAME]` of flow.toml may have, with the package each is of.

    Only metadata are read: no package is imported.
    """
    from flowlang.project.backends import installed_kinds  # importlib.metadata: 30 ms

    kinds = installed_kinds()
    if as_json:
        for each in kinds:
            line = {"kind": each.name, "package": each.package, "version": each.version, "object": each.where}
            click.echo(json.dumps(line))
        return
    width = max((len(each.name) for each in kinds), default=0)
    for each in kinds:
        click.echo(f"{each.name:<{width}}  {each.package} {each.version}  {each.where}")
