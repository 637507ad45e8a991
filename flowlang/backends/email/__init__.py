"""E-mail: out by SMTP, in by an SMTP listener or IMAP."""

from .backend import EmailBackend
from .compose import Writer
from .sender import Sender
from .settings import Patience, Server

__all__ = ["EmailBackend", "Patience", "Sender", "Server", "Writer"]
