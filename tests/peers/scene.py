"""sipp's scenarios written as lists of steps: what sipp sends, and what it must get in between.

    caller = Scene("caller", (Send("INVITE", sdp="sendrecv"), Get(200), Send("ACK"), Get("BYE"), Send(200)))

Each message is whole and right by RFC 3261 unless a step says otherwise: an ACK of a refusal has the branch
of its INVITE, a CANCEL the number too, a response what its request had.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal
from xml.sax.saxutils import quoteattr

REASONS = {
    180: "Ringing", 183: "Session Progress", 200: "OK", 202: "Accepted", 302: "Moved Temporarily",
    401: "Unauthorized", 404: "Not Found", 407: "Proxy Authentication Required", 408: "Request Timeout",
    480: "Temporarily Unavailable", 486: "Busy Here", 481: "Call Does Not Exist", 487: "Request Terminated",
    491: "Request Pending", 503: "Service Unavailable", 600: "Busy Everywhere",
    603: "Decline", 607: "Unwanted", 608: "Rejected",
}  # fmt: skip

Direction = Literal["sendrecv", "sendonly", "recvonly", "inactive", "0.0.0.0"]


@dataclass(frozen=True, slots=True)
class Send:
    """A request by its method or a response by its status, with a session of that direction, lines of header
    more, or a body of another type."""

    what: str | int
    sdp: Direction | None = None
    extra: Sequence[str] = ()
    body: tuple[str, str] | None = None
    hops: int = 70
    """Max-Forwards."""
    late: bool = False
    """An answer to their INVITE, though other requests came after it; a 487 always is one."""
    contact: str = "<sip:peer@[local_ip]:[local_port]>"
    tag: str = ""
    """Of another fork that answers their INVITE (RFC 3261 §13.2.2.4), whatever came since, or asks."""


@dataclass(frozen=True, slots=True)
class Get:
    """A message that has to come, and patterns that it has to have (`has`) or must not (`lacks`)."""

    what: str | int
    has: Sequence[str] = ()
    lacks: Sequence[str] = ()
    keep: tuple[str, str] | None = None
    """A name for the value of a header, for `[$name]`."""
    may: bool = False
    """Whether it may as well not come."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing for so long."""

    milliseconds: int


Step = Send | Get | Pause


