"""Dovecot, an IMAP server of another's, while a test runs; the Debian package is in `tools/peers.py`.

It has one mailbox and listens on the loopback: with TLS from the first byte and with STARTTLS. For root its
processes have the users that its package made, else all are ours.
"""

from __future__ import annotations

import grp
import imaplib
import os
import pwd
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from string import Template

import trio
import trustme

from flowlang.backends.tls import client_context
from tests.peers.program import Program, free_port, running

USER, PASSWORD = "müller", 'r"ight\\ pässword'

_CONFIG = Template("""\
protocols = imap
listen = 127.0.0.1
base_dir = $folder/run
state_dir = $folder/run
log_path = /dev/stderr
verbose_proctitle = no
default_login_user = $login
default_internal_user = $internal
default_internal_group = $group
first_valid_uid = 1
ssl = required
ssl_cert = <$folder/server.pem
ssl_key = <$folder/server.pem
mail_location = maildir:$folder/mail
mail_uid = $internal
mail_gid = $group
mailbox_idle_check_interval = 1 secs
auth_mechanisms = plain login
auth_username_chars =
passdb {
  driver = passwd-file
  args = scheme=PLAIN $folder/users
}
userdb {
  driver = static
  args = home=$folder
}
service anvil {
  chroot =
}
service imap-login {
  chroot =
  inet_listener imap {
    port = $starttls
  }
  inet_listener imaps {
    port = $tls
  }
}
""")


@dataclass
class Dovecot:
    """`tls` and `starttls` are its ports, `ca_file` whom to trust."""

    folder: Path
    tls: int
    starttls: int
    program: Program | None = None

    @property
    def ca_file(self) -> Path:
        return self.folder / "ca.pem"

    def client(self, folder: str = "INBOX") -> imaplib.IMAP4_SSL:
        """Another client of the mailbox."""
        imap = imaplib.IMAP4_SSL("localhost", self.tls, ssl_context=client_context(self.ca_file), timeout=10)
        imap.authenticate("PLAIN", lambda _: f"\0{USER}\0{PASSWORD}".encode())
        if folder != "INBOX":
            imap.create(folder)
        imap.select(folder)
        return imap

    async def put(self, *mails: bytes, folder: str = "INBOX") -> None:
        """Puts mails into the mailbox."""

        def put() -> None:
            with self.client(folder) as imap:
                for each in mails:
                    assert imap.append(folder, "", "", each)[0] == "OK"

        await trio.to_thread.run_sync(put)

    async def unseen(self, folder: str = "INBOX") -> int:
        """How many mails nobody has marked as seen."""

        def look() -> int:
            with self.client(folder) as imap:
                return len(imap.search(None, "UNSEEN")[1][0].split())

        return await trio.to_thread.run_sync(look)

    @asynccontextmanager
    async def up(self) -> AsyncIterator[None]:
        """The server runs; it may be ended and begun again."""
        async with running("dovecot-imapd", "-F", "-c", self.folder / "conf", folder=self.folder) as program:
            await program.until_said("starting up")
            yield
        shutil.rmtree(self.folder / "run", ignore_errors=True)


@asynccontextmanager
async def dovecot() -> AsyncIterator[Dovecot]:
    """One that is not up yet."""
    folder = Path(tempfile.mkdtemp(prefix="flow-imap-"))  # a short name: its sockets are in there
    try:
        authority = trustme.CA()
        authority.cert_pem.write_to_path(folder / "ca.pem")
        authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(folder / "server.pem")
        (folder / "users").write_text(f"{USER}:{PASSWORD}\n", encoding="utf-8")
        made = Dovecot(folder, free_port(), free_port())
        ours = pwd.getpwuid(os.geteuid()).pw_name
        root = os.geteuid() == 0
        internal = "dovecot" if root else ours
        config = _CONFIG.substitute(
            folder=folder, tls=made.tls, starttls=made.starttls, internal=internal,
            login="dovenull" if root else ours, group=grp.getgrgid(pwd.getpwnam(internal).pw_gid).gr_name,
        )  # fmt: skip
        (folder / "conf").write_text(config, encoding="utf-8")
        if root:
            for name in ("", "conf", "users", "server.pem", "ca.pem"):
                shutil.chown(folder / name, internal)
        yield made
    finally:
        shutil.rmtree(folder, ignore_errors=True)
