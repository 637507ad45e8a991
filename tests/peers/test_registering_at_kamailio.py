"""A trunk of ours at Kamailio, which keeps a registrar and knows our password: we register, are called there
and call by it, with MD5 and with SHA-256.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio

from flowlang.backends.sip.trunks import SipTrunk
from flowlang.sip import Credentials
from flowlang.sip.uri import parse_uri

from .baresip import open_baresip
from .office import open_office
from .program import Program, free_port, running
from .sound import PROMPT, seconds_of

# Debian's kamailio has `pv_auth_check` for passwords that stand in the file, and a registrar in memory.
CONFIG = """\
#!KAMAILIO
debug=1
log_stderror=yes
children=1
auto_aliases=no
dns=no
rev_dns=no
listen=udp:127.0.0.1:{port}
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "xlog.so"
loadmodule "maxfwd.so"
loadmodule "siputils.so"
loadmodule "textops.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "auth.so"
modparam("auth", "algorithm", "{algorithm}")
event_route[core:worker-one-init] {{ xlog("L_ALERT", "up\\n"); }}
request_route {{
    if (has_totag()) {{
        if (loose_route()) t_relay();
        else if (is_method("ACK") && t_check_trans()) t_relay();
        exit;
    }}
    if (is_method("CANCEL")) {{ if (t_check_trans()) t_relay(); exit; }}
    if (is_method("ACK")) exit;
    if ($sp != {phone}) {{
        if (!pv_auth_check("carrier", "secret", "0", "0") || $au != "desk") {{
            auth_challenge("carrier", "1");
            exit;
        }}
        consume_credentials();
    }}
    if (is_method("REGISTER")) {{
        save("location");
        xlog("L_ALERT", "registered $au with $adu\\n");
        exit;
    }}
    record_route();
    if ($rU == "desk") {{
        if (!lookup("location")) {{ sl_send_reply("404", "Not here"); exit; }}
    }} else {{
        xlog("L_ALERT", "call to $rU\\n");
        $rU = "pat";
        $du = "sip:127.0.0.1:{phone}";
    }}
    t_relay();
}}
"""
# By its address everybody on the loopback is the carrier, so the number tells who calls.
SCRIPT = """
route call to "20"       => out
route call via "carrier" => greet
flow greet { play "prompt.wav" }
flow out {
    match dial("+14155550100") { answered as a => log "over ${a.cause}"; _ => log "no" }
}
"""


@asynccontextmanager
async def carrier(folder: Path, port: int, phone: int, algorithm: str) -> AsyncGenerator[Program]:
    """Kamailio at that port, which sends all other calls to a phone."""
    await trio.Path(folder).mkdir()
    config = folder / "kamailio.cfg"
    config.write_text(CONFIG.format(port=port, phone=phone, algorithm=algorithm))
    options = ("-DD", "-E", "-f", config, "-Y", folder, "-w", folder, "-m", "32", "-M", "4")
    async with running("kamailio", *options, folder=folder) as program:
        await program.until_said("up\n")
        yield program


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
async def test_a_trunk_registers_is_called_and_calls(sounds: Path, algorithm: str) -> None:
    port = free_port()
    there = f"127.0.0.1:{port}"
    outside = open_baresip(sounds / "phone", f"pat@{there}", voice=sounds / "bob.wav")
    trunk = SipTrunk(
        "carrier",
        (parse_uri(f"sip:{there}"),),
        credentials=Credentials("desk", "secret"),
        register=True,
    )
    async with (
        outside as pat,
        carrier(sounds / "carrier", port, pat.port, algorithm) as program,
        open_office(SCRIPT, sounds, trunks=[trunk]) as office,
    ):
        await program.until_said("registered desk")
        await pat.do("dial", f"sip:desk@{there}")
        await pat.until("CALL_CLOSED")
        await office.until_over(1)
        assert seconds_of(PROMPT, pat.heard()) > 0.8 * PROMPT.seconds
        alice = await office.baresip("alice")
        await alice.do("dial", f"sip:{office.own('20')}")
        await pat.until("CALL_INCOMING")
        await program.until_said("call to +14155550100")
        await pat.do("accept")
        await alice.until("CALL_ESTABLISHED")
        await alice.do("hangup")
        await pat.until("CALL_CLOSED", 2)
        await office.until_over(3)
        assert {each.cause for each in office.records} == {"normal"}
