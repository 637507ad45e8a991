"""A leg that we placed: to all contacts of a phone at once, from one server of a trunk to the next.

Rules
- All attempts share one RTP port; who answers first has it, before that who first sends early media. The
  others are cancelled, with the reason that the call is completed elsewhere (RFC 3326).
- The next round is tried after silence, 503 or no way there; never once it rang, and not after a refusal: it
  is the callee's word. Where there is a next one, `SILENCE` without a word is enough. A 6xx speaks for all of
  a round (RFC 3261 §16.7 step 5).
- A call that may take no further hop is not placed (RFC 3261 §16.3 step 3), nor is one more of a chain of
  our own legs.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

import trio

from flowlang.backends.border import Finish, Inbox, Outgoing
from flowlang.backends.media import MediaError
from flowlang.model.causes import ANSWERED_ELSEWHERE, hangup_cause
from flowlang.model.cdr import Party
from flowlang.model.commands import Answer, BackendCommand, Redirect, Reject, Ring
from flowlang.model.events import CALLER_LEG, CallAnswered, CallRefused, CallRinging, CallTransferred
from flowlang.model.observations import LegAnswered, LegRang
from flowlang.model.results import Done, Failed, Result
from flowlang.model.secrets import is_secret
from flowlang.model.unanswered import unanswered_rank
from flowlang.sip import CallAnswered as SipCallAnswered
from flowlang.sip import CallEnded as SipCallEnded
from flowlang.sip import (
    CallLeg,
    CallProgressed,
    DigestClient,
    HangupCause,
    Invitation,
    MediaSession,
    OutgoingCall,
    Response,
    SessionDescription,
    SipSyntaxError,
    reason_header,
)
from flowlang.sip import Event as SipEvent
from flowlang.sip.headers import parse_number
from flowlang.sip.text import parse_parameters, split_list, unquote

from .ground import Ground
from .harmless import printable, transfer_target
from .identity import identity
from .left_over import early_to_plain
from .leg import SipLeg
from .leg_media import GONE
from .targets import NO_WAY, NoTarget, Round, Target, Targets

if TYPE_CHECKING:
    from flowlang.sip.outputs import Side

MOST_LEGS = 5
"""Of ours that may stand one behind the other: a call that comes back to us again and again ends here."""
SILENCE = 8
"""In T1, 4 s at the RFC's: not even a 100 came, after four tries by UDP. RFC 3263 §4.3 waits for timer B,
32 s, in which whoever calls has given up."""
_MOST_CONTACTS = 5  # of a 3xx that are looked at
_TOO_MANY_HOPS = 483  # RFC 3261 §21.4.21
_CANCELLED = 487  # RFC 3261 §21.4.25
_ELSEWHERE = reason_header(ANSWERED_ELSEWHERE, "Call completed elsewhere")
_TRY_NEXT = frozenset({0, 408, 502, 503})  # 408 and 502 where they are our own word for silence or no way
_MOST_REASONS, _LONGEST_REASON = 4, 200  # headers that are looked at, and characters of each
_MOST_Q850 = 127  # ITU-T Q.850 §2.2.5: seven bits


class OutgoingLeg(SipLeg):
    """See `SipLeg`. It begins with `find`, in a task of its own."""

    party: Party = "callee"

    def __init__(self, ground: Ground, outgoing: Outgoing, inbox: Inbox, targets: Targets) -> None:
        super().__init__(ground, outgoing.id)
        self.inbox = inbox
        self._outgoing = outgoing
        self.far_end = outgoing.to
        self._calls_as_secret = is_secret(outgoing.source)
        self._targets = targets
        self._rounds: deque[Round] = deque()
        self._attempts: dict[OutgoingCall, MediaSession] = {}
        self._finding = trio.CancelScope()
        self._rang = False
        self._early: OutgoingCall | None = None
        self._kept_early = 0
        self._refused: CallRefused | None = None
        self._refused_by: Party = "us"
        self._waiting: list[Finish] = []
        """`Answer`s that wait until the callee does."""
        caller = outgoing.caller
        if isinstance(caller, SipLeg):
            self.chain, self.hops = caller.chain, caller.hops
        else:
            self.chain = ground.chains.of(inbox.activeflow)

    async def find(self) -> None:
        """Find out where it goes, and call there."""
        with self._finding:
            try:
                self._check_chain()
                self._rounds.extend(await self._targets.find(self._outgoing.to))
            except NoTarget as error:
                self._refuse(error.status, str(error), "network" if error.status == NO_WAY else "us")
        if not self._over:
            self._go_on()
            self._ground.endpoint.carry_out()

    def give_place_to(self, newcomer: SipLeg) -> None:
        """As `SipLeg.give_place_to`; before the answer he picks the call up, and nobody else is called any
        more."""
        if self._answered:
            super().give_place_to(newcomer)
            return
        self._cancel((_ELSEWHERE,))
        self._take_over(newcomer, "cancelled", _CANCELLED)
        self._answered = True
        self._finish_waiting(Done())
        self._deliver(CallAnswered(CALLER_LEG))
        self._deliver(CallTransferred(CALLER_LEG, self.far_end))

    def lose(self) -> None:
        """As `SipLeg.lose`; before the answer it is cancelled."""
        if self._answered:
            super().lose()
        else:
            self._cancel()

    # What the engine asks

    def perform(self, command: BackendCommand, finish: Finish) -> Callable[[], None]:
        """As `SipLeg.perform`. To answer is to wait until the callee does."""
        if isinstance(command, Answer) and not self._answered and not self._over:
            self._waiting.append(finish)
            return lambda: self._waiting.remove(finish) if finish in self._waiting else None
        return super().perform(command, finish)

    def _finish_waiting(self, result: Result) -> None:
        waiting, self._waiting = self._waiting, []
        for finish in waiting:
            finish(result)

    def _before_answer(self, command: Answer | Ring | Reject | Redirect) -> Result:
        if isinstance(command, Answer):
            return Done()
        return Failed("value", f"`{command.name}` is for a call that came in")

    def _be_heard(self, early: bool) -> Failed | None:
        return None if self._answered else Failed("value", "the call is not answered yet")

    def _hang_up(self, status: int) -> None:
        if self._answered and self.call is not None:
            self.call.hang_up(self.now)
            return
        self._cancel((_ELSEWHERE,) if status == ANSWERED_ELSEWHERE else ())
        self._end("us", "cancelled", _CANCELLED, None)

    def _cancel(self, headers: tuple[tuple[str, str], ...] = ()) -> None:
        self._finding.cancel()
        self._rounds.clear()
        attempts, self._attempts = self._attempts, {}
        for call in attempts:
            self._ground.leave(call)
            call.hang_up(self.now, headers=headers)

    def _end_media(self) -> None:
        super()._end_media()
        self._finish_waiting(GONE)

    def _call_heard(self) -> CallLeg | None:
        return self.call or self._early

    # The attempts

    def _check_chain(self) -> None:
        if self.hops < 1:
            raise NoTarget(_TOO_MANY_HOPS, "the call has been passed on too often")
        if self.chain >= MOST_LEGS:
            raise NoTarget(_TOO_MANY_HOPS, f"a chain of {MOST_LEGS} calls of our own ends here")

    def _go_on(self) -> None:
        """The next round, or the end."""
        while self._rounds and not self._attempts:
            for target in self._rounds.popleft():
                self._invite(target)
        if self._rounds and self._attempts:
            agent, round_ = self._ground.endpoint.agent, tuple(self._attempts)
            due = self.now + SILENCE * agent.settings.t1
            agent.timers.schedule(due, lambda _: self._lose_patience(round_))
        if not self._attempts:
            refused = self._refused or _refusal(0, "nobody can be called")
            status, by = refused.status, self._refused_by
            cause: HangupCause = hangup_cause(status) if status else "failed" if by == "us" else "timeout"
            self._end(by, cause, status or None, refused)

    def _refuse(self, status: int, reason: str, by: Party) -> None:
        """Nobody is called, and not by the word of a callee."""
        self._refused, self._refused_by = _refusal(status, reason), by

    def _lose_patience(self, round_: tuple[OutgoingCall, ...]) -> None:
        """Nothing was heard of a whole round: on to the next."""
        silent = [call for call in round_ if call in self._attempts]
        if self._rounds and silent and not any(call.heard for call in silent):
            self._refuse(0, "nothing came back", "network")
            rounds, self._rounds = self._rounds, deque()
            self._cancel()
            self._rounds = rounds
            self._go_on()

    def _invite(self, target: Target) -> None:
        endpoint = self._ground.endpoint
        local = endpoint.local_for(target.destination.host, target.destination.transport)
        if local is None:
            self._refuse(NO_WAY, f"no route leads to {target.destination.host}", "network")
            return
        caller, headers = identity(self._outgoing, target, local)
        try:
            session = self._describe_to(target.destination.host)
            replaces = self._outgoing.replaces
            more = (*headers, *self._outgoing.headers.items())
            more = more if replaces is None else (*more, ("Replaces", replaces))
            invitation = Invitation(target.uri, caller, session.offer(), self.hops, more)
            digest = None if target.credentials is None else DigestClient(target.credentials)
            call = endpoint.agent.invite(
                invitation,
                target.destination,
                local,
                self.now,
                digest=digest,
                account=target.account,
                hosts=target.hosts,
            )
        except MediaError as error:
            self._refuse(503, str(error), "us")
        except ValueError as error:
            self._refuse(0, printable(str(error)), "us")
        else:
            call.negotiate = session.negotiate
            call.holds_ack = self._ground.dialogs is not None
            self._attempts[call] = session
            self.call_id = call.call_id
            self._ground.enter(call, self)
            self._ground.chains.placed(call.call_id, self.chain)

    # What becomes of them

    def on_event(self, event: SipEvent) -> None:
        """As `SipLeg.on_event`, and what becomes of the attempts."""
        match event:
            case CallProgressed(call, status, sdp) if call in self._attempts:
                self._on_progress(call, status, sdp)
            case SipCallAnswered(call, answer) if call in self._attempts:
                self._on_answered(call, answer)
            case SipCallEnded(call, cause, by, status, response) if call in self._attempts:
                assert isinstance(call, OutgoingCall)  # as all attempts are
                self._on_refused(call, cause, by, status, response)
            case _:
                super().on_event(event)

    def _on_progress(self, call: OutgoingCall, status: int, sdp: SessionDescription | None) -> None:
        self._keep_early()
        if not 180 <= status < 190:
            return
        first, self._rang = not self._rang, True
        if first:
            self._ground.host.observe(LegRang(self._ground.host.now(), self._id, call.call_id))
        early = sdp is not None and self._early in (None, call) and self._attempts[call].read_answer(sdp)
        news = early and self._early is None
        if early:
            self._early, self._session = call, self._attempts[call]
            self._connect()
        if first or news:
            self._deliver(CallRinging(CALLER_LEG, early))

    def _keep_early(self) -> None:
        """Whoever rings is owed a BYE after a crash, too: nobody will cancel, and he may answer."""
        early = [dialog for call in self._attempts for dialog in call.early_dialogs]
        if len(early) > self._kept_early and self._ground.dialogs is not None:
            self._kept_early = len(early)
            self._ground.dialogs.keep_dialog(self._id, early_to_plain(early), secret=self._is_hidden)

    def _on_answered(self, call: OutgoingCall, answer: SessionDescription | None) -> None:
        session = self._attempts[call]
        if not call.moved_on and (answer is None or not session.read_answer(answer)):
            call.hang_up(self.now, "not_acceptable")
            return
        del self._attempts[call]
        self._cancel((_ELSEWHERE,))
        self.call, self._session = call, session
        self.call_id = call.call_id
        self._answered = True
        self._ground.host.observe(LegAnswered(self._ground.host.now(), self._id, call.call_id))
        self._connect()
        self._finish_waiting(Done())
        self._deliver(self._taken_by(call))
        self._keep_dialog(kept=lambda: self._acknowledge(call))

    def _acknowledge(self, call: OutgoingCall) -> None:
        """Who answered is owed a BYE after a crash, from here on."""
        call.acknowledge()
        self._ground.endpoint.carry_out()

    def _taken_by(self, call: OutgoingCall) -> CallAnswered:
        user = None if call.origin is None else call.origin.account
        account = None if user is None else self._ground.accounts.get(user)
        if account is None:
            return CallAnswered(CALLER_LEG)
        return CallAnswered(CALLER_LEG, account.name, account.number)

    def _on_refused(
        self,
        call: OutgoingCall,
        cause: HangupCause,
        by: Side,
        status: int | None,
        response: Response | None,
    ) -> None:
        del self._attempts[call]
        self._ground.leave(call)
        if call is self._early:
            self._early = None
        who: Party = "callee"
        if response is None and cause == "not_acceptable":
            found, who = _refusal(488, "no audio that both can speak"), "us"
        elif response is None:
            found, who = _refusal(0, "nothing came back"), "network"
        else:
            found = CallRefused(
                CALLER_LEG,
                response.status,
                printable(response.reason),
                _q850_of(response),
                _elsewhere(response),
            )
        if self._refused is None or self._rank(found) <= self._rank(self._refused):
            self._refused, self._refused_by = found, who
        if found.status >= 600:
            self._cancel()
        if not self._attempts and (self._rang or found.status not in _TRY_NEXT):
            self._rounds.clear()
        if not self._attempts:
            self._go_on()

    def _rank(self, refused: CallRefused) -> tuple[bool, int, bool]:
        return unanswered_rank(refused.status, rang=self._rang)


def _refusal(status: int, reason: str) -> CallRefused:
    return CallRefused(CALLER_LEG, status, reason)


def _elsewhere(response: Response) -> tuple[str, ...]:
    """Where a 3xx says that he is (RFC 3261 §8.1.3.4), as a script and its policy have it."""
    if not 300 <= response.status < 400:
        return ()
    try:
        named = [transfer_target(str(each.uri)) for each in response.contacts[:_MOST_CONTACTS]]
    except SipSyntaxError:
        return ()
    return tuple(each for each in named if each is not None)


def _q850_of(response: Response) -> int:
    """The Q.850 cause that the other side gives (RFC 3326, RFC 6432), 0 where it gives none."""
    for header in response.headers.get("Reason", ())[:_MOST_REASONS]:
        with suppress(SipSyntaxError):
            for value in split_list(header[:_LONGEST_REASON]):
                protocol, _, parameters = value.partition(";")  # RFC 3326 §2
                cause = parse_parameters(f";{parameters}").get("cause") if parameters else None
                if protocol.strip(" \t").upper() == "Q.850" and cause is not None:
                    return parse_number(unquote(cause), _MOST_Q850)
    return 0
