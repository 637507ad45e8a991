"""The command `flow`: one file a subcommand, imported when it is called, so that `flow check` starts
quickly."""

from .main import main

__all__ = ["main"]
