"""`sql.query` and `sql.run`: one statement for a data base that the operator has named.

The checker holds that the statement stands in the script; what it works on goes beside it, value by value.
"""

from __future__ import annotations

from decimal import Decimal

from flowlang.compile.runtime.faults import Fault
from flowlang.model.message_commands import SqlQuery, SqlRun
from flowlang.model.values import Time, Value

from .stage import Stage

_MOST_VALUES = 200
_LONGEST = 20_000


async def query(stage: Stage) -> Value:
    """The rows."""
    connection, statement, values = _given(stage)
    return await stage.perform(SqlQuery(connection, statement, values))


async def run(stage: Stage) -> Value:
    """How many rows were changed."""
    connection, statement, values = _given(stage)
    return await stage.perform(SqlRun(connection, statement, values, stage.key))


def _given(stage: Stage) -> tuple[str, str, tuple[Value, ...]]:
    name, statement = stage.action.name, stage.text("statement")
    given = stage.given["values"]
    values = given if isinstance(given, tuple) else ()
    if len(statement) > _LONGEST or "\0" in statement:
        raise Fault("value", f"`statement` of `{name}` has at most {_LONGEST} characters, and none is NUL")
    if len(values) > _MOST_VALUES:
        raise Fault("value", f"`{name}` takes at most {_MOST_VALUES} values")
    for each in values:
        if not (each is None or isinstance(each, bool | int | Decimal | str | Time)):
            raise Fault("type", f"the values of `{name}` are `none`, booleans, numbers, texts and times")
    return stage.text("connection"), statement, values
