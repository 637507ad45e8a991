"""Kamailio as a proxy at our edge: phones on one transport, us on another, itself in every route set."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import trio

from .baresip import through
from .program import Program, free_port, running

Transport = Literal["udp", "tcp"]

# What a transport brings decides the way: from our side a request goes to its Request-URI, from the phones'
# side to us. Inside of a dialog only the route set decides (RFC 3261 §16.4), and what goes by it is told.
CONFIG = """\
#!KAMAILIO
debug=1
log_stderror=yes
children=1
tcp_children=1
auto_aliases=no
dns=no
rev_dns=no
listen=udp:127.0.0.1:{port}
listen=tcp:127.0.0.1:{port}
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "xlog.so"
loadmodule "maxfwd.so"
loadmodule "siputils.so"
loadmodule "textops.so"
modparam("rr", "enable_double_rr", 1)
event_route[core:worker-one-init] {{ xlog("L_ALERT", "up\\n"); }}
request_route {{
    if (!mf_process_maxfwd_header("70")) {{
        sl_send_reply("483", "Too Many Hops");
        exit;
    }}
    if (has_totag()) {{
        if (loose_route()) {{
            xlog("L_ALERT", "routed $rm from $proto\\n");
            t_relay();
        }} else if (is_method("ACK")) {{
            if (t_check_trans()) t_relay();
        }} else {{
            xlog("L_ALERT", "no route for $rm\\n");
            sl_send_reply("404", "Not here");
        }}
        exit;
    }}
    if (is_method("CANCEL")) {{
        if (t_check_trans()) t_relay();
        exit;
    }}
    if (!is_method("REGISTER")) record_route();
    if ($proto != "{inside}") $du = "sip:127.0.0.1:{server};transport={inside}";
    t_relay();
}}
"""


@dataclass(slots=True)
class Kamailio:
    """The proxy; `outside` is the transport of the phones."""

    program: Program
    port: int
    outside: Transport

    @property
    def way(self) -> str:
        """What makes an account of baresip go by it."""
        return through(self.port, self.outside)

    def routed(self, method: str) -> int:
        """How many requests of that method inside of dialogs went by their route set."""
        return self.program.said().count(f"routed {method} from")


@asynccontextmanager
async def open_kamailio(
    folder: Path, server: int, *, outside: Transport, inside: Transport
) -> AsyncGenerator[Kamailio]:
    """The proxy between phones and the server at a port."""
    port = free_port()
    await trio.Path(folder).mkdir()
    config = folder / "kamailio.cfg"
    config.write_text(CONFIG.format(port=port, server=server, inside=inside))
    options = ("-DD", "-E", "-f", config, "-Y", folder, "-w", folder, "-m", "32", "-M", "4")
    async with running("kamailio", *options, folder=folder) as program:
        await program.until_said("up\n")
        yield Kamailio(program, port, outside)
