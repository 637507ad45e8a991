"""The service that is killed: its script and settings, and a process of it.

Every second process is the very `flow serve` that a user starts; the others are `victim.py`, which is the
same with a point at which it kills itself.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import trio

OURS = "+16062067563"
READY = b"Ctrl-C ends calls"
VICTIM = Path(__file__).with_name("victim.py")
FLOW = Path(sys.executable).with_name("flow")

SCRIPT = """
policy {{
    allow sms "+1415*"
    allow email "*@peer.example"
    allow http "http://127.0.0.1:{http}/*"
    allow dial "sip:*@127.0.0.1:{callee}"
}}

const PEER = "http://127.0.0.1:{http}"
const DESK = "mailto:desk@peer.example"

route sms                => talk
route webhook to "/orders" => order
route call to "leaves"   => waits
route call to "stays"    => hangs_up
route call to "bridged"  => connects

## Three questions, with pauses between them, and word of it by mail and webhook.
flow talk {{
    let name = message.text
    let first = asked(name, 1)
    wait 200ms
    let second = asked(name, 2)
    stream beside {{
        wait 100ms
        email to: DESK, subject: "half ${{name}}", body: "${{first}} ${{second}}"
    }}
    let third = asked(name, 3)
    join beside
    webhook "${{PEER}}/told", {{what: "told ${{name}}", answers: [first, second, third]}}
    send "done ${{name}}"
}}

## An answer that comes late, or before it is known that the question went out, is one too.
flow asked(name, number) {{
    let n = 0
    let got = ask("ask ${{name}} ${{number}} ${{n}}", timeout: 3s)
    loop up to 1000 {{
        match got {{
            text as answer     => return answer.text
            no_input, no_match => {{
                n = n + 1
                send "ask ${{name}} ${{number}} ${{n}}"
                got = ask("", timeout: 3s)
            }}
        }}
    }}
}}

## What is paid is told by webhook, by a POST that goes out once or not at all, and by mail.
flow order {{
    let name = webhook.data.name
    wait 50ms
    webhook "${{PEER}}/told", {{what: "paid ${{name}}"}}
    within 1ms {{ email to: DESK, subject: "paid ${{name}}", body: "Thank you." }} else {{ }}
    let posted = http.post("${{PEER}}/posted", json: {{what: "posted ${{name}}"}})
    let ended = match_of(posted)
    webhook "${{PEER}}/told", {{what: "ended ${{name}}", how: ended}}
}}

flow match_of(posted) {{
    match posted {{
        ok      => return "ok"
        unknown => return "unknown"
        failed  => return "failed"
    }}
}}

flow waits {{
    answer
    wait 20s
}}

flow hangs_up {{
    on hangup {{ webhook "${{PEER}}/told", {{what: "left ${{call.id}}"}} }}
    answer
    wait 600ms
}}

flow connects {{
    match dial("sip:callee@127.0.0.1:{callee}", timeout: 10s) {{
        answered => log "they talked"
        _        => log "nobody there"
    }}
}}
"""
POLICY = """policy {{
    allow sms "+1415*"
    allow email "*@peer.example"
    allow http "http://127.0.0.1:{http}/*"
    allow dial "sip:*@127.0.0.1:{callee}"
}}
"""
SETTINGS = """
[sip.listeners.here]
address = "127.0.0.1:{sip}"

[backends.texts]
kind = "smpp"
host = "127.0.0.1"
port = {smsc}
system_id = "desk"
from = "+16062067563"
doubt = 1

[backends.mail]
kind = "email"
from = "flow@peer.example"
[backends.mail.smtp]
host = "127.0.0.1"
port = {smtp}
security = "none"

[backends.net]
kind = "http"
private = ["127.0.0.0/8"]
[backends.net.webhooks]
secret = {{ env = "HOOK" }}

[backends.web]
kind = "web"
listen = "127.0.0.1:{web}"
[backends.web.hooks.orders]
verify = "standard"
secret = {{ env = "HOOK" }}

[messages]
thread = 1000000
recipient = 1000000
"""
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@dataclass(frozen=True, slots=True)
class Ports:
    """Where everybody is, on 127.0.0.1."""

    sip: int
    web: int
    smsc: int
    smtp: int
    http: int
    callee: int


def write_project(folder: Path, ports: Ports) -> None:
    """The script, `flow.toml` and the operator's policy."""
    numbers = {each: getattr(ports, each) for each in Ports.__slots__}
    (folder / "desk.flow").write_text(SCRIPT.format(**numbers), encoding="utf-8")
    (folder / "flow.toml").write_text(SETTINGS.format(**numbers), encoding="utf-8")
    (folder / "policy.flow").write_text(POLICY.format(**numbers), encoding="utf-8")


@dataclass(slots=True)
class Service:
    """A process of it. `ready` is set when it listens, `over` when it is dead."""

    process: trio.Process
    ready: trio.Event = field(default_factory=trio.Event)
    over: trio.Event = field(default_factory=trio.Event)

    def kill(self) -> None:
        """By `kill -9`."""
        with suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGKILL)


@asynccontextmanager
async def serving(folder: Path, point: str | None = None, count: int = 1) -> AsyncGenerator[Service]:
    """Begins one; it is dead at the end. With `point` it kills itself there, the so manieth time."""
    command = [str(FLOW)] if point is None else [sys.executable, str(VICTIM), point, str(count)]
    command += ["serve", "desk.flow", "--data", "data", "--policy", "policy.flow", "--t1", "200"]
    environment = os.environ | {
        "HOOK": SECRET, "PYTHONUTF8": "1", "XDG_CACHE_HOME": str(folder / "cache"),
        "FLOWLANG_KEYS": str(folder / "keys"),
    }  # fmt: skip
    begin = partial(
        trio.lowlevel.open_process, cwd=folder, env=environment, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )  # fmt: skip
    service = Service(await begin(command))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_listen, service, folder / "service.log")
        try:
            yield service
        finally:
            service.kill()
            with trio.CancelScope(shield=True):
                await service.process.wait()
                await service.over.wait()


async def _listen(service: Service, log: Path) -> None:
    """Keeps what it says."""
    said = b""
    assert service.process.stderr is not None
    with trio.CancelScope(shield=True), log.open("ab") as file:  # it ends with the process
        async with service.process.stderr:
            async for part in service.process.stderr:
                file.write(part)
                if not service.ready.is_set():
                    said += part
                    if READY in said:
                        service.ready.set()
                    said = said[-len(READY) :]
        service.over.set()
