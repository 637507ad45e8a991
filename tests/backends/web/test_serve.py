"""`flow serve` with backends of `flow.toml`: a page of the chat talks with a script that keeps values, and a
webhook of ours reaches another machine, signed."""

from __future__ import annotations

import json
import os
import re
import subprocess
from functools import partial
from pathlib import Path

import trio

from flowlang.backends.signatures import standard_fault, standard_key
from tests.backends.http.peer import Reply, peer
from tests.cli.flow import FLOW, flow

from .browser import visitor

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SCRIPT = """
policy {{ allow http "http://127.0.0.1:{port}/*" }}
route chat to "web" => main
flow main {{
    let n = store.add("visitors")
    match webhook("http://127.0.0.1:{port}/visits", {{visitor: n}}) {{
        ok         => say "You are number ${{n}}."
        failed as f => say "Not told: ${{f.reason}}"
    }}
}}
"""
SETTINGS = """
[backends.web]
kind = "web"
listen = "127.0.0.1:0"
[backends.web.chat]
title = "Chat"

[backends.net]
kind = "http"
private = ["127.0.0.0/8"]
[backends.net.webhooks]
secret = { env = "HOOK" }
"""


async def serve(folder: Path, numbers: list[int]) -> None:
    environment = os.environ | {"HOOK": SECRET, "PYTHONUTF8": "1", "XDG_CACHE_HOME": str(folder / "cache")}
    command = [
        str(FLOW), "serve", "desk.flow", "--listen", "127.0.0.1:0", "--data", "data",
        "--policy", "policy.flow",
    ]  # fmt: skip
    async with trio.open_nursery() as nursery:
        begin = partial(trio.run_process, cwd=folder, env=environment, stderr=subprocess.PIPE, check=False)
        process = await nursery.start(begin, command)
        told, found = b"", None
        with trio.fail_after(30):
            while found is None:
                part = await process.stderr.receive_some()
                assert part, told
                told += part
                found = re.search(rb"web at (http://[0-9.:]+)/chat", told)
        for number in numbers:
            async with visitor(found[1].decode(), f"{number:A>43}") as ann:
                await ann.say("hi")
                assert await ann.messages(1) == [f"You are number {number}."]
        process.kill()


async def test_backends_of_flow_toml_are_served(tmp_path: Path) -> None:
    async with peer(lambda _asked: Reply()) as server:
        (tmp_path / "desk.flow").write_text(SCRIPT.format(port=server.port), encoding="utf-8")
        (tmp_path / "flow.toml").write_text(SETTINGS, encoding="utf-8")
        (tmp_path / "policy.flow").write_text(f'policy {{ allow http "{server.url}/*" }}\n', encoding="utf-8")
        await serve(tmp_path, [1, 2])
        await serve(tmp_path, [3])
        assert [json.loads(asked.body) for asked in server.asked] == [
            {"visitor": number} for number in (1, 2, 3)
        ]
        key = standard_key(SECRET)
        for asked in server.asked:
            at = float(asked.headers["webhook-timestamp"])
            assert standard_fault([key], asked.headers, asked.body, at) is None


def test_a_script_that_no_backend_can_serve_is_refused(tmp_path: Path) -> None:
    (tmp_path / "desk.flow").write_text('route call => main\nflow main { notify "x" }\n', encoding="utf-8")
    done = flow("serve", "desk.flow", "--listen", "127.0.0.1:0", folder=tmp_path)
    assert done.code == 3
    assert "error E407: this needs the outlet `notify`, which no backend here has" in done.err
