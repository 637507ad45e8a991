"""Simulated calls, for tests and for hosts: phones that a program operates, on whatever clock trio runs."""

from flowlang.backends.pace import SoundFileError
from flowlang.backends.simulated_leg import (
    Answered,
    Calling,
    Ended,
    Heard,
    LegState,
    PhoneError,
    Refused,
    Ringing,
)

from .backend import SimulatorBackend
from .phone import CalledPhone, NeverHeardError, SimulatedPhone
from .post import SimulatedPerson, SimulatedPost

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
    "SimulatedPerson",
    "SimulatedPhone",
    "SimulatedPost",
    "SimulatorBackend",
    "SoundFileError",
]