@dataclass(slots=True)
class Scene:
    """What sipp does in one call, as the one who calls or the one who is called."""

    role: Literal["caller", "callee"]
    steps: Sequence[Step]
    _numbers: int = 0  # CSeq of our last request
    _invite: tuple[int, int] = (0, 0)  # step and CSeq of our last INVITE
    _refused: bool = False  # whether that had a final answer other than 200
    _dialog: bool = False  # whether there is one: they sent their INVITE or their 200
    _asked: int = 0  # requests that came
    _up: bool = False  # whether we sent a 200
    _variables: list[str] = field(default_factory=list[str])

    def xml(self) -> str:
        """For sipp's `-sf`."""
        steps = "\n".join(self._step(at, each) for at, each in enumerate(self.steps))
        names = ",".join(self._variables)
        used = f'<Reference variables="{names}"/>\n' if names else ""
        return (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="scene">\n{steps}\n{used}</scenario>\n'
        )

    def _step(self, at: int, step: Step) -> str:
        match step:
            case Pause(milliseconds):
                return f'<pause milliseconds="{milliseconds}"/>'
            case Get():
                return self._get(step)
            case Send(what=int()):
                text = self._response(step)
                return f"<send><![CDATA[\n{text}\n]]></send>"
            case Send():
                text = self._request(at, step)
                again = "" if step.what == "ACK" else ' retrans="500"'
                return f"<send{again}><![CDATA[\n{text}\n]]></send>"

    def _get(self, step: Get) -> str:
        actions = [self._check(each) for each in step.has]
        actions += [self._check(each, inverse=True) for each in step.lacks]
        if isinstance(step.what, int):
            self._refused |= step.what >= 300
            kind = f'response="{step.what}"'
        else:
            kind = f'request="{step.what}"'
            if step.what == "INVITE" and not self._up:  # the first, or once more with a password
                self._asked, self._dialog = 0, False
            self._asked += 1
        kept = [] if step.keep is None else [step.keep]
        if self.role == "callee" and not self._dialog:
            kept += [("them", "From:"), ("us", "To:"), ("way", "Via:")]
        for name, header in kept:
            self._variables.append(name)
            actions.append(f'<ereg regexp=".*" search_in="hdr" header="{header}" assign_to="{name}"/>')
        if step.what in (180, 183, 200, "INVITE"):
            self._dialog, kind = True, kind + ' rrs="true"'
        if step.may:
            kind += ' optional="true"'
        return f"<recv {kind}><action>{''.join(actions)}</action></recv>" if actions else f"<recv {kind}/>"

    def _check(self, pattern: str, *, inverse: bool = False) -> str:
        name = f"check{len(self._variables)}"
        self._variables.append(name)
        how = 'check_it_inverse="true"' if inverse else 'check_it="true"'
        return f'<ereg regexp={quoteattr(pattern)} search_in="msg" {how} assign_to="{name}"/>'

    def _response(self, step: Send) -> str:
        assert isinstance(step.what, int)
        self._up |= step.what == 200
        late = step.late or step.what == 487
        untagged = self.role == "callee" and (self._asked == 1 or step.what == 487)
        lines = [
            f"SIP/2.0 {step.what} {REASONS[step.what]}",
            "Via:[$way]" if late else "[last_Via:]",
            "[last_Record-Route:]",
            "[last_From:]",
            f"[last_To:]{';tag=[call_number]peer' if untagged else ''}",
            "[last_Call-ID:]",
            "CSeq: 1 INVITE" if late else "[last_CSeq:]",
            f"Contact: {step.contact}",
        ]
        if step.tag:
            lines[1:-1] = ["Via:[$way]", "From:[$them]", f"To:[$us];tag={step.tag}", "Call-ID: [call_id]"]
            lines[-1:] = ["CSeq: 1 INVITE", lines[-1]]
        return self._whole(lines, step)

    def _request(self, at: int, step: Send) -> str:
        method, branch = step.what, "[branch]"
        if method in ("ACK", "CANCEL"):
            number = self._invite[1]
            if method == "CANCEL" or self._refused:
                branch = f"[branch-{at - self._invite[0]}]"
        else:
            self._numbers = number = self._numbers + 1
        first = self.role == "caller" and (not self._dialog or (branch != "[branch]"))
        if method == "INVITE":
            self._invite, self._refused = (at, number), False
        target = "sip:[service]@[remote_ip]:[remote_port]" if first else "[next_url]"
        if self.role == "caller":
            ours = "<sip:+14155550100@[local_ip]:[local_port]>;tag=[pid]peer[call_number]"
            theirs = "<sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]"
            sides = [f"From: {ours}", f"To: {theirs}"]
        else:
            sides = [f"From:[$us];tag={step.tag or '[call_number]peer'}", "To:[$them]"]
        lines = [
            f"{method} {target} SIP/2.0",
            f"Via: SIP/2.0/[transport] [local_ip]:[local_port];branch={branch}",
            *([] if first else ["[routes]"]),
            *sides,
            "Call-ID: [call_id]",
            f"CSeq: {number} {method}",
            f"Contact: {step.contact}",
            f"Max-Forwards: {step.hops}",
        ]
        return self._whole(lines, step)

    def _whole(self, lines: list[str], step: Send) -> str:
        lines = [*lines, *step.extra]
        kind, body = step.body or (
            "application/sdp",
            "" if step.sdp is None else session(step.sdp, self._numbers),
        )
        if body:
            lines.append(f"Content-Type: {kind}")
        lines += ["Content-Length: [len]", ""]
        return "\n".join([*lines, body])


def session(direction: Direction, version: int) -> str:
    """G.711 to a port that drops it; `0.0.0.0` is the hold of RFC 2543."""
    host = "0.0.0.0" if direction == "0.0.0.0" else "[local_ip]"
    lines = ["v=0", f"o=peer 1 {version} IN IP4 [local_ip]", "s=-", f"c=IN IP4 {host}", "t=0 0"]
    lines += ["m=audio 9 RTP/AVP 0 101", "a=rtpmap:0 PCMU/8000"]
    lines += ["a=rtpmap:101 telephone-event/8000", "a=ptime:20"]
    return "\n".join(lines if direction == "0.0.0.0" else [*lines, f"a={direction}"])
