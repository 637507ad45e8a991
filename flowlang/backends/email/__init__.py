"""E-mail: out by SMTP, in by an SMTP listener or IMAP."""

from .attachable import Attachable
from .backend import EmailBackend
from .compose import Writer
from .imap import ImapMailbox
from .kind import KIND
from .listener import SmtpListener
from .sender import Sender
from .settings import Patience, Server
from .smtp_session import Limits

__all__ = [
    "KIND",
    "Attachable",
    "EmailBackend",
    "ImapMailbox",
    "Limits",
    "Patience",
    "Sender",
    "Server",
    "SmtpListener",
    "Writer",
]
