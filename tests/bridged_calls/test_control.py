"""What a script and the phones do with a call that is up: hold, mute, keys, recordings; and `redirect`."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from flowlang.rtp import read_wav
from flowlang.sip import Account
from flowlang.testing.softphone import CallFailed, PhoneCall

from .office import LOW, Office, open_office


async def answered(office: Office) -> PhoneCall:
    call = await office.call(await office.phone(), "20")
    await call.wait_answered()
    return call


async def test_a_message_is_recorded_until_a_key(tmp_path: Path, clock: MockClock) -> None:
    script = """
    route call => take
    flow take {
        match record("box/message.wav") {
            recorded as r => log "${r.file} ${r.by} ${r.duration}"
            silent        => log "silent"
        }
    }
    """
    async with open_office(script, tmp_path) as office:
        call = await answered(office)
        call.speak(LOW, loop=True)
        await trio.sleep(3)
        call.press("#")
        (line,) = await office.logged()
        file, by, seconds = line.split()
        assert (file, by) == ("box/message.wav", "key")
        assert float(seconds.removesuffix("s")) == pytest.approx(3.0, abs=0.1)
        heard = read_wav((tmp_path / "recordings/box/message.wav").read_bytes(), "message")
        assert len(heard) / 16000 == pytest.approx(3.0, abs=0.3)
        await call.wait_ended()
        await office.nothing_left()


async def test_nobody_says_anything(tmp_path: Path, clock: MockClock) -> None:
    script = """
    route call => take
    flow take { match record("a.wav") { recorded => log "recorded"; silent => log "silent" } }
    """
    async with open_office(script, tmp_path) as office:
        await answered(office)
        assert await office.logged() == ["silent"]


async def test_both_sides_of_a_bridge_are_recorded(tmp_path: Path, clock: MockClock) -> None:
    script = """
    route call => connect
    flow connect {
        start_recording to: "both.wav"
        match dial("bob") { answered => log "over"; _ => log "no" }
    }
    """
    async with open_office(script, tmp_path) as office:
        alice, bob = await office.phone(), await office.phone("bob")
        calling = await office.call(alice, "20")
        called = await bob.next_call()
        called.answer()
        await calling.wait_answered()
        calling.speak(LOW)  # half a second each, one after the other
        await trio.sleep(2)
        called.speak(LOW)
        await trio.sleep(2)
        await called.hang_up()
        await calling.wait_ended()
        await office.nothing_left()
        heard = read_wav((tmp_path / "recordings/both.wav").read_bytes(), "both")
        loud = [n / 8000 for n, each in enumerate(memoryview(heard).cast("h")) if abs(each) > 1000]
        assert len(loud) / 8000 == pytest.approx(2 * LOW.seconds, abs=0.1)
        assert max(loud) - min(loud) == pytest.approx(2 + LOW.seconds, abs=0.2)


async def test_who_is_held_by_the_script_hears_music_and_is_not_heard(
    tmp_path: Path, clock: MockClock
) -> None:
    script = """
    route call => connect
    flow connect {
        let r = dial("bob") {
            on answered { wait 2s; hold; wait 5s; unhold; log "back" }
        }
        match r { answered => log "over"; _ => log "no" }
    }
    """
    async with open_office(script, tmp_path) as office:
        alice, bob = await office.phone(), await office.phone("bob")
        calling = await office.call(alice, "20")
        called = await bob.next_call()
        called.answer()
        await calling.wait_answered()
        calling.speak(LOW, loop=True)
        await called.wait_sound()
        music = await calling.wait_sound()
        await called.wait_quiet()
        assert music.level > 100
        assert calling.held, "the re-INVITE said sendonly"
        await office.logged()
        assert (await called.wait_sound()).level > 1000
        await calling.wait_quiet()
        assert not calling.held
        await calling.hang_up()
        await office.nothing_left()


async def test_who_is_muted_hears_and_is_not_heard(tmp_path: Path, clock: MockClock) -> None:
    script = """
    route call => connect
    flow connect {
        let r = dial("bob") { on answered { mute; wait 4s; unmute; log "back" } }
        match r { answered => log "over"; _ => log "no" }
    }
    """
    async with open_office(script, tmp_path) as office:
        alice, bob = await office.phone(), await office.phone("bob")
        calling = await office.call(alice, "20")
        called = await bob.next_call()
        called.answer()
        await calling.wait_answered()
        calling.speak(LOW, loop=True)
        called.speak(LOW, loop=True)
        await calling.wait_sound()
        await trio.sleep(1)
        assert not called.ear.sounds
        await office.logged()
        await called.wait_sound()
        await calling.hang_up()


@pytest.mark.parametrize("holder", ["caller", "agent"])
async def test_a_phone_that_holds_is_told_to_the_script_and_the_other_hears_music(
    tmp_path: Path, clock: MockClock, holder: str
) -> None:
    script = """
    route call => connect
    flow connect {
        on hold as e { log "hold ${e.by} ${e.held}" }
        on unhold as e { log "unhold ${e.by} ${e.held}" }
        match dial("bob") { answered => log "over"; _ => log "no" }
    }
    """
    async with open_office(script, tmp_path) as office:
        alice, bob = await office.phone(), await office.phone("bob")
        calling = await office.call(alice, "20")
        called = await bob.next_call()
        called.answer()
        await calling.wait_answered()
        mine, other = (calling, called) if holder == "caller" else (called, calling)
        await mine.hold()
        assert (await other.wait_sound()).level > 100, "music"
        await mine.unhold()
        held = "agent" if holder == "caller" else "caller"
        assert await office.logged(2) == [f"hold {holder} {held}", f"unhold {holder} {held}"]
        await other.wait_quiet()
        mine.speak(LOW, loop=True)
        assert (await other.wait_sound()).level > 1000
        await mine.hang_up()
        await office.nothing_left()


async def test_the_agent_who_holds_has_the_name_and_number_of_his_account(
    tmp_path: Path, clock: MockClock
) -> None:
    script = """
    route call => connect
    flow connect {
        on hold as e { log "${e.agent.name} ${e.agent.number} ${e.agent.address}" }
        match dial("bob") { answered => log "over"; _ => log "no" }
    }
    """
    bob_has = [Account("bob", "bob", "+14155550111", "Bob Jones")]
    async with open_office(script, tmp_path, accounts=bob_has) as office:
        alice, bob = await office.phone(), await office.phone("bob")
        calling = await office.call(alice, "20")
        called = await bob.next_call()
        called.answer()
        await calling.wait_answered()
        await called.hold()
        assert await office.logged() == ["Bob Jones +14155550111 bob"]
        await calling.hang_up()
        await office.nothing_left()


async def test_keys_are_pressed_towards_the_caller(tmp_path: Path, clock: MockClock) -> None:
    script = """
    route call => dialler
    flow dialler { answer; press "12#"; log "pressed"; wait 1s }
    """
    async with open_office(script, tmp_path) as office:
        call = await office.call(await office.phone(), "20")
        pressed: list[str] = []
        call.on_digit(pressed.append)
        await call.wait_answered()
        await office.logged()
        assert "".join(pressed) == "12#"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/dtmf-relay", b"Signal=7\r\nDuration=160\r\n"),
        ("application/dtmf-relay", b"Signal= 7\r\nDuration= 250"),
        ("application/dtmf", b"7"),
    ],
)
async def test_a_key_may_come_by_info(tmp_path: Path, clock: MockClock, kind: str, body: bytes) -> None:
    script = """
    route call => menu
    flow menu {
        let c = ask("Press a key now.", digits: 1, timeout: 9s)
        match c { no_input, no_match => log "-"; _ => log c.text }
    }
    """
    async with open_office(script, tmp_path) as office:
        call = await answered(office)
        call.send_info(kind, body)
        assert await office.logged() == ["7"]


async def test_redirect_sends_the_caller_elsewhere(tmp_path: Path, clock: MockClock) -> None:
    script = """
    route call => away
    flow away { redirect "sip:desk@192.0.2.9" }
    """
    async with open_office(script, tmp_path) as office:
        phone = await office.phone()
        seen: list[str] = []
        phone.on_message = lambda trace: seen.append(trace.data.decode()) if trace.inbound else None
        call = await office.call(phone, "20")
        with pytest.raises(CallFailed) as failed:
            await call.wait_answered()
        assert failed.value.status == 302
        (moved,) = [each for each in seen if each.startswith("SIP/2.0 302")]
        assert "Contact: <sip:desk@192.0.2.9>\r\n" in moved
        await office.nothing_left()


async def test_keys_that_the_script_collects_do_not_reach_the_other_side(
    tmp_path: Path, clock: MockClock
) -> None:
    script = """
    route call => connect
    flow connect {
        let r = dial("bob") { on dtmf "*" { log "star" } }
        match r { answered => log "over"; _ => log "no" }
        match ask("And now?", digits: 1, timeout: 3s) { no_input, no_match => log "none"; _ => log "key" }
    }
    """
    async with open_office(script, tmp_path) as office:
        alice, bob = await office.phone(), await office.phone("bob")
        calling = await office.call(alice, "20")
        called = await bob.next_call()
        called.answer()
        await calling.wait_answered()
        towards_bob: list[str] = []
        towards_alice: list[str] = []
        called.on_digit(towards_bob.append)
        calling.on_digit(towards_alice.append)
        calling.press("1*2")
        called.press("9")
        await trio.sleep(2)
        assert ("".join(towards_bob), "".join(towards_alice)) == ("12", "9")
        await called.hang_up()
        assert await office.logged(3) == ["star", "over", "none"], "what went through is not typed ahead"
