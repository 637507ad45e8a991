"""Accounts of one name in two domains: each is called by its own address, and calls as itself."""

from __future__ import annotations

from pathlib import Path

from flowlang.sip import Account, Credentials, OwnAccount
from flowlang.testing.softphone import Softphone

from .office import REALM, Office, open_office

SCRIPT = """
route call => connect
flow connect {
    log "from ${caller.address}"
    match dial(TO) {
        answered => log "answered"
        _ => log "nobody"
    }
}
"""
ACCOUNTS = [Account("bob", "here"), Account("bob@b.example", "there")]


async def bob(office: Office, address: str, user: str, password: str) -> Softphone:
    phone = await office.phone()
    await phone.register(OwnAccount(address, (office.address,), Credentials(user, password)))
    phone.take_calls()
    return phone


async def test_a_call_rings_at_the_phones_of_the_domain_that_it_is_for(tmp_path: Path) -> None:
    for to, elsewhere in (("bob", False), (f"sip:bob@{REALM}", False), ("sip:bob@B.example", True)):
        async with open_office(
            SCRIPT.replace("TO", f'"{to}"'), tmp_path, accounts=ACCOUNTS, domains=(REALM, "b.example")
        ) as office:
            others = await bob(office, f"sip:bob@{REALM}", "bob", "here")
            there = await bob(office, "sip:bob@b.example", "bob@b.example", "there")
            call = await office.call(await office.phone(), "20")
            talking = await (there if elsewhere else others).next_call()
            talking.answer()
            await call.wait_answered()
            await talking.hang_up()
            assert (await office.logged(2))[1] == "answered"
            invites = [each for each in office.messages if each.summary.startswith("INVITE")]
            assert [each.direction for each in invites] == ["in", "out"], "one phone alone rang"


async def test_one_of_a_domain_calls_with_its_whole_address(tmp_path: Path) -> None:
    script = 'route call => here\nflow here { log "from ${caller.address} ${caller.verified}" }'
    async with open_office(
        script, tmp_path, accounts=ACCOUNTS, domains=(REALM, "b.example"), open_to_all=False
    ) as office:
        phone = await office.phone()
        call = await phone.call(
            f"sip:20@{office.address.hostport}",
            caller="sip:bob@b.example",
            credentials=Credentials("bob@b.example", "there"),
        )
        await call.wait_ended()
        assert await office.logged() == ["from sip:bob@b.example true"]
