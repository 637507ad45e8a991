"""What a port counts, for call records and tests. Times are trio clock seconds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class PortStats:
    """Counts since the port was opened.

    `lost` is after RFC 3550 A.3; `malformed` counts what is no RTP or too large, `strangers` well-formed
    packets of sources that are not accepted, `send_errors` packets that the kernel would not take.
    """

    packets_in: int = 0
    bytes_in: int = 0
    packets_out: int = 0
    bytes_out: int = 0
    lost: int = 0
    malformed: int = 0
    strangers: int = 0
    send_errors: int = 0
    first_arrival: float | None = None
    last_arrival: float | None = None
