"""What the engine raises for something that its user did, as one line and an exit code."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import click

from flowlang import ScriptError
from flowlang.backends.border import BackendError
from flowlang.diagnostics import Severity
from flowlang.store import StoreError

from . import scripts
from .exits import CommandError, Exit, leaves


@contextmanager
def user_errors() -> Generator[None]:
    """Around `trio.run`: takes groups of exceptions apart. What is no fault of a user's goes on as it is."""
    try:
        yield
    except BaseException as error:
        for cause in leaves(error):
            if isinstance(cause, ScriptError):
                raise _not_compiled(cause) from None
            if isinstance(cause, BackendError | StoreError):
                raise CommandError(str(cause), Exit.UNAVAILABLE) from None
            if isinstance(cause, OSError) and cause.filename is not None:
                raise scripts.unreadable(Path(str(cause.filename)), cause) from None
            if isinstance(cause, CommandError):
                raise cause from None
        raise


def _not_compiled(error: ScriptError) -> CommandError:
    scripts.show(error.diagnostics, lambda text: click.echo(text, err=True))
    errors = [each for each in error.diagnostics if each.severity is Severity.ERROR]
    name = errors[0].source.name if errors else "the script"
    count = "1 error" if len(errors) == 1 else f"{len(errors)} errors"
    return CommandError(f"{name} does not compile: {count}", Exit.NOT_COMPILED)
