"""Offers in a call that is up between two agents of ours: holds, glare, a call that is gone meanwhile."""

from __future__ import annotations

from flowlang.sip import (
    Address,
    CallConfirmed,
    CallEnded,
    CallOffered,
    CallReanswered,
    CallReoffered,
    Event,
    Invitation,
    MediaSession,
    UserAgent,
)
from tests.sip.wire import HERE, LIFETIME, THERE, Wire, make_agent


class Pair:
    """A call that is up between two agents of ours."""

    def __init__(self) -> None:
        self.here, self.there = make_agent(1), make_agent(2)
        self.media = {HERE: MediaSession(HERE.host, 5004, 1), THERE: MediaSession(THERE.host, 5006, 2)}
        self.wire = Wire({HERE: self.here, THERE: self.there})
        self.wire.on_event = self.on_event
        self.call = self.here.invite(
            Invitation("sip:desk@192.0.2.2", "sip:me@192.0.2.1", self.media[HERE].offer()), THERE, HERE, 0.0
        )
        self.call.negotiate = self.media[HERE].negotiate
        self.wire.run(1.0)
        confirmed = next(event for _, _, event in self.wire.events if isinstance(event, CallConfirmed))
        self.incoming = confirmed.call

    def on_event(self, at: Address, event: Event, now: float) -> None:
        if isinstance(event, CallOffered):
            event.call.negotiate = self.media[at].negotiate
            answer = self.media[at].negotiate(event.call.offer)
            assert answer is not None
            event.call.answer(answer, now)

    def seen(self, kind: type[Event]) -> list[tuple[Address, Event]]:
        return [(at, event) for _, at, event in self.wire.events if isinstance(event, kind)]


def test_either_side_may_offer_again() -> None:
    pair = Pair()
    for side, call in ((HERE, pair.call), (THERE, pair.incoming)):
        pair.media[side].wanted = "sendonly"
        assert call.reoffer(pair.media[side].offer(), pair.wire.now)
        pair.wire.run(pair.wire.now + 1)
        pair.media[side].wanted = "sendrecv"
    reoffered, reanswered = pair.seen(CallReoffered), pair.seen(CallReanswered)
    assert [at for at, _ in reoffered] == [THERE, HERE]
    assert [at for at, _ in reanswered] == [HERE, THERE]
    for _, event in reanswered:
        assert isinstance(event, CallReanswered)
        assert event.answer is not None
        assert event.answer.media[0].has("recvonly")


def test_after_glare_one_side_tries_again_and_both_offers_are_answered() -> None:
    pair = Pair()
    assert pair.call.reoffer(pair.media[HERE].offer(), pair.wire.now)
    assert pair.incoming.reoffer(pair.media[THERE].offer(), pair.wire.now)
    pair.wire.run(pair.wire.now + 60)
    assert b"491" in b"".join(data[:15] for _, _, data in pair.wire.log)
    outcomes = [event.status for _, event in pair.seen(CallReanswered) if isinstance(event, CallReanswered)]
    assert outcomes == [200, 200]
    assert pair.call.state == pair.incoming.state == "confirmed"


def test_a_re_invite_to_nobody_ends_the_call() -> None:
    pair = Pair()
    pair.wire.fate = lambda data: []
    assert pair.call.reoffer(pair.media[HERE].offer(), pair.wire.now)
    pair.wire.run(pair.wire.now + 3 * LIFETIME)
    assert [(at, e.cause) for at, e in pair.seen(CallEnded) if isinstance(e, CallEnded)] == [(HERE, "lost")]
    assert counts(pair.here) == (0, 0, 0)


def test_hanging_up_during_a_re_invite_leaves_nothing() -> None:
    pair = Pair()
    assert pair.call.reoffer(pair.media[HERE].offer(), pair.wire.now)
    assert pair.call.hang_up(pair.wire.now)
    pair.wire.run(pair.wire.now + 3 * LIFETIME)
    assert counts(pair.here) == counts(pair.there) == (0, 0, 0)
    assert len(pair.seen(CallEnded)) == 2


def counts(agent: UserAgent) -> tuple[int, int, int]:
    return (len(agent.transactions), len(agent.calls), len(agent.timers))


def test_after_a_hang_up_no_offer_is_tried_again() -> None:
    pair = Pair()
    assert pair.call.reoffer(pair.media[HERE].offer(), pair.wire.now)
    assert pair.incoming.reoffer(pair.media[THERE].offer(), pair.wire.now)
    pair.wire.run(pair.wire.now + 0.01)
    assert pair.call.hang_up(pair.wire.now)
    mark = len(pair.wire.log)
    pair.wire.run(pair.wire.now + 3 * LIFETIME)
    assert not any(data.startswith(b"INVITE") for _, _, data in pair.wire.log[mark:])
    assert counts(pair.here) == counts(pair.there) == (0, 0, 0)
