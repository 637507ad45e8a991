"""What can go wrong with a media port; each message is one line for the operator."""

from __future__ import annotations


class MediaError(Exception):
    """A port cannot be had or used as asked; the message says which and why."""


class NoPortLeft(MediaError):  # named after the state, as the SIP side answers it (503)
    """Every port of the configured range is in use."""
