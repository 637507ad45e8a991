"""The keys of a phone."""

from __future__ import annotations

DIGITS = "0123456789*#ABCD"
"""RFC 4733 section 3.2: the events 0 to 15, in this order."""
