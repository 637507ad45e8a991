"""What an operator sets of data bases; `docs/backends.md` shows it."""

from __future__ import annotations

from flowlang.model.action import Names
from flowlang.project.backends import BackendKind, Section, SettingsError
from flowlang.project.secrets import Hidden
from flowlang.project.sections import NAME
from flowlang.project.shapes import File, Flag, Named, Seconds, Table, Told

from .backend import Connection, SqlBackend
from .postgresql import PostgresqlConnection, driver
from .sqlite import SqliteConnection

_CONNECTION = Table(
    {
        "sqlite": Told(File(), "a file that is there"),
        "postgresql": Told(
            Hidden(), "in its place: `postgresql://USER:PASSWORD@HOST/NAME?sslmode=verify-full`"
        ),
        "read_only": Told(Flag(), "whether `sql.run` is refused; false"),
        "timeout": Told(Seconds(0.1, 3_600), "of one statement; 10"),
    }
)


def _check(section: Section) -> None:
    """What the settings alone tell."""
    for name, given in section.settings["connections"].items():
        if ("sqlite" in given) == ("postgresql" in given):
            raise SettingsError("it has either `sqlite` or `postgresql`", "connections", name)


def _serves(section: Section) -> Names:
    return {"sql": frozenset(section.settings["connections"])}


def _make(section: Section) -> SqlBackend:
    _check(section)
    connections: dict[str, Connection] = {}
    for name, given in section.settings["connections"].items():
        where = "connections", name
        read_only, timeout = given.get("read_only", False), given.get("timeout", 10.0)
        if "sqlite" in given:
            path = section.surroundings.folder / given["sqlite"]
            if not path.is_file():
                raise SettingsError(f"there is no file {path}", *where, "sqlite")
            connections[name] = SqliteConnection(path, read_only=read_only, timeout=timeout)
        elif driver() is None:
            message = "PostgreSQL needs psycopg: `pip install flowlang[postgresql]`"
            raise SettingsError(message, *where, "postgresql")
        else:
            connections[name] = PostgresqlConnection(
                given["postgresql"], read_only=read_only, timeout=timeout
            )
    return SqlBackend(connections)


KIND = BackendKind(
    "Data bases: SQLite, and PostgreSQL with the extra `postgresql`.",
    Table(
        {
            "connections": Told(
                Named(Told(_CONNECTION, 'for `sql.query "NAME", …`'), "a table of data bases", NAME),
                "the data bases by the names that scripts have for them",
            )
        },
        frozenset({"connections"}),
    ),
    _make,
    {"sql": None},
    _check,
    _serves,
)
