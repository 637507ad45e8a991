"""What a `SipBackend` is told: the settings of an operator, which do not change while it runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field
from pathlib import Path

from flowlang.sip import Account, Limits
from flowlang.sip.digest import DIGEST_ALGORITHMS
from flowlang.sip.offer_answer import CODECS, Codec

from .sockets import Network, Transport
from .tls import TlsSettings
from .trunks import SipTrunk

DEFAULT_LISTEN = ("127.0.0.1", 5060)  # RFC 3261 section 19.1.2; nobody but this machine
DEFAULT_REALM = "flowlang"


@dataclass(frozen=True, slots=True)
class ListenerConfig:
    """Where to listen: `open_to_all` is `None` for the default, open on loopback alone."""

    name: str
    transport: Transport
    host: str
    port: int
    open_to_all: bool | None = None


@dataclass(frozen=True, slots=True)
class SipSettings:
    """All of it.

    `listen` is host and port, 0 for any; with `listeners` it listens there instead. `rtp_ports` are the first
    and last for media; `advertise` is the IP address that peers outside of `local_nets` are told in place of
    the one that faces them; `t1` seconds, see RFC 3261 §17.1.1.1. `prompts` is the folder below which `play`
    opens files, `recordings` that below which `record` writes, if it may; `language` what `say` speaks where
    a script names none.

    `accounts` may register, and call as themselves; their addresses are of any of `domains`, or of any host
    where none is named, and `realm` is what their phones are told when asked for the password. Where a
    listener is not `open_to_all`, only they and the `trunks` may call; where that is not said, it is on
    loopback addresses. `limits` are of all calls. `digest` are the algorithms that phones may choose from and
    `codecs` what may be spoken, the preferred first.
    """

    listen: tuple[str, int] = DEFAULT_LISTEN
    _: KW_ONLY
    listeners: Sequence[ListenerConfig] = ()
    rtp_ports: tuple[int, int] = (20000, 29999)
    advertise: str | None = None
    local_nets: Sequence[Network] = ()
    t1: float = 0.5
    prompts: Path = Path()
    recordings: Path | None = None
    language: str = "en-US"
    accounts: Sequence[Account] = ()
    realm: str = DEFAULT_REALM
    domains: Sequence[str] = ()
    open_to_all: bool | None = None
    trunks: Sequence[SipTrunk] = ()
    limits: Limits | None = None
    tls: TlsSettings = field(default_factory=TlsSettings)
    digest: Sequence[str] = DIGEST_ALGORITHMS
    codecs: Sequence[Codec] = CODECS
