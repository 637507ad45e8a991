"""The project that the killed service runs: its script, its settings and the operator's policy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

OURS = "+16062067563"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

POLICY = """policy {{
    allow sms "+1415*"
    allow email "*@peer.example"
    allow http "http://127.0.0.1:{http}/*"
    allow dial "sip:+1415*@127.0.0.1:{callee}"
}}
"""
SCRIPT = (
    POLICY
    + """
const PEER = "http://127.0.0.1:{http}"
const DESK = "@peer.example"

route sms                     => talk
route webhook to "/orders"    => order
route webhook to "/counters"  => counter
route call to "leaves"        => waits
route call to "holds"         => waits
route call to "stays"         => hangs_up
route call to "bridged"       => connects

## Three questions, with pauses between them, and word of it by mail and webhook. What is written when it has
## its answers it never takes: that begins the next one.
flow talk {{
    let name = message.text
    if starts_with(name, "and ") {{
        webhook "${{PEER}}/told", {{what: name}}
        stop
    }}
    let first = asked(name, 1)
    wait 200ms
    let second = asked(name, 2)
    stream beside {{
        wait 100ms
        email to: "mailto:${{name}}${{DESK}}", subject: "half ${{name}}", body: "${{first}} ${{second}}"
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
    within 1ms {{
        email to: "mailto:${{name}}${{DESK}}", subject: "paid ${{name}}", body: "Thank you."
    }} else {{ }}
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

## Lives as long as the test: parked, woken by signals, handed over.
flow counter {{ handoff counting(webhook.data.name) }}

flow counting(name) {{
    loop up to 2 {{
        let got = wait for signal "add"
        webhook "${{PEER}}/told", {{what: "added ${{got.data}}"}}
    }}
    handoff counting(name)
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
    match dial("sip:${{caller.number}}@127.0.0.1:{callee}", timeout: 10s) {{
        answered => log "they talked"
        _        => log "nobody there"
    }}
}}
"""
)
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
[backends.web.hooks.counters]
verify = "standard"
secret = {{ env = "HOOK" }}
"""


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
