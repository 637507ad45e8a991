"""Who acts and hears in a test. A kind of party is a file: a `call`'s caller now; who is dialled and who
writes come with the actions that reach them."""

from __future__ import annotations

from .callee import Callee
from .caller import Caller
from .party import CannotError, Party
from .phone import Phone
from .writer import Writer

__all__ = ["Callee", "Caller", "CannotError", "Party", "Phone", "Writer"]
