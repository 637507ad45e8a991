"""What a store raises."""

from __future__ import annotations

from flowlang.diagnostics import FlowlangError


class StoreError(FlowlangError):
    """The store cannot be opened, read or written; the message is one line for the person who runs it.

    After a write that failed nothing more is written: what is on disk is what was committed before.
    """


class InUseError(StoreError):
    """Another process has the folder."""


class UnreadableError(StoreError):
    """The disk fails, or the file is damaged, so that nothing is known of what stands there."""
