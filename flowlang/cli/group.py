"""The group of commands, and what becomes of an error."""

from __future__ import annotations

import errno
import sys
from importlib import import_module
from io import TextIOWrapper
from typing import NoReturn, TextIO, cast

import click

from flowlang.diagnostics import near_name

from .exits import CommandError, Exit, leaves
from .output import to_nowhere

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})

# Command -> one line for `flow --help`, here so that help imports nothing.
_COMMANDS = {
    "backends": "List the kinds of backends that are installed.",
    "cdr": "List call records.",
    "check": "Parse and check scripts.",
    "explain": "Say what the code of a diagnostic means.",
    "explain-route": "Say which route takes a call, and why no other one does.",
    "export-test": "Write a run as a test block.",
    "fmt": "Put scripts into the canonical form.",
    "graph": "Draw the flows of a script.",
    "outbox": "List messages that did not arrive; send them again.",
    "ps": "List the activeflows of a data folder.",
    "replay": "Run an activeflow's journal again, step by step.",
    "run": "Call a script with a phone in the terminal.",
    "serve": "Answer SIP calls.",
    "show": "Say where an activeflow is and what it waits for.",
    "signal": "Give an activeflow a signal.",
    "stop": "End an activeflow.",
    "test": "Run the tests of scripts.",
    "trace": "Tell all that an activeflow did.",
}


class _Commands(click.Group):
    """Imports `flowlang.cli.NAME` for the command NAME."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        name = cmd_name.replace("-", "_")
        return getattr(import_module(f"flowlang.cli.{name}"), name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in _COMMANDS and not args[0].startswith("-"):
            near = near_name(args[0], _COMMANDS)
            advice = f"did you mean `flow {near}`?" if near else "`flow --help` lists the commands"
            raise click.UsageError(f"there is no command {args[0]!r}; {advice}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(sorted(_COMMANDS.items()))


def _show_version(ctx: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from importlib.metadata import version  # 30 ms that no other command need pay

        click.echo(f"flow {version('flowlang')}")
        ctx.exit()


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_show_version,
    help="Show the version and exit.",
)
def flow() -> None:
    """Scripts for telephone calls and messages.

    Exit codes: 0 fine, 1 the flow, the check or what was asked failed, 2 wrong usage, 3 does not compile, 4
    backend unavailable, 130 interrupted.
    """


def _fail(message: str, code: int) -> NoReturn:
    click.echo(f"flow: {message}", err=True)
    sys.exit(code)


def main() -> NoReturn:
    """Runs the command line. No mistake of a user's comes out as a traceback; a defect of ours does."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that cannot show a sign is no reason to fail
    try:
        result = flow.main(prog_name="flow", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        sys.exit(Exit.USAGE)
    except click.UsageError as error:
        where = f" (see `{error.ctx.command_path} --help`)" if error.ctx else ""
        _fail(error.format_message() + where, Exit.USAGE)
    except click.ClickException as error:
        _fail(error.format_message(), error.exit_code)
    except click.Abort:
        sys.exit(Exit.INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output has gone: nobody is left to tell
        sys.exit(Exit.FAILED)
    except BaseException as error:
        causes = list(leaves(error))
        for cause in causes:
            if isinstance(cause, CommandError):
                _fail(str(cause), cause.exit_code)
        if any(isinstance(cause, KeyboardInterrupt) for cause in causes):
            sys.exit(Exit.INTERRUPTED)
        if isinstance(error, OSError) and error.errno in _FULL:
            to_nowhere(sys.stdout)
            _fail(f"the output cannot be written: {(error.strerror or str(error)).lower()}", Exit.FAILED)
        raise
    _flush()
    sys.exit(result if isinstance(result, int) else Exit.FINE)


def _flush() -> None:
    """What is still buffered goes out here, where that it cannot can be told."""
    stream = cast("TextIO | None", sys.stdout)
    if stream is None:  # started without one, as by `>&-`
        return
    try:
        stream.flush()
    except BrokenPipeError:
        to_nowhere(stream)
    except (OSError, ValueError) as error:  # full, or closed
        to_nowhere(stream)
        if isinstance(error, OSError):
            _fail(f"the output cannot be written: {(error.strerror or str(error)).lower()}", Exit.FAILED)
