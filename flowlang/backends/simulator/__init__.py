"""Simulated calls, for tests and for hosts: phones that a program operates, on whatever clock trio runs."""

from flowlang.backends.simulated_leg import (
    Answered,
    Calling,
    Ended,
    Heard,
    LegState,
    PhoneError,
    Refused,
    Ringing,
    SoundFileError,
)

from .backend import SimulatorBackend
from .phone import CalledPhone, NeverHeardError, SimulatedPhone

__all__ = [
    "Answered",
    "CalledPhone",
    "Calling",
    "Ended",
    "Heard",
    "LegState",
    "NeverHeardError",
    "PhoneError",
    "Refused",
    "Ringing",
    "SimulatedPhone",
    "SimulatorBackend",
    "SoundFileError",
]
