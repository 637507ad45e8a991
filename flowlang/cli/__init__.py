"""The command `flow`: one file a subcommand, imported when it is called, so that `flow check` starts
quickly."""

from .group import main

__all__ = ["main"]
