"""Where a phone of pyVoIP's is registered, and as whom."""

from __future__ import annotations

from dataclasses import dataclass

from flowlang.model.secrets import Secret


@dataclass(frozen=True, slots=True)
class PhoneSettings:
    """`number` is what scripts see as called, where it is not the account's address; `address` our IPv4
    address, where it is not the one that faces the server; `local_port` 0 is any;
    `answer` the seconds that the server has to answer a REGISTER."""

    server: str
    user: str
    password: Secret
    port: int = 5060
    number: str | None = None
    address: str | None = None
    local_port: int = 0
    rtp_ports: tuple[int, int] = (40000, 49998)
    answer: float = 5.0
